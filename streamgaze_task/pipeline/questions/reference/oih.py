"""OI-H by the published rule: three of the things outside the circle.

Faults: those of OI-E's time, and walls and floors among the options, which are never right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamgaze_task.pipeline.questions.reference.oie import asked_at_start, longest_looks
from streamgaze_task.pipeline.questions.reference.timeline import once
from streamgaze_task.pipeline.questions.rules import WRONG

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from streamgaze_task.pipeline.records import Question
    from streamgaze_task.pipeline.scanpath import Scanpath


def make_reference(scanpath: Scanpath, rng: Random) -> Iterator[Question]:
    """One question a thing, where at least three others are outside the circle.

    Args:
        scanpath: the recording.
        rng: fresh for every call, seeded with 42, as published.
    """
    number = 0
    for look in longest_looks(scanpath):
        names = once(thing.name.lower() for thing in look.outside)
        pool = [name for name in names if name != look.name.lower()]
        if len(pool) < WRONG:
            continue
        wrong = rng.sample(pool, WRONG)
        yield asked_at_start(
            scanpath,
            "oih",
            number,
            look,
            answer=look.name,
            wrong=wrong,
            extras={"object": look.name},
        )
        number += 1
