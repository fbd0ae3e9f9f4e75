"""The names that a labeller has used so far, so that it calls equal things alike."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Pool:
    """Names and how often each was used.

    It grows between rounds only, by the answers of whole rounds, in order of time: what is offered
    depends on nothing but the answers to earlier rounds, however the queries of one round are
    batched and in which order their answers come, and a run that is resumed offers the same.
    (The authors' pipeline meant to offer such a list; by mistake it was always empty.)

    Args:
        most: names that are offered, at most; 0 offers none.
        names: used before.
    """

    def __init__(self, most: int, names: Iterable[str] = ()) -> None:
        self._most = most
        self._counts = Counter(names)

    def add(self, names: Iterable[str]) -> None:
        """Count the names of a round."""
        self._counts.update(names)

    @property
    def offered(self) -> tuple[str, ...]:
        """The most frequent ones, most frequent first; equal ones by the alphabet."""
        ranked = sorted(self._counts, key=lambda name: (-self._counts[name], name))
        return tuple(ranked[: self._most])
