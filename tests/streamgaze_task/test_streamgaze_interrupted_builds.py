from __future__ import annotations

import errno
import os
import runpy
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from sightline.errors import SightlineError
from sightline.staging import PartFile
from streamgaze_task import recovery
from streamgaze_task.builder import build
from streamgaze_task.questions import read_samples

tiny = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "tiny_streamgaze.py")))

BUILD = """
import sys
from streamgaze_task.builder import build
print(build(*sys.argv[1:3], no_gaze_recovery=True).text())
"""
KILLED = """
import os, signal, sys
from streamgaze_task.builder import build
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
build(sys.argv[1], sys.argv[2])
"""
KILLED_IN_RECOVERY = """
import os, signal, sys
from streamgaze_task import recovery
from streamgaze_task.builder import build
real, done = recovery.recover, []

def recover(*paths):
    if len(done) == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    done.append(paths)
    return real(*paths)

recovery.recover = recover
build(sys.argv[1], sys.argv[2])
"""


def _tree(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _times(folder):
    """When the videos of a dataset were written."""
    return {path.relative_to(folder): path.stat().st_mtime_ns for path in folder.rglob("*.mp4")}


@pytest.mark.parametrize("room", [100_000, 450_000], ids=["videos", "late"])
def test_a_full_disk_is_said_so_and_the_next_run_goes_on(tmp_path, monkeypatch, room):
    """The release is untouched, OUT is absent, and what was finished is used."""
    release = tiny.make(tmp_path / "r")
    real, left = PartFile.write, [room]

    def write(self, data):
        left[0] -= len(memoryview(data).cast("B"))
        if left[0] < 0:
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


def test_a_full_disk_while_gaze_is_recovered_is_said_so(tmp_path, monkeypatch):
    """The rows that are kept for the next run need room too."""
    import numpy as np

    def save(*_args, **_options):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(np, "save", save)
    release = tiny.make(tmp_path / "r")
    with pytest.raises(SightlineError, match="the disk is full"):
        build(release, tmp_path / "out")
    monkeypatch.undo()
    assert build(release, tmp_path / "out").built


@pytest.mark.parametrize("finished", [0, 3, 6, 8], ids=lambda n: f"after-{n}-parts")
def test_a_killed_build_goes_on_and_gives_the_same_bytes(tmp_path, finished):
    """A kill -9 while a part is written: OUT is absent, then it is what it would have been."""
    release = tiny.make(tmp_path / "r")
    command = [sys.executable, "-c", KILLED, str(release), str(tmp_path / "out"), str(finished)]
    done = subprocess.run(command, check=False)
    assert done.returncode == -signal.SIGKILL
    assert not (tmp_path / "out").exists()
    (partial,) = tmp_path.glob("out.partial-*")
    journal = partial / "journal.jsonl"
    assert (len(journal.read_text().splitlines()) if finished else 0) == finished
    build(release, tmp_path / "out")
    build(release, tmp_path / "whole")
    assert _tree(tmp_path / "out") == _tree(tmp_path / "whole")
    assert not partial.exists()


def test_recovery_goes_on_with_the_video_it_was_at(tmp_path, monkeypatch):
    """Hours of decoding are not done again for the videos before."""
    release = tiny.make(tmp_path / "r")
    command = [sys.executable, "-c", KILLED_IN_RECOVERY, str(release), str(tmp_path / "out")]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    real, asked = recovery.recover, []

    def recover(overlay, original):
        asked.append(overlay.stem)
        return real(overlay, original)

    monkeypatch.setattr(recovery, "recover", recover)
    build(release, tmp_path / "out")
    assert asked == sorted(tiny.VIDEOS)[1:]
    build(release, tmp_path / "whole")
    assert _tree(tmp_path / "out") == _tree(tmp_path / "whole")


def test_two_builds_at_once_make_one_dataset(tmp_path):
    """One builds, the other waits and finds it done; both succeed."""
    release = tiny.make(tmp_path / "r")
    command = [sys.executable, "-c", BUILD, str(release), str(tmp_path / "out")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    texts = sorted(process.communicate()[0].splitlines()[-1] for process in running)
    assert [process.returncode for process in running] == [0, 0]
    assert texts == [
        f"dataset: already built from the same files, nothing to do: {tmp_path / 'out'}",
        f"dataset: built {tmp_path / 'out'}",
    ]
    assert len(read_samples(tmp_path / "out")) == 13


def test_a_build_that_was_refused_goes_on_when_broken_questions_may_go(tmp_path):
    """The videos that were copied before the refusal are not copied again."""
    media = tiny.media()
    media["holoassist_viz"] = {"z001-june-01-22-tiny.mp4": b"x"}
    release = tiny.make(tmp_path / "r", media=media)
    with pytest.raises(SightlineError, match=r"finished parts are kept in out\.partial-"):
        build(release, tmp_path / "out")
    (partial,) = tmp_path.glob("out.partial-*")
    kept = _times(partial)
    assert len(kept) == 5
    build(release, tmp_path / "out", skip_broken=True)
    assert _times(tmp_path / "out") == kept
