"""Two runs on the same questions, one beside the other: refused where they are not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sightline.accuracy import complete, listed
from sightline.errors import ResponsesError, UsageError
from sightline.records import Outcome, Score

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.comparing.sides import Side


@dataclass(frozen=True)
class Pairs:
    """Every question of the split with what became of it in both runs."""

    first: tuple[Score, ...]
    """Of the first run, one a question; MISSING where it was not asked."""
    second: tuple[Score, ...]
    """Of the second, in the same order."""
    notes: tuple[str, ...]
    """What a reader must know before any number, one sentence each."""


def pair_up(first: Side, second: Side, *, across_settings: bool = False) -> Pairs:
    """Put two runs side by side, over all questions of their split.

    Where the sides were read with a dataset its questions are the split. Without one it is every
    question that either run has, and what the samples say of the split is told.

    Args:
        first: a run.
        second: another one of the same benchmark.
        across_settings: allow two settings: the same questions shown in two ways.

    Raises:
        UsageError: another benchmark, or another setting without `across_settings`.
        ResponsesError: the runs are not on the same questions.
    """
    notes = _same_setting(first, second, across_settings=across_settings)
    _same_questions(first, second)
    split = first.split or second.split or _union(first.scores, second.scores)
    sides = [tuple(complete(side.scores, split)) for side in (first, second)]
    notes += _same_dataset(first, second)
    for name, side, whole in zip(("A", "B"), (first, second), sides, strict=True):
        notes += _not_answered(name, side, whole)
    if not (first.split or second.split):
        notes += _not_listed(first, second, len(split))
    return Pairs(sides[0], sides[1], tuple(notes))


def missing(score: Score) -> Score:
    """The same question, never answered."""
    return replace(
        score,
        outcome=Outcome.MISSING,
        predictions=dict.fromkeys(score.predictions),
        outcomes=dict.fromkeys(score.outcomes, Outcome.MISSING),
        error=None,
        details={**score.details, "response": None},
    )


def _same_setting(first: Side, second: Side, *, across_settings: bool) -> list[str]:
    if first.board.benchmark != second.board.benchmark:
        raise UsageError(
            f"two runs of one benchmark are expected, but A is of {first.board.title} and B of "
            f"{second.board.title}"
        )
    if first.setting.name == second.setting.name:
        return []
    ways = f"A was shown {first.setting.title!r} and B {second.setting.title!r}"
    if not across_settings:
        raise UsageError(
            f"two runs of one setting are expected, but {ways}",
            next_step="--across-settings compares them all the same: the same questions, shown "
            "in two ways",
        )
    loud = (
        f"TWO SETTINGS: {ways}. Differences are of model and input together; only with the same "
        "model are they of the input alone, and no leaderboard compares them."
    )
    return [loud]


def _same_questions(first: Side, second: Side) -> None:
    other = {one.question_id: one for one in second.scores}
    shared = [(one, other[one.question_id]) for one in first.scores if one.question_id in other]
    if not shared and not (first.split or second.split):
        raise ResponsesError(
            f"two runs on the same questions are expected, but A ({len(first.scores)} questions) "
            f"and B ({len(second.scores)}) share none",
            next_step="name two runs of the same dataset, or the dataset with --dataset",
        )
    apart = [one.question_id for one, two in shared if _question(one) != _question(two)]
    if apart:
        raise ResponsesError(
            f"two runs on the same questions are expected, but {len(apart)} differ in key, "
            f"options, slices or video: {listed(apart)}",
            next_step="the runs were made on two versions of the dataset: run one of them again",
        )


def _question(one: Score) -> tuple[object, ...]:
    options = one.details.get("options")
    return one.answer, one.option_count, dict(one.slices), one.cluster, options


def _union(first: Sequence[Score], second: Sequence[Score]) -> tuple[Score, ...]:
    """Every question of either run, by id: the order of the runs must not matter."""
    known = {one.question_id: one for one in (*second, *first)}
    return tuple(missing(known[name]) for name in sorted(known))


def _same_dataset(first: Side, second: Side) -> list[str]:
    sums = [side.dataset.get("checksums") for side in (first, second)]
    if None in sums or sums[0] == sums[1]:
        return []
    note = (
        "The runs name other checksums of the dataset; the questions that both have agree in "
        "key, options, slices and video."
    )
    return [note]


def _not_answered(name: str, side: Side, whole: Sequence[Score]) -> list[str]:
    absent = sum(one.outcome is Outcome.MISSING for one in whole)
    if not absent:
        return []
    note = (
        f"{name} ({side.name}) is a partial run: {absent:,} of {len(whole):,} questions are "
        "missing in it, and count as not right."
    )
    return [note]


def _not_listed(first: Side, second: Side, listed_questions: int) -> list[str]:
    stated = max(side.stated or 0 for side in (first, second))
    if stated <= listed_questions:
        return []
    note = (
        f"The split has {stated:,} questions; {stated - listed_questions:,} of them are in neither "
        "run and are left out here. --dataset FOLDER counts them, too."
    )
    return [note]
