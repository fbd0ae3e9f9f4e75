"""One sample of a run as its browser shows it: what the model was asked, said, and got for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sightline.leaderboard.board import QuestionText
    from sightline.leaderboard.results.sample_rows import Sample

LONGEST = 20_000
"""Characters of a text that a page holds; the Parquet file has all of it."""

_HUB_PLACE = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[\w.-]{1,96}@[0-9a-f]{7,40}", re.ASCII)


@dataclass(frozen=True)
class Asked:
    """A sample and the question that was asked."""

    sample: Sample
    """Of the run."""
    question: QuestionText | None
    """Of the dataset; None where the site is built without it."""

    @property
    def text(self) -> str:
        """The question; empty where it is not known."""
        return self.question.text if self.question else ""


def detail(asked: Asked) -> dict[str, Any]:
    """A sample as the page's script reads it; what is not known is left out."""
    sample, question = asked.sample, asked.question
    found: dict[str, Any] = {
        "question": asked.text[:LONGEST],
        "options": [one[:LONGEST] for one in question.options] if question else [],
        "answer": question.answer if question else None,
        "media": list(question.media) if question else [],
        "predictions": [[name, _short(said)] for name, said in sample.predictions.items()],
        "slices": [[axis, one] for axis, one in sample.slices.items() if one is not None],
        "frames": None if sample.frames is None else f"{sample.frames:,}",
        "tokens": _tokens(sample),
        "hash": _short(sample.message_hash),
        **_text("response", sample.response),
        **_text("error", sample.error),
    }
    return {name: value for name, value in found.items() if value is not None and value != []}


def media_base(facts: Mapping[str, Any]) -> str | None:
    """Where the recordings of a run's dataset lie on the Hub; None for a folder.

    Args:
        facts: of the entry; its dataset's origin is ``org/name@commit`` or something else.
    """
    dataset = facts.get("dataset")
    origin = dataset.get("origin") if isinstance(dataset, Mapping) else None
    if not isinstance(origin, str) or not _HUB_PLACE.fullmatch(origin):
        return None
    name, _, commit = origin.partition("@")
    return f"https://huggingface.co/datasets/{name}/resolve/{commit}/"


def _text(name: str, value: str | None) -> dict[str, Any]:
    """A long text, and how long it was when the page holds only its beginning."""
    if value is None or len(value) <= LONGEST:
        return {name: value}
    return {name: value[:LONGEST], f"{name}_length": len(value)}


def _short(value: str | None) -> str | None:
    return None if value is None else value[:1000]


def _tokens(sample: Sample) -> str | None:
    known = ((sample.input_tokens, "in"), (sample.output_tokens, "out"))
    return ", ".join(f"{count:,} {words}" for count, words in known if count is not None) or None
