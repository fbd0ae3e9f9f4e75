"""`sightline prepare TASKS...`: decode ahead what a run will need, so that it need not wait."""

from __future__ import annotations

import argparse
import os
import sys
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from sightline.benchmarks import all_benchmarks
from sightline.errors import UsageError
from sightline.progress import progress_bar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sightline.benchmarks import Benchmark

MOST_WORKERS = 16
"""So many processes decode by default, at most; one per core."""


def add(subparsers: Any) -> None:
    """Add ``prepare`` to the command line.

    Args:
        subparsers: what ``ArgumentParser.add_subparsers`` returns.
    """
    what = "decode the videos of tasks ahead, and see that their media are there"
    parser = subparsers.add_parser(
        "prepare",
        help=what,
        description=what[0].upper() + what[1:] + ".",
        epilog="example:\n  sightline prepare streamgaze --workers 8\n"
        "  sightline prepare 'streamgaze_nogaze_*' mmsi_video --dry-run\n\n"
        "SIGHTLINE_FRAME_STORE names the folder, SIGHTLINE_FRAME_STORE_BYTES its largest size.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "tasks", nargs="+", metavar="TASK", help="tasks and groups; * and ? stand for others"
    )
    parser.add_argument("--workers", type=int, metavar="N", help="processes (one per core)")
    parser.add_argument("--dry-run", action="store_true", help="say what is to do; decode nothing")
    parser.set_defaults(run=_prepare)


def _prepare(arguments: argparse.Namespace) -> int:
    from sightline.frame_store import default_store  # noqa: PLC0415 (--help needs no decoder)

    known = all_benchmarks()
    chosen = chosen_tasks([part for name in arguments.tasks for part in name.split(",")], known)
    workers = arguments.workers
    if workers is None:
        workers = min(os.cpu_count() or 1, MOST_WORKERS)
    if workers < 1:
        raise UsageError(f"--workers ({workers}) must be at least 1")
    store = default_store()
    if store.folder is None:
        raise UsageError(
            "SIGHTLINE_FRAME_STORE=0 keeps frames only as long as a process lives",
            next_step="name a folder in SIGHTLINE_FRAME_STORE, or unset it",
        )
    status = 0
    for name, tasks in chosen.items():
        with progress_bar(unit="items") as progress:
            report = known[name].call(
                "prepare",
                tasks,
                store,
                workers=workers,
                dry_run=arguments.dry_run,
                progress=progress,
            )
        sys.stdout.write(report.text() + "\n")
        status = max(status, int(bool(report.problems)))
    sys.stdout.write(f"frames are kept in {store.folder}\n")
    return status


def chosen_tasks(
    patterns: Sequence[str], known: Mapping[str, Benchmark]
) -> dict[str, tuple[str, ...]]:
    """Benchmark -> its tasks that are meant, none of them groups.

    Args:
        patterns: names of tasks and groups; ``*``, ``?`` and ``[...]`` stand for others.
        known: name -> benchmark.

    Raises:
        UsageError: a pattern means none of our tasks.
    """
    found: dict[str, dict[str, None]] = {}
    for pattern in patterns:
        hits = [
            (name, leaf)
            for name, benchmark in known.items()
            if benchmark.prepare
            for task in benchmark.task_names()
            if fnmatchcase(task, pattern)
            for leaf in benchmark.leaves(task)
        ]
        if not hits:
            raise UsageError(
                f"task ({pattern!r}) is none of ours", next_step="sightline tasks lists them"
            )
        for name, leaf in hits:
            found.setdefault(name, {})[leaf] = None
    return {name: tuple(leaves) for name, leaves in found.items()}
