from __future__ import annotations

import errno
import os
import runpy
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pyarrow.parquet as pq
import pytest

from mmsi_video.builder import build
from sightline.errors import SightlineError
from sightline.staging import PartFile

tiny = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "tiny_release.py")))

BUILD = "import sys; from mmsi_video.builder import build; print(build(*sys.argv[1:3]).text())"
KILLED = """
import os, signal, sys
from mmsi_video.builder import build
from sightline.staging import Staging
real, done = Staging.part, []

def part(self, name, key, make):
    def watched(file):
        if len(done) == int(sys.argv[3]):
            file.write(b"half a fi")
            os.kill(os.getpid(), signal.SIGKILL)
        return make(file)
    found = real(self, name, key, watched)
    done.append(name)
    return found

Staging.part = part
build(sys.argv[1], sys.argv[2], shard_bytes=1)
"""


def _tree(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _ids(out):
    table = pq.read_table(out / "questions/test-00000-of-00001.parquet", columns=["id"])
    return [row["id"] for row in table.to_pylist()]


def test_a_full_disk_is_said_so_and_the_next_run_goes_on(tmp_path, monkeypatch):
    """The release is untouched, OUT is absent, and what was finished is used."""
    release = tiny.make_release(tmp_path / "r")
    real, room = PartFile.write, [4000]

    def write(self, data):
        room[0] -= len(memoryview(data).cast("B"))
        if room[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(self, data)

    monkeypatch.setattr(PartFile, "write", write)
    with pytest.raises(SightlineError, match="the disk is full: No space left on device") as caught:
        build(release, tmp_path / "out")
    assert "finished parts are kept" in str(caught.value)
    assert not (tmp_path / "out").exists()
    monkeypatch.undo()
    build(release, tmp_path / "out")
    build(release, tmp_path / "again")
    assert _tree(tmp_path / "out") == _tree(tmp_path / "again")
    assert not list(tmp_path.glob("*.partial-*"))


@pytest.mark.parametrize("finished", [0, 3, 5, 9], ids=lambda n: f"after-{n}-parts")
def test_a_killed_build_goes_on_and_gives_the_same_bytes(tmp_path, finished):
    """A kill -9 while a part is written: OUT is absent, then it is what it would have been."""
    release = tiny.make_release(tmp_path / "r")
    command = [sys.executable, "-c", KILLED, str(release), str(tmp_path / "out"), str(finished)]
    done = subprocess.run(command, check=False)
    assert done.returncode == -signal.SIGKILL
    assert not (tmp_path / "out").exists()
    (partial,) = tmp_path.glob("out.partial-*")
    journal = partial / "journal.jsonl"
    assert (len(journal.read_text().splitlines()) if finished else 0) == finished
    build(release, tmp_path / "out", shard_bytes=1)
    build(release, tmp_path / "whole", shard_bytes=1)
    assert _tree(tmp_path / "out") == _tree(tmp_path / "whole")
    assert not partial.exists()


def test_two_builds_at_once_make_one_dataset(tmp_path):
    """One builds, the other waits and finds it done; both succeed."""
    release = tiny.make_release(tmp_path / "r")
    command = [sys.executable, "-c", BUILD, str(release), str(tmp_path / "out")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    texts = sorted(process.communicate()[0].splitlines()[-1] for process in running)
    assert [process.returncode for process in running] == [0, 0]
    assert texts == [
        f"dataset: already built from the same files, nothing to do: {tmp_path / 'out'}",
        f"dataset: built {tmp_path / 'out'}",
    ]
    assert len(_ids(tmp_path / "out")) == 4


def test_a_second_build_says_that_it_waits(tmp_path, caplog):
    """Nobody should wonder why nothing happens."""
    import threading

    from filelock import FileLock

    release = tiny.make_release(tmp_path / "r")
    lock = FileLock(tmp_path / ".out.lock")
    lock.acquire()
    thread = threading.Thread(target=build, args=(release, tmp_path / "out"))
    thread.start()
    while not caplog.messages:
        thread.join(0.01)
    lock.release()
    thread.join()
    assert caplog.messages == [
        f"another build or publication of {tmp_path / 'out'} is at work; waiting for it"
    ]
    assert len(_ids(tmp_path / "out")) == 4
