#!/usr/bin/env python3
"""What it costs to show the frames of 60 questions about one video: ratios, in one run.

    python scripts/bench/streaming.py [--minutes 13] [--cuts 6] [--seeks 15] [--folder FOLDER]

Renders one 640x480 video (a camera that turns before a textured wall), draws a schedule of requests
(40 % past, 40 % present, 20 % test points of proactive questions) at seeded times, and gets the 32
frames of each request in four ways, each in a process of its own:

- ours: all requests announced, every frame decoded once;
- no sharing: our forward pass, anew for each request;
- seek: for every frame, seek to the key frame before it and decode up to it;
- cut: encode the window into a clip of its own, as the published wrappers do with ffmpeg, then
  decode the clip and take the frames.

Seek and cut would run for hours: they run on a seeded part of the requests, and their cost is
scaled by frames asked for (seek) and by seconds of window (cut), to which it is proportional.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import resource
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import numpy as np

from sightline.forward_pass import ForwardPass
from sightline.frame_cache import FrameCache
from sightline.sampling import uniform, window
from sightline.video import Scan, opened, scan, seconds_of
from streamgaze_task.frames import choose

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WIDTH, HEIGHT = 640, 480
MAX_FRAMES = 32
SHARES = {"past": 0.4, "present": 0.4, "proactive": 0.2}
MEGABYTE = 1_000_000

Window = tuple[float, float]


@dataclass(frozen=True)
class Cost:
    """What a way of getting frames took."""

    wall: float
    """Seconds."""
    cpu: float
    """Seconds of all cores."""
    decoded: int
    """Frames that came out of a decoder."""
    encoded: int
    """Frames encoded."""
    used: int
    """Frames handed to requests."""
    peak: float
    """Largest memory of the process, MB."""

    def scaled(self, factor: float, used: int) -> Cost:
        """The cost of `factor` times the work, which hands out `used` frames."""
        work = (self.wall, self.cpu, self.decoded, self.encoded)
        wall, cpu, decoded, encoded = (value * factor for value in work)
        return Cost(wall, cpu, round(decoded), round(encoded), used, self.peak)


def main() -> None:
    """Render, measure each way, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=13.0, help="length of the video")
    parser.add_argument("--fps", type=int, default=30, help="frames per second of the video")
    parser.add_argument("--key-frames", type=int, default=250, help="largest key frame distance")
    parser.add_argument("--requests", type=int, default=60, help="how many requests")
    parser.add_argument("--cuts", type=int, default=6, help="how many of them are cut, 0: none")
    parser.add_argument("--seeks", type=int, default=15, help="how many are sought, 0: none")
    parser.add_argument("--seed", type=int, default=0, help="of the schedule")
    parser.add_argument("--folder", type=Path, help="keeps the video between runs")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        video = rendered(folder, arguments.minutes, arguments.fps, arguments.key_frames)
        compare(video, arguments)


def compare(video: Path, arguments: argparse.Namespace) -> None:
    """Measure each way on the same schedule and print what it took."""
    facts = scan(video)
    windows = schedule(facts.duration_seconds, arguments.requests, arguments.seed)
    draw = random.Random(arguments.seed)  # noqa: S311 (which requests are measured)
    sought = windows[:: max(1, len(windows) // arguments.seeks)] if arguments.seeks else []
    cut = draw.sample(windows, min(arguments.cuts, len(windows)))
    print(
        f"{facts.frame_count} frames, {facts.duration_seconds:.0f} s, {facts.fps:g} per second, "
        f"{len(facts.key_frames)} key frames, {video.stat().st_size / MEGABYTE:.0f} MB; "
        f"{len(windows)} requests, {length(windows):.0f} s of windows"
    )
    base = measured(ours, video, windows)
    show("ours", base, base)
    show("no sharing", measured(no_sharing, video, windows), base)
    if sought:
        factor = frames_of(facts, windows) / frames_of(facts, sought)
        cost = measured(seek, video, sought).scaled(factor, base.used)
        show(f"seek ({len(sought)} requests x {factor:.2f})", cost, base)
    if cut:
        factor = length(windows) / length(cut)
        cost = measured(cut_clips, video, cut).scaled(factor, base.used)
        show(f"cut ({len(cut)} requests x {factor:.2f})", cost, base)


def schedule(duration: float, count: int, seed: int) -> list[Window]:
    """Windows of requests at seeded times, in the order of the families."""
    draw = random.Random(seed)  # noqa: S311 (a schedule, no secret)
    families = [family for family, share in SHARES.items() for _ in range(round(count * share))]
    return [window(family, draw.uniform(10, duration)) for family in families]


def chosen(facts: Scan, span: Window) -> list[int]:
    """The frames of a request, by our protocol."""
    return choose(facts.pts_seconds, facts.fps, span, sampling="grid", max_frames=MAX_FRAMES)


def frames_of(facts: Scan, windows: Sequence[Window]) -> int:
    """How many frames the requests show."""
    return sum(len(chosen(facts, span)) for span in windows)


def length(windows: Sequence[Window]) -> float:
    """Seconds of all windows."""
    return sum(end - start for start, end in windows)


def measured(way: Callable[..., tuple[int, int, int]], *arguments: object) -> Cost:
    """Run it in a fresh process, so that memory is its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measured, (way, *arguments))


def _measured(way: Callable[..., tuple[int, int, int]], *arguments: object) -> Cost:
    wall, cpu = time.perf_counter(), time.process_time()
    decoded, encoded, used = way(*arguments)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MEGABYTE
    return Cost(wall, cpu, decoded, encoded, used, peak)


def ours(video: Path, windows: Sequence[Window]) -> tuple[int, int, int]:
    """Announce every request, then ask for each."""
    cache, used = FrameCache(), 0
    facts = cache.scan(video)
    for span in windows:
        cache.expect(video, chosen(facts, span))
    for span in windows:
        used += len(cache.frames(video, chosen(facts, span)))
    return cache.decoded_frames, 0, used


def no_sharing(video: Path, windows: Sequence[Window]) -> tuple[int, int, int]:
    """The same forward pass for each request by itself."""
    facts, decoded, used = scan(video), 0, 0
    for span in windows:
        walk = ForwardPass(video, facts)
        used += len(list(walk.frames(chosen(facts, span))))
        decoded += walk.decoded
    return decoded, 0, used


def seek(video: Path, windows: Sequence[Window]) -> tuple[int, int, int]:
    """The video opened per request, and a seek per frame."""
    facts, decoded, used = scan(video), 0, 0
    for span in windows:
        with opened(video) as (container, stream):
            stream.thread_type = "AUTO"
            for index in chosen(facts, span):
                at = facts.pts_seconds[index]
                container.seek(round(at / stream.time_base), stream=stream)
                for frame in container.decode(stream):
                    decoded += 1
                    if seconds_of(frame) >= at:
                        frame.to_image()
                        used += 1
                        break
    return decoded, 0, used


def cut_clips(video: Path, windows: Sequence[Window]) -> tuple[int, int, int]:
    """A clip per request: decode, encode with x264's defaults, decode the clip."""
    facts, decoded, encoded, used = scan(video), 0, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        for span in windows:
            read, written = transcode(video, clip, span)
            clip_facts = scan(clip)
            walk = ForwardPass(clip, clip_facts)
            shown = uniform(range(clip_facts.frame_count), len(chosen(facts, span)))
            used += len(list(walk.frames(shown)))
            decoded += read + walk.decoded
            encoded += written
    return decoded, encoded, used


def transcode(video: Path, clip: Path, span: Window) -> tuple[int, int]:
    """Write the window as a clip; returns the numbers of frames decoded and encoded."""
    decoded = encoded = 0
    with av.open(str(video)) as source, av.open(str(clip), "w") as target:
        stream: Any = source.streams.video[0]
        stream.thread_type = "AUTO"
        out: Any = target.add_stream("libx264", rate=stream.average_rate)
        out.width, out.height, out.pix_fmt = stream.width, stream.height, "yuv420p"
        source.seek(round(span[0] / stream.time_base), stream=stream)
        for frame in source.decode(stream):
            decoded += 1
            if frame.time >= span[1]:
                break
            if frame.time >= span[0]:
                frame.pts, frame.time_base, frame.pict_type = encoded, 1 / stream.average_rate, 0
                target.mux(out.encode(frame))
                encoded += 1
        target.mux(out.encode())
    return decoded, encoded


def rendered(folder: Path, minutes: float, fps: int, key_frames: int) -> Path:
    """The video, rendered unless the folder has it."""
    folder.mkdir(parents=True, exist_ok=True)
    video = folder / f"streaming-{minutes:g}min-{fps}fps-gop{key_frames}.mp4"
    if video.exists():
        return video
    partial = video.with_suffix(".partial.mp4")
    draw = np.random.default_rng(0)
    wall = texture(draw)
    with av.open(str(partial), "w") as container:
        stream: Any = container.add_stream("libx264", rate=fps)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.options = {"preset": "veryfast", "g": str(key_frames)}
        for number in range(round(minutes * 60 * fps)):
            frame = av.VideoFrame.from_ndarray(view(wall, number / fps, draw), format="yuv420p")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    partial.replace(video)
    return video


def texture(draw: np.random.Generator) -> np.ndarray:
    """A wall to look at, grey: coarse patches and fine grain, three pictures wide."""
    shape = (HEIGHT * 2, WIDTH * 3)
    coarse = draw.integers(40, 200, (shape[0] // 40, shape[1] // 40)).repeat(40, 0).repeat(40, 1)
    fine = draw.integers(-15, 16, (shape[0] // 2, shape[1] // 2)).repeat(2, 0).repeat(2, 1)
    return (coarse + fine).astype(np.uint8)


def view(wall: np.ndarray, seconds: float, draw: np.random.Generator) -> np.ndarray:
    """What the camera sees, planar YUV 4:2:0: it turns, shakes a little, and its sensor hisses."""
    x = WIDTH * (1 + 0.9 * np.sin(seconds / 4)) + 3 * np.sin(seconds * 9)
    y = HEIGHT * 0.5 * (1 + 0.9 * np.sin(seconds / 7)) + 3 * np.cos(seconds * 8)
    top, left = int(np.clip(y, 0, HEIGHT)), int(np.clip(x, 0, WIDTH * 2))
    noise = draw.integers(0, 16, (HEIGHT, WIDTH), dtype=np.uint8)
    luma = wall[top : top + HEIGHT, left : left + WIDTH] + noise
    chroma = luma[::2, ::2] // 4 + 96
    return np.concatenate([luma, chroma.reshape(-1, WIDTH), chroma.reshape(-1, WIDTH)])


def show(name: str, cost: Cost, base: Cost) -> None:
    """One line of the table."""
    print(
        f"{name:<28} wall {cost.wall:8.1f} s (x{cost.wall / base.wall:6.1f})  "
        f"CPU {cost.cpu:8.1f} s (x{cost.cpu / base.cpu:6.1f})  decoded {cost.decoded:8d} "
        f"(x{cost.decoded / base.decoded:5.1f}, {cost.decoded / cost.used:6.1f} per frame used)  "
        f"encoded {cost.encoded:7d}  used {cost.used:5d}  peak {cost.peak:5.0f} MB",
        flush=True,
    )


if __name__ == "__main__":
    main()
