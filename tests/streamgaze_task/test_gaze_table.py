"""The gaze table: what is known at a time, what a window may tell, and what names a table."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamgaze_task.gaze import KINDS, MAX_GAP_SECONDS, GazeTable

ROWS = st.lists(
    st.tuples(
        st.floats(0, 20),
        st.none() | st.floats(0, 3),
        st.none() | st.floats(-0.2, 1.2),
        st.floats(-0.2, 1.2) | st.just(math.nan),
        st.booleans(),
    ),
    max_size=30,
)


def table(rows, kind="samples"):
    """A table of (seconds, duration, x, y, valid) rows."""
    names = ("seconds", "duration_seconds", "x", "y", "valid")
    columns = {name: [row[i] for row in rows] for i, name in enumerate(names)}
    return GazeTable.from_columns({**columns, "kind": kind if rows else "none"})


def samples(*seconds, **columns):
    """Samples at these times, in the middle of the frame unless told otherwise."""
    middle = [0.5] * len(seconds)
    return GazeTable.from_columns({"seconds": seconds, "x": middle, "y": middle, **columns})


def fixations(*spans):
    """Fixations of (start, duration, x)."""
    return table([(start, length, x, 0.5, True) for start, length, x in spans], "fixations")


# --- the record ---------------------------------------------------------------------------------


def test_columns_become_read_only_arrays_sorted_by_time():
    """Nobody can change a table, and its rows are in order of time."""
    gaze = samples(2.0, 1.0, x=[0.2, 0.1])
    assert gaze.seconds.tolist() == [1.0, 2.0]
    assert gaze.x.tolist() == [0.1, 0.2]
    with pytest.raises(ValueError, match="read-only"):
        gaze.x[0] = 0.5
    with pytest.raises(dataclasses.FrozenInstanceError):
        gaze.kind = "none"


def test_a_table_does_not_share_memory_with_what_it_is_made_from():
    """The array that went in may change afterwards."""
    x = np.array([0.5])
    gaze = GazeTable(np.zeros(1), np.zeros(1), x, np.zeros(1), np.ones(1, bool), "samples")
    x[0] = 0.9
    assert gaze.x.tolist() == [0.5]


@pytest.mark.parametrize("x", [None, math.nan, -0.01, 1.01, math.inf])
def test_a_position_that_is_missing_or_outside_makes_the_row_invalid(x):
    """Such a row stays, says not valid, and keeps no position."""
    gaze = samples(1.0, x=[x], valid=[True])
    assert gaze.valid.tolist() == [False]
    assert math.isnan(gaze.x[0])
    assert math.isnan(gaze.y[0])
    assert gaze.columns("v")["x"] == [None]


def test_edges_of_the_frame_are_inside():
    """0 and 1 are positions."""
    assert samples(1.0, 2.0, x=[0.0, 1.0], y=[1.0, 0.0]).valid.all()


def test_rows_without_a_time_are_dropped():
    """Nothing can be said about when they were."""
    gaze = samples(None, 1.0, math.nan, x=[0.1, 0.2, 0.3])
    assert gaze.x.tolist() == [0.2]


def test_samples_without_duration_last_until_the_next_but_not_long():
    """What nothing follows speaks for 1.5 times the last step, and for MAX_GAP_SECONDS at most."""
    gaze = samples(0.0, 0.1, 0.14, 5.0)
    expected = [0.1, 0.04, 0.06, MAX_GAP_SECONDS]
    assert gaze.duration_seconds.tolist() == pytest.approx(expected)


def test_two_samples_at_a_time_do_not_shorten_the_next():
    """A step of 0 says nothing about the rate."""
    assert samples(1.0, 1.0).duration_seconds.tolist() == [0.0, MAX_GAP_SECONDS]


def test_a_fixation_without_duration_lasts_no_time():
    """Nobody may guess how long somebody looked."""
    gaze = GazeTable.from_columns(
        {"seconds": [1], "x": [0.5], "y": [0.5], "duration_seconds": [None], "kind": ["fixations"]}
    )
    assert gaze.duration_seconds.tolist() == [0.0]
    assert gaze.at(1.0) is None


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"seconds": [1], "x": [1]}, "columns must have y"),
        ({"x": [], "y": []}, "columns must have seconds"),
        ({"seconds": [1], "x": ["left"], "y": [0]}, "x must hold numbers: could not convert"),
        ({"seconds": [[1]], "x": [0], "y": [0]}, "seconds must hold numbers"),
        ({"seconds": [1, 2], "x": [0], "y": [0]}, "must all have the same number of rows"),
        (
            {"seconds": [1], "x": [0], "y": [0], "valid": [True, True]},
            "must all have the same number of rows",
        ),
        (
            {"seconds": [1], "x": [0], "y": [0], "kind": ["dots"]},
            "kind \\('dots'\\) must be one of",
        ),
        (
            {"seconds": [1, 2], "x": [0, 0], "y": [0, 0], "kind": ["samples", "recovered"]},
            "kind must be the same in all rows, but is recovered, samples",
        ),
        (
            {"seconds": [1], "x": [0], "y": [0], "kind": "none"},
            "kind \\('none'\\) must have no rows",
        ),
        (
            {"seconds": [1], "x": [0], "y": [0], "duration_seconds": [-1]},
            "duration_seconds must be >= 0",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_columns_that_are_no_gaze_are_refused(columns, message):
    """The message says what was expected."""
    with pytest.raises(ValueError, match=message):
        GazeTable.from_columns(columns)


def test_arrays_of_different_shapes_are_refused():
    """Made by hand, a table is checked as well."""
    one, two = np.zeros(1), np.zeros(2)
    with pytest.raises(ValueError, match=r"must have one shape \(N,\)"):
        GazeTable(one, one, two, one, np.ones(1, bool), "samples")
    with pytest.raises(ValueError, match="seconds must be finite"):
        GazeTable(one + math.nan, one, one, one, np.ones(1, bool), "samples")


def test_a_table_without_columns_of_rows_is_empty():
    """No rows and no kind: the video has no gaze."""
    gaze = GazeTable.from_columns({"seconds": [], "x": [], "y": []})
    assert gaze == GazeTable.empty()
    assert gaze.kind == "none"


@pytest.mark.parametrize("kind", KINDS)
def test_empty_tables_work_everywhere(kind):
    """No rows, no errors."""
    gaze = GazeTable.empty(kind)
    assert len(gaze) == 0
    assert gaze.at(1.0) is None
    assert gaze.window(0, 10) == gaze
    assert gaze.columns("v")["seconds"] == []


@given(ROWS, st.sampled_from(KINDS[:-1]))
def test_columns_read_back_give_the_same_table(rows, kind):
    """What the dataset stores is the whole table."""
    gaze = table(rows, kind)
    columns = gaze.columns("v")
    again = GazeTable.from_columns({**columns, "kind": columns["kind"] or gaze.kind})
    assert again == gaze
    assert hash(again) == hash(gaze)
    assert set(columns["video_id"]) <= {"v"}


def test_a_sample_ends_where_the_next_row_starts():
    """Whatever its duration says, also when the next row is a lost one; fixations overlap."""
    rows = [(0, 5, 0.1, 0.5, True), (1, 5, None, None, False), (2, 5, 0.3, 0.5, True)]
    assert table(rows).ends.tolist() == [1, 2, 7]
    assert table(rows, "fixations").ends.tolist() == [5, 6, 7]


# --- its name -----------------------------------------------------------------------------------


def test_the_name_of_a_table_never_changes():
    """A recorded hash: other bytes would make every built dataset look new."""
    gaze = table([(0.0, 0.1, 0.25, 0.5, True), (0.1, 0.1, None, 0.5, False)])
    assert gaze.sha256() == ("e248113ef6e2b7e18cefef7754c15754d00942120838f1da4d1a1f068d986de6")


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "recovered"},
        {"x": np.array([0.3])},
        {"seconds": np.array([1.5])},
        {"duration_seconds": np.array([0.2])},
        {"valid": np.array([False])},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_column_is_part_of_the_name(change):
    """Change anything and the name changes."""
    gaze = samples(1.0)
    assert dataclasses.replace(gaze, **change).sha256() != gaze.sha256()
    assert dataclasses.replace(gaze, **change) != gaze


def test_negative_zero_and_odd_nans_do_not_change_the_name():
    """Equal values, equal name."""
    odd = np.frombuffer(b"\x01\x00\x00\x00\x00\x00\xf8\xff", "<f8")
    plain = samples(0.0, 1.0, x=[0.0, math.nan])
    other = samples(-0.0, 1.0, x=[-0.0, float(odd[0])])
    assert plain.sha256() == other.sha256()


def test_a_table_is_equal_to_tables_only():
    """Comparing it with something else is no error."""
    assert GazeTable.empty() != "none"


# --- where the gaze is --------------------------------------------------------------------------


def test_the_latest_sample_counts():
    """A sample holds until the next one starts."""
    gaze = samples(1.0, 1.1, x=[0.1, 0.2])
    assert gaze.at(1.0) == (0.1, 0.5)
    assert gaze.at(1.09) == (0.1, 0.5)
    assert gaze.at(1.1) == (0.2, 0.5)


def test_before_the_first_sample_nothing_is_known():
    """The future is not looked up."""
    assert samples(1.0).at(0.99) is None


def test_an_invalid_sample_hides_the_ones_before_it():
    """A lost gaze is lost from the first lost sample on."""
    gaze = samples(1.0, 1.03, valid=[True, False])
    assert gaze.at(1.02) is not None
    assert gaze.at(1.04) is None


def test_an_old_sample_is_not_shown():
    """Without newer ones the gaze is unknown after MAX_GAP_SECONDS, or what the caller says."""
    gaze = samples(1.0, 9.0)
    assert gaze.at(1.0 + MAX_GAP_SECONDS) is not None
    assert gaze.at(1.0 + MAX_GAP_SECONDS + 0.001) is None
    assert gaze.at(1.5, max_gap=0.5) is not None


def test_a_sample_that_says_how_long_it_holds_is_believed():
    """Tables of one sample a second exist."""
    gaze = samples(1.0, duration_seconds=[1.0])
    assert gaze.at(1.9) == (0.5, 0.5)
    assert gaze.at(2.1) is None


def test_times_in_whole_milliseconds_find_their_frames():
    """Every frame of 30 a second gets its own row although 0.067 is later than 2 / 30."""
    count = 300
    gaze = samples(*(round(i / 30, 3) for i in range(count)), x=[i / count for i in range(count)])
    assert [gaze.at(i / 30)[0] for i in range(count)] == [i / count for i in range(count)]


def test_of_fixations_the_one_that_covers_the_time_counts():
    """Between two fixations there is no position, and of two at a time the later counts."""
    gaze = fixations((1.0, 2.0, 0.1), (2.0, 3.0, 0.2), (7.0, 1.0, 0.3))
    assert gaze.at(1.5) == (0.1, 0.5)
    assert gaze.at(2.5) == (0.2, 0.5)
    assert gaze.at(5.0) is None
    assert gaze.at(7.5) == (0.3, 0.5)


def test_an_invalid_fixation_covers_nothing():
    """The one below it is shown."""
    gaze = table([(1, 5, 0.1, 0.5, True), (2, 1, 0.2, 0.5, False)], "fixations")
    assert gaze.at(2.5) == (0.1, 0.5)


# --- windows ------------------------------------------------------------------------------------


def test_a_window_holds_what_starts_inside_and_cuts_it_at_the_end():
    """Half open: the start is in, the end is out."""
    gaze = samples(1.0, 2.0, 3.0, duration_seconds=[1.0, 0.5, 1.0]).window(1.0, 2.25)
    assert gaze.seconds.tolist() == [1.0, 2.0]
    assert gaze.duration_seconds.tolist() == [1.0, 0.25]
    assert samples(1.0).window(0.0, 1.0).seconds.tolist() == []


def test_a_sample_that_began_before_the_window_is_left_out():
    """Only fixations reach into a window."""
    gaze = samples(0.9, 1.1, duration_seconds=[1.0, 0.1]).window(1.0, 2.0)
    assert gaze.seconds.tolist() == [1.1]


def test_a_fixation_that_reaches_into_the_window_keeps_its_part():
    """From the window's start on, and not beyond its end."""
    gaze = fixations((0.0, 10.0, 0.1), (0.5, 0.5, 0.2), (1.5, 9.0, 0.3)).window(1.0, 2.0)
    assert gaze.seconds.tolist() == [1.0, 1.5]
    assert gaze.duration_seconds.tolist() == [1.0, 0.5]
    assert gaze.x.tolist() == [0.1, 0.3]


def test_an_empty_window_holds_nothing():
    """Not even the fixation that lasts through it."""
    assert len(fixations((0.0, 10.0, 0.1)).window(2.0, 2.0)) == 0
    assert len(fixations((0.0, 10.0, 0.1)).window(3.0, 2.0)) == 0


@given(ROWS, ROWS, st.sampled_from(KINDS[:-1]), st.floats(0, 20), st.floats(0, 20))
def test_nothing_at_or_after_the_end_changes_a_window(past, future, kind, start, end):
    """Other rows from the end on: the same window, and the same position at every time before."""
    early = [row for row in past if row[0] < end]
    late = [(end + row[0], *row[1:]) for row in future]
    first, second = table([*early, *late], kind), table(early, kind)
    ours, theirs = first.window(start, end), second.window(start, end)
    assert ours.columns("v") == theirs.columns("v")
    for seconds in np.linspace(0, end, 5)[:-1]:
        assert first.window(0, end).at(seconds) == second.window(0, end).at(seconds)


@given(ROWS, st.sampled_from(KINDS[:-1]), st.floats(0, 20), st.floats(0, 20))
def test_a_window_of_a_window_is_itself(rows, kind, start, end):
    """Nothing reaches over the edges of a window, so a second cut changes nothing."""
    once = table(rows, kind).window(start, end)
    assert once.window(start, end) == once
    assert ((once.seconds >= start) & (once.seconds < end)).all()
    assert (once.seconds + once.duration_seconds <= end + 1e-9).all()
