"""Whether there is one response to each question of the split, and to no other."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sightline.findings import Finding
from sightline.leaderboard.checks.subject import some
from sightline.wording import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sightline.leaderboard.records import SubmittedResponse


def check(responses: Sequence[SubmittedResponse], expected: Sequence[str]) -> Iterator[Finding]:
    """Unknown, repeated and missing questions, each with their number.

    Args:
        responses: as read.
        expected: ids of the questions of the setting.
    """
    counted, known = Counter(one.question_id for one in responses), set(expected)
    unknown = [_name(one) for one in counted if one not in known]
    twice = [f"{_name(one)} ({number} times)" for one, number in counted.items() if number > 1]
    missing = [one for one in expected if one not in counted]
    if unknown:
        yield _error(
            f"{len(unknown):,} responses are to questions that the setting does not have: "
            f"{some(unknown)}"
        )
    if twice:
        yield _error(f"{len(twice):,} questions have more than one response: {some(twice)}")
    if len(missing) == len(expected):
        yield _error(f"none of the {len(expected):,} questions has a response")
    elif missing:
        yield Finding(
            "warning",
            f"partial run: {len(missing):,} of {len(expected):,} questions are missing and count "
            f"as wrong: {some(missing)}",
            "run them, too: `sightline eval` goes on where it stopped",
            "responses.jsonl",
        )


def usable(
    responses: Sequence[SubmittedResponse], expected: Sequence[str]
) -> tuple[SubmittedResponse, ...]:
    """The first response to each question that there is, so that a faulty package is scored too."""
    known = set(expected)
    first: dict[str, SubmittedResponse] = {}
    for one in responses:
        if one.question_id in known:
            first.setdefault(one.question_id, one)
    return tuple(first.values())


def _name(text: str) -> str:
    return shown(text, 60)


def _error(what: str) -> Finding:
    return Finding("error", what, "pack the run again: sightline submit", "responses.jsonl")
