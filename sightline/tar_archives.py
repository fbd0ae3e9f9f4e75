"""Tar archives made by strangers, plain or gzipped, read once from front to back.

A tar has no directory, so all its faults show up only while it streams: they are collected in
:attr:`TarArchive.problems`, an entry that is not safe is passed over unread, and nothing is ever
extracted by a name from the archive. Deliberate: the entries are parsed here and only the header's
fields by ``tarfile``, because that module takes a damaged header in the middle for the end of the
archive, reads headers of any size into memory, and treats unsafe entries differently from one
Python to the next (PEP 706).
"""

from __future__ import annotations

import gzip
import tarfile
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, cast

from sightline.archives import JUNK, MIB, Limits, clean_name
from sightline.errors import Problem, ReleaseError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOST_ENTRIES = 200_000
"""Entries of one archive, folders included (a real one has some hundred)."""

_BLOCK = tarfile.BLOCKSIZE
_CHUNK = 4 * MIB
_MOST_PADDING_CHUNKS = 4
_HEADER_BYTES = 64 << 10
_GZIP = b"\x1f\x8b"
_DAMAGE = (EOFError, zlib.error, gzip.BadGzipFile)
_LONG_NAME = (tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK)
_PLAIN = (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE)
_KINDS = {
    tarfile.LNKTYPE: "a hard link",
    tarfile.SYMTYPE: "a symbolic link",
    tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device",
    tarfile.FIFOTYPE: "a pipe",
    tarfile.GNUTYPE_SPARSE: "a sparse file",
}


class _Broken(Exception):  # noqa: N818 (never leaves this module)
    """The archive cannot be read any further; the message says why."""


@dataclass(frozen=True)
class TarMember:
    """One plain file, to be read before the archive moves on."""

    name: str
    """Its cleaned name in the archive."""
    size: int
    """Bytes, as its header says."""
    _archive: TarArchive

    def copy(self, target: IO[bytes]) -> int:
        """Write its content to an open file, piece by piece; returns the number of bytes.

        Raises:
            ReleaseError: the archive ends or is damaged before the member does.
        """
        return self._archive._copy(self, target)  # noqa: SLF001 (two halves of one reader)


class TarArchive:
    """A ``.tar`` or ``.tar.gz`` file, told apart by its first bytes and not by its name.

    Args:
        path: the file.
        limits: what counts as a bomb.
        most_entries: how many entries it may have.
    """

    def __init__(
        self, path: Path, *, limits: Limits | None = None, most_entries: int = MOST_ENTRIES
    ) -> None:
        self.path = path
        self.problems: list[Problem] = []
        """What is wrong with it, as far as it was read."""
        self.readable = True
        """False once it broke off: then there may have been more members."""
        self._limits = limits or Limits()
        self._most_entries = most_entries
        self._most_bytes = min(
            self._limits.total_bytes, self._limits.ratio * max(path.stat().st_size, MIB)
        )
        self._file: IO[bytes] | None = None
        self._left = 0  # bytes of the current entry that were not read yet
        self._padding = 0
        self._current: TarMember | None = None

    def members(self) -> Iterator[TarMember]:
        """The plain files in order; each can be read until the next one is asked for."""
        self.problems.clear()
        self.readable = True
        try:
            with self.path.open("rb") as raw:
                zipped = raw.read(len(_GZIP)) == _GZIP
                raw.seek(0)
                self._file = cast("IO[bytes]", gzip.GzipFile(fileobj=raw) if zipped else raw)
                yield from self._safe_members()
                self._drain()
        except _Broken as error:
            self._break(str(error))
        finally:
            self._file = self._current = None

    def _safe_members(self) -> Iterator[TarMember]:
        seen: set[str] = set()
        total = 0
        for number, info in enumerate(self._headers(), start=1):
            if number > self._most_entries:
                raise _Broken(f"unsafe archive: it has more than {self._most_entries:,} entries")
            total += info.size
            if total > self._most_bytes:
                raise _Broken(
                    f"unsafe archive: unpacks to {total:,} bytes or more, but "
                    f"{self._most_bytes:,} are allowed for its size (a bomb)"
                )
            self._current = self._checked(info, seen)
            if self._current is not None:
                yield self._current

    def _checked(self, info: tarfile.TarInfo, seen: set[str]) -> TarMember | None:
        """The entry as a member; None when it is none, or is not safe."""
        where = f"{self.path.name}:{info.name[:200]!r}"
        if info.isdir() and info.name.strip("./") == "":
            return None
        fault = _fault(info, self._limits)
        if fault:
            self.problems.append(Problem(where, fault))
            return None
        name = clean_name(info.name)
        if info.isdir() or JUNK.search(name):
            return None
        if name in seen:
            self.problems.append(Problem(where, "is in the archive more than once"))
            return None
        seen.add(name)
        return TarMember(name, info.size, self)

    def _headers(self) -> Iterator[tarfile.TarInfo]:
        """The entries, each with the name and size that its extension headers give it."""
        given: dict[str, str] = {}
        while (block := self._header_block()) is not None:
            try:
                info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
            except (tarfile.HeaderError, ValueError) as error:
                raise _Broken(f"must be a whole tar file, but a header is damaged: {error}") from (
                    error
                )
            if info.size < 0:
                raise _Broken("must be a whole tar file, but an entry has a negative size")
            if info.type in (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE):
                given |= _pax_records(self._small(info))
            elif info.type in _LONG_NAME:
                text = self._small(info).rstrip(b"\0").decode("utf-8", "surrogateescape")
                given |= {"path": text} if info.type == tarfile.GNUTYPE_LONGNAME else {}
            elif info.type == tarfile.XGLTYPE:
                self._small(info)  # comments such as the commit that git archives
            else:
                yield self._entered(info, given)
                self._pass()
                given = {}

    def _entered(self, info: tarfile.TarInfo, given: dict[str, str]) -> tarfile.TarInfo:
        if "GNU.sparse.major" in given or "GNU.sparse.map" in given:
            info.type = tarfile.GNUTYPE_SPARSE
        info.name = given.get("path", info.name)
        size = given.get("size", "")
        if size:
            if not size.isascii() or not size.isdigit() or len(size) > len(str(1 << 63)):
                raise _Broken("must be a whole tar file, but an entry's size is no number")
            info.size = int(size)
        self._left = info.size if info.type in _PLAIN or info.type not in _KINDS else 0
        if info.isdir() or info.type in _KINDS:
            # Links and folders carry no content, whatever their size says; sparse files do.
            self._left = info.size if info.type == tarfile.GNUTYPE_SPARSE else 0
        self._padding = -self._left % _BLOCK
        return info

    def _header_block(self) -> bytes | None:
        block = self._read(_BLOCK)
        if len(block) < _BLOCK:
            raise _Broken("must be a whole tar file, but ends early (was it cut?)")
        return block if block.strip(b"\0") else None

    def _small(self, info: tarfile.TarInfo) -> bytes:
        """The content of an extension header."""
        if info.size > _HEADER_BYTES:
            raise _Broken(f"unsafe archive: a header of {info.size:,} bytes")
        padded = self._read(info.size + -info.size % _BLOCK)
        if len(padded) < info.size:
            raise _Broken("must be a whole tar file, but ends early (was it cut?)")
        return padded[: info.size]

    def _copy(self, member: TarMember, target: IO[bytes]) -> int:
        if member is not self._current:
            raise ReleaseError(f"{self.path.name}:{member.name!r} can be read once, in its turn")
        self._current = None
        try:
            while self._left:
                target.write(self._piece())
        except _Broken as error:
            self._break(str(error))
            where = f"{self.path.name}:{member.name!r}"
            raise ReleaseError(f"{where} is damaged: {error}") from error
        return member.size

    def _pass(self) -> None:
        """Go to the end of the current member."""
        if not self.readable:
            raise _Broken(self.problems[-1].message)
        while self._left:
            self._piece()
        if len(self._read(self._padding)) < self._padding:
            raise _Broken("must be a whole tar file, but ends early (was it cut?)")

    def _piece(self) -> bytes:
        data = self._read(min(self._left, _CHUNK))
        if not data:
            raise _Broken("must be a whole tar file, but ends early (was it cut?)")
        self._left -= len(data)
        return data

    def _read(self, size: int) -> bytes:
        if self._file is None:
            raise _Broken("the archive has moved on")
        try:
            return self._file.read(size)
        except _DAMAGE as error:
            raise _Broken(f"must be a whole archive, but cannot be unpacked: {error}") from error

    def _drain(self) -> None:
        """Read what follows the last entry: padding, and the checksum that gzip compares."""
        for _ in range(_MOST_PADDING_CHUNKS):
            data = self._read(_CHUNK)
            if not data:
                return
            if data.strip(b"\0"):
                raise _Broken("has more data after its end (several archives in one file?)")
        raise _Broken("unsafe archive: many empty bytes after its end (a bomb)")

    def _break(self, message: str) -> None:
        if self.readable:
            self.problems.append(Problem(self.path.name, message))
        self.readable = False


def _fault(info: tarfile.TarInfo, limits: Limits) -> str:
    """Why this entry may not be read; empty when it may."""
    try:
        clean_name(info.name)
    except ValueError as error:
        return f"unsafe entry: {error}"
    if info.type in _KINDS:
        return f"unsafe entry: {_KINDS[info.type]}; only plain files are read"
    if not info.isdir() and info.type not in _PLAIN:
        return f"unsafe entry: of the unknown kind {info.type!r}; only plain files are read"
    if info.size > limits.member_bytes:
        return (
            f"unsafe entry: says that it has {info.size:,} bytes, more than the "
            f"{limits.member_bytes:,} that one file may have"
        )
    return ""


def _pax_records(data: bytes) -> dict[str, str]:
    """Records ``length key=value``; only those that change the entry are kept."""
    found = {}
    while data:
        length, _, _ = data.partition(b" ")
        if not length.isdigit() or not len(length) < int(length) <= len(data):
            raise _Broken("must be a whole tar file, but an extension header is damaged")
        key, _, value = data[len(length) + 1 : int(length)].rstrip(b"\n").partition(b"=")
        name = key.decode("utf-8", "replace")
        if name in {"path", "size"} or name.startswith("GNU.sparse."):
            found[name] = value.decode("utf-8", "surrogateescape")
        data = data[int(length) :]
    return found
