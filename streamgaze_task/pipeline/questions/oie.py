"""OI-E, which thing is looked at now; the wrong options are nowhere in view."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from operator import attrgetter
from typing import TYPE_CHECKING

from streamgaze_task.pipeline.questions.present import LOOK_BACK, identifications
from streamgaze_task.pipeline.questions.rules import WRONG
from streamgaze_task.pipeline.questions.words import unlike

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from streamgaze_task.pipeline.questions.rules import Rules
    from streamgaze_task.pipeline.records import Episode, Question, View
    from streamgaze_task.pipeline.scanpath import Scanpath


def make(scanpath: Scanpath, rules: Rules, rng: Random) -> Iterator[Question]:
    """OI-E: the wrong options are not in view during the look, nor looked at within a minute.

    A view during the look that does not show clearly what is looked at speaks against the look or
    against the view: then nothing is asked.

    They are right answers elsewhere, so that no word tells right from wrong. Where there are enough
    of them, they have not been in view at all so far: of a thing that is about, a part may be in
    the frame that no labeller noticed.

    Args:
        scanpath: the recording.
        rules: whose vocabulary the options come from.
        rng: of this recording and task.
    """
    since = first_named(scanpath)

    def pool_of(episode: Episode, at: int) -> list[str]:
        during = _views(scanpath, episode.start_seconds, at)
        if not all(episode.name in view.seen for view in during):
            return []
        pool = list(unlike(rules.vocabulary, sorted(_around(scanpath, episode, at))))
        named = [name for name, first in since.items() if first < at]
        never = list(unlike(pool, sorted(named)))
        return never if len(set(never) - {episode.name}) >= WRONG else pool

    return identifications(scanpath, "oie", rules, rng, pool_of)


def first_named(scanpath: Scanpath) -> dict[str, float]:
    """Name of everything that any label or view names -> when that was first."""
    since: dict[str, float] = {}
    for episode in scanpath.episodes:
        for thing in (episode.gazed, *episode.beside, *episode.outside):
            if thing is not None:
                since[thing.name] = min(since.get(thing.name, math.inf), episode.start_seconds)
    for view in scanpath.views:
        for name in (*view.seen, *view.partly):
            since[name] = min(since.get(name, math.inf), view.seconds)
    return since


def _around(scanpath: Scanpath, episode: Episode, at: int) -> set[str]:
    """Names of what may be in view during a look, or was looked at within the last minute."""
    names = {thing.name for thing in (*episode.beside, *episode.outside)}
    first = bisect_right(scanpath.episodes, at - LOOK_BACK, key=attrgetter("end_seconds"))
    for one in scanpath.episodes[first : episode.number + 1]:
        names.update(scanpath.group(one, "circle"))
    # The last view before a short look tells of it too.
    before = _views(scanpath, 0.0, episode.start_seconds)[-1:]
    for view in (*before, *_views(scanpath, episode.start_seconds, at)):
        names.update(view.seen, view.partly)
    return names


def _views(scanpath: Scanpath, start: float, end: float) -> tuple[View, ...]:
    """Those in [start, end)."""
    first, last = (
        bisect_left(scanpath.views, at, key=attrgetter("seconds")) for at in (start, end)
    )
    return scanpath.views[first:last]
