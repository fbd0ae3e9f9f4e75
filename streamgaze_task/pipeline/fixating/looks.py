"""Stretches of gaze at one place -> looks, over blinks and outliers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from streamgaze_task.fixations import Fixation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from streamgaze_task.cameras import Camera
    from streamgaze_task.gaze import GazeTable
    from streamgaze_task.pipeline.fixating.settings import FixationSettings

_TOLERANCE = 1e-9


def looks(
    stretches: Sequence[Fixation],
    heads: Sequence[Fixation],
    seen: Seen,
    camera: Camera,
    settings: FixationSettings,
    *,
    aspect: float,
) -> tuple[Fixation, ...]:
    """Stretches joined where only a blink or outliers lie between them; the others as they are.

    Two become one when the interruption is no longer than ``bridge_seconds``, the gaze was seen
    elsewhere for no longer than ``outlier_seconds`` of it, and the second begins within
    ``dispersion_degrees`` of the mean place of the look so far. Measured from the whole look and
    not from its last stretch, so that a look cannot creep across the frame; and to the second's
    beginning, so that where the gaze goes later decides nothing.

    Args:
        stretches: in order of time, without overlap.
        heads: the beginning of each stretch.
        seen: of the samples that they were found in.
        camera: turns positions into degrees.
        settings: the thresholds.
        aspect: width over height of the frame.
    """
    found: list[_Look] = []
    for stretch, head in zip(stretches, heads, strict=True):
        last = found[-1] if found else None
        gap = stretch.start_seconds - last.end if last else math.inf
        if (
            last is not None
            and gap <= settings.bridge_seconds + _TOLERANCE
            and seen.between(last.end, stretch.start_seconds)
            <= settings.outlier_seconds + _TOLERANCE
            and _degrees(last, head, camera, aspect) <= settings.dispersion_degrees
        ):
            last.join(stretch)
        else:
            found.append(_Look.of(stretch))
    return tuple(look.fixation() for look in found)


@dataclass
class _Look:
    """A look in the making; places are weighted by the lengths of its stretches."""

    start: float
    end: float
    weight: float
    x: float
    y: float

    @classmethod
    def of(cls, stretch: Fixation) -> _Look:
        return cls(
            stretch.start_seconds,
            stretch.end_seconds,
            max(stretch.seconds, _TOLERANCE),
            stretch.x,
            stretch.y,
        )

    def join(self, stretch: Fixation) -> None:
        added = max(stretch.seconds, _TOLERANCE)
        share = added / (self.weight + added)
        self.x += (stretch.x - self.x) * share
        self.y += (stretch.y - self.y) * share
        self.weight += added
        self.end = stretch.end_seconds

    def fixation(self) -> Fixation:
        return Fixation(self.start, self.end, self.x, self.y)


@dataclass(frozen=True, eq=False)
class Seen:
    """How long the gaze was seen between two moments; arrays of shape (valid samples,)."""

    starts: NDArray[np.float64]
    """Seconds of the video, ascending."""
    total: NDArray[np.float64]
    """Seconds that the samples up to each, itself included, speak for."""

    @classmethod
    def of(cls, table: GazeTable) -> Seen:
        """What was seen in a table."""
        lengths = (table.ends - table.seconds)[table.valid]
        return cls(table.seconds[table.valid], np.cumsum(lengths))

    @classmethod
    def of_all(cls, parts: Sequence[Seen]) -> Seen:
        """What was seen in one after the other."""
        before = np.cumsum([0.0, *(part.total[-1] if part.total.size else 0.0 for part in parts)])
        totals = [part.total + at for part, at in zip(parts, before.tolist(), strict=False)]
        return cls(np.concatenate([part.starts for part in parts]), np.concatenate(totals))

    def between(self, begin: float, end: float) -> float:
        """Seconds that valid samples which start in [begin, end) speak for."""
        first, after = np.searchsorted(self.starts, [begin - _TOLERANCE, end - _TOLERANCE]).tolist()
        up_to_first, up_to_after = (float(self.total[k - 1]) if k else 0.0 for k in (first, after))
        return up_to_after - up_to_first


def _degrees(look: _Look, head: Fixation, camera: Camera, aspect: float) -> float:
    """How far apart the two lie."""
    x, y = np.array([look.x, head.x]), np.array([look.y, head.y])
    right, down = camera.angles(x, y, aspect=aspect)
    return math.hypot(right[1] - right[0], down[1] - down[0])
