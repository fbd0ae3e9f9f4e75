"""Clips and their still pictures, with the gaze drawn in, on one walk through a video.

One picture is in memory at a time, and an encoder for every clip that the walk is inside of.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, cast

import av
import numpy as np
from PIL import Image

from sightline.forward_pass import ForwardPass
from streamgaze_task.overlay import degrees_style, draw_overlay
from streamgaze_task.pipeline.review.clips import MOST_FPS, passes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sightline.progress import Progress
    from sightline.video import Frame, Scan
    from streamgaze_task.cameras import Camera
    from streamgaze_task.gaze import GazeTable
    from streamgaze_task.overlay import OverlayStyle
    from streamgaze_task.pipeline.review.clips import Clip

MOST_WIDTH = 480
"""Pixels of a clip's width (ours: what objects are named by; a large benchmark fits a disk)."""
STILL_QUALITY = 80
"""Of the JPEG."""

_TICKS = 90_000
"""Ticks of a clip's clock per second: every frame keeps its own time."""
_OPTIONS = {
    "crf": "28",
    "preset": "superfast",
    "threads": "1",
    "x264-params": "mbtree=0:bframes=0",
}
"""libx264 so that equal pictures give equal bytes, and no picture waits in the encoder."""


@dataclass(frozen=True)
class Source:
    """A video, and the gaze that is drawn into its clips."""

    path: Path
    """An mp4."""
    scan: Scan
    """Of it."""
    gaze: GazeTable
    """Of the same video."""
    camera: Camera
    """Gives the circle its size."""


def clip_name(number: int) -> str:
    """Name of a clip without its suffix; the page makes the same one."""
    return f"{number:05d}"


def size_of(scan: Scan) -> tuple[int, int]:
    """Width and height of a video's clips: even, at most MOST_WIDTH wide, the same shape."""
    share = min(1.0, MOST_WIDTH / scan.width)
    width, height = (max(2, round(side * share / 2) * 2) for side in (scan.width, scan.height))
    return width, height


def cut(source: Source, clips: Sequence[Clip], folder: Path, *, progress: Progress) -> None:
    """Write ``<number>.mp4`` (H.264) and ``<number>.jpg`` of every clip.

    Args:
        source: where pictures and gaze come from.
        clips: what to write; the position is the number.
        folder: where to; it exists.
        progress: told about every frame that is drawn.

    Raises:
        DatasetError: the video cannot be decoded.
    """
    parts = passes(clips)
    wanted = [
        sorted({index for number in part for index in clips[number].frames}) for part in parts
    ]
    progress.start("clips", sum(map(len, wanted)))
    for part, indices in zip(parts, wanted, strict=True):
        _walk(source, {number: clips[number] for number in part}, indices, folder, progress)


def _walk(
    source: Source,
    clips: dict[int, Clip],
    indices: Sequence[int],
    folder: Path,
    progress: Progress,
) -> None:
    size = size_of(source.scan)
    style = degrees_style(size[0], source.camera)
    starting: dict[int, list[int]] = defaultdict(list)
    for number, clip in clips.items():
        starting[clip.frames[0]].append(number)
    running: dict[int, _Writer] = {}
    try:
        for frame in ForwardPass(source.path, source.scan).frames(indices):
            for number in starting[frame.index]:
                running[number] = _Writer(folder / f"{clip_name(number)}.mp4", size, frame)
            picture = _drawn(frame, size, source.gaze, style)
            native = av.VideoFrame.from_ndarray(np.asarray(picture)).reformat(format="yuv420p")
            for number in tuple(running):
                running[number].add(native, frame.pts_seconds)
                if frame.index == clips[number].still:
                    still = folder / f"{clip_name(number)}.jpg"
                    picture.save(still, "JPEG", quality=STILL_QUALITY)
                if frame.index == clips[number].frames[-1]:
                    running.pop(number).finish()
            progress.advance(1)
    finally:
        for writer in running.values():
            writer.close()


def _drawn(
    frame: Frame, size: tuple[int, int], gaze: GazeTable, style: OverlayStyle
) -> Image.Image:
    small = frame.image
    if small.size != size:
        small = small.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    return draw_overlay(small, gaze.at(frame.pts_seconds), style)


class _Writer:
    """One clip while it is written; its first frame is at 0."""

    def __init__(self, path: Path, size: tuple[int, int], first: Frame) -> None:
        self._start = first.pts_seconds
        # "bitexact" leaves the muxer's version and the date out of the file.
        self._container = av.open(str(path), "w", format="mp4", options={"fflags": "+bitexact"})
        stream = cast("Any", self._container.add_stream("libx264", rate=MOST_FPS, options=_OPTIONS))
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, _TICKS)
        self._stream = stream

    def add(self, frame: Any, at: float) -> None:
        """Add a picture that is on screen from then on, seconds of the whole video."""
        frame.pts, frame.time_base = round((at - self._start) * _TICKS), Fraction(1, _TICKS)
        self._container.mux(self._stream.encode(frame))

    def finish(self) -> None:
        """Write what is left."""
        self._container.mux(self._stream.encode())
        self.close()

    def close(self) -> None:
        """Close the file as it is."""
        self._container.close()
