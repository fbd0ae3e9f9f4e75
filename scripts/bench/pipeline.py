#!/usr/bin/env python3
"""What the stages of the gaze pipeline cost without a model: speed, memory, scaling.

    python scripts/bench/pipeline.py [speed] [scaling] [--sizes egtea ego4d]
        [--lengths 5 30 120] [--rounds 3] [--folder FOLDER]

One minute of a rendered room is encoded at the size and rate of a dataset, with a sensor's hiss,
and its packets are repeated, as is its gaze, until the recording has the length. What a labeller
would say is written down from the script, so that the stages behind it have something to do.

- speed: every stage of every length in a process of its own, told by its CPU seconds, as minutes of
  video for each minute of one core, and by how far its memory grew beyond that of its imports;
- scaling: the stages before labelling over several recordings with one worker and two, in turns.

FOLDER keeps the videos between runs.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import shutil
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from long_recordings import MEGABYTE, SIZES, clip_facts, recordings, write_labels

from sightline.progress import Silent
from sightline.tables import Column, Note, Table, render
from streamgaze_task.pipeline import gaze_store
from streamgaze_task.pipeline.config import read_config
from streamgaze_task.pipeline.facts import RecordingFacts
from streamgaze_task.pipeline.gathering import choice_of, words_of
from streamgaze_task.pipeline.known import scanpath_of
from streamgaze_task.pipeline.records import Judged
from streamgaze_task.pipeline.release import ReleaseRecording, write_release
from streamgaze_task.pipeline.run import run_stages, sources_of, task_of, work

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamgaze_task.pipeline.config import Config
    from streamgaze_task.pipeline.stage import Task

STAGES = (
    "recordings",
    "fixations",
    "episodes",
    "words",
    "questions",
    "choice",
    "judged",
    "release",
)
"""What is measured, in order; labels and views are written down in between."""


@dataclass(frozen=True)
class Cost:
    """What a piece of work took."""

    cpu: float
    """Seconds of all cores."""
    wall: float
    """Seconds."""
    grown: float
    """Largest memory of its process beyond what that had before the work, MB."""
    result: Any
    """What it returned."""


def main() -> None:
    """Make the recordings, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("parts", nargs="*", default=["speed", "scaling"], help="speed, scaling")
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--lengths", nargs="+", type=int, default=[5, 30, 120], help="minutes")
    parser.add_argument("--recordings", type=int, default=4, help="how many, for scaling")
    parser.add_argument("--minutes", type=int, default=5, help="of each of them")
    parser.add_argument("--rounds", type=int, default=3, help="of scaling")
    parser.add_argument("--folder", type=Path, help="keeps the videos between runs")
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - {"speed", "scaling"}:
        parser.error(f"parts must be of speed and scaling, not {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = (arguments.folder or Path(temporary)).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        for size in arguments.sizes:
            if "speed" in arguments.parts:
                print(speed(folder, size, sorted(arguments.lengths)), flush=True)
            if "scaling" in arguments.parts:
                print(scaling(folder, size, arguments), flush=True)


def speed(folder: Path, size: str, lengths: list[int]) -> str:
    """Every stage at every length: the tables."""
    costs = {minutes: stages(folder, size, minutes) for minutes in lengths}
    heads = [Column("stage", text=True), *(Column(f"{minutes} min") for minutes in lengths)]
    fast = [
        (
            name,
            *(f"{minutes * 60 / max(costs[minutes][name].cpu, 1e-3):.0f}" for minutes in lengths),
        )
        for name in STAGES
    ]
    whole = [sum(cost.cpu for cost in costs[minutes].values()) for minutes in lengths]
    fast.append(("all", *(f"{m * 60 / cpu:.0f}" for m, cpu in zip(lengths, whole, strict=True))))
    grown = [
        (name, *(f"{costs[m][name].grown:.0f}" for m in lengths), slope(costs, name))
        for name in STAGES
    ]
    made = "; ".join(f"{m} min: {costs[m]['release'].result} questions" for m in lengths)
    title = f"{size}: minutes of video a minute of one core"
    return render(
        [
            Table(title, tuple(heads), tuple(fast)),
            Table("MB beyond the imports", (*heads, Column("MB a minute")), tuple(grown)),
            Note(f"{clip_facts(folder, size)}; {made}"),
        ],
        width=100,
    )


def slope(costs: dict[int, dict[str, Cost]], name: str) -> str:
    """MB that a stage needs for one more minute, between the shortest and the longest."""
    short, long = min(costs), max(costs)
    if short == long:
        return "-"
    return f"{(costs[long][name].grown - costs[short][name].grown) / (long - short):.2f}"


def stages(folder: Path, size: str, minutes: int) -> dict[str, Cost]:
    """What each stage takes of one recording of that length."""
    root = measured(recordings, folder, size, minutes, 1).result
    shutil.rmtree(root / "benchmark", ignore_errors=True)
    costs: dict[str, Cost] = {}
    shared: dict[str, Any] = {}
    for name in STAGES:
        if name == "episodes":
            measured(labels, root, size)
        costs[name] = measured(STEPS.get(name, one_stage), root, name, shared)
        if name in {"words", "choice"}:
            shared = costs[name].result
        print(
            f"  {size} {minutes:4d} min {name:<10} CPU {costs[name].cpu:8.2f} s  wall "
            f"{costs[name].wall:8.2f} s  {costs[name].grown:6.0f} MB",
            flush=True,
        )
    return costs


def scaling(folder: Path, size: str, arguments: argparse.Namespace) -> str:
    """The stages before labelling with one worker and two, in turns."""
    count, minutes = arguments.recordings, arguments.minutes
    root = measured(recordings, folder, size, minutes, count).result
    times: dict[int, list[float]] = {1: [], 2: []}
    for number in range(arguments.rounds):
        for workers in (1, 2) if number % 2 == 0 else (2, 1):
            shutil.rmtree(root / "benchmark", ignore_errors=True)
            times[workers].append(measured(until_fixations, root, workers).wall)
            print(f"  {size} {workers} workers: {times[workers][-1]:.1f} s", flush=True)
    rows = [
        (f"{k + 1}", f"{one:.1f}", f"{two:.1f}", f"{one / two:.2f}")
        for k, (one, two) in enumerate(zip(times[1], times[2], strict=True))
    ]
    columns = ("round", "1 worker, s", "2 workers, s", "times as fast")
    title = (
        f"{size}: {count} recordings of {minutes} minutes to fixations; {os.cpu_count()} cores, "
        f"load with others' work {os.getloadavg()[0]:.1f}"
    )
    return render([Table(title, tuple(Column(name) for name in columns), tuple(rows))], width=100)


def until_fixations(root: Path, workers: int) -> None:
    """The stages that need no labeller."""
    config = read_config(root / "config.yaml")
    outcome = run_stages(config, sources_of(config), workers=workers, until="fixations")
    if outcome.failed:
        raise SystemExit(f"failed: {outcome.failed}")


def _config(root: Path) -> tuple[Config, Task]:
    config = read_config(root / "config.yaml")
    return config, task_of(config, sources_of(config)[0])


def labels(root: Path, size: str) -> None:
    """What stands in for the stages that ask a labeller."""
    write_labels(_config(root)[1], size)


def one_stage(root: Path, name: str, shared: dict[str, Any]) -> int:
    """One stage as a run does it."""
    config, task = _config(root)
    return work(config, task.source, name, shared)


def words(root: Path, _: str, __: dict[str, Any]) -> dict[str, Any]:
    """The first barrier."""
    return words_of([_config(root)[1]])


def choice(root: Path, _: str, __: dict[str, Any]) -> dict[str, Any]:
    """The second barrier."""
    return choice_of([_config(root)[1]])


def release(root: Path, _: str, __: dict[str, Any]) -> int:
    """Writing the release; returns how many questions it has."""
    config, task = _config(root)
    facts = task.read("recordings", RecordingFacts)[0]
    kept = tuple(one.question for one in task.read("judged", Judged) if not one.dropped)
    recording = ReleaseRecording(
        scanpath=scanpath_of(task),
        source=facts.source,
        video=task.source.video,
        gaze=gaze_store.read(gaze_store.path_of(config, facts.recording_id)),
        questions=kept,
    )
    write_release(config.out / "release", [recording], seed=config.seed, progress=Silent())
    return len(kept)


STEPS: dict[str, Callable[..., Any]] = {"words": words, "choice": choice, "release": release}
"""What is no stage of a single recording."""


def measured(what: Callable[..., Any], *arguments: object) -> Cost:
    """Run it in a fresh process, so that memory is its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_measured, what, *arguments).result()


def _measured(what: Callable[..., Any], *arguments: object) -> Cost:
    before, wall, cpu = memory(), time.perf_counter(), _cpu()
    result = what(*arguments)
    return Cost(_cpu() - cpu, time.perf_counter() - wall, memory() - before, result)


def _cpu() -> float:
    own, children = os.times(), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.user + own.system + children.ru_utime + children.ru_stime


def memory() -> float:
    """Largest memory of this process so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MEGABYTE


if __name__ == "__main__":
    main()
