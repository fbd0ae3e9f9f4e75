"""OI-E, which thing is looked at now, and what the four present tasks share.

The wrong options of OI-E are nowhere in view. No word tells right from wrong: all of them are right
answers elsewhere, and :class:`FairOptions` offers each about three times as often as it is right.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from functools import cache, lru_cache
from importlib.resources import files
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any

from streamgaze_task.pipeline.questions.rules import WRONG
from streamgaze_task.pipeline.records import Question
from streamgaze_task.pipeline.scanpath import settled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from random import Random

    from streamgaze_task.pipeline.questions.rules import Rules
    from streamgaze_task.pipeline.records import Episode
    from streamgaze_task.pipeline.scanpath import Scanpath

IDENTIFY = "Which object is the user currently gazing at?"
"""The released wording; pipeline step 3 of daeunni/StreamGaze has "What is this?"."""

LOOK_BACK = 60.0
"""Seconds that the window of a present question reaches back (the authors' evaluator), and so its
``response_time`` in the release."""


_REMEMBERED = 1 << 16
"""Comparisons of words: the same come again at every look."""


class FairOptions:
    """Draws wrong options so that a word is right in about a quarter of the questions offering it.

    A model that sees no video could otherwise bet on the word that is right most often: of uniform
    wrong options a rare word is mostly wrong and a frequent one mostly right. Here every word
    gains, with each question, three times its share of the right answers, pays one when it is
    offered, and those with most credit are offered. The shares are what is known without the
    recording's future: how often the benchmark's list names a word (a list that names each look's
    word makes the shares exact, one that names each word once makes them equal), and the answers
    of this recording so far. Where a word may not be offered, it keeps its credit until it may. A
    word that is the right answer of more than a quarter of all questions cannot be evened out, nor
    one that may hardly ever be offered.
    """

    def __init__(self, words: Iterable[str], rng: Random) -> None:
        self._right = Counter(words)
        self._rng = rng
        # Between 0 and 1: recordings begin with different words, and ties are drawn.
        self._credit = {word: rng.random() for word in sorted(self._right)}

    def take(self, answer: str, pool: Iterable[str]) -> tuple[str, ...]:
        """Three wrong options from a pool, in drawn order; () where it has fewer."""
        open_to = sorted(set(pool) & self._right.keys() - {answer})
        if len(open_to) < WRONG:
            return ()
        total = self._right.total()
        for word, count in self._right.items():
            self._credit[word] += WRONG * count / total
        chosen = sorted(open_to, key=lambda word: -self._credit[word])[:WRONG]
        for word in chosen:
            self._credit[word] -= 1
        if answer in self._right:
            self._right[answer] += 1
        return tuple(self._rng.sample(chosen, WRONG))


@cache
def question_words() -> dict[str, Any]:
    """The word lists of ``data/question_words.json``; where each is used says whose it is."""
    text = files("streamgaze_task").joinpath("data/question_words.json").read_text("utf-8")
    lists: dict[str, Any] = json.loads(text)
    return lists


@lru_cache(_REMEMBERED)
def stems(text: str) -> frozenset[str]:
    """The words of a text as they are compared: lower case, equal in singular and plural.

    ``Tomatoes`` -> ``tomato``, ``knife`` and ``knives`` -> ``kni``.
    """
    return frozenset(map(_stem, re.findall(r"[^\W_]+", text.lower())))


def _stem(word: str) -> str:
    if word.endswith(("oes", "xes", "shes", "ches", "sses")):
        return word[:-2]
    if word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    return re.sub(r"(?:ve|fe|f)$", "", word) or word


@lru_cache(_REMEMBERED)
def alike(a: str, b: str) -> bool:
    """Whether two names may mean one thing: a common word, or words of one meaning.

    Ours: the authors' filters compare whole names or substrings, to which "cup" and "mug" differ
    and "pan" and "pancake" are alike.
    """
    first, second = stems(a), stems(b)
    return bool(first & second) or any(
        first & group and second & group
        for group in map(frozenset, question_words()["same_things"])
    )


def unlike(pool: Iterable[str], names: Sequence[str]) -> Iterator[str]:
    """What of a pool means none of some things."""
    return (word for word in pool if not any(alike(word, name) for name in names))


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


def make(scanpath: Scanpath, rules: Rules, rng: Random) -> Iterator[Question]:
    """OI-E: the wrong options are not in view during the look, nor looked at within a minute.

    Args:
        scanpath: the recording.
        rules: whose vocabulary the options come from.
        rng: of this recording and task.
    """
    options, number = FairOptions(rules.vocabulary, rng), 0
    for episode, at in current_looks(scanpath):
        pool = unlike(rules.vocabulary, sorted(_around(scanpath, episode, at)))
        wrong = options.take(episode.name, pool)
        if wrong:
            extras: dict[str, object] = {"object": episode.name}
            yield present(
                scanpath,
                "oie",
                number,
                at,
                answer=episode.name,
                wrong=wrong,
                episode=episode,
                extras=extras,
            )
            number += 1


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
