"""Reads an overlay video and its original side by side, one frame of each in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.errors import DatasetError
from sightline.video import opened, scan, seconds_of
from streamgaze_task.recovery.dot import Planes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sightline.video import Scan

PLANAR = ("yuv420p", "yuvj420p")
"""Pixel formats that are read as they are; others are converted. The full range of the second
moves green by ten levels, far less than what tells a dot."""
SAME_RATE = 0.001
"""Rates that differ by less than this part are one rate. 29.97 and 30 are one: they differ by that
much when one of them is written by hand."""
TIMELESS_FPS = 30.0
"""The rate of a video of one frame, which has none."""
FEW_FRAMES = 3
"""Counts that differ by no more than this are one count: a writer may lose or repeat the last."""


def pairs(overlay: Path, original: Path | None) -> Iterator[tuple[float, Planes, Planes | None]]:
    """Every frame of the overlay video with the frame of the original that it was drawn on.

    Yields:
        Its time on the original's clock (see :func:`clean_times`), its planes, and the original's
        planes at the same size; None where there is no original, or where that has ended. They are
        upright and lend the decoder's memory: use them before the next pair is asked for.

    Raises:
        DatasetError: a file is missing, is no mp4 with a video stream, ends in the middle of a
            frame or holds frames that cannot be decoded.
    """
    shown = _whole(overlay)
    before = None if original is None else _whole(original)
    others: Iterator[Any] = iter(()) if original is None else _decoded(original)
    along = [] if before is None else partners(shown, before)
    times = shown.pts_seconds if before is None else clean_times(shown, before)
    count, current, reached = 0, None, -1
    for count, frame in enumerate(_decoded(overlay), 1):
        partner = along[count - 1] if count <= len(along) else None
        while partner is not None and reached < partner:
            current, reached = next(others, None), reached + 1
        bare = None
        if before is not None and partner is not None and current is not None:
            bare = _planes(current, before, size=(shown.width, shown.height))
        at = times[count - 1] if count <= len(times) else seconds_of(frame)
        yield at, _planes(frame, shown), bare
    if count < shown.frame_count - FEW_FRAMES:
        raise DatasetError(
            f"{overlay} must hold frames that can be decoded, "
            f"but only {count} of {shown.frame_count} can",
            next_step="check the file against the release",
        )


def partners(overlay: Scan, original: Scan) -> list[int | None]:
    """Which frame of the original each frame of the overlay was drawn on.

    The authors' drawing reads the original frame by frame and writes each with a rate of its own
    configuration. So the frames go together by number when the rates are the same or the counts
    are: whatever the time stamps say. Otherwise one of the videos was resampled, and each frame
    goes with the nearest in time.

    Args:
        overlay: the overlay video's packets.
        original: the original's.

    Returns:
        One position for each overlay frame, ascending; None where the original has ended.
    """
    if _by_number(overlay, original):
        count = original.frame_count
        return [i if i < count else None for i in range(overlay.frame_count)]
    times = np.array(original.pts_seconds)
    nearest = np.searchsorted((times[1:] + times[:-1]) / 2, overlay.pts_seconds)
    return [
        int(i) if at < original.duration_seconds else None
        for i, at in zip(nearest, overlay.pts_seconds, strict=True)
    ]


def clean_times(overlay: Scan, original: Scan) -> tuple[float, ...]:
    """When each frame of the overlay is shown, by the original's clock, seconds, rising.

    Questions are timed on the clean video. An overlay that was drawn frame by frame and written at
    another rate runs ahead of it or falls behind, so where frames go together by number the
    original's times count; frames beyond its end go on at its average step.
    """
    if not _by_number(overlay, original):
        return overlay.pts_seconds
    times = original.pts_seconds[: overlay.frame_count]
    beyond = overlay.frame_count - len(times)
    step = 1 / original.fps if original.fps else 1 / TIMELESS_FPS
    return times + tuple(original.duration_seconds + i * step for i in range(beyond))


def _by_number(overlay: Scan, original: Scan) -> bool:
    same_rate = abs(overlay.fps - original.fps) <= SAME_RATE * original.fps
    return same_rate or abs(overlay.frame_count - original.frame_count) <= FEW_FRAMES


def _whole(path: Path) -> Scan:
    found = scan(path)
    if found.truncated:
        raise DatasetError(
            f"{path} must be a whole mp4, but ends in the middle of a frame",
            next_step="get the file from the release again",
        )
    return found


def _decoded(path: Path) -> Iterator[Any]:
    # One generator for each file: an error names the file in which it happens.
    with opened(path) as (container, stream):
        stream.thread_type = "AUTO"
        yield from container.decode(stream)


def _planes(frame: Any, seen: Scan, *, size: tuple[int, int] | None = None) -> Planes:
    """The planes of a decoded frame, upright and of this size (as shown, by default its own)."""
    turned = seen.rotation in {90, 270}
    width, height = size or (seen.width, seen.height)
    stored = (height, width) if turned else (width, height)
    if frame.format.name not in PLANAR or (frame.width, frame.height) != stored:
        frame = frame.reformat(*stored, format="yuv420p")
    parts = []
    for plane in frame.planes:
        rows = np.frombuffer(plane, dtype=np.uint8).reshape(-1, plane.line_size)
        # rot90 turns against the clock; `rotation` is with it.
        parts.append(np.rot90(rows[: plane.height, : plane.width], -seen.rotation // 90))
    return Planes(*parts)
