"""Gaze that is read back from the overlay videos, one video after the other or on all cores.

What is done is kept beside the parts of the build, so that a build that was killed goes on.
"""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TYPE_CHECKING

import numpy as np

from sightline.errors import SightlineError
from sightline.staging import room
from streamgaze_task.gaze import GazeTable
from streamgaze_task.release.media import media_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sightline.progress import Progress
    from streamgaze_task.release.media import MediaFacts

POOL_FROM_BYTES = 16 << 20
"""Overlay bytes from which further processes pay: below, starting them takes longer."""

_FOLDER = "recovered"


@dataclass(frozen=True)
class Job:
    """One video whose gaze is to be recovered."""

    video_id: str
    """The video."""
    overlay: Path
    """Its copy with the gaze drawn in."""
    original: Path
    """The clean video."""
    target: Path
    """Where the rows go."""
    size: int
    """Bytes of the overlay."""


def plan(video_ids: Sequence[str], media: MediaFacts, folder: Path) -> list[Job]:
    """The work on these videos, which must have overlays.

    Args:
        video_ids: the videos.
        media: their facts.
        folder: the unfinished dataset, with the videos in it.
    """
    jobs = []
    for video_id in video_ids:
        original, overlay = media.original(video_id), media.videos["overlay", video_id]
        name = f"{overlay['sha256'][:32]}-{original['sha256'][:32]}.npy"
        job = Job(
            video_id=video_id,
            overlay=folder / media_name("overlay", video_id),
            original=folder / media_name("original", video_id),
            target=folder / _FOLDER / name,
            size=overlay["bytes"],
        )
        jobs.append(job)
    return jobs


def recover_all(jobs: Sequence[Job], progress: Progress) -> dict[str, str]:
    """Recover the gaze of all videos; what an earlier build did is not done again.

    Args:
        jobs: from :func:`plan`.
        progress: told the bytes of each overlay that is done.

    Returns:
        Video -> why its overlay cannot be read.

    Raises:
        SightlineError: the disk is full.
    """
    progress.start("gaze from overlays", sum(job.size for job in jobs))
    waiting = [job for job in jobs if not job.target.exists()]
    progress.advance(sum(job.size for job in jobs) - sum(job.size for job in waiting))
    faults = {}
    for job, fault in _done(waiting):
        if fault:
            faults[job.video_id] = fault
        progress.advance(job.size)
    return faults


def load(job: Job) -> GazeTable:
    """The rows that :func:`recover_all` made."""
    seconds, durations, x, y, valid = np.load(job.target, allow_pickle=False)
    return GazeTable(seconds, durations, x, y, valid > 0, "recovered")


def _done(jobs: Sequence[Job]) -> Iterator[tuple[Job, str]]:
    """Each job when it is done, and why it failed."""
    cores = min(os.cpu_count() or 1, len(jobs))
    if cores < 2 or sum(job.size for job in jobs) < POOL_FROM_BYTES:  # noqa: PLR2004 (one is here)
        yield from ((job, _work(job)) for job in jobs)
        return
    # Fresh interpreters: to fork one in which video threads may run can lock the child up.
    with ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as pool:
        running = {pool.submit(_work, job): job for job in jobs}
        try:
            for future in as_completed(running):
                yield running[future], future.result()
        except BaseException:  # Ctrl-C too: the pool must not go on
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _work(job: Job) -> str:
    """Recover one video; returns why it failed, or ""."""
    from streamgaze_task.recovery import recover  # noqa: PLC0415 (only here videos are decoded)

    with room(job.target.parent):
        try:
            table = recover(job.overlay, job.original)
        except SightlineError as error:
            # Not where it lies on this machine: the message goes into the dataset.
            return error.message.replace(f"{job.target.parent.parent}{os.sep}", "")
        rows = np.stack([table.seconds, table.duration_seconds, table.x, table.y, table.valid])
        job.target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = job.target.with_suffix(f".{os.getpid()}")
        with unfinished.open("wb") as file:
            np.save(file, rows, allow_pickle=False)
        unfinished.replace(job.target)
    return ""
