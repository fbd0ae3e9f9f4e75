"""Questions about the scanpath so far: NFI, OTP, SR and GSM.

The templates are the pipeline's (daeunni/StreamGaze, step 3) and the paper's figure; where that
pipeline leaves a question with several right answers, or with one that lies in the future, such a
question is not asked here.
"""

from __future__ import annotations

from itertools import pairwise, permutations
from typing import TYPE_CHECKING

from streamgaze_task.rendering.story import Draft, together
from streamgaze_task.timestamps import stamp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streamgaze_task.rendering.story import Story

_OPTIONS = 3
_FIRST_LOOKS = 5
_SEEN_SECONDS = 2.0


def never_gazed(story: Story) -> Iterator[Draft]:
    """NFI: a thing that was in view and is looked at in no part of the video."""
    gazed_ever = {name for group in story.groups for name in group}
    for i, look in enumerate(story.looks[_FIRST_LOOKS:], _FIRST_LOOKS):
        at = story.settled(look)
        wrong = story.some(before.thing for before in story.looks[:i])
        if at is None or len(wrong) < _OPTIONS:
            continue
        never = [
            thing.name
            for thing in story.script.things
            if thing.name not in gazed_ever and story.seen_before(thing, at, seconds=_SEEN_SECONDS)
        ]
        for answer in story.some(never, 1):
            yield Draft(
                "nfi",
                story.script,
                at,
                "Among {options}, which did the user never gaze at?",
                answer,
                wrong,
                (0.0, look.end),
                {"answer_object": answer},
            )


def next_after(story: Story) -> Iterator[Draft]:
    """OTP: what is looked at right after a group that was looked at only once so far."""
    for i, (look, following) in enumerate(pairwise(story.looks)):
        group, then = story.groups[i], story.groups[i + 1]
        at = story.settled(following)
        # Also the looks at a part of the group count, or "after {a, b}" would have two answers.
        again = any(set(story.groups[j]) & set(group) for j in range(i + 2) if j != i)
        if at is None or again or look.moving or story.lost_between(look, following):
            continue
        names = {thing.name for thing in story.script.things} - {*group, *then}
        yield Draft(
            "otp",
            story.script,
            at,
            f"What object does the user gaze at next after looking at the {together(group)}?",
            then[0],
            story.some(names),
            (max(look.start - 2, 0.0), following.end + 2),
            {
                "object_group": list(group),
                "object_group_timestamp": f"({stamp(look.start)}, {stamp(look.end)})",
                "answer_object": then[0],
                "answer_timestamp": stamp(following.start),
            },
        )


def transition_pattern(story: Story) -> Iterator[Draft]:
    """GSM: three looks in a row; the other options are orders in which they never occurred."""
    triples = list(zip(story.groups, story.groups[1:], story.groups[2:], strict=False))
    for i, triple in enumerate(triples):
        looks = story.looks[i : i + 3]
        at = story.settled(looks[2])
        lost = any(story.lost_between(a, b) for a, b in pairwise(looks))
        names = {name for group in triple for name in group}
        alike = len(names) < sum(map(len, triple))
        if at is None or lost or alike or any(look.moving for look in looks):
            continue
        happened = {_names(other) for other in triples[: i + 1]}
        orders = [order for order in permutations(triple) if _names(order) not in happened]
        if len(orders) < _OPTIONS:
            continue
        yield Draft(
            "gsm",
            story.script,
            at,
            "Which transition best matches the user's gaze pattern?",
            _arrows(triple),
            story.some(map(_arrows, orders)),
            (looks[0].start, looks[2].start),
            {"correct_sequence": [list(group) for group in triple]},
        )


def _names(triple: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    """What was looked at, whatever else stood in the circle."""
    return tuple(group[0] for group in triple)


def _arrows(triple: tuple[tuple[str, ...], ...]) -> str:
    return ">".join("{" + ",".join(group) + "}" for group in triple)


def scene_recall(story: Story) -> Iterator[Draft]:
    """SR: what was not in view while something was looked at that is looked at only once so far."""
    for i, look in enumerate(story.looks):
        at, group = story.settled(look), story.groups[i]
        again = any(set(group) & set(story.groups[j]) for j in range(i))
        if at is None or again or not story.calm(look):
            continue
        others = [thing for thing in story.script.things if thing.name not in group]
        seen = [t.name for t in others if story.seen_throughout(t, look.start, look.end)]
        hidden = [t.name for t in others if story.never_seen(t, look.start, look.end)]
        if len(seen) < _OPTIONS or not hidden:
            continue
        answer, wrong = story.some(hidden, 1)[0], story.some(seen)
        yield Draft(
            "sr",
            story.script,
            at,
            f"When the user was gazing at the {together(group)}, "
            "which background object was NOT visible?",
            answer,
            wrong,
            (max(look.start - 5, 0.0), look.start + 5),
            {"gazed_objects": list(group), "answer_object": answer, "background_objects": seen},
        )
