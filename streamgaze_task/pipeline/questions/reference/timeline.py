"""The timeline from which the published rules make questions: looks and actions in one row.

Rules of pipeline step 3 of daeunni/StreamGaze.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streamgaze_task.pipeline.records import Episode
    from streamgaze_task.pipeline.scanpath import Scanpath

SEED = 42
"""The published seed."""


@dataclass(frozen=True)
class Entry:
    """One row of the timeline: a look or an action."""

    start_seconds: float
    end_seconds: float
    fov: tuple[str, ...] = ()
    """What was in the circle, the thing looked at first; in lower case, each once."""
    outside: tuple[str, ...] = ()
    """What was in the frame outside the circle; in lower case, each once."""
    action: str = ""
    """What was done; empty: this is a look."""
    episode: int = -1
    """Number of the look; -1 for an action."""

    @property
    def is_look(self) -> bool:
        """Whether it is a look."""
        return not self.action


def published_random() -> Random:
    """The generator that all past and future tasks of a recording share."""
    return Random(SEED)  # noqa: S311 (drawings, not secrets)


def timeline(scanpath: Scanpath) -> tuple[Entry, ...]:
    """All looks and actions of the whole video, sorted by start and end.

    Faults: a look replaces another one of equal start and end; an action stands between two looks,
    which then are no neighbours any more, unless a look has its very start and end.
    """
    entries = {(one.start_seconds, one.end_seconds): _look(one) for one in scanpath.episodes}
    for action in scanpath.actions:
        key = action.start_seconds, action.end_seconds
        if action.text:
            entries.setdefault(key, Entry(*key, action=action.text))
    return tuple(entries[key] for key in sorted(entries))


def _look(episode: Episode) -> Entry:
    gazed = [episode.gazed] if episode.gazed else []
    return Entry(
        episode.start_seconds,
        episode.end_seconds,
        once(thing.name.lower() for thing in (*gazed, *episode.beside)),
        once(thing.name.lower() for thing in episode.outside),
        episode=episode.number,
    )


def looks(entries: Iterable[Entry]) -> list[Entry]:
    """The looks among them."""
    return [entry for entry in entries if entry.is_look]


def once(names: Iterable[str]) -> tuple[str, ...]:
    """Each name once, in order of first appearance."""
    return tuple(dict.fromkeys(names))


def all_fov(entries: Iterable[Entry]) -> tuple[str, ...]:
    """What was in the circle in any of them."""
    return once(name for entry in entries for name in entry.fov)


def all_outside(entries: Iterable[Entry]) -> tuple[str, ...]:
    """What was outside the circle in any of them."""
    return once(name for entry in entries for name in entry.outside)


def all_objects(entries: Iterable[Entry]) -> tuple[str, ...]:
    """Everything that any of them names."""
    return once(name for entry in entries for name in (*entry.fov, *entry.outside))


def asked(seconds: float) -> int:
    """The published time stamp of a moment: rounded down."""
    return math.floor(seconds)


def span(start: float, end: float) -> tuple[float, float]:
    """The published ``response_time``; not before the video's start."""
    return max(start, 0.0), max(end, 0.0)
