"""Gaze rays in space -> places in the picture of a moving head camera; pure functions.

The geometry is that of pipeline step 0 of daeunni/StreamGaze: a point at a fixed distance on the
ray, moved into the camera by its pose, its axes turned from the device's (x ahead, y to the left,
z up) to the picture's (x to the right, y down, z ahead), and a pinhole. :func:`project` is ours:
each gaze sample with the pose nearest in time, but none further away than allowed;
:func:`project_published` is theirs: each frame with the nearest of both, however far.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

TICKS_PER_SECOND = 10**7
"""The device's clock counts 100 ns (pipeline step 0)."""

_TO_PICTURE = np.linalg.inv(
    np.array([[0, 0, 1, 0], [-1, 0, 0, 0], [0, -1, 0, 0], [0, 0, 0, 1]], np.float64)
)
_FLAT = 1e-9
"""A pose whose axes span less than this volume is no pose: lost tracking is written as zeros."""


@dataclass(frozen=True, eq=False)
class Rays:
    """Gaze as the device measured it, in order of time; N samples."""

    ticks: NDArray[np.int64]
    """100 ns of the device's clock, ascending; shape (N,)."""
    origins: NDArray[np.float64]
    """Metres in the world; shape (N, 3)."""
    directions: NDArray[np.float64]
    """Of length 1 (or 0); shape (N, 3)."""
    valid: NDArray[np.bool_]
    """Whether the device saw the eyes; shape (N,)."""


@dataclass(frozen=True, eq=False)
class Poses:
    """Where the camera was, in order of time; M moments."""

    ticks: NDArray[np.int64]
    """As of Rays; shape (M,)."""
    matrices: NDArray[np.float64]
    """Camera to world, homogeneous; shape (M, 4, 4)."""


@dataclass(frozen=True)
class Intrinsics:
    """The camera's pinhole, for pictures of one size; all in pixels."""

    fx: float
    fy: float
    cx: float
    cy: float
    width: int
    height: int

    def scaled(self, width: int, height: int) -> Intrinsics:
        """For pictures of another size of the same view."""
        across, down = width / self.width, height / self.height
        return Intrinsics(
            self.fx * across, self.fy * down, self.cx * across, self.cy * down, width, height
        )


def nearest(ticks: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.intp]:
    """Position of the nearest tick for each wanted one; of two equally near the earlier.

    Args:
        ticks: ascending, at least one; shape (M,).
        wanted: shape (N,).
    """
    after = np.clip(np.searchsorted(ticks, wanted, side="left"), 0, len(ticks) - 1)
    before = np.maximum(after - 1, 0)
    closer = np.abs(ticks[after] - wanted) < np.abs(ticks[before] - wanted)
    return np.where(closer, after, before)


def project(
    rays: Rays,
    poses: Poses,
    camera: Intrinsics,
    *,
    metres: float,
    max_gap_seconds: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Ours: where each gaze sample lies in the picture.

    Args:
        rays: the gaze.
        poses: the camera; at least one.
        camera: its pinhole, for the video's size.
        metres: how far along the ray the point lies.
        max_gap_seconds: how far in time a pose may be from the sample.

    Returns:
        Places in widths and heights of the picture, NaN behind the camera and where there is no
        pose; and whether there is one near enough. Each of shape (N,).
    """
    at = nearest(poses.ticks, rays.ticks)
    gap = np.abs(poses.ticks[at] - rays.ticks) / TICKS_PER_SECOND
    matrices = poses.matrices[at]
    points = rays.origins + rays.directions * metres
    ahead, left, up, posed = _in_camera(matrices, points)
    posed &= gap <= max_gap_seconds
    seen = posed & (ahead > 0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        u = camera.fx * -left / ahead + camera.cx
        v = camera.fy * -up / ahead + camera.cy
    x, y = u / camera.width, v / camera.height
    known = seen & np.isfinite(x) & np.isfinite(y)
    return np.where(known, x, np.nan), np.where(known, y, np.nan), posed


def _in_camera(
    matrices: NDArray[np.float64], points: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Points in the device's camera axes, and which poses can be inverted.

    By Cramer's rule on the columns, element by element, so that every machine gives the same bits.
    """
    moved = points - matrices[:, :3, 3]
    a, b, c = (matrices[:, :3, column] for column in range(3))
    b_c, c_a, a_b = np.cross(b, c), np.cross(c, a), np.cross(a, b)
    volume = _dot(a, b_c)
    usable = np.isfinite(volume) & (np.abs(volume) > _FLAT)
    by = np.where(usable, volume, 1.0)
    first, second, third = (_dot(moved, axis) / by for axis in (b_c, c_a, a_b))
    return first, second, third, usable


def _dot(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    made: NDArray[np.float64] = a[:, 0] * b[:, 0] + a[:, 1] * b[:, 1] + a[:, 2] * b[:, 2]
    return made


@dataclass(frozen=True, eq=False)
class Published:
    """What pipeline step 0 writes for each frame; arrays of shape (frames,)."""

    u: NDArray[np.float64]
    """Pixels of the video; NaN where there is no projection."""
    v: NDArray[np.float64]
    valid: NDArray[np.bool_]
    in_frame: NDArray[np.bool_]


def frame_ticks(start: int, fps: float, frames: int) -> list[int]:
    """Tick of each frame, by pipeline step 0.

    ``start + floor(i * den * 10^7 / num)``, fps = num / den, the nearest fraction with a
    denominator of at most a million.
    """
    rate = Fraction(fps).limit_denominator()
    return [
        start + i * rate.denominator * TICKS_PER_SECOND // rate.numerator for i in range(frames)
    ]


def project_published(
    rays: Rays,
    poses: Poses,
    camera: Intrinsics,
    *,
    metres: float,
    ticks: Sequence[int],
    size: tuple[int, int],
) -> Published:
    """Theirs, faults included: no largest gap, no rescaling, invalid samples projected as well.

    Args:
        rays: the gaze.
        poses: the camera.
        camera: its pinhole as the file has it, whatever size the video has.
        metres: how far along the ray the point lies.
        ticks: of the frames, :func:`frame_ticks`.
        size: width and height of the video, pixels.
    """
    places = np.full((len(ticks), 2), np.nan)
    valid, inside = np.zeros(len(ticks), np.bool_), np.zeros(len(ticks), np.bool_)
    pose_ticks, ray_ticks = poses.ticks.tolist(), rays.ticks.tolist()
    with np.errstate(all="ignore"):  # whatever overflows is outside, or no number
        for frame, tick in enumerate(ticks):
            ray = _nearest_published(ray_ticks, tick)
            matrix = poses.matrices[_nearest_published(pose_ticks, tick)]
            valid[frame] = rays.valid[ray]
            point = rays.origins[ray] + rays.directions[ray] * metres
            place = _pinned(matrix, point, camera)
            if place is not None:
                places[frame] = place
                inside[frame] = 0 <= place[0] < size[0] and 0 <= place[1] < size[1]
    return Published(places[:, 0], places[:, 1], valid, inside)


def _pinned(
    matrix: NDArray[np.float64], point: NDArray[np.float64], camera: Intrinsics
) -> tuple[float, float] | None:
    """One frame by the same operations in the same order, so that the bits are the same.

    A pose without an inverse ends the published program; here it gives no projection.
    """
    try:
        inverse = np.linalg.inv(matrix)
    except np.linalg.LinAlgError:
        return None
    x, y, z = (_TO_PICTURE @ (inverse @ np.concatenate([point, [1.0]])))[:3]
    if z <= 0:
        return None
    return float((x / z) * camera.fx + camera.cx), float((y / z) * camera.fy + camera.cy)


def _nearest_published(ticks: list[int], wanted: int) -> int:
    after = bisect_left(ticks, wanted)
    if after <= 0:
        return 0
    if after >= len(ticks):
        return len(ticks) - 1
    return after if abs(ticks[after] - wanted) < abs(ticks[after - 1] - wanted) else after - 1
