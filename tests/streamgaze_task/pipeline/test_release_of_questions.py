"""Questions as a release in the authors' layout: nothing changes on the way, letters are even."""

from __future__ import annotations

import csv
import json
from collections import Counter
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from sightline.errors import UsageError
from sightline.progress import Silent
from streamgaze_task.gaze import GazeTable
from streamgaze_task.pipeline.records import Action, Episode, Question, SeenObject, TestPoint
from streamgaze_task.pipeline.release import ReleaseRecording, entries, write_release
from streamgaze_task.pipeline.scanpath import Scanpath
from streamgaze_task.release.check import check_documents
from streamgaze_task.rendering.media import mp4
from streamgaze_task.task_names import BY_CODE

QUESTION = Question(
    "r/oie/0000",
    "oie",
    "r",
    61,
    "Which?",
    "cup",
    ("pan", "jar", "pot"),
    (1.0, 61.0),
    (0,),
    extras={"object": "cup"},
)
NEVER = replace(QUESTION, id="r/nfi/0000", task="nfi", text="Among {options}, which never?")
ALERT = Question(
    "r/gta/0000",
    "gta",
    "r",
    0,
    "Monitor my gaze and alert me when I gaze on the <cup>.",
    span_seconds=(0.0, 20.0),
    points=(TestPoint(4, alert=False), TestPoint(65, alert=True)),
    label_means="now",
    extras={"first_appearance": "01:03", "target_object": "cup"},
)  # fmt: skip
GAZE = GazeTable.from_columns(
    {"seconds": [0.0, 0.1, 0.2], "x": [0.5, None, 0.25], "y": [0.5, None, 0.75]}
)
PATH = Scanpath(
    "r",
    "EGTEA",
    100.0,
    (
        Episode(0, 0, 5, 0.5, 0.5, SeenObject("cup", "a'b"), fixations=(3, 4)),
        Episode(1, 6, 9, 0.5, 0.5, None),
    ),
    (Action(4.0, 5.5, "cuts"),),
)  # fmt: skip


@pytest.fixture
def recording(tmp_path):
    """One recording with a video of two frames."""
    video = tmp_path / "raw.mp4"
    with mp4(video, size=(64, 48), fps=Fraction(2)) as add:
        for grey in (50, 200):
            add(np.full((48, 64, 3), grey, np.uint8))
    return ReleaseRecording(PATH, "egtea", video, GAZE, (QUESTION, NEVER, ALERT))


def test_the_release_holds_questions_episodes_gaze_and_videos(recording, tmp_path):
    """The release holds questions episodes gaze and videos."""
    out = tmp_path / "release"
    write_release(out, [recording], seed=0, progress=Silent())
    files = sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file())
    assert files[:2] == ["gaze/egtea.parquet", "metadata/egtea.csv"]
    assert len([name for name in files if name.startswith("qa/")]) == 10
    assert files[-1] == "videos/original_video/r.mp4"
    with (out / "metadata" / "egtea.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["representative_object"] == str(
        {"object_identity": "cup", "detailed_caption": "a'b"}
    )
    assert rows[0]["fixation_ids"] == "[3, 4]"
    assert json.loads(rows[0]["action_captions"]) == ["cuts"]
    assert rows[1]["representative_object"] == "{}"


def test_the_authors_format_is_kept(recording, tmp_path):
    """The authors format is kept."""
    out = tmp_path / "release"
    write_release(out, [recording], seed=0, progress=Silent())
    documents = {path.name: json.loads(path.read_text()) for path in sorted((out / "qa").iterdir())}
    checked = check_documents(documents)
    assert checked.problems == []
    found = {record.task.code: record for record in checked.records}
    assert (
        found["oie"].key.letter
        == "ABCD"[[*found["oie"].options].index(found["oie"].key.letter + ". cup")]
    )
    assert found["oie"].stamp.seconds == 61
    assert [(point.stamp.seconds, point.label) for point in found["gta"].points] == [
        (4, 0),
        (65, 1),
    ]
    assert found["gta"].first_appearance.seconds == 63
    names = ", ".join(option[3:] for option in found["nfi"].options)
    assert found["nfi"].question == f"Among {{{names}}}, which never?"


def test_equal_input_gives_equal_bytes_and_another_seed_another_order(recording, tmp_path):
    """Equal input gives equal bytes and another seed another order."""
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        write_release(tmp_path / name, [recording], seed=seed, progress=Silent())
    contents = [
        {
            str(p.relative_to(tmp_path / n)): p.read_bytes()
            for p in sorted((tmp_path / n).rglob("*"))
            if p.is_file()
        }
        for n in "abc"
    ]
    assert contents[0] == contents[1]
    asked = [replace(QUESTION, id=str(number)) for number in range(40)]
    first, other = (entries(asked, BY_CODE["oie"], {"r": "EGTEA"}, seed) for seed in (0, 1))
    assert first != other


def test_every_letter_is_right_equally_often():
    """Every letter is right equally often."""
    asked = [replace(QUESTION, id=str(number)) for number in range(41)]
    made = entries(asked, BY_CODE["oie"], {"r": "EGTEA"}, 0)
    letters = Counter(one["questions"][0]["answer"] for one in made)
    assert sorted(letters.values()) == [10, 10, 10, 11]
    for one in made:
        (question,) = one["questions"]
        assert question["options"]["ABCD".index(question["answer"])] == f"{question['answer']}. cup"


def test_a_published_question_with_fewer_options_keeps_its_answer():
    """A published question with fewer options keeps its answer."""
    asked = [replace(QUESTION, id=str(number), wrong=("pan",)) for number in range(8)]
    for one in entries(asked, BY_CODE["oar"], {"r": "EGTEA"}, 0):
        (question,) = one["questions"]
        assert question["options"]["ABCD".index(question["answer"])].endswith(". cup")
        assert len(question["options"]) == 2


def test_a_release_that_cannot_be_written_leaves_the_old_one(recording, tmp_path):
    """A release that cannot be written leaves the old one."""
    out = tmp_path / "release"
    write_release(out, [recording], seed=0, progress=Silent())
    before = sorted(str(path) for path in out.rglob("*"))
    with pytest.raises(UsageError, match="cannot write"):
        write_release(
            out, [replace(recording, video=tmp_path / "gone.mp4")], seed=0, progress=Silent()
        )
    assert sorted(str(path) for path in out.rglob("*")) == before
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
