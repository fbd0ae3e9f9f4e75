"""Which frames of a video a request shows: one protocol for all models, or a published one.

``grid`` (the default) takes the frames on a grid of one per second, which no window moves, so all
windows of a video share their frames and it is decoded once. ``stream_2s`` takes one every two
seconds and leaves none out, so that the frames of a window from the beginning are those of every
earlier one, and more: what a server has computed for one question it need not compute for the next.
``reference_*`` shows what the wrapper of that name shows
(:mod:`streamgaze_task.reference_sampling`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.sampling import grid_indices, uniform
from streamgaze_task.reference_sampling import RULES, reference_indices

if TYPE_CHECKING:
    from collections.abc import Sequence

PREFIX = "reference_"
"""How the names of the published rules begin."""

GRID = "grid"
"""Our own sampling: one frame per second of the video, evenly thinned to a number."""

STREAM = "stream_2s"
"""Our own sampling for servers that keep prefixes: a fixed stride, nothing thinned."""

STREAM_STRIDE_SECONDS = 2.0
"""Between two frames of ``stream_2s``: a present question's 60 s are 30 frames, about what the
grid shows of them."""

SAMPLINGS: tuple[str, ...] = (GRID, STREAM, *(PREFIX + rule for rule in RULES))
"""The names a `sampling` may have."""


def choose(
    pts_seconds: Sequence[float],
    fps: float,
    window: tuple[float, float],
    *,
    sampling: str,
    max_frames: int,
) -> list[int]:
    """The frames of a window that a model is shown.

    Args:
        pts_seconds: presentation time of each frame of the video, ascending, seconds.
        fps: average frame rate, 1/s; only the reference rules need it.
        window: first time, and first time after it, seconds.
        sampling: one of `SAMPLINGS`.
        max_frames: most frames of ``grid``, at least 1; the others have a number of their own.
            That of ``stream_2s`` grows with the window: half of its seconds.

    Returns:
        Ascending positions without repeats, all of them with a time before the window's end.

    Raises:
        ValueError: no such sampling, or an argument is out of its range.
    """
    start, end = window
    if sampling == GRID:
        return uniform(grid_indices(pts_seconds, start, end), max_frames)
    if sampling == STREAM:
        return grid_indices(pts_seconds, start, end, rate=1 / STREAM_STRIDE_SECONDS)
    if sampling not in SAMPLINGS:
        raise ValueError(f"sampling ({sampling!r}) must be one of: {', '.join(SAMPLINGS)}")
    return reference_indices(
        sampling.removeprefix(PREFIX),
        fps=fps,
        frame_count=len(pts_seconds),
        pts_seconds=pts_seconds,
        start=start,
        end=end,
    )
