"""The gaze overlay that the released videos have burnt in, drawn with distance masks.

As the pipeline of daeunni/StreamGaze draws it: a red circle of the field of view, a black circle, a
green dot, in this order; nothing where there is no gaze. Written apart from the overlay that models
are given (streamgaze_task.overlay), so that one can be tested against the other.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

DOT_RADIUS = 8
"""Radius of the filled green dot, pixels at any size of the video."""
RING_RADIUS, RING_WIDTH = 10, 3
"""The black circle around the dot, pixels: what OpenCV paints for a thickness of 2."""
CIRCLE_WIDTH = 5
"""Width of the red circle's line, pixels: what OpenCV paints for a thickness of 3."""
RED, BLACK, GREEN = (255, 0, 0), (0, 0, 0), (0, 255, 0)
"""RGB."""


@lru_cache(maxsize=8)
def _marks(radius: int) -> tuple[tuple[NDArray[np.intp], NDArray[np.intp], tuple[int, ...]], ...]:
    """Rows and columns, from the gaze pixel, that take each colour, in the order of drawing."""
    reach = radius + CIRCLE_WIDTH
    grid = np.arange(-reach, reach + 1)
    away = np.hypot(grid[:, None], grid[None, :])
    masks = (
        (np.abs(away - radius) <= CIRCLE_WIDTH / 2, RED),
        (np.abs(away - RING_RADIUS) <= RING_WIDTH / 2, BLACK),
        (away <= DOT_RADIUS, GREEN),
    )
    return tuple((*(axis - reach for axis in np.nonzero(mask)), rgb) for mask, rgb in masks)  # type: ignore[misc]


def mark(frame: NDArray[np.uint8], gaze: tuple[float, float] | None, radius: int) -> None:
    """Draw the overlay into a frame.

    Args:
        frame: shape (height, width, 3), RGB, changed in place.
        gaze: x and y in pixels, rounded down as the pipeline does; None draws nothing, and so
            does gaze outside the frame.
        radius: of the red circle, pixels.
    """
    if gaze is None:
        return
    height, width = frame.shape[:2]
    x, y = int(gaze[0]), int(gaze[1])
    if not (0 <= x < width and 0 <= y < height):
        return
    for rows, columns, rgb in _marks(radius):
        row, column = rows + y, columns + x
        inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
        frame[row[inside], column[inside]] = rgb
