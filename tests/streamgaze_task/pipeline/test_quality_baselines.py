"""Guessing without looking: what a text gives away is found, and what it does not is not."""

from __future__ import annotations

import json
import subprocess
import sys
from random import Random

import pytest

from sightline.errors import DatasetError
from streamgaze_task.pipeline.quality.baselines import baselines, blind_of, read_qa, table
from streamgaze_task.task_names import BY_CODE

WORDS = ("cup", "pan", "jar", "knife", "bowl", "plate", "spoon", "kettle")


def entry(video, text, options, answer):
    """An entry with a question of four options."""
    lettered = [f"{letter}. {option}" for letter, option in zip("ABCD", options, strict=True)]
    question = {"question": text, "options": lettered, "answer": answer}
    return {"video_path": video, "questions": [question]}


def entries(count, choose, seed=0):
    """Entries whose right option is chosen by a function of options and random numbers."""
    rng = Random(seed)  # noqa: S311 (drawings)
    made = []
    for number in range(count):
        options = rng.sample(WORDS, 4)
        options, right = choose(options, rng)
        made.append(entry(f"v{number % 8}.mp4", "Which?", options, "ABCD"[right]))
    return made


def test_random_answers_are_not_guessed():
    """Random answers are not guessed."""
    found = baselines({"oie": entries(800, lambda options, rng: (options, rng.randrange(4)))})
    assert found["oie"]["questions"] == 800
    assert found["oie"]["chance"] == 0.25
    assert abs(found["oie"]["text"] - 0.25) < 0.06
    low, high = found["oie"]["text_interval"]
    assert low < found["oie"]["text"] < high
    assert abs(found["oie"]["position"] - 0.25) < 0.05


def test_a_word_that_is_always_right_is_found():
    """A word that is always right is found."""

    def choose(options, rng):
        right = rng.randrange(4)
        return [*options[:right], "cup and saucer", *options[right + 1 :]], right

    assert baselines({"oie": entries(80, choose)})["oie"]["text"] > 0.95


def test_the_longest_option_is_found():
    """The longest option is found."""

    def choose(options, rng):
        right = rng.randrange(4)
        longer = [option * 3 if k == right else option for k, option in enumerate(options)]
        return [
            f"{number} {text}"
            for number, text in zip(rng.sample(range(999), 4), longer, strict=True)
        ], right

    assert baselines({"fap": entries(200, choose)})["fap"]["text"] > 0.9


def test_a_favourite_letter_is_found():
    """A favourite letter is found."""
    found = baselines(
        {"oie": entries(40, lambda options, rng: (options, 0 if rng.random() < 0.8 else 1))}
    )
    assert found["oie"]["position"] > 0.7


def test_groups_of_other_sizes_are_found():
    """Groups of other sizes are found."""

    def choose(options, rng):
        right = rng.randrange(4)
        made = ["{a,b}>{c,d}>{e,f}"] * 4
        made[right] = "{a}>{c}>{e}"
        return [text.replace("a", options[k]) for k, text in enumerate(made)], right

    assert baselines({"gsm": entries(80, choose)})["gsm"]["text"] > 0.9


def test_test_points_are_questions_of_their_own():
    """Test points are questions of their own."""
    info = [{"type": 0}, {"type": 0}, {"type": 1}]
    one = {"video_path": "v.mp4", "questions": [{"question": "Alert me.", "test_info": info}]}
    blind = list(blind_of(one))
    assert [(each.options, each.right) for each in blind] == [(("yes", "no"), 1)] * 2 + [
        (("yes", "no"), 0)
    ]
    found = baselines({"gta": [{**one, "video_path": f"{k}.mp4"} for k in range(6)]})["gta"]
    assert found["chance"] == 0.5
    assert found["position"] == 1.0  # always the third point
    assert found["text"] == pytest.approx(2 / 3)  # the words say nothing of the point


def test_no_questions_no_baseline():
    """No questions no baseline."""
    assert baselines({"oie": []}) == {}


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"questions": [{}]},
        {"questions": [{"question": "a", "options": ["A. x"], "answer": "?"}]},
        "text",
    ],
)
def test_an_entry_that_is_none_is_refused(broken):
    """An entry that is none is refused."""
    with pytest.raises(DatasetError, match="present_object_identification_easy"):
        baselines({"oie": [broken]})


def test_the_command_reads_a_release(tmp_path):
    """The command reads a release."""
    folder = tmp_path / "qa"
    folder.mkdir()
    rows = entries(16, lambda options, rng: (options, rng.randrange(4)))
    (folder / f"{BY_CODE['oie'].file}.json").write_text(json.dumps(rows))
    assert [*read_qa(tmp_path)] == ["oie"]
    assert "OI-E" in table(baselines(read_qa(tmp_path)))
    command = [sys.executable, "-m", "sightline.cli", "gaze", "baselines"]
    told = subprocess.run([*command, str(tmp_path)], capture_output=True, text=True, check=True)
    assert "OI-E" in told.stdout
    wrong = subprocess.run([*command, str(folder)], capture_output=True, text=True, check=False)
    assert wrong.returncode == 2
    assert "unpacked release" in wrong.stderr
