"""GSM by the published rule: three neighbours in the timeline, five times by chance.

Faults: two of the distractors are always three pairs of things, whatever the sizes of the true
groups, so the answer is told by counting in about every second question; a distractor may have
happened, too; the same three may be drawn twice; a draw that falls on an action, and one in six
whose first distractor turns out to be the answer, is lost.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from streamgaze_task.pipeline.questions.gsm import LENGTH, arrows
from streamgaze_task.pipeline.questions.reference.timeline import (
    all_fov,
    asked,
    looks,
    once,
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

DRAWS = 5
"""Draws per video, with replacement; taken to be from all places of the timeline."""
PAIR = 2
"""Things in each group of the second and the third distractor."""


def make_reference(scanpath: Scanpath, rng: Random) -> Iterator[Question]:
    """Up to five questions, in the order of the draws, so not of time."""
    entries = timeline(scanpath)
    objects = all_fov(looks(entries))
    numbers = count()
    if len(entries) < LENGTH or len(objects) < PAIR:
        return
    for _ in range(DRAWS):
        place = rng.randrange(len(entries) - LENGTH + 1)
        three = entries[place : place + LENGTH]
        if not all(entry.fov for entry in three):
            continue
        wrong = _wrong(three, objects, rng)
        if len(wrong) == WRONG:
            yield _question(scanpath, next(numbers), three, wrong)


def _wrong(three: tuple[Entry, ...], objects: tuple[str, ...], rng: Random) -> tuple[str, ...]:
    """The true groups in any order, and twice three pairs of anything; each once, never true."""
    groups = [entry.fov for entry in three]
    shuffled = list(groups)
    rng.shuffle(shuffled)
    drawn = [[tuple(rng.sample(objects, PAIR)) for _ in three] for _ in range(WRONG - 1)]
    found = once(arrows(tuple(order)) for order in (shuffled, *drawn))
    return tuple(text for text in found if text != arrows(tuple(groups)))


def _question(
    scanpath: Scanpath, number: int, three: tuple[Entry, ...], wrong: tuple[str, ...]
) -> Question:
    first, last = three[0], three[-1]
    return Question(
        f"{scanpath.recording_id}/gsm/{number:04d}",
        "gsm",
        scanpath.recording_id,
        asked(last.start_seconds),
        "Which transition best matches the user's gaze pattern?",
        arrows(tuple(entry.fov for entry in three)),
        wrong,
        span(first.start_seconds, last.start_seconds),
        tuple(entry.episode for entry in three),
        extras={"correct_sequence": [list(entry.fov) for entry in three]},
    )
