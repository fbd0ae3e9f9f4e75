"""Opens videos; :func:`opened` is the only place that does.

One pass: frames are decoded in order from the start and kept when asked for, so the result does not
depend on where key frames lie (:mod:`sightline.forward_pass` also jumps). Every picture handed out
is upright, as the header asks of a player. Files come from strangers: only the mp4 family is
opened, from this disk, so that a file cannot name other files or addresses (playlists can), and no
picture has more than `MAX_PIXELS`.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import IO, TYPE_CHECKING, Any

import av

from sightline.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from PIL.Image import Image

MAX_PIXELS = 1 << 26
"""Largest picture that is opened: 67 million pixels, twice 8K."""

JITTER = 0.1
"""Share of the usual step by which steps of a constant rate may differ: coarse clocks round."""

UPRIGHT: dict[tuple[int, int, int, int], tuple[int, str]] = {
    (1, 0, 0, 1): (0, ""),
    (0, 1, -1, 0): (90, "ROTATE_270"),
    (-1, 0, 0, -1): (180, "ROTATE_180"),
    (0, -1, 1, 0): (270, "ROTATE_90"),
    (-1, 0, 0, 1): (0, "FLIP_LEFT_RIGHT"),
    (0, 1, 1, 0): (90, "TRANSPOSE"),
    (1, 0, 0, -1): (180, "FLIP_TOP_BOTTOM"),
    (0, -1, -1, 0): (270, "TRANSVERSE"),
}
"""By the signs of a display matrix (a, b, c, d; ISO 14496-12, 6.2.2): clockwise turn, transpose.
A mirrored video (the last four) has the turn that follows the mirror."""


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
    packets: dict[float, tuple[float, bool]] = {}
    first, truncated = None, False
    with opened(source, name) as (container, stream):
        for packet in container.demux(stream):
            truncated |= packet.is_corrupt
            if packet.is_corrupt:
                continue
            if first is None:
                first = next(iter(packet.decode()), None)
            if packet.pts is not None and not packet.is_discard:
                length = float((packet.duration or 0) * packet.time_base)
                packets.setdefault(seconds_of(packet), (length, packet.is_keyframe))
        rate = float(stream.average_rate or stream.guessed_rate or 0)
    if first is None or not packets:
        raise DatasetError(f"{name} must hold frames, but has none that can be decoded")
    return _scanned(packets, rate, first, truncated=truncated)


def _scanned(
    packets: dict[float, tuple[float, bool]], rate: float, first: Any, *, truncated: bool
) -> Scan:
    times = sorted(packets)
    steps = [after - before for before, after in pairwise(times)]
    usual = median(steps) if steps else 1 / rate if rate else 0.0
    rotation, _ = _orientation(first)
    width, height = (first.width, first.height)[:: -1 if rotation in (90, 270) else 1]
    return Scan(
        pts_seconds=tuple(times),
        fps=rate or (1 / usual if usual else 0.0),
        frame_count=len(times),
        duration_seconds=times[-1] + (packets[times[-1]][0] or usual),
        width=width,
        height=height,
        rotation=rotation,
        variable_rate=any(abs(step - usual) > JITTER * usual for step in steps),
        key_frames=tuple(i for i, at in enumerate(times) if packets[at][1]),
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
    for frame, native in _decoded(path):
        if frame in wanted:
            found[frame] = frame_of(frame, native)
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
    current: tuple[int, Any] | None = None
    for index, native in _decoded(path):
        at = seconds_of(native)
        while current is not None and order and seconds[order[0]] < at:
            shown[order.pop(0)] = frame_of(*current)
        if not order:
            break
        current = index, native
    for place in order:
        if current is None:
            raise DatasetError(f"{path} has no frames")
        shown[place] = frame_of(*current)
    return [shown[place] for place in range(len(seconds))]


def frame_of(index: int, native: Any) -> Frame:
    """A frame of the decoder as ours, upright."""
    return Frame(index, seconds_of(native), _image(native))


def _image(native: Any) -> Image:
    return turned(native.to_image(), turn_of(native))


def turn_of(native: Any) -> str:
    """Name of PIL's transpose that makes a frame of the decoder upright; empty for none."""
    return _orientation(native)[1]


def turned(image: Image, turn: str) -> Image:
    """A picture after one of PIL's transposes, by its name; the same one when it is empty."""
    from PIL import Image  # noqa: PLC0415 (scanning needs no picture)

    return image.transpose(Image.Transpose[turn]) if turn else image


def _orientation(native: Any) -> tuple[int, str]:
    """Clockwise degrees and PIL transpose that make a frame upright; no turn for other angles."""
    # Not `VideoFrame.rotation`: PyAV 14.0 does not have it, and it tells no mirror.
    data = native.side_data.get("DISPLAYMATRIX")
    if data is None:
        return UPRIGHT[1, 0, 0, 1]
    a, b, _, c, d, *_ = memoryview(bytes(data)).cast("i")
    signs = tuple((value > 0) - (value < 0) for value in (a, b, c, d))
    return UPRIGHT.get(signs, UPRIGHT[1, 0, 0, 1])  # type: ignore[arg-type] # four signs


def seconds_of(native: Any) -> float:
    """Presentation time of a packet or a frame: the same float for both, so they can be matched."""
    return float((native.pts or 0) * native.time_base)


def _decoded(path: Path) -> Iterator[tuple[int, Any]]:
    with opened(path) as (container, stream):
        stream.thread_type = "AUTO"
        packets = (packet for packet in container.demux(stream) if not packet.is_corrupt)
        yield from enumerate(frame for packet in packets for frame in packet.decode())


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
            next_step="check the file against the release",
        ) from error
