"""Ctrl-C and SIGTERM end a run where nothing is lost.

The first signal raises :class:`Stopped` in the main thread, at once or, while a line is being
written there, after that line. It is a SystemExit: a host that catches ``Exception`` lets it pass,
and the process ends with the code that a shell expects.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

SAME_STOP = 1.0
"""Seconds after the first signal in which others mean the same stop: a terminal and a launcher
both pass on one Ctrl-C. A later one ends the process at once."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(SystemExit):
    """Somebody stopped the run by a signal; the exit code is 128 + its number."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.signal = signal.Signals(number)
        """Which one."""
        self.told = False
        """Whether the user has been told what is kept."""


class _Main:
    """What the main thread is at; no other thread touches it."""

    whole = 0
    """How many :func:`uninterrupted` blocks it is in."""
    number: int | None = None
    """The signal that stops the run."""
    since = 0.0
    """When it came, by the monotonic clock."""


@contextmanager
def stop_cleanly(kept: Callable[[], str]) -> Iterator[None]:
    """Inside, SIGINT and SIGTERM raise :class:`Stopped`; a second signal ends the process at once.

    A signal that is ignored here (nohup, a background job) stays ignored. In any other thread than
    the main one this does nothing: Python handles signals there only.

    Args:
        kept: says in a few words what is kept, for the line on standard error.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    ours = [number for number in _SIGNALS if before[number] not in (signal.SIG_IGN, None)]
    try:
        for number in ours:
            signal.signal(number, _on_signal)
        yield
    except Stopped as stopped:
        if not stopped.told:
            stopped.told = True
            name = stopped.signal.name
            sys.stderr.write(f"sightline: stopped by {name}; {kept()}\n")
            sys.stderr.flush()
        raise
    finally:
        for number in ours:
            signal.signal(number, before[number])
        if _on_signal not in before.values():
            _Main.number = None


@contextmanager
def uninterrupted() -> Iterator[None]:
    """A block that the main thread finishes before it stops; elsewhere this does nothing.

    Raises:
        Stopped: after the block, when a signal has come.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _Main.whole += 1
    try:
        yield
    finally:
        _Main.whole -= 1
        # Also when it was raised before and somebody's callback has swallowed it.
        if _Main.number is not None and not _Main.whole:
            raise Stopped(_Main.number)


def _on_signal(number: int, _frame: FrameType | None) -> None:
    if _Main.number is None:
        _Main.number, _Main.since = number, time.monotonic()
        if not _Main.whole:
            raise Stopped(number)
    elif time.monotonic() - _Main.since > SAME_STOP:
        os._exit(128 + number)
