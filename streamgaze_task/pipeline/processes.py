"""Worker processes that end when the run does, however that ends, and without a word of theirs."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future


@contextmanager
def workers(count: int) -> Iterator[ProcessPoolExecutor]:
    """Processes of this machine; see :func:`submitted` for handing them work.

    An interrupt, or whatever else leaves this, ends them at once: what they were at is made again
    by the next run. SIGTERM is taken for an interrupt meanwhile, because a process that it ends
    cannot put away what it shares with the others.
    """
    before = set(multiprocessing.active_children())
    with _terminated_as_interrupted(), _pool(count) as pool:
        try:
            yield pool
        except BaseException:  # an interrupt, too: it is raised again
            for process in set(multiprocessing.active_children()) - before:
                process.terminate()
            pool.shutdown(cancel_futures=True)
            raise


def submitted(
    pool: ProcessPoolExecutor, function: Callable[..., Any], *arguments: object
) -> Future[Any]:
    """Hand work to a pool; a process that is started for it hears of interrupts only later.

    Otherwise an interrupt in its first second, while it imports, prints its traceback.
    """
    with _later():
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            return pool.submit(function, *arguments)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _later() -> Iterator[None]:
    """Hear of interrupts afterwards: one in the middle leaves a process half started.

    Blocking them does not do: another thread of this process takes them then, and this one is
    interrupted all the same.
    """
    if threading.current_thread() is not threading.main_thread():  # it is never interrupted
        yield
        return
    came: list[tuple[int, Any]] = []
    numbers = (signal.SIGINT, signal.SIGTERM)
    usual = {one: signal.signal(one, lambda *told: came.append(told)) for one in numbers}
    try:
        yield
    finally:
        for one, handler in usual.items():
            signal.signal(one, handler)
    for number, frame in came[:1]:
        handler = usual[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():  # others cannot set handlers
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _pool(count: int) -> ProcessPoolExecutor:
    # Spawned, not forked: decoders and models have threads, which a fork breaks.
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(count, context, initializer=_begin)


def _begin() -> None:
    """Let this process end by an interrupt, and when the one that started it is gone.

    A worker that waits for work would otherwise wait for ever, with a model in its memory.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent,), daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _end_after(parent: Any) -> None:
    parent.join()
    os._exit(1)
