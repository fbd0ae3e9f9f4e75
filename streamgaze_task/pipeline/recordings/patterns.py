"""Where files lie: patterns with the recording's name in them, and names that are safe."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from sightline.archives import clean_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

ID = "{id}"
"""Stands for the recording's name in a pattern."""

MAX_FILES = 1_000_000
"""More files than a folder of recordings has; a pattern that fits more is a mistake."""

_LONGEST_NAME = 150
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_PIECES = re.compile(r"(\{id\}|\*)")
_SUFFIX = re.compile(r"\.[^./{}*]+$")


def check_pattern(pattern: str) -> None:
    """Refuse a pattern that could leave its folder, or that fits whole trees.

    Raises:
        ValueError: it does; the message says how.
    """
    clean_name(pattern)
    if "**" in pattern or any(char in pattern.replace(ID, "") for char in "[]?{}"):
        raise ValueError(f"pattern {pattern!r} must have no special characters but {ID} and *")


def fitting(folder: Path, pattern: str) -> Iterator[tuple[str, Path]]:
    """Every file that a pattern fits, in order of its path, with the name found in it.

    Suffixes fit in upper and in lower case (cameras and Windows write ``.MP4`` and ``.CSV``), on
    every machine; those that are written as in the pattern come first.

    Args:
        folder: where the pattern starts.
        pattern: relative, see :func:`check_pattern`. Without ``{id}`` the name is the file's own,
            without its suffix.
    """
    shape = _shape(pattern)
    suffix = _suffix(pattern)
    for path in sorted(folder.glob(_glob(pattern)), key=lambda one: (one.suffix != suffix, one)):
        found = shape.fullmatch(path.relative_to(folder).as_posix())
        if found and path.is_file():
            yield found["id"] if "id" in found.groupdict() else path.stem, path


def _suffix(pattern: str) -> str:
    """``.csv`` of ``gaze/{id}.csv``; nothing where it is not one and the same for all files."""
    found = _SUFFIX.search(pattern)
    return found[0] if found else ""


def _glob(pattern: str) -> str:
    suffix = _suffix(pattern)
    either = "".join(f"[{c.lower()}{c.upper()}]" if c.isalpha() else c for c in suffix)
    return pattern.removesuffix(suffix).replace(ID, "*") + either


def _shape(pattern: str) -> re.Pattern[str]:
    """Its regular expression; a second ``{id}`` must be the same name again."""
    expression, seen, suffix = "", False, _suffix(pattern)
    for piece in _PIECES.split(pattern.removesuffix(suffix)):
        if piece == ID:
            expression += "(?P=id)" if seen else "(?P<id>[^/]+)"
            seen = True
        else:
            expression += "[^/]*" if piece == "*" else re.escape(piece)
    return re.compile(f"{expression}(?i:{re.escape(suffix)})")


def stays_inside(path: Path, folder: Path) -> bool:
    """Whether a file is, links followed, below a folder; False also for links in circles."""
    try:
        return path.resolve(strict=True).is_relative_to(folder.resolve(strict=True))
    except (OSError, RuntimeError):
        return False


def safe_names(names: Sequence[str]) -> Mapping[str, str]:
    """Name -> one that is a file's name everywhere: letters, digits, ``.``, ``_`` and ``-``.

    Names that would become equal, also where upper and lower case count as one, get a part of
    their hash appended, so that no name depends on which others come later in the list.
    """
    plain = {name: _plain(name) for name in names}
    counts: dict[str, int] = {}
    for made in plain.values():
        counts[made.lower()] = counts.get(made.lower(), 0) + 1
    return {
        name: made if counts[made.lower()] == 1 else f"{made}-{_hash(name)}"
        for name, made in plain.items()
    }


def _plain(name: str) -> str:
    made = _UNSAFE.sub("_", name).lstrip(".-")
    if len(made) > _LONGEST_NAME:
        made = f"{made[:_LONGEST_NAME]}-{_hash(name)}"
    return made.rstrip(".") or f"recording-{_hash(name)}"


def _hash(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:8]
