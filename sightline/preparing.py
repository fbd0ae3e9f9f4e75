"""What getting media ready for a run came to, and how many videos are filled at a time."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

from sightline.errors import SightlineError
from sightline.frame_store import FrameStore
from sightline.frame_store.files import kept_estimate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from sightline.progress import Progress

SHOWN_PROBLEMS = 10
"""How many problems a report prints; the rest is counted."""


@dataclass(frozen=True)
class FilePlan:
    """The frames of one video file that will be needed."""

    path: Path
    """The file."""
    sha256: str | None
    """What its dataset says that it is."""
    indices: tuple[int, ...]
    """The frames, positions in presentation order, rising."""
    missing: int
    """How many of them are not kept yet."""
    missing_bytes: int
    """What these will take on disk, about."""


@dataclass(frozen=True)
class PrepareReport:
    """What getting the media of some tasks ready came to."""

    title: str
    """Whose tasks."""
    dry_run: bool
    """Whether nothing was to be done."""
    videos: int = 0
    """Video files whose frames are needed."""
    frames: int = 0
    """Frames needed of them."""
    missing: int = 0
    """Those that were not kept when it began."""
    missing_bytes: int = 0
    """What these take on disk, about."""
    decoded: int = 0
    """Those of them that are kept now."""
    notes: tuple[str, ...] = ()
    """What else is worth knowing."""
    problems: tuple[str, ...] = field(default=())
    """What is missing or broken: the run will meet it."""

    def text(self) -> str:
        """Lines for the terminal."""
        lines = [self.title]
        if self.videos:
            there = self.frames - self.missing
            lines.append(
                f"  {self.videos:,} video file(s), {self.frames:,} frames needed, {there:,} there"
            )
            size = f"about {self.missing_bytes / 1e9:,.2f} GB"
            lines.append(f"  missing: {self.missing:,} frames, {size}")
            if not self.dry_run:
                lines.append(f"  decoded and kept: {self.decoded:,}")
        lines += [f"  {note}" for note in self.notes]
        if self.problems:
            lines.append(f"  {len(self.problems):,} problem(s):")
            lines += [f"    - {problem}" for problem in self.problems[:SHOWN_PROBLEMS]]
        if len(self.problems) > SHOWN_PROBLEMS:
            lines.append(f"    - and {len(self.problems) - SHOWN_PROBLEMS:,} more")
        return "\n".join(lines)


def file_plan(
    store: FrameStore, path: Path, indices: Sequence[int], sha256: str | None
) -> FilePlan:
    """The plan of one file; nothing is decoded.

    Raises:
        DatasetError: the file is missing or no mp4 with frames.
    """
    scanned = store.scan(path)
    missing = len(store.missing(path, indices, sha256))
    size = missing * kept_estimate(scanned.width, scanned.height)
    return FilePlan(path, sha256, tuple(sorted(set(indices))), missing, size)


def those_that_fit(
    plans: Sequence[FilePlan], budget_bytes: int
) -> tuple[list[FilePlan], list[FilePlan]]:
    """Which files to fill, in order: those that fit beside each other, and those that do not.

    Filling more would evict what was filled before.
    """
    room = budget_bytes
    fit: list[FilePlan] = []
    left: list[FilePlan] = []
    for plan in plans:
        kept = len(plan.indices) - plan.missing
        each = plan.missing_bytes // plan.missing if plan.missing else 0
        room -= plan.missing_bytes + kept * each
        (fit if room >= 0 else left).append(plan)
    return fit, left


def fill(
    plans: Sequence[FilePlan], store: FrameStore, *, workers: int, progress: Progress
) -> tuple[int, list[str]]:
    """Decode what is missing.

    Returns:
        How many frames are kept that were not before, and what went wrong.
    """
    todo = [plan for plan in plans if plan.missing]
    progress.start("decoding", sum(plan.missing for plan in todo))
    kept = 0
    problems = []
    for plan, problem in each(_filled, todo, store, workers=workers):
        progress.advance(plan.missing)
        if problem:
            problems.append(problem)
        else:
            kept += plan.missing
    return kept, problems


def _filled(plan: FilePlan, store: FrameStore) -> tuple[FilePlan, str]:
    try:
        whole = store.fill(plan.path, plan.indices, plan.sha256)
    except SightlineError as error:
        return plan, error.message
    return plan, "" if whole else f"{plan.path}: there is no room for its frames"


def each(
    work: Callable[[Any, FrameStore], Any], jobs: Sequence[Any], store: FrameStore, *, workers: int
) -> Iterator[Any]:
    """What some work gives for each job, as they finish.

    Args:
        work: a module's function of a job and a store.
        jobs: what it is called with; each can be sent to another process.
        store: where frames are kept.
        workers: how many processes work; with 1 it is this one.

    Raises:
        SightlineError: a worker was killed.
    """
    if workers == 1 or len(jobs) < 2:  # noqa: PLR2004 (one job needs no other process)
        for job in jobs:
            yield work(job, store)
        return
    threads = max(1, (os.cpu_count() or 1) // workers)
    begin = partial(_begin, store.folder, store.budget_bytes, threads)
    with ProcessPoolExecutor(workers, get_context("spawn"), initializer=begin) as pool:
        waiting = [pool.submit(_do, work, job) for job in jobs]
        try:
            for done in as_completed(waiting):
                yield done.result()
        except BrokenProcessPool as error:
            raise SightlineError(
                "a worker process was killed, perhaps because memory ran out",
                next_step="run the same command again with fewer --workers; what is decoded stays",
            ) from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


_of_worker: dict[str, FrameStore] = {}


def _begin(folder: Path | None, budget_bytes: int, threads: int) -> None:
    # An interrupt ends it at once and without a word: the store bears any end of a process.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    _of_worker["store"] = FrameStore(folder, budget_bytes=budget_bytes, decoder_threads=threads)


def _do(work: Callable[[Any, FrameStore], Any], job: Any) -> Any:
    return work(job, _of_worker["store"])
