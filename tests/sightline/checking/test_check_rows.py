"""Rows of a dataset: keys, references, hidden text, and what was left out."""

from __future__ import annotations

import runpy
import shutil
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.checking import rows
from sightline.checking.columns import Row
from sightline.checking.gathered import Gathered

changed = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("changed_tables.py"))))
FILE = "test-00000-of-00001.parquet"
HINT = "It Turns left  behind\nthe red sofa."


def set_values(column, value, *numbers):
    """An edit that sets a column of some rows."""

    def edit(read):
        for number in numbers:
            read[number][column] = value

    return edit


def found(dataset, **rules):
    """Errors and warnings, as lines."""
    return changed.lines(rows.check, dataset, **rules)


# Keys


@pytest.mark.parametrize("value", [None, ""])
def test_empty_keys(dataset, value):
    """With row and column; the question that is lost is none that a clip misses."""
    changed.change(dataset, "questions", set_values("id", value, 2))
    (line,) = found(dataset)
    assert line.startswith(f"error    questions/{FILE} row 2 (")
    assert ") id: is empty" in line


def test_repeated_keys_name_both_rows(dataset):
    """The place of the second, and of the first in words."""
    changed.change(dataset, "questions", set_values("id", "question_0000", 3))
    (line,) = found(dataset)
    assert line.startswith(f"error    questions/{FILE} row 3 (question_0000): ")
    assert f"has the id of questions/{FILE} row 0" in line


def test_repeated_keys_over_files(dataset):
    """Two files of one config are one table."""
    path = changed.table(dataset, "questions")
    shutil.copy(path, path.with_name("test-00001-of-00002.parquet"))
    lines = found(dataset)
    assert len(lines) == 4
    assert all("has the id of questions/test-00000" in line for line in lines)


def test_keys_of_two_columns(dataset):
    """The same index in two clips is fine, twice in one is not."""
    changed.change(dataset, "frames", set_values("index", 0, 1))
    (line,) = found(dataset)
    assert "row 1 (src/clip0 0): has the clip_id and index of" in line


def test_numbers_that_are_none_are_no_keys(gaze_dataset):
    """NaN equals nothing, so it would never repeat."""
    changed.change(gaze_dataset, "gaze", set_values("seconds", float("nan"), 0))
    assert any("row 0" in line and "seconds: is empty" in line for line in found(gaze_dataset))


def test_many_repeated_keys_are_counted(dataset):
    """Twenty of them are told."""
    changed.change(dataset, "questions", lambda read: read[:1] * 50)
    lines = [line for line in found(dataset) if line.startswith("error")]
    assert len(lines) == 21
    assert "29 more like these, 49 in all" in lines[-1]


@given(st.lists(st.tuples(st.sampled_from("ab"), st.floats()), max_size=12))
def test_clean_says_what_the_slow_way_says(keys):
    """The fast look and the one that names rows agree, whatever the keys."""
    table = pa.table(
        {"a": pa.array([a for a, _ in keys], pa.string()), "b": pa.array([b for _, b in keys])}
        if keys
        else {"a": pa.array([], pa.string()), "b": pa.array([], pa.float64())}
    )
    faulty = len(set(keys)) < len(keys) or any(rows._empty(b) for _, b in keys)
    assert rows._clean(table) == (not faulty)


# References


def test_references_without_a_row(dataset):
    """Of a value in a list of structs, with its position; nothing refers to a clip then."""

    def edit(read):
        read[2]["clips"][1]["clip_id"] = "clip\x1b[2J"

    changed.change(dataset, "questions", edit)
    (line,) = found(dataset)
    assert line.startswith(f"error    questions/{FILE} row 2 (question_0002) clips[1].clip_id: ")
    assert "refers to clip\\x1b[2J, which frames does not have" in line


def test_null_refers_to_nothing(dataset):
    """A null list, struct or value."""

    def edit(read):
        read[0]["clips"] = None
        read[1]["clips"][0]["clip_id"] = None

    changed.change(dataset, "questions", edit)
    assert [line.split(":")[0] for line in found(dataset)] == ["warning  frames"]


def test_rows_that_nothing_refers_to(dataset):
    """A clip without a question is worth a look, and loses nothing."""
    changed.change(dataset, "questions", lambda read: read[:-1])
    lines = found(dataset)
    assert [line.split(":")[0] for line in lines] == ["warning  frames", "warning  videos"]
    assert "nothing in questions refers to src/clip3" in lines[0]
    assert "nothing in questions refers to media/videos/src/clip3.mp4" in lines[1]


def test_missing_tables_are_told_once(dataset):
    """A dataset without frames is not told of each clip."""
    shutil.rmtree(dataset / "frames")
    assert found(dataset) == []


@pytest.mark.parametrize("config", ["questions", "frames", "videos"])
def test_tables_that_cannot_be_read_hide_nothing(dataset, config):
    """What stood in them is not told as missing, nor what they refer to as unused."""
    changed.table(dataset, config).write_bytes(b"PAR1 garbage PAR1")
    lines = found(dataset)
    assert len(lines) >= 2
    assert all("cannot be checked" in line and f"{config}/{FILE}" in line for line in lines)


def by_clip(config, row):
    """Clip 0 is open, the others are not."""
    names = [clip["clip_id"] for clip in row["clips"]] if config == "questions" else None
    names = names or [row.get("clip_id") or row["video_path"]]
    return frozenset("open" if "clip0" in name else "closed" for name in names)


def test_clips_that_are_left_out_are_not_missing(dataset):
    """Their rows go with the media; clips that are passed on must be there."""
    changed.change_facts(dataset, publication={"media": ["open"]})
    changed.change(dataset, "frames", lambda read: [r for r in read if r["clip_id"] == "src/clip0"])
    assert found(dataset, sources_of=by_clip) == []
    changed.change_facts(dataset, publication={"media": ["open", "closed"]})
    assert len(found(dataset, sources_of=by_clip)) == 3


def test_references_of_structs(gaze_dataset):
    """``video.video_id`` of a question, and the gaze of a video that is gone."""

    def edit(read):
        read[0]["video"]["video_id"] = "gone"

    changed.change(gaze_dataset, "questions", edit)
    (line,) = found(gaze_dataset)
    assert "video.video_id: refers to gone, which videos does not have" in line
    changed.change(gaze_dataset, "videos", lambda read: read[:-1])
    gone = [line for line in found(gaze_dataset) if f"gaze/{FILE} row" in line]
    assert gone
    assert all(" video_id: refers to z001-june-01-22-tiny" in line for line in gone)


# Hidden text


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("ori_question", f"What now? {HINT}"),
        ("options", ["A. left", f"B. up, as {HINT}", "C. up", "D. down"]),
        ("user_prompt", "it turns LEFT behind the RED sofa."),
        ("system_prompt", "x\n\n\tit turns left\u00a0behind the red sofa.y"),
        ("format_prompt", HINT),
    ],
)
def test_leaked_hints(dataset, column, value):
    """In any text that a model is shown, however it is printed."""

    def edit(read):
        read[1] |= {"hint": HINT, column: value}

    changed.change(dataset, "questions", edit)
    (line,) = found(dataset)
    assert line.startswith(f"error    questions/{FILE} row 1 (question_0001) {column}: leaked hint")


def test_hints_that_leak_nothing(dataset):
    """Short ones stand anywhere by chance; another row's is no secret of this one."""

    def edit(read):
        read[0] |= {"hint": "to the left", "ori_question": "Is it to the left or not?"}
        read[1] |= {"hint": HINT}
        read[2] |= {"ori_question": HINT, "hint": None}
        read[3] |= {"extra": HINT, "hint": HINT}

    changed.change(dataset, "questions", edit)
    assert found(dataset) == []


def test_a_hint_that_repeats_an_option_is_no_leak(dataset):
    """Options are there to be read; one that holds more than the hint alone still is a leak."""
    option = "the red ball behind the board"

    def edit(read):
        read[0] |= {"hint": option.upper(), "options": [f"A. {option}", "B. the other"]}
        read[0] |= {"ground_truth": "A", "ori_question": f"Which? A. {option} B. the other"}
        read[1] |= {"hint": option, "options": [f"A. see: {option}", "B. the other"]}
        read[1] |= {"ground_truth": "A"}

    changed.change(dataset, "questions", edit)
    (line,) = found(dataset)
    assert "row 1 (question_0001) options: leaked hint" in line


@given(st.text(min_size=20, max_size=40), st.text(max_size=5), st.text(max_size=5))
def test_a_hint_is_found_in_whatever_stands_around_it(hint, before, after):
    """Between white space, as words are; else it is not the hint that stands there."""
    found = Gathered()
    row = Row("file", 0, ("id",), {"id": "q", "hint": hint, "text": f"{before} {hint} {after}"})
    rows._judge_hidden(found, row, ["hint"], ["text"])
    assert bool(list(found)) == (len(" ".join(hint.casefold().split())) >= rows.SHORT)


def test_hidden_columns_in_other_configs(dataset):
    """Top-level, or inside others."""
    path = changed.table(dataset, "videos")
    read = pq.read_table(path)
    pq.write_table(read.append_column("hint", pa.array(["left"] * read.num_rows)), path)
    (line,) = found(dataset)
    assert line.startswith(f"error    videos/{FILE}: has hint, which gives answers away")
    inside = pa.array([{"hint": "left"}] * read.num_rows)
    pq.write_table(read.append_column("more", inside), path)
    assert len(found(dataset)) == 1


# What was left out, and what cannot be looked at


def test_left_out_questions_are_a_warning(dataset):
    """Numbers on such a dataset are no numbers on the benchmark."""
    changed.change_facts(
        dataset, skipped=[f"question_{i:04d}" for i in range(9)], problems=["frames.zip has no 'a'"]
    )
    first, second = found(dataset)
    assert first.startswith("warning  build.json: 9 questions were left out when it was built: ")
    assert "question_0004 and 4 more" in first
    assert "1 problems were met when it was built: frames.zip has no 'a'" in second


@pytest.mark.parametrize("value", [{"a": 1}, 7, "question_0001"])
def test_left_out_questions_of_another_type(dataset, value):
    """build.json is a stranger's too."""
    changed.change_facts(dataset, skipped=value)
    assert found(dataset) == [
        "error    build.json: skipped must be a list -> build the dataset again"
    ]


@pytest.mark.parametrize(
    ("column", "words"),
    [("id", "its keys"), ("hint", "its hidden text"), ("clips", "what clips.clip_id refers to")],
)
def test_columns_that_are_missing_or_odd(dataset, column, words):
    """The check that needs them says that it cannot look."""
    path = changed.table(dataset, "questions")
    read = pq.read_table(path)
    for table in (
        read.drop([column]),
        read.set_column(
            read.column_names.index(column), column, pa.array(range(read.num_rows), pa.int64())
        ),
        read.append_column(column, read.column(column)),
    ):
        pq.write_table(table, path)
        lines = found(dataset)
        assert any(f"{words} cannot be checked: " in line for line in lines), lines
