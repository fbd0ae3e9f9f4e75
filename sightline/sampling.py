"""Which frames are shown: numbers in, integers out.

Of several whole videos: :func:`proportional_indices`. Of a stream up to the time of a question:
:func:`window` (which seconds), :func:`grid_indices` (which frames of them), :func:`uniform` (at
most so many).

Both rules of the first function see the videos as one long row of frames and take evenly spaced
global positions; each position belongs to the video that holds it, so a longer video gets more
frames.

- ``official``: the rule of the MMSI-Video-Bench loader, bit for bit. Position ``j`` is
  ``trunc(j * step)`` in 64-bit floats, so for some totals (100 frames and a cap of 50 is one) the
  last position lands just below the last frame and that frame is never shown. An exact integer
  formula would differ; published numbers were made with this one. A video that receives no
  position is shown by its first frame, so the result may hold more than ``max_frames``.
- ``linspace``: the rule of EASI and VLMEvalKit, bit-equal to ``numpy.linspace(0, total - 1, n,
  dtype=int)`` without repeats. The last frame is always shown; a video that receives no position
  shows nothing.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate
from math import floor, isfinite
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Sequence

Rule = Literal["official", "linspace"]
"""How global positions are chosen."""

WINDOW_SECONDS = 60.0
"""How far a present question looks back (StreamGaze, arXiv 2512.01707: V(t - 60, t])."""

RULES: tuple[str, ...] = get_args(Rule)
"""The names a `rule` may have."""


def proportional_indices(
    frame_counts: Sequence[int], max_frames: int, *, rule: Rule = "official"
) -> list[list[int]]:
    """The frames of each video that are shown, as indices into that video.

    Args:
        frame_counts: number of frames of each video, each at least 1.
        max_frames: cap on the frames of all videos together, at least 1.
        rule: ``official`` or ``linspace``, see the module.

    Returns:
        One ascending list of indices in ``[0, frame_count)`` per video. Everything when the
        videos have no more than `max_frames` frames together.

    Raises:
        ValueError: an argument is out of its range.
    """
    _check(frame_counts, max_frames, rule)
    total = sum(frame_counts)
    if total <= max_frames:
        return [list(range(count)) for count in frame_counts]
    positions = _positions(total, max_frames, last_always_in=rule == "linspace")
    chosen = _by_video(frame_counts, positions)
    if rule == "official":
        return [indices or [0] for indices in chosen]
    return chosen


def window(family: str, time_seconds: float) -> tuple[float, float]:
    """What of a stream may be shown for a question asked at that time: ``[start, end)``, seconds.

    The windows of StreamGaze's evaluator: past and proactive ``[0, t)``, present
    ``[max(t - 60, 0), t)``.

    Raises:
        ValueError: no such family, or a negative time.
    """
    if time_seconds < 0:
        raise ValueError(f"time_seconds ({time_seconds}) must be >= 0")
    if family in ("past", "proactive"):
        return 0.0, time_seconds
    if family == "present":
        return max(time_seconds - WINDOW_SECONDS, 0.0), time_seconds
    raise ValueError(f"family ({family!r}) must be one of: past, present, proactive")


def grid_indices(
    pts_seconds: Sequence[float], start: float, end: float, *, rate: float = 1.0
) -> list[int]:
    """Frames on a fixed grid of times, cut to a window: the same frames whatever the window.

    For each grid time ``k / rate`` in ``[start, end)`` the first frame at or after it and before
    the next one. A frame at or after `end` is never shown, so nothing of the future is.

    Args:
        pts_seconds: presentation times of the video's frames, ascending, seconds.
        start: first time of the window, seconds.
        end: first time after the window, seconds.
        rate: grid times per second, 1/s.

    Returns:
        Ascending positions in `pts_seconds`. A grid time without a frame (a slower video) has none.
        When no grid time has one: the first frame of the window, or, of a window without frames,
        the last one before it, which is still on screen. Nothing for an empty window, or one that
        ends before the video starts.

    Raises:
        ValueError: a time is not finite, or the rate not positive.
    """
    if not (isfinite(start) and isfinite(end) and isfinite(rate) and rate > 0):
        raise ValueError(f"start ({start}), end ({end}) must be finite and rate ({rate}) > 0")
    stop = bisect_left(pts_seconds, end)
    if start >= end or stop == 0:
        return []
    chosen: list[int] = []
    at = bisect_left(pts_seconds, start)
    while at < stop:
        cell = _cell(pts_seconds[at], rate)
        if cell / rate >= start:
            chosen.append(at)
        at = bisect_left(pts_seconds, (cell + 1) / rate, at + 1)
    return chosen or [min(bisect_left(pts_seconds, start), stop - 1)]


def _cell(time: float, rate: float) -> int:
    """The largest k with ``k / rate <= time``, in the very floats that are compared."""
    cell = floor(time * rate)
    while cell / rate > time:
        cell -= 1
    while (cell + 1) / rate <= time:
        cell += 1
    return cell


def uniform(indices: Sequence[int], max_frames: int) -> list[int]:
    """At most `max_frames` of the indices, evenly spaced, the first and the last included.

    Of one frame only: the last, the latest that may be seen.

    Raises:
        ValueError: `max_frames` is below 1.
    """
    if max_frames < 1:
        raise ValueError(f"max_frames ({max_frames}) must be >= 1")
    if len(indices) <= max_frames:
        return list(indices)
    if max_frames == 1:
        return [indices[-1]]
    last, steps = len(indices) - 1, max_frames - 1
    # Rounded to the nearest; distinct, because the step is longer than one.
    return [indices[(2 * j * last + steps) // (2 * steps)] for j in range(max_frames)]


def _check(frame_counts: Sequence[int], max_frames: int, rule: str) -> None:
    if not frame_counts:
        raise ValueError("frame_counts must have at least one video, but got none")
    for video, count in enumerate(frame_counts):
        if count < 1:
            raise ValueError(f"frame_counts[{video}] ({count}) must be >= 1")
    if max_frames < 1:
        raise ValueError(f"max_frames ({max_frames}) must be >= 1")
    if rule not in RULES:
        raise ValueError(f"rule ({rule!r}) must be one of: {', '.join(RULES)}")


def _positions(total: int, count: int, *, last_always_in: bool) -> list[int]:
    """`count` evenly spaced positions of ``range(total)``; distinct, because total > count."""
    if count == 1:
        return [0]
    step = (total - 1) / (count - 1)
    positions = [int(j * step) for j in range(count)]
    if last_always_in:
        positions[-1] = total - 1
    return positions


def _by_video(frame_counts: Sequence[int], positions: Sequence[int]) -> list[list[int]]:
    """Global positions as local indices: video i holds ``[starts[i], starts[i + 1])``."""
    starts = [0, *accumulate(frame_counts)]
    chosen: list[list[int]] = [[] for _ in frame_counts]
    for position in positions:
        video = bisect_right(starts, position) - 1
        chosen[video].append(position - starts[video])
    return chosen
