"""GTA by the published rule, and the published test points.

Faults: the point at offset 0 is rounded down, so that the window that ends there shows the thing
not yet, and still it is an alert; labels say what is so at the point's unrounded time, while the
prompt asks whether it was so by then; "gazed" is whatever is in the circle; a point may lie beyond
the video's end; nothing keeps points from borders, losses and looks that nobody knows.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from streamgaze_task.pipeline.questions.alerts import Target, question
from streamgaze_task.pipeline.questions.reference.keywords import loose_things
from streamgaze_task.pipeline.questions.reference.timeline import all_fov, looks, timeline
from streamgaze_task.pipeline.records import TestPoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from random import Random

    from streamgaze_task.pipeline.questions.alerts import Spans
    from streamgaze_task.pipeline.questions.reference.timeline import Entry
    from streamgaze_task.pipeline.records import Question
    from streamgaze_task.pipeline.scanpath import Scanpath

OFFSETS = (-20, -10, 0, 10, 20)
"""Seconds from the first appearance to the points."""
LAST_SECONDS = 300
"""No point is later after the question than that."""
MERGE_SECONDS = 10.0
"""Appearances that close to each other are stated as one; the labels know them apart."""


def make_reference(
    scanpath: Scanpath, rng: Random, ask: Callable[[str], str] | None = None
) -> Iterator[Question]:
    """One question a video: a drawn thing that is in some circle and is no furniture.

    Args:
        scanpath: the recording.
        rng: shared by the past and future tasks.
        ask: a text model, for what is furniture.
    """
    shown = looks(timeline(scanpath))
    names = loose_things(all_fov(shown), ask)
    if names:
        name = rng.choice(names)
        found = [look for look in shown if name in look.fov]
        made = alert(scanpath, 0, name, found, gaze=True)
        if made:
            yield made


def alert(
    scanpath: Scanpath, number: int, name: str, found: Sequence[Entry], *, gaze: bool
) -> Question | None:
    """The question about a thing and the looks at which it appears; None: no point is left."""
    start = min(episode.start_seconds for episode in scanpath.episodes)
    spans = tuple((look.start_seconds, look.end_seconds) for look in found)
    chosen = published_points(spans, start)
    if not chosen:
        return None
    target = Target(name, merged(spans), (), tuple(look.episode for look in found))
    return question(scanpath, number, target, math.floor(start), chosen, gaze=gaze)


def published_points(spans: Spans, start: float) -> tuple[TestPoint, ...]:
    """The points around the first of some spans.

    Args:
        spans: appearances, [start, end], in order of time.
        start: of the video's first look, when monitoring starts.
    """
    times = [spans[0][0] + offset for offset in OFFSETS]
    return tuple(
        TestPoint(math.floor(time), any(begin <= time <= end for begin, end in spans))
        for time in times
        if start <= time <= start + LAST_SECONDS
    )


def merged(spans: Spans) -> Spans:
    """Spans of which none is nearer than MERGE_SECONDS to the next."""
    found: list[tuple[float, float]] = []
    for start, end in spans:
        if found and start - found[-1][1] <= MERGE_SECONDS:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return tuple(found)
