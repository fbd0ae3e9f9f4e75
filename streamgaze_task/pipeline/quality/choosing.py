"""Which of all good questions make the benchmark: as many as wanted, and no word tells the answer.

Where things are looked at unequally often, some words would be right far more often than one time
in four, whatever options stand beside them; a model that only counts words would win. So the choice
is made over all recordings together: a word's balance is three times how often it is right minus
how often it is wrong, 0 when it is right in a quarter of its appearances.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from streamgaze_task.pipeline.questions.rules import WRONG, chance

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from streamgaze_task.pipeline.records import Question

FRESH = WRONG**2
"""Square of the balance of a word that was right once and never wrong: always allowed."""


def choose(candidates: Mapping[str, Sequence[Question]], most: int, seed: int) -> frozenset[str]:
    """Ids of the questions of one task that make the benchmark.

    Recordings take turns, and each takes the first question, in random order, that leaves every
    one of its words as balanced as chance alone would. Always the best balanced one would be too
    much of a good thing: what is right less often than it should be in one half of the benchmark
    would then be right in the other. Questions without options are spread over their recording: of
    every part the one with which, over all recordings, the first test points are most evenly alerts
    and none, the second ones too, and so on.

    Args:
        candidates: id of a recording -> its good questions of the task, in order of time.
        most: questions a recording, at most; >= 1.
        seed: decides the order.
    """
    rngs = {name: chance(seed, name, "choose") for name in sorted(candidates)}
    chosen: set[str] = set()
    places: Counter[int] = Counter()
    left: dict[str, list[Question]] = {}
    for name, rng in rngs.items():
        asked = [one for one in candidates[name] if not one.answer]
        for part in parts(asked, most):
            taken = min(rng.sample(part, len(part)), key=lambda one: unevenness(one, places))
            places.update(alerts(taken))
            chosen.add(taken.id)
        choices = [one for one in candidates[name] if one.answer]
        left[name] = rng.sample(choices, len(choices))
    words = Words()
    for _ in range(most):
        for questions in left.values():
            fair = next((one for one in questions if words.stay_balanced(one)), None)
            if fair is not None:
                questions.remove(fair)
                words.add(fair)
                chosen.add(fair.id)
    return frozenset(chosen)


def parts(found: Sequence[Question], most: int) -> list[Sequence[Question]]:
    """Equal parts of what was found, in order: as many as wanted, none of them empty."""
    count = min(len(found), most)
    edges = [len(found) * k // max(count, 1) for k in range(count + 1)]
    return [found[a:b] for a, b in pairwise(edges)]


def alerts(question: Question) -> dict[int, int]:
    """Place of a test point -> 1 for an alert, -1 for none."""
    return {place: 1 if point.alert else -1 for place, point in enumerate(question.points)}


def unevenness(question: Question, places: Counter[int]) -> int:
    """How uneven the places are with a question; a first point at a place is free."""
    more = alerts(question)
    return sum((places[place] + more[place]) ** 2 - places[place] ** 2 - 1 for place in more)


class Words:
    """How often each word was right and wrong in the questions taken so far."""

    def __init__(self) -> None:
        self._balance: Counter[str] = Counter()
        self._seen: Counter[str] = Counter()

    def add(self, question: Question) -> None:
        """Count a question's words."""
        self._balance.update(weights(question))
        self._seen.update(weights(question).keys())

    def stay_balanced(self, question: Question) -> bool:
        """Whether every word of a question is balanced also with it.

        Balanced is what lies within one standard deviation of a word that is right by chance: one
        appearance adds 3 with probability 1/4 and -1 otherwise, whose variance is 3. A word that is
        brought nearer to 0 is always fine.
        """
        for word, weight in weights(question).items():
            before = self._balance[word]
            after = before + weight
            most = max(FRESH, WRONG * (self._seen[word] + 1))
            if after**2 > most and abs(after) > abs(before):
                return False
        return True


def weights(question: Question) -> dict[str, int]:
    """Option -> what the question adds to its balance."""
    return {question.answer: WRONG, **dict.fromkeys(question.wrong, -1)}
