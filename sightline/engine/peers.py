"""The other ranks of a run: what one tells, all know; and a rank that is gone is noticed.

Rank 0 is the middle: it hears each rank in turn and then tells all. So when a rank has died, rank 0
still hears the others out, however long their work takes, and then all of them learn at once who is
missing; when rank 0 has died, the others see its connections close. A rank that lives and hangs is
waited for, and named every few minutes.
"""

from __future__ import annotations

import logging
import os
import pickle
import re
import socket
import sys
import time
from concurrent.futures import Future, wait
from datetime import timedelta
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

from sightline.errors import RankLostError

if TYPE_CHECKING:
    from collections.abc import Callable

MEETING = timedelta(minutes=30)
"""How long the ranks wait for each other to connect."""

WORK = timedelta(days=30)
"""How long one waits for another's work. Gloo sees closed connections at once, whatever this is."""

SAY_AFTER = 300.0
"""Seconds of waiting after which the rank that is waited for is named, again and again."""

Value = TypeVar("Value")

_log = logging.getLogger(__name__)


class Peers:
    """The ranks of one run; :meth:`alone` and :meth:`connect` make one.

    Args:
        rank: of this process, from 0.
        world_size: how many ranks there are, at least 1.
        group: torch's process group of all of them; None for one rank.
    """

    def __init__(self, rank: int, world_size: int, group: Any = None) -> None:
        self.rank = rank
        """Of this process, from 0."""
        self.world_size = world_size
        """How many ranks there are."""
        self._group = group
        self._names = [f"rank {other}" for other in range(world_size)]
        self._lost: set[int] = set()
        self._awaited = "the other ranks"

    @classmethod
    def alone(cls) -> Peers:
        """A run of one rank."""
        return cls(0, 1)

    @classmethod
    def connect(cls) -> Peers:
        """The ranks of torch.distributed, if this process has initialised it; else alone.

        All ranks must call it, best before their paths part (loading a checkpoint): it waits for
        all of them, and only from then on a lost one is noticed.

        Raises:
            RankLostError: not all of them came.
        """
        torch = sys.modules.get("torch")  # not imported, not initialised
        if torch is None or not torch.distributed.is_available():
            return cls.alone()
        distributed = torch.distributed
        if not distributed.is_initialized() or distributed.get_world_size() == 1:
            return cls.alone()
        try:
            # Our own: the run's may be NCCL's, which neither waits that long nor sees a death.
            group = distributed.new_group(backend="gloo", timeout=MEETING)
        except RuntimeError as error:
            raise _lost(f"not all ranks of the run came: {_cause(error)}") from error
        peers = cls(distributed.get_rank(), distributed.get_world_size(), group)
        peers._names = peers.gather(
            f"rank {peers.rank} (process {os.getpid()} on {socket.gethostname()})"
        )
        return peers

    def gather(self, value: Value) -> list[Value]:
        """What each rank calls this with, in rank order; all ranks must call it.

        Signals are handled while it waits.

        Args:
            value: anything that pickles.

        Raises:
            RankLostError: a rank ended before it told its value; raised on every other rank, when
                all of these have told theirs.
        """
        if self.world_size == 1:
            return [value]
        work = self._hear_and_tell if self.rank == 0 else self._tell_and_hear
        parts = self._in_thread(lambda: work(pickle.dumps(value)))
        return [pickle.loads(part) for part in parts]  # noqa: S301 (our own ranks')

    def _hear_and_tell(self, data: bytes) -> list[bytes]:
        parts = [data]
        for other in range(1, self.world_size):
            self._awaited = self._names[other]
            parts.append(self._guarded(other, partial(self._receive, other)) or b"")
        names = [self._names[other] for other in sorted(self._lost)]
        answer = pickle.dumps((names, [] if names else parts))
        for other in range(1, self.world_size):
            self._awaited = self._names[other]
            # One that dies only now is missed at the next gathering: the others can go on.
            self._guarded(other, partial(self._send, other, answer))
        if names:
            raise _lost(_ended(names))
        return parts

    def _tell_and_hear(self, data: bytes) -> list[bytes]:
        try:
            self._send(0, data)
            answer = self._receive(0)
        except RuntimeError as error:
            raise _lost(f"{_ended(self._names[:1])}: {_cause(error)}") from error
        names, parts = pickle.loads(answer)  # noqa: S301 (our own rank's)
        if names:
            raise _lost(_ended(names))
        return list(parts)

    def _guarded(self, other: int, action: Callable[[], Value]) -> Value | None:
        """Do it with a rank; None when that rank is gone."""
        if other in self._lost:
            return None
        try:
            return action()
        except RuntimeError as error:
            self._lost.add(other)
            _log.warning("sightline: %s is gone: %s", self._names[other], _cause(error))
            return None

    def _send(self, other: int, data: bytes) -> None:
        import torch  # noqa: PLC0415 (only where there are several ranks)
        from torch import distributed  # noqa: PLC0415 (as above)

        body = torch.frombuffer(bytearray(data), dtype=torch.uint8)
        for tensor in (torch.tensor([len(body)]), body):
            distributed.isend(tensor, other, group=self._group).wait(WORK)

    def _receive(self, other: int) -> bytes:
        import torch  # noqa: PLC0415 (only where there are several ranks)
        from torch import distributed  # noqa: PLC0415 (as above)

        length = torch.zeros(1, dtype=torch.int64)
        distributed.irecv(length, other, group=self._group).wait(WORK)
        body = torch.empty(int(length), dtype=torch.uint8)
        distributed.irecv(body, other, group=self._group).wait(WORK)
        data: bytes = body.numpy().tobytes()
        return data

    def _in_thread(self, work: Callable[[], Value]) -> Value:
        """Its result; the main thread stays open to signals, which waiting in gloo is not."""
        future: Future[Value] = Future()
        Thread(target=_fulfil, args=(future, work), name="sightline-peers", daemon=True).start()
        start = time.monotonic()
        while not wait([future], timeout=SAY_AFTER).done:
            waited = time.monotonic() - start
            _log.warning("sightline: waiting for %s since %.0f s", self._awaited, waited)
        return future.result()


def _fulfil(future: Future[Value], work: Callable[[], Value]) -> None:
    try:
        future.set_result(work())
    except BaseException as error:  # noqa: BLE001 (raised again where it is waited for)
        future.set_exception(error)


def _ended(names: list[str]) -> str:
    return f"{' and '.join(names)} ended before all was answered"


def _cause(error: Exception) -> str:
    """What gloo says, without its place in the code and its advice."""
    said = " ".join(str(error).split()).partition(". This is")[0]
    return re.sub(r"^\[[^]]*\] ", "", said)


def _lost(what: str) -> RankLostError:
    return RankLostError(
        what,
        next_step="see why in its own output, then run the same command again: it asks only what "
        "is missing",
    )
