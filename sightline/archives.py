"""Zip archives made by strangers, read where they lie.

Nothing is extracted: a member is found by name and read by itself. Opening an archive looks at
every entry and collects what is wrong as problems; a member that is not safe is never read.
Deliberate: names are only ever compared with names that a record asks for, so an entry that
points out of the archive could do nothing here; it is refused all the same, because an archive
that holds one was made to do harm.
"""

from __future__ import annotations

import itertools
import lzma
import re
import stat
import struct
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.errors import Problem, ReleaseError, UnsafeArchiveError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from typing import IO

    from typing_extensions import Self

MIB = 1 << 20
_CHUNK = 4 * MIB
_ENCRYPTED = 0x1
_LOCAL_HEADER_BYTES = 30
_LONGEST_NAME = 1000
_LONGEST_PART = 240
_DRIVE = re.compile(r"[A-Za-z]:")
_CONTROL = re.compile(r"[\x00-\x1f]")
# A name that needs no cleaning, which nearly all do: releases hold 100,000 of them.
_PART = r"(?!\.{1,2}(?:/|\Z))[^/\\\x00-\x1f\ud800-\udfff]{1,240}"
_CLEAN = re.compile(rf"(?![A-Za-z]:){_PART}(?:/{_PART})*")
JUNK = re.compile(r"(^|/)(__MACOSX/|\.DS_Store$|Thumbs\.db$|\._[^/]*$)")

# What the zip reader raises on an archive that is cut short, damaged or crafted.
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error,
    EOFError, NotImplementedError, OverflowError, RuntimeError, ValueError,
)  # fmt: skip


@dataclass(frozen=True)
class Limits:
    """How large an archive may say that its content is, before we call it a bomb."""

    member_bytes: int = 256 * MIB
    """Bytes of one member, unpacked."""
    total_bytes: int = 1 << 41
    """Bytes of all members together, unpacked (2 TiB: a real release has tens of GB)."""
    ratio: int = 100
    """Unpacked / packed bytes of a member above 1 MiB, and of the whole. JPEG and mp4 are packed
    already (about 1); deflate can reach 1,032."""


@dataclass(frozen=True)
class Member:
    """One file in an archive."""

    name: str
    """Its name there, without the folder that the archive may repeat."""
    size: int
    """Bytes, unpacked, as the archive's directory says; never more than that is read."""
    info: zipfile.ZipInfo
    """The entry itself."""


def clean_name(raw: str) -> str:
    """A relative path as we compare it: ``./a//b.jpg`` -> ``a/b.jpg``.

    Raises:
        ValueError: it is no relative path that stays inside its folder; the message says why.
    """
    if len(raw) <= _LONGEST_NAME and raw[:1] != "/" and _CLEAN.fullmatch(raw):
        return raw
    parts = [part for part in raw.split("/") if part not in ("", ".")]
    reasons = {
        "is empty": not parts,
        "is absolute": raw.startswith("/"),
        "leaves its folder by '..'": ".." in parts,
        "has a backslash": "\\" in raw,
        "starts with a drive letter": bool(_DRIVE.match(raw)),
        "has control characters": bool(_CONTROL.search(raw)),
        "is not valid Unicode": not _encodable(raw),
        "is too long": len(raw) > _LONGEST_NAME or any(len(p) > _LONGEST_PART for p in parts),
    }
    for reason, holds in reasons.items():
        if holds:
            raise ValueError(f"path {raw[:120]!r} {reason}")
    return "/".join(parts)


class Archive:
    """A zip file, open for reading by name; safe to share between threads.

    Args:
        path: the zip file.
        folder: a folder name that the archive may or may not repeat in front of its members,
            ``frames`` for ``frames.zip``; above it any other folders are dropped too.
        limits: what counts as a bomb.
    """

    def __init__(self, path: Path, *, folder: str = "", limits: Limits | None = None) -> None:
        self.path = path
        self.problems: tuple[Problem, ...] = ()
        """What is wrong with the archive as a whole; empty for a good one."""
        self.readable = True
        """False when not even its directory can be read: then it has no members."""
        self._members: dict[str, Member] = {}
        self._zip: zipfile.ZipFile | None = None
        try:
            self._zip = zipfile.ZipFile(path)
        except (*_DAMAGE, OSError) as error:
            self.readable = False
            self.problems = (
                Problem(path.name, f"must be a whole zip file, but cannot be read: {error}"),
            )
            return
        self._index(self._zip.infolist(), folder, limits or Limits())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.find(name) is not None

    def __len__(self) -> int:
        return len(self._members)

    def close(self) -> None:
        """Close the file; the members cannot be read any more."""
        if self._zip is not None:
            self._zip.close()

    def find(self, name: str) -> Member | None:
        """The member of that name, or None; the name is cleaned first."""
        found = self._members.get(name)
        if found is not None:
            return found
        try:
            return self._members.get(clean_name(name))
        except ValueError:
            return None

    def read(self, name: str) -> bytes:
        """All bytes of a member, its checksum compared.

        Raises:
            ReleaseError: there is no such member, or it is damaged.
        """
        with self._opened(name) as (member, stream):
            data = stream.read(member.size + 1)
            self._compare(member, len(data))
        return data

    def copy(self, name: str, target: IO[bytes]) -> int:
        """Write a member to an open file, piece by piece; returns the number of bytes.

        Raises:
            ReleaseError: there is no such member, or it is damaged.
        """
        done = 0
        with self._opened(name) as (member, stream):
            while chunk := self._piece(member, stream):
                done += len(chunk)
                target.write(chunk)
            self._compare(member, done)
        return done

    def _index(self, infos: list[zipfile.ZipInfo], folder: str, limits: Limits) -> None:
        problems = [*_bombs(self.path, infos, limits), *_overlaps(self.path, infos)]
        files: dict[str, zipfile.ZipInfo] = {}
        for info in infos:
            where = f"{self.path.name}:{info.orig_filename[:200]!r}"
            fault = _fault(info, limits)
            if fault:
                problems.append(Problem(where, fault))
            elif not info.is_dir() and not JUNK.search(info.filename):
                name = clean_name(info.orig_filename)
                if name in files:
                    problems.append(Problem(where, "is in the archive more than once"))
                files[name] = info
        problems += _files_as_folders(self.path, files)
        drop = _repeated(files, folder)
        self._members = {
            name[drop:]: Member(name[drop:], info.file_size, info) for name, info in files.items()
        }
        self.problems = tuple(problems)

    @contextmanager
    def _opened(self, name: str) -> Iterator[tuple[Member, IO[bytes]]]:
        member = self.find(name)
        if member is None or self._zip is None:
            raise ReleaseError(f"{self.path.name}: there is no {name!r} in it")
        try:
            with self._zip.open(member.info) as stream:
                yield member, stream
        except _DAMAGE as error:
            raise ReleaseError(f"{self.path.name}:{name!r} is damaged: {error}") from error

    @staticmethod
    def _piece(member: Member, stream: IO[bytes]) -> bytes:
        return stream.read(min(_CHUNK, member.size + 1))

    def _compare(self, member: Member, size: int) -> None:
        if size != member.size:
            raise UnsafeArchiveError(
                f"{self.path.name}:{member.name!r} must have {member.size} bytes, but has {size}"
            )


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _fault(info: zipfile.ZipInfo, limits: Limits) -> str:
    """Why this entry may not be read; empty when it may."""
    if info.orig_filename == "./":
        return ""
    try:
        clean_name(info.orig_filename)
    except ValueError as error:
        return f"unsafe entry: {error}"
    kind, size = stat.S_IFMT(info.external_attr >> 16), info.file_size
    packed = max(info.compress_size, 1)
    reasons = {
        "unsafe entry: a symbolic link; only plain files are read": kind == stat.S_IFLNK,
        "unsafe entry: a special file; only plain files are read": kind
        not in (0, stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK),
        "starts before the archive does (was the file cut?)": info.header_offset < 0,
        "is encrypted; only plain members are read": bool(info.flag_bits & _ENCRYPTED),
        f"unsafe entry: says that it unpacks to {size:,} bytes, "
        f"more than the {limits.member_bytes:,} that one file may have": size > limits.member_bytes,
        f"unsafe entry: unpacks to more than {limits.ratio} times its size (a zip bomb)": size > MIB
        and size > limits.ratio * packed,
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _bombs(path: Path, infos: list[zipfile.ZipInfo], limits: Limits) -> Iterator[Problem]:
    total = sum(info.file_size for info in infos)
    most = min(limits.total_bytes, limits.ratio * max(path.stat().st_size, MIB))
    if total > most:
        yield Problem(
            path.name,
            f"unsafe archive: says that it unpacks to {total:,} bytes, more than the {most:,} "
            f"allowed for its size (a zip bomb)",
        )


def _overlaps(path: Path, infos: list[zipfile.ZipInfo]) -> Iterator[Problem]:
    """Entries that share their bytes: the trick of the bombs that do not look like one."""
    ordered = sorted(infos, key=lambda info: info.header_offset)
    for info, after in itertools.pairwise(ordered):
        end = info.header_offset + _LOCAL_HEADER_BYTES + info.compress_size
        if end > after.header_offset:
            where = f"{path.name}:{after.orig_filename[:200]!r}"
            yield Problem(where, f"unsafe entry: overlaps {info.orig_filename[:200]!r}")


def _files_as_folders(path: Path, files: Mapping[str, object]) -> Iterator[Problem]:
    folders: dict[str, str] = {}
    for name in files:
        folder = name.rpartition("/")[0]
        while folder and folder not in folders:
            folders[folder] = name
            folder = folder.rpartition("/")[0]
    for folder in folders.keys() & files.keys():
        where = f"{path.name}:{folders[folder]!r}"
        yield Problem(where, f"lies in {folder!r}, which is a file")


def _repeated(names: Iterable[str], folder: str) -> int:
    """Length of the leading folders up to and with `folder`, when all names share them."""
    shared: list[str] | None = None
    for name in names:
        parts = name.split("/")[:-1]
        if shared is None:
            shared = parts
        while shared != parts[: len(shared)]:
            shared.pop()
    if not folder or not shared or folder not in shared:
        return 0
    return len("/".join(shared[: shared.index(folder) + 1])) + 1
