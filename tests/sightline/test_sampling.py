import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.sampling import grid_indices, proportional_indices, uniform, window

CASES = json.loads(
    (Path(__file__).parents[1] / "conformance" / "mmsi_video_frame_indices.json").read_text()
)["cases"]

LAST_FRAME_NEVER_SHOWN_AT_50 = (
    *(55, 56, 65, 100, 102, 109, 111, 120, 129, 199, 203, 208, 212, 217, 221, 230, 239, 248),
    *(252, 257),
)
"""The totals in 51..300 for which the official float rule misses the last frame (spec by run)."""

LAST_FRAME_NEVER_SHOWN_AT_300 = (
    *range(343, 350),
    *range(443, 450),
    *range(685, 698, 2),
    *range(786, 799, 2),
    *range(885, 898, 2),
    *range(984, 997, 2),
)

counts = st.lists(st.integers(1, 2000), min_size=1, max_size=6)
caps = st.integers(1, 400)


def ids(case):
    """Names a recorded case."""
    return f"{'-'.join(map(str, case['counts']))}@{case['max_frames']}"


@pytest.mark.parametrize("case", CASES, ids=ids)
def test_recorded_official_indices(case):
    """The official rule gives the recorded positions of the authors' loader."""
    assert proportional_indices(case["counts"], case["max_frames"]) == case["indices"]


@pytest.mark.parametrize(
    ("cap", "totals", "traps"),
    [
        (50, range(51, 301), LAST_FRAME_NEVER_SHOWN_AT_50),
        (300, range(301, 1001), LAST_FRAME_NEVER_SHOWN_AT_300),
    ],
)
def test_float_trap(cap, totals, traps):
    """The official rule misses the last frame for exactly the known totals."""
    missed = [n for n in totals if proportional_indices([n], cap)[0][-1] != n - 1]
    assert missed == list(traps)


def test_starved_video_official():
    """The official rule shows the first frame of a video that got no position."""
    shown = proportional_indices([343, 321, 1, 314], 50)
    assert [len(indices) for indices in shown] == [18, 16, 1, 16]
    assert shown[2] == [0]


def test_starved_video_linspace():
    """The linspace rule shows nothing of a video that got no position."""
    assert proportional_indices([343, 321, 1, 314], 50, rule="linspace")[2] == []


@given(counts, caps, st.sampled_from(["official", "linspace"]))
def test_indices_fit_their_videos(frame_counts, cap, rule):
    """Indices ascend without repeats, lie inside their video, and never need more than the cap."""
    shown = proportional_indices(frame_counts, cap, rule=rule)
    assert len(shown) == len(frame_counts)
    for count, indices in zip(frame_counts, shown, strict=True):
        assert indices == sorted(set(indices))
        assert all(0 <= index < count for index in indices)
    starved = sum(indices == [0] for indices in shown)
    assert sum(map(len, shown)) <= min(sum(frame_counts), cap + starved)


@given(counts, caps)
def test_everything_when_it_fits(frame_counts, extra):
    """Every frame is shown when all fit under the cap."""
    cap = sum(frame_counts) + extra - 1
    for rule in ("official", "linspace"):
        assert proportional_indices(frame_counts, cap, rule=rule) == [
            list(range(count)) for count in frame_counts
        ]


@given(st.integers(2, 10**6), caps)
def test_linspace_is_numpy(total, cap):
    """The linspace rule is numpy's, bit for bit, on one video."""
    expected = np.unique(np.linspace(0, total - 1, cap, dtype=int)).tolist()
    assert proportional_indices([total], cap, rule="linspace") == [
        expected if total > cap else list(range(total))
    ]


@given(counts, caps)
def test_rules_differ_in_the_last_frame_only(frame_counts, cap):
    """Over one row of frames the two rules agree on every position but the last."""
    total = [sum(frame_counts)]
    official = proportional_indices(total, cap)[0]
    linspace = proportional_indices(total, cap, rule="linspace")[0]
    assert official[:-1] == linspace[:-1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], 50), r"frame_counts must have at least one video, but got none"),
        (([3, 0], 50), r"frame_counts\[1\] \(0\) must be >= 1"),
        (([3], 0), r"max_frames \(0\) must be >= 1"),
    ],
)
def test_bad_arguments(arguments, message):
    """An argument out of range is named, with what came."""
    with pytest.raises(ValueError, match=message):
        proportional_indices(*arguments)


def test_unknown_rule():
    """An unknown rule is answered with the known ones."""
    with pytest.raises(ValueError, match=r"rule \('uniform'\) must be one of: official, linspace"):
        proportional_indices([3], 1, rule="uniform")


@pytest.mark.parametrize(
    ("family", "time", "expected"),
    [
        ("past", 75.5, (0.0, 75.5)),
        ("proactive", 75.5, (0.0, 75.5)),
        ("present", 75.5, (15.5, 75.5)),
        ("present", 60, (0.0, 60)),
        ("present", 12, (0.0, 12)),
        ("past", 0, (0.0, 0)),
    ],
)
def test_window(family, time, expected):
    """Past and proactive windows start at 0, present ones 60 seconds back, clamped at 0."""
    assert window(family, time) == expected


def test_window_of_no_family():
    """An unknown family is answered with the known ones."""
    with pytest.raises(ValueError, match=r"family \('future'\) must be one of: past, present, pro"):
        window("future", 1)


def test_window_before_the_start():
    """A negative time is refused."""
    with pytest.raises(ValueError, match=r"time_seconds \(-1\) must be >= 0"):
        window("past", -1)


TENTHS = [k / 10 for k in range(100)]
"""Ten seconds of ten frames a second."""


@pytest.mark.parametrize(
    ("start", "end", "rate", "expected"),
    [
        (0, 4, 1.0, [0, 10, 20, 30]),
        (0, 4.05, 1.0, [0, 10, 20, 30, 40]),
        (2, 4, 1.0, [20, 30]),
        (2.05, 4, 1.0, [30]),
        (0, 2, 2.0, [0, 5, 10, 15]),
        (0, 8, 0.25, [0, 40]),
        (0, 99, 1.0, [0, 10, 20, 30, 40, 50, 60, 70, 80, 90]),
        (0, 0, 1.0, []),
        (5, 3, 1.0, []),
        (2.2, 2.8, 1.0, [22]),
        (50, 60, 1.0, [99]),
        (-5, 1, 1.0, [0]),
    ],
    ids=[
        "a frame a second",
        "the end is past a grid time",
        "from a grid time on",
        "from between two grid times on",
        "two a second",
        "one in four seconds",
        "beyond the end of the video",
        "nothing before time 0",
        "a window that ends before it starts",
        "no grid time: its first frame",
        "after the video: its last frame",
        "from before the video on",
    ],
)
def test_grid(start, end, rate, expected):
    """The grid shows the first frame of each of its cells that begins in the window."""
    assert grid_indices(TENTHS, start, end, rate=rate) == expected


def test_grid_of_a_slow_video():
    """A cell without a frame shows nothing, and a window without a frame shows the one before."""
    slow = [0.0, 0.4, 2.7, 7.0]
    assert grid_indices(slow, 0, 9) == [0, 2, 3]
    assert grid_indices(slow, 4, 6) == [2]
    assert grid_indices(slow, 4, 7) == [2]


def test_grid_before_a_late_start():
    """Nothing is shown before the first frame of a video that starts late."""
    assert grid_indices([1.5, 1.6], 0, 1.5) == []
    assert grid_indices([1.5, 1.6], 0, 1.6) == [0]
    assert grid_indices([], 0, 1) == []


def test_grid_at_the_border_of_its_cells():
    """A frame exactly on a grid time belongs to it, one a float before it to the cell before."""
    on = [k / 29.97 for k in range(2000)]
    assert grid_indices(on, 0, 100, rate=29.97) == list(range(2000))
    before = [math.nextafter(k / 29.97, -math.inf) for k in range(1, 2000)]
    assert grid_indices(before, 0, 100, rate=29.97) == list(range(1999))
    assert grid_indices(before, 1 / 29.97, 100, rate=29.97)[0] == 1


times = st.lists(st.floats(0, 50), max_size=80, unique=True).map(sorted)
moments = st.one_of(st.integers(0, 60), st.floats(0, 60))
rates = st.sampled_from([0.1, 0.5, 1.0, 2.0, 3.0, 29.97])


@given(times, moments, moments, rates)
def test_grid_by_its_definition(pts, start, end, rate):
    """The grid equals its definition, cell by cell, and all of it lies before the end."""
    chosen = grid_indices(pts, start, end, rate=rate)
    expected = []
    for cell in range(math.ceil(61 * rate)):
        at, then = cell / rate, min((cell + 1) / rate, end)
        inside = [i for i, time in enumerate(pts) if at <= time < then]
        if start <= at < end and inside:
            expected.append(inside[0])
    if expected:
        assert chosen == expected
    assert chosen == sorted(set(chosen))
    assert all(pts[i] < end for i in chosen)
    visible = [i for i, time in enumerate(pts) if time < end]
    assert bool(chosen) == bool(visible and start < end)
    if any(pts[i] >= start for i in visible):
        assert all(pts[i] >= start for i in chosen)


@given(times, moments, moments, moments)
def test_grid_is_the_same_in_every_window(pts, start, end, later):
    """A longer window adds frames and changes none: windows of a video share theirs."""
    whole = grid_indices(pts, 0, 60)
    inside = {i for i in whole if start <= pts[i] < min(end, later)}
    first = math.ceil(start)
    assert {i for i in inside if pts[i] >= first} <= set(grid_indices(pts, start, end))


@pytest.mark.parametrize(
    ("arguments", "rate"),
    [((0, math.nan), 1), ((-math.inf, 1), 1), ((0, 1), 0), ((0, 1), math.inf)],
)
def test_grid_refuses(arguments, rate):
    """A window that is not finite, or a rate that is not positive, is refused."""
    with pytest.raises(ValueError, match=r"must be finite and rate \(.*\) > 0"):
        grid_indices([0.0], *arguments, rate=rate)


@given(st.integers(0, 2000), caps)
def test_uniform(count, cap):
    """At most the cap, ascending, first and last included, steps that differ by one at most."""
    row = list(range(7, 7 + count))
    chosen = uniform(row, cap)
    assert len(chosen) == min(count, cap)
    assert chosen == sorted(set(chosen))
    if chosen:
        assert chosen[-1] == row[-1]
    if len(chosen) > 1:
        assert chosen[0] == row[0]
        steps = {b - a for a, b in itertools.pairwise(chosen)}
        assert max(steps) - min(steps) <= 1


def test_uniform_of_nothing():
    """No frame at all is no cap."""
    with pytest.raises(ValueError, match=r"max_frames \(0\) must be >= 1"):
        uniform([1, 2], 0)
