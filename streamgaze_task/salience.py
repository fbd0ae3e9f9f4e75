"""Where the gaze has been, as a heat map: the salience prompt.

The authors' evaluator can show such a map and their repository has no generator, so this one is
ours: every gaze sample of the window adds a Gaussian at its place, as heavy as the time it lasted.
Nothing at or after the window's end has an influence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

    from streamgaze_task.cameras import Camera
    from streamgaze_task.gaze import GazeTable

SIGMA_DEGREES = 2.0
"""Standard deviation of the Gaussian. Fixation maps on screens take 1 degree, about the fovea (Le
Meur and Baccino, Behavior Research Methods 2013); a tracker on the head adds an error of 1.2 to 1.5
degrees and more (MacInnes et al. 2018 measured 1.2 for SMI glasses; Microsoft states 1.5 for
HoloLens 2; Pupil Invisible errs more), and squares add up to about 2."""

WIDEST = 640
"""No map is wider than this by default, pixels: a Gaussian has no finer detail to show."""

_REACH = 4.0
"""The Gaussian is cut at so many standard deviations; what is cut is 0.03 % of its height."""


def map_size(width: int, height: int, *, widest: int = WIDEST) -> tuple[int, int]:
    """Size of the map of a video: its own, or scaled down to `widest` with the same shape.

    Raises:
        ValueError: a size is below 1.
    """
    if min(width, height, widest) < 1:
        raise ValueError(f"sizes ({width}, {height}, {widest}) must be >= 1")
    if width <= widest:
        return width, height
    return widest, max(1, round(height * widest / width))


def salience_map(
    table: GazeTable,
    start: float,
    end: float,
    size: tuple[int, int],
    camera: Camera,
    *,
    sigma_degrees: float = SIGMA_DEGREES,
) -> Image:
    """The map as a picture: black where the gaze never was, over red and yellow, to white.

    Args:
        table: the gaze of the video.
        start: begin of the window, seconds.
        end: its end, exclusive.
        size: width and height of the picture, pixels; see :func:`map_size`.
        camera: of the video.
        sigma_degrees: width of the Gaussian, > 0.

    Returns:
        An RGB image; all black when the window has no gaze.

    Raises:
        ValueError: a size or the angle is out of its range.
    """
    from PIL import Image as Images  # noqa: PLC0415 (tasks import this module before they draw)

    heat = _heat(table.window(start, end), size, camera, sigma_degrees)
    return Images.fromarray(colours(heat / heat.max() if heat.max() > 0 else heat))


def salience_array(
    table: GazeTable,
    start: float,
    end: float,
    size: tuple[int, int],
    camera: Camera,
    *,
    sigma_degrees: float = SIGMA_DEGREES,
) -> NDArray[np.float64]:
    """The map as numbers: how the gaze's time was spread over the frame.

    Each sample counts at the pixel that holds it, with its seconds as weight, and is spread by a
    Gaussian of one width in pixels: `sigma_degrees` in the middle of the frame. What a Gaussian
    would put outside the frame is left out.

    Args:
        table: the gaze of the video.
        start: begin of the window, seconds.
        end: its end, exclusive.
        size: width and height, pixels.
        camera: of the video.
        sigma_degrees: width of the Gaussian, > 0.

    Returns:
        Shape (height, width), summing to 1; all 0 when the window has no gaze.

    Raises:
        ValueError: a size or the angle is out of its range.
    """
    heat = _heat(table.window(start, end), size, camera, sigma_degrees)
    total = heat.sum()
    return heat / total if total > 0 else heat


def colours(heat: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Numbers in [0, 1] as colours: 0 black, 1/3 red, 2/3 yellow, 1 white, straight in between.

    Args:
        heat: any shape.

    Returns:
        RGB, one axis more than `heat`.
    """
    channels = [np.clip(3 * heat - lower, 0, 1) for lower in range(3)]
    return (np.stack(channels, axis=-1) * 255 + 0.5).astype(np.uint8)


def _heat(
    seen: GazeTable, size: tuple[int, int], camera: Camera, sigma_degrees: float
) -> NDArray[np.float64]:
    """Seconds, spread by Gaussians of height 1; shape (height, width)."""
    width, height = size
    if min(size) < 1:
        raise ValueError(f"size ({size}) must be at least 1 by 1")
    rows = np.flatnonzero(seen.valid)
    columns = np.minimum((seen.x[rows] * width).astype(np.int64), width - 1)
    lines = np.minimum((seen.y[rows] * height).astype(np.int64), height - 1)
    dwell = np.zeros((height, width))
    np.add.at(dwell, (lines, columns), (seen.ends - seen.seconds)[rows])
    sigma = camera.radius_px(sigma_degrees, width)
    heat: NDArray[np.float64] = _blurred(_blurred(dwell, sigma).T, sigma).T
    return heat


def _blurred(values: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    """Every row spread by a Gaussian, cut at the array's edges.

    Shifted and added one tap after the other: unlike a matrix product, the order of the additions
    does not depend on a library or its number of threads.
    """
    width = values.shape[1]
    filled = np.flatnonzero(values.any(axis=1))
    source, spread = values[filled], np.zeros((len(filled), width))
    reach = min(int(_REACH * sigma), width - 1)
    for shift in range(-reach, reach + 1):
        weight = np.exp(-(shift**2) / (2 * sigma**2))
        taken = source[:, max(0, -shift) : width - max(0, shift)]
        spread[:, max(0, shift) : width - max(0, -shift)] += weight * taken
    result = np.zeros_like(values)
    result[filled] = spread
    return result
