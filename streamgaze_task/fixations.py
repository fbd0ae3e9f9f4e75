"""Fixations by dispersion (I-DT), in degrees of visual angle.

I-DT of Salvucci and Goldberg, "Identifying fixations and saccades in eye-tracking protocols"
(ETRA 2000), with the distance to the centroid as its measure of dispersion, as StreamGaze's paper
has it (its code measures from the first sample, in frame widths and heights, and takes lost samples
for gaze at the frame's corner). Deterministic, causal row by row: whether a fixation goes on is
decided by the samples up to there.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from streamgaze_task.cameras import Camera
    from streamgaze_task.gaze import GazeTable

DISPERSION_DEGREES = 1.5
"""How far the farthest sample may lie from the centroid. Salvucci and Goldberg's example for eyes
in front of a screen is about 1 degree; here the head moves too and the eye follows what it looks at
across the frame, and trackers on the head err by 1 to 2 degrees."""

MIN_SECONDS = 0.15
"""The shortest fixation: the middle of Salvucci and Goldberg's 100 to 200 ms; 4 to 5 frames."""

MAX_GAP_SECONDS = 0.075
"""The longest loss that a fixation may bridge: the gap that I-VT filters fill in (Olsen, The Tobii
I-VT Fixation Filter, 2012), 2 frames of 30 a second. A blink (100 ms and more) ends it."""

_DIRECTIONS = 32
_TURNS = np.arange(_DIRECTIONS) * (2 * np.pi / _DIRECTIONS)
_NOTHING = np.full(_DIRECTIONS, -np.inf)
_FIRST_BLOCK, _LARGEST_BLOCK = 8, 4096
_TOLERANCE = 1e-9
_SLACK = 1e-6
"""Degrees; far more than rounding makes, for a test that may let too much through."""


@dataclass(frozen=True)
class Fixation:
    """One look at one place."""

    start_seconds: float
    """Begin, seconds of the video."""
    end_seconds: float
    """End, exclusive, seconds of the video."""
    x: float
    """Mean position from the left edge, 0 to 1 of the frame's width."""
    y: float
    """Mean position from the top edge, 0 to 1 of the frame's height."""

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return self.end_seconds - self.start_seconds


def detect_fixations(
    table: GazeTable,
    camera: Camera,
    *,
    aspect: float | None = None,
    dispersion_degrees: float = DISPERSION_DEGREES,
    min_seconds: float = MIN_SECONDS,
    max_gap_seconds: float = MAX_GAP_SECONDS,
) -> tuple[Fixation, ...]:
    """The fixations of a table, in order of time; of a table of fixations its valid rows.

    A fixation grows sample by sample as long as no sample of it is farther than
    `dispersion_degrees` from the centroid of all. The farthest distance is measured along 32
    directions, which finds at least 99.5 % of it; work grows with the number of samples, not with
    the length of fixations. Samples that are not valid take no part.

    Args:
        table: the gaze; cut it to its window first.
        camera: turns positions into degrees.
        aspect: width over height of the frame; the camera's own by default.
        dispersion_degrees: > 0.
        min_seconds: shortest fixation, >= 0.
        max_gap_seconds: longest time between the end of one sample and the start of the next
            within a fixation, >= 0.

    Raises:
        ValueError: a threshold is out of its range.
    """
    if dispersion_degrees <= 0:
        raise ValueError(f"dispersion_degrees ({dispersion_degrees}) must be > 0")
    if min_seconds < 0 or max_gap_seconds < 0:
        raise ValueError("min_seconds and max_gap_seconds must be >= 0")
    rows = np.flatnonzero(table.valid)
    starts, ends = table.seconds[rows], table.ends[rows]
    x, y = table.x[rows], table.y[rows]
    if table.kind == "fixations":
        each = zip(starts.tolist(), ends.tolist(), x.tolist(), y.tolist(), strict=True)
        return tuple(Fixation(*row) for row in each)
    places = np.stack(camera.angles(x, y, aspect=aspect), axis=1)
    found: list[Fixation] = []
    stops = _stops(starts, ends, max_gap_seconds)
    hopeful = _hopeful(
        places, starts, ends, stops, dispersion=dispersion_degrees, min_seconds=min_seconds
    ).tolist()
    first = 0
    while (place := bisect_left(hopeful, first)) < len(hopeful):
        first = hopeful[place]
        after = first + _reach(places[first : stops[first]], dispersion_degrees)
        part = slice(first, after)
        if ends[after - 1] - starts[first] >= min_seconds - _TOLERANCE:
            found.append(_fixation(starts[part], ends[part], x[part], y[part]))
            first = after
        else:
            first += 1
    return tuple(found)


def _fixation(
    starts: NDArray[np.float64],
    ends: NDArray[np.float64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
) -> Fixation:
    return Fixation(float(starts[0]), float(ends[-1]), float(x.mean()), float(y.mean()))


def _stops(
    starts: NDArray[np.float64], ends: NDArray[np.float64], max_gap: float
) -> NDArray[np.int64]:
    """Where the stretch without a longer gap that each sample is in ends, exclusive."""
    breaks = np.flatnonzero(starts[1:] - ends[:-1] > max_gap + _TOLERANCE) + 1
    bounds = np.append(breaks, len(starts))
    stops: NDArray[np.int64] = bounds[np.searchsorted(breaks, np.arange(len(starts)), "right")]
    return stops


def _hopeful(
    places: NDArray[np.float64],
    starts: NDArray[np.float64],
    ends: NDArray[np.float64],
    stops: NDArray[np.int64],
    *,
    dispersion: float,
    min_seconds: float,
) -> NDArray[np.int64]:
    """The samples at which a fixation may begin; looking at them alone finds the same ones.

    One that begins elsewhere would be cut short by a gap, or its first `min_seconds` span more than
    twice the dispersion across or down, so that one of their ends is too far from any centroid.
    """
    needed = starts + min_seconds - 2 * _TOLERANCE
    after = np.searchsorted(ends, needed, side="left") + 1
    after = np.maximum(after, np.arange(1, len(starts) + 1))
    whole = np.flatnonzero(after <= stops)
    across, down = (_spans(column, whole, after[whole]) for column in places.T)
    fits = np.maximum(across, down) <= 2 * dispersion + _SLACK
    hopeful: NDArray[np.int64] = whole[fits]
    return hopeful


def _spans(
    values: NDArray[np.float64], first: NDArray[np.int64], after: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Largest minus smallest of ``values[first:after]`` for each pair.

    Two overlapping windows whose length is a power of two cover each, so the work grows with the
    logarithm of the longest.
    """
    spans = np.zeros(len(first))
    counts = after - first
    high, low, size = values, values, 1
    while size <= counts.max(initial=0):
        here = np.flatnonzero((counts >= size) & (counts < 2 * size))
        left, right = first[here], after[here] - size
        spans[here] = np.maximum(high[left], high[right]) - np.minimum(low[left], low[right])
        high, low = np.maximum(high[:-size], high[size:]), np.minimum(low[:-size], low[size:])
        size *= 2
    return spans


def _reach(places: NDArray[np.float64], dispersion: float) -> int:
    """How many samples from the first on lie together; at least 1.

    Taken in blocks that grow, so that a short fixation costs little and a long one no more than
    once its length, in bounded memory.
    """
    extent, total, done, block = _NOTHING, np.zeros(2), 0, _FIRST_BLOCK
    while done < len(places):
        part = places[done : done + block]
        spread, extent, total = _dispersions(part, extent, total, done)
        over = np.flatnonzero(spread > dispersion)
        if over.size:
            return done + int(over[0])
        done += len(part)
        block = min(2 * block, _LARGEST_BLOCK)
    return len(places)


def _dispersions(
    places: NDArray[np.float64],
    extent: NDArray[np.float64],
    total: NDArray[np.float64],
    before: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Distance of the farthest sample so far from the centroid so far, for each further sample.

    Args:
        places: the further samples, degrees, shape (N, 2).
        extent: how far those before reach along each direction, degrees, shape (32,).
        total: sum of those before, shape (2,).
        before: number of those before.

    Returns:
        Degrees, shape (N,), and the new `extent` and `total`.
    """
    counts = np.arange(before + 1, before + len(places) + 1)
    totals = np.cumsum(np.vstack([total, places]), axis=0)[1:]
    reached = np.maximum.accumulate(np.vstack([extent, _along(places)]), axis=0)[1:]
    spread = (reached - _along(totals / counts[:, None])).max(axis=1)
    return spread, reached[-1], totals[-1]


def _along(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where samples lie along each direction, shape (N, 32).

    Written out instead of a matrix product, whose last bits depend on the machine's library.
    """
    along: NDArray[np.float64] = places[:, :1] * np.cos(_TURNS) + places[:, 1:] * np.sin(_TURNS)
    return along
