"""GTA: an alert when the gaze comes to rest on a thing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from streamgaze_task.pipeline.questions.alerts import CLEAR_SECONDS, Target, alert_questions
from streamgaze_task.pipeline.questions.words import stems

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from streamgaze_task.pipeline.questions.alerts import Spans
    from streamgaze_task.pipeline.questions.rules import Rules
    from streamgaze_task.pipeline.records import Episode, Question
    from streamgaze_task.pipeline.scanpath import Group, Scanpath

BESIDE_SECONDS = 1.0
"""A view that lacks a thing speaks against a look at it for so long before and after (ours: the
usual time from one view to the next)."""

COMING_SECONDS = 1.5
"""A look may begin so early (ours: when the head still turns, the gaze may rest in the frame before
the thing comes under it)."""


def make(scanpath: Scanpath, rules: Rules, rng: Random) -> Iterator[Question]:
    """GTA: asked during the first look, for things that are looked at later and not before.

    Args:
        scanpath: the recording.
        rules: whose settings say what counts as looked at.
        rng: of this recording and task.
    """
    if not scanpath.episodes:
        return
    asked = math.ceil(scanpath.episodes[0].start_seconds)
    found = targets(scanpath, rules.settings.group)
    yield from alert_questions(scanpath, found, asked, rng, gaze=True)


def targets(scanpath: Scanpath, group: Group) -> Iterator[Target]:
    """Everything that is surely looked at, and when.

    While something is done with a thing, hands may cover it or move it under the gaze: then nobody
    knows either.
    """
    nobody_knows = _unknown(scanpath)
    actions = [(stems(a.text), (a.start_seconds, a.end_seconds)) for a in scanpath.actions]
    looks: dict[str, list[Episode]] = {}
    near: dict[str, list[Episode]] = {}
    for episode in scanpath.episodes:
        counted = scanpath.group(episode, group) if episode.sure else ()
        for name in scanpath.group(episode, "circle"):
            (looks if name in counted else near).setdefault(name, []).append(episode)
    for name, found in looks.items():
        # What lies beside the thing looked at is in the circle: whether the gaze is on it is a
        # matter of reading.
        close = tuple((one.start_seconds, one.end_seconds) for one in near.get(name, ()))
        spans = tuple((one.start_seconds, one.end_seconds) for one in found)
        if not any(start < spans[0][0] for start, _ in close):
            numbers = tuple(one.number for one in found)
            handled = tuple(span for words, span in actions if words & stems(name))
            unseen = _unseen(scanpath, name, spans)
            coming = tuple((start, start + COMING_SECONDS) for start, _ in spans)
            unknown = (*nobody_knows, *close, *handled, *unseen, *coming)
            yield Target(name, spans, unknown, numbers)


def _unknown(scanpath: Scanpath) -> Spans:
    """When nobody knows what is looked at.

    During losses, looks at things unknown or unsure, longer pauses between looks (there the gaze
    moved, or a filter dropped what was there), before the first look and after the last.
    """
    unsure = [
        (look.start_seconds, look.end_seconds)
        for look in scanpath.episodes
        if not (look.gazed and look.sure)
    ]
    first, last = scanpath.episodes[0].start_seconds, scanpath.episodes[-1].end_seconds
    outside = ((0.0, first), (last, math.inf))
    # With the borders: a look at the thing may begin or end there.
    return tuple(
        (start - CLEAR_SECONDS, end + CLEAR_SECONDS)
        for start, end in (*scanpath.losses, *scanpath.pauses, *outside, *unsure)
    )


def _unseen(scanpath: Scanpath, name: str, spans: Spans) -> Spans:
    """When a thing is looked at, but a view does not clearly show it.

    At either end of a look the head may be turning while the gaze rests in the frame.
    """
    lacking = (view.seconds for view in scanpath.views if name not in view.seen)
    around = [(at - BESIDE_SECONDS, at + BESIDE_SECONDS) for at in lacking]
    return tuple(
        (max(a, start), min(b, end))
        for a, b in around
        for start, end in spans
        if a < end and b > start
    )
