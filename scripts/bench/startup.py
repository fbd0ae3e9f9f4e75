#!/usr/bin/env python3
"""How long the light commands take to answer, as a multiple of an empty Python.

The cases are run in turn, each in a process of its own, so that a busy moment of the machine
falls on all of them; the median of each is compared.

    python scripts/bench/startup.py
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time

LIMIT_SECONDS = 0.5
"""What the design promises before heavy imports."""

EMPTY = "python -c pass"
CASES = {
    EMPTY: [sys.executable, "-c", "pass"],
    "sightline --help": [sys.executable, "-m", "sightline.cli", "--help"],
    "sightline tasks": [sys.executable, "-m", "sightline.cli", "tasks"],
    "sightline eval --help": [sys.executable, "-m", "sightline.cli", "eval", "--help"],
}


def main() -> int:
    """Print the table; 1 when a command is slower than promised."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=15, help="timed runs per case (15)")
    repeat = parser.parse_args().repeat
    times: dict[str, list[float]] = {name: [] for name in CASES}
    for turn in range(repeat + 1):
        for name, command in CASES.items():
            spent = seconds(command)
            if turn:  # the first turn fills the page cache
                times[name].append(spent)
    middle = {name: statistics.median(values) for name, values in times.items()}
    for name, value in middle.items():
        ratio = value / middle[EMPTY]
        print(f"{name:<24} {value * 1000:7.1f} ms  {ratio:5.2f} x {EMPTY}")
    slow = [name for name, value in middle.items() if value > LIMIT_SECONDS]
    if slow:
        print(f"slower than {LIMIT_SECONDS} s: {', '.join(slow)}")
    return int(bool(slow))


def seconds(command: list[str]) -> float:
    """Wall time of one run."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
