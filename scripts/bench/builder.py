#!/usr/bin/env python3
"""How fast the builder is: as a ratio to `cp` of the same bytes, in one run, in turns.

    python scripts/bench/builder.py [--megabytes 300] [--rounds 3] [--folder FOLDER]

Makes a release of pictures and videos filled with random bytes (they do not compress, as real ones
do not), copies its files with `cp`, builds the dataset, and so on in turns; both end with a sync.
The ratio of the medians is what counts: a disk has its moods, both meet the same ones.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import shutil
import statistics
import subprocess
import tempfile
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
from PIL import Image

from mmsi_video.builder import build

if TYPE_CHECKING:
    from collections.abc import Callable

FRAME_BYTES = 36_000
"""A 640x480 JPEG of quality 87."""
FRAMES_PER_CLIP = 72
"""A clip of 72 seconds at one frame a second, the mean of the benchmark."""
VIDEO_BYTES = 700_000
MEGABYTE = 1_000_000


def main() -> None:
    """Make the release, measure in turns, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--megabytes", type=int, default=300, help="size of the release")
    parser.add_argument("--rounds", type=int, default=3, help="turns of cp and build")
    parser.add_argument("--folder", type=Path, help="where to work; default: a temporary folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as work:
        folder = Path(work)
        size = make_release(folder / "release", arguments.megabytes * MEGABYTE)
        copied, built = [], []
        for _ in range(arguments.rounds):
            copied.append(timed(folder / "copy", lambda out: copy(folder / "release", out)))
            built.append(timed(folder / "out", lambda out: build(folder / "release", out)))
        again = seconds(lambda: build(folder / "release", folder / "out"))
        print(f"{size / MEGABYTE:.0f} MB, {arguments.rounds} rounds in turns, each with sync")
        show("cp -r", size, copied)
        show("sightline build", size, built)
        ratio = statistics.median(built) / statistics.median(copied)
        print(f"ratio of the medians: {ratio:.2f} x cp")
        print(f"a second build, which does nothing: {again:.2f} s")


def make_release(folder: Path, size: int) -> int:
    """Write a release of about `size` bytes; returns how many there are."""
    folder.mkdir()
    draw = random.Random(0)  # noqa: S311 (filler, no secret)
    start, video = picture(), clip()
    count = max(1, size // (FRAMES_PER_CLIP * FRAME_BYTES + VIDEO_BYTES))
    records = [record(number) for number in range(count)]
    with (
        zipfile.ZipFile(folder / "frames.zip", "w") as frames,
        zipfile.ZipFile(folder / "videos.zip", "w") as videos,
        zipfile.ZipFile(folder / "ref_images.zip", "w"),
    ):
        for number in range(count):
            for name in frame_names(number):
                filler = draw.randbytes(FRAME_BYTES - len(start))
                frames.writestr(name, start[:-2] + filler + start[-2:])
            # A "free" box: players skip it.
            box = VIDEO_BYTES - len(video)
            free = box.to_bytes(4, "big") + b"free" + draw.randbytes(box - 8)
            videos.writestr(f"clip{number}.mp4", video + free)
    (folder / "mmsivideo.json").write_text(json.dumps(records), encoding="utf-8")
    return sum(path.stat().st_size for path in folder.iterdir())


def frame_names(number: int) -> list[str]:
    """Names as the authors give them."""
    times = range(FRAMES_PER_CLIP)
    return [f"clip{number}/{t // 60:02d}:{t % 60:02d}.00_frame_1.00_{t}.jpg" for t in times]


def record(number: int) -> dict[str, object]:
    """One question about one clip."""
    question = "Where does the camera go? A. left B. right C. up D. down"
    video = {"path": f"clip{number}.mp4", "start": 0.0, "end": FRAMES_PER_CLIP - 1.0}
    return {
        "id": f"question_{number:04d}",
        "type": "(Motion Understanding) Camera Motion",
        "video_list": [{**video, "base_fps": 1.0}],
        "frames_list": [frame_names(number)],
        "ref_images": [],
        "system_prompt": "",
        "task_prompt": "<video>",
        "user_prompt": question,
        "format_prompt": "",
        "ori_question": question,
        "ground_truth": "A",
    }


def picture() -> bytes:
    """A JPEG whose header says 640x480."""
    file = io.BytesIO()
    Image.new("RGB", (640, 480)).save(file, "JPEG")
    return file.getvalue()


def clip() -> bytes:
    """A short mp4."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=1)
        stream.width, stream.height = 64, 48
        frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return file.getvalue()


def copy(release: Path, out: Path) -> None:
    """What the system's own tool does."""
    subprocess.run(["cp", "-r", str(release), str(out)], check=True)  # noqa: S607 (the user's cp)


def timed(out: Path, work: Callable[[Path], object]) -> float:
    """Seconds for work that makes `out`, sync included; what was there is removed before."""
    shutil.rmtree(out, ignore_errors=True)
    os.sync()

    def work_and_sync() -> None:
        work(out)
        os.sync()

    return seconds(work_and_sync)


def seconds(work: Callable[[], object]) -> float:
    """Wall time of a call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def show(name: str, size: int, times: list[float]) -> None:
    """One line of the table."""
    middle = statistics.median(times)
    each = " ".join(f"{value:.2f}" for value in times)
    print(f"{name:<16} {middle:6.2f} s {size / MEGABYTE / middle:7.0f} MB/s   (each: {each})")


if __name__ == "__main__":
    main()
