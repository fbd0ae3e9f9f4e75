#!/usr/bin/env python3
"""How evenly ranks are loaded, and how many open each video: ours against lmms-eval's round robin.

    python scripts/bench/balance.py [--seeds 3]

Both benchmarks at their published size, made up after their published numbers: MMSI-Video-Bench
1,106 questions, 172 of them with two clips, clips of 72 s in the mean at the sources' base rates;
StreamGaze 285 videos of 815 s in the mean with the ten tasks' questions, proactive ones asked at
five points. Frames are chosen by the project's own rules. lmms-eval gives request i of a task to
rank i modulo ranks.

Imbalance is the dearest rank's cost / the mean, so the share of time that ranks do not wait is its
inverse. `expected` counts the costs by which the work was divided. `true` counts costs that nobody
could know before: answers of 2 to 400 tokens, drawn at random, and 5 % of noise on each request.
"""

from __future__ import annotations

import argparse
import random
import time
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

from sightline.engine.balance import divide
from sightline.engine.costs import SECONDS_PER_OUTPUT_TOKEN, Costs
from sightline.engine.jobs import Asked, Job
from sightline.sampling import proportional_indices, window
from streamgaze_task.frames import choose

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

RANKS = (2, 3, 4, 6, 8, 12, 16)
FRAME = 640 * 480
TEXT = 700
"""Characters of a prompt."""

CROSS_VIDEO, SINGLE = 172, 934
BASE_RATES = (1.0, 1.0, 2.0, 1.0, 1.0, 0.66, 1.0, 5.0, 4.0, 5.0, 4.0, 5.89, 2.0, 4.0, 12.5, 2.0)
CLIP_SECONDS = 72
QUESTIONS_PER_CLIP = 1.5

VIDEOS, VIDEO_SECONDS, RATE = 285, 815, 30.0
QUESTIONS = {
    "gsm": ("past", 186),
    "nfi": ("past", 638),
    "otp": ("past", 494),
    "sr": ("past", 211),
    "oar": ("present", 1401),
    "oie": ("present", 1469),
    "oih": ("present", 1005),
    "fap": ("present", 921),
    "gta": ("proactive", 285),
    "oaa": ("proactive", 1911),
}
"""Task -> family, questions: 8,521 in all (the 48 that no public count places are OAA and GTA)."""
POINTS = 5


@dataclass(frozen=True)
class Case:
    """One evaluation."""

    name: str
    jobs: list[Job]


def main() -> None:
    """Divide every case for every number of ranks and print a row each."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=3, help="made-up benchmarks to average over")
    arguments = parser.parse_args()
    print(f"{'':<26} ranks | max/mean expected |   max/mean true   | ranks per video | divide")
    print(f"{'':<26}       |    ours   rr      |    ours   rr      |   ours   rr     |   s")
    worst = 0.0
    runs = [list(cases(seed)) for seed in range(arguments.seeds)]
    for same in zip(*runs, strict=True):
        for ranks in RANKS:
            rows = [row(case.jobs, ranks, seed) for seed, case in enumerate(same)]
            worst = max([worst, *(each[0] for each in rows)])
            means = [fmean(column) for column in zip(*rows, strict=True)]
            show(same[0].name, ranks, means)
    print(f"worst expected imbalance of ours over all seeds: {worst:.4f}")


def show(name: str, ranks: int, means: Sequence[float]) -> None:
    """Print one row."""
    ours, theirs, true_ours, true_theirs, opened, opened_theirs, seconds = means
    print(
        f"{name:<26} {ranks:>5} |  {ours:6.3f} {theirs:6.3f}    |  {true_ours:6.3f} "
        f"{true_theirs:6.3f}    | {opened:6.2f} {opened_theirs:6.2f}   | {seconds:5.2f}",
        flush=True,
    )


def row(jobs: Sequence[Job], ranks: int, seed: int) -> tuple[float, ...]:
    """Imbalance and openings, ours and round robin's, and the seconds that dividing takes."""
    costs = Costs()
    expected = [costs.cost(job) for job in jobs]
    draw = random.Random(seed)  # noqa: S311 (a simulation)
    true = [
        cost * draw.gauss(1, 0.05) + SECONDS_PER_OUTPUT_TOKEN * draw.choice((2, 2, 2, 20, 400))
        for cost in expected
    ]
    begin = time.perf_counter()
    ours = divide(jobs, ranks, costs)
    seconds = time.perf_counter() - begin
    theirs = round_robin(jobs, ranks)
    return (
        imbalance(ours, expected),
        imbalance(theirs, expected),
        imbalance(ours, true),
        imbalance(theirs, true),
        openings(ours, jobs),
        openings(theirs, jobs),
        seconds,
    )


def round_robin(jobs: Sequence[Job], ranks: int) -> list[list[int]]:
    """What lmms-eval does, task by task."""
    shares: list[list[int]] = [[] for _ in range(ranks)]
    for position, job in enumerate(jobs):
        shares[job.doc_id % ranks].append(position)
    return shares


def imbalance(shares: Sequence[Sequence[int]], costs: Sequence[float]) -> float:
    """Dearest share / mean share."""
    loads = [sum(costs[position] for position in share) for share in shares]
    return max(loads) / fmean(loads)


def openings(shares: Sequence[Sequence[int]], jobs: Sequence[Job]) -> float:
    """Ranks that open a video, in the mean over videos."""
    opened = [{group(jobs[position]) for position in share} for share in shares]
    return sum(map(len, opened)) / len(set().union(*opened))


def group(job: Job) -> str:
    """The video of a job."""
    return job.asked.group if job.asked else ""


def cases(seed: int) -> Iterator[Case]:
    """The evaluations that are divided."""
    draw = random.Random(seed)  # noqa: S311 (a simulation)
    questions = mmsi(draw)
    for name, cap in (("MMSI Uniform-50", 50), ("MMSI Sufficient-Coverage", 300)):
        yield Case(name, [mmsi_job(name, i, q, cap) for i, q in enumerate(questions)])
    videos = [max(60.0, draw.gauss(VIDEO_SECONDS, 300)) for _ in range(VIDEOS)]
    asked = schedule(draw, videos)
    for sampling in ("grid", "reference_qwen", "reference_1fps"):
        yield Case(f"StreamGaze {sampling}", list(streamgaze(videos, asked, sampling)))


def mmsi(draw: random.Random) -> list[list[tuple[str, int]]]:
    """The clips of each question, with their frame counts."""
    pool = [
        (
            f"clip{i:04d}",
            max(1, round(draw.choice(BASE_RATES) * draw.expovariate(1 / CLIP_SECONDS))),
        )
        for i in range(int((SINGLE + 2 * CROSS_VIDEO) / QUESTIONS_PER_CLIP))
    ]
    counts = [1] * SINGLE + [2] * CROSS_VIDEO
    draw.shuffle(counts)
    return [[draw.choice(pool) for _ in range(count)] for count in counts]


def mmsi_job(task: str, number: int, clips: Sequence[tuple[str, int]], cap: int) -> Job:
    """One question."""
    chosen = proportional_indices([count for _, count in clips], cap)
    frames = sum(map(len, chosen))
    name = "|".join(clip for clip, _ in clips)
    return job(task, number, name, 0.0, frames)


def schedule(draw: random.Random, videos: Sequence[float]) -> dict[str, list[tuple[int, float]]]:
    """Task -> (video, time) of each request, in the order of lmms-eval's documents."""
    found: dict[str, list[tuple[int, float]]] = {}
    for task, (family, count) in QUESTIONS.items():
        requests = []
        for _ in range(count):
            video = draw.randrange(len(videos))
            at = draw.uniform(20, videos[video])
            steps = range(-2, POINTS - 2) if family == "proactive" else (0,)
            requests += [(video, max(1.0, at + 10 * step)) for step in steps]
        found[task] = sorted(requests)
    return found


def streamgaze(
    videos: Sequence[float], asked: dict[str, list[tuple[int, float]]], sampling: str
) -> Iterator[Job]:
    """Every request of the ten tasks."""
    times = [i / RATE for i in range(int(max(videos) * RATE) + 1)]
    pts = [times[: int(seconds * RATE)] for seconds in videos]
    for task, requests in asked.items():
        family = QUESTIONS[task][0]
        for number, (video, at) in enumerate(requests):
            frames = choose(pts[video], RATE, window(family, at), sampling=sampling, max_frames=32)
            yield job(task, number, f"video{video:03d}", at, len(frames))


def job(task: str, number: int, name: str, position: float, frames: int) -> Job:
    """A described job."""
    asked = Asked(str(number), name, position, "", "", frames, frames * FRAME, TEXT)
    return Job(task, "test", number, 0, {}, "", asked)


if __name__ == "__main__":
    main()
