#!/usr/bin/env python3
"""What share of the generated questions is right, and how far one gets without looking.

    python scripts/bench/gaze_truth.py [--seeds 5] [--seconds 120] [--views 1] [--workers 2]
        [--labels pixels] [--folder FOLDER]

For each seed the sample recordings are made (the ids repeat, the worlds do not), the whole pipeline
runs over them with the labeller that reads their pixels, and every question that stays is judged by
what happened in the rendered world. Each wrong one is printed with what is wrong with it.

With ``--labels truth`` nothing reads pixels: labels and views are written down from the script
(streamgaze_task.rendering.reading_script). What is wrong then is the question makers' fault alone.

Guessing by the text is measured over all seeds together, in two ways: each recording from what
all others teach, and each half of the seeds from what the other half teaches. The pipeline
balances the words over the recordings of one seed, so what is left out of one seed leans the other
way, and the first way comes out below chance where there are few; the second has no such link.

FOLDER keeps recordings and stages: the same command again makes only what is missing.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.intervals import wilson
from sightline.progress import Silent
from sightline.tables import Column, Table, render
from streamgaze_task.pipeline import lines
from streamgaze_task.pipeline.config import read_config
from streamgaze_task.pipeline.facts import RecordingFacts
from streamgaze_task.pipeline.make import make_benchmark
from streamgaze_task.pipeline.quality.baselines import baselines, read_qa
from streamgaze_task.pipeline.records import FoundFixation, Judged
from streamgaze_task.pipeline.run import run_stages, sources_of, task_of
from streamgaze_task.pipeline.stage import path_of
from streamgaze_task.pipeline.stages import NAMES, PER_RECORDING
from streamgaze_task.rendering.raw.judging import filmed_script, judge_recording
from streamgaze_task.rendering.reading_script import ScriptReader
from streamgaze_task.sample_recordings import make_recordings
from streamgaze_task.task_names import BY_CODE, CODES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from streamgaze_task.pipeline.config import Config
    from streamgaze_task.pipeline.records import Question

LABELS = ("pixels", "truth")
"""Read from the video's pictures, or written down from its script."""
Files = dict[str, list[Any]]
"""Code of a task -> the entries of its file in a release."""


@dataclass(frozen=True)
class Seen:
    """One question that stays, and what the world says of it."""

    seed: int
    question: Question
    why: str
    """What is wrong with it; empty when nothing is."""


def main() -> None:
    """Make, judge, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=5, help="how many worlds of each recording")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--seconds", type=float, default=120, help="length of every recording")
    parser.add_argument("--views", type=float, default=1, help="seconds from view to view")
    parser.add_argument("--labels", choices=LABELS, default=LABELS[0], help="who makes the labels")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--folder", type=Path, help="keeps everything between runs")
    arguments = parser.parse_args()
    seen: list[Seen] = []
    files: dict[int, Files] = {}
    with tempfile.TemporaryDirectory() as temporary:
        for seed in range(arguments.first, arguments.first + arguments.seeds):
            folder = (arguments.folder or Path(temporary)) / f"{seed}-{arguments.seconds:g}"
            judged, files[seed] = made(folder, seed, arguments)
            wrong = sum(bool(one.why) for one in judged)
            print(f"seed {seed}: {len(judged)} questions, {wrong} wrong", flush=True)
            seen += judged
    for one in seen:
        if one.why:
            print(told(one))
    print(render([shares(seen), without_looking(files)], width=120))


def made(folder: Path, seed: int, arguments: argparse.Namespace) -> tuple[list[Seen], Files]:
    """The judged questions and the release of one seed."""
    if not (folder / "config.yaml").is_file():
        make_recordings(folder, seed=seed, seconds=arguments.seconds)
    config = read_config(folder / "config.yaml")
    config = replace(config, views=replace(config.views, every_seconds=arguments.views))
    if arguments.labels == "truth":
        config = replace(config, out=folder / "benchmark-of-truth")
        write_labels(config, seed, arguments)
    make_benchmark(
        config,
        workers=arguments.workers,
        until=NAMES[-1],
        skip_failed=False,
        progress=Silent(),
    )
    kept = (
        one.question
        for source in sources_of(config)
        for one in lines.read(path_of(config, "judged", source.recording_id), Judged)
        if not one.dropped
    )
    judged = [
        Seen(seed, asked, judge_recording(asked, seed=seed, seconds=arguments.seconds).why)
        for asked in kept
    ]
    return judged, read_qa(config.out / "release")


def write_labels(config: Config, seed: int, arguments: argparse.Namespace) -> None:
    """Right labels and views, in files that the run takes for finished ones."""
    sources = sources_of(config)
    run_stages(config, sources, workers=arguments.workers, until="fixations")
    stages = {stage.name: stage for stage in PER_RECORDING}
    for source in sources:
        task = task_of(config, source)
        reader = ScriptReader(filmed_script(source.recording_id, seed, arguments.seconds))
        found = [one for one in task.read("fixations", FoundFixation) if not one.dropped]
        video_seconds = task.read("recordings", RecordingFacts)[0].video.seconds
        moments = (k * arguments.views for k in range(int(video_seconds / arguments.views)))
        for name, records in (
            ("labels", map(reader.label, found)),
            ("views", map(reader.view, moments)),
        ):
            header = {"stage": name, "key": stages[name].key(task)}
            lines.write(task.path(name), header, records)


def told(one: Seen) -> str:
    """One line about a wrong question."""
    asked = one.question
    what = asked.answer or f"<{asked.extras.get('target_object', '')}>"
    return f"WRONG seed {one.seed} {asked.id} at {asked.asked_seconds} s, {what}: {one.why}"


def shares(seen: Iterable[Seen]) -> Table:
    """What share is right, per task."""
    every, right = Counter[str](), Counter[str]()
    for one in seen:
        every[one.question.task] += 1
        right[one.question.task] += not one.why
    codes = [code for code in CODES if every[code]]
    rows = [_share(BY_CODE[code].paper, right[code], every[code]) for code in codes]
    columns = (
        Column("task", text=True),
        Column("questions"),
        Column("right"),
        Column("%"),
        Column("95 %"),
    )
    whole = _share("all", right.total(), every.total())
    return Table("questions that the world says are right", columns, (*rows, None, whole))


def _share(name: str, right: int, count: int) -> tuple[str, ...]:
    share = right / max(count, 1)
    return name, str(count), str(right), f"{100 * share:.1f}", _interval(wilson(share, count))


def without_looking(files: Mapping[int, Files]) -> Table:
    """Accuracy by text, against it and by position, over all seeds; percent."""
    recordings = baselines(merged(files, lambda seed, video: f"{seed}/{video}"))
    halves = baselines(merged(files, lambda seed, _: f"half {sorted(files).index(seed) % 2}"))
    columns = (
        Column("task", text=True),
        Column("n"),
        Column("chance"),
        Column("text"),
        Column("95 %"),
        Column("against"),
        Column("text, halves"),
        Column("95 %"),
        Column("against"),
        Column("position"),
        Column("95 %"),
    )
    rows = tuple(
        (
            BY_CODE[code].paper,
            str(one["questions"]),
            *_cells(one, "chance"),
            *_cells(one, "text", "text_interval", "against_text"),
            *_cells(halves[code], "text", "text_interval", "against_text"),
            *_cells(one, "position", "position_interval"),
        )
        for code, one in recordings.items()
    )
    return Table("accuracy without looking, percent; of GTA and OAA test points", columns, rows)


def _cells(one: Mapping[str, Any], *names: str) -> Iterable[str]:
    for name in names:
        value = one[name]
        yield _interval(value) if isinstance(value, list) else f"{100 * value:.1f}"


def _interval(ends: Sequence[float]) -> str:
    return f"{100 * ends[0]:.0f} to {100 * ends[1]:.0f}"


def merged(files: Mapping[int, Files], group: Callable[[int, str], str]) -> Files:
    """The entries of all seeds together, each with the name of its group as its video."""
    found: Files = {}
    for seed, of_seed in files.items():
        for code, entries in of_seed.items():
            found.setdefault(code, []).extend(
                {**entry, "video_path": group(seed, entry["video_path"])} for entry in entries
            )
    return found


if __name__ == "__main__":
    main()
