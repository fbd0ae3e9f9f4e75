"""The folder `out` as a place of work: whose it is, and which configuration is at work there.

Only what a run wrote may ever be replaced, and `out` may be any folder, also one in which a person
keeps files of the same names. And files of two configurations must not mix: runs of one
configuration may work beside each other and take turns, a run of another one waits.
"""

from __future__ import annotations

import fcntl
import json
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING

from filelock import FileLock

from sightline.errors import UsageError
from streamgaze_task.pipeline.cluster_settings import ClusterSettings
from streamgaze_task.pipeline.config import digest
from streamgaze_task.pipeline.release_seal import refuse_strange
from streamgaze_task.pipeline.report import REPORT, REPORT_PAGE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from streamgaze_task.pipeline.config import Config
    from streamgaze_task.pipeline.recordings.find import Source

_ELSEWHERE = "move it away, or give another `out` in the configuration"


@contextmanager
def telling(out: Path) -> Iterator[None]:
    """Whatever the disk refuses is told in a sentence.

    Raises:
        UsageError: in place of an OSError.
    """
    try:
        yield
    except BrokenPipeError:  # the reader of what is printed has gone, which is no fault of the disk
        raise
    except OSError as error:
        raise UsageError(
            f"out must be a folder to write to: {error}",
            next_step=f"free some space there or mend {out}, and run the same command again",
        ) from error


def ready(config: Config) -> None:
    """See that there is a folder to work in, and that it is ours.

    Raises:
        UsageError: ``work/`` is somebody's.
    """
    locks = config.work / "locks"
    # Every run makes this folder before any other.
    if not locks.is_dir() and config.work.is_dir() and any(config.work.iterdir()):
        raise UsageError(
            f"{config.work} would be worked in, but no run made it", next_step=_ELSEWHERE
        )
    locks.mkdir(parents=True, exist_ok=True)


@contextmanager
def claimed(config: Config) -> Iterator[None]:
    """Work in `out`, beside runs of the same configuration and of no other.

    The claim ends with the process, however that ends. Claims within claims are fine.

    Raises:
        UsageError: a run of another configuration is at work there, the folder is somebody's, or
            the disk refuses something.
    """
    with telling(config.out):
        ready(config)
        locks = config.work / "locks"
        told = {"encoding": "utf-8", "errors": "backslashreplace"}
        with (locks / "configuration.txt").open("a+", **told) as file:  # type: ignore[call-overload]
            with FileLock(locks / "configuration.lock"):
                _claim(file, config)
            yield


def _claim(file: IO[str], config: Config) -> None:
    """Share the file with those that work by the same settings; one process at a time."""
    own = digest(
        replace(config, path=config.path.parent.resolve(), out=Path(), cluster=ClusterSettings())
    )
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:  # somebody is at work
        file.seek(0)
        theirs, _, path = file.read().partition("\n")
        if theirs != own:
            raise UsageError(
                f"{config.out} is being made from {path}, as that file was when its run began",
                next_step="wait until that run has ended, or give each its own `out`",
            ) from error
    else:
        file.truncate(0)
        file.write(f"{own}\n{config.path}")
        file.flush()
    fcntl.flock(file, fcntl.LOCK_SH)


def release_lock(config: Config) -> FileLock:
    """Held by who looks at the release, or replaces it."""
    return FileLock(config.work / "locks" / "release.lock")


def refuse_to_replace(config: Config, sources: Sequence[Source]) -> None:
    """Refuse, before hours of work, what a run could only end by deleting something of a person's.

    Nothing is written but a lock where there are locks.

    Args:
        config: what is to be made.
        sources: the recordings that it is to be made of.

    Raises:
        UsageError: something lies in the way, or the recordings lie in the release.
    """
    with telling(config.out):
        _refuse_within(config, sources)
        # Another run may just be replacing it.
        with release_lock(config) if (config.work / "locks").is_dir() else nullcontext():
            refuse_strange(config.out / "release")
        report, page = config.out / REPORT, config.out / REPORT_PAGE
        # The page is written after the report, so where it is ours, so is a report beside it.
        if (report.exists() or page.exists()) and not _is_report(report):
            raise UsageError(
                f"{config.out} has a {REPORT} or {REPORT_PAGE} that no run wrote",
                next_step=_ELSEWHERE,
            )
        if page.is_dir():
            raise UsageError(f"{page} must be a file, but is a folder", next_step=_ELSEWHERE)


def _refuse_within(config: Config, sources: Sequence[Source]) -> None:
    own = [(config.out / name).resolve() for name in ("release", "work")]
    for source in sources:
        for path in (source.video, *source.gaze):
            if any(path.resolve().is_relative_to(folder) for folder in own):
                raise UsageError(
                    f"{path} would be replaced: recordings must not lie where `out` puts its files",
                    next_step="give another `out` in the configuration",
                )


def _is_report(path: Path) -> bool:
    if not path.is_file():
        return False
    try:
        told = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return False
    return isinstance(told, dict) and {"recordings", "failed", "released"} <= told.keys()
