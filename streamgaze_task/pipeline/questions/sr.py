"""SR, Scene Recall: what was not in view while something was looked at."""

from __future__ import annotations

import math
from itertools import count
from typing import TYPE_CHECKING

from streamgaze_task.pipeline.questions.past import EDGE_SECONDS, Balance, in_view, names, shown
from streamgaze_task.pipeline.questions.rules import together
from streamgaze_task.pipeline.records import Question

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from streamgaze_task.pipeline.questions.rules import Rules
    from streamgaze_task.pipeline.records import Episode
    from streamgaze_task.pipeline.scanpath import Group, Scanpath

BEFORE_SECONDS = 5.0
"""The evidence starts that long before the look (pipeline step 3 of daeunni/StreamGaze)."""


def make(scanpath: Scanpath, rules: Rules, rng: Random) -> Iterator[Question]:
    """One question per look, asked after it, about all looks so far at the same thing.

    Right is what was out of view during all of them and in view at another time so far; wrong is
    what was clearly in view during all of them.
    """
    numbers, balance, kind = count(), Balance(), rules.settings.group
    for look in scanpath.episodes:
        at = math.ceil(look.end_seconds + EDGE_SECONDS)
        if at > scanpath.video_seconds or not shown(look):
            continue
        past = scanpath.so_far(at)
        looks = looks_at(past, past.group(look, kind), kind)
        scene = scene_of(past, looks)
        if scene is None:
            continue
        hidden, seen = scene
        drawn = balance.draw(familiar(past, looks, hidden), seen, rng)
        if drawn:
            yield _question(
                past, at, next(numbers), looks=looks, drawn=drawn, seen=sorted(seen), kind=kind
            )


def looks_at(past: Scanpath, group: tuple[str, ...], kind: Group) -> list[Episode]:
    """All looks at a group, if one can speak of them as of one scene; else [].

    None may be unsure, be at a part of the group only, or have ended just now.
    """
    parts = set(group)
    looks = [one for one in past.episodes if not parts.isdisjoint(past.group(one, kind))]
    clear = all(
        one.sure
        and set(past.group(one, kind)) == parts
        and one.end_seconds + EDGE_SECONDS <= past.video_seconds
        for one in looks
    )
    return looks if clear else []


def scene_of(past: Scanpath, looks: list[Episode]) -> tuple[set[str], set[str]] | None:
    """What was out of view, and what clearly in view outside the circle, during all of the looks.

    None when that is not known. Out of view can only be what was clearly seen at another time.
    """
    views = [in_view(past, one.start_seconds, one.end_seconds) for one in looks]
    known = [view for view in views if view is not None]
    if not looks or len(known) < len(looks):
        return None
    hidden = {name for view in past.views for name in view.seen}
    hidden |= {name for one in past.episodes if shown(one) for name in _things(one)}
    seen = set(hidden)
    for one, view in zip(looks, known, strict=True):
        hidden -= view.ever | _things(one)
        seen &= view.always & names(one.outside)
    for one in looks:
        seen -= {one.name} | names(one.beside)
    return hidden, seen


def familiar(past: Scanpath, looks: list[Episode], hidden: set[str]) -> set[str]:
    """Those of the hidden things that were in view together with what was looked at, another time.

    All of them where there is no such thing. A thing of another place would be told by its kind:
    it is the odd one out among things that stand together.
    """
    group = {one.name for one in looks}
    company = {name for view in past.views if group & set(view.seen) for name in view.seen}
    return (hidden & company) or hidden


def _things(look: Episode) -> frozenset[str]:
    return frozenset({look.name} - {""}) | names(look.beside) | names(look.outside)


def _question(
    past: Scanpath,
    at: int,
    number: int,
    *,
    looks: list[Episode],
    drawn: tuple[str, tuple[str, ...]],
    seen: list[str],
    kind: Group,
) -> Question:
    answer, wrong = drawn
    group = past.group(looks[-1], kind)
    return Question(
        f"{past.recording_id}/sr/{number:04d}",
        "sr",
        past.recording_id,
        at,
        f"When the user was gazing at the {together(group)}, "
        "which background object was NOT visible?",
        answer,
        wrong,
        (max(looks[-1].start_seconds - BEFORE_SECONDS, 0.0), float(at)),
        tuple(one.number for one in looks),
        extras={"gazed_objects": list(group), "answer_object": answer, "background_objects": seen},
    )
