"""What a labeller is shown of a frame: the circle around the gaze, and the frame without it.

Ours: the circle covers one exact visual angle (arXiv 2512.01707 shows a circular patch with a red
dot), and crop and mask share no pixel and lose none. The authors' code instead crops a square and
masks a circle, shows no dot, and squashes both (daeunni/StreamGaze, pipeline step 2); that is
:func:`reference_crop` and :func:`reference_mask`. All arrays are uint8 RGB, shape (height, width,
3); what is cut away is black.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

DOT_OF_WIDTH = 0.005
"""Radius of the red dot by the frame's width: it hides little of what it marks (ours)."""
RED, WHITE = (255, 0, 0), (255, 255, 255)
"""Of the dot and its rim, RGB."""

REFERENCE_DEGREES = 13
"""Times the width, by the horizontal field of view: the published radius (pipeline step 2)."""
REFERENCE_SIDE = 448
"""Pixels a side of what the published pipeline shows."""


@dataclass(frozen=True)
class Circle:
    """The field of view in one frame, in pixels."""

    x: int
    """Column of its centre, the pixel that the gaze is on."""
    y: int
    """Row of its centre."""
    radius: float
    """A pixel belongs to it when its centre is at most that far from the circle's."""

    @property
    def reach(self) -> int:
        """Whole pixels from the centre to the farthest pixel that may belong to it."""
        return math.floor(self.radius)


@dataclass(frozen=True)
class Picture:
    """What is shown, and where the circle is in it."""

    image: Image.Image
    centre: tuple[float, float]
    """Of the circle, in pixels of the image: 0 is the middle of the first pixel."""
    radius: float
    """Of the circle, in pixels of the image."""
    frame_width: float
    """Of the whole frame, were it scaled as the image is; in pixels of the image."""


def circle_at(point: tuple[float, float], radius: float, size: tuple[int, int]) -> Circle:
    """The circle around a place of the frame.

    Args:
        point: (x, y) from the left and top edge, in [0, 1] of the frame's size.
        radius: pixels.
        size: width and height of the frame, pixels.
    """
    x, y = (min(int(part * side), side - 1) for part, side in zip(point, size, strict=True))
    return Circle(x, y, radius)


def crop(frame: Pixels, circle: Circle) -> Pixels:
    """The circle alone: a square of 2 * reach + 1 pixels with the gaze in its middle.

    What lies outside the circle is black, and so is what would lie outside the frame: the gaze
    stays in the middle at the border, too.
    """
    reach = circle.reach
    square = np.zeros((2 * reach + 1, 2 * reach + 1, 3), np.uint8)
    rows, inner_rows = _overlap(circle.y, reach, frame.shape[0])
    columns, inner_columns = _overlap(circle.x, reach, frame.shape[1])
    square[inner_rows, inner_columns] = frame[rows, columns]
    square[~_disc(reach, circle.radius)] = 0
    return square


def mask(frame: Pixels, circle: Circle) -> Pixels:
    """The frame without the circle: exactly what :func:`crop` does not show."""
    reach = circle.reach
    rows, inner_rows = _overlap(circle.y, reach, frame.shape[0])
    columns, inner_columns = _overlap(circle.x, reach, frame.shape[1])
    masked: Pixels = frame.copy()
    masked[rows, columns][_disc(reach, circle.radius)[inner_rows, inner_columns]] = 0
    return masked


def marked(square: Pixels, frame_width: int) -> Pixels:
    """A copy of a crop with a small red dot, rimmed white, in its middle.

    Args:
        square: from :func:`crop`.
        frame_width: pixels of the frame, by which the dot is sized.
    """
    dot = max(1, round(DOT_OF_WIDTH * frame_width))
    drawn: Pixels = square.copy()
    middle = len(square) // 2
    away = _away(middle)
    drawn[away <= dot + 1] = WHITE
    drawn[away <= dot] = RED
    return drawn


def shown_crop(frame: Pixels, circle: Circle, side: int) -> Picture:
    """The crop with its dot, as a labeller gets it.

    Args:
        frame: the frame.
        circle: the field of view in it.
        side: pixels a side to bring it to; 0 leaves it.
    """
    square = marked(crop(frame, circle), frame.shape[1])
    wanted = side or len(square)
    middle = (circle.reach, circle.reach)
    return _scaled(square, (wanted, wanted), middle, circle.radius, frame.shape[1])


def shown_mask(frame: Pixels, circle: Circle, longest: int) -> Picture:
    """The mask as a labeller gets it.

    Args:
        frame: the frame.
        circle: the field of view in it.
        longest: pixels of its longer side, at most.
    """
    size = fitting(frame.shape[1], frame.shape[0], longest)
    centre = (circle.x, circle.y)
    return _scaled(mask(frame, circle), size, centre, circle.radius, frame.shape[1])


def fitting(width: int, height: int, longest: int) -> tuple[int, int]:
    """A size of the same shape whose longer side is at most `longest`, pixels."""
    scale = min(1.0, longest / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def shrunk(image: Image.Image, longest: int) -> Image.Image:
    """A whole frame as a labeller gets it; one that fits is handed on as it is."""
    size = fitting(*image.size, longest)
    return image if size == image.size else image.resize(size, Image.Resampling.LANCZOS)


def reference_radius(width: int, hfov_degrees: float) -> int:
    """The published radius: linear in degrees, pixels."""
    return int(REFERENCE_DEGREES * width / hfov_degrees)


def reference_crop(frame: Pixels, circle: Circle) -> Picture:
    """The published crop: a square, cut at the frame's border, without a dot, squashed."""
    height, width = frame.shape[:2]
    radius = int(circle.radius)
    left, top = max(circle.x - radius, 0), max(circle.y - radius, 0)
    right, bottom = min(circle.x + radius, width), min(circle.y + radius, height)
    square = frame[top : max(bottom, top + 1), left : max(right, left + 1)]
    return _squashed(square, (circle.x - left, circle.y - top), radius, width)


def reference_mask(frame: Pixels, circle: Circle) -> Picture:
    """The published mask: the whole frame with a filled black circle, squashed."""
    return _squashed(mask(frame, circle), (circle.x, circle.y), circle.radius, frame.shape[1])


def _squashed(pixels: Pixels, centre: tuple[int, int], radius: float, frame_width: int) -> Picture:
    size, how = (REFERENCE_SIDE, REFERENCE_SIDE), Image.Resampling.BICUBIC
    return _scaled(pixels, size, centre, radius, frame_width, how=how)


def _scaled(
    pixels: Pixels,
    size: tuple[int, int],
    centre: tuple[int, int],
    radius: float,
    frame_width: int,
    *,
    how: Image.Resampling = Image.Resampling.LANCZOS,
) -> Picture:
    """Pixels as a picture of that size; radius and frame are scaled as its width is."""
    height, width = pixels.shape[:2]
    image = Image.fromarray(np.ascontiguousarray(pixels))
    if size != (width, height):
        image = image.resize(size, how)
    across, down = size[0] / width, size[1] / height
    place = (centre[0] + 0.5) * across - 0.5, (centre[1] + 0.5) * down - 0.5
    return Picture(image, place, radius * across, frame_width * across)


@lru_cache(maxsize=8)
def _away(reach: int) -> NDArray[np.float64]:
    steps = np.arange(-reach, reach + 1)
    away: NDArray[np.float64] = np.hypot(steps[:, None], steps[None, :])
    return away


def _disc(reach: int, radius: float) -> NDArray[np.bool_]:
    disc: NDArray[np.bool_] = _away(reach) <= radius
    return disc


def _overlap(centre: int, reach: int, length: int) -> tuple[slice, slice]:
    """The part of [centre - reach, centre + reach] inside [0, length): there, and in the square."""
    first, last = max(centre - reach, 0), min(centre + reach + 1, length)
    return slice(first, last), slice(first - centre + reach, last - centre + reach)
