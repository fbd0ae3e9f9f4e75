"""Gaze of one recording -> its fixations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from streamgaze_task.fixations import MAX_GAP_SECONDS, Fixation, detect_fixations
from streamgaze_task.gaze import MAX_GAP_SECONDS as LONGEST_SAMPLE
from streamgaze_task.gaze import GazeTable
from streamgaze_task.pipeline.fixating.looks import Seen, looks
from streamgaze_task.pipeline.fixating.reference import reference_fixations
from streamgaze_task.pipeline.fixating.settings import HEAD_SECONDS
from streamgaze_task.pipeline.fixating.smoothing import running_median
from streamgaze_task.pipeline.fixating.velocity import slow_stretches
from streamgaze_task.pipeline.records import FoundFixation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamgaze_task.cameras import Camera
    from streamgaze_task.pipeline.fixating.settings import FixationSettings
    from streamgaze_task.pipeline.gaze_samples import GazeSamples
    from streamgaze_task.pipeline.records import VideoFacts

SHORT = "short"
"""Why a look is not used further: it is shorter than ``min_seconds``."""

LEAST_TIMES = 3
"""A stretch has samples of at least so many times: two of slow trackers lie near each other while
the gaze passes by. From 24 a second on 0.1 s has three anyway."""

_TOLERANCE = 1e-9


def find_fixations(
    samples: GazeSamples, camera: Camera, video: VideoFacts, settings: FixationSettings
) -> tuple[FoundFixation, ...]:
    """The fixations of a recording, in order of time, numbered from 0, without overlap.

    Three steps, each linear in the number of samples: a running median, stretches of gaze at one
    place (I-DT or I-VT), and stretches joined over blinks and outliers. Samples that are not valid
    take no part in any of them. Nothing that comes later than ``settings.look_ahead_seconds`` after
    a fixation's end has any influence on it.

    Looks shorter than ``min_seconds`` are among them with ``dropped="short"``: something was looked
    at there, although nobody will say what.

    Args:
        samples: the gaze.
        camera: turns positions into degrees; for the rule ``reference`` its name tells whose
            thresholds are taken.
        video: its size gives the shape of the frame.
        settings: rule and thresholds.
    """
    if settings.rule == "reference":
        return reference_fixations(samples, video, camera.name)
    aspect, seen = video.width / video.height, list[Seen]()
    stretches, heads = list[Fixation](), list[Fixation]()
    # Nothing but looks reaches over such a gap, so hours are taken in pieces.
    gap = max(MAX_GAP_SECONDS + LONGEST_SAMPLE, settings.smooth_seconds) + _TOLERANCE
    for piece in samples.pieces(gap):
        table = _smoothed(piece.table(), settings.smooth_seconds)
        here = _seen_often(_stretches(table, camera, settings, aspect), table)
        stretches += here
        heads += [_head(stretch, table) for stretch in here]
        seen.append(Seen.of(table))
    found = looks(stretches, heads, Seen.of_all(seen), camera, settings, aspect=aspect)
    return tuple(
        FoundFixation(
            number=number,
            start_seconds=look.start_seconds,
            end_seconds=look.end_seconds,
            x=look.x,
            y=look.y,
            dropped="" if look.seconds >= settings.min_seconds - _TOLERANCE else SHORT,
        )
        for number, look in enumerate(found)
    )


def _stretches(
    table: GazeTable, camera: Camera, settings: FixationSettings, aspect: float
) -> tuple[Fixation, ...]:
    if settings.rule == "velocity":
        return slow_stretches(
            table,
            camera,
            aspect=aspect,
            velocity_degrees=settings.velocity_degrees,
            min_seconds=settings.shortest_seconds,
            max_gap_seconds=MAX_GAP_SECONDS,
        )
    return detect_fixations(
        table,
        camera,
        aspect=aspect,
        dispersion_degrees=settings.dispersion_degrees,
        min_seconds=settings.shortest_seconds,
        max_gap_seconds=MAX_GAP_SECONDS,
    )


def _seen_often(stretches: Sequence[Fixation], table: GazeTable) -> list[Fixation]:
    """Those with samples of at least LEAST_TIMES times."""
    times = np.unique(table.seconds[table.valid])
    spans = np.array([(s.start_seconds, s.end_seconds) for s in stretches]).reshape(-1, 2)
    first, after = np.searchsorted(times, spans).T
    kept = (after - first >= LEAST_TIMES).tolist()
    return [stretch for stretch, often in zip(stretches, kept, strict=True) if often]


def _head(stretch: Fixation, table: GazeTable) -> Fixation:
    """The beginning of a stretch; its place is the mean there."""
    end = min(stretch.end_seconds, stretch.start_seconds + HEAD_SECONDS)
    begin, after = np.searchsorted(table.seconds, [stretch.start_seconds, end])
    rows = begin + np.flatnonzero(table.valid[begin:after])
    x, y = float(table.x[rows].mean()), float(table.y[rows].mean())
    return Fixation(stretch.start_seconds, end, x, y)


def _smoothed(table: GazeTable, window_seconds: float) -> GazeTable:
    """The table with smoothed positions of its valid samples."""
    if not window_seconds or not table.valid.any():
        return table
    seconds, x, y = table.seconds[table.valid], table.x.copy(), table.y.copy()
    for column in (x, y):
        column[table.valid] = running_median(seconds, column[table.valid], window_seconds)
    return GazeTable(table.seconds, table.duration_seconds, x, y, np.array(table.valid), table.kind)
