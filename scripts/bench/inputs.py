#!/usr/bin/env python3
"""What a question costs before the model sees it, beside lmms-eval's own path.

Made-up JPEG frames, Qwen2.5-VL's real image processor (default limits) with the tokenizer of a
tiny checkpoint, no model. One table each:

- ``reading``: the files of one question's 50 frames, out of the dataset
- ``encoding``: 50 frames as data URLs for an API server
- ``preparation``: messages -> tensors of 50 and 300 frames; each side in processes of its own,
  started in turn, since one of them sets how memory is allocated
- ``pools``: samples a second by threads and by processes
- ``waiting``: how long a model that takes 0.5, 1 or 2 s waits for its input

    python scripts/bench/inputs.py [reading encoding preparation pools waiting] [--short]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qwen_inputs import (
    FRAMES,
    SIZES,
    chat,
    chosen,
    difference,
    in_turn,
    make_data,
    our_images,
    prepare_ours,
    prepare_upstream,
    processor,
    timed,
    upstream_images,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEEP = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "17179869184"}
ENVIRONMENTS: dict[str, dict[str, str]] = {"plain": {}, "MALLOC_*": KEEP}
STEPS = (0.5, 1.0, 2.0)
"""Seconds of the model."""


def main() -> None:
    """Print the tables, or one measurement when told to by ourselves."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tables", nargs="*", choices=[*TABLES, []], help="all when none is named")
    parser.add_argument("--short", action="store_true", help="fewer repetitions, 50 frames")
    parser.add_argument("--alone", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.alone:
        name, folder, repeat = arguments.alone
        print(json.dumps(ALONE[name](Path(folder), int(repeat))))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_data(folder)
        for table in arguments.tables or TABLES:
            print(f"\n{table}")
            TABLES[table](folder, short=arguments.short)


def prepared(who: str, folder: Path, repeat: int) -> dict[str, Any]:
    """Times of one side in this process; tensors as a digest, those of the first image kept."""
    import torch  # noqa: PLC0415 (heavy)

    from sightline.engine.memory import keep_freed_memory  # noqa: PLC0415 (not for upstream)

    if who == "ours":
        keep_freed_memory()
    made, found = processor(folder), {}
    prepare = prepare_ours if who == "ours" else prepare_upstream
    for size in SIZES:
        for count in (50, FRAMES):
            turns = repeat * 50 // count
            if not turns:
                continue
            wall, cpu, sample = timed(partial(prepare, made, folder / size, count), turns)
            first = int(sample["image_grid_thw"][0].prod())
            torch.save(sample["pixel_values"][:first].clone(), folder / f"{who}-{size}.pt")
            digest = hashlib.sha256()
            for name in sorted(sample):
                digest.update(sample[name].numpy())
            found[f"{size} {count}"] = {"wall": wall, "cpu": cpu, "digest": digest.hexdigest()}
            del sample
    return found


def preparation(folder: Path, *, short: bool) -> None:
    """The table of both sides, in turn."""
    for environment, variables in ENVIRONMENTS.items():
        results: dict[str, list[dict[str, Any]]] = {"upstream": [], "ours": []}
        for _ in range(1 if short else 3):
            for who, runs in results.items():
                runs.append(alone(who, folder, 5 if short else 12, variables))
        for case in results["ours"][0]:
            of = {who: [run[case] for run in runs] for who, runs in results.items()}
            wall = {who: median(runs, "wall") for who, runs in of.items()}
            cpu = {who: median(runs, "cpu") for who, runs in of.items()}
            print(
                f"  {environment:<9}{case:>12} frames: lmms-eval {wall['upstream']:6.0f} ms "
                f"({cpu['upstream']:6.0f} CPU), ours {wall['ours']:6.0f} ({cpu['ours']:6.0f} CPU): "
                f"{wall['ours'] / wall['upstream']:.2f} of the time, "
                f"{cpu['ours'] / cpu['upstream']:.2f} of the CPU; {difference(case, of, folder)}"
            )


def median(runs: list[dict[str, Any]], kind: str) -> float:
    """Of all values of all runs."""
    return statistics.median(value for run in runs for value in run[kind])


def alone(name: str, folder: Path, repeat: int, variables: dict[str, str]) -> dict[str, Any]:
    """A measurement in a process of its own."""
    command = [sys.executable, __file__, "--alone", name, str(folder), str(repeat)]
    environment = {**os.environ, **variables}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def reading(folder: Path, *, short: bool) -> None:
    """One question's 50 frames, warm."""
    from sightline.parquet_reader import ClipReader  # noqa: PLC0415 (heavy)

    path = folder / "640x480" / "frames.parquet"
    kept, rows = ClipReader(path), chosen(50)
    place = kept._places["clip"]  # noqa: SLF001 (the other way in the same reader)
    through_pyarrow = partial(kept._read_table, "clip", *place, ("image",), rows)  # noqa: SLF001
    cases: dict[str, Callable[[], Any]] = {
        "pyarrow": through_pyarrow,
        "ours": lambda: kept.read("clip", rows=rows),
        "ours, every byte copied": lambda: [bytes(x) for x in kept.read("clip", rows=rows)],
    }
    for name, times in in_turn(cases, 9 if short else 50).items():
        print(f"  {name:<28}{times:10.3f} ms")
    firsts = []
    for _ in range(20):
        fresh = ClipReader(path)
        start = time.perf_counter()
        fresh.read("clip", rows=rows)
        firsts.append((time.perf_counter() - start) * 1000)
    print(f"  {'ours, first (300 rows)':<28}{statistics.median(firsts):10.3f} ms")


def encoding(folder: Path, *, short: bool) -> None:
    """50 frames as an API server gets them."""
    os.environ.pop("LMMS_IMAGE_ENCODE_FORMAT", None)
    from lmms_eval.protocol import ChatMessages  # noqa: PLC0415 (heavy)

    from sightline.serving.encoding import ImageEncoder  # noqa: PLC0415 (heavy)

    data = folder / "640x480"
    ours, theirs = our_images(data, 50, original=True), upstream_images(data, 50)
    encoder = ImageEncoder()
    cases: dict[str, Callable[[], Any]] = {
        "lmms-eval, PNG": lambda: ChatMessages(messages=chat(theirs)).to_openai_messages(),
        "ours, JPEG as it is": lambda: [encoder.url(image) for image in ours],
        "ours, frames read first": lambda: [
            encoder.url(image) for image in our_images(data, 50, original=True)
        ],
    }
    times = in_turn(cases, 2 if short else 5)
    for name, spent in times.items():
        print(f"  {name:<28}{spent:10.2f} ms, {times['lmms-eval, PNG'] / spent:7.0f} x lmms-eval")


def pools(folder: Path, *, short: bool) -> None:
    """Seconds a sample, two at a time, by threads and by processes."""
    for count in (50,) if short else (50, FRAMES):
        for _ in range(1 if short else 3):
            for kind in ("threads", "threads-1", "processes"):
                spent = alone(f"{kind}:{count}", folder, 1 if count == FRAMES else 4, {})["seconds"]
                print(f"  {count:>3} frames by {kind:<12}{spent * 1000:8.0f} ms a sample")


def pooled(kind: str, count: int, folder: Path, repeat: int) -> dict[str, float]:
    """Time a sample in this process and its workers, after a warm turn."""
    import torch  # noqa: PLC0415 (heavy)

    from sightline.engine.memory import keep_freed_memory  # noqa: PLC0415 (before all threads)

    keep_freed_memory()
    if kind != "threads":
        torch.set_num_threads(1)
    workers: Any
    if kind == "processes":
        workers = torch.multiprocessing.get_context("spawn").Pool(2, worker, (folder,))
        results = workers.imap(in_worker, [count] * (2 * repeat + 2))
    else:
        made = processor(folder)
        results = waited(made, folder, [count] * (2 * repeat + 2), budget=6 << 30)
    for _ in range(2):
        next(results)
    start = time.perf_counter()
    for _ in results:
        pass
    spent = (time.perf_counter() - start) / (2 * repeat)
    if kind == "processes":
        workers.terminate()
    return {"seconds": spent}


def worker(folder: Path) -> None:
    """What a worker process needs."""
    import torch  # noqa: PLC0415 (heavy)

    from sightline.engine.memory import keep_freed_memory  # noqa: PLC0415 (heavy)

    keep_freed_memory()
    torch.set_num_threads(1)
    WORKER["processor"], WORKER["folder"] = processor(folder), folder


WORKER: dict[str, Any] = {}


def in_worker(count: int) -> Any:
    """One sample; torch hands its tensors over in shared memory."""
    return dict(prepare_ours(WORKER["processor"], WORKER["folder"] / "640x480", count))


def waited(made: Any, folder: Path, counts: list[int], *, budget: int = 2 << 30) -> Iterator[Any]:
    """Samples of these numbers of frames through our pool, with its default budget."""
    from sightline.engine.prefetch import ahead  # noqa: PLC0415 (heavy)

    return ahead(
        partial(prepare_ours, made, folder / "640x480"),
        counts,
        workers=2,
        budget_bytes=budget,
        size=lambda sample: sum(tensor.nbytes for tensor in sample.values()),
    )


def waiting(folder: Path, *, short: bool) -> None:
    """The share of a run in which the model has nothing to do, 50 frames a sample."""
    for step in STEPS:
        found = alone(f"waiting:{step}", folder, 8 if short else 24, {})
        print(
            f"  model {step:.1f} s: waits {found['share']:.1%} of the run after the first sample, "
            f"{found['with_first']:.1%} with it (the first takes {found['first'] * 1000:.0f} ms)"
        )


def waits(step: float, folder: Path, repeat: int) -> dict[str, float]:
    """The same of one step length, in this process."""
    from sightline.engine.memory import keep_freed_memory  # noqa: PLC0415 (before all threads)

    keep_freed_memory()
    made = processor(folder)
    prepare_ours(made, folder / "640x480", 1)
    start, spent = time.perf_counter(), []
    samples = waited(made, folder, [50] * repeat)
    for _ in range(repeat):
        asked = time.perf_counter()
        next(samples).result()
        spent.append(time.perf_counter() - asked)
        time.sleep(step)
    run = time.perf_counter() - start
    later = sum(spent[1:])
    return {"share": later / (run - spent[0]), "with_first": sum(spent) / run, "first": spent[0]}


TABLES: dict[str, Callable[..., None]] = {
    "reading": reading,
    "encoding": encoding,
    "preparation": preparation,
    "pools": pools,
    "waiting": waiting,
}
ALONE: dict[str, Callable[[Path, int], dict[str, Any]]] = {
    **{who: partial(prepared, who) for who in ("upstream", "ours")},
    **{f"waiting:{step}": partial(waits, step) for step in STEPS},
    **{
        f"{kind}:{count}": partial(pooled, kind, count)
        for kind in ("threads", "threads-1", "processes")
        for count in (50, FRAMES)
    },
}

if __name__ == "__main__":
    main()
