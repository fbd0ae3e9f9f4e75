"""NFI, Non-Fixated Object Identification: which of four things was never looked at so far."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from itertools import count, pairwise
from typing import TYPE_CHECKING

from streamgaze_task.pipeline.questions.past import (
    Balance,
    in_view,
    names,
    shown,
    unknown_spans,
)
from streamgaze_task.pipeline.records import Question
from streamgaze_task.pipeline.scanpath import settled

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from streamgaze_task.pipeline.questions.rules import Rules
    from streamgaze_task.pipeline.scanpath import Group, Scanpath

AROUND_SECONDS = 2.0
"""What was in view so shortly before nobody knows what was looked at, may have been it (ours)."""
IN_VIEW_SECONDS = 2.0
"""How long a thing must have been clearly in view before it can be asked for (ours: the published
rule asks for things that come into view later, too)."""


def make(scanpath: Scanpath, rules: Rules, rng: Random) -> Iterator[Question]:
    """One question during each look, as far as something else is known never to be looked at.

    Right are things that were clearly in view for IN_VIEW_SECONDS and stood in no circle; wrong
    are things that were looked at. A right one is looked at in some recording (the benchmark's
    vocabulary), or the kind of thing would tell: nobody looks at ceilings.
    """
    numbers, balance = count(), Balance()
    since = seen_since(scanpath)
    suspects = suspected_since(scanpath)
    # While a look lasts: after it the gaze may be on the next thing already.
    moments = sorted({at for look in scanpath.episodes if (at := settled(look)) is not None})
    for at in moments:
        if at > scanpath.video_seconds:
            return
        past = scanpath.so_far(at)
        seen = {name for name, moment in since.items() if moment < at}
        seen -= {name for name, moment in suspects.items() if moment < at}
        drawn = balance.draw(never_gazed(past, seen, rules), gazed(past, rules.settings.group), rng)
        if drawn:
            yield _question(past, at, next(numbers), *drawn)


def _question(
    past: Scanpath, at: int, number: int, answer: str, wrong: tuple[str, ...]
) -> Question:
    return Question(
        f"{past.recording_id}/nfi/{number:04d}",
        "nfi",
        past.recording_id,
        at,
        "Among {options}, which did the user never gaze at?",
        answer,
        wrong,
        (0.0, float(at)),
        tuple(look.number for look in past.episodes if look.gazed and look.sure),
        extras={"answer_object": answer},
    )


def seen_since(scanpath: Scanpath) -> dict[str, float]:
    """Name -> the moment from which on it had clearly been in view for IN_VIEW_SECONDS.

    A thing was in view between two views in a row that both show it clearly.
    """
    seconds: dict[str, float] = defaultdict(float)
    since: dict[str, float] = {}
    for before, view in pairwise(scanpath.views):
        for name in set(before.seen) & set(view.seen):
            seconds[name] += view.seconds - before.seconds
            if seconds[name] >= IN_VIEW_SECONDS:
                since.setdefault(name, view.seconds)
    return since


def suspected_since(scanpath: Scanpath) -> dict[str, float]:
    """Name -> the first moment when a thing may have stood in the circle unnoticed.

    It was in view during a look in which something was done, and the look's labels place it
    neither in the circle nor outside: a hand may have moved or covered it.
    """
    times = [view.seconds for view in scanpath.views]
    since: dict[str, float] = {}
    for look in scanpath.episodes:
        placed = {*scanpath.group(look, "circle"), *names(look.outside)}
        first, last = (bisect_left(times, at) for at in (look.start_seconds, look.end_seconds))
        begun = [
            action.start_seconds
            for action in scanpath.actions
            if action.start_seconds < look.end_seconds and action.end_seconds > look.start_seconds
        ]
        for view in scanpath.views[first:last] if begun else ():
            for name in {*view.seen, *view.partly} - placed:
                # Known only when the action has begun; the thing may be in view before.
                moment = max(view.seconds, min(begun))
                since[name] = min(since.get(name, moment), moment)
    return since


def gazed(past: Scanpath, kind: Group) -> set[str]:
    """What was looked at for sure, long enough to be seen in the video."""
    return {name for look in past.episodes if shown(look) for name in past.group(look, kind)}


def never_gazed(past: Scanpath, seen: set[str], rules: Rules) -> set[str]:
    """Those of the things seen so far that were surely never looked at.

    What was in view while nobody knows what was looked at may have been it. Without a vocabulary
    every word may be asked for.
    """
    possible = seen - past.gazed_ever
    if rules.vocabulary:
        possible &= set(rules.vocabulary)
    for start, end in unknown_spans(past):
        # What was in view shortly before may be what was looked at, and went unrecognised since.
        views = in_view(past, start - AROUND_SECONDS, end)
        if views is None:
            return set()
        possible -= views.ever
    return possible
