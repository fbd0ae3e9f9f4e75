"""Tables of one's own and of Ego4D, written by hand; the published table of them by hand."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sightline.errors import DatasetError
from streamgaze_task.pipeline.recordings.published_tables import (
    read_published_ego4d,
    read_published_own,
)
from streamgaze_task.pipeline.recordings.spec import RecordingsSettings, TableColumns
from streamgaze_task.pipeline.recordings.tables import read_table
from streamgaze_task.pipeline.records import VideoFacts

VIDEO = VideoFacts(seconds=10.0, frames=250, fps=25.0, width=200, height=100)
EGO4D = RecordingsSettings("ego4d", "x").table()
HEAD = "component_idx,canonical_timestamp_s,norm_pos_x,norm_pos_y,confidence\n"


def table(tmp_path, text, **about):
    """Settings, or samples, of a table with these values."""
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    return read_table(path, TableColumns(**about), VIDEO)


def test_the_plainest_table(tmp_path):
    """Three columns; what is missing is untracked."""
    samples = table(tmp_path, "seconds,x,y\n0.5,0.25,0.75\n0.6,,\n0.7,nan,inf\n0.8,1.5,0\n").samples
    assert samples.seconds.tolist() == [0.5, 0.6, 0.7, 0.8]
    assert (samples.x[0], samples.y[0]) == (0.25, 0.75)
    assert samples.types.tolist() == ["unknown", "untracked", "untracked", "outside"]
    assert samples.valid.tolist() == [True, False, False, False]


def test_validity_and_types_of_the_table(tmp_path):
    """Columns called valid and type are read unasked."""
    rows = ["0,.5,.5,1,Fixation", "1,.5,.5,0,fixation", "2,.5,.5,True,BLINK", "3,.5,.5,yes,what"]
    samples = table(tmp_path, "seconds,x,y,valid,type\n" + "\n".join(rows)).samples
    assert samples.types.tolist() == ["fixation", "untracked", "blink", "unknown"]
    assert samples.valid.tolist() == [True, False, False, True]
    assert np.isnan(samples.x[1:3]).all()


@pytest.mark.parametrize(
    ("units", "times", "more"),
    [
        ("milliseconds", (500, 1500), {}),
        ("microseconds", (500_000, 1_500_000), {}),
        ("nanoseconds", (1_753_000_000_500_000_000, 1_753_000_001_500_000_000),
         {"zero": "first", "offset_seconds": 0.5}),
        ("frames", (12.5, 37.5), {}),
        ("frames", (50, 150), {"rate": 100.0}),
    ],
)  # fmt: skip
def test_units_of_time(tmp_path, units, times, more):
    """Every unit, clocks that start elsewhere, and frames."""
    text = "".join(f"{time},0.5,0.5\n" for time in times)
    samples = table(tmp_path, "seconds,x,y\n" + text, units=units, **more).samples
    assert samples.seconds == pytest.approx([0.5, 1.5], abs=1e-6)


def test_pixels_of_the_video_or_of_a_stated_size_and_y_upwards(tmp_path):
    """The size decides, then the turn."""
    text = "t;gx;gy\n0;50;25\n"
    names = {"time": "t", "x": "gx", "y": "gy", "separator": ";", "positions": "pixels"}
    one = table(tmp_path, text, **names).samples
    two = table(tmp_path, text, **names, size=(100.0, 50.0), y_axis="up").samples
    tall = table(tmp_path, text, **names, size=(100.0, 100.0), y_axis="up").samples
    assert (one.x[0], one.y[0]) == (0.25, 0.25)
    assert (two.x[0], two.y[0]) == (0.5, 0.5)
    assert tall.y[0] == 0.75


def test_times_that_go_back_are_sorted_and_told(tmp_path):
    """Some trackers write late samples late."""
    read = table(tmp_path, "seconds,x,y\n2,0.2,0\n1,0.1,0\n3,0.3,0\n")
    assert read.samples.x.tolist() == [0.1, 0.2, 0.3]
    assert "go back 1 times" in read.notes[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("seconds;x;y\n0;1;1\n", "column 'seconds'.*in columns: separator: \";\""),
        ("seconds\tx\ty\n0\t1\t1\n", r"column 'seconds'.*in columns: separator: \"\\t\""),
        ("seconds,x\n0,1\n", "column 'y'.*what they are called"),
        ("seconds,x,y,x\n0,1,1,2\n", "one column 'x', but has 2.*rename"),
        ("seconds,x,y\n", "no rows.*export"),
        ("seconds,x,y\n" + "0,1,0,5,0,5\n" * 9, "9 of 9 lines.*more than 3 cells.*decimal commas"),
        ("", "column 'seconds'"),
        ('seconds,x,y\n0,"0,5",1\n', "decimal comma"),
        ("seconds,x,y\n" + "abc,1,1\n" * 50, "50 of 50"),
        ("seconds,x,y\n" + ",1,1\n" * 50, "seconds is missing"),
        ("seconds,x,y\n" + "1\n" * 50, "too short"),
        ("seconds,x,y\n1,1,1" + "0" * 70_000, "longer than.*one sample a line"),
        ('seconds,x,y\n"1,1,1\n' + "1,1,1\n" * 30_000, "line .*: field.*every quote"),
    ],
)
def test_tables_that_cannot_be_read(tmp_path, text, words):
    """One sentence says what was wrong and where."""
    with pytest.raises(DatasetError, match=f"(?s){words}"):
        table(tmp_path, text)


def test_cells_without_a_name_may_be_empty_or_few(tmp_path):
    """Separators at the end of a line, and a remark on one of them."""
    text = "seconds,x,y\n0.1,0.5,0.5,\n0.2,0.5,0.5,,\n0.3,0.5,0.5,a remark\n"
    assert len(table(tmp_path, text).samples) == 3


def test_a_table_that_is_no_text_is_refused(tmp_path):
    """Bytes that are no UTF-8."""
    (tmp_path / "a.csv").write_bytes(b"seconds,x,y\n\xff\xfe\x00\x01,1,1\n")
    with pytest.raises(DatasetError, match=r"(?s)UTF-8.*next: save it as UTF-8"):
        read_table(tmp_path / "a.csv", TableColumns(), VIDEO)


def test_a_named_column_must_be_there(tmp_path):
    """Only columns that nobody named may be missing."""
    with pytest.raises(DatasetError, match="column 'worn'"):
        table(tmp_path, "seconds,x,y\n0,1,1\n", valid="worn")


def test_parquet_with_nulls_and_whole_numbers(tmp_path):
    """And a column that nobody asks for."""
    columns = {
        "ns": [0, 10**9],
        "x": [0.5, None],
        "y": [1, None],
        "worn": [True, False],
        "extra": [[1], []],
    }  # fmt: skip
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    about = TableColumns(time="ns", units="nanoseconds", valid="worn")
    samples = read_table(tmp_path / "a.parquet", about, VIDEO).samples
    assert samples.seconds.tolist() == [0.0, 1.0]
    assert samples.valid.tolist() == [True, False]
    assert samples.y[0] == 1.0


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + b"\0" * 99 + b"PAR1"])
def test_broken_parquet_is_refused(tmp_path, content):
    """Empty, cut, and a footer of zeros."""
    (tmp_path / "a.parquet").write_bytes(content)
    with pytest.raises(DatasetError, match="Parquet"):
        read_table(tmp_path / "a.parquet", TableColumns(), VIDEO)


def test_parquet_columns_must_be_plain(tmp_path):
    """A list is no number."""
    pq.write_table(pa.table({"seconds": [[0.0]], "x": [1.0], "y": [1.0]}), tmp_path / "a.parquet")
    with pytest.raises(DatasetError, match=r"(?s)numbers or texts.*next: cast it"):
        read_table(tmp_path / "a.parquet", TableColumns(), VIDEO)


def test_parquet_has_neither_a_column_twice_nor_decimal_commas(tmp_path):
    """As a CSV."""
    path = tmp_path / "a.parquet"
    pq.write_table(pa.Table.from_arrays([[0.0]] * 4, names=["seconds", "x", "y", "x"]), path)
    with pytest.raises(DatasetError, match="one column 'x', but has 2"):
        read_table(path, TableColumns(), VIDEO)
    pq.write_table(pa.table({"seconds": ["0,5"], "x": [0.5], "y": [0.5]}), path)
    with pytest.raises(DatasetError, match=r"(?s)decimal comma.*export again"):
        read_table(path, TableColumns(), VIDEO)


def ego4d(tmp_path, rows):
    """A gaze file of Ego4D with these rows."""
    path = tmp_path / "e.csv"
    path.write_text(HEAD + "".join(f"0,{row}\n" for row in rows), encoding="utf-8")
    return path


def test_ego4d_is_turned_over_and_low_confidence_is_not_valid(tmp_path):
    """Pupil Labs counts from the bottom."""
    rows = ["0.0,0.25,0.75,1.0", "0.1,0.25,0.75,0.5", "0.2,,,0.0", "0.3,0.5,0.5,0.0"]
    samples = read_table(ego4d(tmp_path, rows), EGO4D, VIDEO).samples
    assert samples.y[:2].tolist() == [0.25, 0.25]
    assert samples.valid.tolist() == [True, False, False, False]
    assert samples.types.tolist() == ["unknown", "unknown", "untracked", "untracked"]


def test_the_published_table_of_ego4d_by_hand(tmp_path):
    """Means, types by confidence, clips, zeros."""
    # 30 frames a second: 0.00 and 0.01 s -> frame 0, 0.04 s -> 1, 0.07 s -> 2 (without a place),
    # 0.11 s -> 3 (beyond: truncated, clipped to 1). Frame 0: x = (0.5 + 0.25) / 2, y not turned
    # over, (0.75 + 0.25) / 2; the type is that of the second sample's 0.6, which is a saccade.
    rows = [
        "0.00,0.5,0.75,1.0",
        "0.01,0.25,0.25,0.6",
        "0.04,0.125,0.5,0.1",
        "0.07,,,0.0",
        "0.11,1.5,0.5,0.95",
    ]
    made = read_published_ego4d(ego4d(tmp_path, rows))
    assert made.seconds.tolist() == [0, 1 / 30, 2 / 30, 3 / 30]
    assert made.x.tolist() == [0.375, 0.125, 0.0, 1.0]
    assert made.y.tolist() == [0.5, 0.5, 0.0, 0.5]
    assert made.types.tolist() == ["saccade", "unknown", "untracked", "outside"]


def test_published_places_are_rounded_as_float32_at_every_step(tmp_path):
    """Bit for bit, not nearly."""
    made = read_published_ego4d(ego4d(tmp_path, ["0.0,0.1,0.1,1", "0.01,0.2,0.3,1"]))
    once = float(np.float32(0.1))
    assert made.x.tolist() == [float(np.float32((once + 0.2) / 2))]
    assert made.y.tolist() == [float(np.float32((once + 0.3) / 2))]


def test_a_published_table_never_takes_a_day_of_frames(tmp_path):
    """A time in the wrong unit takes no memory."""
    with pytest.raises(DatasetError, match="inside a video"):
        read_published_ego4d(ego4d(tmp_path, ["1e12,0.5,0.5,1"]))


def test_the_same_rule_for_a_table_of_ones_own_at_the_videos_rate(tmp_path):
    """Nothing is published for those."""
    # 25 frames a second: 0.00 and 0.02 s -> frame 0, 0.09 s -> frame 2.
    path = tmp_path / "a.csv"
    path.write_text("seconds,x,y\n0,0.5,0.5\n0.02,0.25,0.5\n0.09,0.5,1\n", encoding="utf-8")
    made = read_published_own(path, TableColumns(), VIDEO)
    assert made.x.tolist() == [0.375, 0.0, 0.5]
    assert made.types.tolist() == ["fixation", "untracked", "fixation"]
