"""Videos whose every frame shows its own number, and a reader of that number.

The number stands in the picture as large light and dark blocks, which survive lossy coding, so a
test can tell which frames reached a model. Three marked corners tell a turned or mirrored picture.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

COLUMNS, ROWS = 5, 4
CORNERS = {(0, 0): 255, (0, COLUMNS - 1): 128, (ROWS - 1, 0): 0, (ROWS - 1, COLUMNS - 1): 0}
"""Grey of the four corner blocks: no turn and no mirror maps them to themselves."""
BITS = [(row, column) for row in range(ROWS) for column in range(COLUMNS)]
BITS = [place for place in BITS if place not in CORNERS]
"""Places of the 16 bits, the lowest first."""
FINE = Fraction(1, 90_000)
"""Time base of videos with a list of times."""
MATRICES = {
    0: (1, 0, 0, 1),
    90: (0, 1, -1, 0),
    180: (-1, 0, 0, -1),
    270: (0, -1, 1, 0),
    "mirrored": (-1, 0, 0, 1),
}
"""Display matrices of the track header, without their shift: (a, b, c, d)."""
AGAINST = {0: 0, 90: 1, 180: 2, 270: 3}
"""Quarter turns against the clock that undo a rotation."""


def write_stamped(
    path: Path,
    *,
    fps: Fraction | float = 10,
    seconds: float = 3.0,
    size: tuple[int, int] = (160, 128),
    pts: Sequence[float] | None = None,
    start: float = 0.0,
    rotation: int | str = 0,
    key_frames: int = 250,
    b_frames: int = 0,
    codec: str = "libx264",
    options: dict[str, str] | None = None,
    fast_start: bool = False,
) -> list[float]:
    """Write an mp4; frame k shows k.

    Args:
        path: where to.
        fps: constant rate; ignored with `pts`, but for the rate that the header is given.
        seconds: length; ignored with `pts`.
        size: width and height as stored (before the rotation of the header), pixels.
        pts: presentation times, ascending, seconds: a variable rate.
        start: time of the first frame of a constant rate, seconds.
        rotation: clockwise degrees by which a player turns the picture, or "mirrored". The
            stored pixels are turned against it, so an upright picture can be read.
        key_frames: largest distance of two key frames.
        b_frames: how many frames in a row may look ahead.
        codec: an encoder of PyAV.
        options: more options of the encoder.
        fast_start: whether the header comes first, so that a file cut short can be opened.

    Returns:
        The times asked for, seconds.
    """
    rate = Fraction(fps).limit_denominator(1001)
    if pts is None:
        times = [start + float(k / rate) for k in range(round(seconds * rate))]
        base = 1 / rate
        ticks = [round(start * rate) + k for k in range(len(times))]
    else:
        times, base = list(pts), FINE
        ticks = [round(time / FINE) for time in times]
    flags = {"movflags": "faststart"} if fast_start else {}
    with av.open(str(path), "w", options=flags) as container:
        stream: Any = container.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.codec_context.time_base = base
        stream.codec_context.gop_size = key_frames
        stream.codec_context.max_b_frames = b_frames
        speed = {"preset": "veryfast", "bf": str(b_frames)} if codec == "libx264" else {}
        stream.options = {**speed, **(options or {})}
        for image, tick in zip(stamps(len(ticks), size, rotation), ticks, strict=True):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = tick, base
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    if rotation:
        turn(path, rotation)
    return times


def stamps(count: int, size: tuple[int, int], rotation: int | str = 0) -> Iterable[np.ndarray]:
    """The stored pictures, uint8 of shape (height, width, 3)."""
    shown = size[::-1] if rotation in (90, 270) else size
    for index in range(count):
        upright = np.asarray(stamp(index, shown))
        if rotation == "mirrored":
            yield np.ascontiguousarray(upright[:, ::-1])
        else:
            yield np.ascontiguousarray(np.rot90(upright, AGAINST[int(rotation)]))


def stamp(index: int, size: tuple[int, int]) -> Image.Image:
    """A picture that shows `index` (0 to 65,535)."""
    cells = np.zeros((ROWS, COLUMNS), dtype=np.uint8)
    for place, grey in CORNERS.items():
        cells[place] = grey
    for bit, place in enumerate(BITS):
        cells[place] = 255 * (index >> bit & 1)
    return Image.fromarray(cells).resize(size, Image.Resampling.NEAREST).convert("RGB")


def index_of(image: Image.Image) -> int:
    """The number that a picture shows.

    Raises:
        ValueError: its corners are not those of an upright stamp.
    """
    # The middle of each block: edges blur, and a gaze overlay may cover a part.
    cells = np.asarray(image.convert("L").resize((COLUMNS * 3, ROWS * 3), Image.Resampling.BOX))
    middles = cells[1::3, 1::3].astype(int)
    for place, grey in CORNERS.items():
        if abs(middles[place] - grey) > 40:
            raise ValueError(f"corner {place} has grey {middles[place]}, an upright stamp {grey}")
    return sum(1 << bit for bit, place in enumerate(BITS) if middles[place] > 127)


def turn(path: Path, rotation: int | str) -> None:
    """Write a display matrix into the track header of an mp4 with one track."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 44
    a, b, c, d = (value * 65_536 for value in MATRICES[rotation])
    matrix = (a, b, 0, c, d, 0, 0, 0, 1 << 30)
    data[at : at + 36] = b"".join(value.to_bytes(4, "big", signed=True) for value in matrix)
    path.write_bytes(data)
