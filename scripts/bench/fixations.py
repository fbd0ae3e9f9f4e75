#!/usr/bin/env python3
"""How well fixations are found in gaze whose fixations are known.

    python scripts/bench/fixations.py [--minutes 10] [--rate 30] [--min-seconds 2] [--seeds 3]
        [--first 100]

Seeds 0 to 2 were looked at while the settings were chosen, 100 and later were not.

Every rule gets the same gaze and keeps fixations of the same length and longer. A found fixation is
a known one when what both cover is half or more of what either covers. Errors are absolute, in
milliseconds; missed is the share of known fixations (those a quarter longer than the shortest that
is kept) that nothing was found for, invented the share of found ones that match none. The
reference gets one sample a frame, at 30 frames a second, as its own tables have. pymovements has
rows where it can be imported; its positions are in degrees too, lost samples NaN, as it wants them.
"""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sightline.tables import Column, Note, Table, render
from streamgaze_task.cameras import camera_of
from streamgaze_task.pipeline.fixating.find import find_fixations
from streamgaze_task.pipeline.fixating.reference import reference_fixations
from streamgaze_task.pipeline.fixating.settings import FixationSettings
from streamgaze_task.pipeline.gaze_samples import GazeSamples, codes_of
from streamgaze_task.pipeline.records import VideoFacts
from streamgaze_task.rendering.signals import known_fixations

if TYPE_CHECKING:
    from collections.abc import Sequence

Span = tuple[float, float]
Rule = Callable[[GazeSamples, float, float], Iterable[Span]]
"""Samples, their rate, and the shortest fixation that is kept -> what is found."""

CAMERA = camera_of("egtea")
VIDEO = VideoFacts(seconds=0.0, frames=0, fps=30.0, width=640, height=480)
FRAME_RATE = 30
CONDITIONS: dict[str, dict[str, float]] = {
    "clean": {},
    "noise 0.5": {"noise_degrees": 0.5},
    "noise 1": {"noise_degrees": 1.0},
    "drop-outs 10 %": {"noise_degrees": 0.2, "dropout_share": 0.1},
    "drift 0.5/s": {"noise_degrees": 0.2, "drift_degrees_per_second": 0.5},
    "blinks 15/min": {"noise_degrees": 0.2, "blinks_per_minute": 15},
    "outliers 15/min": {"noise_degrees": 0.2, "outliers_per_minute": 15},
    "all of these": {
        "noise_degrees": 0.5,
        "dropout_share": 0.05,
        "drift_degrees_per_second": 0.2,
        "blinks_per_minute": 15,
        "outliers_per_minute": 5,
    },
}


@dataclass(frozen=True)
class Score:
    """What one rule made of one kind of gaze."""

    onsets: tuple[float, ...]
    """Absolute errors, seconds."""
    offsets: tuple[float, ...]
    """Absolute errors, seconds."""
    known: int
    missed: int
    found: int
    invented: int

    def cells(self) -> tuple[str, ...]:
        """For a row of the table."""
        return (
            *_errors(self.onsets),
            *_errors(self.offsets),
            f"{100 * self.missed / max(self.known, 1):.1f}",
            f"{100 * self.invented / max(self.found, 1):.1f}" if self.found else "-",
            f"{self.found}",
        )


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10, help="of each signal")
    parser.add_argument("--rate", type=float, default=30, help="samples a second")
    parser.add_argument("--min-seconds", type=float, default=2.0, help="shortest that is kept")
    parser.add_argument("--seeds", type=int, default=3, help="signals of each kind")
    parser.add_argument("--first", type=int, default=100, help="the first seed")
    arguments = parser.parse_args()
    rules = {**ours(), **theirs()}
    rows: list[tuple[str, ...] | None] = []
    for condition, faults in CONDITIONS.items():
        for name, rule in rules.items():
            score = measure(rule, faults, arguments)
            rows.append((condition, name, *score.cells()))
        rows.append(None)
    columns = (Column("gaze", text=True), Column("rule", text=True))
    heads = ("onset ms", "95 %", "offset ms", "95 %", "missed %", "invented %", "found")
    title = (
        f"{arguments.rate:g} samples a second, fixations of {arguments.min_seconds:g} s and more"
    )
    blocks: list[Table | Note] = [
        Table(title, (*columns, *(Column(head) for head in heads)), tuple(rows[:-1]))
    ]
    if importlib.util.find_spec("pymovements") is None:
        blocks.append(Note("pymovements cannot be imported here: no rows of it", warning=True))
    print(render(blocks, width=120))


def measure(rule: Rule, faults: dict[str, float], arguments: argparse.Namespace) -> Score:
    """One rule on the signals of all seeds together."""
    parts = []
    for seed in range(arguments.first, arguments.first + arguments.seeds):
        signal, known = known_fixations(seed, arguments.minutes * 60, arguments.rate, **faults)
        samples = GazeSamples(
            signal.seconds, signal.x, signal.y, signal.valid, codes_of(signal.types)
        )
        found = list(rule(samples, arguments.rate, arguments.min_seconds))
        parts.append(score([(k.start, k.end) for k in known], found, arguments.min_seconds))
    return Score(
        onsets=tuple(error for part in parts for error in part.onsets),
        offsets=tuple(error for part in parts for error in part.offsets),
        known=sum(part.known for part in parts),
        missed=sum(part.missed for part in parts),
        found=sum(part.found for part in parts),
        invented=sum(part.invented for part in parts),
    )


def score(known: Sequence[Span], found: Sequence[Span], min_seconds: float) -> Score:
    """Match found with known fixations."""
    pairs = [(a, b) for b in found for a in known if same(a, b)]
    matched = {a for a, _ in pairs}
    wanted = [a for a in known if a[1] - a[0] >= 1.25 * min_seconds]
    return Score(
        onsets=tuple(abs(a[0] - b[0]) for a, b in pairs),
        offsets=tuple(abs(a[1] - b[1]) for a, b in pairs),
        known=len(wanted),
        missed=sum(a not in matched for a in wanted),
        found=len(found),
        invented=len(found) - len({b for _, b in pairs}),
    )


def same(one: Span, other: Span) -> bool:
    """Whether what both cover is half or more of what either covers."""
    both = min(one[1], other[1]) - max(one[0], other[0])
    either = max(one[1], other[1]) - min(one[0], other[0])
    return both >= 0.5 * either


def ours() -> dict[str, Rule]:
    """The rules of this project by name."""

    def found(settings: dict[str, str]) -> Rule:
        def rule(samples: GazeSamples, _rate: float, min_seconds: float) -> Iterable[Span]:
            chosen = FixationSettings(**settings, min_seconds=min_seconds)
            fixations = find_fixations(samples, CAMERA, VIDEO, chosen)
            return ((f.start_seconds, f.end_seconds) for f in fixations if not f.dropped)

        return rule

    def reference(samples: GazeSamples, rate: float, min_seconds: float) -> Iterable[Span]:
        each = slice(None, None, max(round(rate / FRAME_RATE), 1))
        columns = (samples.seconds, samples.x, samples.y, samples.valid, samples.codes)
        table = GazeSamples(*(column[each] for column in columns))
        fixations = reference_fixations(table, VIDEO, "egtea")
        return ((f.start_seconds, f.end_seconds) for f in fixations if f.seconds >= min_seconds)

    return {
        "dispersion": found({"rule": "dispersion"}),
        "velocity": found({"rule": "velocity"}),
        "reference": reference,
    }


def theirs() -> dict[str, Rule]:
    """Rules of pymovements by name; none where it cannot be imported."""
    if importlib.util.find_spec("pymovements") is None:
        return {}
    from pymovements.events import idt, ivt  # noqa: PLC0415 (it may be missing)

    def degrees(samples: GazeSamples) -> np.ndarray:
        places = np.stack(CAMERA.angles(samples.x, samples.y, aspect=4 / 3), axis=1)
        places[~samples.valid] = np.nan
        return places

    # Times are sample numbers: it wants equal whole steps, which 30 a second are not in ms.
    def by_dispersion(samples: GazeSamples, rate: float, min_seconds: float) -> Iterable[Span]:
        found = idt(
            degrees(samples),
            minimum_duration=round(min_seconds * rate),
            dispersion_threshold=IDT_DEGREES,
        )
        return spans(found, rate)

    def by_velocity(samples: GazeSamples, rate: float, min_seconds: float) -> Iterable[Span]:
        speeds = np.gradient(degrees(samples), axis=0) * rate
        found = ivt(
            speeds,
            minimum_duration=round(min_seconds * rate),
            velocity_threshold=FixationSettings().velocity_degrees,
        )
        return spans(found, rate)

    return {"pymovements I-DT": by_dispersion, "pymovements I-VT": by_velocity}


IDT_DEGREES = 4.0
"""Width and height of the box together, as pymovements measures dispersion. A circle of our 1.5
degrees has a box of 6, in which two fixations 4 degrees apart (the nearest here) lie together."""


def spans(events: object, rate: float) -> list[Span]:
    """Begin and end of its events, whose times are sample numbers, the last one included."""
    frame = events.frame  # type: ignore[attr-defined]
    pairs = zip(frame["onset"].to_list(), frame["offset"].to_list(), strict=True)
    return [(first / rate, (last + 1) / rate) for first, last in pairs]


def _errors(errors: Sequence[float]) -> tuple[str, str]:
    if not errors:
        return "-", "-"
    return f"{1000 * np.median(errors):.0f}", f"{1000 * np.percentile(errors, 95):.0f}"


if __name__ == "__main__":
    main()
