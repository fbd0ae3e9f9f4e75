import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.sampling import proportional_indices

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
