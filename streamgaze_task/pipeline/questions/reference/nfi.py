"""NFI by the published rule: a thing that is in no circle of the whole video.

Faults: "never" looks into the future, and the answer need not have been in view by then; the
distractors come also from the look that only starts when it is asked; "looked at" is whatever was
in the circle; an action may set the time.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from streamgaze_task.pipeline.questions.reference.timeline import (
    all_fov,
    all_objects,
    asked,
    looks,
    span,
    timeline,
)
from streamgaze_task.pipeline.questions.rules import WRONG
from streamgaze_task.pipeline.records import Question

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from streamgaze_task.pipeline.questions.reference.timeline import Entry
    from streamgaze_task.pipeline.scanpath import Scanpath

FIRST_POSITION = 2
"""Entries of the timeline before the first question; positions are taken to count from 0."""
MOST = 3
"""Questions of a video at most: its first ones."""
MARGIN_SECONDS = 2.0
"""Added to the evidence on both sides."""


def make_reference(scanpath: Scanpath, rng: Random) -> Iterator[Question]:
    """Questions at the first positions of the timeline where there are options for one."""
    entries = timeline(scanpath)
    gazed = set(all_fov(looks(entries)))
    never = [name for name in all_objects(looks(entries)) if name not in gazed]
    numbers = count()
    for entry in entries[FIRST_POSITION:] if never else ():
        until = [look for look in looks(entries) if look.start_seconds <= entry.start_seconds]
        pool = all_fov(until)
        if len(pool) < WRONG:
            continue
        answer, wrong = rng.choice(never), tuple(rng.sample(pool, WRONG))
        shown = [look for look in looks(entries) if set(wrong) & set(look.fov)]
        number = next(numbers)
        yield _question(
            scanpath, number, entry.start_seconds, answer=answer, wrong=wrong, shown=shown
        )
        if number + 1 == MOST:
            return


def _question(
    scanpath: Scanpath,
    number: int,
    at: float,
    *,
    answer: str,
    wrong: tuple[str, ...],
    shown: list[Entry],
) -> Question:
    return Question(
        f"{scanpath.recording_id}/nfi/{number:04d}",
        "nfi",
        scanpath.recording_id,
        asked(at),
        "Among {options}, which did the user never gaze at?",
        answer,
        wrong,
        span(
            min(look.start_seconds for look in shown) - MARGIN_SECONDS,
            max(look.end_seconds for look in shown) + MARGIN_SECONDS,
        ),
        tuple(look.episode for look in shown),
        extras={"answer_object": answer},
    )
