from __future__ import annotations

import threading

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import Features, Image, List, Value, load_dataset
from hypothesis import given
from hypothesis import strategies as st

from sightline.errors import DatasetError
from sightline.parquet import (
    ClipReader,
    NotWritten,
    RowGroup,
    plan_shards,
    write_config,
    write_table,
)
from sightline.parquet_reader import read_rows
from sightline.staging import Staging

FEATURES = Features(
    {"clip_id": Value("string"), "index": Value("int32"), "image": Image(), "tags": List(Image())}
)


def _picture(key, i):
    return b"\xff\xd8" + f"{key}-{i}".encode() * 20


def _group(key, rows=3, calls=None):
    def columns():
        if calls is not None:
            calls.append(key)
        images = [{"bytes": _picture(key, i), "path": f"{key}/{i}.jpg"} for i in range(rows)]
        found = {
            "clip_id": [key] * rows,
            "index": list(range(rows)),
            "image": images,
            "tags": [[image] for image in images],
        }
        return found, {"rows": rows}

    return RowGroup(key, 100 * rows, columns)


def _write(folder, keys, shard_bytes=10**9):
    staging = Staging(folder, "key")
    groups = [_group(key) for key in keys]
    facts = write_config(staging, "frames", FEATURES, groups, shard_bytes=shard_bytes)
    staging.finish()
    return facts


@given(st.lists(st.integers(0, 50), max_size=30), st.integers(1, 60))
def test_shards_cover_all_groups_once_and_only_their_last_group_may_overshoot(sizes, limit):
    """Ranges follow each other, and without its last group each is below the limit."""
    shards = plan_shards(sizes, limit)
    assert [i for start, end in shards for i in range(start, end)] == list(range(len(sizes)))
    assert all(sum(sizes[start : end - 1]) < limit for start, end in shards if end > start)


def test_a_shard_size_of_nothing_is_refused():
    """The message names the argument."""
    with pytest.raises(ValueError, match=r"shard_bytes \(0\) must be at least 1"):
        plan_shards([1], 0)


def test_every_key_has_a_row_group_of_its_own(tmp_path):
    """The footer alone tells where a clip is."""
    _write(tmp_path / "out", ["a", "b", "c"])
    footer = pq.read_metadata(tmp_path / "out/frames/test-00000-of-00001.parquet")
    assert [footer.row_group(i).column(0).statistics.min for i in range(3)] == ["a", "b", "c"]


def test_files_are_closed_at_the_aimed_size_and_say_how_many_there_are(tmp_path):
    """Five groups of 300 bytes at 600 bytes a file make three files."""
    _write(tmp_path / "out", "abcde", shard_bytes=600)
    names = sorted(path.name for path in (tmp_path / "out/frames").iterdir())
    assert names == [f"test-{i:05d}-of-00003.parquet" for i in range(3)]


def test_equal_rows_give_equal_bytes(tmp_path):
    """Nothing in the file depends on time or place."""
    _write(tmp_path / "one", "abc")
    _write(tmp_path / "two", "abc")
    name = "frames/test-00000-of-00001.parquet"
    assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_media_bytes_lie_in_the_file_as_they_are(tmp_path):
    """Uncompressed and PLAIN: the picture can be found in the file."""
    _write(tmp_path / "out", "ab")
    data = (tmp_path / "out/frames/test-00000-of-00001.parquet").read_bytes()
    assert data.count(_picture("b", 1)) == 2


def test_facts_of_all_groups_come_back(tmp_path):
    """What each group found out is returned by its key."""
    assert _write(tmp_path / "out", "ab", shard_bytes=1) == {"a": {"rows": 3}, "b": {"rows": 3}}


def test_finished_files_are_taken_over(tmp_path):
    """A second try makes only what is not there yet."""
    calls: list[str] = []
    groups = [_group(key, calls=calls) for key in "abc"]
    write_config(Staging(tmp_path / "out", "k"), "f", FEATURES, groups[:2], shard_bytes=600)
    facts = write_config(Staging(tmp_path / "out", "k"), "f", FEATURES, groups[:2], shard_bytes=600)
    assert calls == ["a", "b"]
    assert facts == {"a": {"rows": 3}, "b": {"rows": 3}}


def test_a_group_that_cannot_be_written_is_told_after_all_were_tried(tmp_path):
    """No file with a hole stays, and the others are written."""
    calls: list[str] = []

    def broken():
        raise NotWritten("b")

    groups = [_group("a", calls=calls), RowGroup("b", 300, broken), _group("c", calls=calls)]
    staging = Staging(tmp_path / "out", "k")
    with pytest.raises(NotWritten, match="b"):
        write_config(staging, "frames", FEATURES, groups, shard_bytes=600)
    assert calls == ["a", "c"]
    assert [part.name for part in staging.parts] == ["frames/test-00001-of-00002.parquet"]


def test_load_dataset_sees_the_features_and_the_same_bytes(tmp_path):
    """The footer carries the features; no README is needed for one config."""
    _write(tmp_path / "out", "ab")
    found = load_dataset(str(tmp_path / "out/frames"), split="test", cache_dir=str(tmp_path / "c"))
    assert found.features == FEATURES
    rows = found.select_columns(["image"]).cast_column("image", Image(decode=False))
    assert rows[4]["image"] == {"bytes": _picture("b", 1), "path": "b/1.jpg"}


def test_a_small_config_is_one_file(tmp_path):
    """Its rows stand in one row group."""
    staging = Staging(tmp_path / "out", "k")
    features = Features({"id": Value("string"), "words": List(Value("string"))})
    write_table(staging, "questions", features, {"id": ["x", "y"], "words": [["a"], []]})
    staging.finish()
    table = pq.read_table(tmp_path / "out/questions/test-00000-of-00001.parquet")
    assert table.to_pylist() == [{"id": "x", "words": ["a"]}, {"id": "y", "words": []}]


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    """A reader over three clips in two files."""
    folder = tmp_path_factory.mktemp("parquet") / "out"
    _write(folder, ["a", "b", "c"], shard_bytes=600)
    return ClipReader(folder / "frames")


def test_a_reader_gives_the_rows_asked_for_in_the_order_asked_for(reader):
    """A media column gives bytes alone."""
    assert reader.read("b", rows=[2, 0, 2]) == [_picture("b", i) for i in (2, 0, 2)]


def test_pictures_are_slices_of_the_file_and_outlive_the_reader(tmp_path):
    """Nothing is copied; the map is closed with the last slice."""
    _write(tmp_path / "out", ["a"])
    reader = ClipReader(tmp_path / "out/frames")
    first, second = reader.read("a", rows=[0, 1])
    assert (first.readonly, first.obj) == (True, second.obj)
    del reader
    assert first == _picture("a", 0)


@pytest.mark.parametrize(
    "options",
    [
        {"compression": "snappy"},
        {"compression": "none", "use_dictionary": True},
        {"compression": "none", "use_dictionary": False, "data_page_version": "2.0"},
    ],
)
def test_files_of_other_writers_are_read_as_well(tmp_path, options):
    """However they are stored, with pictures that are missing."""
    pictures = [{"bytes": b"x" * 9, "path": "x"}, None, {"bytes": None, "path": "y"}]
    table = pa.table({"clip_id": ["a"] * 3, "image": pictures})
    pq.write_table(table, tmp_path / "x.parquet", **options)
    reader = ClipReader(tmp_path)
    assert reader.read("a") == [b"x" * 9, None, None]
    assert reader.read("a", rows=[2, 0]) == [None, b"x" * 9]
    with pytest.raises(DatasetError, match=r"rows \(\[3\]\) of a must be in \[0, 3\)"):
        reader.read("a", rows=[3])


def test_a_reader_gives_all_rows_without_a_choice(reader):
    """Other columns give their values."""
    assert reader.read("c", columns=["index"]) == [0, 1, 2]


def test_several_columns_give_tuples(reader):
    """One tuple per row, in the order of the columns asked for."""
    assert reader.read("a", columns=["index", "image"], rows=[1]) == [(1, _picture("a", 1))]


def test_a_reader_knows_its_keys(reader):
    """Keys stand in the order of the files."""
    assert reader.keys == ("a", "b", "c")
    assert "a" in reader
    assert "x" not in reader
    assert reader.row_count("a") == 3


def test_threads_may_share_a_reader(reader):
    """Every thread gets its own clip."""
    found = {}

    def read(key):
        for _ in range(20):
            found.setdefault(key, []).append(reader.read(key, rows=[1])[0])

    threads = [threading.Thread(target=read, args=(key,)) for key in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {key: [_picture(key, 1)] * 20 for key in "abc"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"key": "x"}, r"clip_id \('x'\) must be one of the 3 in"),
        ({"key": "a", "rows": [0, 7]}, r"rows \(\[7\]\) of a must be in \[0, 3\)"),
        ({"key": "a", "rows": [-1]}, r"rows \(\[-1\]\) of a must be in \[0, 3\)"),
        ({"key": "a", "columns": ["nose"]}, r"columns \(\['nose'\]\) must be among those of"),
    ],
)
def test_what_is_not_there_is_named(reader, arguments, message):
    """The error names the argument, the value and what there is."""
    with pytest.raises(DatasetError, match=message):
        reader.read(**arguments)


def test_a_reader_refuses_a_folder_without_files(tmp_path):
    """An empty folder is no dataset."""
    with pytest.raises(DatasetError, match="has no Parquet files"):
        ClipReader(tmp_path)


def test_a_reader_refuses_row_groups_of_several_clips(tmp_path):
    """Such a file would give frames of another clip."""
    pq.write_table(pa.table({"clip_id": ["a", "b"]}), tmp_path / "x.parquet")
    with pytest.raises(DatasetError, match="must have one clip_id per row group, but group 0"):
        ClipReader(tmp_path)


def test_a_reader_refuses_a_file_that_was_cut(tmp_path):
    """The message names the file and what to do."""
    (tmp_path / "x.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(DatasetError, match="must be a whole Parquet file"):
        ClipReader(tmp_path)


def test_rows_of_a_small_config_come_in_the_order_of_the_files(tmp_path):
    """Only the columns asked for; what is not there is told with what to do."""
    pq.write_table(pa.table({"a": [3], "b": [4]}), tmp_path / "2.parquet")
    pq.write_table(pa.table({"a": [1], "b": [2]}), tmp_path / "1.parquet")
    assert read_rows(tmp_path, ["b"], next_step="build it") == [{"b": 2}, {"b": 4}]
    with pytest.raises(DatasetError, match=r"cannot be read: .*Name\(c\)[^\0]*next: build it"):
        read_rows(tmp_path, ["a", "c"], next_step="build it")
    with pytest.raises(DatasetError, match=r"has no \*\.parquet with rows"):
        read_rows(tmp_path / "none", ["a"], next_step="build it")
    (tmp_path / "3.parquet").write_bytes(b"PAR1")
    with pytest.raises(DatasetError, match="cannot be read"):
        read_rows(tmp_path, ["a"], next_step="build it")
