"""Outcomes -> accuracy: one metric, one grouping, two intervals, one paired comparison.

The denominator is what was expected, never what was found: a question without a score counts as
missing, which is not right. Questions on one video are not independent, so the headline interval
is clustered by video. All shares are fractions in [0, 1].
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sightline.errors import ResponsesError
from sightline.intervals import (
    Interval,
    clustered_error,
    effective_size,
    sign_test,
    wilson,
)
from sightline.records import Outcome as Outcome  # noqa: PLC0414 (part of this module's surface)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sightline.records import Score

RESERVED_MEMBERS = frozenset({"all", "overall"})
"""Names a slice may not have, because tables use them for the whole."""

_SHOWN = 5


@dataclass(frozen=True)
class Accuracy:
    """The outcomes of a set of questions and what follows from them."""

    expected: int
    """Number of questions in the split: the denominator."""
    right: int
    """Number of right answers."""
    wrong: int
    """Number of answers that are another option."""
    unparsed: int
    """Number of responses in which the parser finds no letter."""
    missing: int
    """Number of questions that were never answered."""
    error: int
    """Number of questions on which the run failed."""
    chance: float
    """Expected accuracy of a uniform guess: the mean of 1 / option_count; nan when unknown."""
    interval: Interval
    """Headline: 95 % Wilson interval at the effective sample size, clustered by video."""
    wilson: Interval
    """95 % Wilson interval as if all questions were independent."""

    @property
    def accuracy(self) -> float:
        """Share of right answers; nan when nothing was expected."""
        return _share(self.right, self.expected)

    @property
    def failure_rate(self) -> float:
        """Share of questions without a readable letter: unparsed, missing or error."""
        return _share(self.unparsed + self.missing + self.error, self.expected)

    @property
    def bounds(self) -> Interval:
        """Accuracy if every missing question were wrong, and if every one were right."""
        return Interval(self.accuracy, _share(self.right + self.missing, self.expected))

    @property
    def chance_adjusted(self) -> float:
        """0 at chance, 1 when all is right; below 0 when worse than guessing."""
        return (self.accuracy - self.chance) / (1 - self.chance)

    def as_percent(self) -> dict[str, Any]:
        """Everything as plain JSON types for a report; shares are percent, nan is None."""
        return {
            "expected": self.expected,
            "right": self.right,
            "wrong": self.wrong,
            "unparsed": self.unparsed,
            "missing": self.missing,
            "error": self.error,
            "accuracy": percent(self.accuracy),
            "failure_rate": percent(self.failure_rate),
            "chance": percent(self.chance),
            "chance_adjusted": percent(self.chance_adjusted),
            "interval": [percent(end) for end in self.interval],
            "wilson": [percent(end) for end in self.wilson],
            "bounds": [percent(end) for end in self.bounds],
        }


def percent(share: float) -> float | None:
    """A share in [0, 1] as percent for a report; None for nan."""
    return None if math.isnan(share) else round(100 * share, 4)


def accuracy(
    scores: Sequence[Score], *, parser: str | None = None, expected: int | None = None
) -> Accuracy:
    """The accuracy of a set of questions.

    Args:
        scores: one per question.
        parser: whose outcomes; None takes the headline outcome.
        expected: number of questions in the split when it is more than there are scores: the rest
            counts as missing, each in a cluster of its own, with an unknown number of options.

    Raises:
        ValueError: fewer questions are expected than there are scores, or no such parser.
    """
    total = len(scores) if expected is None else expected
    if total < len(scores):
        raise ValueError(f"expected ({total}) must be at least the number of scores, {len(scores)}")
    outcomes = [_outcome(score, parser) for score in scores]
    counts = Counter(outcomes)
    hits = defaultdict(list)
    for score, outcome in zip(scores, outcomes, strict=True):
        hits[score.cluster].append(outcome is Outcome.RIGHT)
    clusters = [*hits.values(), *([False] for _ in range(total - len(scores)))]
    right = counts[Outcome.RIGHT]
    return Accuracy(
        expected=total,
        right=right,
        wrong=counts[Outcome.WRONG],
        unparsed=counts[Outcome.UNPARSED],
        missing=counts[Outcome.MISSING] + total - len(scores),
        error=counts[Outcome.ERROR],
        chance=_share(math.fsum(1 / score.option_count for score in scores), len(scores)),
        interval=wilson(_share(right, total), effective_size(clusters)),
        wilson=wilson(_share(right, total), total),
    )


def grouped(
    scores: Sequence[Score],
    axis: str,
    members: Sequence[str],
    *,
    parser: str | None = None,
    expected: Mapping[str, int] | None = None,
) -> dict[str, Accuracy]:
    """The accuracy of every member of an axis, in the order given; scores off the axis are left.

    Args:
        scores: one per question.
        axis: name of the axis in ``Score.slices``.
        members: all its members; one without a score has ``expected == 0``.
        parser: as in :func:`accuracy`.
        expected: member -> number of questions in the split, as in :func:`accuracy`.

    Raises:
        ValueError: a member has a reserved name, or a score belongs to none of the members.
    """
    reserved = RESERVED_MEMBERS.intersection(member.lower() for member in members)
    if reserved:
        raise ValueError(f"axis {axis!r} must not have a member called {sorted(reserved)}")
    groups: dict[str, list[Score]] = {member: [] for member in members}
    for score in scores:
        member = score.slices.get(axis)
        if member is None:
            continue
        if member not in groups:
            raise ValueError(
                f"{score.question_id}: {axis} ({member!r}) must be one of {sorted(members)}"
            )
        groups[member].append(score)
    return {
        member: accuracy(group, parser=parser, expected=(expected or {}).get(member))
        for member, group in groups.items()
    }


def complete(scores: Iterable[Score], expected: Iterable[Score]) -> list[Score]:
    """One score for every question of the split, in the order of the split.

    Args:
        scores: what the run left behind.
        expected: the MISSING score of every question of the split.

    Raises:
        ResponsesError: a question was scored twice, or is not in the split.
    """
    found: dict[str, Score] = {}
    twice = []
    for score in scores:
        if score.question_id in found:
            twice.append(score.question_id)
        found[score.question_id] = score
    if twice:
        raise ResponsesError(
            f"one score a question is expected, but {listed(twice)} came more than once",
            next_step="score one run at a time",
        )
    whole = [found.pop(missing.question_id, missing) for missing in expected]
    if found:
        raise ResponsesError(
            f"{len(found)} scored question(s) are not in the split: {listed(found)}",
            next_step="score against the dataset that the run was made on",
        )
    return whole


def listed(names: Iterable[str]) -> str:
    """The first few names, and how many more there are."""
    every = list(names)
    more = f" and {len(every) - _SHOWN} more" if len(every) > _SHOWN else ""
    return ", ".join(every[:_SHOWN]) + more


@dataclass(frozen=True)
class Paired:
    """Two runs on the same questions."""

    difference: float
    """Accuracy of the first minus accuracy of the second, in [-1, 1]."""
    standard_error: float
    """Of the difference, clustered by video; nan with a single cluster."""
    only_first: int
    """Questions that only the first run has right."""
    only_second: int
    """Questions that only the second run has right."""
    p_value: float
    """Exact two-sided McNemar test on those questions; takes them as independent."""
    p_value_clusters: float
    """Exact two-sided sign test on the videos, by which run has more of it right."""


def paired(first: Sequence[Score], second: Sequence[Score], *, parser: str | None = None) -> Paired:
    """Compare two runs question by question.

    Raises:
        ResponsesError: the runs are not on the same questions.
    """
    other = {score.question_id: score for score in second}
    apart = {score.question_id for score in first} ^ set(other)
    if apart or len(first) != len(second) or len(other) != len(second):
        raise ResponsesError(
            f"two runs on the same questions are expected; they differ in {len(apart)} "
            f"({listed(sorted(apart))}) and have {len(first)} and {len(second)} scores",
            next_step="complete both runs with the questions of one split first",
        )
    groups = defaultdict(list)
    for score in first:
        pair = (score, other[score.question_id])
        hits = [_outcome(one, parser) is Outcome.RIGHT for one in pair]
        groups[score.cluster].append(hits[0] - hits[1])
    changes = [change for group in groups.values() for change in group]
    sums = [sum(group) for group in groups.values()]
    ups, downs = changes.count(1), changes.count(-1)
    return Paired(
        difference=_share(ups - downs, len(changes)),
        standard_error=clustered_error(list(groups.values())),
        only_first=ups,
        only_second=downs,
        p_value=sign_test(ups, downs),
        p_value_clusters=sign_test(sum(s > 0 for s in sums), sum(s < 0 for s in sums)),
    )


def _share(part: float, whole: int) -> float:
    return part / whole if whole else math.nan


def _outcome(score: Score, parser: str | None) -> Outcome:
    if parser is None:
        return score.outcome
    try:
        return score.outcomes[parser]
    except KeyError:
        known = ", ".join(score.outcomes) or "none"
        raise ValueError(f"parser ({parser!r}) must be one of: {known}") from None
