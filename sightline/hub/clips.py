"""Reads single row groups of Parquet files on the Hub: footers once, then one request a clip."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from sightline.errors import DatasetError
from sightline.parquet_footers import FilePart, places, read_footer
from sightline.parquet_reader import values_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sightline.hub.pinned import HubDataset

TAIL_BYTES = 1 << 16
"""Read from the end of each file at first: most footers, and whole small files, are in it."""

LONGEST_FOOTER = 1 << 26
"""Bytes; a real one has a hundred thousand."""

_MARK = b"PAR1"
_END = 8
"""Bytes after a footer: its length, and the mark."""
_AT_ONCE = 8
"""Requests for footers under way together."""


class RemoteParquet:
    """A Parquet file on the Hub: its footer, and row groups by one request each.

    Args:
        dataset: where it is.
        name: its name there.
        size: its bytes.

    Raises:
        DatasetError: it is no whole Parquet file, or the Hub cannot be read.
    """

    def __init__(self, dataset: HubDataset, name: str, size: int) -> None:
        self._dataset, self.name, self._size = dataset, name, size
        tail = dataset.part(name, max(0, size - TAIL_BYTES), size) if size else b""
        need = int.from_bytes(tail[-_END:-4], "little") + _END
        if tail[-4:] != _MARK or not _END < need <= min(size, LONGEST_FOOTER):
            raise self._broken("its end is no Parquet footer")
        if need > len(tail):
            tail = dataset.part(name, size - need, size - len(tail)) + tail
        try:
            self.metadata = read_footer(pa.py_buffer(tail), size)
        except (OSError, pa.ArrowException) as error:
            raise self._broken(error) from error
        # Small files came whole; of large ones only the footer is kept.
        self._held = tail if len(tail) == size else b""

    def read(self, group: int, columns: Sequence[str]) -> pa.Table:
        """Columns of a row group.

        Args:
            group: its number.
            columns: names of top-level columns.

        Raises:
            DatasetError: there is no such column, or the Hub cannot be read.
        """
        unknown = sorted(set(columns) - set(self.metadata.schema.to_arrow_schema().names))
        if unknown:
            raise DatasetError(
                f"{self.name} of {self._dataset.origin} must have the columns {', '.join(unknown)}"
            )
        start, end = (0, self._size) if self._held else self._span(group, columns)
        part = FilePart(self._held or self._dataset.part(self.name, start, end), start, self._size)
        try:
            with pq.ParquetFile(part, metadata=self.metadata) as file:
                return file.read_row_group(group, columns=list(columns), use_threads=False)
        except (OSError, ValueError, pa.ArrowException) as error:
            raise self._broken(error) from error

    def _span(self, group: int, columns: Sequence[str]) -> tuple[int, int]:
        """The bytes from the first to the last of these columns, as the footer has them."""
        row_group = self.metadata.row_group(group)
        spans = []
        for number in range(row_group.num_columns):
            chunk = row_group.column(number)
            if chunk.path_in_schema.split(".")[0] in columns:
                pages = chunk.dictionary_page_offset or chunk.data_page_offset
                first = min(pages, chunk.data_page_offset)
                spans.append((first, first + chunk.total_compressed_size))
        start, end = min(span[0] for span in spans), max(span[1] for span in spans)
        if not 0 < start < end <= self._size:
            raise self._broken(f"row group {group} is said to lie at [{start}, {end})")
        return start, end

    def _broken(self, reason: object) -> DatasetError:
        return DatasetError(
            f"{self.name} of {self._dataset.origin} must be a whole Parquet file: {reason}",
            next_step="choose another revision, or tell its authors",
        )


class RemoteClips:
    """Row groups by key, from the files of one config on the Hub.

    The footers, which say in which row group each clip is, are read at once and kept.

    Args:
        dataset: where the files are.
        files: name there -> bytes.
        key: name of the key column.

    Raises:
        DatasetError: a file is not whole, a row group holds several keys, or the Hub cannot be
            read.
    """

    def __init__(self, dataset: HubDataset, files: Mapping[str, int], key: str = "clip_id") -> None:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            opened = pool.map(lambda name: RemoteParquet(dataset, name, files[name]), files)
            self._files = {file.name: file for file in opened}
        footers = {name: file.metadata for name, file in self._files.items()}
        self._places = dict(places(footers, key))
        self._key = key

    @property
    def keys(self) -> tuple[str, ...]:
        """All keys, in the order of the files."""
        return tuple(self._places)

    def read(self, key: str, columns: Sequence[str]) -> list[tuple[Any, ...]]:
        """Values of all rows of a key, by one request.

        Args:
            key: one of `keys`.
            columns: names of columns; a media column gives its bytes.

        Returns:
            One tuple per row.

        Raises:
            DatasetError: there is no such column, or the Hub cannot be read.
            KeyError: there is no such key.
        """
        name, group = self._places[key]
        table = self._files[name].read(group, columns)
        return list(zip(*(values_of(table.column(column)) for column in columns), strict=True))
