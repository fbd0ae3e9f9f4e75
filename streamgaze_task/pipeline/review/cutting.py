"""Clips and their still pictures, with the gaze drawn in, on one walk through a video.

One picture is in memory at a time, and an encoder for every clip that the walk is inside of. A clip
is named by everything that it is made of: one that is there is not cut again, for this page or for
a later one, and a run that was killed goes on with those that are missing.
"""

from __future__ import annotations

import hashlib
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
    from collections.abc import Mapping, Sequence
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

_VERSION = 1
"""Goes up when the same source gives other clips in a way that no setting here tells."""
_DIGITS = 32
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
    known_as: str
    """A digest of the video's bytes, as far as the caller has read them."""


def size_of(scan: Scan) -> tuple[int, int]:
    """Width and height of a video's clips: even, at most MOST_WIDTH wide, the same shape."""
    share = min(1.0, MOST_WIDTH / scan.width)
    width, height = (max(2, round(side * share / 2) * 2) for side in (scan.width, scan.height))
    return width, height


def clip_names(source: Source, clips: Sequence[Clip]) -> list[str]:
    """Name of each clip, without a suffix: SHA-256, in hex, of all that its pictures depend on.

    Of the video its size, its time and what the caller knows it by: reading it whole would take
    longer than cutting.
    """
    file = source.path.stat()
    gaze, table = hashlib.sha256(), source.gaze
    for column in (table.seconds, table.duration_seconds, table.x, table.y, table.valid):
        gaze.update(np.ascontiguousarray(column).data)
    drawing = (_VERSION, size_of(source.scan), MOST_FPS, STILL_QUALITY, sorted(_OPTIONS.items()))
    common = (source.known_as, file.st_size, file.st_mtime_ns, gaze.hexdigest(), source.camera)
    return [
        hashlib.sha256(repr((drawing, common, clip)).encode()).hexdigest()[:_DIGITS]
        for clip in clips
    ]


def cut(
    source: Source, clips: Sequence[Clip], folder: Path, *, progress: Progress
) -> list[tuple[Path, Path]]:
    """See that ``<name>.mp4`` (H.264) and ``<name>.jpg`` of every clip are in a folder.

    What else is there is removed: clips that no page shows any more, and what a killed run was
    writing. So one process at a time, and nothing else may keep its files there.

    Args:
        source: where pictures and gaze come from.
        clips: what is wanted.
        folder: where the clips of this recording, and nothing else, are kept; it is made.
        progress: told about every frame that is drawn.

    Returns:
        Video and still picture of each clip.

    Raises:
        DatasetError: the video cannot be decoded.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = clip_names(source, clips)
    files = [(folder / f"{name}.mp4", folder / f"{name}.jpg") for name in names]
    wanted = {path for pair in files for path in pair}
    for path in folder.iterdir():
        if path not in wanted:
            path.unlink()
    missing = {
        name: clip
        for name, clip, pair in zip(names, clips, files, strict=True)
        if not all(path.is_file() for path in pair)
    }
    _cut(source, missing, folder, progress)
    return files


def _cut(source: Source, clips: Mapping[str, Clip], folder: Path, progress: Progress) -> None:
    named = list(clips.items())
    parts = [dict(named[number] for number in part) for part in passes(clips.values())]
    indices = [sorted({index for clip in part.values() for index in clip.frames}) for part in parts]
    if parts:
        progress.start("clips", sum(map(len, indices)))
    for part, wanted in zip(parts, indices, strict=True):
        _walk(source, part, wanted, folder, progress)


def _walk(
    source: Source,
    clips: Mapping[str, Clip],
    indices: Sequence[int],
    folder: Path,
    progress: Progress,
) -> None:
    size = size_of(source.scan)
    style = degrees_style(size[0], source.camera)
    starting: dict[int, list[str]] = defaultdict(list)
    for name, clip in clips.items():
        starting[clip.frames[0]].append(name)
    running: dict[str, _Writer] = {}
    try:
        for frame in ForwardPass(source.path, source.scan).frames(indices):
            for name in starting[frame.index]:
                running[name] = _Writer(folder / f"{name}.mp4", size, frame)
            picture = _drawn(frame, size, source.gaze, style)
            native = av.VideoFrame.from_ndarray(np.asarray(picture)).reformat(format="yuv420p")
            for name in tuple(running):
                running[name].add(native, frame.pts_seconds)
                if frame.index == clips[name].still:
                    _save(picture, folder / f"{name}.jpg")
                if frame.index == clips[name].frames[-1]:
                    running.pop(name).finish()
            progress.advance(1)
    finally:
        for writer in running.values():
            writer.close()


def _save(picture: Image.Image, path: Path) -> None:
    unfinished = _unfinished(path)
    picture.save(unfinished, "JPEG", quality=STILL_QUALITY)
    unfinished.replace(path)


def _unfinished(path: Path) -> Path:
    return path.with_name(f".{path.name}")


def _drawn(
    frame: Frame, size: tuple[int, int], gaze: GazeTable, style: OverlayStyle
) -> Image.Image:
    small = frame.image
    if small.size != size:
        small = small.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    return draw_overlay(small, gaze.at(frame.pts_seconds), style)


class _Writer:
    """One clip while it is written; its first frame is at 0. It has its name when it is whole."""

    def __init__(self, path: Path, size: tuple[int, int], first: Frame) -> None:
        self._path = path
        self._start = first.pts_seconds
        # "bitexact" leaves the muxer's version and the date out of the file.
        self._container = av.open(
            str(_unfinished(path)), "w", format="mp4", options={"fflags": "+bitexact"}
        )
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
        _unfinished(self._path).replace(self._path)

    def close(self) -> None:
        """Close the file as it is."""
        self._container.close()
