"""What the makers of questions about the present look share (OI-E, OI-H, OAR)."""

from __future__ import annotations

from bisect import bisect_right
from operator import itemgetter
from typing import TYPE_CHECKING

from streamgaze_task.pipeline.questions.fair import FairOptions
from streamgaze_task.pipeline.records import Question
from streamgaze_task.pipeline.scanpath import settled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from random import Random

    from streamgaze_task.pipeline.questions.rules import Rules
    from streamgaze_task.pipeline.records import Episode
    from streamgaze_task.pipeline.scanpath import Scanpath

IDENTIFY = "Which object is the user currently gazing at?"
"""The released wording; pipeline step 3 of daeunni/StreamGaze has "What is this?"."""

LOOK_BACK = 60.0
"""Seconds that the window of a present question reaches back (the authors' evaluator), and so its
``response_time`` in the release."""


def current_looks(scanpath: Scanpath) -> Iterator[tuple[Episode, int]]:
    """Looks that can be asked about while they last, and when.

    Only sure ones, in the part of which that comes before the question no gaze is lost.
    """
    for episode in scanpath.episodes:
        at = settled(episode)
        if at is None or at > scanpath.video_seconds or not (episode.gazed and episode.sure):
            continue
        after = bisect_right(scanpath.losses, episode.start_seconds, key=itemgetter(1))
        if after == len(scanpath.losses) or scanpath.losses[after][0] >= at:
            yield episode, at


def present(
    scanpath: Scanpath,
    task: str,
    number: int,
    at: int,
    *,
    text: str = IDENTIFY,
    answer: str,
    wrong: tuple[str, ...],
    episode: Episode,
    extras: dict[str, object],
) -> Question:
    """A question about what is looked at now."""
    return Question(
        id=f"{scanpath.recording_id}/{task}/{number:04d}",
        task=task,
        recording_id=scanpath.recording_id,
        asked_seconds=at,
        text=text,
        answer=answer,
        wrong=wrong,
        span_seconds=(max(at - LOOK_BACK, 0.0), float(at)),
        episodes=(episode.number,),
        extras=extras,
    )


def identifications(
    scanpath: Scanpath,
    task: str,
    rules: Rules,
    rng: Random,
    pool_of: Callable[[Episode, int], Iterable[str]],
) -> Iterator[Question]:
    """Questions about which thing is looked at.

    Args:
        scanpath: the recording.
        task: ``oie`` or ``oih``.
        rules: whose vocabulary the options come from.
        rng: of this recording and task.
        pool_of: names that would be wrong, of a look and the time of the question.
    """
    options, number = FairOptions(rules.vocabulary, rng), 0
    for episode, at in current_looks(scanpath):
        wrong = options.take(episode.name, pool_of(episode, at))
        if wrong:
            yield present(
                scanpath,
                task,
                number,
                at,
                answer=episode.name,
                wrong=wrong,
                episode=episode,
                extras={"object": episode.name},
            )
            number += 1
