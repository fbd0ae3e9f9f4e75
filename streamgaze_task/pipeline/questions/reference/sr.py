"""SR by the published rule: a thing that the labels do not name outside the circle of a look.

Faults: only the first three looks that will do; what is not named is taken for not visible; the
answer may even be in the circle, or be seen later only; it is asked when the look starts.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from streamgaze_task.pipeline.questions.reference.timeline import (
    all_outside,
    asked,
    looks,
    span,
    timeline,
)
from streamgaze_task.pipeline.questions.rules import OPTIONS, WRONG, together
from streamgaze_task.pipeline.records import Question

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from streamgaze_task.pipeline.questions.reference.timeline import Entry
    from streamgaze_task.pipeline.scanpath import Scanpath

MOST = 3
"""Questions of a video at most: its first ones."""
MARGIN_SECONDS = 5.0
"""The evidence is that long before and after the start of the look."""


def make_reference(scanpath: Scanpath, rng: Random) -> Iterator[Question]:
    """Questions about the first looks that have three things outside their circle."""
    rows = looks(timeline(scanpath))
    objects = all_outside(rows)
    numbers = count()
    for look in rows if len(objects) >= OPTIONS else ():
        absent = [name for name in objects if name not in look.outside]
        if not look.fov or len(look.outside) < WRONG or not absent:
            continue
        answer, wrong = rng.choice(absent), tuple(rng.sample(look.outside, WRONG))
        number = next(numbers)
        yield _question(scanpath, number, look, answer, wrong)
        if number + 1 == MOST:
            return


def _question(
    scanpath: Scanpath, number: int, look: Entry, answer: str, wrong: tuple[str, ...]
) -> Question:
    start = look.start_seconds
    return Question(
        f"{scanpath.recording_id}/sr/{number:04d}",
        "sr",
        scanpath.recording_id,
        asked(start),
        f"When the user was gazing at the {together(look.fov)}, "
        "which background object was NOT visible?",
        answer,
        wrong,
        span(start - MARGIN_SECONDS, start + MARGIN_SECONDS),
        (look.episode,),
        extras={
            "gazed_objects": list(look.fov),
            "answer_object": answer,
            "background_objects": list(look.outside),
        },
    )
