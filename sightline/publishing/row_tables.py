"""The rows of one config in Parquet files that anybody may have written, as digests.

A config with row groups is read group by group, another one a few rows at a time: what is kept of
a row is its key and a digest per column, never its pictures.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from sightline.dataset_rules import Config

_BATCH = 64
"""Rows that are read at once from a config without groups; their pictures are then in memory."""

Key: TypeAlias = tuple[Any, ...]
"""Values of a config's key columns."""

Rows: TypeAlias = dict[tuple[bytes, int], tuple[Key, dict[str, bytes]]]
"""Digest of the key and position among equals -> the key, and column -> digest; in order."""


class UnreadableError(Exception):
    """Rows cannot be read; the message says why, in the words of whoever found out."""

    def __init__(self, why: str, tables: Tables) -> None:
        super().__init__(why)
        self.tables = tables


class Tables:
    """The rows of one config.

    Args:
        paths: Parquet files in order; none is a table without rows and columns.
        config: it says which columns name a row, and which one a row group.

    Nothing is opened before `open`. Every method raises UnreadableError for whatever is wrong.
    """

    types: dict[str, pa.DataType]
    """Column -> its type, in order."""
    groups: dict[bytes, list[tuple[int, int]]]
    """Group -> where its rows are: file and row group. Without a group column all is one."""

    def __init__(self, paths: Sequence[Path], config: Config) -> None:
        self._paths, self._config = paths, config
        self._files: list[pq.ParquetFile] = []
        self.types, self.groups = {}, {}

    def open(self) -> Tables:
        """Read the footers and, where there are groups, their column."""
        with self._reading():
            self._files = [pq.ParquetFile(path, memory_map=True) for path in self._paths]
            self.types = self._types()
            for name in self._config.key:
                if self._files and name not in self.types:
                    raise UnreadableError(f"they have no column {name!r}, which names a row", self)
            self.groups = self._groups(self._config.group)
        return self

    def _types(self) -> dict[str, pa.DataType]:
        schemas = [file.schema_arrow for file in self._files]
        if any(schema != schemas[0] for schema in schemas):
            raise UnreadableError("their files have different columns", self)
        return dict(zip(schemas[0].names, schemas[0].types, strict=True)) if schemas else {}

    def _groups(self, column: str | None) -> dict[bytes, list[tuple[int, int]]]:
        places = [(i, j) for i, file in enumerate(self._files) for j in range(file.num_row_groups)]
        if column is None:
            return {b"": places} if places else {}
        groups: dict[bytes, list[tuple[int, int]]] = {}
        for i, j in places:
            values = self._files[i].read_row_group(j, columns=[column]).column(column).unique()
            if len(values) > 1:
                raise UnreadableError(f"a row group holds several values of {column!r}", self)
            for value in values:
                groups.setdefault(_digest(value.as_py()), []).append((i, j))
        return groups

    def table(self, group: bytes, columns: Sequence[str]) -> pa.Table:
        """The rows of a group, whole."""
        with self._reading():
            tables = [
                self._files[i].read_row_group(j, columns=list(columns), use_threads=False)
                for i, j in self.groups[group]
            ]
            return pa.concat_tables(tables).select(list(columns))

    def rows(self, group: bytes, columns: Sequence[str]) -> Rows:
        """The digests of a group's rows in these columns, a few rows in memory at a time."""
        return self.digested(self._batches(group, [*self._config.key, *columns]), columns)

    def digested(self, batches: Iterable[pa.RecordBatch], columns: Sequence[str]) -> Rows:
        """The digests of rows of this side; `batches` have the key columns too."""
        seen: Counter[bytes] = Counter()
        rows: Rows = {}
        with self._reading():
            for batch in batches:
                values = {name: [_digest(it.as_py()) for it in batch[name]] for name in columns}
                for i, key in enumerate(self._batch_keys(batch)):
                    name = _digest(list(key))
                    rows[name, seen[name]] = key, {name: values[name][i] for name in columns}
                    seen[name] += 1
        return rows

    def keys(self, group: bytes) -> list[Key]:
        """The keys of a group's rows."""
        with self._reading():
            batches = self._batches(group, self._config.key)
            return [key for batch in batches for key in self._batch_keys(batch)]

    def _batch_keys(self, batch: pa.RecordBatch) -> list[Key]:
        columns = [batch.column(name).to_pylist() for name in self._config.key]
        return list(zip(*columns, strict=True))

    def _batches(self, group: bytes, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        for i, j in self.groups[group]:
            yield from self._files[i].iter_batches(
                _BATCH, row_groups=[j], columns=list(columns), use_threads=False
            )

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Turns whatever goes wrong in reading into a sentence."""
        try:
            yield
        except UnreadableError:
            raise
        except Exception as error:  # strangers wrote these bytes: what reading them raises is open
            raise UnreadableError(f"{type(error).__name__}: {error}", self) from error


def _digest(value: Any) -> bytes:
    """Digest of a value of any depth: equal for equal values, NaN and NaN being equal."""
    digest = hashlib.blake2b(digest_size=16)
    for piece in _pieces(value):
        digest.update(b"%d:" % len(piece))
        digest.update(piece)
    return digest.digest()


def _pieces(value: Any) -> Iterator[bytes]:
    """A value as pieces of bytes, each kind beginning with its own letter."""
    if isinstance(value, bytes):
        yield from (b"y", value)
    elif isinstance(value, str):
        yield from (b"s", value.encode("utf-8", "surrogatepass"))
    elif isinstance(value, dict):
        yield b"d%d" % len(value)
        for name in sorted(value):
            yield name.encode("utf-8", "surrogatepass")
            yield from _pieces(value[name])
    elif isinstance(value, (list, tuple)):
        yield b"l%d" % len(value)
        for item in value:
            yield from _pieces(item)
    elif isinstance(value, float) and value.is_integer():
        # A column that became one of whole numbers, or ceased to be, still holds the same numbers.
        yield from (b"o", repr(int(value)).encode())
    else:
        yield from (b"o", repr(value).encode())
