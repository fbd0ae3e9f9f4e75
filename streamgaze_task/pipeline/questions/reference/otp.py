"""OTP by the published rule: what comes after a group of things in the timeline.

Faults: the answer is first in the next circle's list and not in the group, so not always what was
looked at next; a group that was looked at several times has several right answers; distractors may
never have been in view by then; an action between two looks ends their being neighbours; gaze lost
between them does not; a look without labels makes an empty group; it is asked when the answer's
look starts, so nothing of that can be seen.
"""

from __future__ import annotations

from itertools import count, pairwise
from typing import TYPE_CHECKING

from streamgaze_task.pipeline.questions.reference.timeline import (
    all_objects,
    asked,
    looks,
    span,
    timeline,
)
from streamgaze_task.pipeline.questions.rules import WRONG, together
from streamgaze_task.pipeline.records import Question
from streamgaze_task.timestamps import stamp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from streamgaze_task.pipeline.questions.reference.timeline import Entry
    from streamgaze_task.pipeline.scanpath import Scanpath

MARGIN_SECONDS = 2.0
"""Added to the evidence on both sides."""


def make_reference(scanpath: Scanpath, rng: Random) -> Iterator[Question]:
    """One question per two looks that are neighbours in the timeline."""
    entries = timeline(scanpath)
    objects = all_objects(looks(entries))
    numbers = count()
    for look, following in pairwise(entries):
        answer = next((name for name in following.fov if name not in look.fov), None)
        if not (look.is_look and following.is_look) or answer is None:
            continue
        others = [name for name in objects if name != answer and name not in look.fov]
        if len(others) < WRONG:
            continue
        wrong = tuple(rng.sample(others, WRONG))
        identity = f"{scanpath.recording_id}/otp/{next(numbers):04d}"
        yield _question(scanpath, identity, (look, following), answer, wrong)


def _question(
    scanpath: Scanpath,
    identity: str,
    pair: tuple[Entry, Entry],
    answer: str,
    wrong: tuple[str, ...],
) -> Question:
    look, following = pair
    return Question(
        identity,
        "otp",
        scanpath.recording_id,
        asked(following.start_seconds),
        f"What object does the user gaze at next after looking at the {together(look.fov)}?",
        answer,
        wrong,
        span(look.start_seconds - MARGIN_SECONDS, following.end_seconds + MARGIN_SECONDS),
        (look.episode, following.episode),
        extras={
            "object_group": list(look.fov),
            "object_group_timestamp": f"({stamp(look.start_seconds)}, {stamp(look.end_seconds)})",
            "answer_object": answer,
            "answer_timestamp": stamp(following.start_seconds),
        },
    )
