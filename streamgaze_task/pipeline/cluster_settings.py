"""The part ``cluster`` of a configuration.

Some of its values come to stand in a batch script. None may hold what a shell, or ``sbatch``, would
read as more than a value, so a configuration that a stranger wrote starts no program of theirs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping  # noqa: TC003 (settings_from reads the hint)
from dataclasses import dataclass, field
from typing import Any, Literal

from sightline.fields import shown

Engine = Literal["slurm", "ray", "local"]
"""datatrove's executors; ``local`` runs the same jobs in processes of this machine."""

MOST_TASKS = 1000
"""Tasks of a job: Slurm's MaxArraySize is 1001 unless a site says otherwise, and of a job in two
arrays datatrove has the next job wait for the last one only."""

OWN = ("array", "dependency", "export", "nodes", "ntasks", "wrap")
"""Lines of the batch script on which the order of the jobs, and who does what, rests."""

_TIME = r"\d+(:\d+){0,2}|\d+-\d+(:\d+){0,2}|infinite|unlimited"
_NAME = r"[A-Za-z0-9_.,@+-]*"
_PATH = r"[\w ./~+@=,-]*"
_SBATCH_NAME = r"[a-z][a-z0-9-]*"
# In a line that is a comment to the shell: the signs of --constraint harm nobody there.
_SBATCH_VALUE = r"[\w.,:/=+@%~^&|*()\[\]-]*"


@dataclass(frozen=True)
class ClusterSettings:
    """How the stages are spread over a cluster, by datatrove.

    Raises:
        ValueError: a number is out of its range, or a text has signs that it cannot have.
    """

    engine: Engine = "slurm"
    tasks: int = 0
    """Into how many tasks the recordings are divided, 1 to MOST_TASKS; 0: one task a recording,
    as far as that is possible."""
    workers: int = -1
    """How many tasks run at a time; -1: as many as there is room for."""
    time: str = "12:00:00"
    """Slurm's time limit of a task; in quotes, or YAML reads a number of base 60."""
    partition: str = ""
    """Slurm's partition; needed there."""
    qos: str = ""
    """Slurm's quality of service; may be empty."""
    cpus_per_task: int = 2
    mem_per_cpu_gb: int = 4
    gpus_per_task: int = 0
    """1 where the labeller is a model on the cluster's GPUs; for the stages that ask it."""
    venv: str = ""
    """The virtual environment's ``bin/activate`` on Slurm's nodes; empty: the programs of this
    very command's environment, which the nodes then see under the same name."""
    sbatch: Mapping[str, Any] = field(default_factory=dict)
    """Further lines of Slurm's batch script: name -> value; true for a name without value, false
    for no line. ``account: lab``, ``constraint: a100|h100``, ``exclusive: true``."""

    def __post_init__(self) -> None:
        """Check."""
        if not 0 <= self.tasks <= MOST_TASKS:
            raise ValueError(f"tasks ({self.tasks}) must be from 0 to {MOST_TASKS}")
        if self.cpus_per_task < 1 or self.mem_per_cpu_gb < 1:
            raise ValueError("cpus_per_task and mem_per_cpu_gb must be >= 1")
        if self.workers != -1 and self.workers < 1:
            raise ValueError(f"workers ({self.workers}) must be >= 1, or -1 for no limit")
        if self.gpus_per_task < 0:
            raise ValueError(f"gpus_per_task ({self.gpus_per_task}) must be >= 0")
        if not re.fullmatch(_TIME, self.time, re.ASCII | re.IGNORECASE):
            raise ValueError(f"time ({shown(self.time)}) must be like 30, 12:00:00 or 2-12:00:00")
        for name, form in (("partition", _NAME), ("qos", _NAME), ("venv", _PATH)):
            _check(name, getattr(self, name), form)
        for name, value in self.sbatch.items():
            _check_line(name, value)

    @property
    def sbatch_lines(self) -> dict[str, str]:
        """Name -> value as datatrove writes them; an empty one makes a name without value."""
        return {
            name: "" if value is True else str(value)
            for name, value in self.sbatch.items()
            if value is not False and value is not None
        }


def _check(name: str, value: str, form: str) -> None:
    if not re.fullmatch(form, value):
        raise ValueError(f"{name} ({shown(value)}) has signs that have no place there")


def _check_line(name: Any, value: Any) -> None:
    if not isinstance(name, str) or not re.fullmatch(_SBATCH_NAME, name):
        raise ValueError(f"sbatch: {shown(name)} is no option's name, which is like mail-type")
    if name in OWN:
        raise ValueError(f"sbatch.{name} is decided here")
    if value is not None and not isinstance(value, str | int | float):
        raise ValueError(f"sbatch.{name} ({shown(value)}) must be one value")
    _check(f"sbatch.{name}", str(value), _SBATCH_VALUE)
