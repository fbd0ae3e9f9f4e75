"""Faults on demand: what shall go wrong, with which requests, how often."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong. Several effects may be given; they happen in this order."""

    path: str = ""
    """Regular expression, searched in the unquoted path (`/api/datasets/org/x/commit/main`)."""
    method: str | None = None
    """HTTP method; None: any."""
    times: int = 1
    """How many requests it meets."""
    skip: int = 0
    """How many matching requests pass unharmed before."""
    before: Callable[[], object] | None = None
    """Called before the request is handled: somebody else's commit, say."""
    drop_request_after: int | None = None
    """The connection is cut after so many bytes of the request's body were read."""
    status: int | None = None
    """Answered instead of handling the request; its body is read and forgotten."""
    message: str = "Internal Error - We're working hard to fix this as soon as possible!"
    """With that status."""
    retry_after: int | None = None
    """Seconds, in the headers Retry-After and RateLimit (with 429 also RateLimit-Policy)."""
    lose_answer: bool = False
    """The request is handled, then the connection is cut without an answer."""
    drop_response_after: int | None = None
    """The connection is cut after so many bytes of the answer's body were sent."""
    reset: bool = False
    """Cut with a reset, as a broken line does, and not with an orderly end in the middle."""
    then: Callable[[], object] | None = None
    """Called before a connection is cut, so that the client finds it done: `hub.stop`, say."""

    def headers(self) -> dict[str, str]:
        """Headers of the answer with that status."""
        if self.retry_after is None:
            return {}
        seconds = str(self.retry_after)
        if self.status != 429:
            return {"Retry-After": seconds}
        policy = '"fixed window";"api";q=500;w=300'
        return {
            "Retry-After": seconds,
            "RateLimit": f'"api";r=0;t={seconds}',
            "RateLimit-Policy": policy,
        }


@dataclass
class Armed:
    """A fault that waits for its requests."""

    fault: Fault
    """What shall happen."""
    seen: int = 0
    """Matching requests so far."""
    happened: int = 0
    """How many of them it met."""

    def meets(self, method: str, path: str) -> bool:
        """Whether this request is one of them; counts it."""
        fault = self.fault
        if fault.method not in (None, method) or not re.search(fault.path, path):
            return False
        if self.happened >= fault.times:
            return False
        self.seen += 1
        if self.seen <= fault.skip:
            return False
        self.happened += 1
        return True


@dataclass
class Faults:
    """All armed faults; the first that matches a request is the one that happens."""

    armed: list[Armed] = field(default_factory=list)
    """In order of arming."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def arm(self, fault: Fault) -> Armed:
        """From now on, until it happened often enough."""
        armed = Armed(fault)
        with self._lock:
            self.armed.append(armed)
        return armed

    def of(self, method: str, path: str) -> Fault:
        """What goes wrong with this request; perhaps nothing."""
        with self._lock:
            return next((a.fault for a in self.armed if a.meets(method, path)), NOTHING)


NOTHING = Fault(times=0)
