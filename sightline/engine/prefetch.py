"""Samples prepared ahead of the model, by a bounded pool of threads.

Threads and not processes: decoding and resizing release the interpreter's lock, and a prepared
sample is hundreds of megabytes, which another process would have to hand over through memory that
is touched for the first time each time (``scripts/bench/inputs.py pools`` shows both).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

Item = TypeVar("Item")
Made = TypeVar("Made")


@dataclass(frozen=True)
class Prepared(Generic[Item, Made]):
    """What became of one item."""

    item: Item
    """The item."""
    made: Made | None
    """What was made of it; None where there is an error."""
    error: BaseException | None = None
    """What was raised instead."""

    def result(self) -> Made:
        """What was made, or the exception raised again."""
        if self.error is not None:
            raise self.error
        return cast("Made", self.made)


def ahead(
    make: Callable[[Item], Made],
    items: Iterable[Item],
    *,
    workers: int,
    budget_bytes: int,
    size: Callable[[Made], int],
) -> Iterator[Prepared[Item, Made]]:
    """Call `make` on every item in threads, ahead of the one that is asked for.

    What waits and what is in the making stay within the budget together; an item in the making
    counts as the largest one so far, so the first is made alone. What was handed out is the
    caller's: it no longer counts. Whatever the budget, the next item is always made.

    Closing the iterator (leaving a loop by an exception does it, too, once the iterator is
    dropped) starts nothing more and waits for what is being made at that moment.

    Args:
        make: called from several threads at once.
        items: read completely at the start.
        workers: threads, at least 1.
        budget_bytes: at least 1.
        size: bytes that a made thing takes.

    Yields:
        One per item, in the order of the items; an exception of `make` or `size` comes at its
        item's turn.

    Raises:
        ValueError: workers or budget_bytes is too small.
    """
    for name, value in (("workers", workers), ("budget_bytes", budget_bytes)):
        if value < 1:
            raise ValueError(f"{name} ({value}) must be at least 1")
    return _results(_Pool(make, tuple(items), budget_bytes, size), workers)


def _results(pool: _Pool[Item, Made], workers: int) -> Iterator[Prepared[Item, Made]]:
    try:
        pool.start(workers)
        for place in range(len(pool.items)):
            # No name for it here: the caller alone decides how long it lives.
            yield pool.take(place)
    finally:
        pool.stop()


class _Pool(Generic[Item, Made]):
    """Threads that take the items in order, each when there is room for it."""

    def __init__(
        self,
        make: Callable[[Item], Made],
        items: Sequence[Item],
        budget_bytes: int,
        size: Callable[[Made], int],
    ) -> None:
        self.items = items
        self._make = make
        self._size = size
        self._budget = budget_bytes
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._stopped = False
        self._ready: dict[int, tuple[Prepared[Item, Made], int]] = {}
        """Place -> what was made, and its bytes; not yet taken."""
        self._begun = 0
        """Items that were begun: all before this place."""
        self._taken = 0
        self._largest: int | None = None
        """Bytes of the largest so far."""

    def start(self, workers: int) -> None:
        for number in range(min(workers, len(self.items))):
            # Daemons: a read that hangs must not keep the interpreter from ending.
            thread = threading.Thread(
                target=self._work, name=f"sightline-prepare-{number}", daemon=True
            )
            thread.start()
            self._threads.append(thread)

    def take(self, place: int) -> Prepared[Item, Made]:
        with self._changed:
            self._changed.wait_for(lambda: place in self._ready)
            self._taken += 1
            self._changed.notify_all()
            return self._ready.pop(place)[0]

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._ready.clear()
            self._changed.notify_all()
        for thread in self._threads:
            # An iterator may be collected, and closed, in any thread.
            if thread is not threading.current_thread():
                thread.join()

    def _work(self) -> None:
        while (place := self._begin()) is not None:
            self._finish(place)

    def _begin(self) -> int | None:
        """The place of the next item, once there is room for it; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._over or self._has_room)
            if self._over:
                return None
            self._begun += 1
            return self._begun - 1

    def _finish(self, place: int) -> None:
        """Make one; nothing of it is kept by this thread afterwards."""
        prepared, size = self._prepared(self.items[place])
        with self._changed:
            if not self._stopped:
                self._ready[place] = prepared, size
            if prepared.error is None:
                self._largest = max(self._largest or 0, size)
            self._changed.notify_all()

    def _prepared(self, item: Item) -> tuple[Prepared[Item, Made], int]:
        try:
            made = self._make(item)
            return Prepared(item, made), self._size(made)
        except BaseException as error:  # noqa: BLE001 (raised again by whoever asks for the item)
            return Prepared(item, None, error), 0

    @property
    def _over(self) -> bool:
        return self._stopped or self._begun == len(self.items)

    @property
    def _has_room(self) -> bool:
        if self._begun == self._taken:
            return True
        if self._largest is None:
            return False
        making = self._begun - self._taken - len(self._ready)
        held = sum(size for _, size in self._ready.values())
        return held + (making + 1) * self._largest <= self._budget
