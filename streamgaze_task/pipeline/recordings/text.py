"""Lines and numbers of strangers' text files: bounded, and a few malformed lines are survived."""

from __future__ import annotations

import csv
import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sightline.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

MAX_ROWS = 20_000_000
"""More rows than any recording has: 27 hours at 200 a second."""

LONGEST_LINE = 1 << 16
"""Characters; no line of these formats is anywhere near."""

FEW = 3
"""So many malformed lines never matter, however short the file."""

FEW_SHARE = 0.01
"""Nor does this share of all lines. A tracker that stops in the middle of a line, or writes a
message among the samples, makes a few; a file of another format makes all of them."""

LARGEST = 1e30
"""No device measures more; products of a few such numbers are still numbers."""

SEPARATORS = (";", "\t", "|", ",")
"""What else stands between the cells of tables; a comma last, which may be a decimal one."""

_MISSING = frozenset({"", "nan", "na", "n/a", "none", "null", "-", "--"})
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
_SHOWN = 3
_SHOWN_CHARACTERS = 200


class DecimalCommaError(ValueError):
    """A number is written with a decimal comma: then no number of the file can be trusted."""


@dataclass
class Malformed:
    """Counts the lines of one file that could not be read."""

    path: Path
    count: int = 0
    first: list[str] = field(default_factory=list)
    """The first ones, with their line numbers and what was wrong."""

    def add(self, line: int, error: Exception | str) -> None:
        """Remember one.

        Raises:
            DatasetError: it is a decimal comma.
        """
        if isinstance(error, DecimalCommaError):
            raise DatasetError(
                f"{self.path} line {line}: {error}",
                next_step="export again with decimal points (on Windows: the region's format)",
            )
        self.count += 1
        if len(self.first) < _SHOWN:
            self.first.append(f"line {line}: {error}")

    def notes(self, rows: int) -> tuple[str, ...]:
        """What to tell about them, when there were few.

        Args:
            rows: how many lines could be read.

        Raises:
            DatasetError: there were many, or nothing else.
        """
        if not self.count:
            return ()
        told = "; ".join(self.first)
        if not rows or self.count > max(FEW, FEW_SHARE * (rows + self.count)):
            raise DatasetError(
                f"{self.path} must be readable line by line, but {self.count} of "
                f"{rows + self.count} lines are not ({told})",
                next_step="check that the file is whole and of the format that was named",
            )
        return (f"{self.path.name}: {self.count} malformed lines were left out ({told})",)


def number(text: str) -> float:
    """A cell as a number; NaN where nothing was measured, for infinity and beyond LARGEST.

    Raises:
        DecimalCommaError: it has a decimal comma.
        ValueError: it is no number.
    """
    text = text.strip()
    if text.lower() in _MISSING:
        return math.nan
    if _DECIMAL_COMMA.fullmatch(text):
        raise DecimalCommaError(f"{text!r} has a decimal comma; a number must have a point")
    if "_" in text:
        raise ValueError(f"{text[:40]!r} is no number")
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{text[:40]!r} is no number") from None
    return value if abs(value) <= LARGEST else math.nan  # NaN is not


def needed(text: str, name: str) -> float:
    """A number that must be there.

    Raises:
        ValueError: it is not.
    """
    value = number(text)
    if math.isnan(value):
        raise ValueError(f"{name} is missing")
    return value


def lines(path: Path, *, lenient: bool = False) -> Iterator[tuple[int, str]]:
    """The lines of a text file with their numbers from 1, without line ends.

    A byte order mark is left out; Windows' line ends count as one.

    Args:
        path: the file, in UTF-8.
        lenient: whether characters that are not UTF-8 become question marks (headers of devices
            that write degree signs in the code page of their country).

    Raises:
        DatasetError: the file cannot be read, or has endless lines, or too many.
    """
    errors = "replace" if lenient else "strict"
    try:
        with path.open(encoding="utf-8-sig", errors=errors) as file:
            for place in range(1, MAX_ROWS + 2):
                line = file.readline(LONGEST_LINE)
                if not line:
                    return
                if len(line) == LONGEST_LINE:
                    raise DatasetError(
                        f"{path} line {place} is longer than {LONGEST_LINE}",
                        next_step="check that it is a text file with one sample a line",
                    )
                yield place, line.rstrip("\n")
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error}") from error
    except UnicodeError as error:
        raise DatasetError(
            f"{path} must be a text file in UTF-8, but cannot be read: {error}",
            next_step="save it as UTF-8: Windows writes UTF-16, or the code page of the country",
        ) from error
    raise DatasetError(f"{path} has more than {MAX_ROWS} lines")


def columns_at(path: Path, names: Sequence[str], there: Sequence[str], next_step: str) -> list[int]:
    """Where some columns of a table stand.

    Args:
        path: the table, for messages.
        names: of the columns that are wanted.
        there: of all columns.
        next_step: what to do when one is missing.

    Raises:
        DatasetError: one of them is missing, or there twice.
    """
    for name in names:
        if (count := there.count(name)) == 1:
            continue
        told = repr(", ".join(there)[:_SHOWN_CHARACTERS])
        if count:
            raise DatasetError(
                f"{path} must have one column {name!r}, but has {count} in {told}",
                next_step="rename all but one of them",
            )
        raise DatasetError(
            f"{path} must have the column {name!r}, but has {told}", next_step=next_step
        )
    return [there.index(name) for name in names]


def other_separator(there: Sequence[str]) -> str:
    """What seems to stand between the cells of a first line that was taken for one; or nothing."""
    name = there[0] if len(there) == 1 else ""
    return next((mark for mark in SEPARATORS if mark in name), "")


def cells(path: Path, separator: str) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV with the numbers of their lines; cells stripped, empty lines left out.

    Raises:
        DatasetError: as :func:`lines`, or the quotes are broken.
    """
    reader = csv.reader((line for _, line in lines(path)), delimiter=separator)
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield reader.line_num, [cell.strip() for cell in row]
    except csv.Error as error:
        raise DatasetError(
            f"{path} line {reader.line_num}: {error}",
            next_step="check that it is a whole text file, and that every quote has its second",
        ) from error
