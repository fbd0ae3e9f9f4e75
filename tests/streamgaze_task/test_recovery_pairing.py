"""Which frame of the original belongs to which frame of the overlay."""

from __future__ import annotations

import pytest

from sightline.video import Scan
from streamgaze_task.recovery.pairing import clean_times, partners


def packets(count: int, fps: float, first: float = 0.0) -> Scan:
    """What the packets of a video with a constant rate say."""
    return Scan(
        pts_seconds=tuple(first + k / fps for k in range(count)),
        fps=fps,
        frame_count=count,
        duration_seconds=first + count / fps,
        width=320,
        height=240,
        rotation=0,
        variable_rate=False,
        key_frames=(0,),
        truncated=False,
    )


def test_partners_by_number_where_rates_agree():
    """29.97 is 30; what the original does not have is None."""
    assert partners(packets(5, 30), packets(3, 29.97)) == [0, 1, 2, None, None]


def test_partners_by_number_where_counts_agree():
    """One frame more or less does not matter."""
    assert partners(packets(4, 24), packets(5, 30)) == [0, 1, 2, 3]


def test_partners_by_the_nearest_time_where_neither_agrees():
    """Twice as many frames: each is shown with the nearest; past the end there is none."""
    found = partners(packets(10, 20), packets(4, 10))
    assert found[:8:2] == [0, 1, 2, 3]
    assert found[8:] == [None, None]
    assert partners(packets(5, 5), packets(10, 10)) == [0, 2, 4, 6, 8]


def test_partners_of_an_original_with_one_frame():
    """It stands for as long as it lasts."""
    assert partners(packets(6, 10), packets(1, 5)) == [0, 0, None, None, None, None]


def test_frames_beyond_the_original_go_on_at_its_rate():
    """The clock of a longer overlay stays the original's and never stands still."""
    times = clean_times(packets(5, 24), packets(3, 30))
    assert times == pytest.approx([0, 1 / 30, 2 / 30, 3 / 30, 4 / 30])
    assert clean_times(packets(6, 10), packets(1, 5)) == packets(6, 10).pts_seconds
