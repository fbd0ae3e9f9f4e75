"""A table as CSV (RFC 4180), every axis, safe to open with a spreadsheet."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sightline.leaderboard.exports.grid import Grid, Row

_FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
"""How a cell begins that a spreadsheet takes for a formula, in full width too."""


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula: one that could be gets a leading ``'``."""
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text


def csv_table(grid: Grid) -> str:
    """The rows with every member of every axis, percent as they are stored, a head line first."""
    heads = ["model", "setting", "value", "low", "high", "failure_rate", "numbers"]
    heads += [f"{axis.name}: {member}" for axis in grid.axes for member in axis.members]
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow([guarded(head) for head in heads])
    writer.writerows(_cells(row) for row in grid.rows)
    return file.getvalue()


def _cells(row: Row) -> list[str | float | None]:
    low, high = row.interval or (None, None)
    failures = None if row.failures is None else round(row.failures, 4)
    texts = [guarded(text) for text in (row.model, row.setting, row.kind)]
    members = [value for axis in row.members for value in axis]
    return [texts[0], texts[1], row.value, low, high, failures, texts[2], *members]
