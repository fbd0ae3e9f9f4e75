"""Values found in a file by us, beside what pyarrow reads there."""

import io
import struct

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.parquet_pages import Chunk, UnknownLayout, media_chunk, value_spans

STRUCT = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
FLAT = pa.schema([pa.field("bytes", pa.binary(), nullable=False)])


def written(values, *, flat=False, **options):
    """A Parquet file with these values, in a struct as ours are or in a column of its own."""
    if flat:
        table = pa.table({"bytes": values}, schema=FLAT)
    else:
        rows = [None if value is ... else {"bytes": value, "path": "p"} for value in values]
        table = pa.table({"image": pa.array(rows, STRUCT)})
    buffer = io.BytesIO()
    given_options = {
        "compression": "none",
        "use_dictionary": False,
        "write_statistics": False,
        **options,
    }
    pq.write_table(table, buffer, **given_options)
    return buffer.getvalue()


def found(data, group=0, path="image.bytes"):
    """The values of a row group, as we find them."""
    view = memoryview(data)
    chunk = media_chunk(pq.read_metadata(io.BytesIO(data)), group, path)
    spans = value_spans(view, chunk)
    return [bytes(view[spans[i] : spans[i + 1]]) for i in range(0, len(spans), 2)]


values = st.lists(st.binary(max_size=200), min_size=1, max_size=60)


@given(
    values,
    st.booleans(),
    st.fixed_dictionaries(
        {
            "data_page_size": st.integers(1, 2000),
            "data_page_version": st.sampled_from(["1.0", "2.0"]),
            "row_group_size": st.integers(1, 70),
            "write_page_checksum": st.booleans(),
        }
    ),
)
@settings(deadline=None)
def test_all_values_of_files_like_ours(rows, flat, options):
    """Any page size, both kinds of page, with and without checksums, one or several row groups."""
    data = written(rows, flat=flat, write_batch_size=3, **options)
    path = "bytes" if flat else "image.bytes"
    groups = pq.read_metadata(io.BytesIO(data)).num_row_groups
    assert [value for i in range(groups) for value in found(data, i, path)] == rows


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("statistics", [True, False])
def test_large_values(version, statistics):
    """Pictures of a megabyte; statistics in the footer and in the pages are stepped over."""
    rows = [bytes([i]) * (1 << 20) for i in range(5)]
    data = written(rows, data_page_version=version, write_statistics=statistics)
    assert found(data) == rows


@given(st.lists(st.sampled_from([b"x", b"", None, ...]), min_size=1, max_size=40))
@settings(deadline=None)
def test_a_missing_value_is_left_to_pyarrow(rows):
    """A null picture, or a null struct around it, is never taken for an empty one."""
    for version in ("1.0", "2.0"):
        data = written(rows, data_page_version=version)
        if None in rows or ... in rows:
            with pytest.raises(UnknownLayout):
                found(data)
        else:
            assert found(data) == rows


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"compression": "snappy"}, "compression SNAPPY"),
        ({"use_dictionary": True}, "or a dictionary"),
        ({"column_encoding": {"image.bytes": "DELTA_BYTE_ARRAY"}}, "encodings"),
    ],
)
def test_other_storage_is_left_to_pyarrow(options, message):
    """Named in the exception."""
    with pytest.raises(UnknownLayout, match=message):
        found(written([b"a" * 50] * 20, **options))


def test_other_columns_are_left_to_pyarrow():
    """Text, numbers, lists, and what is not there."""
    table = pa.table({"text": ["a"], "number": [1], "many": [[b"x", b"y"]]})
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="none", use_dictionary=False)
    for path in ("text", "number", "many.list.element", "nothing"):
        with pytest.raises(UnknownLayout):
            found(buffer.getvalue(), path=path)


ROWS = [bytes([i]) * (i % 7) for i in range(40)]
FILES = [
    written(ROWS, data_page_size=60, data_page_version=version, write_batch_size=3)
    for version in ("1.0", "2.0")
]


def garbled(data, chunk):
    """Values in these bytes, all of them within the chunk; or None."""
    try:
        spans = value_spans(memoryview(data), chunk)
    except UnknownLayout:
        return None
    assert len(spans) == 2 * chunk.values
    bounds = [chunk.start, *spans, chunk.start + chunk.size]
    assert bounds == sorted(bounds)
    return spans


def chunk_of(data):
    """The chunk of the picture column."""
    return media_chunk(pq.read_metadata(io.BytesIO(data)), 0, "image.bytes")


@given(st.sampled_from(FILES), st.data())
@settings(deadline=None, max_examples=400)
def test_garbled_pages_never_lead_outside(data, draw):
    """Some bytes changed: either it is noticed, or the values lie within the chunk."""
    chunk = chunk_of(data)
    places = st.integers(chunk.start, chunk.start + chunk.size - 1)
    changed = bytearray(data)
    for place, byte in draw.draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=6)):
        changed[place] = byte
    garbled(changed, chunk)


@given(st.binary(max_size=300), st.integers(0, 3), st.integers(0, 2**62))
@settings(deadline=None, max_examples=400)
def test_any_bytes(data, level, count):
    """No bytes lead outside, into a loop, or to another exception."""
    garbled(data, Chunk(0, len(data), count, level))


@given(st.sampled_from(FILES), st.integers(0, 4000))
@settings(deadline=None)
def test_a_file_that_was_cut(data, keep):
    """What the footer promises must be there."""
    chunk = chunk_of(data)
    keep = min(keep, chunk.start + chunk.size - 1)
    assert garbled(data[:keep], chunk) is None


@pytest.mark.parametrize(
    "chunk",
    [
        Chunk(-1, 10, 1, 2),
        Chunk(0, -1, 1, 2),
        Chunk(0, 2**63, 1, 2),
        Chunk(4, 100, 39, 2),
        Chunk(4, 100, 2**63, 2),
        Chunk(4, 100, 40, 300),
    ],
)
def test_a_footer_that_lies(chunk):
    """Its numbers are checked against the pages."""
    assert garbled(FILES[0], chunk) is None


def header(*fields):
    """A Thrift struct of small numbers (field steps of one) and ready-made bytes."""
    parts = [bytes([0x15]) + _varint(f << 1) if isinstance(f, int) else f for f in fields]
    return b"".join(parts) + b"\x00"


def _varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def page(body, *, count=1, kind=0, size=None, encoding=0, levels=3, about_kind=0x2C):
    """One data page of version 1, made by hand."""
    length = len(body) if size is None else size
    about = bytes([about_kind]) + header(count, encoding, levels, levels)
    return header(kind, length, length, about) + body


GOOD = struct.pack("<I", 3) + b"abc"


def test_a_page_made_by_hand():
    """The yardstick of the next test."""
    data = page(GOOD)
    spans = garbled(data, Chunk(0, len(data), 1, 0))
    assert data[spans[0] : spans[1]] == b"abc"


@pytest.mark.parametrize(
    "data",
    [
        page(GOOD, kind=2),
        page(GOOD, encoding=2),
        page(GOOD, levels=4),
        page(GOOD, count=2),
        page(GOOD, count=0),
        page(GOOD, size=2**40),
        page(GOOD, size=6),
        page(GOOD + b"x"),
        page(b"\x01"),
        page(struct.pack("<I", 2**32 - 1) + b"abc"),
        page(GOOD, about_kind=0x29),
        b"\x80" * 50,
        b"\x1c" * 50,
        b"\x15" + b"\xff" * 20,
        b"",
    ],
)
def test_pages_that_are_something_else(data):
    """Another kind, encoding or count, sizes that do not fit, structs without an end."""
    assert garbled(data, Chunk(0, len(data), 1, 0)) is None


@pytest.mark.parametrize(
    ("levels", "ok"),
    [
        (b"\x06\x01", True),  # a run of three
        (b"\x02\x01\x04\x01", True),  # a run of one, a run of two
        (b"\x03\x07", True),  # eight bits, three of them used
        (b"\x03\xff", True),
        (b"\x06\x00", False),
        (b"\x03\x05", False),
        (b"\x02\x01", False),
        (b"\x00\x01", False),
        (b"\x03", False),
        (b"\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x07", False),
        (b"", False),
    ],
)
def test_definition_levels(levels, ok):
    """Runs and packed bits that say "there" for all three values, and such that do not."""
    body = struct.pack("<I", len(levels)) + levels + b"\0\0\0\0" * 3
    data = page(body, count=3)
    assert (garbled(data, Chunk(0, len(data), 3, 1)) is not None) == ok
