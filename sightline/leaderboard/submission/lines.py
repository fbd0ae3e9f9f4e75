"""The responses of a run as the lines of a package."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sightline.leaderboard.records import SubmittedResponse
from sightline.leaderboard.submission.scrubbing import cleaned
from sightline.records import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sightline.leaderboard.records import FinishedRun
    from sightline.leaderboard.submission.scrubbing import Machine
    from sightline.records import Score

LEFT_OUT = frozenset(
    ("response", "options", "expected", "dataset_origin", "dataset_revision", "dataset_checksums")
)
"""Details that the line or the manifest says already, or that the dataset does."""

_MODEL_TEXT = ("thinking",)
"""Details that a model wrote: verbatim, as its responses."""

_LONGEST_ERROR = 2_000


def in_order(run: FinishedRun, scores: Sequence[Score]) -> FinishedRun:
    """The run in the order of the dataset, and without the details that the dataset tells.

    Args:
        run: as it was read.
        scores: of the whole split, scored again: what their details say is the dataset's.
    """
    place = {one.question_id: index for index, one in enumerate(scores)}
    own = [
        replace(one, details=_without(one.details, scores[place[one.question_id]].details))
        for one in run.scores
    ]
    return replace(run, scores=tuple(sorted(own, key=lambda one: place[one.question_id])))


def _without(details: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: v for name, v in details.items() if name == "response" or name not in told}


def submitted(
    run: FinishedRun, machine: Machine, mended: Callable[[str], None] = lambda _: None
) -> tuple[SubmittedResponse, ...]:
    """One line per question that the run has something on, in the order of its scores.

    Responses are verbatim; the reasons of errors and the details lose secrets and paths.

    Args:
        run: what was read.
        machine: what is private here.
        mended: told each place that was changed.
    """
    asked = [one for one in run.scores if one.outcome is not Outcome.MISSING]
    return tuple(_line(one, machine, mended) for one in asked)


def _line(one: Score, machine: Machine, mended: Callable[[str], None]) -> SubmittedResponse:
    place = f"{one.question_id}"
    kept = {name: value for name, value in one.details.items() if name not in LEFT_OUT}
    said = {name: kept.pop(name) for name in _MODEL_TEXT if name in kept}
    details = {**cleaned(kept, machine, mended, f"{place}.details"), **said}
    if one.outcome is Outcome.ERROR:
        reason = (one.error or "the reason was not kept")[:_LONGEST_ERROR]
        error = str(cleaned(reason, machine, mended, f"{place}.error"))
        return SubmittedResponse(one.question_id, None, error, details)
    return SubmittedResponse(one.question_id, one.details.get("response"), None, details)


def as_json(one: SubmittedResponse) -> dict[str, Any]:
    """A line as plain JSON types."""
    return {
        "question_id": one.question_id,
        "response": one.response,
        "error": one.error,
        "details": dict(one.details),
    }


def encoded(lines: Iterable[SubmittedResponse]) -> bytes:
    """The bytes of ``responses.jsonl``: equal lines, equal bytes.

    Half surrogate pairs, which UTF-8 cannot hold, are escaped: checking the lines refuses them.
    """
    return b"".join(_bytes(as_json(one)) for one in lines)


def _bytes(line: dict[str, Any]) -> bytes:
    options: dict[str, Any] = {"sort_keys": True, "separators": (",", ":")}
    text = json.dumps(line, ensure_ascii=False, **options)
    try:
        return f"{text}\n".encode()
    except UnicodeEncodeError:
        return f"{json.dumps(line, **options)}\n".encode()
