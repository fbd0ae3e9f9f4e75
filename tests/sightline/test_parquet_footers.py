"""Footers of Parquet files that somebody damaged: an error, and never the end of the process."""

from __future__ import annotations

import io
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sightline.errors import DatasetError
from sightline.parquet import ClipReader
from sightline.parquet_footers import FilePart, OutsidePartError, places, read_footer

READ = """
import sys
from pathlib import Path
from sightline.errors import DatasetError
from sightline.parquet import ClipReader

for name in sys.argv[1:]:
    try:
        ClipReader(Path(name))
    except DatasetError as error:
        print(error)
    else:
        print("read")
"""


@pytest.fixture
def whole(tmp_path):
    """Three row groups of two columns in a file."""
    path = tmp_path / "whole.parquet"
    table = pa.table({"clip_id": list("aaabbbccc"), "index": [0, 1, 2] * 3})
    pq.write_table(table, path, row_group_size=3)
    return path


def contradictions(path):
    """The file with one column of one row group that says it may not be missing, and was.

    A list of two counts, none and three, becomes one of a single count in as many bytes.
    """
    data = path.read_bytes()
    parts = data.split(b"\x26\x00\x06")
    for i in range(1, len(parts)):
        head, tail = b"\x26\x00\x06".join(parts[:i]), b"\x26\x00\x06".join(parts[i:])
        yield head + b"\x16\x80\x06" + tail


def test_no_column_of_any_row_group_ends_the_process(whole, tmp_path):
    """Asked about such a column, pyarrow aborts; so this is a process of its own."""
    files = []
    for i, data in enumerate(contradictions(whole)):
        files.append(tmp_path / f"{i}.parquet")
        files[-1].write_bytes(data)
    assert len(files) == 6
    run = subprocess.run(
        [sys.executable, "-c", READ, whole, *files], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    first, *others = [line for line in run.stdout.splitlines() if "next:" not in line]
    assert first == "read"
    assert len(others) == 6
    for file, line in zip(files, others, strict=True):
        assert f"{file} must be a whole Parquet file: Definition level histogram" in line


def test_a_footer_is_read_without_any_data(whole):
    """Of a file on the Hub only the end is here."""
    data = whole.read_bytes()
    end = data[-int.from_bytes(data[-8:-4], "little") - 8 :]
    footer = read_footer(pa.py_buffer(end), len(data))
    assert [key for key, _ in places({"x": footer}, "clip_id")] == ["a", "b", "c"]
    with pytest.raises(OSError, match="Definition level histogram"):
        read_footer(pa.py_buffer(next(contradictions(whole))[-len(end) :]), len(data))


def test_empty_tables_have_footers(tmp_path):
    """With and without a row group."""
    table = pa.table({"clip_id": pa.array([], pa.string())})
    with pq.ParquetWriter(tmp_path / "x.parquet", table.schema) as writer:
        writer.write_table(table)
    for path in (tmp_path / "x.parquet", tmp_path / "none.parquet"):
        if not path.exists():
            pq.ParquetWriter(path, table.schema).close()
        assert read_footer(path, path.stat().st_size).num_rows == 0


def test_keys_that_are_no_text(tmp_path):
    """The statistics of a column are bytes like any others."""
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"clip_id": ["kkkk"]}), path)
    path.write_bytes(path.read_bytes().replace(b"kkkk", b"\xcf\xcf\xcf\xcf"))
    with pytest.raises(DatasetError, match="must have a clip_id that is text"):
        ClipReader(path)


def test_a_part_gives_its_own_bytes_only():
    """At their places in the whole file."""
    part = FilePart(b"cdef", 2, 10)
    assert (part.seek(2), part.read(3), part.tell()) == (2, b"cde", 5)
    for start, size in ((1, 2), (5, 3), (-1, 1), (4, -1)):
        part.seek(start)
        with pytest.raises(OutsidePartError, match="lie outside of the part"):
            part.read(size)
    end = FilePart(b"ij", 8, 10)
    assert (end.seek(-2, io.SEEK_END), end.read(), end.read()) == (8, b"ij", b"")
