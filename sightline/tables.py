"""Tables and notes for a terminal, as text of a given width."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from io import StringIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

NARROWEST = 60
"""No terminal is taken to be narrower than this, in characters."""


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    header: str
    """What stands above it; may be empty."""
    text: bool = False
    """True for words, which go left; numbers go right and are never broken."""
    drop: int = 0
    """0 keeps it always; where the terminal is too narrow the highest number goes first."""


@dataclass(frozen=True)
class Table:
    """A table: a title, columns, and rows of as many cells as there are columns."""

    title: str
    """One line above it."""
    columns: tuple[Column, ...]
    """From left to right."""
    rows: tuple[tuple[str, ...] | None, ...]
    """From top to bottom; None draws a line."""
    strong: frozenset[int] = field(default_factory=frozenset)
    """Indices of rows that are marked with `>`."""


@dataclass(frozen=True)
class Note:
    """A paragraph."""

    text: str
    """Wrapped to the width."""
    warning: bool = False
    """True puts `! ` before it."""


def render(blocks: Sequence[Table | Note], *, width: int | None = None) -> str:
    """Tables and notes as plain text, one under the other, ending with a line end.

    Args:
        blocks: what to show; text in them is shown as it is, control characters as `?`.
        width: characters per line; None takes the terminal's, or 100 where there is none.
    """
    from rich.console import Console  # noqa: PLC0415 (the command line answers --help without it)

    wide = max(NARROWEST, width or shutil.get_terminal_size((100, 24)).columns)
    console = Console(
        file=StringIO(), width=wide, force_terminal=False, color_system=None, legacy_windows=False
    )
    for block in blocks:
        if isinstance(block, Table):
            _table(console, block)
        else:
            _note(console, block)
    text = console.file.getvalue() if isinstance(console.file, StringIO) else ""
    return "\n".join(line.rstrip() for line in text.split("\n"))


def _clean(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)


def _note(console: Console, note: Note) -> None:
    from rich.padding import Padding  # noqa: PLC0415 (see render)
    from rich.text import Text  # noqa: PLC0415 (see render)

    lead = "! " if note.warning else "  "
    text = Text(_clean(note.text))
    lines = text.wrap(console, console.width - len(lead))
    for index, line in enumerate(lines):
        mark = lead if index == 0 else "  "
        console.print(Padding(Text(mark) + line, 0), soft_wrap=True)


def _table(console: Console, table: Table) -> None:
    from rich import box  # noqa: PLC0415 (see render)
    from rich.table import Table as Grid  # noqa: PLC0415 (see render)
    from rich.text import Text  # noqa: PLC0415 (see render)

    keep = _fitting(table, console.width)
    console.print()
    console.print(Text(_clean(table.title)))
    grid = Grid(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False, pad_edge=False)
    for index in keep:
        column = table.columns[index]
        grid.add_column(
            Text(column.header),
            justify="left" if column.text else "right",
            no_wrap=not column.text,
        )
    for number, row in enumerate(table.rows):
        if row is None:
            grid.add_section()
            continue
        cells = [_clean(row[index]) for index in keep]
        mark = "> " if number in table.strong else "  "
        grid.add_row(Text(mark + cells[0]), *map(Text, cells[1:]))
    console.print(grid)


def _fitting(table: Table, width: int) -> list[int]:
    """Indices of the columns that fit, the most dispensable ones left out."""
    needed = [
        max(len(column.header), *(len(row[index]) for row in table.rows if row is not None), 0) + 2
        for index, column in enumerate(table.columns)
    ]
    keep = list(range(len(table.columns)))
    while sum(needed[index] for index in keep) + 2 > width:
        spare = [index for index in keep if table.columns[index].drop]
        if not spare:
            break
        keep.remove(max(spare, key=lambda index: (table.columns[index].drop, index)))
    return keep
