#!/usr/bin/env python3
"""How fast `sightline publish` is: as a ratio to plain copying of the same files, in one run.

    python scripts/bench/publish.py DATASET [--rounds 3]
    python scripts/bench/publish.py --megabytes 300

In turns: the dataset's files copied with shutil.copyfile, with and without an fsync of each; sent
to the local Hub of the tests by huggingface_hub alone, in one commit; published with
--include-media to a new repository there; published once more, when there is nothing to do. The
Hub is a Python server in a thread of this process and on the same disk, so its work is in every
time but those of copying: what huggingface_hub alone needs is the floor. Commands are measured
with their start, huggingface_hub without. The parts of a publication are told by the lines that it
prints.
"""

from __future__ import annotations

import argparse
import itertools
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from builder import MEGABYTE, seconds
from hub_datasets import add_dataset, dataset_of, local_hub, size_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

COPY, COPY_FSYNC = "copy", "copy, each file with fsync"
ALONE, PUBLISH, AGAIN = "huggingface_hub alone", "sightline publish", "the same again"
CHECK, SEND, COMPARE = "  check and plan", "  send, one commit", "  read back, compare"
ROWS = (COPY, COPY_FSYNC, ALONE, PUBLISH, CHECK, SEND, COMPARE, AGAIN)

UPLOAD = """
import sys, time
from pathlib import Path
from huggingface_hub import CommitOperationAdd, HfApi
folder, repository = Path(sys.argv[1]), sys.argv[2]
start = time.perf_counter()
api = HfApi()
api.create_repo(repository, repo_type="dataset", private=True)
files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
operations = [CommitOperationAdd(path.relative_to(folder).as_posix(), path) for path in files]
api.create_commit(repository, operations, commit_message="all", repo_type="dataset")
print(time.perf_counter() - start)
"""


def main() -> int:
    """Measure in turns, print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_dataset(parser)
    parser.add_argument("--rounds", type=int, default=3, help="turns (3); the medians are shown")
    parser.add_argument(
        "--verify", choices=("rows", "files"), default="rows", help="as of `sightline publish`"
    )
    parser.add_argument("--folder", type=Path, help="where to work; default: a temporary folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as work:
        folder = Path(work)
        dataset = dataset_of(arguments, folder)
        times: dict[str, list[float]] = defaultdict(list)
        for number in range(arguments.rounds):
            one_turn(dataset, folder / f"turn{number}", arguments.verify, times)
            shutil.rmtree(folder / f"turn{number}")
        show(size_of(dataset), arguments, times)
    return 0


def one_turn(dataset: Path, folder: Path, verify: str, times: dict[str, list[float]]) -> None:
    """Each way once, beginning with everything on disk."""
    folder.mkdir()
    hub = local_hub()
    for name, fsync in ((COPY, False), (COPY_FSYNC, True)):
        times[name].append(settled(lambda: copy(dataset, folder / name, fsync=fsync)))  # noqa: B023 (called at once)
    with hub.LocalHub(folder / "alone") as running:
        environment = environment_of(hub, running, folder / "home-alone")
        command = [sys.executable, "-c", UPLOAD, str(dataset), "org/bench"]
        os.sync()
        times[ALONE].append(float(run(command, environment)))
        expect_all(running, dataset)
    with hub.LocalHub(folder / "published") as running:
        environment = environment_of(hub, running, folder / "home")
        command = [sys.executable, "-m", "sightline.cli", "publish", str(dataset), "org/bench"]
        command += ["--include-media", "--verify", verify]
        os.sync()
        for name, spent in parts(command, environment).items():
            times[name].append(spent)
        expect_all(running, dataset)
        times[AGAIN].append(settled(lambda: run(command, environment)))


def settled(work: Callable[[], object]) -> float:
    """Seconds for a call that begins with nothing left to write."""
    os.sync()
    return seconds(work)


def copy(dataset: Path, out: Path, *, fsync: bool) -> None:
    """Every file of a folder, one after the other."""
    for path in sorted(dataset.rglob("*")):
        if not path.is_file():
            continue
        target = out / path.relative_to(dataset)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        if fsync:
            with target.open("rb+") as file:
                os.fsync(file.fileno())


def environment_of(hub: Any, running: Any, home: Path) -> dict[str, str]:
    """That of a member of the organisation, with caches of its own."""
    running.organisation("org", members=["alice"])
    environment: dict[str, str] = hub.environment(running.url, home, running.token("alice"))
    return environment


def run(command: list[str], environment: Mapping[str, str]) -> str:
    """What a command prints, which must succeed."""
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{command[:5]} failed:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def parts(command: list[str], environment: Mapping[str, str]) -> dict[str, float]:
    """Seconds of a publication and of its parts, by the first plan line and the commit's."""
    start = time.perf_counter()
    at: dict[str, float] = {}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        lines = process.stdout or ()
        for line in lines:
            print(f"    {line}", end="", file=sys.stderr)
            if line.startswith("org/bench ("):
                at["planned"] = time.perf_counter() - start
            if line.startswith("committed "):
                at["committed"] = time.perf_counter() - start
    total = time.perf_counter() - start
    if process.returncode or len(at) != len(("planned", "committed")):
        sys.exit(f"sightline publish failed with {process.returncode}")
    ends = (0.0, at["planned"], at["committed"], total)
    spent = (end - begin for begin, end in itertools.pairwise(ends))
    return {PUBLISH: total, **dict(zip((CHECK, SEND, COMPARE), spent, strict=True))}


def expect_all(running: Any, dataset: Path) -> None:
    """A time says nothing unless everything was sent."""
    received = running.log.received("", "PUT") + running.log.received("/commit/", "POST")
    media = sum(path.stat().st_size for path in dataset.rglob("*.mp4"))
    if received < media:
        sys.exit(f"the Hub received {received:,} bytes, fewer than the videos' {media:,}")


def show(size: int, arguments: argparse.Namespace, times: Mapping[str, list[float]]) -> None:
    """The table: medians, and ratios to both ways of copying."""
    print(f"{size / MEGABYTE:.1f} MB, {arguments.rounds} rounds in turns, medians; Xet off")
    print(f"{'':<28}{'seconds':>9}{'MB/s':>8}{'x copy':>9}{'x fsync':>9}")
    plain, synced = statistics.median(times[COPY]), statistics.median(times[COPY_FSYNC])
    for name in ROWS:
        middle = statistics.median(times[name])
        speed = size / MEGABYTE / middle
        print(f"{name:<28}{middle:>9.2f}{speed:>8.0f}{middle / plain:>9.1f}{middle / synced:>9.1f}")


if __name__ == "__main__":
    sys.exit(main())
