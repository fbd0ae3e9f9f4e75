"""What makes a reader look twice. A pattern proves nothing, so none of these refuses a package."""

from __future__ import annotations

import statistics
from collections import Counter
from typing import TYPE_CHECKING, Any

from sightline.findings import Finding
from sightline.leaderboard.checks.letters import chi_square, tail
from sightline.leaderboard.checks.subject import number, said
from sightline.records import Outcome
from sightline.reports import disagreement
from sightline.wording import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sightline.leaderboard.board import Board, Setting
    from sightline.leaderboard.checks.subject import Rescored
    from sightline.records import Score

FEWEST = 20
"""Responses from which on a pattern is one."""

_ONE_LETTER = 0.98
_LEAST_P = 1e-6
_LARGEST_DISTANCE = 0.2
_LONG_TEXT, _SAME_TEXT = 30, 0.05
_SHORT_TEXT, _NEARLY_ALL = 4, 0.97
_FAILED, _DISAGREE = 10.0, 20.0
_FASTEST_SECONDS = 0.005
_FASTEST_TOKENS = 200_000.0


def check(
    board: Board, setting: Setting, manifest: Mapping[str, Any], ours: Rescored
) -> Iterator[Finding]:
    """Every pattern that is found.

    Args:
        board: of the benchmark.
        setting: of the package.
        manifest: as read.
        ours: the scores that we made, and their report.
    """
    answered = [one for one in ours.scores if one.details.get("response") is not None]
    yield from _letters(answered)
    yield from _same_texts(answered)
    yield from _bare_key(answered)
    yield from _failures(ours.scores)
    yield from _parsers(board, answered)
    yield from _above_people(board, setting, ours)
    yield from _time(manifest, len(answered))


def _letters(answered: Sequence[Score]) -> Iterator[Finding]:
    """Predictions among letters: always one, or far from the key's."""
    read = [one for one in answered if _letter(one) and len(one.answer) == 1]
    if len(read) < FEWEST:
        return
    found = Counter(_letter(one) for one in read)
    most, times = found.most_common(1)[0]
    if times >= _ONE_LETTER * len(read):
        yield _warning(f"{times:,} of {len(read):,} predictions are the letter {most}")
        return
    expected = Counter(one.answer for one in read)
    statistic, degrees = chi_square(found, expected)
    if degrees < 1:
        return
    chance = tail(statistic, degrees)
    apart = sum(abs(found[one] - expected[one]) for one in {*found, *expected}) / 2 / len(read)
    if chance < _LEAST_P and apart > _LARGEST_DISTANCE:
        shares = ", ".join(f"{one} {found[one]:,} ({expected[one]:,})" for one in sorted(expected))
        yield _warning(
            f"the predicted letters are far from the key's (in brackets): {shares}; "
            f"chi-square {statistic:.1f}, p {chance:.1g}"
        )


def _letter(one: Score) -> str:
    """The prediction of the headline parser, when it is a letter."""
    said_letter = next(iter(one.predictions.values()), None) or ""
    return said_letter if len(said_letter) == 1 else ""


def _same_texts(answered: Sequence[Score]) -> Iterator[Finding]:
    if len(answered) < FEWEST:
        return
    counted = Counter(" ".join(one.details["response"].split()) for one in answered)
    text, times = counted.most_common(1)[0]
    long_texts = {one: n for one, n in counted.items() if len(one) >= _LONG_TEXT}
    if len(counted) == 1 and text not in long_texts:
        yield _warning(f"all {times:,} responses are the same: {shown(text, 60)!r}")
    repeated = {one: n for one, n in long_texts.items() if n >= max(2, _SAME_TEXT * len(answered))}
    if repeated:
        text = max(repeated, key=lambda one: repeated[one])
        yield _warning(
            f"{len(repeated):,} long texts are the response to many questions, the most frequent "
            f"one to {repeated[text]:,}: {shown(text, 60)!r}"
        )


def _bare_key(answered: Sequence[Score]) -> Iterator[Finding]:
    """Nearly all right, and nothing but the letter: what a copy of the key looks like."""
    if len(answered) < FEWEST:
        return
    right = sum(one.outcome is Outcome.RIGHT for one in answered)
    length = statistics.median(len(one.details["response"].strip()) for one in answered)
    if right >= _NEARLY_ALL * len(answered) and length <= _SHORT_TEXT:
        yield _warning(
            f"{right:,} of {len(answered):,} responses are the key, without a word beside it"
        )


def _failures(scores: Sequence[Score]) -> Iterator[Finding]:
    asked = [one for one in scores if one.outcome is not Outcome.MISSING]
    counted = Counter(one.outcome for one in asked)
    failed = counted[Outcome.ERROR]
    if asked and failed == len(asked):
        yield _warning("the run failed on every question")
        return
    lost = failed + counted[Outcome.UNPARSED]
    if asked and 100 * lost / len(asked) > _FAILED:
        yield _warning(
            f"{lost:,} of {len(asked):,} responses have no prediction: the run failed on "
            f"{failed:,}, and in {counted[Outcome.UNPARSED]:,} none is found"
        )


def _parsers(board: Board, answered: Sequence[Score]) -> Iterator[Finding]:
    share = disagreement(answered, board.parsers)["share"]
    if share is None or len(board.parsers) < 2:  # noqa: PLR2004 (one cannot differ)
        return
    severe = share > _DISAGREE and len(answered) >= FEWEST
    yield Finding(
        "warning" if severe else "note",
        f"the parsers read other predictions in {share:.1f} % of the responses",
    )


def _above_people(board: Board, setting: Setting, ours: Rescored) -> Iterator[Finding]:
    value = board.headline(ours.report).value
    rows = [
        one for one in board.published() if one.kind == "people" and one.setting == setting.name
    ]
    for row in rows:
        if value > row.value:
            yield _warning(f"{value:.2f} % is more than people have ({row.name}: {row.value} %)")


def _time(manifest: Mapping[str, Any], answered: int) -> Iterator[Finding]:
    wall = number(said(manifest, "run", "wall_seconds"))
    ranks = number(said(manifest, "run", "ranks")) or 1
    if wall is None or not answered:
        return
    worked = wall * ranks
    if worked < _FASTEST_SECONDS * answered:
        yield _warning(
            f"{answered:,} responses in {wall:g} s on {ranks:g} ranks: no model is so fast"
        )
    tokens = number(said(manifest, "run", "tokens", "output")) or 0
    if worked > 0 and tokens / worked > _FASTEST_TOKENS:
        yield _warning(f"{tokens:,} tokens in {wall:g} s on {ranks:g} ranks: no model is so fast")


def _warning(what: str) -> Finding:
    return Finding("warning", what)
