"""Whether responses repeat a text that gives the answer away and that no model is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from sightline.benchmarks import benchmark
from sightline.errors import DatasetError
from sightline.findings import Finding
from sightline.leaderboard.checks.subject import some

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sightline.leaderboard.board import Board
    from sightline.records import Score

_QUESTIONS = "questions"
_KEY = "id"
_FEWEST_WORDS = 5


def check(board: Board, scores: Sequence[Score], dataset: Path) -> Iterator[Finding]:
    """Responses that hold a hidden text of their own question, word for word.

    Args:
        board: of the benchmark; its dataset rules say which columns are hidden.
        scores: ours, with the responses.
        dataset: the checker's.

    Raises:
        DatasetError: its questions cannot be read.
    """
    hidden = _hidden_texts(board, dataset)
    leaking = [
        one.question_id
        for one in scores
        for text in hidden.get(one.question_id, ())
        if text in _words(one.details.get("response"))
    ]
    if leaking:
        yield Finding(
            "warning",
            f"{len(leaking):,} responses hold a text of the dataset that gives the answer away and "
            f"that no model is shown: {some(leaking)}",
            "look at these responses; the texts may have been in what the model was trained on",
            "responses.jsonl",
        )


def _hidden_texts(board: Board, dataset: Path) -> dict[str, tuple[str, ...]]:
    found = benchmark(board.benchmark)
    if not found.dataset_rules:
        return {}
    columns = found.call("dataset_rules").hidden.get(_QUESTIONS, ())
    if not columns:
        return {}
    rows = _rows(dataset, [_KEY, *columns])
    texts = ((row[_KEY], [_words(row[column]) for column in columns]) for row in rows)
    return {
        key: tuple(text for text in several if text.count(" ") >= _FEWEST_WORDS)
        for key, several in texts
    }


def _rows(dataset: Path, columns: Sequence[str]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    try:
        for file in sorted((dataset / _QUESTIONS).glob("*.parquet")):
            there = set(pq.read_schema(file).names)
            if there >= set(columns):
                rows += pq.read_table(file, columns=list(columns)).to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise DatasetError(f"the questions of {dataset} cannot be read: {error}") from error
    return rows


def _words(text: Any) -> str:
    """The words of a text in small letters, as one line between spaces."""
    if not isinstance(text, str):
        return ""
    cleaned = "".join(one if one.isalnum() else " " for one in text.lower())
    return f" {' '.join(cleaned.split())} "
