"""When the store is full, or cannot be written: slower perhaps, never wrong, told once."""

from __future__ import annotations

import errno
import logging
import os
import runpy
import shutil
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from sightline.frame_store import FrameStore
from sightline.frame_store import shelf as frame_shelf
from sightline.frame_store.shelf import NoRoomError, Shelf

stamped = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "stamped_video.py")))


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Five videos, no two with the same bytes."""
    folder = tmp_path_factory.mktemp("clips")
    paths = [folder / f"{name}.mp4" for name in "abcde"]
    for number, path in enumerate(paths):
        stamped.write_stamped(path, seconds=5 + number / 10, key_frames=20)
    return paths


@pytest.fixture(scope="module")
def video_bytes(clips, tmp_path_factory):
    """What the frames that the tests ask for take on disk, about: a video's, and its records'."""
    store = FrameStore(tmp_path_factory.mktemp("measured"))
    store.frames(clips[0], range(0, 50, 2))
    return size(store.folder)


def size(folder):
    """Bytes of all files in the store that count."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def ask(store, path):
    """Ask for some frames, and see that they are the right ones."""
    frames = store.frames(path, range(0, 50, 2))
    assert [stamped.index_of(frame.image) for frame in frames] == list(range(0, 50, 2))


def aged(store, seconds):
    """Let everything in the store have been used so long ago."""
    for path in [*store.folder.glob("v1/videos/*"), *store.folder.glob("v1/records/*")]:
        at = path.stat().st_mtime - seconds
        os.utime(path, (at, at))


def warnings(caplog):
    """What was told."""
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def test_the_oldest_video_goes(clips, tmp_path, video_bytes):
    """The store stays below its cap; the video used longest ago goes first."""
    budget = int(3.4 * video_bytes)
    store = FrameStore(tmp_path, budget_bytes=budget)
    for path in (*clips[:3], clips[0], clips[3]):
        aged(store, 10)
        ask(store, path)
        assert size(tmp_path) <= budget
    assert store.passes == 4
    ask(FrameStore(tmp_path, budget_bytes=budget), clips[0])
    for path, decoded_again in ((clips[0], 0), (clips[1], 1)):
        again = FrameStore(tmp_path, budget_bytes=budget)
        ask(again, path)
        assert again.passes == decoded_again


def test_a_video_in_use_stays(clips, tmp_path, video_bytes):
    """Another process's videos are not taken from it while it reads them."""
    budget = int(2.4 * video_bytes)
    reader = FrameStore(tmp_path, budget_bytes=budget)
    ask(reader, clips[0])
    ask(reader, clips[1])
    aged(reader, 1000)
    writer = FrameStore(tmp_path, budget_bytes=budget)
    ask(writer, clips[2])
    ask(writer, clips[2])
    ask(reader, clips[0])
    ask(reader, clips[1])
    assert reader.passes == 2
    assert size(tmp_path) <= budget


def test_its_own_videos_are_let_go_first(clips, tmp_path, video_bytes, caplog):
    """A process that goes on to the next video needs no room for the last ones."""
    budget = int(1.4 * video_bytes)
    store = FrameStore(tmp_path, budget_bytes=budget)
    for path in clips:
        aged(store, 10)
        ask(store, path)
        ask(store, path)
        assert size(tmp_path) <= budget
    assert warnings(caplog) == []
    assert store.passes <= 2 * len(clips)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7])
def test_a_cap_below_one_video(clips, tmp_path, video_bytes, share, caplog):
    """Its frames are decoded for each request, and the warning names the variable."""
    budget = int(share * video_bytes)
    store = FrameStore(tmp_path, budget_bytes=budget)
    for path in (clips[0], clips[0], clips[1], clips[0]):
        ask(store, path)
        assert size(tmp_path) <= budget + 10_000  # the records of the videos in use
    (told,) = warnings(caplog)
    assert "SIGHTLINE_FRAME_STORE_BYTES raises the cap" in told
    assert store.passes >= 4


def test_eviction_while_others_read(clips, tmp_path, video_bytes):
    """Readers and a cap that is too small for all of them: every picture is right."""
    budget = int(2.2 * video_bytes)
    wrong = []

    def read(number):
        store = FrameStore(tmp_path, budget_bytes=budget)
        try:
            for step in range(8):
                ask(store, clips[(number + step) % len(clips)])
        except BaseException as error:  # noqa: BLE001 (of a thread)
            wrong.append(error)

    readers = [threading.Thread(target=read, args=(number,)) for number in range(3)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert wrong == []
    assert not list(tmp_path.glob("v1/*.trash"))


def test_a_video_that_goes_while_it_is_looked_for(clips, tmp_path, monkeypatch):
    """Files that vanish between the look and the reading are decoded again."""
    store = FrameStore(tmp_path)
    ask(store, clips[0])
    parts = Shelf.parts
    gone = []

    def vanish(self, key):
        found = parts(self, key)
        if found and not gone:
            gone.append(key)
            shutil.rmtree(found[0].parent)
        return found

    monkeypatch.setattr(Shelf, "parts", vanish)
    ask(store, clips[0])
    assert (len(gone), store.passes) == (1, 2)


def test_a_killed_eviction(clips, tmp_path):
    """What it left goes with the next one."""
    store = FrameStore(tmp_path)
    ask(store, clips[0])
    trash = tmp_path / "v1" / "0123.trash"
    (video,) = tmp_path.glob("v1/videos/*")
    video.rename(trash)
    ask(store, clips[0])
    assert not trash.exists()


# A full disk


class Disk:
    """A disk that has room for some files more, and tells of more or less than it has."""

    def __init__(self, monkeypatch, *, files, told=1 << 40):
        self.files = files
        write = frame_shelf.Shelf.add

        def add(shelf, key, write_file, *, at_most_bytes):
            def guarded(path):
                if "sightline-frames-" not in str(path):
                    self.files -= 1
                    if self.files < 0:
                        path.write_bytes(b"half")
                        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                write_file(path)

            write(shelf, key, guarded, at_most_bytes=at_most_bytes)

        monkeypatch.setattr(Shelf, "add", add)
        monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=told))


def test_a_disk_that_fills_up(clips, tmp_path, monkeypatch, caplog):
    """New frames go to a temporary folder, told once; those that are there are still read."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    Disk(monkeypatch, files=1)
    store = FrameStore(tmp_path / "frames")
    for path in (clips[0], clips[1], clips[2], clips[1], clips[0]):
        ask(store, path)
    assert store.passes == 3
    told = warnings(caplog)
    assert len(told) == 2
    assert "No space left on device" in told[0]
    assert "new frames go to" in told[1]
    assert list((tmp_path / "frames").rglob("*.partial")) == []


def test_no_room_anywhere(clips, tmp_path, monkeypatch, caplog):
    """Each request is decoded by itself, told once."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    Disk(monkeypatch, files=0, told=0)
    store = FrameStore(tmp_path / "frames")
    for path in (clips[0], clips[0], clips[1]):
        ask(store, path)
    assert store.passes == 3
    told = warnings(caplog)
    assert "the disk of" in told[0]
    assert told[-1] == ("sightline: frames are decoded anew for each request, which takes long")
    assert len(told) <= 4


def test_room_is_made_on_a_full_disk(clips, tmp_path, monkeypatch, caplog):
    """What was used longest ago goes before anything else is done."""
    store = FrameStore(tmp_path)
    ask(store, clips[0])
    aged(store, 1000)
    (video,) = tmp_path.glob("v1/videos/*")
    del store  # its process goes on to other videos
    most = 25 * 2 * (160 * 128 * 3 // 2)
    free = {True: most - 1000, False: most}
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free[video.exists()]))
    other = FrameStore(tmp_path)
    ask(other, clips[1])
    assert not video.exists()
    assert other.passes == 1
    assert warnings(caplog) == []


# A folder that cannot be written


def test_a_folder_that_is_none(clips, tmp_path, monkeypatch, caplog):
    """Told once, with the reason; a temporary folder stands in."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "file").write_text("")
    store = FrameStore(tmp_path / "file" / "frames")
    for _ in range(2):
        ask(store, clips[0])
    assert store.passes == 1
    told = warnings(caplog)
    assert len(told) == 2
    assert "Not a directory" in told[0]


def read_only(monkeypatch, folder):
    """Let nothing be written below a folder, as for a user without permission."""
    real = os.open, Path.mkdir, Path.write_bytes, Path.unlink, os.utime

    def refuse(path):
        if str(path).startswith(str(folder)):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    def guard(function):
        def guarded(path, *arguments, **options):
            refuse(path)
            return function(path, *arguments, **options)

        return guarded

    for owner, name, function in zip(
        (os, Path, Path, Path, os),
        ("open", "mkdir", "write_bytes", "unlink", "utime"),
        real,
        strict=True,
    ):
        monkeypatch.setattr(owner, name, guard(function))


def test_a_store_that_is_only_read(clips, tmp_path, monkeypatch, caplog):
    """Frames that are there are read; others go to a temporary folder."""
    folder = tmp_path / "frames"
    ask(FrameStore(folder), clips[0])
    before = sorted(folder.rglob("*"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    read_only(monkeypatch, folder)
    store = FrameStore(folder)
    ask(store, clips[0])
    assert store.passes == 0
    for _ in range(2):
        ask(store, clips[1])
    assert store.passes == 1
    assert sorted(folder.rglob("*")) == before
    assert "Permission denied" in warnings(caplog)[0]


def test_damage_in_a_store_that_is_only_read(clips, tmp_path, monkeypatch):
    """It cannot be removed, so it is passed over."""
    folder = tmp_path / "frames"
    ask(FrameStore(folder), clips[0])
    (part,) = folder.rglob("*.arrow")
    part.write_bytes(b"no frames")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    read_only(monkeypatch, folder)
    store = FrameStore(folder)
    for _ in range(2):
        ask(store, clips[0])
    assert store.passes == 1
    assert part.read_bytes() == b"no frames"


def test_no_locks(clips, tmp_path, monkeypatch, caplog):
    """A file system without locks is as good as one that cannot be written."""
    import filelock

    def refuse(lock, *_, **__):
        if "sightline-frames-" not in str(lock.lock_file):
            raise NotImplementedError("no locks here")

    acquire = filelock.FileLock.acquire
    monkeypatch.setattr(
        filelock.FileLock,
        "acquire",
        lambda lock, *args, **options: refuse(lock) or acquire(lock, *args, **options),
    )
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    store = FrameStore(tmp_path / "frames")
    for _ in range(2):
        ask(store, clips[0])
    assert store.passes == 1
    assert "no locks here" in warnings(caplog)[0]


def test_a_shelf_says_why(tmp_path):
    """The error of the disk is in the message."""
    shelf = Shelf(tmp_path, 100)
    shelf.prepare()

    def fail(_):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with shelf.writing("key"), pytest.raises(NoRoomError, match="Input/output error") as caught:
        shelf.add("key", fail, at_most_bytes=10)
    assert caught.value.lasting
    with shelf.writing("key"), pytest.raises(NoRoomError, match="100 bytes") as caught:
        shelf.add("key", lambda path: path.write_bytes(b"x" * 101), at_most_bytes=101)
    assert not caught.value.lasting
    assert shelf.size_bytes == 0
