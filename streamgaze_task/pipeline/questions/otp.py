"""OTP, Object Transition Prediction: what was looked at right after something else."""

from __future__ import annotations

from itertools import count, pairwise
from typing import TYPE_CHECKING

from streamgaze_task.pipeline.questions.past import Balance, names, shown
from streamgaze_task.pipeline.questions.rules import together
from streamgaze_task.pipeline.records import Question
from streamgaze_task.pipeline.scanpath import settled
from streamgaze_task.timestamps import stamp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from streamgaze_task.pipeline.questions.rules import Rules
    from streamgaze_task.pipeline.records import Episode
    from streamgaze_task.pipeline.scanpath import Group, Scanpath

BEFORE_SECONDS = 2.0
"""The evidence starts that long before the look (pipeline step 3 of daeunni/StreamGaze)."""


def make(scanpath: Scanpath, rules: Rules, rng: Random) -> Iterator[Question]:
    """One question per pair of looks in a row, asked once the second is settled.

    The wrong options were looked at so far as well, as every answer was; none of them stood in the
    circle when the answer was looked at.
    """
    numbers, balance, kind = count(), Balance(), rules.settings.group
    for look, following in pairwise(scanpath.episodes):
        at = settled(following)
        if at is None or at > scanpath.video_seconds or not shown(look):
            continue
        past = scanpath.so_far(at)
        if not rules.settings.allow_unknown_looks and not all(map(known, past.episodes)):
            continue
        if not one_follower(past, past.group(look, kind), following.name, kind):
            continue
        other = {each.name for each in past.episodes if shown(each)}
        other -= {*past.group(look, kind), *names(following.beside)}
        drawn = balance.draw([following.name], other, rng)
        if drawn:
            yield _question(
                past, at, next(numbers), looks=(look, following), wrong=drawn[1], kind=kind
            )


def known(episode: Episode) -> bool:
    """Whether it is known what a look was at."""
    return bool(episode.gazed) and episode.sure


def one_follower(past: Scanpath, group: tuple[str, ...], name: str, kind: Group) -> bool:
    """Whether every look at a group, or at a part of it, was followed by a look at that thing.

    So "after looking at the {a, b}" has one answer. What followed must be known each time.
    """
    parts, followed = set(group), 0
    for look, following in pairwise(past.episodes):
        if parts.isdisjoint(past.group(look, kind)):
            continue
        if following.name != name or not past.unbroken(look, following):
            return False
        followed += 1
    ends_with_it = not parts.isdisjoint(past.group(past.episodes[-1], kind))
    return followed > 0 and not ends_with_it


def _question(
    past: Scanpath,
    at: int,
    number: int,
    *,
    looks: tuple[Episode, Episode],
    wrong: tuple[str, ...],
    kind: Group,
) -> Question:
    look, following = looks
    group = past.group(look, kind)
    return Question(
        f"{past.recording_id}/otp/{number:04d}",
        "otp",
        past.recording_id,
        at,
        f"What object does the user gaze at next after looking at the {together(group)}?",
        following.name,
        wrong,
        (max(look.start_seconds - BEFORE_SECONDS, 0.0), float(at)),
        (look.number, following.number),
        extras={
            "object_group": list(group),
            "object_group_timestamp": f"({stamp(look.start_seconds)}, {stamp(look.end_seconds)})",
            "answer_object": following.name,
            "answer_timestamp": stamp(following.start_seconds),
        },
    )
