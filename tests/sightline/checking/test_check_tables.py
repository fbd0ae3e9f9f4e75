"""Tables of a dataset: faulty files are told, all of them, and none is fatal."""

from __future__ import annotations

import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sightline.checking import columns, gathered, media, row_groups, rows, tables
from sightline.dataset_rules import Config
from sightline.findings import summary

changed = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("changed_tables.py"))))
CHECKS = (tables.check, rows.check, media.check)


def found(dataset, check=tables.check):
    """Errors and warnings, as lines."""
    return changed.lines(check, dataset)


def only(lines, *words):
    """The one line; it has all these words."""
    assert len(lines) == 1, lines
    for word in words:
        assert word in lines[0], lines[0]


@pytest.mark.parametrize("check", CHECKS)
def test_whole_datasets_have_no_fault(built, built_gaze, check):
    """Of either benchmark; that they are parts of the published ones is a note."""
    for folder in (built, built_gaze):
        notes = changed.findings(check, folder)
        assert {finding.severity for finding in notes} <= {"note"}, [f.line() for f in notes]
        assert summary(notes) == "nothing to mend"
    counts = [f.what for f in changed.findings(tables.check, built)]
    assert counts == ["has 4 of the 1106 published rows: numbers on it are no published ones"]


def test_dataset_without_gaze_is_whole(tmp_path):
    """The builder leaves an empty table that the card does not list."""
    release = SimpleNamespace(
        **runpy.run_path(str(Path(__file__).parents[2] / "tiny_streamgaze.py"))
    )
    from streamgaze_task.builder import build

    out = tmp_path / "dataset"
    build(release.make(tmp_path / "release", unpacked=True), out, no_gaze_recovery=True)
    assert [line for check in CHECKS for line in found(out, check)] == []
    shutil.rmtree(out / "gaze")
    assert [line for check in CHECKS for line in found(out, check)] == []


GARBAGE = {
    "no bytes": lambda _: b"",
    "text": lambda _: b"hello, I am a table",
    "wrong magic": lambda data: b"RAP1" + data[4:-4] + b"RAP1",
    "only magic": lambda _: b"PAR1PAR1",
    "huge footer": lambda data: data[:-8] + b"\xff\xff\xff\x7f" + data[-4:],
    "negative footer": lambda data: data[:-8] + b"\xff\xff\xff\xff" + data[-4:],
    "truncated": lambda data: data[: len(data) // 2],
    "no end": lambda data: data[:-1],
    "zeros": lambda data: bytes(len(data)),
}


@pytest.mark.parametrize("name", GARBAGE)
@pytest.mark.parametrize("config", ["questions", "frames", "videos"])
def test_garbage_is_told_by_every_check(dataset, config, name):
    """With its place; the other tables are looked at all the same."""
    path = changed.table(dataset, config)
    path.write_bytes(GARBAGE[name](path.read_bytes()))
    place = f"error    {config}/test-00000-of-00001.parquet: it is no whole Parquet file"
    assert any(line.startswith(place) for line in found(dataset))
    for check in (rows.check, media.check) if config == "videos" else (rows.check,):
        assert any("cannot be checked" in line and config in line for line in found(dataset, check))


@pytest.mark.parametrize("config", ["questions", "frames", "videos"])
def test_damaged_pages_are_told(dataset, config):
    """The footer is whole, and what it speaks of is not."""
    path = changed.table(dataset, config)
    data = bytearray(path.read_bytes())
    data[4:200] = b"\xff" * 196
    path.write_bytes(data)
    lines = found(dataset)
    assert any("cannot be checked" in line and config in line for line in lines), lines


def test_mutations_are_never_fatal(dataset):
    """Bytes of the footer, one after the other; findings may come, exceptions not."""
    path = changed.table(dataset, "videos")
    whole = path.read_bytes()
    for i in range(len(whole) - 9, len(whole) - 400, -13):
        data = bytearray(whole)
        data[i] ^= 0x15
        path.write_bytes(data)
        for check in CHECKS:
            assert all(line.split()[0] in ("error", "warning") for line in found(dataset, check))


def test_row_groups_that_end_the_process(dataset):
    """A required column whose row group was counted as that of an optional one.

    pyarrow 26 aborts when it is asked about such a column, so this is a process of its own.
    """
    path = changed.table(dataset, "videos")
    data = path.read_bytes()
    optional, required = b"\x25\x02\x18\x03fps", b"\x25\x00\x18\x03fps"
    assert data.count(optional) == 1
    path.write_bytes(data.replace(optional, required))
    run = subprocess.run(
        [sys.executable, "-m", "sightline.cli", "check", str(dataset)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1, run.stderr
    assert "videos/test-00000-of-00001.parquet: it is no whole Parquet file" in run.stdout


def test_missing_config(dataset):
    """Is an error, and so is every row that is told of one."""
    shutil.rmtree(dataset / "videos")
    only(found(dataset), "videos: config has no table, but build.json speaks of 4 rows")
    changed.change_facts(dataset, rows={"questions": 4, "frames": 16})
    only(found(dataset), "videos: config has no table ->")


def test_frames_may_be_left_out_with_the_media(dataset):
    """And only then."""
    shutil.rmtree(dataset / "frames")
    changed.change_facts(dataset, rows={"questions": 4, "videos": 4})
    only([line for line in found(dataset) if "load" not in line], "frames: config has no table")
    changed.change_facts(dataset, publication={"media": "none"})
    assert [line for line in found(dataset) if "load" not in line] == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("questions/notes.txt", "and nothing else"),
        ("questions/test-notes", "and nothing else"),
        ("questions/deep/test-00000-of-00001.parquet", "and nothing else"),
        ("questions/train-00000-of-00001.parquet", "and nothing else"),
        ("questions/test-mini-00000-of-00001.parquet", "and nothing else"),
        ("questions/test-00003-of-00004.parquet", "the first missing is 00000"),
        ("questions/test-00001-of-00001.parquet", "has 2 files of 1"),
        ("questions/test-00000-of-00002.parquet", "there are 1 and 2 of them"),
    ],
)
def test_file_names(dataset, name, words):
    """A config's folder holds its numbered files alone."""
    (dataset / name).parent.mkdir(exist_ok=True)
    shutil.copy(changed.table(dataset, "questions"), dataset / name)
    assert any(words in line for line in found(dataset))


def test_huge_file_numbers_are_told_and_not_counted_up(dataset):
    """A name costs nothing, so it may say anything."""
    path = changed.table(dataset, "questions")
    path.rename(path.with_name("test-99998-of-99999.parquet"))
    assert any(
        "has 1 files of 99999, the first missing is 00000" in line for line in found(dataset)
    )


def with_schema(dataset, edit):
    """The videos table with another schema; `edit(table)` gives it."""
    path = changed.table(dataset, "videos")
    pq.write_table(edit(pq.read_table(path)), path)


SCHEMAS = {
    "missing": (lambda t: t.drop(["fps"]), "videos/test-00000-of-00001.parquet fps: column is mi"),
    "extra": (
        lambda t: t.append_column("more", pa.nulls(t.num_rows, pa.string())),
        "more: column is not one of this config",
    ),
    "other type": (
        lambda t: t.set_column(7, "height", t["height"].cast(pa.string())),
        "height: column must be int32, but is string",
    ),
    "twice": (lambda t: t.append_column("fps", t["fps"]), "column is there several times"),
    "other order": (lambda t: t.select(t.column_names[::-1]), "columns stand in another order"),
    "no features": (lambda t: t.replace_schema_metadata(None), "does not tell the features"),
    "broken features": (
        lambda t: t.replace_schema_metadata({"huggingface": "{not json"}),
        "the features in its footer cannot be read",
    ),
    "hostile features": (
        lambda t: t.replace_schema_metadata(
            {"huggingface": '{"info": {"features": {"fps": {"_type": "os.system"}}}}'}
        ),
        "features in its footer",
    ),
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_columns(dataset, name):
    """The columns and the features in the footer are those of the rules."""
    edit, words = SCHEMAS[name]
    with_schema(dataset, edit)
    assert any(words in line for line in found(dataset)), found(dataset)
    for check in CHECKS:
        found(dataset, check)


def test_features_in_the_footer(dataset):
    """They say how a picture is decoded, which no type of Arrow tells."""
    path = changed.table(dataset, "frames")
    read = pq.read_table(path)
    told = read.schema.metadata[b"huggingface"].replace(b'"Image"', b'"Image", "decode": false')
    schema = read.schema.with_metadata({"huggingface": told})
    changed.write(path, read.to_pylist(), schema, "clip_id")
    only(found(dataset), "features in its footer are others for image")


def test_counts(dataset):
    """Against build.json and what was published."""
    changed.change_facts(dataset, rows={"questions": 5, "frames": "many", "videos": 4})
    first, second = found(dataset)
    assert "questions: has 4 rows, but build.json speaks of 5" in first
    assert "frames: build.json does not tell its rows" in second
    changed.change_facts(dataset, rows={"questions": 4, "frames": 16, "videos": 4})
    lines = changed.lines(tables.check, dataset, published_rows={"questions": 3})
    only(lines, "has 4 rows, more than the 3 that were published")
    changed.change_facts(dataset, rows=None)
    assert len(found(dataset)) == 3


def test_no_rows(dataset):
    """``load_dataset`` raises over such a table."""
    changed.change(dataset, "videos", list.clear)
    path = changed.table(dataset, "videos")
    changed.write(path, [], pq.read_schema(path), None)
    changed.change_facts(dataset, rows={"questions": 4, "frames": 16, "videos": 0})
    only(found(dataset), "error    videos: must have at least one row")


def test_row_groups_of_frames(dataset):
    """One clip each, and a clip in one."""
    path = changed.table(dataset, "frames")
    whole = pq.read_table(path)
    pq.write_table(whole, path, row_group_size=5)
    lines = [line for line in found(dataset) if "row group" in line]
    assert "row group 0: must have one clip_id, but has 2: " in lines[0]
    assert any("its rows must be together" in line for line in lines)


def test_row_groups_without_statistics(dataset):
    """The reader of single clips finds them by those."""
    path = changed.table(dataset, "frames")
    read = pq.read_table(path)
    changed.write(path, read.to_pylist(), read.schema, "clip_id", write_statistics=False)
    lines = found(dataset)
    assert len(lines) == 4
    assert all("must have statistics of clip_id" in line for line in lines)


def test_statistics_that_lie(dataset):
    """A reader would give one clip's frames for another's."""
    path = changed.table(dataset, "frames")
    data = path.read_bytes()
    start = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    assert data[start:].count(b"src/clip2") >= 2
    path.write_bytes(data[:start] + data[start:].replace(b"src/clip2", b"src/clip9"))
    only(
        found(dataset), "row group 2: its statistics say that clip_id goes from src/clip9 to src/cl"
    )


def test_compressed_pictures_are_a_warning(dataset):
    """They can be read, but not in place."""
    path = changed.table(dataset, "frames")
    read = pq.read_table(path)
    packed = dict.fromkeys(("image.bytes",), "snappy")
    changed.write(path, read.to_pylist(), read.schema, "clip_id", compression=packed)
    only(found(dataset), "warning", "image.bytes must be stored plain and uncompressed")


def footer(size):
    """A footer that says so of its one row group."""
    group = SimpleNamespace(total_byte_size=size, num_columns=0)
    return SimpleNamespace(num_row_groups=1, row_group=lambda _: group)


def test_large_row_groups():
    """Sizes are judged by the footer alone: nothing that large is read."""
    config = Config("videos", "a video", key=("id",), features={}, fields={})
    sizes = {1_000_000_000: [], 1_000_000_001: ["warning"], 2**31: ["error"], 2**62: ["error"]}
    for size, severities in sizes.items():
        found = row_groups.check_storage("videos/a", footer(size), config)
        assert [finding.severity for finding in found] == severities


def test_rows_that_are_no_utf8(dataset):
    """Are told, and no reader of text meets them."""
    path = changed.table(dataset, "videos")
    data = path.read_bytes()
    read = pq.read_table(path)
    raw = pa.array([b"\xff\xfe\x00"] * read.num_rows, pa.binary())
    text = pa.Array.from_buffers(pa.string(), len(raw), raw.buffers())
    edited = read.set_column(1, read.schema.field(1), text)
    pq.write_table(edited, path, store_schema=True)
    assert path.read_bytes() != data
    for check in (tables.check, media.check):
        assert any("cannot be checked" in line for line in found(dataset, check))


# Many findings


def test_many_findings_are_counted():
    """The first of a kind are told, and the number is true."""
    found = gathered.Gathered()
    for i in range(gathered.SHOWN + 7):
        found.error("odd rows", f"row {i} is odd")
    found.warning("others", "one more")
    told = list(found)
    assert len(told) == gathered.SHOWN + 2
    assert told[gathered.SHOWN].what == "odd rows: 7 more like these, 27 in all"
    assert told[gathered.SHOWN].severity == "error"


def test_shown_values_cannot_move_the_cursor():
    """Strangers choose them."""
    assert columns.shown("plain") == "plain"
    assert "\x1b" not in columns.shown("\x1b[2J gone")
    assert "\n" not in columns.shown("two\nlines")
    assert len(columns.shown("x" * 10_000)) <= 200
    assert len(columns.shown([9**9**5] * 1000)) <= 200
    assert columns.shown("") == "''"


def test_values_at():
    """Lists are gone through with their positions; what is not there is nothing."""
    row = {"a": [{"b": 1}, None, {"b": None}], "c": None, "d": 4}
    assert list(columns.values_at(row, "a.b")) == [("a[0].b", 1), ("a[2].b", None)]
    assert list(columns.values_at(row, "c.e")) == []
    assert list(columns.values_at(row, "d")) == [("d", 4)]
