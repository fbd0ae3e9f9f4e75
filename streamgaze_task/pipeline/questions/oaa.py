"""OAA: an alert when a thing comes into view."""

from __future__ import annotations

import math
from itertools import groupby, pairwise
from statistics import median
from typing import TYPE_CHECKING

from streamgaze_task.pipeline.questions.alerts import CLEAR_SECONDS, Target, alert_questions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from random import Random

    from streamgaze_task.pipeline.questions.alerts import Spans
    from streamgaze_task.pipeline.questions.rules import Rules
    from streamgaze_task.pipeline.records import Action, Episode, Question, View
    from streamgaze_task.pipeline.scanpath import Scanpath

FEWEST_VIEWS = 2
"""So many views in a row must show a thing when it first appears; one alone may be a mistake."""
LONE_SECONDS = 10.0
"""So long before and after a lone view that shows a thing it may be half in view all the while, and
no labeller noticed but then (ours)."""
HAND_SECONDS = 1.0
"""So long before and after an action a hand may hold what it is about (ours)."""
LONGEST_STEP = 1.5
"""Two views farther apart than that many usual steps: nobody knows what was in view between."""


def make(scanpath: Scanpath, rules: Rules, rng: Random) -> Iterator[Question]:
    """OAA: asked early, for things that come into view later and were not in view before.

    The pipeline's rule takes what a label lists outside the circle, so that a thing "first
    appears" at a look, however long it was in view; here the regular views tell.

    Args:
        scanpath: the recording; without views it has no such question.
        rules: not used.
        rng: of this recording and task.
    """
    del rules
    if not scanpath.views:
        return
    begins = [scanpath.views[0].seconds, *(look.start_seconds for look in scanpath.episodes[:1])]
    yield from alert_questions(scanpath, targets(scanpath), math.ceil(max(begins)), rng, gaze=False)


def targets(scanpath: Scanpath) -> Iterator[Target]:
    """Everything that surely comes into view after the beginning, and when it is there."""
    views = scanpath.views
    steps = [b.seconds - a.seconds for a, b in pairwise(views)]
    longest = LONGEST_STEP * median(steps) if steps else 0.0
    for name in sorted({name for view in views for name in view.seen}):
        states = [_state(view, name) for view in views]
        first = states.index(True)
        if first == 0 or states[first : first + FEWEST_VIEWS] != [True] * FEWEST_VIEWS:
            continue
        surely_absent = all(state is False for state in states[:first])
        if not surely_absent or any(step > longest for step in steps[:first]):
            continue
        spans = _spans(views, states)
        claimed = [look for look in scanpath.episodes if _names(look, name)]
        if any(look.start_seconds < views[first - 1].seconds for look in claimed):
            continue
        unknown = (
            *_unknown(views, states, longest),
            *scanpath.pauses,  # the head turns: a thing may cross the frame between two views
            *((at - LONE_SECONDS, end + LONE_SECONDS) for at, end in spans if at == end),
            *_doubted(claimed, spans),
            *_handled(scanpath.actions, spans),
        )
        yield Target(name, spans, unknown)


def _state(view: View, name: str) -> bool | None:
    """Whether a thing is in view; None: nobody knows, or only a part of it is."""
    if view.problem or name in view.partly:
        return None
    return name in view.seen


def _names(look: Episode, name: str) -> bool:
    return name in {look.name, *(thing.name for thing in (*look.beside, *look.outside))}


def _spans(views: Sequence[View], states: Sequence[bool | None]) -> Spans:
    """From the first to the last view of every run of views that show a thing."""
    runs = [list(run) for seen, run in groupby(range(len(views)), key=lambda i: states[i]) if seen]
    return tuple((views[run[0]].seconds, views[run[-1]].seconds) for run in runs)


def _unknown(views: Sequence[View], states: Sequence[bool | None], longest: float) -> Spans:
    """When nobody knows: between views that differ, tell nothing or lie far apart.

    And before the first and after the last.
    """
    between = [
        (a.seconds - CLEAR_SECONDS, b.seconds + CLEAR_SECONDS)
        for (a, was), (b, became) in pairwise(zip(views, states, strict=True))
        if was is None or was != became or b.seconds - a.seconds > longest
    ]
    return ((-math.inf, views[0].seconds), *between, (views[-1].seconds, math.inf))


def _doubted(claimed: Sequence[Episode], spans: Spans) -> Spans:
    """The looks whose labels name a thing at a time when the views do not show it."""
    looks = [(look.start_seconds, look.end_seconds) for look in claimed]
    return tuple(
        (a, b) for a, b in looks if not any(start <= a and b <= end for start, end in spans)
    )


def _handled(actions: Sequence[Action], spans: Spans) -> Spans:
    """Actions during which a thing came into view or went out of it: it may be in a hand.

    Tilted and half covered it may be in view all the while, and no labeller knows it.
    """
    borders = [border for span in spans for border in span]
    around = [(a.start_seconds - HAND_SECONDS, a.end_seconds + HAND_SECONDS) for a in actions]
    return tuple((a, b) for a, b in around if any(a <= border <= b for border in borders))
