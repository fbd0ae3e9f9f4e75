"""What `sightline eval` does: run lmms-eval on every rank, and tell the truth about how it ended.

lmms-eval prints an exception, goes on, and exits with status 0; so does a rank that loses another.
So the exit status of a run that ended proves nothing: the results file, each task's metrics and one
sample line per document do.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from sightline.errors import EvaluationError
from sightline.findings import failed
from sightline.launching.launch import launch
from sightline.launching.meeting import interface_towards
from sightline.launching.rank_process import told
from sightline.launching.run_request import Request, check, leaves
from sightline.lmms import results, source
from sightline.lmms.environment import ANSWERS, MALLOC
from sightline.lmms.plugin import SWITCH
from sightline.preflight.run import before_run
from sightline.preflight.subject import OURS
from sightline.serving.images import environment_note, server_environment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sightline.launching.launch import Ended

PREFLIGHT = "SIGHTLINE_PREFLIGHT"
"""Environment variable: ``0`` starts a run without looking first whether it can work."""

FASTER_MALLOC = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "17179869184"}
"""glibc settings of the ranks: memory that a large tensor gave back is used again, instead of being
returned to the system and asked for anew, page by page. Preparing images is 2 to 3 times faster;
a rank keeps the memory that it once needed. What the user has set stays."""

_OUT_OF_MEMORY = (
    "SIGKILL mostly means that the machine ran out of memory: see `dmesg`, lower --ranks"
)


class StoppedError(EvaluationError):
    """The run was stopped by a signal; what was answered until then is kept."""

    def __init__(self, number: int, answers: Path | None) -> None:
        kept = f"the answers so far are in {answers}; " if answers is not None else ""
        super().__init__(
            f"stopped by {signal.Signals(number).name}",
            next_step=f"{kept}the same command again goes on",
        )
        self.status = 128 + number
        """Exit status that a shell expects."""


def run(**asked: Any) -> int:
    """Evaluate, and report on stderr where results and answers are.

    Args:
        asked: the fields of :class:`sightline.launching.run_request.Request`.

    Returns:
        0: everything that was asked for has its result. 128 + number: a signal stopped the run.

    Raises:
        UsageError: the request cannot work.
        DatasetError: there is no dataset to evaluate on.
        EvaluationError: the run ended without all its results.
    """
    request = Request(**asked)
    try:
        done = evaluate(**asked)
    except StoppedError as stopped:
        _say(str(stopped))
        return stopped.status
    if done is None:
        _say(f"node {request.node_rank} is done; whether all results are there, node 0 tells")
    else:
        _say(f"{done.documents} answers, results in {done.results}")
        if done.failed:
            _say(f"{done.failed} of them are errors of the run, see the log")
    if (folder := request.answers()) is not None and folder.is_dir():
        _say(f"each answer as it came in {folder}")
    return 0


def evaluate(**asked: Any) -> results.Finished | None:
    """Evaluate and check; arguments and errors as in :func:`run`.

    Returns:
        What is there; None on any node but 0, where no results are written.

    Raises:
        StoppedError: a signal asked for the end.
    """
    request = Request(**asked)
    benchmarks = check(request)
    # Before a model is loaded: it may take long, or be impossible. The ranks read these commits.
    pinned = source.pinned((benchmark, source.resolve(benchmark)) for benchmark in benchmarks)
    request.output.mkdir(parents=True, exist_ok=True)
    _look_first(request)
    answers = request.answers()
    if request.fresh and answers is not None:
        _put_aside(answers)
    if (note := environment_note(request.model, os.environ)) is not None:
        _say(note)
    before = set(_result_files(request.output))
    ended = launch(
        _command(request),
        {**_environment(request, os.environ), **pinned},
        ranks=request.ranks,
        nodes=request.nodes,
        node_rank=request.node_rank,
        main_address=request.address(),
        answers=answers,
        logs=request.output / "logs",
    )
    if ended.signal is not None:
        raise StoppedError(ended.signal, answers)
    new = sorted(set(_result_files(request.output)) - before)
    if request.node_rank or not new:
        if any(ended.statuses.values()) or not request.node_rank:
            raise _no_results(ended, request)
        return None
    # Not the groups that the run itself tells of: it may have lost a task.
    wanted = [leaf for name in request.names() for leaf in leaves(name, benchmarks)]
    done = results.check(new[-1], wanted)
    for rank, status in ended.statuses.items():
        if status:
            _say(f"all results are there, though rank {rank} {_end_of(rank, ended)}")
    return done


def _look_first(request: Request) -> None:
    """Tell what the preflight finds, and refuse a run that cannot work.

    Raises:
        EvaluationError: there is an error among the findings.
    """
    if os.environ.get(PREFLIGHT) == "0":
        return
    words = [request.model_args] if request.model_args else []
    words += [f"batch_size={request.batch_size}"] if request.model == OURS else []
    found = before_run(
        request.names(), request.model, ",".join(words), request.ranks, request.output
    )
    for finding in found:
        _say(finding.line())
    if failed(found):
        raise EvaluationError(
            "the run was not started: the preflight has found an error, see above",
            next_step=f"mend it; {PREFLIGHT}=0 in the environment starts the run all the same",
        )


def _command(request: Request) -> list[str]:
    return [*_program(), *request.flags()]


def _program() -> list[str]:
    return [sys.executable, "-m", "lmms_eval"]


def _environment(request: Request, ours: Mapping[str, str]) -> dict[str, str]:
    """The ranks' environment, apart from what each has for itself."""
    environment = dict(ours)
    if not request.has_flag("--include_path"):
        environment[SWITCH] = "only"
    if (answers := request.answers()) is not None:
        environment[ANSWERS] = str(answers)
    else:
        environment.pop(ANSWERS, None)
    environment |= server_environment(request.model, environment)
    if environment.get(MALLOC) != "0":
        environment = {**FASTER_MALLOC, **environment}
    if request.world_size == 1:
        return environment
    # Else each rank would take all cores, or accelerate one core for each.
    cores = len(os.sched_getaffinity(0))
    environment.setdefault("OMP_NUM_THREADS", str(max(1, cores // request.ranks)))
    if request.uses_cpu():
        environment["ACCELERATE_USE_CPU"] = "true"
    address = request.address()
    if address is not None and (interface := interface_towards(address)) is not None:
        environment.setdefault("GLOO_SOCKET_IFNAME", interface)
    return environment


def _put_aside(answers: Path) -> None:
    """Take earlier answers out of the way; nothing is deleted."""
    if not answers.is_dir():
        return
    stamp = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%S.%fZ")
    kept = answers.with_name(f"{answers.name}.{stamp}")
    try:
        answers.rename(kept)
    except OSError as error:
        raise EvaluationError(
            f"--fresh: {answers} must be a folder that can be renamed: {error}",
            next_step="move it away yourself, or choose another --output",
        ) from error
    _say(f"--fresh: the earlier answers are kept in {kept}")


def _result_files(output: Path) -> list[Path]:
    return list(output.glob("**/*_results.json"))


def _no_results(ended: Ended, request: Request) -> EvaluationError:
    """What to say of ranks that have ended, and have left too little."""
    wanted = "status 0 of its ranks" if request.node_rank else "a results file"
    first = (ended.died or list(ended.statuses))[0]
    ends = "; ".join(f"rank {rank} {_end_of(rank, ended)}" for rank in ended.statuses)
    lines = ended.tails[first]
    mend = "mend the first error above, and run the same command again"
    if (answers := request.answers()) is not None:
        mend += f": what is answered in {answers} is not asked again"
    if -signal.SIGKILL in [ended.statuses[rank] for rank in ended.died]:
        mend += f" ({_OUT_OF_MEMORY})"
    return EvaluationError(
        f"lmms-eval ended without {wanted}: {ends}; the last lines of rank {first}:\n{lines}",
        next_step=mend,
    )


def _end_of(rank: int, ended: Ended) -> str:
    if rank in ended.stopped:
        return f"was stopped ({ended.stopped[rank]})"
    return told(ended.statuses[rank])


def _say(text: str) -> None:
    sys.stderr.write(f"sightline: {text}\n")
