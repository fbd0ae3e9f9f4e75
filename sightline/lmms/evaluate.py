"""What `sightline eval` does: run lmms-eval, and tell the truth about how it ended.

lmms-eval prints an exception, goes on, and exits with status 0; a rank that dies does the same.
So the exit status proves nothing: the results file, each task's metrics and one sample line per
document do.
"""

from __future__ import annotations

import codecs
import fnmatch
import importlib.util
import os
import re
import subprocess
import sys
from collections import deque
from typing import TYPE_CHECKING

from sightline.benchmarks import all_benchmarks
from sightline.errors import EvaluationError, UsageError
from sightline.lmms import results, source
from sightline.lmms.plugin import SWITCH

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from sightline.benchmarks import Benchmark

TAIL_LINES = 12
"""How much of the run's last output an error repeats; all of it went to the terminal before."""

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def run(
    *,
    tasks: Sequence[str],
    output: Path,
    model: str = "sightline",
    model_args: str = "",
    limit: int | None = None,
    ranks: int = 1,
    extra: Sequence[str] = (),
) -> int:
    """Evaluate, and report on stderr where the results are.

    Args:
        tasks: names of our tasks, at least one; with ``--include_path`` among `extra`, any.
        output: folder for the results; made when it is missing.
        model: lmms-eval model id.
        model_args: ``key=value,...`` for it.
        limit: only the first questions of each task.
        ranks: processes on this machine, at least 1; on GPUs, one each.
        extra: further flags, handed to lmms-eval as they are.

    Returns:
        0: everything that was asked for has its result.

    Raises:
        UsageError: the request cannot work.
        DatasetError: there is no dataset to evaluate on.
        EvaluationError: the run ended without all its results.
    """
    done = evaluate(
        tasks=tasks,
        output=output,
        model=model,
        model_args=model_args,
        limit=limit,
        ranks=ranks,
        extra=extra,
    )
    sys.stderr.write(f"sightline: {done.documents} answers, results in {done.results}\n")
    if done.failed:
        sys.stderr.write(f"sightline: {done.failed} of them are errors of the run, see the log\n")
    return 0


def evaluate(
    *,
    tasks: Sequence[str],
    output: Path,
    model: str = "sightline",
    model_args: str = "",
    limit: int | None = None,
    ranks: int = 1,
    extra: Sequence[str] = (),
) -> results.Finished:
    """Evaluate and check; arguments and errors as in :func:`run`."""
    tasks = _without_wildcards(tasks)
    ours = _check_request(tasks, limit, ranks, extra)
    for benchmark in ours:
        # Before a model is loaded: it may take long, or be impossible.
        source.resolve(benchmark)
    flags = ["--model", model, "--tasks", ",".join(tasks), "--batch_size", "1"]
    flags += ["--model_args", model_args] if model_args else []
    flags += ["--output_path", str(output), "--log_samples"]
    flags += ["--limit", str(limit)] if limit is not None else []
    on_cpu = ranks > 1 and _uses_cpu(ranks, model_args, extra)
    environment = dict(os.environ)
    if not _has_flag(extra, "--include_path"):
        environment[SWITCH] = "only"
    if on_cpu:
        environment["ACCELERATE_USE_CPU"] = "true"
    output.mkdir(parents=True, exist_ok=True)
    before = set(_result_files(output))
    status, tail = _stream([*_launcher(ranks), *flags, *extra], environment)
    new = sorted(set(_result_files(output)) - before)
    if not new:
        raise _no_results(status, tail)
    # Not the groups that the run itself tells of: it may have lost a task.
    leaves = [leaf for name in tasks for leaf in _leaves(name, ours)]
    return results.check(new[-1], leaves)


def _check_request(
    tasks: Sequence[str], limit: int | None, ranks: int, extra: Sequence[str]
) -> list[Benchmark]:
    """The benchmarks asked for."""
    if importlib.util.find_spec("lmms_eval") is None:
        raise UsageError(
            "lmms-eval is not installed", next_step="pip install '.[eval]' in the clone"
        )
    if not any(tasks):
        raise UsageError("--tasks must name at least one task", next_step="see `sightline tasks`")
    if limit is not None and limit < 1:
        raise UsageError(f"--limit ({limit}) must be >= 1", next_step="leave it out for all")
    if ranks < 1:
        raise UsageError(f"--ranks ({ranks}) must be >= 1", next_step="leave it out for one")
    benchmarks = all_benchmarks().values()
    known = [name for benchmark in benchmarks for name in benchmark.task_names()]
    unknown = sorted(set(tasks) - set(known))
    if unknown and not _has_flag(extra, "--include_path"):
        raise UsageError(
            f"--tasks has no {', '.join(unknown)}; ours are: {', '.join(_listed(benchmarks))}",
            next_step="see `sightline tasks`; lmms-eval's own run by `python -m lmms_eval`",
        )
    return [benchmark for benchmark in benchmarks if set(tasks) & set(benchmark.task_names())]


def _without_wildcards(tasks: Sequence[str]) -> list[str]:
    """The names, with each pattern (``streamgaze_o*``) as the names of ours that fit it."""
    known = [name for found in all_benchmarks().values() for name in found.task_names()]
    names: list[str] = []
    for task in tasks:
        names += (fnmatch.filter(known, task) if "*" in task else []) or [task]
    return names


def _listed(benchmarks: Iterable[Benchmark]) -> list[str]:
    """The names that `sightline tasks` lists; those of variants follow a rule that it tells."""
    return [name for benchmark in benchmarks for name in benchmark.tasks]


def _leaves(name: str, benchmarks: Iterable[Benchmark]) -> tuple[str, ...]:
    """The tasks behind a name; one that is not ours is left to what the results say of it."""
    for benchmark in benchmarks:
        if name in benchmark.task_names():
            return benchmark.leaves(name)
    return (name,)


def _has_flag(extra: Sequence[str], flag: str) -> bool:
    return any(word == flag or word.startswith(f"{flag}=") for word in extra)


def _uses_cpu(ranks: int, model_args: str, extra: Sequence[str]) -> bool:
    """Whether several ranks are to run on the CPU: it is asked for, or there is no GPU."""
    words = [word.strip() for word in model_args.split(",")]
    if "device=cpu" in words or "cpu" in extra:
        return True
    import torch  # noqa: PLC0415 (heavy; only several ranks need to know)

    devices = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if 0 < devices < ranks:
        raise UsageError(
            f"--ranks ({ranks}) must not be more than the GPUs here ({devices})",
            next_step="lower it, or add device=cpu to --model-args",
        )
    return devices == 0


def _launcher(ranks: int) -> list[str]:
    if ranks == 1:
        return [sys.executable, "-m", "lmms_eval"]
    # --multi_gpu on the CPU too: accelerate starts several CPU processes only under mpirun, but
    # with this flag and ACCELERATE_USE_CPU it starts them over gloo. Port 0: any free one.
    launch = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu"]
    launch += ["--num_processes", str(ranks), "--num_machines", "1", "--main_process_port", "0"]
    return [*launch, "--mixed_precision", "no", "--dynamo_backend", "no", "-m", "lmms_eval"]


def _result_files(output: Path) -> list[Path]:
    return list(output.glob("**/*_results.json"))


def _stream(command: Sequence[str], environment: Mapping[str, str]) -> tuple[int, str]:
    """Run a command, pass its output on as it comes; its status and the end of the output."""
    tail: deque[str] = deque(maxlen=200)
    # A block may end in the middle of a character.
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    # S603: the command is our own list, no shell reads it.
    with subprocess.Popen(  # noqa: S603
        list(command), env=dict(environment), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        if process.stdout is None:  # pragma: no cover (a pipe was asked for)
            raise EvaluationError("the output of lmms-eval cannot be read")
        try:
            while block := os.read(process.stdout.fileno(), 4096):
                tail.append(decoder.decode(block))
                sys.stderr.write(tail[-1])
                sys.stderr.flush()
        except BaseException:  # an interrupt as well: nothing is left running behind the user
            process.terminate()
            raise
    text = _COLOUR.sub("", "".join(tail))
    return process.returncode, "\n".join(text.splitlines()[-TAIL_LINES:])


def _no_results(status: int, tail: str) -> EvaluationError:
    return EvaluationError(
        f"lmms-eval ended (exit status {status}) without a results file; its last lines:\n{tail}",
        next_step="mend the first error above, and run again",
    )
