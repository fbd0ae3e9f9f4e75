"""Which test points are asked for, so that no place among them tells the label.

Before a thing first appears there is no alert, and of a thing that is looked at once for a moment
most points are none: who counts points, or never alerts, would be right too often.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from streamgaze_task.pipeline.questions.rules import spread
from streamgaze_task.pipeline.records import TestPoint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random

Row = tuple[int, ...]
"""Of some points: at each of MOST_POINTS places 1 for an alert, -1 for none, 0 for no point; and
their sum."""
Ways = dict[Row, tuple[TestPoint, ...]]
"""Row -> points of a thing that have it."""

MOST_POINTS = 5
"""Of a question (pipeline step 3 of daeunni/StreamGaze)."""
FEWEST_POINTS = 3
"""Of a question (ours): with both labels among them, no constant reply is right throughout."""
MOST_TRIED = 6
"""Possible points of either label among which the choice is made (ours)."""
MOST_EXCESS = 1
"""By how many the alerts at a place, or in all, may outnumber the others, or the reverse (ours)."""


def even_points(
    possible: Sequence[Sequence[TestPoint]], rng: Random
) -> dict[int, tuple[TestPoint, ...]]:
    """Which things to ask for, and at which of their points.

    Every thing in turn takes those of its points with which all together are most even, until
    nothing changes; then things are left out, one by one, as long as alerts outnumber the others,
    or the reverse, by more than one: of all points, of the first ones, of the second ones, and so
    on.

    Args:
        possible: of every thing the points that it may have, in order of time.
        rng: of the recording and task; it draws which points are left out.

    Returns:
        Position of a thing -> its points, both in order.
    """
    ways = {number: _ways(points, rng) for number, points in enumerate(possible)}
    chosen = _Chosen({number: each for number, each in ways.items() if each}, rng)
    chosen.settle()
    while not chosen.is_even():
        chosen.leave_one_out()
        chosen.settle()
    return {number: ways[number][row] for number, row in sorted(chosen.rows.items())}


def _ways(possible: Sequence[TestPoint], rng: Random) -> Ways:
    """Every row of labels that some of the points have, and one drawn way to have it."""
    tried: list[TestPoint] = []
    for alert in (False, True):
        alike = [point for point in possible if point.alert is alert]
        tried += [alike[place] for place in spread(alike, MOST_TRIED, rng)]
    tried.sort(key=lambda point: point.seconds)
    found: Ways = {}
    for size in range(FEWEST_POINTS, MOST_POINTS + 1):
        choices = list(combinations(tried, size))
        for choice in rng.sample(choices, len(choices)):
            signs = [1 if point.alert else -1 for point in choice]
            if len(set(signs)) > 1:
                found.setdefault((*signs, *[0] * (MOST_POINTS - size), sum(signs)), choice)
    return found


class _Chosen:
    """Which things are asked for, and with which row of labels."""

    def __init__(self, ways: Mapping[int, Ways], rng: Random) -> None:
        self._ways = ways
        self.rows = {number: rng.choice(list(each)) for number, each in ways.items()}
        self._excess = [sum(column) for column in zip(*self.rows.values(), strict=True)]
        self._lean = [(each > 0) - (each < 0) or rng.choice((-1, 1)) for each in self._drawn(rng)]

    def _drawn(self, rng: Random) -> Row:
        """Which label is over where points are odd: as in a row that can be had reversed too."""
        rows = (row for each in self._ways.values() for row in each if _reverse(row) in each)
        return rng.choice([*rows] or [(0,) * (MOST_POINTS + 1)])

    def settle(self) -> None:
        """Every thing in turn takes the row with which all are most even, until none changes."""
        changed = True
        while changed:
            changed = False
            for number, own in self.rows.items():
                self._count(_reverse(own))
                best = min(self._ways[number], key=self._cost)
                if self._cost(best) < self._cost(own):
                    self.rows[number], changed = best, True
                self._count(self.rows[number])

    def is_even(self) -> bool:
        """Whether alerts are as many as others, or one more or less: at every place, and in all."""
        return all(abs(each) <= MOST_EXCESS for each in self._excess)

    def leave_one_out(self) -> None:
        """That without which the others are most even; of equal ones that with the fewest rows."""

        def after(number: int) -> tuple[int, ...]:
            return *self._cost(_reverse(self.rows[number]))[:2], len(self._ways[number])

        self._count(_reverse(self.rows.pop(min(self.rows, key=after))))

    def _count(self, row: Row) -> None:
        self._excess = [each + more for each, more in zip(self._excess, row, strict=True)]

    def _cost(self, row: Row) -> tuple[int, ...]:
        """How uneven all would be with a row; of equally uneven ones the longest."""
        after = [each + more for each, more in zip(self._excess, row, strict=True)]
        beyond = sum(max(abs(each) - MOST_EXCESS, 0) for each in after)
        over = sum((2 * each - lean) ** 2 for each, lean in zip(after, self._lean, strict=True))
        return beyond, over, row[:MOST_POINTS].count(0)


def _reverse(row: Row) -> Row:
    return tuple(-each for each in row)
