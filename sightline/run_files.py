"""Responses and scores from the files of runs: what every benchmark's readers do alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sightline.accuracy import listed
from sightline.errors import ResponsesError
from sightline.jsonl import read_lines
from sightline.records import Outcome, Response, Score

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

Question = TypeVar("Question")


def response_of(question_id: str, row: Mapping[str, Any], place: str) -> Response:
    """A response from the border: ``text``, or ``error``, the reason why there is none.

    Raises:
        ResponsesError: the text is none; the message starts with the place.
    """
    text, error = row.get("text"), row.get("error")
    if error is not None:
        return Response(question_id, None, error=str(error))
    if text is None:
        return Response(question_id, None, error="the record has no response")
    if not isinstance(text, str):
        raise ResponsesError(f"{place}: the response must be text, but is {type(text).__name__}")
    return Response.from_text(question_id, text)


def text_of(row: Mapping[str, Any], key: str, place: str) -> str:
    """A field that must be text.

    Raises:
        ResponsesError: it is none.
    """
    value = row.get(key)
    if not isinstance(value, str):
        raise ResponsesError(f"{place}: {key} ({value!r}) must be text")
    return value


def response_again(old: Score, place: str) -> Response | None:
    """The response inside a score, to be scored again; None when the question was not answered.

    Raises:
        ResponsesError: the score does not carry its response.
    """
    if old.outcome is Outcome.MISSING:
        return None
    if old.outcome is Outcome.ERROR:
        return Response(old.question_id, None, error=old.error or "the reason was not kept")
    return Response(old.question_id, text_of(old.details, "response", place))


def known_question(known: Mapping[str, Question], question_id: str, place: str) -> Question:
    """The question of that id.

    Raises:
        ResponsesError: the dataset has none.
    """
    if question_id not in known:
        raise ResponsesError(
            f"{place}: question ({question_id!r}) is not in the dataset, which has "
            f"{len(known)} questions: {listed(known)}",
            next_step="score against the dataset that the run was made on",
        )
    return known[question_id]


def responses_of(
    files: Sequence[Path], known: Mapping[str, Question]
) -> Iterator[tuple[Question, Response, dict[str, Any]]]:
    """The lines of our responses files: each one's question, response, and what else it says.

    Args:
        files: JSONL with ``question_id``, and ``text`` or ``error``.
        known: id -> question.

    Raises:
        ResponsesError: a line is none of that, or its question is not known.
    """
    for file in files:
        for number, row in read_lines(file):
            place = f"{file}, line {number}"
            response = response_of(text_of(row, "question_id", place), row, place)
            details = {k: v for k, v in row.items() if k not in {"question_id", "text", "error"}}
            yield known_question(known, response.question_id, place), response, details


def once(scores: Iterable[Score]) -> tuple[Score, ...]:
    """The scores, when no question comes twice.

    Raises:
        ResponsesError: one does.
    """
    found: dict[str, Score] = {}
    twice = [one.question_id for one in scores if found.setdefault(one.question_id, one) is not one]
    if twice:
        raise ResponsesError(
            f"one response a question is expected, but {listed(twice)} came more than once",
            next_step="score one run at a time",
        )
    return tuple(found.values())
