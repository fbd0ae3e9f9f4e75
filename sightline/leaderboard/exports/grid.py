"""Entries as rows of one table, before any form is given to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.wording import on_screen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.leaderboard.board import Axis, Board
    from sightline.leaderboard.records import Entry

NOT_RERUN = {
    "run": "run",
    "published": "published, not re-run",
    "people": "people, published",
    "chance": "chance, published",
}
"""Kind of an entry -> what a reader must know of its numbers."""

_FAILED = ("unparsed", "missing", "error")


@dataclass(frozen=True)
class Row:
    """One entry; texts are on one line and hold no invisible character."""

    model: str
    """Its name."""
    setting: str
    """The setting's title."""
    kind: str
    """One of NOT_RERUN's sentences, and the faults."""
    value: float
    """Headline, percent."""
    interval: tuple[float, float] | None
    """95 %, percent."""
    failures: float | None
    """Share of samples without a readable answer, percent; None for a printed row."""
    members: tuple[tuple[float | None, ...], ...]
    """Axis by axis, in the board's order: percent of each member."""


@dataclass(frozen=True)
class Grid:
    """Rows of one benchmark."""

    title: str
    """Of the benchmark."""
    metric: str
    """What the headline is."""
    axes: tuple[Axis, ...]
    """What `Row.members` holds; the first is the one that narrow tables show."""
    rows: tuple[Row, ...]
    """In the order of the entries."""


def grid_of(board: Board, entries: Sequence[Entry]) -> Grid:
    """The entries of one benchmark as a table.

    Raises:
        UsageError: an entry's setting is none of the board's.
    """
    rows = tuple(_row(board, entry) for entry in entries)
    return Grid(board.title, board.metric, board.axes, rows)


def _row(board: Board, entry: Entry) -> Row:
    pair = None if entry.low is None or entry.high is None else (entry.low, entry.high)
    faults = "".join(f"; {on_screen(fault)}" for fault in entry.faults)
    return Row(
        model=on_screen(entry.model),
        setting=on_screen(board.setting(entry.setting).title),
        kind=NOT_RERUN[entry.kind] + faults,
        value=entry.value,
        interval=pair,
        failures=_failures(entry),
        members=tuple(
            tuple(_value(entry, axis.name, member) for member in axis.members)
            for axis in board.axes
        ),
    )


def _value(entry: Entry, axis: str, member: str) -> float | None:
    value = entry.cells.get(axis, {}).get(member, {}).get("value")
    return None if value is None else float(value)


def _failures(entry: Entry) -> float | None:
    total = sum(entry.counts.values())
    failed = sum(entry.counts.get(name, 0) for name in _FAILED)
    return 100 * failed / total if total else None
