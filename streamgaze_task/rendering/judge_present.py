"""The judge of OI-E, OI-H, OAR and FAP: what is looked at now, and what is done next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamgaze_task.rendering.judge_world import RIGHT, wrong
from streamgaze_task.rendering.kinds import COLOURS, KINDS, MIXED_UP

if TYPE_CHECKING:
    from streamgaze_task.pipeline.records import Question
    from streamgaze_task.rendering.judge_world import Happened, Verdict
    from streamgaze_task.rendering.world import Look

JUST_SECONDS = 1.0
""""Currently" also means a look that ended so long ago at most (ours: whole seconds are asked)."""
SOON_SECONDS = 60.0
"""How far ahead an action may lie (the published filter of FAP: 3 to 60 s)."""
AHEAD_SECONDS = 1.0
"""How much earlier than the action the question must be asked (ours)."""
_SQUARES = frozenset({"square", "rectangular"})


def _current(question: Question, world: Happened) -> Look | None:
    """The look at the time asked, else the one that ended just before."""
    looks = world.looks_before(question.asked_seconds)
    if looks and looks[-1].end > question.asked_seconds - JUST_SECONDS:
        return looks[-1]
    return None


def _identified(question: Question, world: Happened) -> tuple[Look | None, Verdict]:
    look = _current(question, world)
    if look is None:
        return None, wrong(f"nothing is looked at {question.asked_seconds} s")
    if look.thing != question.answer:
        return None, wrong(f"{look.thing} is looked at, not {question.answer}")
    return look, RIGHT


def identified_easy(question: Question, world: Happened) -> Verdict:
    """OI-E: is looked at; nothing of the others is in the frame meanwhile."""
    look, verdict = _identified(question, world)
    if look is None:
        return verdict
    end = question.asked_seconds
    seen = [name for name in question.wrong if not world.absent(name, look.start, end)]
    return wrong(f"{seen} are in the frame too") if seen else RIGHT


def identified_hard(question: Question, world: Happened) -> Verdict:
    """OI-H: is looked at; the others are clearly in the frame, outside the circle."""
    look, verdict = _identified(question, world)
    if look is None:
        return verdict
    end = question.asked_seconds
    beside = sorted(set(world.circle(look)) & set(question.wrong))
    hidden = [name for name in question.wrong if not world.clear(name, look.start, end)]
    if beside or hidden:
        return wrong(f"{beside} are in the circle" if beside else f"{hidden} are not in the frame")
    return RIGHT


def attribute(question: Question, world: Happened) -> Verdict:
    """OAR: the colour or shape of what is looked at, where neither is in doubt."""
    look = _current(question, world)
    named = question.extras.get("object_name")
    if look is None or (named is not None and look.thing != named):
        return wrong(f"{look.thing if look else 'nothing'} is looked at, not {named}")
    kind, of = KINDS[look.thing], question.extras.get("attribute_type")
    offered = {_word(option) for option in question.wrong}
    if of == "color":
        true = world.script.thing(look.thing).colour
        alike = frozenset({true}).union(*(pair for pair in MIXED_UP if true in pair))
        sure = kind.plain
        if not offered | {_word(question.answer)} <= COLOURS.keys():
            return wrong(f"{sorted(offered - COLOURS.keys())} are no colours of this world")
    elif of == "shape":
        true = kind.shape or ""
        alike = _SQUARES if true in _SQUARES else frozenset({true})
        sure = bool(true)
    else:
        return wrong(f"this world knows colours and shapes, not {of}")
    if not sure or _word(question.answer) != true:
        return wrong(f"the {of} of the {look.thing} is {true or 'unknown'}, sure: {sure}")
    near = sorted(offered & alike)
    return wrong(f"{near} may be taken for {true}") if near else RIGHT


def _word(text: str) -> str:
    return text.strip().lower().replace("gray", "grey")


def next_action(question: Question, world: Happened) -> Verdict:
    """FAP: the next action that starts; none of the others happens soon."""
    at = question.asked_seconds
    coming = [action for action in world.script.actions if action.start > at]
    if not coming or coming[0].start > at + SOON_SECONDS:
        return wrong(f"no action starts within {SOON_SECONDS:.0f} s after {at} s")
    if _sentence(coming[0].job.sentence) != _sentence(question.answer):
        return wrong(f"the next action is {coming[0].job.sentence!r}")
    if coming[0].start - at < AHEAD_SECONDS:
        return wrong(f"the action starts {coming[0].start - at:.1f} s after it is asked for")
    soon = [a for a in world.script.actions if a.end > at and a.start <= at + SOON_SECONDS]
    done = {_sentence(action.job.sentence) for action in soon}
    also = [option for option in question.wrong if _sentence(option) in done]
    return wrong(f"{also} are done soon as well") if also else RIGHT


def _sentence(text: str) -> str:
    return " ".join(text.lower().strip(" .").split())
