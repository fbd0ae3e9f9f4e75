"""Reads single row groups by key: the frames of one clip, without the rest of the file."""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from sightline.errors import DatasetError
from sightline.parquet_footers import places, read_footer
from sightline.parquet_pages import UnknownLayout, media_chunk, value_spans

if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterable, Sequence


class ClipReader:
    """Reads single row groups by key, from files that :func:`sightline.parquet.write_config` wrote.

    Values of a media column are slices of a memory map where the file has the layout that we write
    (:mod:`sightline.parquet_pages`): nothing is copied, and where they lie is found once per
    row group. Everything else is read by pyarrow, which opens the file anew each time. A reader
    may be shared by threads and forked processes. Files must not be shortened while it lives; a
    build puts new ones beside them and never writes into them.

    Args:
        files: a folder with Parquet files, or the files.
        key: name of the key column.

    Raises:
        DatasetError: there are no such files, or a row group holds several keys.
    """

    def __init__(self, files: str | Path | Iterable[str | Path], key: str = "clip_id") -> None:
        if isinstance(files, (str, Path)):
            found = (
                [Path(files)] if Path(files).is_file() else sorted(Path(files).glob("*.parquet"))
            )
        else:
            found = [Path(file) for file in files]
        if not found:
            raise DatasetError(
                f"{files} has no Parquet files", next_step="build the dataset: sightline build"
            )
        self._key = key
        self._metadata = {path: _footer(path) for path in found}
        self._places = dict(places(self._metadata, key))
        self._maps: dict[Path, memoryview] = {}
        self._spans: dict[tuple[Path, int, str], array[int] | None] = {}

    @property
    def keys(self) -> tuple[str, ...]:
        """All keys, in the order of the files."""
        return tuple(self._places)

    def __contains__(self, key: object) -> bool:
        return key in self._places

    def row_count(self, key: str) -> int:
        """Number of rows of a key.

        Raises:
            DatasetError: there is no such key.
        """
        path, group = self._place(key)
        return int(self._metadata[path].row_group(group).num_rows)

    def read(
        self, key: str, columns: Sequence[str] = ("image",), rows: Sequence[int] | None = None
    ) -> list[Any]:
        """Values of some rows of a key; no other row group is read.

        Args:
            key: for example the clip id.
            columns: names of columns. A media column gives its bytes, untouched: a memoryview,
                which keeps the file open, when it is the only column asked for and lies in the
                file as we write it; else bytes, or None where there are none.
            rows: positions within the key's rows, in any order; None means all.

        Returns:
            One value per row when one column is asked for, else one tuple per row.

        Raises:
            DatasetError: there is no such key, column or row.
        """
        path, group = self._place(key)
        if len(columns) == 1:
            spans = self._media_spans(path, group, columns[0])
            if spans is not None:
                count = len(spans) // 2
                wanted = range(count) if rows is None else rows
                _check_rows(key, wanted, count)
                file = self._map(path)
                return [file[spans[2 * row] : spans[2 * row + 1]] for row in wanted]
        return self._read_table(key, path, group, columns, rows)

    def _read_table(
        self, key: str, path: Path, group: int, columns: Sequence[str], rows: Sequence[int] | None
    ) -> list[Any]:
        """The same for any columns, through pyarrow."""
        metadata = self._metadata[path]
        unknown = sorted(set(columns) - set(metadata.schema.to_arrow_schema().names))
        if unknown or not columns:
            raise DatasetError(f"columns ({unknown}) must be among those of {path.name}")
        with pq.ParquetFile(path, metadata=metadata, memory_map=True) as file:
            table = file.read_row_group(group, columns=list(columns), use_threads=False)
        if rows is not None:
            _check_rows(key, rows, table.num_rows)
            table = table.take(pa.array(rows, pa.int64()))
        values = [values_of(table.column(name)) for name in columns]
        return values[0] if len(columns) == 1 else list(zip(*values, strict=True))

    def _media_spans(self, path: Path, group: int, column: str) -> array[int] | None:
        """Where the values of a media column lie; None where pyarrow must read them."""
        place = path, group, column
        if place not in self._spans:
            try:
                chunk = media_chunk(self._metadata[path], group, f"{column}.bytes")
                self._spans[place] = value_spans(self._map(path), chunk)
            except UnknownLayout:
                self._spans[place] = None
        return self._spans[place]

    def _map(self, path: Path) -> memoryview:
        if path not in self._maps:
            with path.open("rb") as file:
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            self._maps[path] = memoryview(mapped)
        return self._maps[path]

    def _place(self, key: str) -> tuple[Path, int]:
        try:
            return self._places[key]
        except KeyError:
            raise DatasetError(
                f"{self._key} ({key!r}) must be one of the {len(self._places)} in "
                f"{min(self._metadata).parent}",
                next_step="see that questions and frames come from the same build",
            ) from None


def read_rows(folder: Path, columns: Sequence[str], *, next_step: str) -> list[dict[str, Any]]:
    """All rows of a small config, in the order of its files.

    Args:
        folder: the config's: ``DATASET/questions``.
        columns: the ones to read.
        next_step: what people should do when there are none.

    Raises:
        DatasetError: there are no such files, columns or rows.
    """
    files = sorted(folder.glob("*.parquet"))
    try:
        rows = [
            row for file in files for row in pq.read_table(file, columns=list(columns)).to_pylist()
        ]
    except (OSError, pa.ArrowException) as error:
        raise DatasetError(f"{folder} cannot be read: {error}", next_step=next_step) from error
    if not rows:
        raise DatasetError(f"{folder} has no *.parquet with rows", next_step=next_step)
    return rows


def _footer(path: Path) -> pq.FileMetaData:
    try:
        return read_footer(path, path.stat().st_size)
    except (OSError, pa.ArrowException) as error:
        raise DatasetError(
            f"{path} must be a whole Parquet file: {error}", next_step="build the dataset again"
        ) from error


def _check_rows(key: str, rows: Sequence[int], count: int) -> None:
    outside = [row for row in rows if not 0 <= row < count]
    if outside:
        raise DatasetError(f"rows ({outside[:5]}) of {key} must be in [0, {count})")


def values_of(column: pa.ChunkedArray) -> list[Any]:
    """Python values; a media struct gives its bytes alone."""
    if pa.types.is_struct(column.type) and column.type.get_field_index("bytes") >= 0:
        column = pa.chunked_array([chunk.field("bytes") for chunk in column.chunks], pa.binary())
    values: list[Any] = column.to_pylist()
    return values
