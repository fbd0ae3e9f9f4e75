"""datatrove's executors as our jobs need them: quiet, and without jobs that add up nothing."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from datatrove.executor import LocalPipelineExecutor, RayPipelineExecutor, SlurmPipelineExecutor
from datatrove.utils.stats import PipelineStats
from loguru import logger

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["LocalJob", "RayPipelineExecutor", "SlurmJob", "hushed"]


@contextmanager
def hushed() -> Iterator[None]:
    """Datatrove tells this process's terminal nothing; what is wrong comes back as an error."""
    logger.disable("datatrove")
    try:
        yield
    finally:
        logger.enable("datatrove")


class LocalJob(LocalPipelineExecutor):  # type: ignore[misc]  # datatrove ships no types
    """In processes of this machine; a task that fails does not end the others."""

    def _run_for_rank(self, rank: int, *_: Any, **__: Any) -> PipelineStats:
        """Make one task's share; without its mark afterwards when it failed."""
        logger.enable("datatrove")  # for the task's own log file, also in a process that is hushed
        try:
            # Not the first task: only its errors go to the terminal.
            return super()._run_for_rank(rank, local_rank=1)
        except Exception:  # noqa: BLE001 (it is in the log; the missing mark tells that it failed)
            return PipelineStats()
        finally:
            logger.disable("datatrove")


class SlurmJob(SlurmPipelineExecutor):  # type: ignore[misc]  # as above
    """A job array of Slurm."""

    def launch_merge_stats(self) -> None:
        """Nothing: datatrove would hand over a further job, for statistics that we have none of."""
