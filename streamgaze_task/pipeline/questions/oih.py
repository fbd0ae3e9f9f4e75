"""OI-H, which thing is looked at now; the wrong options are in view too, outside the circle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamgaze_task.pipeline.questions.present import identifications
from streamgaze_task.pipeline.questions.words import unlike

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from streamgaze_task.pipeline.questions.rules import Rules
    from streamgaze_task.pipeline.records import Episode, Question
    from streamgaze_task.pipeline.scanpath import Scanpath


def make(scanpath: Scanpath, rules: Rules, rng: Random) -> Iterator[Question]:
    """OI-H: wrong is what the look's own labels place outside the circle.

    Of those only what is looked at in some recording (ours): walls and floors are listed outside
    the circle too, are the answer of no question, and would be ruled out by their names alone.

    Args:
        scanpath: the recording.
        rules: whose vocabulary says what is looked at anywhere.
        rng: of this recording and task.
    """

    def pool_of(episode: Episode, at: int) -> Iterator[str]:
        del at
        names = (thing.name for thing in episode.outside)
        return unlike(names, scanpath.group(episode, "circle"))

    return identifications(scanpath, "oih", rules, rng, pool_of)
