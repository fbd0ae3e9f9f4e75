"""What Parquet files say of themselves at their ends, whoever wrote them."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from sightline.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

File = TypeVar("File", str, Path)
"""What a file is called by: its path here, or its name on the Hub."""


def read_footer(source: Path | pa.Buffer, size: int) -> pq.FileMetaData:
    """What a Parquet file says of itself; whoever has it may ask about each of its columns.

    Asked about a column whose facts contradict each other, pyarrow ends the process (21 to 26:
    ``metadata.row_group(0).column(0)``); only its reader raises. So the reader is sent through all
    columns first, in a file without a single byte: it gets as far as the footer takes it.

    Args:
        source: the file, or the end of it with the whole footer.
        size: bytes of the file.

    Raises:
        OSError: it is no whole Parquet file, or its footer is damaged.
        pyarrow.ArrowException: the same.
    """
    metadata = pq.read_metadata(source if isinstance(source, Path) else pa.BufferReader(source))
    nothing = FilePart(b"", 0, size)
    with (
        pq.ParquetFile(nothing, metadata=metadata, pre_buffer=True) as file,
        contextlib.suppress(OutsidePartError),  # it came as far as the data: the footer is fine
    ):
        next(file.iter_batches(batch_size=1, use_threads=False), None)
    return metadata


class OutsidePartError(OSError):
    """Raised where a :class:`FilePart` is asked for bytes that it does not have."""


class FilePart(io.RawIOBase):
    """Some bytes of a file, at their places in it.

    Args:
        data: the bytes.
        start: where in the file they begin.
        size: bytes of the whole file.
    """

    def __init__(self, data: bytes, start: int, size: int) -> None:
        super().__init__()
        self._data, self._start, self._size, self._at = memoryview(data), start, size, 0

    def readable(self) -> bool:
        """As a file is."""
        return True

    def seekable(self) -> bool:
        """As a file is."""
        return True

    def tell(self) -> int:
        """Where the next read begins."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Choose where the next read begins."""
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def read(self, size: int = -1, /) -> bytes:
        """Some bytes, fewer only at the end of the whole file.

        Raises:
            OutsidePartError: they are not among those that are here.
        """
        end = self._size if size < 0 else min(self._at + size, self._size)
        first = self._at - self._start
        if first < 0 or end - self._start > len(self._data):
            raise OutsidePartError(
                f"bytes {self._at} to {end} lie outside of the part that is here"
            )
        self._at = max(end, self._at)
        return bytes(self._data[first : end - self._start])


def places(
    metadata: Mapping[File, pq.FileMetaData], key: str
) -> Iterator[tuple[str, tuple[File, int]]]:
    """In which file and row group each key is, by the footers alone.

    Args:
        metadata: file, as its footer shall be called -> footer.
        key: name of the key column.

    Raises:
        DatasetError: a footer does not say it, a row group holds several keys, or a key has
            several row groups.
    """
    seen: set[Any] = set()
    for path, footer in metadata.items():
        column = next(
            (i for i in range(footer.num_columns) if footer.schema.column(i).path == key), None
        )
        if column is None:
            raise DatasetError(f"{path} must have a column {key!r}")
        for group in range(footer.num_row_groups):
            found = _only_key(footer.row_group(group).column(column).statistics, path, key, group)
            if found in seen:
                raise DatasetError(
                    f"{path} must have one row group for {key} {found!r}, but there are two",
                    next_step="build the dataset with `sightline build`",
                )
            seen.add(found)
            yield found, (path, group)


def _only_key(statistics: Any, path: File, key: str, group: int) -> Any:
    """The one key of a row group."""
    if statistics is None or not statistics.has_min_max:
        raise DatasetError(f"{path} must have statistics for {key!r} in every row group")
    try:
        first, last = statistics.min, statistics.max
    except ValueError as error:
        raise DatasetError(f"{path} must have a {key} that is text: {error}") from error
    if first != last:
        raise DatasetError(
            f"{path} must have one {key} per row group, but group {group} goes from {first!r} to "
            f"{last!r}",
            next_step="build the dataset with `sightline build`",
        )
    return first
