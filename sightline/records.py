"""What a run leaves behind: one Response and one Score per sample, as JSONL.

Two producers of responses (any lmms-eval model, or the authors' own scripts), one record.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 (dataclasses resolve it)
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

ERROR_MARK = "[sightline error] "
"""How a response starts that is none: the run failed on this sample, the reason follows."""

UPSTREAM_ERROR_MARKS = ("[LMMS_EVAL_REQUEST_FAILED", "[LMMS_EVAL_BUDGET_EXCEEDED")
"""How the answers of lmms-eval's API backends start when a request failed for good."""


class Outcome(str, Enum):
    """What became of one sample. The denominator is the split, so all of them are counted."""

    RIGHT = "right"
    """The prediction is the answer."""
    WRONG = "wrong"
    """The prediction is another option."""
    UNPARSED = "unparsed"
    """There is a response, but the parser finds no letter in it."""
    MISSING = "missing"
    """The question was never answered: it is in the split, but not in the run."""
    ERROR = "error"
    """The run failed on this sample; the reason is kept with it."""


@dataclass(frozen=True)
class Response:
    """What a model said to one question."""

    question_id: str
    """Id of the question, as in the release."""
    text: str | None
    """Raw model text; None when the run failed on this sample."""
    error: str | None = None
    """Why there is no text."""

    @property
    def reason(self) -> str | None:
        """Why there is no text to read; None when there is one."""
        if self.error is None and self.text is None:
            return "the response has neither a text nor an error"
        return self.error

    @classmethod
    def from_text(cls, question_id: str, text: str) -> Response:
        """What a backend handed to lmms-eval: a response, or a mark that says why there is none."""
        mark = ERROR_MARK.strip()  # lmms-eval strips what backends return
        if text.startswith(mark):
            reason = text[len(mark) :].strip() or "the backend gave no reason"
            return cls(question_id, None, error=reason)
        if text.startswith(UPSTREAM_ERROR_MARKS):
            return cls(question_id, None, error=text)
        return cls(question_id, text)


@dataclass(frozen=True)
class Score:
    """One scored sample: enough to make every table again without model, media or dataset."""

    question_id: str
    """Id of the question, as in the release."""
    answer: str
    """The gold letter."""
    option_count: int
    """Number of options, at least 2: 1 / option_count is the chance level of this sample."""
    outcome: Outcome
    """By the headline parser, the published one."""
    predictions: Mapping[str, str | None]
    """Parser name -> letter, or None."""
    outcomes: Mapping[str, Outcome]
    """Parser name -> outcome."""
    slices: Mapping[str, str]
    """Axis -> member, e.g. ``{"type": "Planning", "difficulty": "hard"}``; an axis that does
    not apply to this sample is absent."""
    cluster: str
    """The video(s) asked about: samples of one cluster are not independent."""
    error: str | None = None
    """The reason when the outcome is ERROR."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """What else the run knows: frame indices, message hash, response, profile."""

    def as_dict(self) -> dict[str, Any]:
        """The record as plain JSON types; :meth:`from_dict` reads it back."""
        return {
            "question_id": self.question_id,
            "answer": self.answer,
            "option_count": self.option_count,
            "outcome": self.outcome.value,
            "predictions": dict(self.predictions),
            "outcomes": {name: outcome.value for name, outcome in self.outcomes.items()},
            "slices": dict(self.slices),
            "cluster": self.cluster,
            "error": self.error,
            "details": dict(self.details),
        }

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Score:
        """Read what :meth:`as_dict` wrote; unknown keys are ignored.

        Raises:
            KeyError: a field is missing.
            ValueError: an outcome is none of ours.
        """
        return cls(
            question_id=row["question_id"],
            answer=row["answer"],
            option_count=row["option_count"],
            outcome=Outcome(row["outcome"]),
            predictions=dict(row["predictions"]),
            outcomes={name: Outcome(value) for name, value in row["outcomes"].items()},
            slices=dict(row["slices"]),
            cluster=row["cluster"],
            error=row.get("error"),
            details=dict(row.get("details") or {}),
        )
