"""Tables of gaze samples that people bring."""

from __future__ import annotations

import pytest

from sightline.errors import DatasetError
from streamgaze_task import gaze_files


def test_a_csv_may_have_gaps_and_more_columns(tmp_path):
    """Empty cells and nan are unknown; columns in any order; a byte order mark of Excel."""
    path = tmp_path / "a.csv"
    path.write_text(
        "\ufeffy,x,seconds,pupil,valid\n0.5,0.25,1.0,3.1,true\n,,1.1,3,yes\nnan,0.1,1.2,3,1\n0.1,0.2\n",
        encoding="utf-8",
    )
    table = gaze_files.read_csv(path)
    assert table.seconds.tolist() == [1.0, 1.1, 1.2]
    assert table.valid.tolist() == [True, False, False]
    assert table.kind == "samples"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no column seconds\n.*a gaze table is a CSV with the columns"),
        ("seconds,x\n1,0.5\n", "has no column y"),
        ("seconds,x,y\n1,0.5,0.5\n2,left,0.5\n", "a.csv line 3: x \\('left'\\) must be a number"),
        (
            "seconds,x,y,valid\n1,0.5,0.5,maybe\n",
            "a.csv line 2: valid \\('maybe'\\) must be 1 or 0",
        ),
        (
            "seconds,x,y\n1,320,240\n",
            "no valid row with x and y inside \\[0, 1\\]\n.*divide pixels",
        ),
        ("seconds,x,y,duration_seconds\n1,0,0,-2\n", "is no gaze table: duration_seconds must be"),
        ("seconds,x,y\n1,0,\x00\n", "a.csv( line 2: y|.cannot be read)"),
        (f"seconds,x,y\n1,{'9' * 200_000},0\n", "cannot be read: field larger than"),
        ("seconds,x,y\n\udcff,0,0\n", "cannot be read: .*utf-8"),
    ],
    ids=["empty", "no y", "word", "validity", "pixels", "duration", "nul", "huge", "not utf-8"],
)
def test_a_csv_that_is_no_gaze_table_is_refused(tmp_path, text, message):
    """With the line, and what is expected."""
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(DatasetError, match=message):
        gaze_files.read_csv(path)


def test_a_missing_csv_is_refused(tmp_path):
    """As an error of ours."""
    with pytest.raises(DatasetError, match=r"cannot be read: .*No such file"):
        gaze_files.read_csv(tmp_path / "no.csv")


def test_a_csv_without_end_is_refused(tmp_path, monkeypatch):
    """Memory is bounded by a number of rows."""
    monkeypatch.setattr(gaze_files, "MAX_ROWS", 3)
    path = tmp_path / "a.csv"
    path.write_text("seconds,x,y\n" + "1,0,0\n" * 4)
    with pytest.raises(DatasetError, match="has more than 3 rows"):
        gaze_files.read_csv(path)


def test_a_table_that_lost_everything_is_a_table(tmp_path):
    """All rows invalid and without positions: the prompts say that there is no gaze."""
    path = tmp_path / "a.csv"
    path.write_text("seconds,x,y,valid\n1,,,0\n2,,,0\n")
    assert not gaze_files.read_csv(path).valid.any()
