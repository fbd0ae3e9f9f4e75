"""What a StreamGaze dataset must keep beyond its tables."""

from __future__ import annotations

import math
import runpy
import shutil
from pathlib import Path
from types import SimpleNamespace

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamgaze_task import dataset_checks
from streamgaze_task.gaze import GazeTable

_TESTS = Path(__file__).parents[1]
changed = SimpleNamespace(**runpy.run_path(str(_TESTS / "sightline/checking/changed_tables.py")))
FILE = "test-00000-of-00001.parquet"
NAN = math.nan


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A whole dataset with the gaze of its tables; copy it before changing it."""
    return changed.build_streamgaze(tmp_path_factory.mktemp("streamgaze"))


@pytest.fixture
def dataset(built, tmp_path):
    """A dataset to be broken."""
    return Path(shutil.copytree(built, tmp_path / "dataset"))


def found(dataset):
    """Errors and warnings, as lines."""
    return changed.lines(dataset_checks.check, dataset)


def only(lines, *words):
    """The one line; it has all these words."""
    assert len(lines) == 1, lines
    for word in words:
        assert word in lines[0], lines[0]


def edit(dataset, config, row, **values):
    """Change columns of one row; returns all rows."""
    return changed.change(dataset, config, lambda read: read[row].update(values))


def edit_question(dataset, task, change):
    """Change the first question of a task; returns its id."""
    kept = []

    def first(read):
        row = next(row for row in read if row["task"] == task)
        kept.append(row["id"])
        change(row)

    changed.change(dataset, "questions", first)
    return kept[0]


def test_whole_dataset_has_no_fault(built):
    """And its rules name these checks; the gaze is there to be looked at."""
    from streamgaze_task.dataset_rules import rules

    assert "streamgaze_task.dataset_checks:check" in rules().more_checks
    assert pq.read_table(built / "gaze").num_rows > 3
    assert found(built) == []


@pytest.mark.slow
def test_rendered_dataset_has_no_fault(streamgaze_dataset):
    """All ten tasks, and gaze that was recovered from overlays."""
    assert found(streamgaze_dataset) == []


# Videos


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("source", "ego4d", "must be one of egtea, egoexolearn, holoassist, but is ego4d"),
        ("duration_seconds", None, "must be above 0 and finite, but is None"),
        ("duration_seconds", 0.0, "must be above 0 and finite, but is 0.0"),
        ("duration_seconds", NAN, "must be above 0 and finite, but is nan"),
        ("duration_seconds", math.inf, "must be above 0 and finite, but is inf"),
        ("gaze", "guessed", "must be one of samples, recovered, fixations, none, but is guessed"),
        ("gaze", None, "must be one of samples, recovered, fixations, none, but is None"),
    ],
)
def test_videos(dataset, column, value, words):
    """What each may say of itself; its questions now say something else."""
    edit(dataset, "videos", 0, **{column: value})
    lines = found(dataset)
    assert f"videos/{FILE} row 0 (" in lines[0]
    assert f"{column}: {words}" in lines[0]
    assert any(f"video.{column}: must be " in line for line in lines[1:])


def test_unknown_source_is_no_fault(dataset):
    """The release need not tell it; both tables say so."""
    video = edit(dataset, "videos", 0, source=None)[0]["video_id"]

    def forget(read):
        for row in read:
            if row["video"]["video_id"] == video:
                row["video"]["source"] = None

    changed.change(dataset, "questions", forget)
    assert found(dataset) == []


def test_videos_are_told_once(dataset):
    """A question's video says what the videos table says."""
    name = edit_question(dataset, "oie", lambda row: row["video"].update(sha256="0" * 64))
    only(found(dataset), f"({name}) video.sha256: must be ", f"but is {'0' * 64}")


# Questions


@pytest.mark.parametrize("task", [None, "", "oi", "OIE"])
def test_tasks(dataset, task):
    """One of the ten codes."""
    edit_question(dataset, "oie", lambda row: row.update(task=task))
    only(found(dataset), "task: must be one of nfi, otp, sr, gsm, oie, oih, oar, fap, gta, oaa")


@pytest.mark.parametrize(("column", "value"), [("task_name", "OI-H"), ("family", "past")])
def test_names_of_a_task(dataset, column, value):
    """Family and paper's name follow from the code."""
    edit_question(dataset, "oie", lambda row: row.update({column: value}))
    only(found(dataset), f"{column}: must be ", f"for the task oie, but is {value}")


@pytest.mark.parametrize("answer", [None, "", "E", "a", "AB"])
def test_answers(dataset, answer):
    """One letter of one option."""
    edit_question(dataset, "sr", lambda row: row.update(answer=answer))
    only(found(dataset), "answer: must be a letter from A to D")


def test_questions_of_the_wrong_kind(dataset):
    """Options for some, test points for the others."""
    point = {"realtime": "00:04", "seconds": 4.0, "label": 0, "already_seen": None}
    first = edit_question(dataset, "sr", lambda row: row.update(test_points=[point]))
    second = edit_question(dataset, "gta", lambda row: row.update(answer="A", test_points=[]))
    lines = found(dataset)
    assert len(lines) == 3
    assert f"({first}) test_points: only proactive questions have test points" in lines[0]
    assert f"({second}) test_points: a proactive question must have test points" in lines[1]
    assert f"({second}) answer: a proactive question has no options and no answer" in lines[2]


@pytest.mark.parametrize("label", [None, 2, -1])
def test_labels(dataset, label):
    """Should alert, or should not."""
    edit_question(dataset, "gta", lambda row: row["test_points"][1].update(label=label))
    only(found(dataset), f"test_points[1].label: must be 0 or 1, but is {label}")


def test_other_reading_of_labels(dataset):
    """It follows from the first appearance."""
    edit_question(dataset, "gta", lambda row: row["test_points"][0].update(already_seen=1))
    only(found(dataset), "test_points[0].already_seen: must be 0 by first_appearance_seconds")


@pytest.mark.parametrize("seconds", [None, -1.0, NAN, math.inf])
def test_moments(dataset, seconds):
    """When something is asked."""
    edit_question(dataset, "sr", lambda row: row.update(time_seconds=seconds))
    only(found(dataset), f"time_seconds: must be at least 0 and finite, but is {seconds}")


def test_moments_after_the_video(dataset):
    """Windows are cut at the video's end; one without a frame shows nothing."""
    edit_question(dataset, "oie", lambda row: row.update(time_seconds=70.0))
    assert found(dataset) == []
    edit_question(dataset, "oie", lambda row: row.update(time_seconds=80.5))
    only(found(dataset), "time_seconds: asks about 80.5 s", "the video ends at 20 s")


def test_nulls_everywhere_are_told(dataset):
    """Lists and structs that are null too; no row is fatal."""
    rows = pq.read_table(changed.table(dataset, "questions")).to_pylist()
    names = [name for name in rows[0] if name != "id"]
    changed.change(dataset, "questions", lambda read: [r | dict.fromkeys(names) for r in read])
    assert len(found(dataset)) == len(rows)

    def empty(read):
        for row, kept in zip(read, rows, strict=True):
            row.update(kept | {"video": dict.fromkeys(kept["video"]), "test_points": [None]})

    changed.change(dataset, "questions", empty)
    assert found(dataset)


# Gaze


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"seconds": 9.0}, "rows must stand in the order of their seconds"),
        ({"seconds": None}, "seconds must be finite in every row"),
        ({"seconds": NAN}, "seconds must be finite in every row"),
        ({"duration_seconds": -0.5}, "duration_seconds must be at least 0 and finite"),
        ({"duration_seconds": None}, "duration_seconds must be at least 0 and finite"),
        ({"valid": None}, "valid must not be null"),
        ({"x": 1.01}, "x must be in [0, 1] where valid and null elsewhere; 1 rows differ"),
        ({"y": None}, "y must be in [0, 1] where valid and null elsewhere; 1 rows differ"),
        ({"x": NAN}, "x must be in [0, 1]"),
        ({"valid": False}, "x must be in [0, 1] where valid and null elsewhere"),
        ({"x": 0.26}, "but the rows give"),
        ({"kind": "samples"}, "kind must be the same in all rows"),
    ],
)
def test_gaze_rows(dataset, values, words):
    """Order, range, and the very rows that the videos table speaks of."""
    edit(dataset, "gaze", 0, **values)
    lines = found(dataset)
    assert lines
    assert all(line.startswith(f"error    gaze/{FILE} row group 0 (") for line in lines)
    assert any(words in line for line in lines), lines


def test_kinds_of_gaze(dataset):
    """The rows are what the videos table says."""

    def other(read):
        for row in read:
            row["kind"] = "samples"

    changed.change(dataset, "gaze", other)
    lines = found(dataset)
    assert len(lines) == 3
    assert all("kind is samples, but `videos` says gaze fixations" in line for line in lines)


def test_missing_gaze(dataset):
    """Of one video, and of all."""
    rows = pq.read_table(changed.table(dataset, "gaze")).to_pylist()
    gone = rows[-1]["video_id"]
    changed.change(dataset, "gaze", lambda read: [r for r in read if r["video_id"] != gone])
    only(found(dataset), f"error    gaze: {gone} has gaze fixations, but the config has no rows")
    shutil.rmtree(dataset / "gaze")
    assert len(found(dataset)) == 3


def test_gaze_of_no_video(dataset):
    """That is told with the references; the rows themselves are looked at."""
    changed.change(dataset, "videos", lambda read: read[1:])
    assert not any("gaze/" in line for line in found(dataset))


@pytest.mark.parametrize("config", ["questions", "videos", "gaze"])
def test_tables_that_cannot_be_read(dataset, config):
    """That is told, and no gaze is missed for it."""
    changed.table(dataset, config).write_bytes(b"PAR1 no table PAR1")
    only(
        found(dataset),
        f"error    {config}/{FILE}: what it means cannot be checked"
        if config != "gaze"
        else f"error    gaze/{FILE}: its gaze cannot be checked",
    )


_ROW = st.tuples(
    st.floats(0, 100), st.floats(0, 5), st.floats(0, 1), st.floats(0, 1), st.booleans()
)


@given(st.lists(_ROW, min_size=1, max_size=9), st.sampled_from(["samples", "fixations"]))
def test_what_the_builder_writes_is_right(rows, kind):
    """Any table that can be written passes, read back from its columns."""
    names = ("seconds", "duration_seconds", "x", "y", "valid")
    table = GazeTable.from_columns(
        {**dict(zip(names, zip(*rows, strict=True), strict=True)), "kind": [kind] * len(rows)}
    )
    columns = table.columns("v")
    assert list(dataset_checks._order_faults(columns)) == []
    video = {"gaze": kind, "gaze_sha256": table.sha256()}
    assert list(dataset_checks._content_faults(columns, video)) == []
