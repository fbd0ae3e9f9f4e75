from __future__ import annotations

import errno
import json
import os
import resource
import runpy
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pyarrow.parquet as pq
import pytest

from sightline.errors import DatasetError, SightlineError, UsageError
from sightline.media_choice import MediaChoice

small = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("small_datasets.py"))))

NONE, ALL = MediaChoice(included=False), MediaChoice(included=True)
SCANNET = MediaChoice(included=True, sources=frozenset({"scannet"}))


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A MMSI-Video-Bench dataset, to be copied."""
    return small.mmsi(tmp_path_factory.mktemp("built") / "mmsi")


@pytest.fixture
def dataset(built, tmp_path):
    """A copy that a test may spoil."""
    return small.copied(built, tmp_path / "mmsi")


@pytest.fixture(autouse=True)
def _plain_cards(monkeypatch):
    small.plain_cards(monkeypatch)


@contextmanager
def _largest_file(size):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize(
    ("media", "links", "left"),
    [(SCANNET, True, ["tables.partial-"]), (ALL, False, []), (ALL, True, [])],
    ids=["tables", "copies", "card"],
)
def test_a_full_disk_is_said_so_and_the_next_try_goes_on(dataset, monkeypatch, media, links, left):
    """A limit that the system keeps, reached at each kind of file; the dataset is untouched."""
    whole, before = small.content(dataset, media), small.traces(dataset)
    workshop = dataset.with_name("mmsi.publication")
    if not links:
        monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(OSError(errno.EXDEV, "")))
    with (
        _largest_file(1500),
        pytest.raises(SightlineError, match="the disk is full") as caught,
        small.published(dataset, media),
    ):
        pytest.fail("there is nothing to publish")
    assert "free some space and run the same command again" in str(caught.value)
    assert small.traces(dataset) == before
    found = [path.name[:15] for path in workshop.iterdir()] if workshop.exists() else []
    assert found == left
    assert small.content(dataset, media) == whole
    assert small.beside(dataset) == [".mmsi.lock"]


KILLED = """
import os, runpy, signal, sys
from pathlib import Path
from sightline.media_choice import MediaChoice
from sightline.progress import Silent
from sightline.publishing import publication, selecting, workshop
from sightline.publishing.records import Wish

selecting.SHARD_BYTES = 1
done = []

def before(real):
    def step(*args, **options):
        if len(done) == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
        done.append(1)
        return real(*args, **options)
    return step

from sightline import parquet
parquet._write_groups = before(parquet._write_groups)
workshop.Workshop.place = before(workshop.Workshop.place)
publication.pictures.draw_pictures = before(None)
media = MediaChoice(included=True, sources=frozenset({"ego4d", "scannet"}))
with publication.publication(Wish(Path(sys.argv[1]), "org/mmsi", media), None, Silent()):
    pass
"""


def _kill(folder, at):
    result = subprocess.run(
        [sys.executable, "-c", KILLED, str(folder), str(at)], capture_output=True, check=False
    )
    assert result.returncode == -signal.SIGKILL, result.stderr.decode()


def test_a_killed_run_is_gone_on_with(dataset, monkeypatch):
    """Wherever it was killed: finished tables are used, and the result is the same."""
    from sightline.publishing import selecting

    monkeypatch.setattr(selecting, "SHARD_BYTES", 1)
    media = MediaChoice(included=True, sources=frozenset({"ego4d", "scannet"}))
    whole, before = small.content(dataset, media), small.traces(dataset)
    assert len([name for name in whole if name.startswith("frames/")]) == 3
    for at in (2, 3, 9):
        _kill(dataset, at)
        (left,) = dataset.parent.glob("mmsi.publication/tables.partial-*")
        made = sorted(left.rglob("test-*.parquet"))
        assert len(made) == (1 if at == 2 else 2 if at == 3 else 4)
        stamps = {path: path.stat().st_ino for path in made}
        with small.published(dataset, media) as again:
            assert small.tree(again.folder) == whole
            linked = {path.stat().st_ino for path in again.folder.rglob("*.parquet")}
            assert set(stamps.values()) <= linked
        assert small.traces(dataset) == before
        assert small.beside(dataset) == [".mmsi.lock"]


def test_what_was_begun_for_another_wish_is_not_used(dataset):
    """Other media, or other tables, are another work; what was begun is thrown away."""
    whole = small.content(dataset, SCANNET)
    _kill(dataset, 3)
    assert small.content(dataset, SCANNET) == whole
    assert small.beside(dataset) == [".mmsi.lock"]


def test_tables_that_changed_since_a_kill_are_read_again(dataset):
    """What was begun from the old ones is not mistaken for them, though no name has changed."""
    media = MediaChoice(included=True, sources=frozenset({"ego4d", "scannet"}))
    _kill(dataset, 3)
    path = dataset / "questions/test-00000-of-00001.parquet"
    table = pq.read_table(path)
    rows = [{**row, "hint": "another"} for row in table.to_pylist()]
    path.unlink()
    pq.write_table(type(table).from_pylist(rows, schema=table.schema), path)
    with small.published(dataset, media) as made:
        found = pq.read_table(made.folder / path.relative_to(dataset)).to_pylist()
        assert [row["hint"] for row in found] == ["another"] * 4


def test_two_that_publish_the_same_folder_wait_for_each_other(dataset):
    """The second one begins when the first has ended, and neither sees the other's files."""
    inside, order = threading.Event(), []

    def second():
        inside.wait(600)
        with small.published(dataset, NONE) as made:
            order.append(("second", made.facts["publication"]["media"]))

    thread = threading.Thread(target=second)
    thread.start()
    with small.published(dataset, ALL) as made:
        inside.set()
        thread.join(0.5)
        order.append(("first", json.loads((made.folder / "build.json").read_text())["rows"]))
        assert (made.folder / "media").is_dir()
    thread.join(600)
    assert order == [("first", {"questions": 4, "frames": 16, "videos": 4}), ("second", "none")]


@pytest.mark.parametrize(
    "name",
    ["../x", "/etc/passwd", "media\\x", "C:/x", "media/../../x", "media//x", "", "a/./b", "a\nb"],
)
def test_names_that_leave_the_folder_are_refused(dataset, name):
    """Whoever made the folder: its build.json is read, and not believed."""
    facts = json.loads((dataset / "build.json").read_text())
    entry = {"bytes": 1, "sha256": "0" * 64}
    small.change_facts(dataset, files={**facts["files"], name: entry})
    (dataset.parent / "x").write_text("not yours")
    with pytest.raises(DatasetError, match=r"names a file outside|must name files plainly"):
        small.content(dataset, NONE)
    assert small.beside(dataset) == ["x"]


@pytest.mark.parametrize("files", [None, [], "all"])
def test_a_build_file_without_files_is_refused(dataset, files):
    """There would be nothing that is known to belong to the dataset."""
    small.change_facts(dataset, files=files)
    with pytest.raises(DatasetError, match="must say under `files` what the dataset holds"):
        small.content(dataset, NONE)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("../secret", "names a file outside the dataset"),
        ("build.json", "recordings must lie under media/"),
        (".git/config", "recordings must lie under media/"),
        ("media/videos/none.mp4", "must hold every recording that its tables name"),
        ("media/videos/link.mp4", "links are no files"),
    ],
)
def test_a_table_cannot_name_just_any_file(dataset, name, words):
    """Only recordings that the build made, never what lies elsewhere on the machine."""
    (dataset / "media/videos/link.mp4").symlink_to("/etc/hostname")
    path = dataset / "videos/test-00000-of-00001.parquet"
    table = pq.read_table(path)
    rows = table.to_pylist()
    rows[0]["video_path"] = name
    path.unlink()
    pq.write_table(type(table).from_pylist(rows, schema=table.schema), path)
    with pytest.raises(DatasetError, match=words):
        small.content(dataset, ALL)


def test_a_folder_that_cannot_be_written_beside_is_said_so(dataset, monkeypatch):
    """As on a disk that is mounted to be read only."""

    def refuse(path, *_, **__):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(UsageError, match="is put together beside the dataset, in ") as caught:
        small.content(dataset, NONE)
    assert "make that folder writable, or copy the dataset into one that is" in str(caught.value)


def test_a_folder_of_the_same_name_is_not_ours_to_remove(dataset):
    """Only what we made there goes away."""
    mine = dataset.with_name("mmsi.publication")
    mine.mkdir()
    (mine / "thesis.tex").write_text("years of work")
    small.content(dataset, SCANNET)
    assert [path.name for path in mine.iterdir()] == ["thesis.tex"]
