"""The judge of NFI, OTP, SR and GSM: what had happened before the question was asked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from streamgaze_task.rendering.judge_world import RIGHT, group_of, groups_in, wrong

if TYPE_CHECKING:
    from streamgaze_task.pipeline.records import Question
    from streamgaze_task.rendering.judge_world import Happened, Verdict

NOTICED_SECONDS = 1.0
"""So long, in all, a thing must have been clearly in view to be asked about (ours: a model that is
shown one frame a second has then seen it)."""
_LOOKS = 3
_LAST = re.compile(r"\b(last|latest|most recent|most recently)\b", re.IGNORECASE)


def never_gazed(question: Question, world: Happened) -> Verdict:
    """NFI: was in view, never looked at nor in the circle; the others were looked at."""
    at, answer = question.asked_seconds, question.answer
    looks = world.looks_before(at)
    if any(answer in world.circle(look) for look in looks):
        return wrong(f"{answer} was looked at, or beside what was, before {at} s")
    clear = world.clear_seconds(answer, at)
    if clear < NOTICED_SECONDS:
        return wrong(f"{answer} was clearly in view for {clear} s only before {at} s")
    gazed = {look.thing for look in looks}
    unseen = [name for name in question.wrong if name not in gazed]
    return wrong(f"{unseen} were not looked at before {at} s either") if unseen else RIGHT


def next_after(question: Question, world: Happened) -> Verdict:
    """OTP: what was looked at right after the look at a group; one answer, whatever look is meant.

    Where the text says that the last look at the group is meant, only that one counts.
    """
    group = frozenset(group_of(question, "object_group"))
    looks = world.looks_before(question.asked_seconds)
    places = [i for i, look in enumerate(looks) if look.thing in group]
    if not places:
        return wrong(f"{sorted(group)} was not looked at before {question.asked_seconds} s")
    if _LAST.search(question.text):
        places = places[-1:]
    following = [looks[i + 1] for i in places if i + 1 < len(looks)]
    then = sorted({look.thing for look in following})
    if then != [question.answer]:
        return wrong(f"after {sorted(group)} came {then}, not {question.answer}")
    beside = {name for look in following for name in world.circle(look)}
    also = sorted(beside & set(question.wrong))
    return wrong(f"{also} stood in the circle with the answer") if also else RIGHT


def not_visible(question: Question, world: Happened) -> Verdict:
    """SR: what was in no part of the frame during any look at a group; the others clearly were."""
    group = group_of(question, "gazed_objects")
    at = question.asked_seconds
    spans = [(look.start, min(look.end, at)) for look in world.looks_at(group, at)]
    if not spans:
        return wrong(f"{sorted(group)} was not looked at before {at} s")
    if question.answer not in world.names:
        return wrong(f"{question.answer} is nowhere in the room")
    if not all(world.absent(question.answer, *span) for span in spans):
        return wrong(f"{question.answer} was visible while {sorted(group)} was looked at")
    hidden = [o for o in question.wrong if not all(world.clear(o, *span) for span in spans)]
    return wrong(f"{hidden} were not clearly visible either") if hidden else RIGHT


def pattern(question: Question, world: Happened) -> Verdict:
    """GSM: the three looks followed each other in that order; in no other order that is offered."""
    seen = [look.thing for look in world.looks_before(question.asked_seconds)]
    # Two looks at one thing with nothing between them are one.
    looks = [thing for place, thing in enumerate(seen) if place == 0 or seen[place - 1] != thing]
    triples = list(zip(looks, looks[1:], looks[2:], strict=False))

    def occurred(option: str) -> bool:
        groups = groups_in(option)
        return any(
            all(name in group for name, group in zip(triple, groups, strict=True))
            for triple in triples
            if len(groups) == _LOOKS
        )

    if not occurred(question.answer):
        return wrong(f"{question.answer} did not occur before {question.asked_seconds} s")
    also = [option for option in question.wrong if occurred(option)]
    unread = [option for option in question.wrong if len(groups_in(option)) != _LOOKS]
    if also or unread:
        return wrong(f"{also} occurred as well" if also else f"{unread} are no three looks")
    return RIGHT
