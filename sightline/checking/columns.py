"""Columns of a dataset's tables, as checks read them: row group by row group, whoever wrote them.

A file that cannot be read ends in a finding and never in an exception, and the others are read on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from sightline import wording
from sightline.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from sightline.checking.opened import OpenedDataset
    from sightline.dataset_rules import Config

GROUP_BYTES = 2**31 - 1
"""The most that one value, and so one row group of one clip, may have; larger ones are not read."""

UNREADABLE = (
    # What pyarrow and the system raise over bytes that are no table.
    *(OSError, ValueError, TypeError, KeyError, IndexError, OverflowError, MemoryError),
    pa.ArrowException,
)
"""What reading a stranger's Parquet may raise."""

_REBUILD = "build the dataset again"
_BATCH_ROWS = 256


@dataclass(frozen=True)
class Chunk:
    """Some columns of one row group."""

    file: str
    """Name of its file, relative to the dataset."""
    group: int
    """Position of the row group in its file."""
    first_row: int
    """Position of its first row in its file."""
    key: tuple[str, ...]
    """The config's key columns."""
    table: pa.Table
    """The columns that were asked for, with the types that the rules give them."""

    def rows(self) -> Iterator[Row]:
        """Its rows as Python values; few of them at a time, for pictures are large."""
        number = self.first_row
        for batch in self.table.to_batches(max_chunksize=_BATCH_ROWS):
            for values in batch.to_pylist():
                yield Row(self.file, number, self.key, values)
                number += 1


@dataclass(frozen=True)
class Row:
    """One row."""

    file: str
    """Name of its file, relative to the dataset."""
    number: int
    """Position in its file, from 0."""
    key: tuple[str, ...]
    """The config's key columns."""
    values: Mapping[str, Any]
    """Column -> value, of the columns that were asked for."""

    def where(self, column: str = "") -> str:
        """Its place for people: ``questions/test-….parquet row 12 (question_0013) options``."""
        named = [shown(self.values[name]) for name in self.key if name in self.values]
        key = f" ({' '.join(named)})" if named else ""
        return f"{self.file} row {self.number}{key} {column}".rstrip()


def chunks(
    dataset: OpenedDataset, config: Config, columns: Sequence[str], what: str
) -> Iterator[Chunk | Finding]:
    """Read columns of a config, one row group after the other.

    Args:
        dataset: the dataset.
        config: which of its configs; nothing comes for one without files.
        columns: top-level columns.
        what: what they are read for, for the findings: ``its keys``.

    Yields:
        Chunks; an error for each file, or rest of a file, that cannot be read.
    """
    for path in dataset.tables(config.name):
        name = path.relative_to(dataset.folder).as_posix()
        try:
            yield from _chunks_of(path, name, config, columns)
        except UNREADABLE as error:
            yield Finding("error", f"{what} cannot be checked: {reason(error)}", _REBUILD, name)


def text_columns(config: Config) -> list[str]:
    """All columns without pictures."""
    return [name for name in config.features if name not in config.media_columns]


def values_at(row: Mapping[str, Any], column: str) -> Iterator[tuple[str, Any]]:
    """What stands at ``clips.clip_id``, lists gone through: ``("clips[0].clip_id", value)``.

    A struct or list that is null has nothing in it.
    """
    first, _, rest = column.partition(".")
    yield from _inside(first, row.get(first), rest)


def reason(error: BaseException) -> str:
    """What an exception says, in one short line."""
    return wording.shown(" ".join(str(error).split()) or type(error).__name__)


def shown(value: object) -> str:
    """A stranger's value for a message: short, and nothing that moves a terminal's cursor."""
    return wording.shown(value) if isinstance(value, str) and value else wording.short(value)


def _chunks_of(path: Path, name: str, config: Config, columns: Sequence[str]) -> Iterator[Chunk]:
    expected = config.features.arrow_schema
    with pq.ParquetFile(path) as file:
        schema = file.schema_arrow
        for column in columns:
            _check_column(schema, expected.field(column))
        first_row = 0
        for group in range(file.num_row_groups):
            facts = file.metadata.row_group(group)
            if facts.total_byte_size > GROUP_BYTES:
                raise ValueError(f"row group {group} has {facts.total_byte_size} bytes")
            table = file.read_row_group(group, columns=list(columns), use_threads=False)
            table = table.select(list(columns))
            table.validate(full=True)
            yield Chunk(name, group, first_row, config.key, table)
            first_row += table.num_rows


def _check_column(schema: pa.Schema, expected: pa.Field) -> None:
    places = schema.get_all_field_indices(expected.name)
    if len(places) != 1:
        raise ValueError(f"it has {len(places)} columns {expected.name!r}, and must have 1")
    found = schema.field(places[0]).type
    if found != expected.type:
        raise ValueError(f"column {expected.name!r} is {found} and must be {expected.type}")


def _inside(place: str, value: Any, rest: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, list):
        for i, item in enumerate(value):
            yield from _inside(f"{place}[{i}]", item, rest)
    elif not rest:
        yield place, value
    elif isinstance(value, dict):
        first, _, deeper = rest.partition(".")
        yield from _inside(f"{place}.{first}", value.get(first), deeper)
