"""The part ``cluster`` of a configuration."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 (settings_from reads the hint)
from dataclasses import dataclass, field
from typing import Any, Literal

Engine = Literal["slurm", "ray", "local"]
"""datatrove's executors; ``local`` runs the same jobs in processes of this machine."""


@dataclass(frozen=True)
class ClusterSettings:
    """How the stages are spread over a cluster, by datatrove.

    Raises:
        ValueError: a number is out of its range.
    """

    engine: Engine = "slurm"
    tasks: int = 0
    """Into how many tasks the recordings are divided, >= 1; 0: one task a recording."""
    workers: int = -1
    """How many tasks run at a time; -1: as many as there is room for."""
    time: str = "12:00:00"
    """Slurm's time limit of a task."""
    partition: str = ""
    """Slurm's partition; needed there."""
    qos: str = ""
    """Slurm's quality of service; may be empty."""
    cpus_per_task: int = 2
    mem_per_cpu_gb: int = 4
    gpus_per_task: int = 0
    """1 where the labeller is a model on the cluster's GPUs."""
    venv: str = ""
    """The virtual environment's ``bin/activate`` on the nodes; empty where it is not needed."""
    sbatch: Mapping[str, Any] = field(default_factory=dict)
    """Further lines of the batch script: name -> value."""

    def __post_init__(self) -> None:
        """Check."""
        if self.tasks < 0 or self.cpus_per_task < 1 or self.mem_per_cpu_gb < 1:
            raise ValueError("tasks must be >= 0, cpus_per_task and mem_per_cpu_gb >= 1")
        if self.workers != -1 and self.workers < 1:
            raise ValueError(f"workers ({self.workers}) must be >= 1, or -1 for no limit")
        if self.gpus_per_task < 0:
            raise ValueError(f"gpus_per_task ({self.gpus_per_task}) must be >= 0")
