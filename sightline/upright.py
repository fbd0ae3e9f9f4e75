"""How the frames of a video are turned to be upright: as the header asks of a player."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.Image import Image

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
class Shown:
    """How frames are shown, as the first one says for all of them."""

    width: int
    """Pixels, as shown."""
    height: int
    """Pixels, as shown."""
    rotation: int
    """Clockwise degrees by which frames are turned."""
    turn: str
    """Name of PIL's transpose that makes them upright; empty for none."""


def how_shown(native: Any) -> Shown:
    """How a frame of PyAV's decoder is shown; call :func:`release` when it is not needed."""
    rotation, turn = orientation(native)
    width, height = (native.width, native.height)[:: -1 if rotation in (90, 270) else 1]
    return Shown(width, height, rotation, turn)


def release() -> None:
    """Free a frame whose side data was looked at and that nobody has any more.

    PyAV lets the two refer to each other, and Python would look for such pairs only after thousands
    of them. So side data is looked at once per video, not per frame.
    """
    gc.collect(1)


def orientation(native: Any) -> tuple[int, str]:
    """Clockwise degrees and PIL transpose that make a frame upright; no turn for other angles."""
    # Not `VideoFrame.rotation`: PyAV 14.0 does not have it, and it tells no mirror.
    data = native.side_data.get("DISPLAYMATRIX")
    if data is None:
        return UPRIGHT[1, 0, 0, 1]
    a, b, _, c, d, *_ = memoryview(bytes(data)).cast("i")
    signs = tuple((value > 0) - (value < 0) for value in (a, b, c, d))
    return UPRIGHT.get(signs, UPRIGHT[1, 0, 0, 1])  # type: ignore[arg-type] # four signs


def turned(image: Image, turn: str) -> Image:
    """A picture after one of PIL's transposes, by its name; the same one when it is empty."""
    from PIL import Image  # noqa: PLC0415 (scanning needs no picture)

    return image.transpose(Image.Transpose[turn]) if turn else image
