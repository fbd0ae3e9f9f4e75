"""The text prompt: its words, what it leaves out and says so, and that it knows no future."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamgaze_task.cameras import camera_of
from streamgaze_task.gaze import GazeTable
from streamgaze_task.gaze_text import MAX_FIXATIONS, clock, describe_frames, describe_gaze

CAMERA = camera_of("egtea")


def fixations(*rows):
    """Fixations of (start, duration, x, y)."""
    columns = dict(
        zip(("seconds", "duration_seconds", "x", "y"), zip(*rows, strict=True), strict=True)
    )
    return GazeTable.from_columns({**columns, "kind": "fixations"})


def samples(x, y, rate=10):
    """Samples of these positions from 0 on; None is a loss."""
    return GazeTable.from_columns({"seconds": np.arange(len(x)) / rate, "x": x, "y": y})


def test_the_whole_text():
    """Every word of it; models are given it, so a change is a change of the benchmark."""
    gaze = fixations((61.25, 1.4, 0.48, 0.614), (65, 10, 0.2, 0.555))
    assert describe_gaze(gaze, 60, 72, CAMERA) == (
        "Gaze of the person wearing the camera from 01:00.0 to 01:12.0. Each line is one fixation: "
        "its time span, and its position in percent of the frame from the left and from the top.\n"
        "01:01.2-01:02.6: 48 % from the left, 61 % from the top\n"
        "01:05.0-01:12.0: 20 % from the left, 56 % from the top"
    )


def test_samples_become_fixations_and_losses_are_told():
    """Two looks, and the three seconds between them in which nothing was measured."""
    gaze = samples([0.25] * 20 + [None] * 30 + [0.75] * 10, [0.5] * 60)
    assert describe_gaze(gaze, 0, 6, CAMERA).splitlines()[1:] == [
        "00:00.0-00:02.0: 25 % from the left, 50 % from the top",
        "00:05.0-00:06.0: 75 % from the left, 50 % from the top",
        "No gaze was recorded at 00:02.0-00:05.0.",
    ]


def test_losses_at_the_edges_are_told():
    """Before the first sample and after the last."""
    gaze = samples([None] * 20 + [0.5] * 10 + [None] * 20, [0.5] * 50)
    last = describe_gaze(gaze, 0, 5, CAMERA).splitlines()[-1]
    assert last == "No gaze was recorded at 00:00.0-00:02.0, 00:03.0-00:05.0."


def test_a_loss_begins_with_the_first_lost_sample():
    """Although the sample before it claims to last for a minute."""
    columns = {"seconds": [0, 1, 5], "x": [0.5, None, 0.5], "y": [0.5, None, 0.5]}
    gaze = GazeTable.from_columns({**columns, "duration_seconds": [60, 1, 1]})
    last = describe_gaze(gaze, 0, 6, CAMERA).splitlines()[-1]
    assert last == "No gaze was recorded at 00:01.0-00:05.0."


def test_many_losses_are_cut_short_and_counted():
    """The eight longest, in order of time."""
    x = []
    for length in (10, 20, 11, 12, 13, 14, 15, 16, 17, 18):
        x += [0.5] * 5 + [None] * length
    last = describe_gaze(samples(x, [0.5] * len(x)), 0, len(x) / 10, CAMERA).splitlines()[-1]
    assert last.startswith("No gaze was recorded at 00:02.0-00:04.0, 00:06.1-00:07.3,")
    assert last.endswith(" and 2 shorter spans.")
    assert last.count("-") == 8


@pytest.mark.parametrize(
    "gaze",
    [GazeTable.empty(), samples([None] * 50, [0.5] * 50), samples([0.5] * 9, [0.5] * 9)],
    ids=["no table", "nothing valid", "ended before"],
)
def test_a_window_without_gaze_says_so(gaze):
    """One sentence, no list."""
    text = describe_gaze(gaze, 1, 3, CAMERA)
    assert text == "No gaze was recorded from 00:01.0 to 00:03.0."


def test_a_restless_gaze_has_no_lines():
    """There is gaze, but it rests nowhere."""
    x = [0.1, 0.9] * 20
    text = describe_gaze(samples(x, [0.5] * 40), 0, 4, CAMERA)
    assert text == (
        "Gaze of the person wearing the camera from 00:00.0 to 00:04.0. "
        "It did not rest on any place."
    )


def test_too_many_fixations_leave_the_last_and_the_longest():
    """In order of time, the earlier of equally long ones, and the rest is counted.

    The last one is what present questions ask about, and the window's end makes it short.
    """
    gaze = fixations(*((i, 0.9 if i == 7 else 0.5, i / 100, 0.5) for i in range(40)))
    lines = describe_gaze(gaze, 0, 60, CAMERA).splitlines()
    assert len(lines) == 1 + MAX_FIXATIONS + 1
    assert [line[:7] for line in lines[1:-1]] == [f"00:{i:02d}.0" for i in [*range(31), 39]]
    assert lines[-1] == "8 other fixations are left out."
    line, last = describe_gaze(gaze, 0, 60, CAMERA, max_fixations=2).splitlines()[1:-1]
    assert last.startswith("00:39.0-00:39.5")
    assert line == "00:07.0-00:07.9: 7 % from the left, 50 % from the top"


def test_the_frames_have_their_times():
    """In the order in which they are shown; without frames that is said."""
    assert describe_frames([0.0, 61.25]) == "The frames shown were taken at 00:00.0, 01:01.2."
    assert describe_frames([]) == "No frame is shown."


def test_one_line_is_the_least():
    """The message names the argument."""
    with pytest.raises(ValueError, match=r"max_fixations \(0\) must be >= 1"):
        describe_gaze(GazeTable.empty(), 0, 1, CAMERA, max_fixations=0)


def test_positions_at_the_edge_stay_within_a_hundred_percent():
    """0 and 100 are the borders."""
    gaze = fixations((0, 1, 0.0, 1.0), (2, 1, 1.0, 0.0))
    lines = describe_gaze(gaze, 0, 5, CAMERA).splitlines()
    assert lines[1].endswith("0 % from the left, 100 % from the top")
    assert lines[2].endswith("100 % from the left, 0 % from the top")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "00:00.0"),
        (0.7 + 0.1, "00:00.8"),
        (-1, "00:00.0"),
        (59.96, "00:59.9"),
        (60, "01:00.0"),
        (6000.05, "100:00.0"),
    ],
)
def test_times_are_rounded_down(seconds, text):
    """A tenth that has not passed is not told, but 0.7999999999999999 is 0.8."""
    assert clock(seconds) == text


ROW = st.tuples(st.floats(0, 12), st.floats(0, 2), st.floats(0, 1), st.floats(0, 1), st.booleans())


@given(
    st.lists(ROW, max_size=30),
    st.lists(ROW, max_size=30),
    st.sampled_from(["samples", "recovered", "fixations"]),
    st.floats(0, 8),
    st.floats(0, 12),
)
def test_what_comes_at_or_after_the_end_changes_no_character(past, future, kind, start, end):
    """Other rows from the end on give the same text."""

    def told(rows):
        names = ("seconds", "duration_seconds", "x", "y", "valid")
        columns = {name: [row[i] for row in rows] for i, name in enumerate(names)}
        table = GazeTable.from_columns({**columns, "kind": kind if rows else "none"})
        return describe_gaze(table, start, end, CAMERA)

    early = [row for row in past if row[0] < end]
    late = [(end + row[0], *row[1:]) for row in future]
    assert told(early + late) == told(early)
