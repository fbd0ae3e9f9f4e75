"""What the four makers of questions about the scanpath so far share (NFI, OTP, SR, GSM).

A recording does not say everything: gaze is lost, labellers are unsure. What follows takes "not
known" for "may be", so that a question is asked only where what is known settles its answer.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamgaze_task.pipeline.questions.rules import WRONG
from streamgaze_task.pipeline.scanpath import SETTLE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from random import Random

    from streamgaze_task.pipeline.records import Episode, SeenObject, View
    from streamgaze_task.pipeline.scanpath import Scanpath

EDGE_SECONDS = 0.5
"""What is in view that shortly before or after a look counts too (ours: the camera turns with the
head, and fixations and views are timed by different clocks)."""


class Balance:
    """Draws options so that each word is about as often right as wrong.

    A word that is mostly right (or wrong) would give answers away to who reads the text alone. A
    right answer has three wrong options beside it, so a word is even when it was wrong three times
    for each time it was right: that word is drawn as an answer that leans most towards wrong, and
    those as wrong options that lean most towards right; equals by chance. It knows the questions
    of one recording up to the one it draws for (ours: so recordings can be worked on in any order,
    and no draw depends on the future). What is looked at rarely, or often, in all recordings alike
    it cannot know: that takes a choice among the questions of the whole benchmark.
    """

    def __init__(self) -> None:
        self._lean: Counter[str] = Counter()

    def draw(
        self, right: Iterable[str], wrong: Iterable[str], rng: Random
    ) -> tuple[str, tuple[str, ...]] | None:
        """An answer and its three wrong options; None where there are too few.

        Args:
            right: words, each of which would be right; where one of them is drawn, the others
                are no options.
            wrong: words, each of which would be wrong.
            rng: decides between equals.
        """
        answers = self._ranked(set(right), rng)
        others = self._ranked(set(wrong) - set(right), rng)[::-1]
        if not answers or len(others) < WRONG:
            return None
        answer, chosen = answers[0], tuple(others[:WRONG])
        self._lean[answer] += WRONG
        self._lean.subtract(chosen)
        return answer, chosen

    def _ranked(self, words: Collection[str], rng: Random) -> list[str]:
        """Those that lean towards wrong first."""
        names = sorted(words)
        rng.shuffle(names)
        return sorted(names, key=lambda name: self._lean[name])


def names(things: Iterable[SeenObject]) -> frozenset[str]:
    """What objects are called."""
    return frozenset(thing.name for thing in things)


def shown(episode: Episode) -> bool:
    """Whether it is known for sure what was looked at, for long enough to be seen in a video.

    A model that is given one frame a second sees nothing of a shorter look.
    """
    seconds = episode.end_seconds - episode.start_seconds
    return episode.gazed is not None and episode.sure and seconds >= SETTLE_SECONDS


def unknown_spans(past: Scanpath) -> list[tuple[float, float]]:
    """When something may have been looked at that nobody knows of: [start, end), unordered.

    Looks without sure labels, and losses of gaze that are long enough for a look to be shown.
    """
    looks = [
        (look.start_seconds, look.end_seconds)
        for look in past.episodes
        if not (look.gazed and look.sure)
    ]
    return looks + [span for span in past.losses if span[1] - span[0] >= SETTLE_SECONDS]


@dataclass(frozen=True)
class InView:
    """What views say of a span of time; whatever is in neither set was nowhere in view."""

    always: frozenset[str]
    """Clearly in view in each of them, and EDGE_SECONDS before and after."""
    ever: frozenset[str]
    """In view in any of them, or EDGE_SECONDS before or after, be it partly."""


def in_view(past: Scanpath, start: float, end: float) -> InView | None:
    """What was in view in [start, end); None where that is not known.

    It is not known without a view inside, and when a view inside or at the edges has failed.
    """
    inside = _views(past, start, end)
    around = _views(past, start - EDGE_SECONDS, end + EDGE_SECONDS)
    if not inside or any(view.problem for view in around):
        return None
    always = frozenset.intersection(*(frozenset(view.seen) for view in around))
    return InView(always, frozenset(n for view in around for n in (*view.seen, *view.partly)))


def _views(past: Scanpath, start: float, end: float) -> tuple[View, ...]:
    first = bisect_left(past.views, start, key=lambda view: view.seconds)
    last = bisect_left(past.views, end, key=lambda view: view.seconds)
    return past.views[first:last]
