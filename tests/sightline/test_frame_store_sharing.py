"""Several processes share a store; any of them may be killed, and any byte may rot."""

from __future__ import annotations

import json
import logging
import os
import runpy
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from sightline.frame_store import FrameStore
from sightline.frame_store import store as frame_store

stamped = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "stamped_video.py")))

READER = """
import json, sys
from pathlib import Path
from sightline.frame_store import store as frame_store
from sightline.frame_store import FrameStore

frame_store._FILE_BYTES = 10 * 160 * 128 * 3 // 2
folder, video, *indices = sys.argv[1:]
store = FrameStore(Path(folder))
store.expect(Path(video), range(0, 600, 3))
print("ready", flush=True)
sys.stdin.readline()
found = store.frames(Path(video), [int(index) for index in indices])
hashes = [hash(frame.image.tobytes()) for frame in found]
print(json.dumps([store.passes, store.decoded_frames, hashes]))
"""


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """A video of a minute, 600 frames, each with its own number."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    stamped.write_stamped(path, seconds=60, key_frames=50)
    return path


@pytest.fixture
def start(clip, tmp_path):
    """A process that waits for a line, then asks for frames."""
    started = []

    def begin(*indices):
        command = [sys.executable, "-c", READER, str(tmp_path / "frames"), str(clip)]
        process = subprocess.Popen(
            [*command, *map(str, indices)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": "0"},
        )
        started.append(process)
        assert process.stdout.readline() == "ready\n"
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def go(process):
    """Let it begin."""
    process.stdin.write("\n")
    process.stdin.flush()


def parts(folder):
    """The files of frames."""
    return sorted(folder.rglob("*.arrow"))


def numbers(frames):
    """What the pictures show."""
    return [stamped.index_of(frame.image) for frame in frames]


def test_two_processes_at_once(start):
    """One decodes, the other waits and reads; both get the same pictures."""
    readers = [start(0, 300, 597), start(0, 300, 597)]
    for reader in readers:
        go(reader)
    told = [json.loads(reader.communicate()[0]) for reader in readers]
    assert sorted(passes for passes, _, _ in told) == [0, 1]
    assert told[0][2] == told[1][2]


def test_more_frames_are_added_to_those_of_another_process(start, tmp_path, clip):
    """What is missing is decoded; what is there is not decoded again."""
    reader = start(0)
    go(reader)
    assert json.loads(reader.communicate()[0])[0] == 1
    store = FrameStore(tmp_path / "frames")
    assert numbers(store.frames(clip, [0, 301, 300])) == [0, 301, 300]
    assert store.passes == 1
    assert store.decoded_frames <= 50


@pytest.mark.parametrize("after", [0, 1, 3])
def test_killed_while_it_writes(start, tmp_path, clip, after):
    """Whole files stay, half a file is nothing, and the next process goes on."""
    folder = tmp_path / "frames"
    reader = start(0, 300)
    go(reader)
    while len(parts(folder)) < after and reader.poll() is None:
        time.sleep(0.001)
    reader.send_signal(signal.SIGKILL)
    reader.wait()
    left = parts(folder)
    store = FrameStore(folder)
    store.expect(clip, range(0, 600, 3))
    assert numbers(store.frames(clip, [597, 0, 300])) == [597, 0, 300]
    assert set(left) <= set(parts(folder))
    assert store.passes <= 1
    assert list(folder.rglob("*.partial")) == []


def test_what_a_killed_writer_left(clip, tmp_path):
    """Half a file is not read, and goes with the next writing."""
    store = FrameStore(tmp_path)
    store.frames(clip, [1])
    (part,) = parts(tmp_path)
    half = part.with_suffix(".partial")
    half.write_bytes(part.read_bytes()[:1000])
    assert numbers(FrameStore(tmp_path).frames(clip, [2])) == [2]
    assert not half.exists()


@pytest.mark.parametrize("damage", ["flipped", "cut", "empty", "foreign"])
def test_damage_on_disk(clip, tmp_path, damage, caplog):
    """It is noticed, told once, and the frames are decoded again: never a wrong picture."""
    store = FrameStore(tmp_path)
    wanted = list(range(0, 60, 3))
    whole = [frame.image.tobytes() for frame in store.frames(clip, wanted)]
    (part,) = parts(tmp_path)
    data = bytearray(part.read_bytes())
    for place in range(1000, len(data) - 1000, 100):
        data[place] ^= 1
    changed = {"flipped": data, "cut": data[: len(data) // 2], "empty": b"", "foreign": b"x" * 5000}
    part.write_bytes(changed[damage])
    with caplog.at_level(logging.WARNING):
        again = FrameStore(tmp_path)
        assert [frame.image.tobytes() for frame in again.frames(clip, wanted)] == whole
        assert [frame.image.tobytes() for frame in again.frames(clip, wanted)] == whole
    assert again.passes == 1
    assert [record.message.count("decoded again") for record in caplog.records] == [1]
    assert part not in parts(tmp_path)


def test_damaged_records(clip, tmp_path):
    """What is known of a file is found out again."""
    store = FrameStore(tmp_path)
    facts = store.scan(clip)
    store.frames(clip, [3])
    records = [path for path in tmp_path.rglob("records/*") if path.is_file()]
    assert len(records) == 2
    for path in records:
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 4
        path.write_bytes(data)
    again = FrameStore(tmp_path)
    assert again.scan(clip) == facts
    assert numbers(again.frames(clip, [3])) == [3]
    assert again.passes == 0


def test_every_byte_of_a_record(clip, tmp_path):
    """No damage of it is believed."""
    store = FrameStore(tmp_path)
    facts = store.scan(clip)
    (path,) = tmp_path.rglob("records/*")
    data = path.read_bytes()
    for place in range(0, len(data), max(1, len(data) // 60)):
        damaged = bytearray(data)
        damaged[place] ^= 32
        path.write_bytes(damaged)
        assert FrameStore(tmp_path).scan(clip) == facts


def test_a_forked_child_takes_nothing_along(clip, tmp_path):
    """A child that ends leaves its parent's temporary folder alone; the parent removes it."""
    forks = f"""
import os, sys
from pathlib import Path
from sightline.frame_store import FrameStore
store = FrameStore(None)
store.frames(Path({str(clip)!r}), [3])
if not (child := os.fork()):
    sys.exit()
os.waitpid(child, 0)
print(len(os.listdir({str(tmp_path)!r})), len(store.frames(Path({str(clip)!r}), [3])), store.passes)
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", forks],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["1", "1", "1"]
    assert list(tmp_path.iterdir()) == []


def test_a_temporary_folder_of_a_killed_process(tmp_path, monkeypatch):
    """It is removed by the next one; that of a living process is not."""
    from sightline.frame_store import temporary_folders

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(temporary_folders, "_YOUNG_SECONDS", -1)

    class Owner:
        pass

    living = Owner()
    kept = temporary_folders.temporary_folder(living, "sightline-test-")
    left = tmp_path / "sightline-test-left"
    left.mkdir()
    (left / "in-use").write_bytes(b"")
    other = tmp_path / "somebody-else"
    other.mkdir()
    next_one = Owner()
    new = temporary_folders.temporary_folder(next_one, "sightline-test-")
    assert sorted(tmp_path.iterdir()) == sorted([kept, new, other])


def test_a_long_pass_is_one(clip, tmp_path, monkeypatch):
    """Files are written one after the other, in one walk through the video."""
    monkeypatch.setattr(frame_store, "_FILE_BYTES", 1)
    store = FrameStore(tmp_path)
    store.expect(clip, range(0, 600, 30))
    assert numbers(store.frames(clip, [0])) == [0]
    assert len(parts(tmp_path)) == 20
    assert store.passes == 1
    assert store.decoded_frames <= 600
