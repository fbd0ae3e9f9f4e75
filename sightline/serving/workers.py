"""A bounded number of requests in flight, their preparation beside it, and a clean end.

Each worker takes a job, prepares it (decoding, encoding) and sends it when a place is free. There
are two workers more than places, so that a request is ready when an answer comes back; with one
place there is one worker, and the order of the jobs is kept exactly.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from typing import TYPE_CHECKING, Generic, TypeVar

from sightline.engine.jobs import Job, Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

AHEAD = 2
"""Jobs that are prepared while all places are taken, at most."""

GRACE_SECONDS = 10.0
"""How long a run that stops waits for the answers on their way: they are paid for."""

WAKE_SECONDS = 0.2
"""How often the main thread looks up: a signal that another thread got wakes no sleeper."""

Prepared = TypeVar("Prepared")


class Turns:
    """Which job is next: the first one about a video that nobody is asking about.

    Where all of them are busy: the first one of those with the fewest in flight.

    Args:
        jobs: in the order to be asked.
        per_group: requests of one group in flight while another group has jobs; 0 keeps to the
            order of the jobs.
    """

    def __init__(self, jobs: Sequence[Job], per_group: int) -> None:
        self._per_group = per_group
        self._lock = threading.Lock()
        self._busy: Counter[str] = Counter()
        self._waiting: dict[str, deque[tuple[int, Job]]] = {}
        for place, job in enumerate(jobs):
            self._waiting.setdefault(group_of(job), deque()).append((place, job))

    def take(self) -> Job | None:
        """The next job; None when there is none left."""
        with self._lock:
            if not self._waiting:
                return None
            group = min(self._waiting, key=self._rank)
            _, job = self._waiting[group].popleft()
            if not self._waiting[group]:
                del self._waiting[group]
            self._busy[group] += 1
            return job

    def give_back(self, job: Job) -> None:
        """Say that nobody is asking this job any more."""
        with self._lock:
            self._busy[group_of(job)] -= 1

    def _rank(self, group: str) -> tuple[int, int]:
        crowd = max(self._busy[group] - self._per_group + 1, 0) if self._per_group else 0
        return crowd, self._waiting[group][0][0]


def group_of(job: Job) -> str:
    """What a job is about; a job that does not tell is about something of its own."""
    return job.asked.group if job.asked else f"{job.task}\n{job.split}\n{job.doc_id}"


class Places:
    """So many may be inside, and who waits longest goes first: a semaphore lets others overtake.

    Args:
        count: at least 1.
    """

    def __init__(self, count: int) -> None:
        self._free = count
        self._queue: deque[object] = deque()
        self._changed = threading.Condition()

    def __enter__(self) -> None:
        me = object()
        with self._changed:
            self._queue.append(me)
            self._changed.wait_for(lambda: self._free > 0 and self._queue[0] is me)
            self._queue.popleft()
            self._free -= 1
            self._changed.notify_all()

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._free += 1
            self._changed.notify_all()


class Workers(Generic[Prepared]):
    """Threads that work off jobs.

    Args:
        prepare: everything before the server; or at once the reply that says why it failed.
        send: asks the server; the event is set when the run stops. Both are called in several
            threads, and an error of either stops the run.
        done: takes each reply; an error of it stops the run, too.
        places: requests in flight, at most.
    """

    def __init__(
        self,
        prepare: Callable[[Job], Prepared | Reply],
        send: Callable[[Job, Prepared, threading.Event], Reply | None],
        done: Callable[[Job, Reply], None],
        places: int,
    ) -> None:
        self._prepare, self._send, self._done = prepare, send, done
        self._places = Places(places)
        self._count = places + min(AHEAD, places - 1)
        self._stopping = threading.Event()
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._running = 0
        self._closed = False
        self._error: BaseException | None = None

    def work_off(self, turns: Turns, *, grace: float = GRACE_SECONDS) -> None:
        """Return when every job is done.

        Args:
            turns: the jobs.
            grace: when the run stops: seconds that answers on their way are waited for.

        Raises:
            Whatever `prepare`, `send` or `done` raised first, or an interrupt.
        """
        # Daemons: a server that hangs must not keep the process from ending.
        threads = [
            threading.Thread(target=self._worker, args=(turns,), daemon=True)
            for _ in range(self._count)
        ]
        self._running = len(threads)
        for thread in threads:
            thread.start()
        try:
            while not self._ended.wait(WAKE_SECONDS):
                pass
        finally:
            self._stopping.set()
            until = time.monotonic() + grace
            for thread in threads:
                thread.join(max(until - time.monotonic(), 0.0))
            with self._lock:
                self._closed = True
        if self._error is not None:
            raise self._error

    def _worker(self, turns: Turns) -> None:
        try:
            while not self._stopping.is_set() and (job := turns.take()) is not None:
                reply = self._answered(job)
                turns.give_back(job)
                if reply is not None and not self._closed:
                    self._done(job, reply)
        except BaseException as error:  # noqa: BLE001 (the main thread raises it again)
            with self._lock:
                self._error = self._error or error
            self._stopping.set()
            self._ended.set()
        finally:
            with self._lock:
                self._running -= 1
                if not self._running:
                    self._ended.set()

    def _answered(self, job: Job) -> Reply | None:
        prepared = self._prepare(job)
        if isinstance(prepared, Reply):
            return prepared
        with self._places:
            if self._stopping.is_set():
                return None
            try:
                return self._send(job, prepared, self._stopping)
            except BaseException:  # whatever it is, it stops the run; raised again
                # Before the place is free: who waits for it must not ask any more.
                self._stopping.set()
                raise
