"""GTA: an alert when the gaze comes to rest on a thing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from streamgaze_task.pipeline.questions.alerts import CLEAR_SECONDS, Target, alert_questions
from streamgaze_task.pipeline.questions.words import stems
from streamgaze_task.pipeline.scanpath import LOSS_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from streamgaze_task.pipeline.questions.alerts import Spans
    from streamgaze_task.pipeline.questions.rules import Rules
    from streamgaze_task.pipeline.records import Episode, Question
    from streamgaze_task.pipeline.scanpath import Group, Scanpath


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
            yield Target(name, spans, (*nobody_knows, *close, *handled), numbers)


def _unknown(scanpath: Scanpath) -> Spans:
    """When nobody knows what is looked at.

    During losses, looks at things unknown or unsure, and longer pauses between looks (there the
    gaze moved, or a filter dropped what was there).
    """
    looks = scanpath.episodes
    # With the borders: a look at nobody knows what may be one at the thing.
    unsure = [
        (look.start_seconds - CLEAR_SECONDS, look.end_seconds + CLEAR_SECONDS)
        for look in looks
        if not (look.gazed and look.sure)
    ]
    ends = (0.0, *(look.end_seconds for look in looks))
    starts = (*(look.start_seconds for look in looks), math.inf)
    pauses = [(a, b) for a, b in zip(ends, starts, strict=True) if b - a >= LOSS_SECONDS]
    return (*scanpath.losses, *unsure, *pauses)
