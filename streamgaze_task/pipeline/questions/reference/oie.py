"""OI-E by the published rule, and what the published present tasks share.

Faults: asked at the look's first instant, when a window that ends there shows nothing of it (of a
time rounded down, not even the instant); only the longest look at each thing; the wrong options
may be in view outside the circle; and the 18 words that fill up are never right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamgaze_task.pipeline.questions.reference.timeline import once
from streamgaze_task.pipeline.questions.rules import WRONG
from streamgaze_task.pipeline.questions.words import question_words
from streamgaze_task.pipeline.records import Question

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from random import Random

    from streamgaze_task.pipeline.records import Episode
    from streamgaze_task.pipeline.scanpath import Scanpath

IDENTIFY = "What is this?"
"""The pipeline's wording; the release has another one."""


def longest_looks(scanpath: Scanpath) -> tuple[Episode, ...]:
    """The longest look at every thing, in order of time; the first of equally long ones."""
    longest: dict[str, Episode] = {}
    for episode in scanpath.episodes:
        known = longest.get(episode.name)
        if episode.gazed and (known is None or _seconds(episode) > _seconds(known)):
            longest[episode.name] = episode
    return tuple(sorted(longest.values(), key=lambda episode: episode.start_seconds))


def _seconds(episode: Episode) -> float:
    return episode.end_seconds - episode.start_seconds


def asked_at_start(
    scanpath: Scanpath,
    task: str,
    number: int,
    episode: Episode,
    *,
    answer: str,
    wrong: Sequence[str],
    text: str = IDENTIFY,
    extras: dict[str, object],
) -> Question:
    """A question about a look, asked when it starts, rounded half to even."""
    return Question(
        id=f"{scanpath.recording_id}/{task}/{number:04d}",
        task=task,
        recording_id=scanpath.recording_id,
        asked_seconds=round(episode.start_seconds),
        text=text,
        answer=answer,
        wrong=tuple(wrong),
        span_seconds=(episode.start_seconds, episode.end_seconds),
        episodes=(episode.number,),
        extras=extras,
    )


def make_reference(scanpath: Scanpath, rng: Random) -> Iterator[Question]:
    """One question a thing: three others that are never beside what is looked at.

    Args:
        scanpath: the recording.
        rng: fresh for every call, seeded with 42, as published.
    """
    table = longest_looks(scanpath)
    things = [thing for look in table for thing in (look.gazed, *look.beside, *look.outside)]
    names = once(thing.name.lower() for thing in things if thing)
    beside = {thing.name.lower() for look in table for thing in look.beside}
    for number, look in enumerate(table):
        pool = [name for name in names if name not in beside | {look.name.lower()}]
        rng.shuffle(pool)
        fallback = question_words()["identification_fallback"]
        wrong = once(name for name in (*pool, *fallback) if name != look.name.lower())[:WRONG]
        yield asked_at_start(
            scanpath,
            "oie",
            number,
            look,
            answer=look.name,
            wrong=wrong,
            extras={"object": look.name},
        )
