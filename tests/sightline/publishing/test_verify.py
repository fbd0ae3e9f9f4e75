"""What was published is read back by load_dataset, past every cache, and compared."""

from __future__ import annotations

import hashlib
import io
import math
import os
import runpy
from pathlib import Path
from types import SimpleNamespace

import huggingface_hub.constants
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.dataset_rules import Config
from sightline.errors import PublishError
from sightline.progress import Silent
from sightline.publishing import reader, verify
from sightline.publishing.hub import Hub
from sightline.publishing.verify import compare_with_hub

local = runpy.run_path(str(Path(__file__).parents[2] / "hub/load.py"))["hub"]
tiny = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[2] / "tiny_release.py")))

NAME = "org/bench"
CARD = """---
configs:
- config_name: questions
  default: true
  data_files: [{split: test, path: questions/test-*}]
- config_name: frames
  data_files: [{split: test, path: frames/test-*}]
---
"""


def config(name, *key, media=()):
    """One of a benchmark's configs."""
    return Config(name, "a row", key=key, features=None, fields={}, media_columns=media)


RULES = SimpleNamespace(
    configs=(
        config("questions", "id"),
        config("frames", "clip_id", "index", media=("image",)),
        config("gaze", "id"),
    )
)


def write(folder, answer="A", shade=100):
    """A dataset of two tables, in which a number is missing and pictures are embedded."""
    from datasets import Features, Image, Value

    questions = pa.table({"id": ["q1", "q2", "q3"], "answer": ["B", answer, "C"]})
    questions = questions.append_column("value", pa.array([0.5, math.nan, None]))
    features = Features(
        {"clip_id": Value("string"), "index": Value("int32"), "image": Image(decode=False)}
    )
    rows = [
        {
            "clip_id": "c",
            "index": i,
            "image": {"bytes": tiny.jpeg(shade + i), "path": f"c/{i}.jpg"},
        }
        for i in range(5)
    ]
    frames = pa.Table.from_pylist(rows, features.arrow_schema)
    for name, table in (("questions", questions), ("frames", frames)):
        path = folder / name / "test-00000-of-00001.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, path, row_group_size=2, compression="none", use_dictionary=False)
    (folder / "README.md").write_text(CARD)
    (folder / "media").mkdir(exist_ok=True)
    (folder / "media/a.mp4").write_bytes(b"\0" * 1000)
    return folder


@pytest.fixture
def running(tmp_path, monkeypatch):
    """A Hub of one organisation."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    with local.LocalHub(tmp_path / "hub") as server:
        server.organisation("org", members=["alice"])
        yield server
        huggingface_hub.close_session()


def compared(running, folder, revision="main", user="alice", **more):
    """What `compare_with_hub` says."""
    hub = Hub(endpoint=running.url, token=running.token(user), patience_seconds=0)
    return compare_with_hub(folder, RULES, NAME, revision, progress=Silent(), hub=hub, **more)


def test_an_equal_dataset_is_read_whole_and_found_equal(running, tmp_path):
    """Large files redirected, private, at a pull request, with caches that would lie."""
    running.redirect_lfs = True
    folder = write(tmp_path / "data")
    running.add(NAME, folder, private=True)
    commit = running.head(NAME)
    found = compared(running, folder)
    assert (found.commit, dict(found.rows)) == (commit, {"questions": 3, "frames": 5})
    assert found.files == 4
    assert found.bytes == sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert not list(Path(os.environ["HF_HOME"]).rglob("*bench*"))


def test_tables_with_pictures_may_be_compared_by_checksums_only(running, tmp_path):
    """They are not read back then."""
    folder = write(tmp_path / "data")
    running.add(NAME, folder)
    running.log.clear()
    assert dict(compared(running, folder, how="files").rows) == {"questions": 3}
    assert not running.log.records("/resolve/.*/frames/")


@pytest.mark.parametrize(
    ("spoil", "match"),
    [
        ({"media/a.mp4": b"\0" * 999}, "media/a.mp4 has 999 bytes, not 1,000"),
        ({"media/a.mp4": b"\1" * 1000}, "media/a.mp4 has another SHA-256"),
        ({"media/a.mp4": None}, "a.mp4 is missing"),
        ({"README.md": CARD.replace("org", "gro").encode() + b"x"}, "README.md has"),
        ({"README.md": CARD.replace("frames", "fra-es", 1).encode()}, "README.md has another"),
    ],
    ids=["shorter", "other", "missing", "longer-text", "other-text"],
)
def test_every_file_must_stand_in_the_listing(running, tmp_path, spoil, match):
    """With its size and its checksum, and before a table is read."""
    folder = write(tmp_path / "data")
    running.add(NAME, folder)
    running.commit(NAME, "alice", spoil)
    running.log.clear()
    with pytest.raises(PublishError, match=match) as caught:
        compared(running, folder)
    assert "the commit stands" in str(caught.value)
    assert not running.log.records("/resolve/")


def test_a_file_of_others_that_a_config_takes_in_is_found(running, tmp_path):
    """All our files are right, and load_dataset gives something else."""
    folder = write(tmp_path / "data")
    running.add(NAME, folder)
    other = (folder / "questions/test-00000-of-00001.parquet").read_bytes()
    running.commit(NAME, "alice", {"questions/test-00001.parquet": other})
    with pytest.raises(PublishError, match=r"questions has more rows on the Hub .* after row 3"):
        compared(running, folder)


def test_a_row_that_differs_is_named(running, tmp_path):
    """Config, key, column and both values; the digests are told wrongly to come so far."""
    folder = write(tmp_path / "data")
    there = write(tmp_path / "there", answer="D")
    running.add(NAME, there)
    digests = {
        path.relative_to(there).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in there.rglob("*.parquet")
    }
    with pytest.raises(
        PublishError, match="questions row id='q2' differs in answer: 'A' here, 'D'"
    ):
        compared(running, folder, digests=digests)


def test_reading_that_is_refused_is_no_success(running, tmp_path):
    """A listing can be seen by people whom a gate keeps from reading."""
    folder = write(tmp_path / "data")
    running.add(NAME, folder)
    running.fail(local.Fault("/resolve/.*parquet", status=403, message="no", times=999))
    with pytest.raises(PublishError, match="cannot be read by load_dataset") as caught:
        compared(running, folder)
    assert "hf_" not in str(caught.value)


def test_a_revision_that_is_not_there(running, tmp_path):
    """Nothing is read in its place."""
    running.add(NAME, write(tmp_path / "data"))
    with pytest.raises(PublishError, match="no such branch, tag or commit"):
        compared(running, tmp_path / "data", "v9")


def test_a_reader_that_dies_tells_why(running, tmp_path, monkeypatch):
    """Its last words are passed on."""
    folder = write(tmp_path / "data")
    running.add(NAME, folder)
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\necho out of memory >&2\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setattr(verify.sys, "executable", str(broken))
    with pytest.raises(PublishError, match="out of memory"):
        compared(running, folder)
    broken.write_text("#!/bin/sh\nkill -9 $$\n")
    with pytest.raises(PublishError, match="reading it back"):
        compared(running, folder)
    broken.write_text("#!/bin/sh\ncat > /dev/null\n")
    with pytest.raises(PublishError, match="without a word"):
        compared(running, folder)


@pytest.mark.slow
def test_a_whole_built_dataset(running, tmp_path):
    """All configs of a benchmark, with lists, structs and pictures in both places."""
    from mmsi_video.builder import build
    from mmsi_video.dataset_rules import rules

    build(tiny.make_release(tmp_path / "release"), tmp_path / "data")
    running.add(NAME, tmp_path / "data")
    hub = Hub(endpoint=running.url, token=running.token("alice"), patience_seconds=0)
    found = compare_with_hub(tmp_path / "data", rules(), NAME, "main", progress=Silent(), hub=hub)
    assert found.rows["questions"] == 4
    assert set(found.rows) == {"questions", "frames", "videos"}


@given(st.lists(st.integers(0, 5), max_size=8), st.lists(st.integers(0, 5), max_size=8))
def test_aligned_pieces_have_equal_lengths_and_lose_nothing(left, right):
    """Until one side is at its end; what is left over of the other is seen."""

    def pieces(sizes):
        numbers = iter(range(100))
        for size in sizes:
            yield pa.table({"n": [next(numbers) for _ in range(size)]})

    pairs = [*reader.aligned(pieces(left), pieces(right))]
    whole = [pair for pair in pairs if None not in pair]
    assert all(len(here) == len(there) > 0 for here, there in whole)
    common = min(sum(left), sum(right))
    for side in (0, 1):
        rows = [row for pair in whole for row in pair[side]["n"].to_pylist()]
        assert rows == [*range(common)]
    assert len(pairs) - len(whole) == (sum(left) != sum(right))


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (math.nan, math.nan, True),
        ([1.0, math.nan], [1.0, math.nan], True),
        ({"a": [{"b": math.nan}]}, {"a": [{"b": math.nan}]}, True),
        ([1], [1, 2], False),
        ({"a": 1}, {"b": 1}, False),
        (math.nan, None, False),
        (b"a", b"b", False),
        (0.1, 0.1 + 1e-16, False),
    ],
)
def test_the_same_value(one, other, equal):
    """NaN is NaN, and nothing else is."""
    assert reader.same(one, other) is equal


def test_tables_of_other_arrow_types_with_equal_values_do_not_differ():
    """Large strings, and other names for the items of lists."""
    items = pa.list_(pa.field("element", pa.int64()))
    here = pa.table({"s": ["a", None], "l": pa.array([[1], None], items)})
    there = pa.table({"s": pa.array(["a", None], pa.large_string()), "l": [[1], None]})
    assert reader.difference(here, there, ["s"]) is None
    assert "l only on one side" in reader.difference(here, there.drop_columns("l"), ["s"])


def test_a_picture_is_told_by_its_size():
    """Nobody reads bytes."""
    picture = io.BytesIO(tiny.jpeg(3)).getvalue()
    here = pa.table({"id": [1], "image": [{"bytes": picture, "path": "a"}]})
    there = pa.table({"id": [1], "image": [{"bytes": b"", "path": "a"}]})
    told = reader.difference(here, there, ["id"])
    assert told.startswith("row id=1 differs in image: a picture of ")
