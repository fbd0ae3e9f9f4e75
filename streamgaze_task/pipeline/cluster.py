"""The same stages on a cluster: datatrove's executors divide the recordings among tasks.

Four jobs follow each other: what is made of each recording by itself, what needs the words of all
of them, what needs their questions, and the release. Each is made of the very functions that run
on one machine, and what is finished is not made again, whoever made it: datatrove's own marks of
finished tasks are not used. All machines must see the folders of the configuration under the same
names.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.errors import DatasetError, UsageError
from sightline.progress import Silent
from streamgaze_task.pipeline.config import read_config
from streamgaze_task.pipeline.make import make_benchmark
from streamgaze_task.pipeline.run import run_stages, sources_of
from streamgaze_task.pipeline.stages import ASKING, JUDGING, NAMES, PER_RECORDING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streamgaze_task.pipeline.config import Config

_INSTALL = "pip install 'sightline[pipeline]'"


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
        else:
            outcome = run_stages(
                config, sources[rank::world_size], until=self.until, everyone=sources
            )
            failed = outcome.failed
        if failed:
            raise DatasetError("; ".join(f"{name}: {why}" for name, why in failed.items()))
        return ()


def submit(config: Config) -> str:
    """Hand all jobs to the cluster; returns what to tell.

    Raises:
        UsageError: datatrove is not installed, or Slurm is told no partition.
    """
    executor = _executors(config)[-1]
    executor.run()
    logs = config.work / "cluster"
    return (
        f"handed to {config.cluster.engine}: {len(JOBS)} jobs; their logs are in {logs}\n"
        f"the last one writes {config.out / 'release'} and report.json; "
        "the same command goes on with what failed\n"
    )


JOBS = (
    ("recordings", PER_RECORDING[-1].name),
    ("questions", ASKING[-1].name),
    ("judged", JUDGING[-1].name),
    ("release", NAMES[-1]),
)
"""Name of a job, and the last stage that it makes."""


def _executors(config: Config) -> list[Any]:
    """The jobs, each after the one before."""
    try:
        from datatrove import executor  # noqa: F401, PLC0415 (an extra; only its absence matters)
    except ImportError as error:
        raise UsageError("--cluster needs datatrove", next_step=_INSTALL) from error
    if config.cluster.engine == "slurm" and not config.cluster.partition:
        raise UsageError("cluster.partition must name a partition of your Slurm")
    made: list[Any] = []
    tasks = config.cluster.tasks or len(sources_of(config))
    for name, until in JOBS:
        count = 1 if until == NAMES[-1] else tasks
        step = ClusterStep(str(config.path), until)
        made.append(_executor(config, name, step, count, made[-1] if made else None))
    return made


def _executor(config: Config, name: str, step: ClusterStep, tasks: int, before: Any) -> Any:
    settings = config.cluster
    common = {
        "pipeline": [step],
        "tasks": tasks,
        "workers": settings.workers,
        "logging_dir": str(config.work / "cluster" / name),
        # Our keys know better what is finished: they notice other settings and other files.
        "skip_completed": False,
        "depends": before,
    }
    if settings.engine == "local":
        from datatrove.executor import LocalPipelineExecutor  # noqa: PLC0415 (an extra)

        return LocalPipelineExecutor(**common, start_method="spawn")
    machines = {
        "cpus_per_task": settings.cpus_per_task,
        "mem_per_cpu_gb": settings.mem_per_cpu_gb,
        "gpus_per_task": settings.gpus_per_task if name == "recordings" else 0,
    }
    if settings.engine == "ray":
        from datatrove.executor import RayPipelineExecutor  # noqa: PLC0415 (an extra)

        return RayPipelineExecutor(**common, **machines)
    from datatrove.executor import SlurmPipelineExecutor  # noqa: PLC0415 (an extra)

    return SlurmPipelineExecutor(
        **common,
        **machines,
        time=settings.time,
        partition=settings.partition,
        qos=settings.qos,
        job_name=f"{config.name}-{name}",
        venv_path=settings.venv or None,
        slurm_logs_folder=str(config.work / "cluster" / name / "slurm"),
        sbatch_args=dict(settings.sbatch),
    )
