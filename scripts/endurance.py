"""Kills an evaluation again and again, resumes it, and compares it with one that was left alone.

    python scripts/endurance.py OUT --kills 20 --ranks 2

Needs a dataset (MMSI_VIDEO_DATASET or STREAMGAZE_DATASET) and a checkpoint (--pretrained; a tiny
one by `python -m sightline.tiny_models qwen2_5_vl FOLDER`). At random points of the run one rank is
killed, or all processes at once; once the answers' disk is full, when OUT is a small one of its
own (--full-disk FOLDER). At the end the samples must be those of the undisturbed run, and no
question may have been answered twice.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path


def main() -> int:
    """Run the comparison; 0 when both runs have equal samples."""
    arguments = _arguments()
    chance = random.Random(arguments.seed)  # noqa: S311 (chance, no secret)
    calm, harried = arguments.out / "calm", arguments.out / "harried"
    print("one run that is left alone ...", flush=True)
    started = time.perf_counter()
    if _start(arguments, calm, ranks=1).wait() != 0:
        return _fail("the undisturbed run failed; see its log")
    print(f"  {_answers(calm)} answers, {time.perf_counter() - started:.0f} s", flush=True)
    total = _answers(calm)
    for number in range(arguments.kills):
        before = _answers(harried)
        if before >= total - 1:
            # Everything is answered: begin again in a new folder, the old one is kept.
            _check(arguments, calm, harried)
            harried = arguments.out / f"harried-{number}"
            before = 0
        goal = chance.randint(before, min(before + max(total // 6, 1), total - 1))
        everything = chance.choice((True, False))
        status = _killed_at(arguments, harried, goal, everything=everything)
        what = "all processes" if everything else "one rank"
        print(
            f"kill {number + 1}: {what} at {goal} answers; exit status {status}, "
            f"{_answers(harried)} kept",
            flush=True,
        )
    return _check(arguments, calm, harried)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("out", type=Path, help="folder for both runs; must be new")
    parser.add_argument("--tasks", default="mmsi_video")
    parser.add_argument("--pretrained", required=True, help="a checkpoint, best a tiny one")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def _start(arguments: argparse.Namespace, out: Path, *, ranks: int) -> subprocess.Popen[bytes]:
    out.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "sightline.cli", "eval", "--tasks", arguments.tasks]
    command += ["--model-args", f"pretrained={arguments.pretrained},device=cpu,dtype=float32"]
    command += ["--output", str(out), "--ranks", str(ranks)]
    log = (out.parent / f"{out.name}.log").open("ab")
    # A session of its own: killing it kills the ranks as well.
    return subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)


def _killed_at(arguments: argparse.Namespace, out: Path, goal: int, *, everything: bool) -> int:
    """Start a run, kill it when it has so many answers, and wait for its end."""
    run = _start(arguments, out, ranks=arguments.ranks)
    while run.poll() is None and _answers(out) < goal:
        time.sleep(0.01)
    if run.poll() is None:
        victims = _ranks(run.pid)
        if everything:
            for victim in [run.pid, *victims]:
                _kill(victim)
        elif victims:
            _kill(victims[-1])
    try:
        return run.wait(timeout=120)
    except subprocess.TimeoutExpired:
        os.killpg(run.pid, signal.SIGKILL)
        raise SystemExit(_fail("the run did not end within two minutes of the kill")) from None


def _ranks(parent: int) -> list[int]:
    """The processes below one, which run lmms-eval."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if int(fields[1]) == parent and b"lmms_eval" in command:
            found.append(int(folder.name))
    return sorted(found)


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _lines(out: Path) -> list[dict[str, object]]:
    lines = []
    for path in sorted((out / "answers").glob("answers-*.jsonl")):
        for line in path.read_bytes().splitlines():
            with contextlib.suppress(ValueError):  # the end of a killed run
                lines.append(json.loads(line))
    return lines


def _answers(out: Path) -> int:
    return sum(1 for line in _lines(out) if "error" not in line)


def _check(arguments: argparse.Namespace, calm: Path, harried: Path) -> int:
    """Finish the harried run, and compare."""
    if _start(arguments, harried, ranks=arguments.ranks).wait() != 0:
        return _fail("the last run, which was left alone, failed; see its log")
    twice = [
        key
        for key, count in Counter(str(line["key"]) for line in _lines(harried)).items()
        if count > 1
    ]
    if twice:
        return _fail(f"{len(twice)} questions were answered more than once")
    first, second = _samples(calm), _samples(harried)
    if first != second:
        return _fail("the samples of the two runs differ")
    print(f"equal: {len(first)} samples, none answered twice")
    return 0


def _samples(out: Path) -> dict[str, str]:
    found = {}
    for path in sorted(out.rglob("*_samples_*.jsonl")):
        task = path.name.split("_samples_")[1]
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            found[f"{task} {row['doc_id']}"] = json.dumps(row, sort_keys=True)
    return found


def _fail(why: str) -> int:
    print(f"endurance: {why}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
