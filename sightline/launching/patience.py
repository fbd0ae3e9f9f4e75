"""How long ranks that make no progress are waited for once another one is gone."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Patience:
    """Limits, seconds."""

    silence: float = 45.0
    """Without a new answer, once another rank has died: at least this long, and twice the longest
    time between two answers of one rank so far."""
    ended: float = 600.0
    """Without a new answer, once another rank has ended with status 0: lmms-eval ends so when it
    has swallowed an error, and its peers may then wait for hours."""
    clean_end: float = 60.0
    """After a signal that asks for the end, for what is in flight."""


@dataclass
class Progress:
    """When the files of a folder grew, as far as one has looked."""

    folder: Path | None
    """Each rank appends to a file of its own in it; it may come later. None: nothing to see."""
    last: float | None = None
    """Time of the last look that found something new; None until there is one."""
    pause: float = 0.0
    """Longest time between two changes of one file, seconds."""
    _sizes: dict[str, int] | None = None
    _changed: dict[str, float] = field(default_factory=dict)

    def look(self, now: float) -> None:
        """Note which files have grown since the last look; the first look only counts them."""
        sizes = dict(self._files())
        before, self._sizes = self._sizes, sizes
        if before is None:
            return
        for name in [name for name, size in sizes.items() if size != before.get(name)]:
            self.pause = max(self.pause, now - self._changed.get(name, now))
            self._changed[name] = self.last = now

    def _files(self) -> Iterator[tuple[str, int]]:
        if self.folder is None:
            return
        try:
            with os.scandir(self.folder) as entries:
                for entry in entries:
                    yield entry.name, entry.stat().st_size
        except OSError:  # it is not there yet, or just now taken away
            return


def overdue(
    now: float, ends: Mapping[int, tuple[int, float]], progress: Progress, patience: Patience
) -> str | None:
    """Why the ranks that still run are to be stopped now; None when they may go on.

    Args:
        now: seconds, on the clock of the other times.
        ends: of the ranks that have ended: rank -> (status, when).
        progress: of all ranks.
        patience: how long to wait.
    """
    died = [when for status, when in ends.values() if status]
    calm = [when for status, when in ends.values() if not status]
    waits = []
    if died:
        waits.append((max(patience.silence, 2 * progress.pause), min(died), "died"))
    if calm:
        waits.append((patience.ended, min(calm), "ended before the others"))
    for limit, since, what in waits:
        quiet = now - max(since, progress.last or since)
        if quiet > limit:
            return f"another rank {what}, and for {quiet:.0f} s there was no new answer"
    return None
