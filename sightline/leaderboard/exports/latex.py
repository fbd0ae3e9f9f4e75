"""A table in LaTeX with the rules of the package booktabs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sightline.reports import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.leaderboard.exports.grid import Grid, Row

# A bracket or star after the end of a row would be read as an argument of it, hence the braces.
_SIGNS = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
    "'": r"\textquotesingle{}",
    "[": "{[}",
    "]": "{]}",
    "*": "{*}",
}


def escaped(text: str) -> str:
    """A text that stands for itself: no command, argument or new cell comes of it."""
    signs = "".join(_SIGNS.get(character, character) for character in text)
    return re.sub(r"-(?=-)", "-{}", signs)  # two of them would join to a dash


def latex(grid: Grid) -> str:
    r"""The rows as a ``tabular``, percent with one decimal, the first axis' members as columns.

    Needs ``\usepackage{booktabs}``, and ``\usepackage[T1]{fontenc}`` with ``textcomp`` for quotes.
    Letters outside of the document's fonts are left as they are.
    """
    axis = grid.axes[0]
    heads = ["Model", "Setting", "Overall", r"95\,\% interval"]
    heads += [escaped(axis.short[member]) for member in axis.members]
    heads += ["Failures", "Numbers"]
    columns = f"ll{'r' * (len(heads) - 3)}l"
    return "".join(
        [
            f"% {escaped(grid.title)}: {escaped(grid.metric)}, percent\n",
            f"\\begin{{tabular}}{{{columns}}}\n\\toprule\n",
            _line(heads),
            "\\midrule\n",
            *(_line(_cells(row)) for row in grid.rows),
            "\\bottomrule\n\\end{tabular}\n",
        ]
    )


def _line(cells: Sequence[str]) -> str:
    return f"{' & '.join(cells)} \\\\\n"


def _cells(row: Row) -> list[str]:
    interval = "--" if row.interval is None else "--".join(number(end) for end in row.interval)
    return [
        escaped(row.model),
        escaped(row.setting),
        number(row.value),
        interval,
        *(number(value) for value in row.members[0]),
        number(row.failures),
        escaped(row.kind),
    ]
