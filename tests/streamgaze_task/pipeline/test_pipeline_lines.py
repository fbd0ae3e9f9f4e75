"""Records as files of JSON lines: they come back as they were, and appear whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.errors import DatasetError
from streamgaze_task.pipeline import lines
from streamgaze_task.pipeline.facts import RecordingFacts
from streamgaze_task.pipeline.records import (
    Action,
    Episode,
    FoundFixation,
    Judged,
    LabelledFixation,
    Question,
    SeenObject,
    TestPoint,
    VideoFacts,
    View,
)

CUP = SeenObject("cup", "A red cup.", {"color": "red"})
QUESTION = Question(
    "r/gta/0001",
    "gta",
    "r",
    3,
    "Monitor my gaze.",
    span_seconds=(0.0, 9.5),
    points=(TestPoint(4, alert=False), TestPoint(8, alert=True)),
    label_means="now",
    extras={"target_object": "cup", "fixation_intervals": [{"start": "00:01"}]},
)
RECORDS = (
    FoundFixation(0, 1.5, 2.5, 0.25, 0.5, "scene changes", 0.25),
    FoundFixation(1, 1.5, 2.5, 0.25, 0.5),
    LabelledFixation(3, 0.0, 1.0, 0.1, 0.2, CUP, (CUP,), (CUP, SeenObject("jar")), "A kitchen."),
    LabelledFixation(3, 0.0, 1.0, 0.1, 0.2, problem="no JSON"),
    View(2.0, ("cup", "jar"), ("pan",)),
    Episode(0, 0.0, 1.0, 0.5, 0.5, None),
    Episode(1, 0.0, 1.0, 0.5, 0.5, CUP, (CUP,), (CUP,), ("a",), (0, 1), sure=False),
    QUESTION,
    Judged(QUESTION, "human", "a hand is no object"),
    RecordingFacts(
        "r",
        "EGTEA",
        "egtea",
        60.0,
        VideoFacts(10.0, 240, 24.0, 640, 480),
        "d",
        "g",
        2,
        1,
        (Action(1.0, 2.0, "cuts"),),
        ("short",),
    ),
)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_a_record_comes_back_as_it_was(record, tmp_path):
    """A record comes back as it was."""
    path = tmp_path / "deep" / "a.jsonl"
    assert lines.write(path, {"key": "k"}, [record, record]) == 2
    assert lines.read(path, type(record)) == [record, record]
    assert lines.header_of(path) == {"key": "k"}


@given(st.text(), st.floats(allow_nan=False, allow_infinity=False))
def test_any_words_and_numbers_come_back(name, seconds):
    """Any words and numbers come back."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return
    fixation = LabelledFixation(0, seconds, seconds, 0.0, 0.0, SeenObject(name, name, {name: name}))
    text = lines.line_of(fixation)
    assert "\n" not in text
    assert lines.from_row(LabelledFixation, lines.json.loads(text)) == fixation


def test_a_file_that_breaks_off_leaves_the_old_one(tmp_path):
    """A file that breaks off leaves the old one."""
    path = tmp_path / "a.jsonl"
    lines.write(path, {"key": "old"}, [CUP])

    def records():
        yield CUP
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        lines.write(path, {"key": "new"}, records())
    assert lines.header_of(path) == {"key": "old"}
    assert [each.name for each in tmp_path.iterdir()] == ["a.jsonl"]


@pytest.mark.parametrize("text", ["", "{", "[]\n", '{"nokey": 1}\n', "\x00"])
def test_what_has_no_header_is_not_finished(tmp_path, text):
    """What has no header is not finished."""
    path = tmp_path / "a.jsonl"
    path.write_text(text)
    assert lines.header_of(path) is None
    assert lines.header_of(tmp_path / "missing") is None


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"unknown": 1}', '{"name": "a", "caption"', "null", '"a"']
)
def test_a_line_that_is_no_record_is_refused_with_the_file(tmp_path, line):
    """A line that is no record is refused with the file."""
    path = tmp_path / "a.jsonl"
    path.write_text(f'{{"key": "k"}}\n{line}\n')
    with pytest.raises(DatasetError, match=r"a\.jsonl"):
        lines.read(path, SeenObject)
    with pytest.raises(DatasetError, match="missing"):
        lines.read(tmp_path / "missing", SeenObject)


def test_tuples_of_fixed_length_are_checked():
    """Tuples of fixed length are checked."""

    @dataclass(frozen=True)
    class Pair:
        both: tuple[float, float]

    with pytest.raises(ValueError, match="zip"):
        lines.from_row(Pair, {"both": [1.0]})
