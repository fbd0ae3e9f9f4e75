#!/usr/bin/env python3
"""How well and how fast gaze is read back from overlay videos.

    sightline sample streamgaze RELEASE
    python scripts/bench/recovery.py RELEASE [--seed 0]
    python scripts/bench/recovery.py --size 640x480 [--seconds 20]

The first reads the sample release and compares with the gaze that was drawn: error in px where both
have gaze, share of frames whose validity is right, and speed. The second makes a pair of videos of
another size first (a textured room, 30 frames a second), for the speed. Speed is frames a second of
one core (process time), next to that of decoding both videos and doing nothing, measured in turns.
"""

from __future__ import annotations

import argparse
import math
import tarfile
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
from PIL import Image

from streamgaze_task.overlay import OverlayStyle, draw_overlay
from streamgaze_task.recovery import recover
from streamgaze_task.rendering.truth import truth
from streamgaze_task.rendering.videos import BY_ID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from streamgaze_task.gaze import GazeTable

RATE = 30
"""Frames a second of the videos that are made here."""
RELEASE_FRAMES = 285 * 815 * RATE
"""Frames of the whole release: 285 videos of 815 s on average (its README), at 30 a second."""


def main() -> None:
    """Measure what was asked for and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("release", type=Path, nargs="?", help="sample release or built dataset")
    parser.add_argument("--seed", type=int, default=0, help="what the sample was made with")
    parser.add_argument("--size", help="make a pair of this size instead, as 640x480")
    parser.add_argument("--seconds", type=int, default=20, help="length of that pair")
    arguments = parser.parse_args()
    if (arguments.release is None) == (arguments.size is None):
        parser.error("give either RELEASE or --size")
    with tempfile.TemporaryDirectory() as work:
        print(f"{'video':38} {'frames':>6} {'median':>6} {'95 %':>5} {'max':>5} {'valid':>7} speed")
        if arguments.size:
            width, height = map(int, arguments.size.split("x"))
            path = scanpath(arguments.seconds * RATE, (width, height))
            overlay, original = make(Path(work), path, (width, height))
            spent = measure(arguments.size, overlay, original, np.array(path), (width, height))
            hours = RELEASE_FRAMES * spent / 3600
            print(f"the authors' release, were it of this size: {hours:.1f} hours of a core")
            return
        for name, overlay, original in videos(arguments.release, Path(work)):
            true = truth(name, seed=arguments.seed)
            size = BY_ID[name].width, BY_ID[name].height
            measure(name, overlay, original, np.stack([true.x, true.y], 1) * size, size)


def videos(release: Path, work: Path) -> Iterator[tuple[str, Path, Path]]:
    """Name, overlay and original of each video, unpacked where they are in archives."""
    for archive in sorted(release.rglob("*.tar*")):
        with tarfile.open(archive) as opened:
            opened.extractall(work / archive.name, filter="data")
    pairs: dict[str, dict[bool, Path]] = {}
    for folder in (release, work):
        for path in folder.rglob("*.mp4"):
            place = str(path.relative_to(folder))
            pairs.setdefault(path.stem, {})["viz" in place or "overlay" in place] = path
    for name, pair in sorted(pairs.items()):
        yield name, pair[True], pair[False]


def measure(
    name: str, overlay: Path, original: Path, true: NDArray[np.float64], size: tuple[int, int]
) -> float:
    """Recover one video and print its line; returns the seconds that a frame took.

    `true` holds px, NaN without gaze, shape (N, 2).
    """
    decoding, recovering = [], []
    table: GazeTable | None = None
    for _ in range(2):
        decoding.append(seconds(lambda: decode([overlay, original]))[0])
        spent, table = seconds(lambda: recover(overlay, original))
        recovering.append(spent)
    assert table is not None  # noqa: S101 (the loop ran)
    valid = ~np.isnan(true[:, 0])
    rows = min(len(table), len(true))
    right = int((table.valid[:rows] == valid[:rows]).sum())
    both = table.valid[:rows] & valid[:rows]
    found = np.floor(np.stack([table.x, table.y], 1)[:rows][both] * size)
    errors = np.hypot(*(found - np.floor(true[:rows][both])).T)
    figures = [np.median(errors), np.percentile(errors, 95), errors.max()]
    share = right / max(len(table), len(true))
    print(
        f"{name:38} {len(table):6} {figures[0]:6.2f} {figures[1]:5.2f} {figures[2]:5.1f} "
        f"{share:7.2%} {len(table) / min(recovering):.0f}/s a core, decoding both alone "
        f"{len(table) / min(decoding):.0f}/s: {min(recovering) / min(decoding):.2f} x"
    )
    return min(recovering) / len(table)


def seconds(work: Callable[[], GazeTable | None]) -> tuple[float, GazeTable | None]:
    """Process time of all threads, and the result."""
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def decode(paths: Iterable[Path]) -> None:
    """Decode the videos and do nothing with them."""
    for path in paths:
        with av.open(str(path)) as container:
            container.streams.video[0].thread_type = "AUTO"
            for _ in container.decode(video=0):
                pass


def scanpath(count: int, size: tuple[int, int]) -> list[tuple[float, float]]:
    """Looks of half a second at places anywhere in the frame; one in eight is lost."""
    draw = np.random.default_rng(1)
    looks = draw.integers(0, size, (math.ceil(2 * count / RATE), 2)).astype(float)
    looks[::8] = np.nan
    return [(float(x), float(y)) for x, y in looks.repeat(RATE // 2, axis=0)[:count]]


def make(
    folder: Path, path: Sequence[tuple[float, float]], size: tuple[int, int]
) -> tuple[Path, Path]:
    """Write an overlay (MPEG-4 part 2, as OpenCV does) and its original (H.264)."""
    width, height = size
    draw = np.random.default_rng(0)
    coarse = Image.fromarray(draw.integers(0, 256, (height // 16, width // 16, 3), np.uint8))
    wide = coarse.resize((2 * width, 2 * height), Image.Resampling.BICUBIC)
    room = np.array(wide, np.int16) + draw.integers(-12, 13, (2 * height, 2 * width, 3))
    room = room.clip(0, 255).astype(np.uint8)
    style = OverlayStyle(int(0.156 * width))
    targets = folder / "overlay.mp4", folder / "original.mp4"
    with av.open(str(targets[0]), "w") as overlay, av.open(str(targets[1]), "w") as original:
        shown = overlay.add_stream("mpeg4", rate=RATE)
        bare = original.add_stream("libx264", rate=RATE, options={"crf": "26"})
        for stream in (shown, bare):
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        shown.bit_rate = 6 * width * height
        for k, (x, y) in enumerate(path):
            left = int(width * (0.5 + 0.5 * math.sin(k / 60)))
            top = int(height * (0.5 + 0.5 * math.sin(k / 80)))
            frame = Image.fromarray(room[top : top + height, left : left + width])
            point = None if math.isnan(x) else ((x + 0.5) / width, (y + 0.5) / height)
            drawn = draw_overlay(frame, point, style)
            overlay.mux(shown.encode(av.VideoFrame.from_image(drawn)))
            original.mux(bare.encode(av.VideoFrame.from_image(frame)))
        overlay.mux(shown.encode())
        original.mux(bare.encode())
    return targets


if __name__ == "__main__":
    main()
