"""The files of a package, a folder or a zip, opened without trusting it.

Only the names that a package has are ever opened; anything else in it is a fault, never read.
"""

from __future__ import annotations

import os
import stat
import tempfile
import zipfile
from contextlib import ExitStack, contextmanager
from typing import IO, TYPE_CHECKING

from sightline.archives import Archive, Limits
from sightline.errors import ReleaseError
from sightline.findings import Finding
from sightline.leaderboard.records import MANIFEST, RESPONSES
from sightline.wording import shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MIB = 1 << 20
LARGEST_PACKED = 64 * MIB
"""Bytes of a zip."""

LARGEST_UNPACKED = 512 * MIB
"""Bytes of all its files together."""

LARGEST_MANIFEST = 4 * MIB
"""Bytes of `submission.json`."""

MOST_SHOWN = 20
"""Faults of one kind that are shown; the others are counted."""

READ = (MANIFEST, RESPONSES)
"""What a package must have, and all that is read of it."""

_ALLOWED = frozenset((*READ, "README.md"))
_LIMITS = Limits(LARGEST_UNPACKED, LARGEST_UNPACKED, ratio=200)
_LARGEST_DIRECTORY = 1 << 16
_END, _END_BYTES, _LONGEST_COMMENT = b"PK\x05\x06", 22, 1 << 16
_END_64, _END_64_BYTES = b"PK\x06\x07", 20
_MOST_ENTRIES = 1000


@contextmanager
def opened(path: Path, found: list[Finding]) -> Iterator[dict[str, IO[bytes]]]:
    """The files of a package that can be read, by name; what is wrong is added to `found`.

    Args:
        path: a folder or a zip file; a link to one is refused.
        found: gets a finding for each fault.
    """
    with ExitStack() as stack:
        yield _files(path, found, stack)


def error(what: str, mend: str = "", where: str = "") -> Finding:
    """A finding that refuses the package."""
    return Finding("error", what, mend, where)


def first(found: list[Finding], where: str = "") -> list[Finding]:
    """The first findings of a kind, and how many more there are."""
    more = len(found) - MOST_SHOWN
    if more <= 0:
        return found
    return [*found[:MOST_SHOWN], error(f"and {more:,} more of this kind", where=where)]


def _files(path: Path, found: list[Finding], stack: ExitStack) -> dict[str, IO[bytes]]:
    try:
        mode = path.lstat().st_mode
        if stat.S_ISDIR(mode):
            return _of_folder(path, found, stack)
        if stat.S_ISREG(mode):
            return _of_zip(path, found, stack)
    except OSError as failed:
        found.append(error(f"cannot be read: {failed.strerror or failed}"))
        return {}
    kind = "a link" if stat.S_ISLNK(mode) else "neither"
    found.append(error(f"a package must be a folder or a zip file, but this is {kind}"))
    return {}


def _of_folder(path: Path, found: list[Finding], stack: ExitStack) -> dict[str, IO[bytes]]:
    with os.scandir(path) as entries:
        names = [entry.name for _, entry in zip(range(_MOST_ENTRIES), entries, strict=False)]
    found += _name_faults(names)
    files: dict[str, IO[bytes]] = {}
    for name in READ:
        if name in names and (file := _plain_file(path / name, found)) is not None:
            files[name] = stack.enter_context(file)
    total = sum(os.fstat(file.fileno()).st_size for file in files.values())
    if total > LARGEST_UNPACKED:
        found.append(error(f"must have at most {LARGEST_UNPACKED:,} bytes, but has {total:,}"))
        return {}
    return files


def _plain_file(path: Path, found: list[Finding]) -> IO[bytes] | None:
    """The file, when it is one itself: no link, and nothing whose opening or reading may block."""
    try:
        # Between a look at its kind and the opening somebody could put a link into its place.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as failed:
        link = "a link; " if path.is_symlink() else ""
        found.append(
            error(f"is {link}no file that can be read: {failed.strerror}", where=path.name)
        )
        return None
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return os.fdopen(handle, "rb")
    os.close(handle)
    found.append(error("must be a plain file", where=path.name))
    return None


def _of_zip(path: Path, found: list[Finding], stack: ExitStack) -> dict[str, IO[bytes]]:
    fault = _zip_fault(path)
    if fault:
        found.append(error(fault))
        return {}
    archive = stack.enter_context(Archive(path, limits=_LIMITS))
    found += first([error(one.message, where=one.where) for one in archive.problems])
    if not archive.readable:
        return {}
    with zipfile.ZipFile(path) as directory:
        found += _name_faults([info.orig_filename for info in directory.infolist()])
    if archive.problems:
        return {}
    return {name: file for name in READ if (file := _member(archive, name, found, stack))}


def _zip_fault(path: Path) -> str:
    """Why a zip is not even listed: a list of a million members would fill the memory."""
    size = path.stat().st_size
    if size > LARGEST_PACKED:
        return f"must have at most {LARGEST_PACKED:,} bytes, but has {size:,}"
    with path.open("rb") as file:
        file.seek(max(0, size - _END_BYTES - _LONGEST_COMMENT))
        tail = file.read()
        at = len(tail) - _END_BYTES
        if at < 0 or tail[at : at + 4] != _END or tail[-2:] != b"\0\0":
            at = tail.rfind(_END)
    if at < 0 or at + _END_BYTES > len(tail):
        return "must be a folder or a whole zip file, but is neither (was it cut?)"
    if tail[max(0, at - _END_64_BYTES) : at].startswith(_END_64):
        return "is a zip of the 64-bit kind, which no package needs"
    listed = int.from_bytes(tail[at + 12 : at + 16], "little")
    if listed > _LARGEST_DIRECTORY:
        return f"must hold {' and '.join(READ)}, but lists far more members ({listed:,} bytes)"
    return ""


def _member(
    archive: Archive, name: str, found: list[Finding], stack: ExitStack
) -> IO[bytes] | None:
    member = archive.find(name)
    if member is None:
        return None
    if name == MANIFEST and member.size > LARGEST_MANIFEST:
        found.append(error(f"is longer than {LARGEST_MANIFEST:,} bytes", where=name))
        return None
    # Unpacked into a file without a name: it may be larger than what we want in memory.
    target = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 (the stack closes it)
    try:
        archive.copy(name, target)
    except ReleaseError as damaged:
        found.append(error(damaged.message, where=name))
        return None
    target.seek(0)
    return target


def _name_faults(names: list[str]) -> list[Finding]:
    unknown = [
        error(
            f"must not be in a package: {_why(name)}",
            f"put {' and '.join(READ)} at the top of it, and nothing else",
            where=shown(name, 120),
        )
        for name in names
        if name not in _ALLOWED
    ]
    missing = [error("is not in the package", where=name) for name in READ if name not in names]
    return [*first(unknown), *missing]


def _why(name: str) -> str:
    if name.lower() in _ALLOWED:
        return "its name differs from one of ours in upper and lower case only"
    if name.lower().endswith((".zip", ".gz", ".tar", ".7z", ".xz", ".bz2")):
        return "an archive inside of an archive"
    return "only the files of a package are taken"
