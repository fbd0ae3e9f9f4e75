"""Whether manifest and responses are as the JSON Schema of a submission says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sightline.errors import Problem
from sightline.findings import Finding
from sightline.leaderboard.submission.submission_schema import validate, validate_line
from sightline.wording import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sightline.leaderboard.records import SubmittedResponse

MOST_DETAILS = 2_000
"""Values in the details of one response, lists of whole numbers counted as one."""

MOST_DETAILS_IN_ALL = 2_000_000
"""The same in all responses: the rules of the schema are slow, 20,000 values a second."""

_LONGEST = 400
_MOST_LINES = 20
_CROWDED = Problem("$.details", f"must hold at most {MOST_DETAILS:,} values")


def check(manifest: Mapping[str, Any], responses: Sequence[SubmittedResponse]) -> Iterator[Finding]:
    """Everything in a package that the schema does not allow."""
    for problem in validate(manifest):
        yield _error(problem.message, f"submission.json: {problem.where}")
    told = looked_at = 0
    for one in responses:
        size = _size(one.details)
        looked_at += size
        if looked_at > MOST_DETAILS_IN_ALL:
            what = f"details hold more than {MOST_DETAILS_IN_ALL:,} values in all"
            yield _error(what, "responses.jsonl")
            return
        problems = validate_line(_line(one)) if size <= MOST_DETAILS else [_CROWDED]
        told += bool(problems)
        if told > _MOST_LINES:
            yield _error("and more responses that the schema does not allow", "responses.jsonl")
            return
        for problem in problems:
            where = f"responses.jsonl: {shown(one.question_id, 60)}: {problem.where}"
            yield _error(problem.message, where)


def _size(details: Mapping[str, Any]) -> int:
    """How many values there are, up to one more than may be."""
    waiting: list[Any] = [details]
    seen = 0
    while waiting and seen <= MOST_DETAILS:
        value = waiting.pop()
        seen += 1
        if isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, list) and not all(type(one) is int for one in value):
            waiting.extend(value)
    return seen


def _line(one: SubmittedResponse) -> dict[str, Any]:
    return {
        "question_id": one.question_id,
        "response": one.response,
        "error": one.error,
        "details": one.details,
    }


def _error(what: str, where: str) -> Finding:
    return Finding("error", shown(what, _LONGEST), where=shown(where, _LONGEST))
