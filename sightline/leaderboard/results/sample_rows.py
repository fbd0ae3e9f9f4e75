"""Every response of a submission as Parquet, one row per sample: written, and read from strangers.

A stranger's file is read within limits: what its footer says is checked before any row is read,
and a text that stands in a million rows is held once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from sightline.errors import SubmissionError
from sightline.records import Outcome
from sightline.wording import short, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from datasets import Features

    from sightline.leaderboard.board import Board
    from sightline.leaderboard.records import Entry, SubmittedResponse
    from sightline.records import Score

SAMPLES_LIMIT_BYTES = 128 << 20
"""The largest file of samples that is read."""
UNPACKED_LIMIT_BYTES = 1 << 30
"""What its columns may come to."""
MOST_ROWS = 200_000
"""Rows of one submission."""

_PREDICTION = "prediction_"
_SLICE = "slice_"
_TEXTS = ("model", "setting", "run", "question_id", "response", "error", "outcome", "message_hash")
_WHOLE = {"frames": "int32", "input_tokens": "int64", "output_tokens": "int64"}
_MOST_COLUMNS = 100
_CODECS = frozenset({"SNAPPY", "UNCOMPRESSED"})
_PHYSICAL = frozenset({"BYTE_ARRAY", "INT32", "INT64"})
_FOOTER_STRINGS, _FOOTER_ITEMS = 16 << 20, 1_000_000


@dataclass(frozen=True)
class Sample:
    """One sample of a submission."""

    question_id: str
    """As in the dataset."""
    response: str | None
    """What the model said, verbatim."""
    error: str | None
    """Why there is none; None for a question that was never answered, too."""
    outcome: Outcome
    """By the headline's parser."""
    predictions: Mapping[str, str | None]
    """Parser -> what it read."""
    message_hash: str | None
    """Names the exact input."""
    frames: int | None
    """How many frames the model was shown."""
    input_tokens: int | None
    """As far as the run knows."""
    output_tokens: int | None
    """As far as the run knows."""
    slices: Mapping[str, str | None]
    """Axis -> member; None where it does not apply."""


def sample_of(score: Score, submitted: SubmittedResponse | None, board: Board) -> Sample:
    """The sample of a score that was made anew.

    Args:
        score: by `Board.rescore`.
        submitted: the response with what its run knew; None where it was never answered.
        board: of the benchmark.
    """
    details = {} if submitted is None else submitted.details
    return Sample(
        question_id=score.question_id,
        response=None if submitted is None else submitted.response,
        error=score.error,
        outcome=score.outcome,
        predictions={parser: score.predictions.get(parser) for parser in board.parsers},
        message_hash=_text(details.get("message_hash")),
        frames=_frames(details.get("frame_indices")),
        input_tokens=_tokens(details, "input_tokens"),
        output_tokens=_tokens(details, "output_tokens"),
        slices={axis.name: score.slices.get(axis.name) for axis in board.axes},
    )


def write_samples(path: Path, entry: Entry, board: Board, rows: Sequence[Sample]) -> None:
    """Write a file of samples that load_dataset opens; equal rows give equal bytes.

    Args:
        path: the file.
        entry: whose samples they are.
        board: of the benchmark.
        rows: in the order of the split.

    Raises:
        SubmissionError: a response is no valid Unicode.
    """
    schema = features(board).arrow_schema
    columns: dict[str, list[Any]] = {name: [] for name in schema.names}
    for row in rows:
        for name, value in _columns(row, entry).items():
            columns[name].append(value)
    try:
        table = pa.Table.from_pydict(columns, schema=schema)
    except (ValueError, pa.ArrowException) as error:
        raise SubmissionError(
            f"the samples of {entry.model} cannot be written: {shown(str(error))}",
            next_step="responses must be valid Unicode: no halves of surrogate pairs",
        ) from error
    pq.write_table(table, path, compression="snappy", row_group_size=max(len(rows), 1))


def features(board: Board) -> Features:
    """The columns of a board's samples."""
    from datasets import Features, Value  # noqa: PLC0415 (heavy; readers need it not)

    types = dict.fromkeys(_TEXTS[:-1], "string")
    types |= dict.fromkeys((f"{_PREDICTION}{parser}" for parser in board.parsers), "string")
    types |= {"message_hash": "string", **_WHOLE}
    types |= dict.fromkeys((f"{_SLICE}{axis.name}" for axis in board.axes), "string")
    return Features({name: Value(kind) for name, kind in types.items()})


def samples(path: Path, entry: Entry | None = None) -> tuple[Sample, ...]:
    """The samples of a submission, in the order of the file.

    Args:
        path: a file that `write_samples` made, or that a stranger says so of.
        entry: whose they must be; None: anybody's.

    Raises:
        SubmissionError: it is none, is too large, or names another run.
    """
    rows = rows_of(path)
    if entry is not None:
        wanted = (entry.model, entry.setting, entry.run)
        named = {(row["model"], row["setting"], row["run"]) for row in rows}
        if other := named - {wanted}:
            told = f"{short(min(other, key=str))} and not {short(wanted)}"
            raise SubmissionError(f"{path.name}: its rows are of {told}")
    return tuple(_sample(row, f"{path.name}, row {i}") for i, row in enumerate(rows))


def rows_of(path: Path) -> list[dict[str, Any]]:
    """The rows of such a file as they stand: column -> value.

    Raises:
        SubmissionError: as `samples`.
    """
    try:
        if path.is_symlink() or path.stat().st_size > SAMPLES_LIMIT_BYTES:
            limit = f"a regular file of at most {SAMPLES_LIMIT_BYTES:,} bytes"
            raise SubmissionError(f"{path.name}: must be {limit}")
        with pq.ParquetFile(
            path,
            read_dictionary=_text_columns(path),
            thrift_string_size_limit=_FOOTER_STRINGS,
            thrift_container_size_limit=_FOOTER_ITEMS,
        ) as file:
            table = file.read(use_threads=False)
    except (OSError, ValueError, pa.ArrowException) as error:
        told = shown(str(error))
        raise SubmissionError(f"{path.name}: cannot be read as Parquet: {told}") from error
    columns = {name: _values(table.column(name)) for name in table.column_names}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _text_columns(path: Path) -> list[str]:
    """The columns with texts, after the footer was looked at.

    Raises:
        SubmissionError: the footer is not that of samples.
    """
    footer = pq.read_metadata(path)
    columns = [footer.schema.column(i) for i in range(min(footer.num_columns, _MOST_COLUMNS + 1))]
    names = [column.path for column in columns]
    groups = [footer.row_group(i) for i in range(min(footer.num_row_groups, MOST_ROWS))]
    chunks = [group.column(i) for group in groups for i in range(group.num_columns)]
    faults = (
        (footer.num_rows > MOST_ROWS, f"more than {MOST_ROWS:,} rows"),
        (len(names) > _MOST_COLUMNS, f"more than {_MOST_COLUMNS} columns"),
        (len(set(names)) < len(names), "two columns of one name"),
        (not set(names) >= {*_TEXTS, *_WHOLE}, "not every column of samples"),
        (any(not _known(name) for name in names), "columns that samples do not have"),
        (any(not _plain(column) for column in columns), "columns that are no texts or numbers"),
        (not {chunk.compression for chunk in chunks} <= _CODECS, "another packing than snappy"),
        (
            sum(max(chunk.total_uncompressed_size, 0) for chunk in chunks) > UNPACKED_LIMIT_BYTES,
            f"more than {UNPACKED_LIMIT_BYTES:,} bytes when unpacked",
        ),
    )
    for wrong, fault in faults:
        if wrong:
            raise SubmissionError(f"{path.name}: is no file of samples: it has {fault}")
    return [column.path for column in columns if column.physical_type == "BYTE_ARRAY"]


def _known(name: str) -> bool:
    return name in _TEXTS or name in _WHOLE or name.startswith((_PREDICTION, _SLICE))


def _plain(column: Any) -> bool:
    """One text or whole number a row; texts where texts belong."""
    text = column.physical_type == "BYTE_ARRAY" and column.logical_type.type == "STRING"
    fits = text if column.path not in _WHOLE else column.physical_type in ("INT32", "INT64")
    return bool(fits and column.max_repetition_level == 0 and column.max_definition_level <= 1)


def _values(column: pa.ChunkedArray) -> list[Any]:
    """The values of a column; equal texts are one object."""
    found: list[Any] = []
    for chunk in column.chunks:
        if isinstance(chunk, pa.DictionaryArray):
            texts = chunk.dictionary.to_pylist()
            found += [None if i is None else texts[i] for i in chunk.indices.to_pylist()]
        else:
            found += chunk.to_pylist()
    return found


def _columns(row: Sample, entry: Entry) -> dict[str, Any]:
    return {
        "model": entry.model,
        "setting": entry.setting,
        "run": entry.run,
        "question_id": row.question_id,
        "response": row.response,
        "error": row.error,
        "outcome": row.outcome.value,
        **{f"{_PREDICTION}{parser}": said for parser, said in row.predictions.items()},
        "message_hash": row.message_hash,
        "frames": row.frames,
        "input_tokens": row.input_tokens,
        "output_tokens": row.output_tokens,
        **{f"{_SLICE}{axis}": member for axis, member in row.slices.items()},
    }


def _sample(row: Mapping[str, Any], place: str) -> Sample:
    if not isinstance(row["question_id"], str):
        raise SubmissionError(f"{place}: question_id must be a text")
    if row["outcome"] not in {one.value for one in Outcome}:
        raise SubmissionError(f"{place}: outcome ({short(row['outcome'])}) must be a known one")
    return Sample(
        question_id=row["question_id"],
        response=row["response"],
        error=row["error"],
        outcome=Outcome(row["outcome"]),
        predictions=_named(row, _PREDICTION),
        message_hash=row["message_hash"],
        frames=row["frames"],
        input_tokens=row["input_tokens"],
        output_tokens=row["output_tokens"],
        slices=_named(row, _SLICE),
    )


def _named(row: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {name[len(prefix) :]: row[name] for name in row if name.startswith(prefix)}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _frames(indices: object) -> int | None:
    """How many frames: indices of one video, or a list of them per video."""
    if not isinstance(indices, list):
        return None
    return sum(len(one) if isinstance(one, list) else 1 for one in indices)


def _tokens(details: Mapping[str, Any], key: str) -> int | None:
    """A token count; absurd ones are not known."""
    value = details.get(key)
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value < 1 << 62 else None


def by_question(responses: Iterable[SubmittedResponse]) -> dict[str, SubmittedResponse]:
    """The responses by their question."""
    return {one.question_id: one for one in responses}
