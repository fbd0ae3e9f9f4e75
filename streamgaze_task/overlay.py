"""The gaze drawn into a frame: the visual prompt.

As the authors' pipeline draws it (daeunni/StreamGaze, pipeline/visualization.py): a red circle
around what is near the gaze, a black ring and a green dot at the gaze itself, in that order.

Theirs is drawn by OpenCV, ours by its own rule: a pixel belongs to a ring when its distance from
the centre is within ``(thickness + 1) // 2 + 0.5`` of the radius (OpenCV's lines are that wide), to
the dot when it is at most the radius. The dot is OpenCV's to the pixel. Circles of 13 to 240 px and
the black ring differ in at most 8 % of their own pixels (4 % at 100 px: 132 pixels), all of them
within 0.6 px of the ring's edge, because OpenCV draws a polygon of 72 sides.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

    from streamgaze_task.cameras import Camera

RADIUS_DEGREES = 13.0
"""The circle in degrees: the pipeline's constant. A reading of the paper by others gives 8, the
authors' model guide says about 15; the published pixel radii cover 10 (EGTEA) to 15 degrees
(EgoExoLearn) of the cameras' real fields of view."""

EGTEA_WIDTH, EGTEA_RADIUS = 640, 100
"""EGTEA's circle is 100 px (the pipeline's videos are 640 wide)."""
EGO4D_WIDTH, EGO4D_RADIUS = 1088, 170
"""Ego4D's circle is 170 px (its videos are 1088 wide)."""
PUBLISHED_PART = 0.156
"""The circle of all other videos, as part of the frame's width."""

RED, BLACK, GREEN = (255, 0, 0), (0, 0, 0), (0, 255, 0)
"""RGB colours of circle, ring and dot."""


@dataclass(frozen=True)
class OverlayStyle:
    """What is drawn, in pixels.

    Raises:
        ValueError: the radius is below 1.
    """

    radius: int
    """Of the red circle, at least 1."""
    thickness: int = 3
    """Of the red circle, as OpenCV counts it."""
    ring_radius: int = 10
    """Of the black ring."""
    ring_thickness: int = 2
    """Of the black ring, as OpenCV counts it."""
    dot_radius: int = 8
    """Of the filled green dot."""

    def __post_init__(self) -> None:
        """Refuse a circle that is none."""
        if self.radius < 1:
            raise ValueError(f"radius ({self.radius}) must be >= 1")


def published_style(source: str | None, width: int) -> OverlayStyle:
    """The circle of the released overlay videos.

    EGTEA 100 px in frames 640 wide and Ego4D 170 px in frames 1088 wide, in proportion at other
    widths, so that the circle keeps its angle (the pipeline's own constants do not follow the
    width); EgoExoLearn, HoloAssist and others ``int(0.156 * width)``, which is their rule.

    Args:
        source: egtea, ego4d, egoexolearn, holoassist, or None when it is not known.
        width: of the frame, pixels.
    """
    if source == "egtea":
        radius = round(EGTEA_RADIUS * width / EGTEA_WIDTH)
    elif source == "ego4d":
        radius = round(EGO4D_RADIUS * width / EGO4D_WIDTH)
    else:
        radius = int(PUBLISHED_PART * width)
    return OverlayStyle(max(1, radius))


def degrees_style(
    width: int, camera: Camera, *, radius_degrees: float = RADIUS_DEGREES
) -> OverlayStyle:
    """The circle that covers an angle: ``width / 2 * tan(radius) / tan(hfov / 2)``, rounded.

    Args:
        width: of the frame, pixels.
        camera: its field of view.
        radius_degrees: between 0 and 90.

    Raises:
        ValueError: the angle is out of its range.
    """
    return OverlayStyle(max(1, round(camera.radius_px(radius_degrees, width))))


def draw_overlay(image: Image, point: tuple[float, float] | None, style: OverlayStyle) -> Image:
    """A copy of the frame with the gaze drawn in.

    Args:
        image: the frame; what is no RGB is turned into it.
        point: the gaze, (x, y) from the left and top edge in [0, 1] of the frame's size. The
            centre is pixel ``(int(x * width), int(y * height))``. None, or a pixel outside the
            frame, draws nothing, as in the original.
        style: radii and line widths.

    Returns:
        A new RGB image of the same size; the input is not changed.
    """
    from PIL import Image as Images  # noqa: PLC0415 (tasks import this module before they draw)

    drawn = image.convert("RGB") if image.mode != "RGB" else image.copy()
    centre = _pixel(point, drawn.size)
    if centre is None:
        return drawn
    reach = max(
        _outer(style.radius, style.thickness), _outer(style.ring_radius, style.ring_thickness)
    )
    left, top = max(0, centre[0] - reach), max(0, centre[1] - reach)
    right = min(drawn.width, centre[0] + reach + 1)
    bottom = min(drawn.height, centre[1] + reach + 1)
    patch = np.array(drawn.crop((left, top, right, bottom)))
    place = (centre[0] - left, centre[1] - top)
    _colour(patch, place, ring_mask(style.radius, style.thickness), RED)
    _colour(patch, place, ring_mask(style.ring_radius, style.ring_thickness), BLACK)
    _colour(patch, place, disc_mask(style.dot_radius), GREEN)
    drawn.paste(Images.fromarray(patch), (left, top))
    return drawn


@lru_cache(maxsize=16)
def ring_mask(radius: int, thickness: int) -> NDArray[np.bool_]:
    """A ring around the middle pixel: bool, square, of odd side; do not write to it."""
    half = _half_width(thickness)
    distance = _distances(_outer(radius, thickness))
    mask: NDArray[np.bool_] = (distance >= radius - half) & (distance <= radius + half)
    mask.setflags(write=False)
    return mask


@lru_cache(maxsize=16)
def disc_mask(radius: int) -> NDArray[np.bool_]:
    """A filled disc around the middle pixel: bool, square, of odd side; do not write to it."""
    mask: NDArray[np.bool_] = _distances(radius) <= radius
    mask.setflags(write=False)
    return mask


def _pixel(point: tuple[float, float] | None, size: tuple[int, int]) -> tuple[int, int] | None:
    if point is None or not all(0 <= part < 1 for part in point):  # NaN is not either
        return None
    column, row = int(point[0] * size[0]), int(point[1] * size[1])
    return (column, row) if column < size[0] and row < size[1] else None


def _half_width(thickness: int) -> float:
    return (thickness + 1) // 2 + 0.5


def _outer(radius: int, thickness: int) -> int:
    return int(radius + _half_width(thickness))


def _distances(reach: int) -> NDArray[np.float64]:
    steps = np.arange(-reach, reach + 1, dtype=np.float64)
    return np.hypot(steps[:, None], steps[None, :])


def _colour(
    patch: NDArray[np.uint8],
    centre: tuple[int, int],
    mask: NDArray[np.bool_],
    colour: tuple[int, int, int],
) -> None:
    """Colour the masked pixels around `centre`; what falls outside the patch is left out."""
    reach = mask.shape[0] // 2
    height, width = patch.shape[:2]
    left, top = centre[0] - reach, centre[1] - reach
    rows = slice(max(0, top), min(height, top + mask.shape[0]))
    columns = slice(max(0, left), min(width, left + mask.shape[1]))
    part = mask[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    patch[rows, columns][part] = colour
