"""OI-E, which thing is looked at now; the wrong options are nowhere in view."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from operator import attrgetter
from typing import TYPE_CHECKING

from streamgaze_task.pipeline.questions.present import LOOK_BACK, identifications
from streamgaze_task.pipeline.questions.words import unlike

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from streamgaze_task.pipeline.questions.rules import Rules
    from streamgaze_task.pipeline.records import Episode, Question
    from streamgaze_task.pipeline.scanpath import Scanpath


def make(scanpath: Scanpath, rules: Rules, rng: Random) -> Iterator[Question]:
    """OI-E: the wrong options are not in view during the look, nor looked at within a minute.

    They are right answers elsewhere, so that no word tells right from wrong.

    Args:
        scanpath: the recording.
        rules: whose vocabulary the options come from.
        rng: of this recording and task.
    """

    def pool_of(episode: Episode, at: int) -> Iterator[str]:
        return unlike(rules.vocabulary, sorted(_around(scanpath, episode, at)))

    return identifications(scanpath, "oie", rules, rng, pool_of)


def _around(scanpath: Scanpath, episode: Episode, at: int) -> set[str]:
    """Names of what may be in view during a look, or was looked at within the last minute."""
    names = {thing.name for thing in (*episode.beside, *episode.outside)}
    first = bisect_right(scanpath.episodes, at - LOOK_BACK, key=attrgetter("end_seconds"))
    for one in scanpath.episodes[first : episode.number + 1]:
        names.update(scanpath.group(one, "circle"))
    # The last view before a short look tells of it too.
    when = attrgetter("seconds")
    since = bisect_right(scanpath.views, episode.start_seconds, key=when) - 1
    for view in scanpath.views[max(since, 0) : bisect_left(scanpath.views, at, key=when)]:
        names.update(view.seen, view.partly)
    return names
