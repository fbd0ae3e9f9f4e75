"""Overlay pictures and videos, for people: the gaze of a table drawn over a clean video."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from contextlib import closing
from fractions import Fraction
from typing import TYPE_CHECKING, Any, cast

import av
import numpy as np

from sightline.errors import DatasetError, UsageError
from sightline.forward_pass import ForwardPass
from sightline.progress import Silent
from streamgaze_task.overlay import draw_overlay

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from PIL.Image import Image

    from sightline.progress import Progress
    from sightline.video import Scan
    from streamgaze_task.gaze_files import Subject
    from streamgaze_task.overlay import OverlayStyle

_TICKS = 90_000
"""Ticks of the written video's clock per second: every frame keeps its own time."""
_OPTIONS = {"crf": "20", "preset": "veryfast"}


def picture_at(subject: Subject, seconds: float, style: OverlayStyle) -> Image:
    """The frame on screen at that time, with the gaze that its own time has.

    Raises:
        UsageError: the time lies outside the video.
        DatasetError: the video cannot be decoded.
    """
    scan = subject.scan
    if not 0 <= seconds < scan.duration_seconds:
        raise UsageError(
            f"--at ({seconds:g}) must be inside the video of {scan.duration_seconds:.3f} seconds"
        )
    index = max(0, bisect_right(scan.pts_seconds, seconds) - 1)
    (frame,) = ForwardPass(subject.video, scan).frames([index])
    return draw_overlay(frame.image, subject.gaze.at(frame.pts_seconds), style)


def write_video(
    target: Path,
    subject: Subject,
    span: tuple[float, float],
    style: OverlayStyle,
    *,
    progress: Progress | None = None,
) -> int:
    """Write the frames of ``[start, end)`` with the gaze drawn in as an H.264 mp4.

    Frames keep their distances in time, the first is at 0; sound is left out. The codec wants even
    sizes: an odd one grows by one row or column, a copy of the last. One frame is in memory at a
    time.

    Args:
        target: the file to write.
        subject: the clean video and its gaze.
        span: start and end, seconds.
        style: what is drawn.
        progress: told about every frame.

    Returns:
        Number of frames written.

    Raises:
        UsageError: no frame starts in the span.
        DatasetError: the video cannot be decoded.
    """
    indices = range(*(bisect_left(subject.scan.pts_seconds, bound) for bound in span))
    if not indices:
        raise UsageError(f"--from {span[0]:g} --to {span[1]:g} must hold a frame of the video")
    told = progress or Silent()
    told.start("overlay", len(indices))
    with closing(_drawn(subject, indices, style, told)) as pictures:
        _encode(target, subject.scan, pictures)
    return len(indices)


def _drawn(
    subject: Subject, indices: Sequence[int], style: OverlayStyle, progress: Progress
) -> Generator[tuple[float, Image], None, None]:
    """Each picture with its time from the first one on, seconds."""
    scan, gaze = subject.scan, subject.gaze
    first = scan.pts_seconds[indices[0]]
    for frame in ForwardPass(subject.video, scan).frames(indices):
        if frame.image.size != (scan.width, scan.height):
            raise DatasetError(
                f"{subject.video} must keep its size, but frame {frame.index} has not"
            )
        at = frame.pts_seconds
        yield at - first, draw_overlay(frame.image, gaze.at(at), style)
        progress.advance(1)


def _encode(target: Path, scan: Scan, pictures: Iterable[tuple[float, Image]]) -> None:
    with av.open(str(target), "w", format="mp4") as container:
        rate = Fraction(scan.fps).limit_denominator(1001) or Fraction(1)
        stream = cast("Any", container.add_stream("libx264", rate=rate, options=_OPTIONS))
        stream.width, stream.height = scan.width + scan.width % 2, scan.height + scan.height % 2
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, _TICKS)
        for seconds, picture in pictures:
            frame = av.VideoFrame.from_ndarray(_even(np.asarray(picture)))
            frame.pts, frame.time_base = round(seconds * _TICKS), Fraction(1, _TICKS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def _even(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    return np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
