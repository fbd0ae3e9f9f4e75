"""Which frames of a video a labeller is shown."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_REFERENCE_FRAMES = 64
"""Frames of one fixation by the published rule, at most: it has no limit, memory has."""


def fixation_frames(
    times: Sequence[float], start: float, end: float, *, most: int, apart: float
) -> list[int]:
    """Frames spread inside a fixation: those on screen in the middle of equal parts of it.

    Args:
        times: presentation times of the video's frames, ascending, at least one.
        start: of the fixation, seconds.
        end: of the fixation, seconds.
        most: frames at most, at least 1.
        apart: least time between two of them, seconds, > 0.

    Returns:
        Positions, ascending, at least one, without repeats.
    """
    span = max(end - start, 0.0)
    parts = max(1, min(most, int(span / apart)))
    middles = (start + span * (k + 0.5) / parts for k in range(parts))
    return sorted({max(bisect_right(times, at) - 1, 0) for at in middles})


def view_frames(times: Sequence[float], every: float) -> list[int]:
    """The frames nearest to 0, `every`, 2 * `every` ... seconds; the earlier one of two as near.

    Args:
        times: as above.
        every: seconds, > 0.

    Returns:
        Positions, ascending, without repeats.
    """
    count = int(times[-1] / every) + 1
    return sorted({_nearest(times, k * every) for k in range(count)})


def reference_frames(frames: int, fps: float, start: float, end: float) -> list[int]:
    """The published rule: one frame in int(fps), counted and not timed (pipeline step 2).

    Args:
        frames: of the video.
        fps: of the video, the mean.
        start: of the fixation, seconds.
        end: of the fixation, seconds.

    Returns:
        Positions, ascending, at least one, MOST_REFERENCE_FRAMES at most.
    """
    first, last = min(int(start * fps), frames - 1), min(int(end * fps), frames - 1)
    found = range(first, max(last, first) + 1, max(int(fps), 1))
    return list(found[:MOST_REFERENCE_FRAMES])


def _nearest(times: Sequence[float], at: float) -> int:
    after = bisect_left(times, at)
    if after == len(times):
        return after - 1
    if after and at - times[after - 1] <= times[after] - at:
        return after - 1
    return after
