"""Which of all good questions make the benchmark: as many as wanted, and no word tells the answer.

Where things are looked at unequally often, some words would be right far more often than one time
in four, whatever options stand beside them; a model that only counts words would win. So the choice
is made over all recordings together: a word's balance is three times how often it is right minus
how often it is wrong, 0 when it is right in a quarter of its appearances.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from streamgaze_task.pipeline.questions.rules import WRONG, chance, spread

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from streamgaze_task.pipeline.records import Question

MOST_UNBALANCING = WRONG**2 + WRONG
"""No question may unbalance the words more than one whose words are all new: its answer goes from 0
to 3, its three wrong options from 0 to -1, which is 9 + 3 in squares."""


def choose(candidates: Mapping[str, Sequence[Question]], most: int, seed: int) -> frozenset[str]:
    """Ids of the questions of one task that make the benchmark.

    Recordings take turns, and each takes the question that balances the words best. Questions
    without options are spread over their recording.

    Args:
        candidates: id of a recording -> its good questions of the task, in order of time.
        most: questions a recording, at most; >= 1.
        seed: decides among equally good ones.
    """
    rngs = {name: chance(seed, name, "choose") for name in sorted(candidates)}
    chosen: set[str] = set()
    left: dict[str, list[Question]] = {}
    for name, rng in rngs.items():
        asked = [one for one in candidates[name] if not one.answer]
        chosen |= {asked[place].id for place in spread(asked, most, rng)}
        choices = [one for one in candidates[name] if one.answer]
        left[name] = rng.sample(choices, len(choices))
    balance: Counter[str] = Counter()
    for _ in range(most):
        for questions in left.values():
            best = min(questions, key=lambda one: unbalancing(one, balance), default=None)
            if best is None or unbalancing(best, balance) > MOST_UNBALANCING:
                continue
            questions.remove(best)
            balance.update(weights(best))
            chosen.add(best.id)
    return frozenset(chosen)


def weights(question: Question) -> dict[str, int]:
    """Option -> what the question adds to its balance."""
    return {question.answer: WRONG, **dict.fromkeys(question.wrong, -1)}


def unbalancing(question: Question, balance: Mapping[str, int]) -> int:
    """By how much a question changes the sum of the squared balances of its options."""
    return sum(
        (balance.get(word, 0) + weight) ** 2 - balance.get(word, 0) ** 2
        for word, weight in weights(question).items()
    )
