"""What was asked and answered, with the bytes that really went over the wire."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Record:
    """One request and what became of it."""

    method: str
    """HTTP method."""
    path: str
    """Unquoted, without the query."""
    query: str
    """As it came."""
    status: int | None
    """Of the answer; None: the connection was cut before one."""
    user: str | None
    """Who asked; None: anonymous, or not known to us."""
    received: int
    """Bytes of the request's body."""
    sent: int
    """Bytes of the answer's body."""
    range: str | None
    """The request's Range header."""


@dataclass
class Log:
    """All requests, in the order in which they came.

    Reading waits for requests that are still in work, so that a client that has its answer finds
    its request here.
    """

    _records: dict[int, Record] = field(default_factory=dict)
    _working: dict[int, int] = field(default_factory=dict)
    _count: int = 0
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def begin(self) -> None:
        """This thread has a request in work."""
        with self._changed:
            self._working[threading.get_ident()] = self._count
            self._count += 1

    def end(self, record: Record | None) -> None:
        """This thread is done with it."""
        with self._changed:
            number = self._working.pop(threading.get_ident(), None)
            if record is not None and number is not None:
                self._records[number] = record
            self._changed.notify_all()

    def settle(self, seconds: float = 60) -> None:
        """Wait until no other thread has a request in work."""
        own = threading.get_ident()
        with self._changed:
            self._changed.wait_for(lambda: not self._working.keys() - {own}, seconds)

    def records(
        self, path: str = "", method: str | None = None, *, settled: bool = True
    ) -> list[Record]:
        """Requests whose path matches a regular expression (searched); settled: none in work."""
        if settled:
            self.settle()
        with self._changed:
            return [
                record
                for _, record in sorted(self._records.items())
                if re.search(path, record.path) and method in (None, record.method)
            ]

    def sent(self, path: str = "", method: str | None = None) -> int:
        """Bytes of answers."""
        return sum(record.sent for record in self.records(path, method))

    def received(self, path: str = "", method: str | None = None) -> int:
        """Bytes of requests."""
        return sum(record.received for record in self.records(path, method))

    def clear(self) -> None:
        """Forget all."""
        self.settle()
        with self._changed:
            self._records.clear()
