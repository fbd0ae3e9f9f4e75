"""What `sightline eval` is asked for, checked before anything starts; lmms-eval's flags for it."""

from __future__ import annotations

import fnmatch
import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.benchmarks import all_benchmarks
from sightline.errors import UsageError
from sightline.launching.meeting import read_address

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sightline.benchmarks import Benchmark
    from sightline.launching.meeting import Address


@dataclass(frozen=True, kw_only=True)
class Request:
    """One evaluation, as it is asked for on one machine."""

    tasks: Sequence[str]
    """Names of our tasks or patterns of them, at least one; with ``--include_path`` among `extra`,
    any."""
    output: Path
    """Folder for the results; made when it is missing."""
    model: str = "sightline"
    """lmms-eval model id."""
    model_args: str = ""
    """``key=value,...`` for it."""
    limit: int | None = None
    """Only the first questions of each task; None asks all."""
    ranks: int = 1
    """Processes on this machine, at least 1; on GPUs, one each."""
    nodes: int = 1
    """Machines, each of which runs this command with as many ranks."""
    node_rank: int = 0
    """Which of them this one is, from 0."""
    main_address: str | None = None
    """``HOST:PORT`` of node 0, the same on all; None for one machine."""
    batch_size: int = 1
    """Samples per call of the model, at least 1."""
    max_errors: int | None = None
    """For our own models: how many samples of a rank may fail; None is the model's choice."""
    fresh: bool = False
    """Ask everything anew: earlier answers are put aside."""
    extra: Sequence[str] = ()
    """Further flags, handed to lmms-eval as they are."""

    @property
    def world_size(self) -> int:
        """Ranks on all machines together."""
        return self.nodes * self.ranks

    def names(self) -> list[str]:
        """The tasks, with each pattern (``streamgaze_o*``) as the names of ours that fit it."""
        known = [name for found in all_benchmarks().values() for name in found.task_names()]
        names: list[str] = []
        for task in self.tasks:
            names += (fnmatch.filter(known, task) if "*" in task else []) or [task]
        return names

    def has_flag(self, flag: str) -> bool:
        """Whether it is among the further flags."""
        return any(word == flag or word.startswith(f"{flag}=") for word in self.extra)

    def argument(self, name: str) -> str | None:
        """A value among the model's arguments; None where it is not given."""
        pairs = [pair.strip().partition("=") for pair in self.model_args.split(",")]
        return {key: value for key, _, value in pairs}.get(name)

    def answers(self) -> Path | None:
        """The folder of the answers; None for models of others, which keep none."""
        if not self.keeps_answers():
            return None
        named = self.argument("answers")
        return (Path(named) if named else self.output / "answers").resolve()

    def keeps_answers(self) -> bool:
        """Whether the model is one of ours."""
        return self.model.startswith("sightline")

    def address(self) -> Address | None:
        """Where the ranks of several machines find each other."""
        return read_address(self.main_address) if self.main_address is not None else None

    def uses_cpu(self) -> bool:
        """Whether several ranks are to run on the CPU: it is asked for, or there is no GPU."""
        if self.argument("device") == "cpu" or "cpu" in self.extra:
            return True
        import torch  # noqa: PLC0415 (heavy; only several ranks need to know)

        devices = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if 0 < devices < self.ranks:
            raise UsageError(
                f"--ranks ({self.ranks}) must not be more than the GPUs here ({devices})",
                next_step="lower it, or add device=cpu to --model-args",
            )
        return devices == 0

    def flags(self) -> list[str]:
        """The flags of lmms-eval."""
        words = [self.model_args] if self.model_args else []
        words += [f"max_errors={self.max_errors}"] if self.max_errors is not None else []
        flags = ["--model", self.model, "--tasks", ",".join(self.names())]
        flags += ["--batch_size", str(self.batch_size)]
        flags += ["--model_args", ",".join(words)] if words else []
        flags += ["--output_path", str(self.output), "--log_samples"]
        flags += ["--limit", str(self.limit)] if self.limit is not None else []
        return [*flags, *self.extra]


def check(request: Request) -> list[Benchmark]:
    """The benchmarks that a request is about.

    Raises:
        UsageError: it cannot work.
    """
    if importlib.util.find_spec("lmms_eval") is None:
        raise UsageError(
            "lmms-eval is not installed", next_step="pip install '.[eval]' in the clone"
        )
    _check_numbers(request)
    _check_machines(request)
    _check_model(request)
    return _check_tasks(request)


def leaves(name: str, benchmarks: Iterable[Benchmark]) -> tuple[str, ...]:
    """The tasks behind a name; one that is not ours is left to what the results say of it."""
    for benchmark in benchmarks:
        if name in benchmark.task_names():
            return benchmark.leaves(name)
    return (name,)


def _check_numbers(request: Request) -> None:
    least = {"limit": 1, "ranks": 1, "nodes": 1, "node_rank": 0, "batch_size": 1, "max_errors": 0}
    for name, smallest in least.items():
        value = getattr(request, name)
        if value is not None and value < smallest:
            flag = "--" + name.replace("_", "-")
            raise UsageError(
                f"{flag} ({value}) must be >= {smallest}", next_step="leave it out for the default"
            )


def _check_machines(request: Request) -> None:
    if request.nodes == 1:
        if request.node_rank or request.main_address is not None:
            raise UsageError(
                "--node-rank and --main-address must come with --nodes",
                next_step="add --nodes N, the same on every machine",
            )
        if os.environ.get("WORLD_SIZE", "") not in ("", "0", "1"):
            raise UsageError(
                "WORLD_SIZE is set: something else starts ranks here, and so does `sightline eval`",
                next_step="let it start `-m lmms_eval`; or use --ranks and --nodes; or unset it",
            )
        return
    if request.node_rank >= request.nodes:
        raise UsageError(
            f"--node-rank ({request.node_rank}) must be < --nodes ({request.nodes})",
            next_step="number the machines from 0",
        )
    if request.address() is None:
        raise UsageError(
            "--nodes needs --main-address HOST:PORT",
            next_step="name node 0 and a port that is free there, the same on every node",
        )


def _check_model(request: Request) -> None:
    if request.world_size > 1:
        request.uses_cpu()
    ours = request.keeps_answers()
    for flag, given in {
        "--max-errors": request.max_errors is not None,
        "--fresh": request.fresh,
    }.items():
        if given and not ours:
            raise UsageError(
                f"{flag} is for --model sightline and sightline_openai, not {request.model}",
                next_step="leave it out",
            )
    if request.max_errors is not None and request.argument("max_errors") is not None:
        raise UsageError(
            "max_errors must be given once",
            next_step="take it out of --model-args, or leave the flag",
        )


def _check_tasks(request: Request) -> list[Benchmark]:
    tasks = request.names()
    if not any(tasks):
        raise UsageError("--tasks must name at least one task", next_step="see `sightline tasks`")
    benchmarks = all_benchmarks().values()
    known = [name for benchmark in benchmarks for name in benchmark.task_names()]
    unknown = sorted(set(tasks) - set(known))
    if unknown and not request.has_flag("--include_path"):
        # The names that `sightline tasks` lists; those of variants follow a rule that it tells.
        listed = ", ".join(name for benchmark in benchmarks for name in benchmark.tasks)
        raise UsageError(
            f"--tasks has no {', '.join(unknown)}; ours are: {listed}",
            next_step="see `sightline tasks`; lmms-eval's own run by `python -m lmms_eval`",
        )
    return [benchmark for benchmark in benchmarks if set(tasks) & set(benchmark.task_names())]
