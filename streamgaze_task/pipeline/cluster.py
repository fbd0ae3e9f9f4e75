"""The same stages on a cluster: datatrove's executors divide the recordings among tasks.

Four jobs follow each other: what is made of each recording by itself, what needs the words of all
of them, what needs their questions, and the release. Each is made of the very functions that run
on one machine, and what is finished is not made again, whoever made it: datatrove's own marks of
finished tasks are not used. All machines must see the folders of the configuration under the same
names.

Slurm is handed all jobs at once and the command ends; Ray and ``local`` work while it waits. For
Slurm, datatrove pickles a job into ``work/cluster/<job>/executor.pik`` and its tasks load it there.
We write that file, for ourselves: like the programs themselves, the folder must be one in which
nobody else may write. Nothing of others is ever unpickled.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.errors import DatasetError, UsageError
from sightline.progress import Silent
from streamgaze_task.pipeline.cluster_settings import MOST_TASKS
from streamgaze_task.pipeline.config import read_config
from streamgaze_task.pipeline.make import make_benchmark
from streamgaze_task.pipeline.report import NOTHING_LEFT, REPORT
from streamgaze_task.pipeline.run import run_stages, sources_of
from streamgaze_task.pipeline.stages import ASKING, JUDGING, NAMES, PER_RECORDING
from streamgaze_task.pipeline.workplace import claimed, refuse_to_replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streamgaze_task.pipeline.config import Config

_INSTALL = "pip install '.[pipeline]' in the clone"
_LONGEST_NAME = 40


@dataclass(frozen=True)
class ClusterStep:
    """One job as datatrove calls it: on every task, with the task's number."""

    config_path: str
    until: str
    """The last stage that it makes; ``release`` is made by one task alone."""

    def __call__(self, data: object, rank: int = 0, world_size: int = 1) -> Iterable[Any]:
        """Make this task's share.

        Raises:
            DatasetError: a recording failed, which the cluster then shows as a failed task.
        """
        del data  # the first step of datatrove's pipelines is given nothing
        config = read_config(Path(self.config_path))
        sources = sources_of(config)
        if self.until == NAMES[-1]:
            report = make_benchmark(
                config, workers=1, until=self.until, skip_failed=False, progress=Silent()
            )
            failed = report.failed
            if report.empty:
                raise DatasetError(NOTHING_LEFT, next_step=f"see {config.out / REPORT}")
        else:
            outcome = run_stages(
                config, sources[rank::world_size], until=self.until, everyone=sources
            )
            failed = outcome.failed
        if failed:
            raise DatasetError("; ".join(f"{name}: {why}" for name, why in failed.items()))
        return ()


@dataclass(frozen=True)
class Job:
    """One of the jobs that follow each other."""

    name: str
    until: str
    """The last stage that it makes."""
    asks: bool
    """Whether its stages ask the labeller, and so may need a GPU."""


def jobs_of(config: Config) -> tuple[Job, ...]:
    """The jobs in order.

    By the published rules the questions are made with the labeller's help, too.
    """
    return (
        Job("recordings", PER_RECORDING[-1].name, asks=True),
        Job("questions", ASKING[-1].name, asks=config.method == "reference"),
        Job("judged", JUDGING[-1].name, asks=config.quality.verify),
        Job("release", NAMES[-1], asks=False),
    )


def submit(config: Config) -> str:
    """Hand all jobs to the cluster, or with Ray and ``local`` do them; returns what to tell.

    Raises:
        UsageError: datatrove or Ray or Slurm is not installed, or Slurm is told too little or
            cannot be told it; or what `make_benchmark` refuses before it begins.
        DatasetError: with Ray and ``local``: a recording failed, and what follows was not begun.
    """
    try:
        from streamgaze_task.pipeline import cluster_executors  # noqa: PLC0415 (needs an extra)
    except ImportError as error:
        raise UsageError(f"--cluster needs datatrove: {error}", next_step=_INSTALL) from error
    refuse_to_replace(config, sources_of(config))
    with claimed(config), cluster_executors.hushed():
        return _hand_over(config) if config.cluster.engine == "slurm" else _do(config)


def _logs(config: Config, job: str) -> Path:
    return config.work / "cluster" / job


def _tasks(config: Config, job: Job) -> int:
    count = len(sources_of(config))
    return 1 if job.until == NAMES[-1] else min(config.cluster.tasks or MOST_TASKS, count)


def _common(config: Config, job: Job) -> dict[str, Any]:
    tasks, workers = _tasks(config, job), config.cluster.workers
    return {
        "pipeline": [ClusterStep(str(config.path), job.until)],
        "tasks": tasks,
        "workers": min(workers, tasks),
        "logging_dir": str(_logs(config, job.name)),
        # Our keys know better what is finished: they notice other settings and other files.
        "skip_completed": False,
    }


def _machines(config: Config, job: Job) -> dict[str, Any]:
    return {
        "cpus_per_task": config.cluster.cpus_per_task,
        "mem_per_cpu_gb": config.cluster.mem_per_cpu_gb,
        "gpus_per_task": config.cluster.gpus_per_task if job.asks else 0,
    }


def _do(config: Config) -> str:
    """All jobs, one after the other, while this command waits.

    datatrove's own waiting for the job before is not used: with Ray it would wait forever for a
    task that failed.
    """
    from streamgaze_task.pipeline import cluster_executors  # noqa: PLC0415 (needs an extra)

    for job in jobs_of(config):
        common = _common(config, job)
        if config.cluster.engine == "local":
            executor: Any = cluster_executors.LocalJob(**common, start_method="spawn")
        else:
            executor = cluster_executors.RayPipelineExecutor(**common, **_machines(config, job))
        marks = _logs(config, job.name) / "completions"
        shutil.rmtree(marks, ignore_errors=True)
        try:
            executor.run()
        except ImportError as error:
            raise UsageError(str(error), next_step="pip install ray") from error
        _check_marks(config, job, marks, common["tasks"])
    return (
        f"made by {config.cluster.engine}: {config.out / 'release'} and {config.out / REPORT}\n"
        f"the logs of the {len(jobs_of(config))} jobs are in {_logs(config, '')}\n"
    )


def _check_marks(config: Config, job: Job, marks: Path, tasks: int) -> None:
    """Raise when a task left no mark that it went well."""
    failed = [rank for rank in range(tasks) if not (marks / f"{rank:05d}").is_file()]
    if failed:
        log = _logs(config, job.name) / "logs" / f"task_{failed[0]:05d}.log"
        raise DatasetError(
            f"{len(failed)} of {tasks} tasks of the job {job.name} failed; the first one's log "
            f"is {log}",
            next_step="mend what it says; the same command goes on with what is not made",
        )


def _hand_over(config: Config) -> str:
    """All jobs to Slurm, which keeps their order."""
    _check_slurm(config)
    executor = None
    for job in jobs_of(config):
        executor = _slurm_job(config, job, executor)
    try:
        executor.run()  # type: ignore[union-attr]  # there are jobs
    except (OSError, subprocess.CalledProcessError) as error:
        raise UsageError(
            f"Slurm did not take the jobs: {error}",
            next_step="run this where sbatch works; squeue tells what it has taken already",
        ) from error
    return (
        f"handed to Slurm: {len(jobs_of(config))} jobs, each after the one before; their logs are "
        f"in {_logs(config, '')}\n"
        f"the last one writes {config.out / 'release'} and {config.out / REPORT}\n"
        "where a task fails, those behind it do not run; the same command goes on\n"
    )


def _check_slurm(config: Config) -> None:
    if not config.cluster.partition:
        raise UsageError("cluster.partition must name a partition of your Slurm")
    if "SLURM_ARRAY_TASK_ID" in os.environ:
        raise UsageError(
            "this is a task of Slurm itself, where datatrove hands over nothing",
            next_step="run the command on the machine where you type sbatch",
        )
    # datatrove writes the folder into the batch script as it is; % is Slurm's own sign there.
    if not re.fullmatch(r"[\w./+@=,-]+", str(config.work)):
        raise UsageError(
            f"{config.work} has spaces or signs that a batch script cannot hold",
            next_step="give out, in the configuration, a plainer name",
        )


def _slurm_job(config: Config, job: Job, before: Any) -> Any:
    from streamgaze_task.pipeline import cluster_executors  # noqa: PLC0415 (needs an extra)

    settings = config.cluster
    return cluster_executors.SlurmJob(
        **_common(config, job),
        **_machines(config, job),
        depends=before,
        time=settings.time,
        partition=settings.partition,
        qos=settings.qos,
        job_name=f"{_plain(config.name)}-{job.name}",
        job_id_retriever=job_id_of,
        env_command=environment(settings.venv),
        slurm_logs_folder=str(_logs(config, job.name) / "slurm"),
        # Otherwise what waits for a failed job stays in the queue for good.
        sbatch_args={"kill-on-invalid-dep": "yes", **settings.sbatch_lines},
        # Since 22.05 srun does not take it over from sbatch.
        srun_args={"cpus-per-task": settings.cpus_per_task},
    )


def environment(venv: str) -> str:
    """The line of the batch script after which datatrove's and our programs are found."""
    if venv:
        return f"source {shlex.quote(str(Path(venv).expanduser()))}"
    return f'export PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH"'


def job_id_of(output: str) -> str:
    """The number in what sbatch prints; a name of the cluster may follow it.

    Raises:
        UsageError: there is none.
    """
    found = re.search(r"\b\d+\b", output)
    if found is None:
        raise UsageError(f"sbatch must tell the job's number, but printed {output[:200]!r}")
    return found.group()


def _plain(name: str) -> str:
    """A benchmark's name as a shell may read it."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", name)[:_LONGEST_NAME].strip("-") or "gaze"
