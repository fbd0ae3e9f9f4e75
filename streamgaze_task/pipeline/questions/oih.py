"""OI-H, which thing is looked at now; the wrong options are in view too, outside the circle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamgaze_task.pipeline.questions.oie import FairOptions, current_looks, present, unlike

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from streamgaze_task.pipeline.questions.rules import Rules
    from streamgaze_task.pipeline.records import Question
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
    options, number = FairOptions(rules.vocabulary, rng), 0
    for episode, at in current_looks(scanpath):
        pool = unlike((thing.name for thing in episode.outside), scanpath.group(episode, "circle"))
        wrong = options.take(episode.name, pool)
        if wrong:
            extras: dict[str, object] = {"object": episode.name}
            yield present(
                scanpath,
                "oih",
                number,
                at,
                answer=episode.name,
                wrong=wrong,
                episode=episode,
                extras=extras,
            )
            number += 1
