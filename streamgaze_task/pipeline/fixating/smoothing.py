"""A running median of gaze, which takes out single outliers and leaves steps where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_SAMPLES = 129
"""So many samples a window holds at most, those nearest to its middle: 0.1 s of a tracker with 1200
a second. Bounds the work where a stranger's table has thousands of equal times."""

_TOLERANCE = 1e-6
_CHUNK = 1 << 16


def running_median(
    seconds: NDArray[np.float64], values: NDArray[np.float64], window_seconds: float
) -> NDArray[np.float64]:
    """The median of each sample and its neighbours within half a window on either side.

    Args:
        seconds: of each sample, ascending, shape (N,); samples without gaze left out.
        values: finite, shape (N,).
        window_seconds: >= 0.

    Returns:
        Shape (N,).
    """
    half, around = window_seconds / 2 + _TOLERANCE, MOST_SAMPLES // 2
    places = np.arange(len(seconds))
    first = np.searchsorted(seconds, seconds - half, side="left")
    after = np.searchsorted(seconds, seconds + half, side="right")
    first = np.maximum(np.minimum(first, places), places - around)
    after = np.minimum(np.maximum(after, places + 1), places + around + 1)
    result = np.empty(len(seconds))
    for begin in range(0, len(seconds), _CHUNK):
        part = slice(begin, begin + _CHUNK)
        result[part] = _medians(values, first[part], after[part])
    return result


def _medians(
    values: NDArray[np.float64], first: NDArray[np.int64], after: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The median of ``values[first:after]`` for each pair."""
    counts = after - first
    columns = np.arange(counts.max())
    inside = columns < counts[:, None]
    taken = values[np.minimum(first[:, None] + columns, len(values) - 1)]
    ordered = np.sort(np.where(inside, taken, np.inf), axis=1)
    rows = np.arange(len(first))
    lower, upper = ordered[rows, (counts - 1) // 2], ordered[rows, counts // 2]
    middle: NDArray[np.float64] = (lower + upper) / 2
    return middle
