"""One evaluation, from the requests of this rank to their replies, whatever happens to the others.

Every rank tells the others what it is to ask. All of them then know the same list; what has been
answered before is taken from the answers on disk, the rest is divided by expected cost, asked, and
given back to the rank that wanted it.
"""

from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from sightline.engine.failures import Failures, all_failed, reason
from sightline.engine.plan import make_plan, name_of, offered, shares
from sightline.engine.stopping import stop_cleanly
from sightline.errors import EvaluationError, RankLostError
from sightline.progress import Progress, Silent, progress_bar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sightline.engine.answers import AnswerLog
    from sightline.engine.jobs import Job, Reply
    from sightline.engine.peers import Peers
    from sightline.engine.plan import Plan

Value = TypeVar("Value")

_log = logging.getLogger(__name__)


class Backend(Protocol):
    """What answers: a model in this process, or a server."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """What an answer depends on beside its job, plain JSON types."""

    def ask(self, jobs: Sequence[Job], done: Callable[[Job, Reply], None]) -> None:
        """Ask these jobs, in this order as far as it likes; tell each reply as soon as it is there.

        Args:
            jobs: this rank's share.
            done: to be called once for each job, from any thread. Returns when the reply is on
                disk, and raises EvaluationError when too many have failed: let it pass.
        """


def answer_all(
    jobs: Sequence[Job],
    backend: Backend,
    *,
    log: AnswerLog | None,
    peers: Peers,
    max_errors: int,
) -> list[Reply]:
    """Answer every job of this rank.

    Args:
        jobs: what this rank was asked for, in its order; may be empty.
        backend: asks the share that this rank gets.
        log: the answers on disk; None keeps nothing.
        peers: the other ranks; all of them must call this.
        max_errors: the run stops when more replies than this are errors on one rank.

    Returns:
        A reply per job, in the order of `jobs`.

    Raises:
        EvaluationError: too many errors, every job an error, or another rank has failed or is
            lost. What was answered so far is in the log. Whatever ends one rank, the others finish
            their shares first.
        Stopped: SIGINT or SIGTERM came.
    """
    with stop_cleanly(lambda: _kept(log)):
        start = time.monotonic()
        _, wishes = _together(peers, lambda: (dict(backend.identity), list(jobs)))
        plan = make_plan(wishes)
        mine, found = _together(peers, lambda: log.known(plan.keys) if log else {}, tell=frozenset)
        missing = _missing(plan, found)
        share = _Share(_share_of(peers, plan, missing, mine), plan.identity, log, max_errors)

        def work() -> dict[str, Reply]:
            share.ask(backend, show=None if peers.rank == 0 else False)
            return {**offered(mine, found, plan, peers.rank), **share.replies}

        _, told = _together(peers, work)
        replies = {name: reply for ours in (*told, mine) for name, reply in ours.items()}
        errors = _count_errors(plan, missing, replies)
    if peers.rank == 0:
        _log.warning(  # the level that is shown without any set-up
            "sightline: asked %d, known %d, errors %d, %.1f s",
            len(missing), len(plan.work) - len(missing), errors, time.monotonic() - start,
        )  # fmt: skip
    return [replies[name] for name in plan.names[peers.rank]]


@dataclass(frozen=True)
class _Told:
    """What a rank tells the others of a piece of work."""

    value: Any = None
    """What came of it."""
    failure: str | None = None
    """Why nothing did, in one line."""


def _together(
    peers: Peers, work: Callable[[], Value], tell: Callable[[Value], Any] = lambda value: value
) -> tuple[Value, list[Any]]:
    """Do a piece of work on every rank. A failure on one of them ends all, when all are done.

    Returns:
        What came of it here, and what each rank tells of it.
    """
    try:
        value = work()
        told = _Told(tell(value))
    except Exception as error:  # whatever it is, the other ranks must hear of it; raised again
        if peers.world_size > 1:
            _log.warning("sightline: rank %d failed, and waits for the others", peers.rank)
            with suppress(RankLostError):
                peers.gather(_Told(failure=reason(error)))
        raise
    everyone = peers.gather(told)
    failed = [(rank, other.failure) for rank, other in enumerate(everyone) if other.failure]
    if failed:
        raise EvaluationError(
            "; ".join(f"rank {rank} failed: {failure}" for rank, failure in failed),
            next_step="mend the cause, then run the same command again: it asks only what is "
            "missing",
        )
    return value, [other.value for other in everyone]


def _missing(plan: Plan, found: Sequence[frozenset[str]]) -> list[str]:
    """What no rank found on its disk."""
    known = frozenset[str]().union(*found)
    return [name for name in plan.work if name not in known]


def _share_of(
    peers: Peers, plan: Plan, missing: Sequence[str], mine: Mapping[str, Reply]
) -> list[Job]:
    """What this rank is to ask. Rank 0 divides, so that all go by one division."""

    def divided() -> list[list[Job]]:
        if peers.rank != 0:
            return []
        known = [(plan.work[name], reply) for name, reply in mine.items()]
        return shares([plan.work[name] for name in missing], known, peers.world_size)

    _, told = _together(peers, divided)
    division: list[list[Job]] = told[0]
    return division[peers.rank]


class _Share:
    """What this rank asks, and what has come back."""

    def __init__(
        self,
        jobs: Sequence[Job],
        identity: Mapping[str, Any],
        log: AnswerLog | None,
        max_errors: int,
    ) -> None:
        self.replies: dict[str, Reply] = {}
        """By the jobs' names."""
        self._jobs = jobs
        self._identity = identity
        self._open = {name_of(job, identity): job for job in jobs}
        self._log = log
        self._failures = Failures(max_errors)
        self._stop: Exception | None = None
        self._progress: Progress = Silent()
        self._lock = threading.Lock()

    def ask(self, backend: Backend, *, show: bool | None) -> None:
        """Ask all of it.

        Raises:
            EvaluationError: answers cannot be kept, too many are errors, or there are too few.
        """
        if not self._jobs:
            return
        with progress_bar(show=show, unit="items") as self._progress:
            self._progress.start("answering", len(self._jobs))
            backend.ask(self._jobs, self._done)
        if self._stop is not None:
            raise self._stop  # even where the backend did not let it pass
        if self._open:
            first = next(iter(self._open.values()))
            raise EvaluationError(
                f"the backend gave no reply to {len(self._open)} of {len(self._jobs)} requests, "
                f"the first is {first.place}: a mistake in {type(backend).__name__}",
                next_step="report it; what was answered is kept",
            )

    def _done(self, job: Job, reply: Reply) -> None:
        try:
            self._keep(job, reply)
        except Exception as error:  # kept, for backends that swallow it; raised again
            self._stop = self._stop or error
            raise

    def _keep(self, job: Job, reply: Reply) -> None:
        name = name_of(job, self._identity)
        with self._lock:
            if self._open.pop(name, None) is None:
                raise EvaluationError(f"the backend gave a reply too many: to {job.place}")
        if self._log is not None:
            self._log.append(job.key(self._identity), job, reply)
        self.replies[name] = reply
        self._progress.advance(1)
        if reply.error is not None:
            self._failures.add(job.place, reply.error)


def _count_errors(plan: Plan, missing: Sequence[str], replies: Mapping[str, Reply]) -> int:
    """How many replies are errors; the known ones are none.

    Raises:
        EvaluationError: all are.
    """
    errors = [name for name in missing if replies[name].error is not None]
    if errors and len(errors) == len(plan.work):
        first = plan.work[errors[0]]
        raise all_failed(len(errors), f"{first.place}: {replies[errors[0]].error}")
    return len(errors)


def _kept(log: AnswerLog | None) -> str:
    if log is None:
        return "no answers are kept"
    return (
        f"{log.written} answers of this process are kept in {log.folder}; run the same command "
        "again to go on"
    )
