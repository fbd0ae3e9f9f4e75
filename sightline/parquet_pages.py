"""Where the values of an uncompressed binary column lie in a Parquet file.

Our media columns are stored PLAIN and uncompressed, so a picture's bytes lie in the file as they
are. Reading a row group through pyarrow copies all of it to give a few; with the places known, a
value is a slice of a memory map. Only that one layout is understood: :class:`UnknownLayout` says
that a file has another, and whoever asks goes through pyarrow then.

Page headers are Thrift structs in its compact protocol. Files may be garbled: every step is
checked against the bytes that there are, and no count in the file is trusted for a loop.
"""

from __future__ import annotations

import struct
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow.parquet as pq

_DATA_PAGE, _DATA_PAGE_V2 = 0, 3
_PLAIN, _RLE = 0, 3
_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _STRUCT = 1, 2, 3, 7, 8, 12
_INTEGERS = (4, 5, 6)
_DEEPEST = 8
"""Structs within structs: a page header has three levels."""
_LONGEST_HEADER = 4096
"""Bytes; with a picture in its statistics it would be longer, and pyarrow reads such a file."""
_LONGEST_VARINT = 10
"""Bytes of a 64-bit number, seven bits in each."""


class UnknownLayout(Exception):  # noqa: N818 (no fault: the file is to be read another way)
    """Raised where a column chunk is not stored as described above; says what was found."""


@dataclass(frozen=True)
class Chunk:
    """One column of one row group."""

    start: int
    """Offset of its first page in the file, bytes."""
    size: int
    """Bytes of all its pages, headers included."""
    values: int
    """How many values it has: rows, since it is not repeated."""
    definition_level: int
    """That of a value which is there; 0 where none may be missing."""


def media_chunk(metadata: pq.FileMetaData, group: int, path: str) -> Chunk:
    """The chunk of a binary column.

    Args:
        metadata: the file's footer.
        group: the row group.
        path: of the column, ``image.bytes``.

    Raises:
        UnknownLayout: there is no such column, it is not binary, repeated, compressed or encoded
            in another way than PLAIN.
    """
    indices = [i for i in range(metadata.num_columns) if metadata.schema.column(i).path == path]
    if len(indices) != 1:
        raise UnknownLayout(f"{len(indices)} columns {path}")
    kind = metadata.schema.column(indices[0])
    chunk = metadata.row_group(group).column(indices[0])
    found = (kind.physical_type, kind.logical_type.type, kind.max_repetition_level)
    if found != ("BYTE_ARRAY", "NONE", 0):
        raise UnknownLayout(f"type, meaning and repetition {found}")
    if chunk.compression != "UNCOMPRESSED" or chunk.has_dictionary_page:
        raise UnknownLayout(f"compression {chunk.compression}, or a dictionary")
    if not set(chunk.encodings) <= {"PLAIN", "RLE"}:
        raise UnknownLayout(f"encodings {chunk.encodings}")
    return Chunk(
        chunk.data_page_offset,
        chunk.total_compressed_size,
        chunk.num_values,
        kind.max_definition_level,
    )


def value_spans(file: memoryview, chunk: Chunk) -> array[int]:
    """Where each value of a chunk begins and ends.

    Args:
        file: the whole file.
        chunk: from :func:`media_chunk`.

    Returns:
        Offsets in the file, two a value: its first byte and the one after its last.

    Raises:
        UnknownLayout: the pages are not as described above, a value is missing (null), or the
            file is garbled.
    """
    end = chunk.start + chunk.size
    if not 0 <= chunk.start <= end <= len(file):
        raise UnknownLayout(f"a chunk at [{chunk.start}, {end}) of {len(file)} bytes")
    spans, position = array("Q"), chunk.start
    try:
        while position < end:
            header, position = _struct(file, position, min(end, position + _LONGEST_HEADER), 0)
            size = _number(header, 3)
            if header.get(2) != size or not 0 <= size <= end - position:
                raise UnknownLayout(f"a page of {size} bytes at {position}")
            _page(file[: position + size], position, header, chunk, spans)
            position += size
    except (IndexError, struct.error) as error:
        raise UnknownLayout(f"a page ends too early: {error}") from error
    if len(spans) != 2 * chunk.values:
        raise UnknownLayout(f"{len(spans) // 2} values where {chunk.values} are expected")
    return spans


def _page(
    file: memoryview, position: int, header: dict[int, Any], chunk: Chunk, spans: array[int]
) -> None:
    """Add the values of the page that ends where `file` does."""
    kind = header.get(1)
    if kind == _DATA_PAGE:
        about = _nested(header, 5)
        encodings = (about.get(2), about.get(3))
        if chunk.definition_level:
            (length,) = struct.unpack_from("<I", file, position)
            position += 4
        else:
            length = 0
    elif kind == _DATA_PAGE_V2:
        about = _nested(header, 8)
        # Not compressed at all: the column's footer says so, whatever this page does.
        encodings = (about.get(4), _RLE)
        length = _number(about, 5)
        if about.get(6) != 0 or about.get(2) != 0:
            raise UnknownLayout("repeated or missing values")
    else:
        raise UnknownLayout(f"a page of kind {kind}")
    count = _number(about, 1)
    if encodings != (_PLAIN, _RLE) or not 0 <= length <= len(file) - position:
        raise UnknownLayout(f"encodings {encodings}, {length} bytes of levels")
    if not 0 <= count <= chunk.values - len(spans) // 2:
        raise UnknownLayout(f"{count} values in a page")
    _check_levels(file[position : position + length], count, chunk.definition_level)
    _plain_values(file, position + length, count, spans)


def _plain_values(file: memoryview, position: int, count: int, spans: array[int]) -> None:
    """A value is its length in four bytes, then its bytes; they fill the rest of `file`."""
    end = len(file)
    read = struct.Struct("<I").unpack_from
    for _ in range(count):
        (length,) = read(file, position)
        start = position + 4
        position = start + length
        if position > end:
            raise UnknownLayout(f"a value of {length} bytes at {start}")
        spans.append(start)
        spans.append(position)
    if position != end:
        raise UnknownLayout(f"{end - position} bytes after the last value of a page")


def _check_levels(levels: memoryview, count: int, present: int) -> None:
    """See that every one of `count` definition levels says: the value is there."""
    width = present.bit_length()
    if width > 8:  # noqa: PLR2004 (a level of more than one byte: structs 255 deep)
        raise UnknownLayout(f"definition level {present}")
    position = seen = 0
    while width and seen < count:
        head, position = _varint(levels, position, len(levels))
        if head & 1:
            size = (head >> 1) * width
            packed = int.from_bytes(levels[position : position + size], "little")
            run = min((head >> 1) * 8, count - seen)
            if size > len(levels) - position or packed & ((1 << run * width) - 1) != _repeated(
                present, width, run
            ):
                raise UnknownLayout("missing values")
            position += size
        else:
            run = head >> 1
            if not run or levels[position] != present:
                raise UnknownLayout("missing values")
            position += 1
        seen += run


def _repeated(value: int, width: int, count: int) -> int:
    """`count` times `value`, packed into `width` bits each."""
    return value * (((1 << count * width) - 1) // ((1 << width) - 1))


def _struct(data: memoryview, position: int, end: int, depth: int) -> tuple[dict[int, Any], int]:
    """Field number -> number, truth or struct; other kinds are stepped over.

    Returns:
        The fields, and where the struct ends.
    """
    if depth > _DEEPEST:
        raise UnknownLayout("structs too deep")
    fields: dict[int, Any] = {}
    last = 0
    while head := _byte(data, position, end):
        position += 1
        kind, step = head & 15, head >> 4
        if step:
            last += step
        else:
            number, position = _varint(data, position, end)
            last = _zigzag(number)
        fields[last], position = _value(data, position, end, kind, depth)
    return fields, position + 1


def _value(data: memoryview, position: int, end: int, kind: int, depth: int) -> tuple[Any, int]:
    if kind in (_TRUE, _FALSE):
        return kind == _TRUE, position
    if kind in _INTEGERS:
        number, position = _varint(data, position, end)
        return _zigzag(number), position
    if kind == _STRUCT:
        return _struct(data, position, end, depth + 1)
    if kind == _BINARY:
        length, position = _varint(data, position, end)
        if length > end - position:
            raise UnknownLayout(f"{length} bytes at {position}")
        return None, position + length
    if kind in (_BYTE, _DOUBLE):
        return None, position + (1 if kind == _BYTE else 8)
    raise UnknownLayout(f"a field of kind {kind}")


def _varint(data: memoryview, position: int, end: int) -> tuple[int, int]:
    value = 0
    for i in range(_LONGEST_VARINT):
        byte = _byte(data, position + i, end)
        value |= (byte & 127) << 7 * i
        if byte < 128:  # noqa: PLR2004 (the top bit says that more follows)
            return value, position + i + 1
    raise UnknownLayout(f"a number of more than {_LONGEST_VARINT} bytes at {position}")


def _byte(data: memoryview, position: int, end: int) -> int:
    if position >= end:
        raise UnknownLayout(f"a header that goes on after {end}")
    return data[position]


def _zigzag(number: int) -> int:
    return (number >> 1) ^ -(number & 1)


def _number(fields: dict[int, Any], name: int) -> int:
    value = fields.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise UnknownLayout(f"field {name} is {value!r}")
    return value


def _nested(fields: dict[int, Any], name: int) -> dict[int, Any]:
    value = fields.get(name)
    if not isinstance(value, dict):
        raise UnknownLayout(f"field {name} is {value!r}")
    return value
