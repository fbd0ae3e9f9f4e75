"""Opens videos; :func:`opened` is the only place that does.

One pass: frames are decoded in order from the start and kept when asked for, so the result does not
depend on where key frames lie (:mod:`sightline.forward_pass` also jumps). Every picture handed out
is upright, as the header asks of a player. Files come from strangers: only the mp4 family is
opened, from this disk, so that a file cannot name other files or addresses (playlists can), and no
picture has more than `MAX_PIXELS`.
"""

from __future__ import annotations

from array import array
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import av
import numpy as np

from sightline.errors import DatasetError
from sightline.upright import Shown, how_shown, orientation, release, turned

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from PIL.Image import Image

MAX_PIXELS = 1 << 26
"""Largest picture that is opened: 67 million pixels, twice 8K."""

JITTER = 0.1
"""Share of the usual step by which steps of a constant rate may differ: coarse clocks round."""


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
    """RGB, upright, the size at which the video is shown."""


@dataclass(frozen=True)
class Scan:
    """What the packets of a video say: every frame's time, without decoding them."""

    pts_seconds: tuple[float, ...]
    """Presentation time of each frame of decoding, ascending, without repeats, seconds within the
    file. The first may be later than 0."""
    fps: float
    """Average frame rate as the header has it (what decord calls get_avg_fps), 1/s."""
    frame_count: int
    """Number of frames that are there; the header may promise more."""
    duration_seconds: float
    """End of the last frame, seconds."""
    width: int
    """Pixels, as shown."""
    height: int
    """Pixels, as shown."""
    rotation: int
    """Clockwise degrees by which frames are turned to be upright: 0, 90, 180 or 270."""
    variable_rate: bool
    """Whether frames come at unequal distances."""
    key_frames: tuple[int, ...]
    """Positions from which decoding can start, ascending."""
    truncated: bool
    """Whether the file ends in the middle of a frame; that frame does not count."""
    turn: str = ""
    """Name of PIL's transpose that makes frames upright, mirrored ones too; empty for none."""


def probe(source: Path | IO[bytes], *, name: str = "") -> VideoInfo:
    """Rate, length and size of a video.

    Args:
        source: an mp4: its path, or an open file (of an archive, say).
        name: what messages call it; the path by default.

    Raises:
        DatasetError: the file is missing or no mp4 with a video stream.
    """
    with opened(source, name) as (_, stream):
        rate = stream.average_rate or stream.guessed_rate
        length = stream.duration * stream.time_base if stream.duration else 0
        return VideoInfo(
            fps=float(rate or 0),
            frame_count=stream.frames,
            duration_seconds=float(length),
            width=stream.codec_context.width,
            height=stream.codec_context.height,
        )


def scan(source: Path | IO[bytes], *, name: str = "") -> Scan:
    """Time of every frame, from the packets; only the first frame is decoded, for its rotation.

    Packets that the edit list cuts away are left out, as decoders leave out their frames.

    Args:
        source: an mp4: its path, or an open file (of an archive, say).
        name: what messages call it; the path by default.

    Raises:
        DatasetError: the file is missing, no mp4 with a video stream, or has no frame.
    """
    name = name or str(source)
    packets = _Packets()
    shown: Shown | None = None
    truncated = False
    with opened(source, name) as (container, stream):
        for packet in container.demux(stream):
            truncated |= packet.is_corrupt
            if packet.is_corrupt:
                continue
            if shown is None and (first := next(iter(packet.decode()), None)) is not None:
                shown = how_shown(first)
                del first
                release()
            if packet.pts is not None and not packet.is_discard:
                length = float((packet.duration or 0) * packet.time_base)
                packets.add(seconds_of(packet), length, key=packet.is_keyframe)
        rate = float(stream.average_rate or stream.guessed_rate or 0)
    if shown is None or not packets.times:
        raise DatasetError(f"{name} must hold frames, but has none that can be decoded")
    return _scanned(packets, rate, shown, truncated=truncated)


@dataclass
class _Packets:
    """Of each packet in the order of decoding; columns, because hours have a million."""

    times: array[float] = field(default_factory=lambda: array("d"))
    lengths: array[float] = field(default_factory=lambda: array("d"))
    keys: bytearray = field(default_factory=bytearray)

    def add(self, at: float, length: float, *, key: bool) -> None:
        self.times.append(at)
        self.lengths.append(length)
        self.keys.append(key)


def _scanned(packets: _Packets, rate: float, shown: Shown, *, truncated: bool) -> Scan:
    given = np.frombuffer(packets.times)
    order = np.argsort(given, kind="stable")
    # Of several packets of one time the first one counts.
    order = order[np.append(True, np.diff(given[order]) > 0)]
    times = given[order]
    steps = np.diff(times)
    usual = float(np.median(steps)) if steps.size else 1 / rate if rate else 0.0
    keys = np.frombuffer(packets.keys, np.bool_)[order]
    return Scan(
        pts_seconds=tuple(array("d", times)),
        fps=rate or (1 / usual if usual else 0.0),
        frame_count=len(times),
        duration_seconds=float(times[-1]) + (packets.lengths[order[-1]] or usual),
        width=shown.width,
        height=shown.height,
        rotation=shown.rotation,
        turn=shown.turn,
        variable_rate=bool((np.abs(steps - usual) > JITTER * usual).any()),
        key_frames=tuple(np.flatnonzero(keys).tolist()),
        truncated=truncated,
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
    for frame, native, turn in _decoded(path):
        if frame in wanted:
            found[frame] = frame_of(frame, native, turn)
        decoded = frame + 1
        if len(found) == len(wanted):
            break
    if missing := sorted(wanted - set(found)):
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
    current: tuple[int, Any, str] | None = None
    for index, native, turn in _decoded(path):
        at = seconds_of(native)
        while current is not None and order and seconds[order[0]] < at:
            shown[order.pop(0)] = frame_of(*current)
        if not order:
            break
        current = index, native, turn
    for place in order:
        if current is None:
            raise DatasetError(f"{path} has no frames")
        shown[place] = frame_of(*current)
    return [shown[place] for place in range(len(seconds))]


def frame_of(index: int, native: Any, turn: str) -> Frame:
    """A frame of the decoder as ours; `turn` makes it upright, see :class:`Scan`."""
    return Frame(index, seconds_of(native), turned(native.to_image(), turn))


def seconds_of(native: Any) -> float:
    """Presentation time of a packet or a frame: the same float for both, so they can be matched."""
    return float((native.pts or 0) * native.time_base)


def _decoded(path: Path) -> Iterator[tuple[int, Any, str]]:
    """Every frame with its position, and the turn that all of them need."""
    turn = None
    try:
        with opened(path) as (container, stream):
            stream.thread_type = "AUTO"
            packets = (packet for packet in container.demux(stream) if not packet.is_corrupt)
            for index, native in enumerate(f for packet in packets for f in packet.decode()):
                turn = orientation(native)[1] if turn is None else turn
                yield index, native, turn
    finally:
        release()


@contextmanager
def opened(source: Path | IO[bytes], name: str = "") -> Iterator[tuple[Any, Any]]:
    """The container of an mp4 and its first video stream, both PyAV's.

    Raises:
        DatasetError: the file is missing or no mp4 with a video stream, or what is done with it
            meets data that cannot be decoded.
    """
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
            stream = container.streams.video[0]
            codec = stream.codec_context
            if codec is None:  # an unknown codec, or the part of the header that tells is missing
                raise DatasetError(f"{name} must hold video that can be decoded, but does not")
            if (pixels := codec.width * codec.height) > MAX_PIXELS:
                raise DatasetError(f"{name} must have at most {MAX_PIXELS} pixels, has {pixels}")
            yield container, stream
    except (av.FFmpegError, OSError, ValueError) as error:
        # Not the whole error of an open file: it names a temporary file of ours.
        reason = getattr(error, "strerror", None) or error
        raise DatasetError(
            f"{name} must be an mp4 that can be decoded: {reason}",
            next_step="get the file again from where it came; it is damaged",
        ) from error
