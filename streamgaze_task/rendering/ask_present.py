"""Questions about what is looked at now, and about what comes next: OI-E, OI-H, OAR and FAP."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from streamgaze_task.rendering.kinds import COLOURS, KINDS, MIXED_UP, SHAPES
from streamgaze_task.rendering.story import Draft
from streamgaze_task.rendering.world import HAND_SECONDS
from streamgaze_task.timestamps import stamp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streamgaze_task.rendering.story import Story
    from streamgaze_task.rendering.world import Action, Look

IDENTIFY = "Which object is the user currently gazing at?"
"""The released wording; the pipeline's own is "What is this?"."""
LOOK_BACK = 60.0
"""Seconds that a present question's ``response_time`` reaches back."""
_OPTIONS = 3
_LATEST = 60.0
_EARLIEST = 3.0
_WORD = 3
_ARROW = " \u2192 "


def _alone(story: Story) -> Iterator[tuple[Look, int]]:
    """Looks at something that stands alone in the circle, and when to ask about them."""
    for look, group in zip(story.looks, story.groups, strict=True):
        at = story.settled(look)
        if at is not None and len(group) == 1 and story.calm(look):
            yield look, at


def _span(at: int) -> tuple[float, float]:
    return max(at - LOOK_BACK, 0.0), float(at)


def identification_easy(story: Story) -> Iterator[Draft]:
    """OI-E: the other options are nowhere in the room."""
    absent = KINDS.keys() - {thing.name for thing in story.script.things}
    for look, at in _alone(story):
        wrong = story.some(absent)
        extras = {"object": look.thing}
        yield Draft("oie", story.script, at, IDENTIFY, look.thing, wrong, _span(at), extras)


def identification_hard(story: Story) -> Iterator[Draft]:
    """OI-H: the other options are in view too, outside the circle."""
    for look, at in _alone(story):
        seen = [
            thing.name
            for thing in story.script.things
            if thing.name != look.thing and story.seen_throughout(thing, look.start, at)
        ]
        wrong, extras = story.some(seen), {"object": look.thing}
        if len(wrong) == _OPTIONS:
            yield Draft("oih", story.script, at, IDENTIFY, look.thing, wrong, _span(at), extras)


def attribute(story: Story) -> Iterator[Draft]:
    """OAR: colour or shape of what is looked at, where neither is in doubt."""
    for look, at in _alone(story):
        kind, colour = KINDS[look.thing], story.script.thing(look.thing).colour
        extras = {"object_name": look.thing}
        if kind.shape is not None:
            wrong = story.some(set(SHAPES) - {kind.shape})
            extras["attribute_type"] = "shape"
            text = "What shape does this object have?"
            yield Draft("oar", story.script, at, text, kind.shape, wrong, _span(at), extras)
        elif kind.plain:
            near = {colour}.union(*(pair for pair in MIXED_UP if colour in pair))
            extras["attribute_type"] = "color"
            text = "What color is this object?"
            wrong = story.some(COLOURS.keys() - near)
            yield Draft("oar", story.script, at, text, colour, wrong, _span(at), extras)


def future_action(story: Story) -> Iterator[Draft]:
    """FAP: asked while a hand already waits beside what it is about to take.

    By the rules of the authors' filter: 3 to 60 s before the action, and no word of the objects
    that the question names in the answer.
    """
    for action in story.script.actions:
        for i, look in enumerate(story.looks):
            at = int(look.end)
            soon = _EARLIEST < action.start - at <= _LATEST
            if not soon or at < action.hand + HAND_SECONDS + 1:
                continue
            recent = _recent(story, i)
            if len(recent) < _OPTIONS or _leaks(list(recent), action.job.sentence):
                continue
            yield _future(story, action, at, recent)


def _recent(story: Story, last: int) -> dict[str, float]:
    """The last three things of the last three looks -> when they were looked at."""
    times: dict[str, float] = {}
    for look, group in list(zip(story.looks, story.groups, strict=True))[: last + 1][-3:]:
        for name in group:
            times.pop(name, None)
            times[name] = look.start
    return dict(list(times.items())[-3:])


def _leaks(recent: list[str], sentence: str) -> bool:
    words = set(re.findall(r"\w+", sentence.lower()))
    return any(name in words for name in recent if len(name) > _WORD)


def _future(story: Story, action: Action, at: int, recent: dict[str, float]) -> Draft:
    near = [a for a in story.script.actions if a.end >= at and a.start <= at + _LATEST]
    soon = {other.job for other in near}
    others = [job.sentence for job in story.script.jobs if job not in soon | {action.job}]
    return Draft(
        "fap",
        story.script,
        at,
        f"Based on the recent fixation pattern ({_ARROW.join(recent)}), "
        "what action will the user do next?",
        action.job.sentence,
        story.some(others),
        (float(at), action.start + 5),
        {
            "answer_action": action.job.sentence,
            "context_objects": list(recent),
            "context_objects_with_timing": [
                {"object": name, "timestamp": stamp(start)} for name, start in recent.items()
            ],
            "actual_action_time": stamp(action.start),
        },
    )
