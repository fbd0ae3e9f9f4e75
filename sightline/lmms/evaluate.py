"""What `sightline eval` does: run lmms-eval, and tell the truth about how it ended.

lmms-eval prints an exception, goes on, and exits with status 0; a rank that dies does the same.
So the exit status proves nothing: the results file, each task's metrics and one sample line per
document do.
"""

from __future__ import annotations

import codecs
import importlib.util
import json
import os
import re
import subprocess
import sys
from collections import deque
from dataclasses import dataclass
from pathlib import Path  # noqa: TC003 (dataclasses resolve it)
from typing import TYPE_CHECKING, Any

from sightline.benchmarks import all_benchmarks
from sightline.errors import EvaluationError, UsageError
from sightline.lmms import source
from sightline.lmms.plugin import SWITCH
from sightline.records import ERROR_MARK

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sightline.benchmarks import Benchmark

TAIL_LINES = 12
"""How much of the run's last output an error repeats; all of it went to the terminal before."""

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_NO_METRIC = ("alias", "samples")
"""Entries of a task's results that are no metric."""


@dataclass(frozen=True)
class Finished:
    """A run that has all its results."""

    results: Path
    """lmms-eval's ``<date>_results.json``."""
    samples: Mapping[str, Path]
    """Task -> its ``<date>_samples_<task>.jsonl``."""
    documents: int
    """Number of questions asked, all tasks together."""
    failed: int
    """Of these, the ones whose outcome is an error of the run."""


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
) -> Finished:
    """Evaluate and check; arguments and errors as in :func:`run`."""
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
    return check(new[-1], tasks)


def check(results: Path, tasks: Iterable[str]) -> Finished:
    """Check that a results file has every task's metrics and one sample line per document.

    Args:
        results: ``<date>_results.json``, with the samples files beside it.
        tasks: what was asked for: tasks or groups.

    Raises:
        EvaluationError: something is missing; the message says what.
    """
    record = json.loads(results.read_text(encoding="utf-8"))
    samples, documents, failed = {}, 0, 0
    for task in _leaves(tasks, record.get("group_subtasks") or {}):
        if not _metrics(record.get("results", {}).get(task) or {}):
            raise EvaluationError(
                f"{results} has no metric of task {task}",
                next_step="look for the first error in the log above, and run again",
            )
        path = results.with_name(results.name.replace("_results.json", f"_samples_{task}.jsonl"))
        count, errors = _check_samples(path, task, _expected(record, task))
        samples[task] = path
        documents += count
        failed += errors
    return Finished(results, samples, documents, failed)


def _expected(record: Mapping[str, Any], task: str) -> int:
    sizes = record.get("n-samples", {}).get(task) or {}
    count = sizes.get("effective")
    if not isinstance(count, int) or count < 1:
        raise EvaluationError(
            f"task {task} was run on no document",
            next_step="check --limit and --offset, and that the dataset has questions",
        )
    return count


def _check_samples(path: Path, task: str, expected: int) -> tuple[int, int]:
    """Number of documents in a samples file, and how many of them are errors of the run."""
    if not path.is_file():
        raise EvaluationError(
            f"task {task} has results but no samples file {path.name}",
            next_step="look for the first error in the log above, and run again",
        )
    seen, failed = set(), 0
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            seen.add(row["doc_id"])
            failed += _response(row).startswith(ERROR_MARK)
    if len(seen) != expected:
        raise EvaluationError(
            f"task {task} must have {expected} samples, but {path.name} has {len(seen)}",
            next_step="a rank was lost; look for the first error in the log above, and run again",
        )
    return len(seen), failed


def _response(row: Mapping[str, Any]) -> str:
    """The answer in a line of a samples file: lmms-eval unwraps a list of one."""
    found = row.get("filtered_resps") or ""
    return found if isinstance(found, str) else str(found[0])


def _leaves(tasks: Iterable[str], groups: Mapping[str, Sequence[str]]) -> list[str]:
    """The tasks behind names that may be groups, in order, each once."""
    found: dict[str, None] = {}
    for name in tasks:
        members = groups.get(name) or ()
        found.update(dict.fromkeys(_leaves(members, groups) if members else [name]))
    return list(found)


def _metrics(entries: Mapping[str, Any]) -> dict[str, float]:
    """The metrics among a task's results: ``name,filter`` -> number."""
    return {
        name: value
        for name, value in entries.items()
        if isinstance(value, (int, float))
        and name.split(",")[0] not in _NO_METRIC
        and "_stderr" not in name
    }


def _check_request(
    tasks: Sequence[str], limit: int | None, ranks: int, extra: Sequence[str]
) -> list[Benchmark]:
    """The benchmarks asked for."""
    if importlib.util.find_spec("lmms_eval") is None:
        raise UsageError("lmms-eval is not installed", next_step="pip install 'sightline[eval]'")
    if not any(tasks):
        raise UsageError("--tasks must name at least one task", next_step="see `sightline tasks`")
    if limit is not None and limit < 1:
        raise UsageError(f"--limit ({limit}) must be >= 1", next_step="leave it out for all")
    if ranks < 1:
        raise UsageError(f"--ranks ({ranks}) must be >= 1", next_step="leave it out for one")
    benchmarks = all_benchmarks().values()
    known = [name for benchmark in benchmarks for name in benchmark.tasks]
    unknown = sorted(set(tasks) - set(known))
    if unknown and not _has_flag(extra, "--include_path"):
        raise UsageError(
            f"--tasks has no {', '.join(unknown)}; ours are: {', '.join(known)}",
            next_step="see `sightline tasks`; lmms-eval's own run by `python -m lmms_eval`",
        )
    return [benchmark for benchmark in benchmarks if set(tasks) & set(benchmark.tasks)]


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
        except BaseException:
            # An interrupt as well: no evaluation is left running behind the user's back.
            process.terminate()
            raise
    text = _COLOUR.sub("", "".join(tail))
    return process.returncode, "\n".join(text.splitlines()[-TAIL_LINES:])


def _no_results(status: int, tail: str) -> EvaluationError:
    return EvaluationError(
        f"lmms-eval ended (exit status {status}) without a results file; its last lines:\n{tail}",
        next_step="mend the first error above, and run again",
    )
