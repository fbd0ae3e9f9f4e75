"""Stretches of slow gaze (I-VT).

Salvucci and Goldberg, "Identifying fixations and saccades in eye-tracking protocols" (ETRA 2000):
samples between which the gaze moves slower than a threshold belong together. Velocities are taken
from sample to sample, of gaze that was smoothed before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from streamgaze_task.fixations import Fixation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from streamgaze_task.cameras import Camera
    from streamgaze_task.gaze import GazeTable

_TOLERANCE = 1e-9


def slow_stretches(
    table: GazeTable,
    camera: Camera,
    *,
    aspect: float,
    velocity_degrees: float,
    min_seconds: float,
    max_gap_seconds: float,
) -> tuple[Fixation, ...]:
    """The stretches in which the gaze is slower than the threshold, in order of time.

    Args:
        table: samples; those that are not valid take no part.
        camera: turns positions into degrees.
        aspect: width over height of the frame.
        velocity_degrees: degrees a second, > 0.
        min_seconds: shortest stretch, >= 0.
        max_gap_seconds: longest time between the end of one sample and the start of the next
            within a stretch, >= 0.
    """
    rows = np.flatnonzero(table.valid)
    if not rows.size:
        return ()
    starts, ends, x, y = (a[rows] for a in (table.seconds, table.ends, table.x, table.y))
    right, down = camera.angles(x, y, aspect=aspect)
    moved = np.hypot(np.diff(right), np.diff(down))
    # Multiplied, not divided: two samples may have one time.
    fast = moved > velocity_degrees * np.diff(starts) + _TOLERANCE
    lost = starts[1:] - ends[:-1] > max_gap_seconds + _TOLERANCE
    first = np.append(0, np.flatnonzero(fast | lost) + 1)
    last = np.append(first[1:], len(rows)) - 1
    lasting = ends[last] - starts[first] >= min_seconds - _TOLERANCE
    columns = (starts[first], ends[last], _means(x, first), _means(y, first))
    kept = zip(*(column[lasting].tolist() for column in columns), strict=True)
    return tuple(Fixation(*row) for row in kept)


def _means(values: NDArray[np.float64], first: NDArray[np.int64]) -> NDArray[np.float64]:
    """The mean of each stretch, told by where it begins."""
    counts = np.diff(np.append(first, len(values)))
    means: NDArray[np.float64] = np.add.reduceat(values, first) / counts
    return means
