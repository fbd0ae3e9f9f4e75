"""The review page's folder: clips, stills, data; the browser tests use its records, too."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from fractions import Fraction
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from sightline.errors import DatasetError, UsageError
from sightline.video import frames_at, scan
from streamgaze_task.cameras import Camera
from streamgaze_task.gaze import GazeTable
from streamgaze_task.pipeline.labelling import names
from streamgaze_task.pipeline.records import (
    Judged,
    LabelledFixation,
    Question,
    SeenObject,
    TestPoint,
)
from streamgaze_task.pipeline.review import cutting, editing
from streamgaze_task.pipeline.review.build import write_page
from streamgaze_task.pipeline.review.recording import ReviewRecording
from streamgaze_task.pipeline.review.rows import seen_digest
from streamgaze_task.rendering.media import mp4

if TYPE_CHECKING:
    from pathlib import Path

_WALK = cutting._walk
SCRIPT = "</script><script>globalThis.__pwned=1</script>"
IMAGE = '<img src=x onerror="globalThis.__pwned=2">'
HOSTILE = (
    SCRIPT,
    IMAGE,
    "\"'`${globalThis.__pwned=3}",
    "\u202eturned\u2066 round\u200f",
    "x" * 10_000,
    "a\u2028b\x00\x1b[31m",
)
"""Names that strangers may write."""


def video_of(path: Path, *, seconds: float = 6, fps: int = 10, size=(320, 240)) -> Path:
    """A bar that moves over grey, once from left to right."""
    with mp4(path, size=size, fps=Fraction(fps)) as add:
        count = round(seconds * fps)
        for number in range(count):
            frame = np.full((size[1], size[0], 3), 150, np.uint8)
            left = number * (size[0] - 20) // count
            frame[40:200, left : left + 20] = (40, 80, 200)
            add(frame)
    return path


def gaze_of(seconds: float) -> GazeTable:
    """Gaze in the middle, thirty samples a second."""
    times = np.arange(0, seconds, 1 / 30)
    half = np.full(len(times), 0.5)
    return GazeTable(times, np.full(len(times), 1 / 30), half, half, half > 0, "samples")


def fixation(number: int, name: str | None = "cup", **fields) -> LabelledFixation:
    """Half a second, one after the other."""
    start = 0.5 + 0.7 * number
    given = {
        "gazed": SeenObject(name, "blue, with a handle", {"color": "blue"}) if name else None,
        "beside": (SeenObject("spoon"),),
        "outside": (SeenObject("kettle"), SeenObject("plate")),
        "caption": "A kitchen counter.",
    }
    return LabelledFixation(number, start, start + 0.5, 0.5, 0.5, **{**given, **fields})


def question(number: int, recording: str, **fields) -> Judged:
    """Of the present, four options."""
    given = {
        "id": f"{recording}/oie/{number}",
        "task": "oie",
        "recording_id": recording,
        "asked_seconds": 2 + number,
        "text": "Which object is the user currently gazing at?",
        "answer": "cup",
        "wrong": ("kettle", "plate", "spoon"),
        "span_seconds": (0.0, 2.0 + number),
        "extras": {"object": "cup"},
    }
    return Judged(Question(**{**given, **fields}))


def alert(recording: str, **fields) -> Judged:
    """A proactive one with three test points."""
    points = tuple(TestPoint(at, alert=at == 5) for at in (2, 4, 5))
    given = {
        "id": f"{recording}/gta/0",
        "task": "gta",
        "asked_seconds": 1,
        "text": "Alert me when I gaze on the <cup>.",
        "answer": "",
        "wrong": (),
        "points": points,
        "label_means": "already_seen",
    }
    return question(0, recording, **{**given, **fields})


def recordings(folder: Path) -> list[ReviewRecording]:
    """A tame one and a hostile one."""
    tame = (
        *(fixation(number) for number in range(3)),
        fixation(3, "plate", sure=False),
        fixation(4, None, beside=(), outside=(), problem="no answer"),
    )
    asked = (
        question(0, "tame"),
        replace(question(1, "tame"), dropped="text_only", reason="answered without the video"),
        replace(alert("tame"), reason="the verifier chose 'alert' at 5 s: a cup"),
    )
    wild = tuple(
        fixation(number, name, beside=(SeenObject(name),), caption=name)
        for number, name in enumerate(HOSTILE)
    )
    evil = question(0, IMAGE, text=SCRIPT, answer=HOSTILE[3], wrong=(IMAGE, HOSTILE[4], HOSTILE[5]))
    camera = Camera(60.0)
    return [
        ReviewRecording(
            "tame",
            video_of(folder / "tame.mp4"),
            gaze_of(6),
            camera,
            tame,
            asked,
            folder / "clips/0",
        ),
        ReviewRecording(
            IMAGE,
            video_of(folder / "wild.mp4", seconds=5),
            gaze_of(5),
            camera,
            wild,
            (evil,),
            folder / "clips/1",
        ),
    ]


def data_of(path: Path):
    """What a data file hands to the page."""
    text = path.read_text(encoding="ascii")
    values = re.fullmatch(r"sightlineReview\.\w+\((.*)\);\n", text, re.DOTALL)[1]
    return json.loads(f"[{values}]")


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The page of both: folder, facts, records."""
    folder = tmp_path_factory.mktemp("review")
    made = recordings(folder)
    return folder / "page", write_page(folder / "page", made, name=SCRIPT), made


def test_the_page_holds_every_record_with_its_clips(page):
    """Every item names clips that are there as video and as picture."""
    out, facts, made = page
    assert (facts.recordings, facts.fixations, facts.questions) == (2, 11, 4)
    assert facts.text().startswith("2 recordings, 11 fixations, 4 questions, ")
    clips = 0
    for number, recording in enumerate(made):
        told, data = data_of(out / "data" / f"{number:04d}.js")
        assert told == number
        seen = [seen_digest(one) for one in (*recording.fixations, *recording.questions)]
        assert [item["seen"] for item in data["items"]] == seen
        used = {clip for item in data["items"] for _, clip in item["clips"]}
        assert used == set(range(len(data["clips"])))
        files = sorted(path.name for path in (out / "clips" / f"{number:04d}").iterdir())
        names = [f"{clip:05d}.{kind}" for clip in sorted(used) for kind in ("jpg", "mp4")]
        assert files == names
        clips += len(used)
    assert facts.clips == clips
    assert data_of(out / "data" / "index.js")[0]["digest"] == facts.digest


def test_a_clip_shows_its_span_with_the_gaze_drawn_in(page):
    """Length, size, and a green dot in the middle of clip and still."""
    out, _, _ = page
    _, data = data_of(out / "data" / "0000.js")
    item = next(one for one in data["items"] if one["id"] == 2 and one["kind"] == "fixation")
    ((_, clip),) = item["clips"]
    start, end = data["clips"][clip]
    assert (start, end) == pytest.approx((0.9, 3.4), abs=0.1)
    path = out / "clips" / "0000" / f"{clip:05d}.mp4"
    found = scan(path)
    assert found.duration_seconds == pytest.approx(end - start, abs=0.15)
    assert (found.width, found.height) == (320, 240)
    pictures = [one.image for one in frames_at(path, [0, found.frame_count - 1])]
    with Image.open(path.with_suffix(".jpg")) as still:
        for picture in (*pictures, still):
            red, green, blue = picture.getpixel((160, 120))
            assert green > 180
            assert max(red, blue) < 100


def test_clips_are_shared(tmp_path):
    """Two questions of one moment, and the same fixation twice, need one clip each."""
    video = video_of(tmp_path / "v.mp4")
    asked = (question(0, "r"), question(0, "r", id="r/oih/0", task="oih"))
    twins = (fixation(1), replace(fixation(1), number=2))
    made = ReviewRecording("r", video, gaze_of(6), Camera(60.0), twins, asked, tmp_path / "clips")
    assert write_page(tmp_path / "page", [made], name="n").clips == 2


def test_a_large_video_becomes_small_clips(tmp_path):
    """At most 480 wide, even, of the same shape; the circle keeps its angle."""
    video = video_of(tmp_path / "v.mp4", seconds=1, size=(1280, 722))
    made = ReviewRecording(
        "r", video, gaze_of(1), Camera(60.0), (fixation(0),), (), tmp_path / "clips"
    )
    write_page(tmp_path / "page", [made], name="n")
    found = scan(tmp_path / "page" / "clips" / "0000" / "00000.mp4")
    assert (found.width, found.height) == (480, 270)


def test_equal_records_give_equal_bytes(tmp_path):
    """Clips, stills and data."""
    digests = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        made = recordings(tmp_path / name)[:1]
        write_page(tmp_path / name / "page", made, name="n")
        digest = hashlib.sha256()
        for path in sorted((tmp_path / name / "page").rglob("*")):
            digest.update(path.name.encode() + (path.read_bytes() if path.is_file() else b""))
        digests.append(digest.hexdigest())
    assert digests[0] == digests[1]


def kept(folder: Path) -> dict[str, int]:
    """Name -> time of the last change of each clip that is kept."""
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}


def test_a_clip_is_cut_once_for_all_pages(tmp_path):
    """Another page of the same records has the same bytes, and nothing was written."""
    made = recordings(tmp_path)[:1]
    for name in "ab":
        write_page(tmp_path / name, made, name="n")
        if name == "a":
            before = kept(made[0].clips)
    assert kept(made[0].clips) == before
    clips = [sorted((tmp_path / name).rglob("*.*")) for name in "ab"]
    assert [path.name for path in clips[0]] == [path.name for path in clips[1]]
    assert all(one.read_bytes() == other.read_bytes() for one, other in zip(*clips, strict=True))


def test_only_what_a_clip_is_made_of_makes_it_again(tmp_path):
    """Another name of an object does not; gaze, camera and video do, and old clips go away."""
    made = recordings(tmp_path)[0]
    write_page(tmp_path / "first", [made], name="n")
    before = kept(made.clips)
    renamed = tuple(replace(one, caption="else") for one in made.fixations)
    write_page(tmp_path / "renamed", [replace(made, fixations=renamed)], name="n")
    assert kept(made.clips) == before
    others = [
        replace(made, gaze=gaze_of(3)),
        replace(made, camera=Camera(61.0)),
        replace(made, video_digest="other"),
        replace(made, video=video_of(tmp_path / "other.mp4", fps=5)),
    ]
    for number, other in enumerate(others):
        write_page(tmp_path / str(number), [other], name="n")
        now = kept(made.clips)
        assert not set(now) & set(before)
        assert len(now) == len(before)
        before = now


def test_a_clip_that_no_record_shows_goes_away(tmp_path):
    """From what is kept; the pages that were written have theirs."""
    made = recordings(tmp_path)[0]
    write_page(tmp_path / "all", [made], name="n")
    few = replace(made, fixations=made.fixations[:1], questions=())
    write_page(tmp_path / "few", [few], name="n")
    assert len(kept(made.clips)) == 2
    assert len(list((tmp_path / "all/clips/0000").iterdir())) > 2


def test_a_killed_page_goes_on_with_the_clips_that_are_missing(tmp_path, monkeypatch):
    """Whole clips stay, halves go away, and the page is that of an undisturbed run."""
    made = recordings(tmp_path)[0]
    write_page(tmp_path / "whole", [made], name="n")
    lost = sorted(made.clips.glob("*.mp4"))[:2]
    for path in lost:
        path.replace(path.with_name(f".{path.name}"))
    (tmp_path / ".page-unfinished/data").mkdir(parents=True)
    before = {name: at for name, at in kept(made.clips).items() if name.endswith(".mp4")}
    drawn = []
    monkeypatch.setattr(
        "streamgaze_task.pipeline.review.cutting._walk",
        lambda source, clips, *rest: drawn.extend(clips) or _WALK(source, clips, *rest),
    )
    write_page(tmp_path / "page", [made], name="n")
    assert sorted(drawn) == [path.stem for path in lost]
    after = kept(made.clips)
    assert {name: after[name] for name in before if name[0] != "."} == {
        name: at for name, at in before.items() if name[0] != "."
    }
    assert not [name for name in after if name[0] == "."]
    whole = sorted((tmp_path / "whole").rglob("*.*"))
    page = sorted((tmp_path / "page").rglob("*.*"))
    assert [path.read_bytes() for path in page] == [path.read_bytes() for path in whole]
    assert not list(tmp_path.glob(".page*"))


def test_a_taken_folder_is_refused_before_anything_is_cut(tmp_path):
    """Not after an hour of cutting."""
    made = recordings(tmp_path)[0]
    with pytest.raises(UsageError, match="not an empty folder"):
        write_page(tmp_path, [made], name="n")
    assert not made.clips.exists()


def test_hostile_names_are_data_and_nothing_else(page):
    """No file holds a tag of theirs, and no path a name."""
    out, _, _ = page
    for path in [*out.glob("data/*.js"), out / "index.html"]:
        text = path.read_text(encoding="utf-8")
        assert "<script>globalThis" not in text
        assert "<img" not in text
        assert "\u202e" not in text
    assert all(re.fullmatch(r"[\w.-]+", path.name) for path in out.rglob("*"))


def test_items_outside_the_video_have_no_clip(tmp_path):
    """They are told, and nothing fails."""
    late = replace(fixation(0), start_seconds=90.0, end_seconds=91.0)
    video = video_of(tmp_path / "v.mp4", seconds=1)
    made = ReviewRecording("r", video, gaze_of(1), Camera(60.0), (late,), (), tmp_path / "clips")
    assert write_page(tmp_path / "page", [made], name="n").clips == 0


@pytest.mark.parametrize("what", ["recording", "fixation", "question", "surrogate", "nan", "video"])
def test_what_decisions_could_not_name_is_refused(tmp_path, what):
    """And no half of a page is left."""
    one = recordings(tmp_path)[0]
    made = {
        "recording": [one, one],
        "fixation": [replace(one, fixations=(fixation(1), fixation(1)))],
        "question": [replace(one, questions=(question(1, "r"), question(1, "r")))],
        "surrogate": [replace(one, recording_id="\ud800")],
        "nan": [replace(one, fixations=(replace(fixation(1), end_seconds=float("nan")),))],
        "video": [replace(one, video=tmp_path / "none.mp4")],
    }[what]
    with pytest.raises(DatasetError):
        write_page(tmp_path / "page", made, name="n")
    assert not list(tmp_path.glob("*page*"))


def test_a_folder_with_something_in_it_is_not_overwritten(tmp_path):
    """Decisions may lie there."""
    (tmp_path / "decisions.json").write_text("{}", encoding="utf-8")
    with pytest.raises(UsageError, match="not an empty folder"):
        write_page(tmp_path, [], name="n")


def test_the_page_refuses_the_names_that_the_merge_refuses():
    """Its rules are written again in its script: words, lengths, options."""
    script = (files("streamgaze_task.pipeline.review") / "page/typed.js").read_text("utf-8")
    (listed,) = re.findall(r"NOTHING = \[(.*?)\];", script, re.DOTALL)
    assert set(re.findall(r'"(.*?)"', listed)) == names._NOTHING
    said = dict(re.findall(r"const ([A-Z_]+) = (\d+);", script))
    assert {name: int(value) for name, value in said.items()} == {
        "LONGEST_TEXT": editing.LONGEST_TEXT,
        "LONGEST_OPTION": editing.LONGEST_OPTION,
        "LONGEST_NAME": names.LONGEST_NAME,
        "MOST_WORDS": names.MOST_WORDS,
    }
