"""Wrong options among which no word tells right from wrong."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from streamgaze_task.pipeline.questions.rules import WRONG

if TYPE_CHECKING:
    from collections.abc import Iterable
    from random import Random


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
