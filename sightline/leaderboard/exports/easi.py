"""EASI's submission: the payload and the per-question results, as files. Nothing is ever posted.

EASI takes ``payload`` (JSON) and ``easi_results.zip`` with one request; people send it. All scores
are percent in 0..100, null where a benchmark was not run.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sightline.errors import UsageError
from sightline.leaderboard.exports.eval_results import notes
from sightline.wording import on_screen, short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.leaderboard.board import Board
    from sightline.leaderboard.records import Entry
    from sightline.records import Score

RESULTS = "easi_results.zip"
"""Name of the per-question results, which EASI asks for under this one."""
LARGEST_BYTES = 4_500_000
"""Of the zip: what EASI's server takes."""

MODEL_TYPES = ("pretrained", "finetuned", "instruction", "rl")
PRECISIONS = ("bfloat16", "float16", "float32", "int8")
WEIGHT_TYPES = ("Original", "Delta", "Adapter")
BACKENDS = ("vlmevalkit", "lmmseval", "others")
REQUIRED = (
    "vsi_bench",
    "mmsi_bench",
    "mindcube_tiny",
    "viewspatial",
    "site",
    "blink",
    "3dsrbench",
    "embspatial",
)
"""The benchmarks of EASI-8, which a submission must name; another tool runs them."""

_MODEL = re.compile(r"[A-Za-z0-9_][\w.-]*/[A-Za-z0-9_][\w.-]*", re.ASCII)
_REVISION = re.compile(r"[A-Za-z0-9][\w./-]{0,99}", re.ASCII)
_DATE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class EasiModel:
    """What EASI wants to know of a model."""

    model_type: str = "instruction"
    """One of MODEL_TYPES."""
    precision: str = "bfloat16"
    """One of PRECISIONS."""
    revision: str = "main"
    """Branch, tag or commit of the model's repository."""
    weight_type: str = "Original"
    """One of WEIGHT_TYPES."""
    base_model: str = ""
    """``org/name``; needed for Delta and Adapter."""
    backend: str = "lmmseval"
    """One of BACKENDS: what ran the model."""
    remarks: str = ""
    """For people; how the number was made is added."""

    def __post_init__(self) -> None:
        """Refuse what EASI would.

        Raises:
            UsageError: a value is none of the allowed words.
        """
        for what, value, known in (
            ("model type", self.model_type, MODEL_TYPES),
            ("precision", self.precision, PRECISIONS),
            ("weight type", self.weight_type, WEIGHT_TYPES),
            ("backend", self.backend, BACKENDS),
        ):
            if value not in known:
                raise UsageError(f"{what} ({short(value)}) must be one of: {', '.join(known)}")
        if not _REVISION.fullmatch(self.revision):
            raise UsageError(f"revision ({short(self.revision)}) must be a branch, tag or commit")
        if self.base_model and not _MODEL.fullmatch(self.base_model):
            raise UsageError(f"base model ({short(self.base_model)}) must be named org/name")
        if self.weight_type != "Original" and not self.base_model:
            raise UsageError(
                f"weight type {self.weight_type} needs the base model",
                next_step="add --base-model ORG/NAME",
            )


def payload(board: Board, entry: Entry, model: EasiModel) -> dict[str, Any]:
    """The payload of a run, all keys that EASI asks for.

    Raises:
        UsageError: EASI does not have the benchmark or the setting, the entry is a printed row, or
            the model is not named as on the Hub.
    """
    if board.easi is None:
        raise UsageError(f"EASI does not have {board.title}")
    if entry.kind != "run":
        raise UsageError(f"{short(entry.model)} is a printed row: EASI takes runs only")
    if not _MODEL.fullmatch(entry.model):
        raise UsageError(f"the model ({short(entry.model)}) must be named org/name, as on the Hub")
    ours = board.easi(entry.facts["scores"])
    remarks = [model.remarks, notes(board, entry)]
    return {
        "modelName": entry.model,
        "modelType": model.model_type,
        "precision": model.precision,
        "revision": model.revision,
        "weightType": model.weight_type,
        "baseModel": model.base_model,
        "backend": model.backend,
        "remarks": on_screen(" ".join(text for text in remarks if text)),
        "scores": {**dict.fromkeys(REQUIRED), **ours["scores"]},
        "subScores": dict(ours["subScores"]),
    }


def as_json(found: dict[str, Any]) -> str:
    """The payload's text; no NaN."""
    return json.dumps(found, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def results_zip(board: Board, entry: Entry, scores: Sequence[Score]) -> bytes:
    """The per-question results: question, response, extracted answer, answer, outcome.

    Args:
        board: of the benchmark.
        entry: the run.
        scores: whole.

    Returns:
        A zip with one JSON Lines file; the same scores give the same bytes.

    Raises:
        UsageError: there are no scores, or it is larger than EASI takes.
    """
    if not scores:
        raise UsageError(
            f"the row of {short(entry.model)} is known, but not its responses",
            next_step="export the run or the package, or give --no-zip",
        )
    lines = "".join(json.dumps(_line(board, one), ensure_ascii=False) + "\n" for one in scores)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        inside = zipfile.ZipInfo(f"{entry.setting}.jsonl", _DATE)
        archive.writestr(inside, lines, zipfile.ZIP_DEFLATED, 9)
    content = file.getvalue()
    if len(content) > LARGEST_BYTES:
        raise UsageError(
            f"the per-question results have {len(content):,} bytes, EASI's server takes at most "
            f"{LARGEST_BYTES:,}",
            next_step="send them by EASI's web form or by mail (`--no-zip` writes the payload "
            "alone; `sightline submit` packs all responses)",
        )
    return content


def _line(board: Board, one: Score) -> dict[str, Any]:
    return {
        "question_id": one.question_id,
        "response": one.details.get("response"),
        "extracted_answer": one.predictions.get(board.headline_parser),
        "answer": one.answer,
        "outcome": one.outcome.value,
        "extracted_by_parser": dict(one.predictions),
        "slices": dict(one.slices),
    }
