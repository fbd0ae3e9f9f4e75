#!/usr/bin/env python3
"""What it costs to show the frames of 60 questions about one video: ratios, in one run.

    python scripts/bench/frame_store.py [--short] [--minutes 13] [--folder FOLDER]

For each distance of key frames (250 and 30) a 640x480 video is rendered (a camera that turns before
a textured wall), and a schedule of requests drawn (40 % past, 40 % present, 20 % test points of
proactive questions) at seeded times. All ways show the same frames: 16 of each window, or one per
second of it. Each way runs in a process of its own and is told by its CPU seconds:

- store: all requests announced, every frame decoded once and kept; then a second run;
- seek: a decoder per request that jumps to the key frame before each frame (and, where decord is
  installed, decord itself);
- cut: the window encoded into a clip of its own, as the published wrappers do with ffmpeg, then
  decoded again.

Seek at one frame per second and cut would run for hours: they run on a seeded part of the requests,
and their cost is scaled by frames to decode (seek) and by seconds of window (cut), to which it is
proportional. At the end one process goes through many videos, and its memory is printed.
"""

from __future__ import annotations

import argparse
import importlib.util
import multiprocessing
import random
import resource
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stream_video import rendered
from stream_ways import Window, cut_clips, from_store, limit, seek, with_decord

from sightline.frame_store import FrameStore
from sightline.sampling import window
from sightline.video import scan

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SHARES = {"past": 0.4, "present": 0.4, "proactive": 0.2}
EVERY_SECOND = 10**9
"""So many frames per request, at most: all of the grid of one per second."""
MEGABYTE = 1_000_000
BARS = {250: (200.0, 4.0, 20.0, 25.0), 30: (200.0, 1.7, 20.0, 25.0)}
"""Key frame distance -> how many times less than cutting, than seeking 16 frames and one per
second, and how many times less than seeking a second run is."""


@dataclass(frozen=True)
class Cost:
    """What a way of getting frames took."""

    cpu: float
    """Seconds of all cores."""
    wall: float
    """Seconds."""
    decoded: int
    """Frames that came out of a decoder."""
    used: int
    """Frames handed to requests."""
    peak: float
    """Largest memory of the process, MB."""

    def scaled(self, factor: float) -> Cost:
        """The cost of so many times the work."""
        return Cost(
            self.cpu * factor,
            self.wall * factor,
            round(self.decoded * factor),
            self.used,
            self.peak,
        )


def main() -> None:
    """Render, measure each way, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--short",
        action="store_true",
        help="a small video, in three minutes; only the full run is held to the bars",
    )
    parser.add_argument("--minutes", type=float, help="length of the video (13; short: 1)")
    parser.add_argument("--fps", type=int, default=30, help="frames per second of the video")
    parser.add_argument("--requests", type=int, default=60, help="how many requests")
    parser.add_argument("--cuts", type=int, help="how many of them are cut (6; short: 2)")
    parser.add_argument("--sought", type=int, help="how many are sought at 1 fps (10; short: 6)")
    parser.add_argument("--videos", type=int, help="how many videos, for memory (200; short: 40)")
    parser.add_argument("--seed", type=int, default=0, help="of the schedule")
    parser.add_argument("--folder", type=Path, help="keeps the videos between runs")
    arguments = parser.parse_args()
    usual = {"minutes": (13.0, 1.0), "cuts": (6, 2), "sought": (10, 6), "videos": (200, 40)}
    for name, values in usual.items():
        if getattr(arguments, name) is None:
            setattr(arguments, name, values[arguments.short])
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        for key_frames in BARS:
            video = rendered(folder, arguments.minutes, arguments.fps, key_frames)
            compare(video, key_frames, Path(temporary) / f"store-{key_frames}", arguments)
        measured(many_videos, folder, Path(temporary), arguments.videos)


def compare(video: Path, key_frames: int, folder: Path, arguments: argparse.Namespace) -> None:
    """Measure each way on the same schedule and print what it took."""
    facts = scan(video)
    windows = schedule(facts.duration_seconds, arguments.requests, arguments.seed)
    draw = random.Random(arguments.seed)  # noqa: S311 (which requests are measured)
    cut = draw.sample(windows, min(arguments.cuts, len(windows)))
    sought = draw.sample(windows, min(arguments.sought, len(windows)))
    some = draw.sample(windows, 10) if arguments.short else windows
    print(
        f"\n{facts.frame_count} frames, {facts.duration_seconds:.0f} s, {len(facts.key_frames)} "
        f"key frames (distance {key_frames}), {video.stat().st_size / MEGABYTE:.0f} MB; "
        f"{len(windows)} requests, {length(windows):.0f} s of windows"
    )
    bars = dict(zip(("cut", "seek 16", "seek 1 fps", "again"), BARS[key_frames], strict=True))
    cut_cost = measured(cut_clips, video, cut).scaled(length(windows) / length(cut))
    for name, most, part in (("16", 16, some), ("1 fps", EVERY_SECOND, sought)):
        whole = limit(facts, windows, most)
        kept = folder / name.replace(" ", "-")
        first = show(f"store, {name}", measured(from_store, video, windows, most, kept))
        again = show(f"store, {name}, again", measured(from_store, video, windows, most, kept))
        factor = sum(limit(facts, [one], most) for one in windows)
        factor /= sum(limit(facts, [one], most) for one in part)
        sought_cost = show(f"seek, {name}", measured(seek, video, part, most).scaled(factor))
        print(f"  on disk: {size(kept) / MEGABYTE:.0f} MB; key-frame limit: {whole} frames decoded")
        verdict(f"decoded / limit ({name})", first.decoded / whole, 1.05, less=True)
        verdict(f"seek / store ({name})", sought_cost.cpu / first.cpu, bars[f"seek {name}"])
        verdict(f"seek / store again ({name})", sought_cost.cpu / again.cpu, bars["again"])
        if importlib.util.find_spec("decord"):
            cost = show(f"decord, {name}", measured(with_decord, video, part, most).scaled(factor))
            verdict(f"decord / store ({name})", cost.cpu / first.cpu, bars[f"seek {name}"])
            verdict(f"decord / store again ({name})", cost.cpu / again.cpu, bars["again"])
        if most == 16:  # noqa: PLR2004 (what the wrappers that cut take of a clip)
            show("cut, 16", cut_cost)
            verdict("cut / store (16)", cut_cost.cpu / first.cpu, bars["cut"])


def schedule(duration: float, count: int, seed: int) -> list[Window]:
    """Windows of requests at seeded times, in the order of the families."""
    draw = random.Random(seed)  # noqa: S311 (a schedule, no secret)
    families = [family for family, share in SHARES.items() for _ in range(round(count * share))]
    return [window(family, draw.uniform(10, duration)) for family in families]


def length(windows: Sequence[Window]) -> float:
    """Seconds of all windows."""
    return sum(end - start for start, end in windows)


def measured(way: Callable[..., Any], *arguments: object) -> Any:
    """Run it in a fresh process, so that memory is its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measured, (way, *arguments))


def _measured(way: Callable[..., tuple[int, int]], *arguments: object) -> Cost:
    wall, cpu = time.perf_counter(), time.process_time()
    decoded, used = way(*arguments)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return Cost(cpu, wall, decoded, used, memory())


def memory() -> float:
    """Largest memory of this process so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MEGABYTE


def many_videos(videos: Path, folder: Path, count: int) -> tuple[int, int]:
    """Go through many videos in one process; print its memory and the store's size on the way."""
    clip = rendered(videos, 0.25, 30, 30)
    cap = 20 * MEGABYTE
    store = FrameStore(folder / "many", budget_bytes=cap)
    print(f"\n{count} videos of 15 s in one process, a cap of {cap / MEGABYTE:.0f} MB:")
    marks = {max(1, count // 8), count // 4, count // 2, count}
    for number in range(1, count + 1):
        video = folder / "one.mp4"
        shutil.copyfile(clip, video)
        with video.open("ab") as file:  # a box that players skip: another video with equal frames
            file.write((16).to_bytes(4, "big") + b"free" + number.to_bytes(8, "big"))
        store.expect(video, range(0, 450, 15))
        for start in range(0, 450, 150):
            store.frames(video, range(start, start + 150, 15))
        if number in marks:
            kept = size(folder / "many") / MEGABYTE
            print(f"  after {number:4d}: peak {memory():6.0f} MB, {kept:.1f} MB kept")
    return store.decoded_frames, count


def size(folder: Path) -> int:
    """Bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def show(name: str, cost: Cost) -> Cost:
    """One line of the table."""
    print(
        f"{name:<22} CPU {cost.cpu:8.1f} s  wall {cost.wall:8.1f} s  decoded {cost.decoded:8d}  "
        f"used {cost.used:6d}  peak {cost.peak:5.0f} MB",
        flush=True,
    )
    return cost


def verdict(name: str, value: float, bar: float, *, less: bool = False) -> None:
    """Whether a bar is met."""
    met = value <= bar if less else value >= bar
    sign = "<=" if less else ">="
    print(
        f"  {name:<30} {value:8.2f}  bar {sign} {bar:g}: {'met' if met else 'MISSED'}", flush=True
    )


if __name__ == "__main__":
    main()
