"""Parquet files of gaze samples, batch by batch, as cells of text or numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from sightline.errors import DatasetError
from streamgaze_task.pipeline.recordings.text import MAX_ROWS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

BATCH_ROWS = 65_536


def parquet_names(path: Path) -> tuple[str, ...]:
    """The names of its columns.

    Raises:
        DatasetError: it is no Parquet file, or has too many rows.
    """
    with _opened(path) as file:
        return tuple(file.schema_arrow.names)


def parquet_rows(path: Path, names: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """The rows of some columns with their numbers from 1; cells as a CSV would have them.

    Raises:
        DatasetError: the file cannot be read, or a column holds no plain values.
    """
    with _opened(path) as file:
        for name in names:
            kind = file.schema_arrow.field(name).type
            if not _is_plain(kind):
                raise DatasetError(
                    f"{path}: the column {name!r} must hold numbers or texts, but holds {kind}",
                    next_step="cast it before writing: times to whole numbers of one unit, "
                    "decimals to floats, dictionaries to texts",
                )
        place = 0
        for batch in _batches(path, file, names):
            for row in zip(*(batch.column(name).to_pylist() for name in names), strict=True):
                place += 1
                yield place, [_cell(value) for value in row]


def _batches(path: Path, file: Any, names: Sequence[str]) -> Iterator[Any]:
    try:
        yield from file.iter_batches(batch_size=BATCH_ROWS, columns=list(names))
    except (OSError, ValueError, pa.ArrowException) as error:
        raise DatasetError(f"{path} cannot be read: {error}") from error


def _opened(path: Path) -> Any:
    try:
        file = pq.ParquetFile(path)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise DatasetError(
            f"{path} must be a Parquet file, but cannot be read: {error}",
            next_step="write it again, or give a CSV",
        ) from error
    if file.metadata.num_rows > MAX_ROWS:
        rows = file.metadata.num_rows
        file.close()
        raise DatasetError(f"{path} must have at most {MAX_ROWS} rows, but has {rows}")
    return file


def _is_plain(kind: Any) -> bool:
    types = pa.types
    return bool(
        types.is_integer(kind)
        or types.is_floating(kind)
        or types.is_boolean(kind)
        or types.is_string(kind)
        or types.is_large_string(kind)
        or types.is_null(kind)
    )


def _cell(value: Any) -> str:
    """As a CSV would have it; ``repr`` of a float gives the same float back."""
    return "" if value is None else value if isinstance(value, str) else repr(value)
