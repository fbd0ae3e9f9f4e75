#!/usr/bin/env python3
"""What asking a server costs, and what its prefix cache saves: two tables, in one run.

    python scripts/bench/serving.py [--videos 12] [--rounds 5]

The first: 50 JPEG files of 640x480, and 32 decoded frames of 854x480, as the data URLs of one
request: lmms-eval's own way (where it is installed) and ours, in turns; medians of the rounds.

The second: a schedule of StreamGaze's questions on so many videos of 13 minutes, asked over HTTP of
the server of the tests, which keeps prefixes as vLLM documents it: how many prompt tokens it finds
in its cache. An image is 90 tokens; the cache has room for the prefixes of eight whole videos
(`ample`), or of two (`scarce`). A prompt's blocks are found by others once it has been computed.
"""

from __future__ import annotations

import argparse
import base64
import io
import os
import random
import runpy
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from mmsi_video.messages import OriginalJpeg
from sightline.engine.jobs import Asked, Job, Reply
from sightline.serving.backend import OpenAIBackend
from sightline.serving.encoding import ImageEncoder
from sightline.serving.images import FORMAT_VARIABLE, QUALITY_VARIABLE, server_environment
from sightline.serving.settings import ServerSettings
from streamgaze_task import prompts
from streamgaze_task.frames import GRID, STREAM, choose
from streamgaze_task.schema import Request, Sample, TestPoint, Video
from streamgaze_task.tasks.table import MAX_FRAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MINUTES = 13
FPS = 30
PAST, PRESENT, PROACTIVE, POINTS = 5, 17, 2, 5
"""Questions of a video, as the paper's mean, and test points of a proactive one."""
IMAGE_TOKENS = 90
SECONDS_PER_TOKEN = 2e-6
"""Of the pretended model: what counts is that a long prompt is computed for a while."""

server_code = SimpleNamespace(
    **runpy.run_path(str(Path(__file__).parents[2] / "tests" / "openai_server.py"))
)


def main() -> None:
    """Measure, print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--videos", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    encoding(arguments.rounds)
    hit_rates(arguments.videos)


# Encoding


def picture(seed: int, width: int, height: int) -> Image.Image:
    """A picture of coarse and fine noise: about as large a file as a photograph's."""
    draw = np.random.default_rng(seed)
    coarse = draw.integers(0, 256, (height // 16, width // 16, 3), dtype=np.uint8)
    smooth = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    grain = draw.integers(-6, 7, (height, width, 3))
    return Image.fromarray(np.clip(np.asarray(smooth) + grain, 0, 255).astype(np.uint8))


def jpeg_file(image: Image.Image) -> bytes:
    """As the release of MMSI-Video-Bench has them."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=87)
    return buffer.getvalue()


def encoding(rounds: int) -> None:
    """The first table."""
    files = [jpeg_file(picture(seed, 640, 480)) for seed in range(50)]
    frames = [picture(seed, 854, 480) for seed in range(32)]
    shared = ImageEncoder()
    ways: dict[str, tuple[Callable[[], Any], int]] = {}
    if (theirs := _lmms_eval()) is not None:
        ways["files, lmms-eval's default (PNG)"] = (lambda: theirs(_opened(files), {}), 50)
        own = server_environment("openai", {})
        ways["files, the same, decoded by the task"] = (lambda: theirs(_opened(files), own), 50)
        ways["files, lmms-eval with our variables"] = (lambda: theirs(_kept(files), own), 50)
        ways["frames, lmms-eval's default (PNG)"] = (lambda: theirs(frames, {}), 32)
        ways["frames, lmms-eval with our variables"] = (lambda: theirs(frames, own), 32)
    ways["files, ours"] = (lambda: [ImageEncoder().url(image) for image in _kept(files)], 50)
    ways["frames, ours, first request"] = (lambda: _urls(ImageEncoder(), frames), 32)
    ways["frames, ours, later requests"] = (lambda: _urls(shared, frames), 32)
    times: dict[str, list[float]] = {name: [] for name in ways}
    sizes = {}
    for _ in range(rounds):
        for name, (way, _) in ways.items():
            begun = time.process_time()
            sizes[name] = sum(len(url) for url in way())
            times[name].append(time.process_time() - begun)
    print(f"one request's images as data URLs, CPU, median of {rounds} rounds in turns")
    for name in sorted(times):
        spent = statistics.median(times[name])
        print(f"  {name:38} {1e3 * spent:9.1f} ms {sizes[name] / 1e6:7.1f} MB")


def _urls(encoder: ImageEncoder, images: Sequence[Image.Image]) -> list[str]:
    return [encoder.url(image) for image in images]


def _opened(files: Sequence[bytes]) -> list[Image.Image]:
    return [Image.open(io.BytesIO(data)) for data in files]


def _kept(files: Sequence[bytes]) -> list[Image.Image]:
    return [OriginalJpeg(data) for data in files]


def _lmms_eval() -> Callable[[Sequence[Image.Image], dict[str, str]], list[str]] | None:
    """lmms-eval's way to data URLs, under these variables; None where it is not installed."""
    try:
        from lmms_eval.protocol import ChatMessages  # noqa: PLC0415 (may not be there)
    except ImportError:
        return None

    def encode(images: Sequence[Image.Image], variables: dict[str, str]) -> list[str]:
        for name in (FORMAT_VARIABLE, QUALITY_VARIABLE):
            os.environ.pop(name, None)
        os.environ.update(variables)
        items = [{"type": "image", "url": image} for image in images]
        messages = ChatMessages(messages=[{"role": "user", "content": items}])
        (sent,) = messages.to_openai_messages()
        return [item["image_url"]["url"] for item in sent["content"]]

    return encode


# The prefix cache


@dataclass(frozen=True)
class Way:
    """One line of the second table."""

    name: str
    """What it is."""
    sampling: str
    """Which frames."""
    shuffled: bool = False
    """The requests of all videos in any order."""
    per_group: int = 1
    """As the setting of that name."""
    concurrency: int = 8
    """As the setting of that name."""
    videos_in_cache: int = 8
    """Whole videos whose prefixes the cache has room for, that of the alerts included."""


WAYS = (
    Way("ample: grid-32, by video", GRID),
    Way("ample: stream, any order", STREAM, shuffled=True, per_group=0),
    Way("ample: stream, order given", STREAM, per_group=0),
    Way("ample: stream, one per video", STREAM),
    Way("scarce: stream, order given", STREAM, per_group=0, videos_in_cache=2),
    Way("scarce: stream, one per video", STREAM, videos_in_cache=2),
    Way("scarce: stream, one per video, 2 at a time", STREAM, concurrency=2, videos_in_cache=2),
)


def hit_rates(videos: int) -> None:
    """The second table."""
    requests = [request for number in range(videos) for request in schedule(number)]
    print(
        f"\n{len(requests)} requests on {videos} videos of {MINUTES} minutes; prompt tokens found"
    )
    print("in the server's prefix cache, of all and by kind of question; 8 at a time")
    print(f"  {'':43} {'Mtok':>6} {'all':>7} {'past':>7} {'present':>7} {'alerts':>7}")
    for way in WAYS:
        print(f"  {way.name:43} {_asked(way, requests)}")


def schedule(number: int) -> list[Request]:
    """The requests on one video at seeded times, in the order of their ends."""
    draw = random.Random(number)  # noqa: S311 (a schedule, no secret)
    length = 60.0 * MINUTES
    found = []
    for code, count in (("nfi", PAST), ("oie", PRESENT), ("gta", PROACTIVE)):
        for place in range(count):
            at = draw.uniform(10.0, length)
            sample = _sample(f"{code}-{number}-{place}", code, number, at, draw)
            found += sample.requests()
    return sorted(found, key=lambda request: request.window[1])


def _sample(name: str, code: str, number: int, at: float, draw: random.Random) -> Sample:
    points = ()
    if code == "gta":
        times = [max(at - 20.0 + 10.0 * n, 1.0) for n in range(POINTS)]
        points = tuple(TestPoint(f"{int(t)}", t, 0, None) for t in times)
    return Sample(
        id=name,
        task=code,
        question=f"Which of these things did the user look at? ({draw.random()})",
        options=() if points else ("A. cup", "B. pan", "C. knife", "D. jar"),
        answer="A",
        released_answer="A",
        time_seconds=at,
        video=Video(f"v{number}", None, "", None, "", None, 60.0 * MINUTES, 854, 480, "none", None),
        points=points,
    )


def _asked(way: Way, requests: Sequence[Request]) -> str:
    """Ask them all; the numbers of one line."""
    times = [k / FPS for k in range(MINUTES * 60 * FPS)]
    order = list(requests)
    if way.shuffled:
        random.Random(0).shuffle(order)  # noqa: S311
    jobs = [_job(place, request) for place, request in enumerate(order)]

    def messages_of(job: Job) -> list[dict[str, Any]]:
        request = order[job.doc_id]
        window = request.window
        chosen = choose(times, FPS, window, sampling=way.sampling, max_frames=MAX_FRAMES)
        return _messages(request, chosen, frames_first=way.sampling == STREAM)

    replies: dict[int, Reply] = {}
    prefix = MINUTES * 60 // 2 * IMAGE_TOKENS // server_code.BLOCK_TOKENS
    blocks = 2 * prefix * way.videos_in_cache
    with server_code.running(
        image_tokens=IMAGE_TOKENS, cache_blocks=blocks, seconds_per_token=SECONDS_PER_TOKEN
    ) as server:
        server.keeps_bodies = False
        settings = ServerSettings(
            model="m", base_url=server.url, concurrency=way.concurrency, per_group=way.per_group
        )
        backend = OpenAIBackend(settings, messages_of, say=lambda _: None)
        backend.ask(jobs, lambda job, reply: replies.__setitem__(job.doc_id, reply))
    kinds = {"all": "", "past": "nfi", "present": "oie", "alerts": "gta"}
    shares = [_share([replies[j.doc_id] for j in jobs if _is(order, j, k)]) for k in kinds.values()]
    tokens = sum(reply.input_tokens or 0 for reply in replies.values())
    return f"{tokens / 1e6:6.1f} " + " ".join(f"{100 * share:6.1f}%" for share in shares)


def _is(order: Sequence[Request], job: Job, code: str) -> bool:
    return order[job.doc_id].sample.task.startswith(code)


def _share(replies: Sequence[Reply]) -> float:
    cached = sum(reply.details["cached_tokens"] for reply in replies)
    return cached / sum(reply.input_tokens or 0 for reply in replies)


def _job(place: int, request: Request) -> Job:
    asked = Asked(request.id, request.cluster, request.window[1], request.id, "", 0, 0, 0)
    return Job(request.sample.task, "test", place, 0, {}, order="", asked=asked)


def _messages(
    request: Request, chosen: Sequence[int], *, frames_first: bool
) -> list[dict[str, Any]]:
    """The message as the task plans it, each frame by an address that names it."""
    content: list[dict[str, Any]] = []
    for part in prompts.plan(request, len(chosen), "nogaze", frames_first=frames_first):
        if isinstance(part, prompts.Text):
            content.append({"type": "text", "text": part.text})
        elif isinstance(part, prompts.FrameImage):
            name = f"{request.cluster}/{chosen[part.number]}".encode()
            address = f"data:image/jpeg;base64,{base64.b64encode(name).decode()}"
            content.append({"type": "image", "url": address})
    return [{"role": "user", "content": content}]


if __name__ == "__main__":
    main()
