"""What a commit does to a tree, and how two of them are merged. Nothing is touched here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import HubError, no_entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .repositories import Entry


@dataclass(frozen=True)
class Put:
    """A file is there, with this content."""

    path: str
    """In the repository."""
    entry: Entry
    """The content."""


@dataclass(frozen=True)
class Remove:
    """A file, or all files of a folder, are there no more."""

    path: str
    """In the repository."""
    folder: bool = False
    """Whether it is a folder."""


def checked_path(path: str) -> str:
    """The path, if git could have it.

    Raises:
        HubError: 400, with the path.
    """
    parts = path.split("/")
    if any(part in ("", ".", "..") or part.lower() == ".git" for part in parts) or "\\" in path:
        raise HubError(400, f"Invalid path in commit: {path!r}")
    return path


def apply(tree: Mapping[str, Entry], changes: Iterable[Put | Remove]) -> dict[str, Entry]:
    """The tree after the changes, one after the other.

    Raises:
        HubError: 404 for a removal of what is not there, 400 for a file where a folder is.
    """
    new = dict(tree)
    for change in changes:
        if isinstance(change, Put):
            new[checked_path(change.path)] = change.entry
        else:
            for path in _removed(new, change):
                del new[path]
    _refuse_files_as_folders(new)
    return new


def _removed(tree: Mapping[str, Entry], change: Remove) -> list[str]:
    path = change.path.rstrip("/")
    if change.folder:
        found = [name for name in tree if name.startswith(f"{path}/")]
    else:
        found = [path] if path in tree else []
    if not found:
        raise no_entry("A file with this name doesn't exist")
    return found


def _refuse_files_as_folders(tree: Mapping[str, Entry]) -> None:
    for path in tree:
        parts = path.split("/")
        for count in range(1, len(parts)):
            parent = "/".join(parts[:count])
            if parent in tree:
                raise HubError(400, f"{path!r} cannot be in {parent!r}, which is a file")


def conflicts(
    base: Mapping[str, Entry], ours: Mapping[str, Entry], theirs: Mapping[str, Entry]
) -> list[str]:
    """Paths that both sides changed since the base, each in its own way."""
    return sorted(
        path
        for path in {*base, *ours, *theirs}
        if base.get(path) != ours.get(path)
        and base.get(path) != theirs.get(path)
        and ours.get(path) != theirs.get(path)
    )


def merged(
    base: Mapping[str, Entry], ours: Mapping[str, Entry], theirs: Mapping[str, Entry]
) -> dict[str, Entry]:
    """Our tree with what they changed since the base."""
    new = dict(ours)
    for path in {*base, *theirs}:
        if base.get(path) == theirs.get(path):
            continue
        new.pop(path, None)
        if path in theirs:
            new[path] = theirs[path]
    return new
