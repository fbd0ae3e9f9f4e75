"""A table in Markdown, as GitHub and the Hub show it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sightline.reports import number

if TYPE_CHECKING:
    from sightline.leaderboard.exports.grid import Grid, Row

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "@": "&#64;"}
_MARKS = re.compile(r"[\\`*_\[\]~$:]|(?<=www)\.", re.IGNORECASE)


def escaped(text: str) -> str:
    """A text that stands for itself in a cell: no markup, link, mention or new cell comes of it."""
    marked = re.sub(_MARKS, lambda found: f"\\{found[0]}", text)
    return "".join(_ENTITIES.get(character, character) for character in marked)


def markdown(grid: Grid) -> str:
    """The rows as a table, percent with one decimal, the members of the first axis as columns."""
    axis = grid.axes[0]
    heads = ["Model", "Setting", "Overall", "95 % interval"]
    heads += [escaped(axis.short[member]) for member in axis.members]
    heads += ["Failures", "Numbers"]
    rule = ["---", "---", *("---:" for _ in heads[2:-1]), "---"]
    lines = [heads, rule, *(_cells(row) for row in grid.rows)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _cells(row: Row) -> list[str]:
    interval = "-" if row.interval is None else "-".join(number(end) for end in row.interval)
    return [
        escaped(row.model) or "(no name)",
        escaped(row.setting),
        number(row.value),
        interval,
        *(number(value) for value in row.members[0]),
        number(row.failures),
        escaped(row.kind),
    ]
