"""What the numbers of a board are means of, found by asking the board itself.

A board hands out numbers and not their formulas. So it is shown a few made-up runs whose right
answers are spread unevenly over the members of an axis: only the true formula fits all of them.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sightline.comparing.pairs import missing
from sightline.comparing.statistics import Quantity
from sightline.errors import SightlineError
from sightline.records import Outcome, Score

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sightline.leaderboard.board import Axis, Board, Setting

_NEAR = 0.001
_PROBES = 3


@dataclass(frozen=True)
class _Probe:
    """A made-up run and what the board says of it."""

    right: tuple[float, ...]
    """100 where it is right, else 0."""
    headline: float
    """The number of the table."""
    cells: Mapping[str, Mapping[str, Mapping[str, Any]]]
    """As `Board.cells`."""


@dataclass(frozen=True)
class Formulas:
    """What the numbers of a board are means of."""

    headline: Quantity
    """Of the number of the table."""
    over: Axis | None
    """The axis over whose members it is the unweighted mean; None where it is right answers by
    questions."""
    probes: tuple[_Probe, ...]
    """What the board was asked."""

    @classmethod
    def of(cls, board: Board, setting: Setting, split: Sequence[Score]) -> Formulas:
        """Ask the board.

        Args:
            board: of the benchmark.
            setting: the one that was run.
            split: a score of every question, whatever the outcome.

        Raises:
            SightlineError: the headline is neither a share of questions nor the mean over an axis.
        """
        probes = tuple(_asked(board, setting, split, seed) for seed in range(_PROBES))
        for quantity, over in _candidates(board, split):
            if _fits(quantity, probes, [probe.headline for probe in probes]):
                return cls(quantity, over, probes)
        raise SightlineError(
            f"the headline of {board.title} ({board.metric}) is neither a share of the questions "
            "nor a mean over the members of an axis, so it cannot be compared",
            next_step="please report this: it is a fault of Sightline",
        )

    def slice_of(self, axis: Axis, member: str, questions: tuple[int, ...]) -> Quantity:
        """A slice as its board counts it: a mean as the headline is one, or by questions."""
        whole = Quantity((questions,))
        values = [probe.cells.get(axis.name, {}).get(member, {}) for probe in self.probes]
        told = [value["value"] for value in values if value.get("value") is not None]
        if self.over is None or len(told) < len(values) or _fits(whole, self.probes, told):
            return whole
        inside = set(questions)
        parts = (tuple(i for i in part if i in inside) for part in self.headline.strata)
        means = Quantity(tuple(part for part in parts if part))
        return means if _fits(means, self.probes, told) else whole


def members(axis: Axis, split: Sequence[Score]) -> dict[str, tuple[int, ...]]:
    """Member -> numbers of its questions, in the axis' order; members without any are left out."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    for number, one in enumerate(split):
        if axis.name in one.slices:
            found[one.slices[axis.name]].append(number)
    return {member: tuple(found[member]) for member in axis.members if member in found}


def _candidates(board: Board, split: Sequence[Score]) -> Iterator[tuple[Quantity, Axis | None]]:
    yield Quantity((tuple(range(len(split))),)), None
    for axis in board.axes:
        groups = tuple(members(axis, split).values())
        if sum(map(len, groups)) == len(split):
            yield Quantity(groups), axis


def _fits(quantity: Quantity, probes: Sequence[_Probe], values: Sequence[float]) -> bool:
    rows = zip(probes, values, strict=True)
    return all(abs(quantity.of(probe.right) - value) < _NEAR for probe, value in rows)


def _asked(board: Board, setting: Setting, split: Sequence[Score], seed: int) -> _Probe:
    """What a board says of a run that is better in each member of the first axis than before."""
    groups = list(members(board.axes[0], split).values())
    generator = random.Random(seed)  # noqa: S311 (no secret)
    right = {
        number
        for place, group in enumerate(groups, 1)
        for number in group
        if generator.random() < place / (len(groups) + 1)
    }
    scores = [_right(one) if number in right else missing(one) for number, one in enumerate(split)]
    report = board.summarise(scores, setting, "probe")
    shares = tuple(100.0 * (number in right) for number in range(len(split)))
    return _Probe(shares, board.headline(report).value, board.cells(report))


def _right(one: Score) -> Score:
    return replace(
        one,
        outcome=Outcome.RIGHT,
        predictions=dict.fromkeys(one.predictions, one.answer),
        outcomes=dict.fromkeys(one.outcomes, Outcome.RIGHT),
        error=None,
        details={**one.details, "response": one.answer},
    )
