"""The patterns of a card's `data_files`, without the power to look outside or to take for ever.

`*` and `?` stand within a part of a path, `**` for any number of parts, as for `load_dataset`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_LONGEST = 300
_MOST_PARTS = 20


def fault(pattern: str) -> str:
    """Why a pattern is not looked for; empty when it is."""
    parts = pattern.split("/")
    faults = {
        "it is too long": len(pattern) > _LONGEST or len(parts) > _MOST_PARTS,
        "it must lie in the dataset": pattern.startswith("/") or ".." in parts or "://" in pattern,
        "only * and ? are looked at": bool(set("[]{}\\:") & set(pattern)),
        "it has an empty part": "" in parts or "." in parts,
    }
    return next((told for told, found in faults.items() if found), "")


def matching(pattern: str, names: Iterable[str]) -> list[str]:
    """Which of these paths a pattern finds.

    Args:
        pattern: one in which `fault` finds nothing.
        names: paths of files with ``/``.
    """
    wanted = pattern.split("/")
    return [name for name in names if _path(wanted, name.split("/"))]


def _path(wanted: Sequence[str], parts: Sequence[str]) -> bool:
    """Whether the parts of a path fit those of a pattern, from the last ones to the first."""
    # fits[j]: whether the pattern's parts from here on fit the path's parts from j on.
    fits = [False] * len(parts) + [True]
    for part in reversed(wanted):
        if part == "**":
            for j in reversed(range(len(parts))):
                fits[j] = fits[j] or fits[j + 1]
        else:
            fits = [_part(part, parts[j]) and fits[j + 1] for j in range(len(parts))] + [False]
    return fits[0]


def _part(wanted: str, name: str) -> bool:
    """Whether a name fits, each character of it looked at once for each ``*`` at most."""
    at = start = mark = 0
    star = -1
    while start < len(name):
        if at < len(wanted) and wanted[at] == "*":
            star, mark = at, start
            at += 1
        elif at < len(wanted) and wanted[at] in ("?", name[start]):
            at, start = at + 1, start + 1
        elif star >= 0:
            mark += 1
            at, start = star + 1, mark
        else:
            return False
    return not wanted[at:].strip("*")
