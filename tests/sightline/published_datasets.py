"""Small built datasets for a local Hub, with media that weigh something, and clients of it."""

from __future__ import annotations

import io
import json
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from PIL import Image

TESTS = Path(__file__).parents[1]
hub = runpy.run_path(str(TESTS / "hub/load.py"))["hub"]
tiny_release = SimpleNamespace(**runpy.run_path(str(TESTS / "tiny_release.py")))
tiny_streamgaze = SimpleNamespace(**runpy.run_path(str(TESTS / "tiny_streamgaze.py")))
VIDEO = "OP01-R01-TinySalad"

BEFORE = """
import json, sys
import sightline
from sightline.errors import SightlineError

def say(value):
    print("said " + json.dumps(value))

def attempt(call, *arguments, **options):
    try:
        return call(*arguments, **options)
    except SightlineError as error:
        return f"{type(error).__name__} {error}"

def sizes(clip):
    return [len(frame.data) for frame in clip.frames]

"""


def noise(seed: int) -> bytes:
    """A JPEG of about 70 kB that does not shrink."""
    pixels = np.random.default_rng(seed).integers(0, 256, (320, 320, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=80)
    return file.getvalue()


def make_mmsi(folder: Path, *, shard_bytes: int = 1 << 30) -> Path:
    """MMSI-Video-Bench: four clips of four frames, a quarter of a megabyte each."""
    from mmsi_video.builder import build

    records = [tiny_release.record(i) for i in range(4)]
    members = tiny_release.content(records)
    members["frames"] = {name: noise(i) for i, name in enumerate(members["frames"])}
    release = tiny_release.make_release(folder.parent / "mmsi-release", records, members=members)
    build(release, folder, progress=False, shard_bytes=shard_bytes)
    return folder


def make_streamgaze(folder: Path) -> Path:
    """StreamGaze: three videos of 20 s, with their gaze read back."""
    from streamgaze_task.builder import build

    release = tiny_streamgaze.make(
        folder.parent / "streamgaze-release",
        metadata={
            source: tiny_streamgaze.metadata(video, centre=True)
            for video, source in tiny_streamgaze.VIDEOS.items()
        },
    )
    build(release, folder, progress=False, no_gaze_recovery=True)
    return folder


def annotations_of(built: Path, folder: Path) -> Path:
    """The same dataset as it is published without recordings."""
    shutil.copytree(built, folder, ignore=lambda _, names: {"media", "frames"} & set(names))
    record = folder / "build.json"
    facts = json.loads(record.read_text())
    facts["files"] = {
        name: fact
        for name, fact in facts["files"].items()
        if not name.startswith(("media/", "frames/"))
    }
    facts["publication"] = {"repository": "org/text", "media": "none"}
    record.write_text(json.dumps(facts))
    card = folder / "README.md"
    entry = "- config_name: frames\n  data_files:\n  - split: test\n    path: frames/test-*\n"
    text = card.read_text()
    card.write_text(text.replace(entry, ""))
    return folder


def said_by(
    url: str, home: Path, code: str, *arguments: str, token: str | None = None, **more: str
) -> list[Any]:
    """What a process of its own says; its Hub settings are read when it starts."""
    done = subprocess.run(
        [sys.executable, "-c", BEFORE + code, *arguments],
        env=hub.environment(url, home, token, **more),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    if token is not None:
        assert token not in done.stdout + done.stderr
    lines = done.stdout.splitlines()
    return [json.loads(line[5:]) for line in lines if line.startswith("said ")]
