"""All ten question makers, run over one recording."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamgaze_task.pipeline.questions import fap, gsm, gta, nfi, oaa, oar, oie, oih, otp, sr
from streamgaze_task.pipeline.questions.alerts import already_seen
from streamgaze_task.pipeline.questions.rules import OPTIONS, chance, spread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from random import Random

    from streamgaze_task.pipeline.questions.rules import Rules
    from streamgaze_task.pipeline.records import Question
    from streamgaze_task.pipeline.scanpath import Scanpath

MAKERS: Mapping[str, Callable[[Scanpath, Rules, Random], Iterator[Question]]] = {
    "nfi": nfi.make,
    "otp": otp.make,
    "sr": sr.make,
    "gsm": gsm.make,
    "oie": oie.make,
    "oih": oih.make,
    "oar": oar.make,
    "fap": fap.make,
    "gta": gta.make,
    "oaa": oaa.make,
}
"""Code of a task -> what finds its questions in a recording."""


CANDIDATES = 200
"""Questions of a task per recording, at most, among which the benchmark's are chosen."""


def ask_all(scanpath: Scanpath, rules: Rules, seed: int) -> Iterator[Question]:
    """The questions that can be asked of one recording, task by task, in order of time.

    Args:
        scanpath: the recording.
        rules: which tasks, and the words of all recordings.
        seed: of every random choice; each task and recording draws from its own numbers, so none
            depends on the others.
    """
    for code, make in MAKERS.items():
        if code not in rules.settings.tasks:
            continue
        rng = chance(seed, scanpath.recording_id, code)
        found = sorted(make(scanpath, rules, rng), key=lambda question: question.asked_seconds)
        for place in spread(found, CANDIDATES, rng):
            question = _checked(found[place])
            as_seen = question.points and rules.settings.label_means == "already_seen"
            yield already_seen(question) if as_seen else question


def _checked(question: Question) -> Question:
    """The question, if it keeps the promises of its record: a fault in a maker must not pass."""
    options = [question.answer, *question.wrong]
    if question.points:
        if question.answer or question.wrong or question.label_means == "":
            raise ValueError(f"{question.id}: a proactive question has points and no options")
    elif len(set(options)) != OPTIONS or "" in options:
        raise ValueError(f"{question.id}: {options} must be {OPTIONS} different options")
    return question
