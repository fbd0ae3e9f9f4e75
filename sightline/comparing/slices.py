"""Two runs compared: the headline, every member of every axis, and the answers that changed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from sightline.comparing.headline import Formulas, members
from sightline.comparing.records import (
    FEWEST_QUESTIONS,
    FEWEST_VIDEOS,
    Comparison,
    Flip,
    Slice,
)
from sightline.comparing.statistics import (
    DRAWS,
    SEED,
    Quantity,
    benjamini_hochberg,
    holm,
    paired,
)
from sightline.intervals import sign_test
from sightline.records import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.comparing.pairs import Pairs
    from sightline.comparing.sides import Side
    from sightline.leaderboard.board import Axis, Board, Headline
    from sightline.records import Score
_FEWEST_TO_TEST = 6
"""On fewer videos than this all of them falling one way has a chance of 1 in 16 or more."""


def compare(
    first: Side, second: Side, pairs: Pairs, *, draws: int = DRAWS, seed: int = SEED
) -> Comparison:
    """Compare two runs that were put side by side.

    Args:
        first: A.
        second: B.
        pairs: the same two, question by question.
        draws: of the bootstrap and of the test.
        seed: of their generators.

    Raises:
        SightlineError: the board's headline cannot be compared.
    """
    board = first.board
    formulas = Formulas.of(board, first.setting, pairs.first)
    places = [_Place("", "all", "all questions", "all questions", formulas.headline)]
    places += [place for one in board.axes for place in _places(one, pairs.first, formulas)]
    found = _tested(board, pairs, places, draws, seed)
    slices = _corrected(found[1:], [place.quantity for place in places[1:]])
    tested = {
        place.quantity
        for place, one in zip(places[1:], slices, strict=True)
        if one.p_value is not None
    }
    return Comparison(
        benchmark=board.title,
        settings=tuple(dict.fromkeys(side.setting.title for side in (first, second))),
        metric=board.metric,
        mean_over=formulas.over.title if formulas.over else None,
        names=_names(first, second),
        sources=(first.source, second.source),
        accuracies=(
            _headline(first, pairs.first),
            _headline(second, pairs.second),
        ),
        headline=found[0],
        slices=tuple(slices),
        flips=tuple(_flips(board, pairs)),
        notes=pairs.notes,
        tests=len(tested),
        draws=draws,
        seed=seed,
    )


class _Place(NamedTuple):
    """What is to be compared; the fields are those of Slice."""

    axis: str
    member: str
    title: str
    short: str
    quantity: Quantity


def _places(axis: Axis, split: Sequence[Score], formulas: Formulas) -> list[_Place]:
    return [
        _Place(
            axis.name,
            member,
            f"{axis.title}: {member}",
            axis.short.get(member, member),
            formulas.slice_of(axis, member, questions),
        )
        for member, questions in members(axis, split).items()
    ]


def _names(first: Side, second: Side) -> tuple[str, str]:
    """Two names that differ."""
    if first.name != second.name:
        return first.name, second.name
    if first.setting.name != second.setting.name:
        return f"{first.name}, {first.setting.title}", f"{second.name}, {second.setting.title}"
    if first.source != second.source:
        return f"{first.name}, {first.source}", f"{second.name}, {second.source}"
    return f"{first.name} (A)", f"{second.name} (B)"


def _headline(side: Side, scores: Sequence[Score]) -> Headline:
    return side.board.headline(side.board.summarise(scores, side.setting, side.name))


def right(score: Score, parser: str) -> bool:
    """Whether the response is right by that parser."""
    return score.outcomes.get(parser, score.outcome) is Outcome.RIGHT


def _tested(
    board: Board,
    pairs: Pairs,
    places: Sequence[_Place],
    draws: int,
    seed: int,
) -> list[Slice]:
    rows = zip(pairs.first, pairs.second, strict=True)
    hits = [[right(score, board.headline_parser) for score in pair] for pair in rows]
    videos = [one.cluster for one in pairs.first]
    plain = [_plain(place, hits, videos) for place in places]
    tested = [number for number, one in enumerate(plain) if one.p_mcnemar is not None]
    changes = [a - b for a, b in hits]
    results = paired(changes, videos, [places[i].quantity for i in tested], draws=draws, seed=seed)
    for number, result in zip(tested, results, strict=True):
        one = replace(plain[number], p_value=result.p_value)
        if one.videos >= FEWEST_VIDEOS:
            one = replace(one, low=100 * result.low, high=100 * result.high)
        else:
            one = replace(one, note=_few(one.videos))
        plain[number] = one
    return plain


def _few(videos: int) -> str:
    if videos < _FEWEST_TO_TEST:
        return f"{videos} videos: too few for an interval, or for any test to show a difference"
    return f"{videos} videos: too few for an interval"


def _plain(place: _Place, hits: Sequence[Sequence[bool]], videos: Sequence[str]) -> Slice:
    """What needs no draws: counts, the exact tests, or the reason why there is no test."""
    quantity = place.quantity
    inside = [number for stratum in quantity.strata for number in stratum]
    sums: dict[str, int] = {}
    for number in inside:
        a, b = hits[number]
        sums[videos[number]] = sums.get(videos[number], 0) + a - b
    ups = sum(a and not b for a, b in (hits[i] for i in inside))
    downs = sum(b and not a for a, b in (hits[i] for i in inside))
    first, second = (100 * quantity.of([pair[run] for pair in hits]) for run in (0, 1))
    one = Slice(
        axis=place.axis,
        member=place.member,
        title=place.title,
        short=place.short,
        questions=len(inside),
        videos=len(sums),
        first=first,
        second=second,
        difference=first - second,
        only_first=ups,
        only_second=downs,
    )
    if len(inside) < FEWEST_QUESTIONS:
        return replace(one, note=f"n = {len(inside)}: too few to test")
    if not ups and not downs:
        return replace(one, note="no question is right in one run only")
    return replace(
        one,
        p_mcnemar=sign_test(ups, downs),
        p_sign=sign_test(sum(s > 0 for s in sums.values()), sum(s < 0 for s in sums.values())),
    )


def _corrected(slices: Sequence[Slice], quantities: Sequence[Quantity]) -> list[Slice]:
    """The slices with their p values corrected for all different ones that were tested.

    An axis may have a member with the very questions of another's: the same test, counted once.
    """
    rows = zip(slices, quantities, strict=True)
    tested = {of: p for one, of in rows if (p := one.p_value) is not None}
    corrected = zip(holm([*tested.values()]), benjamini_hochberg([*tested.values()]), strict=True)
    both = dict(zip(tested, corrected, strict=True))
    return [
        replace(one, p_holm=both[of][0], q_value=both[of][1]) if of in both else one
        for one, of in zip(slices, quantities, strict=True)
    ]


def _flips(board: Board, pairs: Pairs) -> list[Flip]:
    axis, parser = board.axes[0].name, board.headline_parser
    return [
        Flip(
            question_id=a.question_id,
            member=a.slices.get(axis, ""),
            answer=a.answer,
            first=read_as(a, parser),
            second=read_as(b, parser),
            right="A" if right(a, parser) else "B",
        )
        for a, b in zip(pairs.first, pairs.second, strict=True)
        if right(a, parser) != right(b, parser)
    ]


def read_as(score: Score, parser: str) -> str:
    """The prediction by that parser; the outcome where there is none."""
    outcome = score.outcomes.get(parser, score.outcome)
    return score.predictions.get(parser) or outcome.value
