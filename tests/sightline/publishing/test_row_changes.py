from __future__ import annotations

import random
import tracemalloc
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import Features, Image, List, Value
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sightline.dataset_rules import Config
from sightline.errors import DatasetError
from sightline.publishing.row_changes import FIRST, Keys, RowChanges, row_changes

QUESTIONS = Config(
    "questions",
    "a question",
    key=("id",),
    features=Features(
        {
            "id": Value("string"),
            "options": List(Value("string")),
            "seconds": Value("float64"),
            "clips": List({"clip_id": Value("string"), "start": Value("float64")}),
            "ref_images": List(Image()),
        }
    ),
    fields={},
    media_columns=("ref_images",),
)
FRAMES = Config(
    "frames",
    "a frame",
    key=("clip_id", "index"),
    features=Features(
        {
            "clip_id": Value("string"),
            "index": Value("int32"),
            "image": Image(),
            "t": Value("float64"),
        }
    ),
    fields={},
    group="clip_id",
)


def _question(number, **other):
    return {
        "id": f"q{number}",
        "options": ["left", "right"],
        "seconds": float("nan"),
        "clips": [{"clip_id": "c", "start": float("nan")}],
        "ref_images": [{"bytes": b"\xff\xd8picture", "path": "a.jpg"}],
        **other,
    }


def _frames(clip, count=3, picture=b"jpeg", **other):
    return [
        {
            "clip_id": clip,
            "index": i,
            "image": {"bytes": picture, "path": f"{i}.jpg"},
            "t": float("nan"),
            **other,
        }
        for i in range(count)
    ]


def _write(path, config, *groups, schema=None):
    """A Parquet file with a row group for each list of rows."""
    schema = schema or config.features.arrow_schema
    with pq.ParquetWriter(path, schema) as writer:
        for rows in groups:
            writer.write_table(pa.Table.from_pylist(list(rows), schema=schema))
    return [path]


def _questions(tmp_path, old, new):
    return row_changes(
        QUESTIONS,
        _write(tmp_path / "old.parquet", QUESTIONS, old),
        _write(tmp_path / "new.parquet", QUESTIONS, new),
    )


def test_equal_rows_do_not_differ_even_where_they_are_not_a_number(tmp_path):
    """NaN at the top and inside structs, pictures, and another cut into row groups."""
    rows = [_question(i) for i in range(5)]
    assert _questions(tmp_path, rows, rows) == RowChanges("questions")
    old = _write(tmp_path / "cut.parquet", QUESTIONS, rows[:2], rows[2:])
    assert row_changes(QUESTIONS, old, [tmp_path / "new.parquet"]).empty


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("options", ["left", "right", ""]),
        ("options", ["leftright"]),
        ("options", []),
        ("options", None),
        ("seconds", 0.0),
        ("seconds", None),
        ("clips", [{"clip_id": "c", "start": 1.0}]),
        ("clips", [{"clip_id": None, "start": float("nan")}]),
        ("ref_images", [{"bytes": b"\xff\xd8Picture", "path": "a.jpg"}]),
        ("ref_images", [{"bytes": None, "path": "a.jpg"}]),
        ("ref_images", []),
    ],
)
def test_a_changed_value_is_told_by_column_and_key(tmp_path, column, value):
    """However deep it lies."""
    old = [_question(i) for i in range(4)]
    new = [*old[:2], _question(2, **{column: value}), old[3]]
    assert _questions(tmp_path, old, new) == RowChanges(
        "questions", changed={column: Keys(1, (("q2",),))}
    )


def test_texts_that_are_cut_elsewhere_differ(tmp_path):
    """A digest of values one after the other would not see it."""
    old, new = _question(0, options=["a", "bsc"]), _question(0, options=["asb", "c"])
    assert _questions(tmp_path, [old], [new]).changed == {"options": Keys(1, (("q0",),))}


def test_rows_come_and_go(tmp_path):
    """The rows that both have stand in their order; many are counted."""
    old, new = [_question(i) for i in range(3)], [_question(i) for i in range(1, 50)]
    found = _questions(tmp_path, old, new)
    assert found.removed == Keys(1, (("q0",),))
    assert found.added == Keys(47, tuple((f"q{i}",) for i in range(3, 3 + FIRST)))
    assert not found.order_changed
    assert not found.empty


def test_another_order_is_told(tmp_path):
    """Of rows, and of groups."""
    rows = [_question(i) for i in range(3)]
    assert _questions(tmp_path, rows, rows[::-1]) == RowChanges("questions", order_changed=True)
    old = _write(tmp_path / "a.parquet", FRAMES, _frames("a"), _frames("b"))
    new = _write(tmp_path / "b.parquet", FRAMES, _frames("b"), _frames("a"))
    assert row_changes(FRAMES, old, new) == RowChanges("frames", order_changed=True)


def test_the_frames_of_a_clip_are_compared_by_their_bytes(tmp_path):
    """A clip more, a clip less, one with another picture; in other shards than before."""
    old = _write(tmp_path / "old.parquet", FRAMES, _frames("a"), _frames("b"), _frames("c"))
    changed = [*_frames("b", 1), *_frames("b", picture=b"JPEG")[1:2], *_frames("b")[2:]]
    new = _write(tmp_path / "0.parquet", FRAMES, changed, _frames("c"))
    new += _write(tmp_path / "1.parquet", FRAMES, _frames("d", 2))
    found = row_changes(FRAMES, old, new)
    assert found.changed == {"image": Keys(1, (("b", 1),))}
    assert found.added == Keys(2, (("d", 0), ("d", 1)))
    assert found.removed == Keys(3, (("a", 0), ("a", 1), ("a", 2)))
    assert not found.order_changed


def test_a_clip_in_several_row_groups_is_still_one(tmp_path):
    """Nor does it matter where the groups are cut into files."""
    clip = _frames("a", 6)
    old = _write(tmp_path / "0.parquet", FRAMES, clip[:2], clip[2:4])
    old += _write(tmp_path / "1.parquet", FRAMES, clip[4:], _frames("b"))
    new = _write(tmp_path / "new.parquet", FRAMES, clip, _frames("b"))
    assert row_changes(FRAMES, old, new) == RowChanges("frames")
    assert row_changes(FRAMES, old[:1], new).added == Keys(
        5, (("a", 4), ("a", 5), ("b", 0), ("b", 1), ("b", 2))
    )


def test_columns_that_come_go_and_change_their_type_are_told(tmp_path):
    """Numbers that only became integers are the same numbers."""
    schema = pa.schema([("id", pa.string()), ("seconds", pa.int32()), ("level", pa.string())])
    old = _write(
        tmp_path / "old.parquet",
        QUESTIONS,
        [{"id": "q0", "seconds": 3, "level": "x"}],
        schema=schema,
    )
    new = _write(tmp_path / "new.parquet", QUESTIONS, [_question(0, seconds=3.0)])
    found = row_changes(QUESTIONS, old, new)
    assert found.columns_added == ("options", "clips", "ref_images")
    assert found.columns_removed == ("level",)
    assert found.columns_retyped == {"seconds": ("int32", "double")}
    assert not found.changed


def test_equal_keys_on_the_hub_are_told_and_compared_by_their_order(tmp_path):
    """The second of them is a row that goes, or one that is compared with the second."""
    twice = [_question(0), _question(0, seconds=1.0), _question(1)]
    found = _questions(tmp_path, twice, [_question(0), _question(1)])
    assert found == RowChanges(
        "questions", removed=Keys(1, (("q0",),)), duplicates=Keys(1, (("q0",),))
    )
    found = _questions(tmp_path, [*twice, _question(0)], [*twice, _question(0)])
    assert found.empty
    assert found.duplicates == Keys(1, (("q0",),))


def test_a_config_may_come_or_go_as_a_whole(tmp_path):
    """Without files on one side every row is new, or gone."""
    files = _write(tmp_path / "a.parquet", FRAMES, _frames("a"), _frames("b"))
    assert row_changes(FRAMES, [], files).added.count == 6
    gone = row_changes(FRAMES, files, [])
    assert gone == RowChanges("frames", removed=gone.removed)
    assert gone.removed.count == 6
    assert row_changes(FRAMES, [], []).empty


def _garbage(path, content):
    path.write_bytes(content)
    return [path]


def _old_files(tmp_path):
    """Files that the Hub may hold, and what is said of them."""
    good = _write(tmp_path / "good.parquet", FRAMES, _frames("a", 50))
    content = good[0].read_bytes()
    no_key = pa.schema([("clip_id", pa.string())])
    other = _write(tmp_path / "other.parquet", FRAMES, [{"clip_id": "z"}], schema=no_key)
    bad_text = pa.table(
        {
            "clip_id": pa.array(["a"]),
            "index": pa.array([0], pa.int32()),
            "t": pa.array([b"\xff\xfe"]).view(pa.string()),
        }
    )
    pq.write_table(bad_text, tmp_path / "text.parquet")
    return {
        "not Parquet": (_garbage(tmp_path / "1", b"<html>no</html>"), "ArrowInvalid"),
        "empty": (_garbage(tmp_path / "2", b""), "ArrowInvalid"),
        "cut": (_garbage(tmp_path / "3", content[:-20]), "ArrowInvalid"),
        "a broken page": (_garbage(tmp_path / "4", bytes(300) + content[300:]), ""),
        "not there": ([tmp_path / "5"], "FileNotFoundError"),
        "no key": (other, "no column 'index'"),
        "two schemas": (good + other, "different columns"),
        "no text": ([tmp_path / "text.parquet"], ""),
        "several clips in a row group": (
            _write(tmp_path / "6", FRAMES, _frames("a") + _frames("b")),
            "several values of 'clip_id'",
        ),
    }


def test_rows_that_cannot_be_read_are_told_and_never_fail(tmp_path):
    """Whatever lies on the Hub."""
    new = _write(tmp_path / "new.parquet", FRAMES, _frames("a"))
    for what, (old, reason) in _old_files(tmp_path).items():
        found = row_changes(FRAMES, old, new)
        assert found.unreadable, what
        assert reason in found.unreadable, what
        assert found == RowChanges("frames", unreadable=found.unreadable), what


def test_new_rows_that_cannot_be_read_are_an_error_and_not_the_hubs_fault(tmp_path):
    """Before anything is compared, and in the middle of it."""
    good = _write(tmp_path / "good.parquet", FRAMES, _frames("a", 50))
    content = good[0].read_bytes()
    for broken in (b"no", bytes(300) + content[300:]):
        new = _garbage(tmp_path / "new.parquet", broken)
        with pytest.raises(DatasetError, match="the new rows of frames cannot be read"):
            row_changes(FRAMES, good, new)


values = st.one_of(st.none(), st.floats(), st.integers(-2, 2).map(float))
tables = st.lists(st.tuples(st.integers(0, 5), values), unique_by=lambda row: row[0])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(tables, tables)
def test_changes_are_those_of_a_comparison_by_hand(tmp_path, old, new):
    """Keys, values and order, with and without groups."""
    same = {a[0] for a in old for b in new if a[0] == b[0] and repr(a[1]) == repr(b[1])}
    same |= {a[0] for a in old for b in new if a[0] == b[0] and a[1] == b[1]}
    before, after = [key for key, _ in old], [key for key, _ in new]
    for config in (FRAMES, replace(FRAMES, group=None)):
        groups = [
            [
                [{"clip_id": str(key), "index": key, "image": None, "t": value}]
                for key, value in rows
            ]
            for rows in (old, new)
        ]
        found = row_changes(
            config,
            _write(tmp_path / "old.parquet", config, *groups[0]),
            _write(tmp_path / "new.parquet", config, *groups[1]),
        )
        assert [key[1] for key in found.added.first] == [key for key in after if key not in before]
        assert [key[1] for key in found.removed.first] == [
            key for key in before if key not in after
        ]
        changed = found.changed.get("t", Keys()).first
        assert [key[1] for key in changed] == [
            key for key in after if key in before and key not in same
        ]
        assert found.order_changed == (
            [key for key in before if key in after] != [key for key in after if key in before]
        )


@pytest.mark.parametrize("group", ["clip_id", None])
def test_pictures_are_not_held(tmp_path, group):
    """Every picture differs; only a clip's, or a few rows', are in memory at a time."""
    config, draw = replace(FRAMES, group=group), random.Random(0)  # noqa: S311 (filler)

    def file(name):
        clips = (
            [*_frames(f"c{i}", 1, draw.randbytes(500_000)), *_frames(f"c{i}", 2, b"j")[1:]]
            for i in range(40)
        )
        return _write(tmp_path / name, config, *clips)

    old, new = file("old.parquet"), file("new.parquet")
    default, watched = pa.default_memory_pool(), pa.proxy_memory_pool(pa.default_memory_pool())
    tracemalloc.start()
    pa.set_memory_pool(watched)
    try:
        found = row_changes(config, old, new)
        _, traced = tracemalloc.get_traced_memory()
    finally:
        pa.set_memory_pool(default)
        tracemalloc.stop()
    assert found.changed["image"].count == 40
    assert 0 < watched.max_memory() < old[0].stat().st_size / 2
    assert traced < old[0].stat().st_size / 2
