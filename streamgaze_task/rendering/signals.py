"""A gaze signal as a tracker would give it, and signals whose fixations are known.

:class:`Signal` is what the writers of raw files (:mod:`streamgaze_task.rendering.raw`) take.
:func:`known_fixations` makes one without any video, to measure fixation detectors with: the eye
holds still, drifts, jumps as eyes do, blinks, and the tracker adds noise, outliers and losses.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from streamgaze_task.cameras import Camera, camera_of
from streamgaze_task.pipeline.records import GAZE_TYPES
from streamgaze_task.rendering.chance import chance, smooth

if TYPE_CHECKING:
    from random import Random

    from numpy.typing import NDArray

NO_PLACE = ("blink", "untracked")
"""Types of samples that have no position: NaN."""

SHORTEST, LONGEST = 0.2, 6.0
"""Seconds that a known fixation lasts; every doubling of the length is as likely as another."""
SMALLEST_JUMP = 4.0
"""Degrees between a fixation and the next: smaller ones could be called one fixation."""
JUMP_SECONDS, JUMP_SECONDS_PER_DEGREE = 0.021, 0.0022
"""How long a saccade lasts: 21 ms and 2.2 ms a degree (Carpenter, Movements of the Eyes, 1988)."""
BLINK_SECONDS = (0.1, 0.3)
"""Length of a blink."""
LOSS_SECONDS = (0.05, 0.5)
"""Length of a drop-out of the tracker."""
OUTLIER_DEGREES = (5.0, 20.0)
"""How far a single wrong sample lies off."""
_MARGIN = 0.15
"""Fixations keep that far from the frame's edges, parts of its width and height."""
_QUIET = 0.05
"""Seconds at both ends of a fixation without blinks and outliers: where the ends are is known."""
_LAST_SECONDS = 0.5
"""No fixation begins so late that less than SHORTEST would be left of it after the saccade."""
_MOST_LOST, _FASTEST_DRIFT = 0.9, 10.0
_WIDEST = math.radians(85)  # off the camera's axis, where a tangent is still a number
_DIGITS = 9
"""Decimals of positions: the last digits of a sine are not the same on every machine."""


@dataclass(frozen=True, eq=False)
class Signal:
    """Gaze samples in order of time; arrays of shape (N,) that cannot be written to.

    Raises:
        ValueError: the columns differ in length, a time is not finite, is negative or does not
            ascend, a type is unknown, or position, validity and type contradict each other.
    """

    seconds: NDArray[np.float64]
    """Of the video, from 0, each later than the one before."""
    x: NDArray[np.float64]
    """From the left edge, in widths of the frame; NaN for NO_PLACE alone."""
    y: NDArray[np.float64]
    """From the top edge, in heights of the frame; NaN for NO_PLACE alone."""
    valid: NDArray[np.bool_]
    """Whether there is gaze inside the frame: for the types fixation, saccade and unknown."""
    types: NDArray[np.str_]
    """One of streamgaze_task.pipeline.records.GAZE_TYPES each."""

    def __post_init__(self) -> None:
        """Check and freeze."""
        kinds = {"valid": np.bool_, "types": np.str_}
        columns = {
            name: np.array(getattr(self, name), kinds.get(name, np.float64))
            for name in ("seconds", "x", "y", "valid", "types")
        }
        if len({column.shape for column in columns.values()}) != 1 or columns["x"].ndim != 1:
            raise ValueError("columns must have one shape (N,)")
        _check(**columns)
        for name, column in columns.items():
            column.setflags(write=False)
            object.__setattr__(self, name, column)

    def __len__(self) -> int:
        return len(self.seconds)


def _check(
    seconds: NDArray[Any], x: NDArray[Any], y: NDArray[Any], valid: Any, types: NDArray[Any]
) -> None:
    """Refuse what no tracker would say."""
    if not np.isfinite(seconds).all() or (seconds < 0).any() or (np.diff(seconds) <= 0).any():
        raise ValueError("seconds must be finite, not negative, and ascend")
    unknown = set(np.unique(types).tolist()) - set(GAZE_TYPES)
    if unknown:
        raise ValueError(f"types must be of {', '.join(GAZE_TYPES)}, not {sorted(unknown)}")
    placed = ~np.isin(types, NO_PLACE)
    if np.isinf([x, y]).any() or (np.isnan([x, y]) == placed).any():
        raise ValueError(f"a position must be finite, and NaN for the types {NO_PLACE} alone")
    inside = (x >= 0) & (x <= 1) & (y >= 0) & (y <= 1)
    if (inside & (types == "outside")).any() or (placed & ~inside & (types != "outside")).any():
        raise ValueError("a position must be in [0, 1], unless its type is outside")
    if (valid != inside).any():
        raise ValueError("valid must be True for positions inside the frame and no others")


class Known(NamedTuple):
    """One fixation of which all is known."""

    start: float
    """Seconds."""
    end: float
    """Seconds, exclusive: the saccade begins."""
    x: float
    """Where the eye was halfway, without noise, in widths of the frame."""
    y: float
    """Where the eye was halfway, without noise, in heights of the frame."""


def known_fixations(
    seed: int,
    seconds: float,
    rate_hz: float,
    *,
    noise_degrees: float = 0.0,
    dropout_share: float = 0.0,
    drift_degrees_per_second: float = 0.0,
    blinks_per_minute: float = 0.0,
    outliers_per_minute: float = 0.0,
    camera: Camera | None = None,
) -> tuple[Signal, tuple[Known, ...]]:
    """A signal with known fixations in order, one after the other with saccades between.

    The same arguments give the same; another noise or share of losses leaves the fixations alone.

    Args:
        seed: any integer.
        seconds: length; the last fixation ends there.
        rate_hz: samples a second; sample k is at k / rate_hz.
        noise_degrees: standard deviation of each sample, along each of two axes.
        dropout_share: part of the time that the tracker sees nothing, [0, 0.9], in spans of
            LOSS_SECONDS anywhere; one may hide a whole short fixation.
        drift_degrees_per_second: how fast the eye drifts during a fixation, in one direction each.
        blinks_per_minute: of BLINK_SECONDS, inside fixations; the gaze is where it was afterwards.
        outliers_per_minute: single samples off by OUTLIER_DEGREES, inside fixations. Their type is
            fixation, for the tracker does not know.
        camera: which turns degrees into places of the frame; EGTEA's by default.

    Raises:
        ValueError: the length or the rate is not above 0, the share above 0.9, the drift above
            10, one of the others negative or not finite, or the camera sees less than 16 degrees.
    """
    rates = (noise_degrees, drift_degrees_per_second, blinks_per_minute, outliers_per_minute)
    if not all(0 < number < math.inf for number in (seconds, rate_hz)) or not all(
        0 <= rate < math.inf for rate in rates
    ):
        raise ValueError("seconds and rate_hz must be above 0, the others at least 0, all finite")
    if not 0 <= dropout_share <= _MOST_LOST or drift_degrees_per_second > _FASTEST_DRIFT:
        raise ValueError(f"dropout_share must be in [0, {_MOST_LOST}], drift <= {_FASTEST_DRIFT}")
    camera = camera or camera_of("egtea")
    if camera.hfov_degrees < 4 * SMALLEST_JUMP:
        raise ValueError(f"camera must see {4 * SMALLEST_JUMP} degrees for jumps to have room")
    holds = _holds(chance(seed, "holds"), seconds, drift_degrees_per_second, camera)
    times = np.arange(math.ceil(seconds * rate_hz - 1e-9)) / rate_hz
    degrees, types = _eye(times, holds)
    rng = chance(seed, "noise")
    degrees += noise_degrees * np.array([(rng.gauss(0, 1), rng.gauss(0, 1)) for _ in times])
    rng, outliers = chance(seed, "outliers"), round(outliers_per_minute * seconds / 60)
    for start, _ in _spans(rng, holds, outliers, (0.0, 0.0)):
        sample = min(round(start * rate_hz), len(times) - 1)
        degrees[sample] += _apart(rng, rng.uniform(*OUTLIER_DEGREES))
    place = _places(camera, degrees)
    types[((place < 0) | (place > 1)).any(axis=1)] = "outside"
    blinks = round(blinks_per_minute * seconds / 60)
    types[_during(times, _spans(chance(seed, "blinks"), holds, blinks, BLINK_SECONDS))] = "blink"
    types[_during(times, _losses(chance(seed, "losses"), seconds, dropout_share))] = "untracked"
    placed = ~np.isin(types, NO_PLACE)
    place[~placed] = np.nan
    signal = Signal(times, place[:, 0], place[:, 1], placed & (types != "outside"), types)
    return signal, tuple(hold.known(camera) for hold in holds)


@dataclass(frozen=True)
class _Hold:
    """The eye stays, or drifts; degrees as :meth:`Camera.angles` counts them."""

    start: float
    end: float
    right: float  # at the start
    down: float
    drift: tuple[float, float]

    def at(self, when: float) -> tuple[float, float]:
        off = when - self.start
        return self.right + self.drift[0] * off, self.down + self.drift[1] * off

    def known(self, camera: Camera) -> Known:
        middle = _places(camera, np.array([self.at((self.start + self.end) / 2)]))[0]
        return Known(self.start, self.end, *middle.tolist())


def _holds(rng: Random, seconds: float, drift: float, camera: Camera) -> list[_Hold]:
    """Where the eye is when, from 0 to the end; saccades take the time between two of them."""
    made: list[_Hold] = []
    while not made or made[-1].end < seconds:
        length = SHORTEST * (LONGEST / SHORTEST) ** rng.random()
        off = _apart(rng, drift)
        start, (right, down) = 0.0, _somewhere(rng, camera)
        if made:
            before = made[-1].at(made[-1].end)
            while math.dist(before, (right, down)) < SMALLEST_JUMP:
                right, down = _somewhere(rng, camera)
            jump = math.dist(before, (right, down))
            start = made[-1].end + JUMP_SECONDS + JUMP_SECONDS_PER_DEGREE * jump
        left = seconds - start
        if left - length < _LAST_SECONDS:
            length = left if left <= LONGEST else left - _LAST_SECONDS
        end = start + length if length < left else seconds
        made.append(_Hold(start, end, right, down, off))
    return made


def _eye(
    times: NDArray[np.float64], holds: list[_Hold]
) -> tuple[NDArray[np.float64], NDArray[np.str_]]:
    """Where the eye is at each time, degrees, shape (N, 2), and what it does."""
    degrees, types = np.empty((len(times), 2)), np.full(len(times), "fixation", "<U9")
    k = 0
    for i, at in enumerate(times.tolist()):
        while k + 1 < len(holds) and at >= holds[k + 1].start:
            k += 1
        now = holds[k]
        degrees[i] = now.at(min(at, now.end))
        if at >= now.end:
            goal, part = holds[k + 1], smooth((at - now.end) / (holds[k + 1].start - now.end))
            degrees[i] += part * (np.array([goal.right, goal.down]) - degrees[i])
            types[i] = "saccade"
    return degrees, types


def _spans(
    rng: Random, holds: list[_Hold], count: int, lengths: tuple[float, float]
) -> list[tuple[float, float]]:
    """That many spans inside fixations, apart from each other; fewer when there is no room."""
    made: list[tuple[float, float]] = []
    for _ in range(50 * count):
        if len(made) == count:
            break
        lasts = rng.uniform(*lengths)
        start = rng.uniform(0, holds[-1].end)
        first, last = start - _QUIET, start + lasts + _QUIET
        fits = any(hold.start <= first and last <= hold.end for hold in holds)
        if fits and all(last < a or first > b for a, b in made):
            made.append((start, start + lasts))
    return made


def _losses(rng: Random, seconds: float, share: float) -> list[tuple[float, float]]:
    """Spans without gaze, which take that share of the time on the average."""
    made: list[tuple[float, float]] = []
    rate = share / (1 - share) / (sum(LOSS_SECONDS) / 2)
    now = rng.expovariate(rate) if rate else seconds
    while now < seconds:
        made.append((now, now + rng.uniform(*LOSS_SECONDS)))
        now = made[-1][1] + rng.expovariate(rate)
    return made


def _during(times: NDArray[np.float64], spans: list[tuple[float, float]]) -> NDArray[np.bool_]:
    """Which times are in one of the spans [start, end)."""
    starts, ends = (np.sort(np.array([span[i] for span in spans])) for i in (0, 1))
    # They are apart from each other, so more have begun than ended inside one alone.
    begun = np.searchsorted(starts, times, side="right")
    return np.asarray(begun > np.searchsorted(ends, times, side="right"), np.bool_)


def _apart(rng: Random, degrees: float) -> tuple[float, float]:
    """A step of that length in any direction."""
    angle = rng.uniform(0, 2 * math.pi)
    return degrees * math.cos(angle), degrees * math.sin(angle)


def _somewhere(rng: Random, camera: Camera) -> tuple[float, float]:
    """A place inside the frame, in degrees."""
    x, y = (np.array([rng.uniform(_MARGIN, 1 - _MARGIN)]) for _ in "xy")
    right, down = camera.angles(x, y)
    return float(right[0]), float(down[0])


def _places(camera: Camera, degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    """The opposite of :meth:`Camera.angles`: degrees, shape (N, 2), as places of the frame."""
    plane = np.radians(degrees)
    away = np.minimum(np.hypot(plane[:, 0], plane[:, 1]), 2 * math.sin(_WIDEST / 2))
    eccentricity = 2 * np.arcsin(away / 2)
    scale = np.divide(np.tan(eccentricity), away, out=np.ones_like(away), where=away > 0)
    sizes = np.array([camera.focal_widths, camera.focal_widths * camera.aspect])
    return np.asarray(np.round(0.5 + plane * scale[:, None] * sizes, _DIGITS), np.float64)
