"""Opens videos; the only module that does.

One pass: frames are decoded in order from the start and kept when asked for, so the result does
not depend on where key frames lie. Files come from strangers: only the mp4 family is opened, from
this disk, so that a file cannot name other files or addresses (playlists can).
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import av

from sightline.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from PIL.Image import Image


@dataclass(frozen=True)
class VideoInfo:
    """What a video's header says; nothing is decoded for it."""

    fps: float
    """Average frame rate, 1/s."""
    frame_count: int
    """Number of frames; 0 when the header does not say."""
    duration_seconds: float
    """Length of the video stream, seconds."""
    width: int
    """Pixels."""
    height: int
    """Pixels."""


@dataclass(frozen=True)
class Frame:
    """One decoded frame."""

    index: int
    """Position in presentation order, from 0."""
    pts_seconds: float
    """Presentation time within the file, seconds."""
    image: Image
    """RGB, the video's own size."""


def probe(source: Path | IO[bytes], *, name: str = "") -> VideoInfo:
    """Rate, length and size of a video.

    Args:
        source: an mp4: its path, or an open file (of an archive, say).
        name: what messages call it; the path by default.

    Raises:
        DatasetError: the file is missing or no mp4 with a video stream.
    """
    with _opened(source, name) as (_, stream):
        rate = stream.average_rate or stream.guessed_rate
        length = stream.duration * stream.time_base if stream.duration else 0
        return VideoInfo(
            fps=float(rate or 0),
            frame_count=stream.frames,
            duration_seconds=float(length),
            width=stream.codec_context.width,
            height=stream.codec_context.height,
        )


def frames_at(path: Path, indices: Sequence[int]) -> list[Frame]:
    """The frames at these positions, in the order asked for; a position may repeat.

    Args:
        path: an mp4.
        indices: positions in presentation order, from 0.

    Raises:
        ValueError: a position is negative.
        DatasetError: the file cannot be decoded, or has no such frame.
    """
    if any(index < 0 for index in indices):
        raise ValueError(f"indices ({list(indices)}) must be >= 0")
    wanted = set(indices)
    found: dict[int, Frame] = {}
    decoded = 0
    for frame, native in _decoded(path):
        if frame in wanted:
            found[frame] = Frame(frame, _seconds(native), native.to_image())
        decoded = frame + 1
        if len(found) == len(wanted):
            break
    if len(found) < len(wanted):
        missing = sorted(wanted - set(found))
        raise DatasetError(f"{path} has {decoded} frames, but {missing[:5]} were asked for")
    return [found[index] for index in indices]


def frames_at_times(path: Path, seconds: Sequence[float]) -> list[Frame]:
    """The frame on screen at each time: the last one that starts at or before it.

    Args:
        path: an mp4.
        seconds: times within the file. A time before the first frame gives the first, one after
            the last frame gives the last.

    Raises:
        DatasetError: the file cannot be decoded, or has no frame.
    """
    order = sorted(range(len(seconds)), key=lambda i: seconds[i])
    shown: dict[int, Frame] = {}
    current: tuple[int, Any] | None = None
    for index, native in _decoded(path):
        at = _seconds(native)
        while current is not None and order and seconds[order[0]] < at:
            shown[order.pop(0)] = _frame(*current)
        if not order:
            break
        current = index, native
    if order and current is None:
        raise DatasetError(f"{path} has no frames")
    for place in order:
        shown[place] = _frame(*current)  # type: ignore[misc] # None was refused above
    return [shown[place] for place in range(len(seconds))]


def _frame(index: int, native: Any) -> Frame:
    return Frame(index, _seconds(native), native.to_image())


def _seconds(native: Any) -> float:
    return float(native.time or 0.0)


def _decoded(path: Path) -> Iterator[tuple[int, Any]]:
    with _opened(path) as (container, stream):
        stream.thread_type = "AUTO"
        yield from enumerate(container.decode(stream))


@contextmanager
def _opened(source: Path | IO[bytes], name: str = "") -> Iterator[tuple[Any, Any]]:
    name = name or str(source)
    try:
        with av.open(
            str(source) if isinstance(source, Path) else source,
            format="mp4",
            options={"protocol_whitelist": "file"},
            metadata_errors="replace",
        ) as container:
            if not container.streams.video:
                raise DatasetError(f"{name} must hold a video stream, but has none")
            yield container, container.streams.video[0]
    except (av.FFmpegError, OSError, ValueError) as error:
        # Not the whole error of an open file: it names a temporary file of ours.
        reason = getattr(error, "strerror", None) or error
        raise DatasetError(
            f"{name} must be an mp4 that can be decoded: {reason}",
            next_step="check the file against the release",
        ) from error
