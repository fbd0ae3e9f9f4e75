"""A folder that is made part by part and then appears at once.

The parts are written into ``OUT.partial-<key>`` beside OUT. A journal there says which are
finished, with size and SHA-256, so that a build that was killed goes on where it stopped; the
part it was at is made again. When all parts are there the folder is renamed to OUT.
"""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.errors import SightlineError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_JOURNAL = "journal.jsonl"
_UNFINISHED = ".unfinished"
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_CHUNK = 1 << 22


@dataclass(frozen=True)
class Part:
    """One finished file."""

    name: str
    """Path relative to the folder, with ``/``."""
    key: str
    """Names what it was made from; another key means that it must be made again."""
    size: int
    """Bytes."""
    sha256: str
    """SHA-256 of the file, in hex."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What the maker found out while it made the file, as plain JSON types."""


class PartFile(io.RawIOBase):
    """The file that a part is written to: hashes what passes through."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        """Where the unfinished file lies: it may be read back after the last write."""
        self.size = 0
        """Bytes written so far."""
        self._digest = hashlib.sha256()
        self._file = path.open("wb", buffering=0)

    def writable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """Bytes written so far."""
        return self.size

    def write(self, data: Any, /) -> int:
        """Write all of the data, and hash it."""
        view = memoryview(data).cast("B")
        done = 0
        while done < len(view):
            done += self._file.write(view[done:])
        self._digest.update(view)
        self.size += len(view)
        return len(view)

    def close(self) -> None:
        """Close the file; closing again does nothing."""
        if not self.closed:
            self._file.close()
        super().close()

    @property
    def sha256(self) -> str:
        """SHA-256 of everything written so far, in hex."""
        return self._digest.hexdigest()


class Staging:
    """A folder in the making.

    Args:
        out: where the finished folder goes; it must not exist, or be empty.
        key: names what is being made: the same key goes on with the same unfinished folder.
    """

    def __init__(self, out: Path, key: str) -> None:
        self.out = out
        self.folder = out.with_name(f"{out.name}.partial-{key[:16]}")
        """Where the parts are; it is made with the first of them."""
        self._journal = _read_journal(self.folder / _JOURNAL)
        self._used: dict[str, Part] = {}

    @property
    def finished_bytes(self) -> int:
        """Bytes in parts that an earlier build finished."""
        return sum(part.size for part in self._journal.values())

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts asked for so far, by name."""
        return tuple(self._used[name] for name in sorted(self._used))

    def restart(self) -> None:
        """Forget which parts were asked for: the plan has changed. Finished ones stay usable."""
        self._used.clear()

    def forget(self, name: str) -> None:
        """Leave a part that was asked for out of the folder after all."""
        self._used.pop(name, None)

    def part(self, name: str, key: str, make: Callable[[PartFile], Mapping[str, Any]]) -> Part:
        """Make one file, or take it over from an earlier build that finished it.

        Args:
            name: path relative to the folder.
            key: names what it is made from.
            make: writes the file and returns facts about it (plain JSON types). When it raises,
                the part stays unfinished.

        Raises:
            SightlineError: the disk is full.
        """
        known = self._journal.get(name)
        if known is None or known.key != key or not self._intact(known):
            known = self._make(name, key, make)
        self._used[name] = known
        return known

    def finish(self) -> None:
        """Remove what belongs to no part, and put the folder in its place.

        Raises:
            SightlineError: something else has appeared there.
        """
        keep = {self.folder / name for name in self._used}
        for path in sorted(self.folder.rglob("*"), reverse=True):
            if path.is_dir():
                if not any(path.iterdir()):
                    path.rmdir()
            elif path not in keep:
                path.unlink()
        try:
            self.folder.replace(self.out)
        except OSError as error:
            raise SightlineError(
                f"{self.out} must not exist or be empty, but cannot be replaced: {error}",
                next_step=f"move it away and rename {self.folder.name} to {self.out.name}",
            ) from error

    def _make(self, name: str, key: str, make: Callable[[PartFile], Mapping[str, Any]]) -> Part:
        path = self.folder / name
        unfinished = path.with_name(path.name + _UNFINISHED)
        with room(self.folder):
            path.parent.mkdir(parents=True, exist_ok=True)
            with PartFile(unfinished) as file:
                facts = make(file)
            unfinished.replace(path)
            part = Part(name, key, file.size, file.sha256, dict(facts))
            with (self.folder / _JOURNAL).open("a", encoding="utf-8") as journal:
                journal.write(json.dumps(asdict(part), sort_keys=True) + "\n")
        self._journal[name] = part
        return part

    def _intact(self, part: Part) -> bool:
        path = self.folder / part.name
        if not path.is_file() or path.stat().st_size != part.size:
            return False
        return file_sha256(path) == part.sha256


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """A folder beside `out` that becomes `out` when all went well, and goes away otherwise.

    Raises:
        UsageError: `out` is there and not an empty folder, or cannot be written.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(
            f"{out} exists and is not an empty folder",
            next_step="name a folder that does not exist yet, or empty this one",
        )
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
        try:
            yield folder
            folder.chmod(0o755)
            folder.replace(out)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        raise UsageError(
            f"cannot write to {out}: {error}",
            next_step="free some space (60 MB are enough for a sample release) or name another "
            "folder",
        ) from error


@contextmanager
def room(folder: Path) -> Iterator[None]:
    """Turn "no space left on device" into a message that says what to do.

    Raises:
        SightlineError: a write failed because the disk, the quota or the size limit is reached.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        raise SightlineError(
            f"the disk is full: {os.strerror(error.errno)} while writing into {folder}",
            next_step="free some space and run the same command again: finished parts are kept",
        ) from error


def check_room(folder: Path, need: int) -> None:
    """See that the disk has room before hours of work.

    Raises:
        SightlineError: fewer than `need` bytes are free.
    """
    free = shutil.disk_usage(folder).free
    if free < need:
        raise SightlineError(
            f"the disk is too full: {folder} needs {need:,} bytes more, but {free:,} are free",
            next_step="free some space, or choose another --out; finished parts are kept",
        )


def file_sha256(path: Path, advance: Callable[[int], None] | None = None) -> str:
    """SHA-256 of a file, in hex, read piece by piece; `advance` is told each piece's size."""
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            if advance is not None:
                advance(len(chunk))
    return digest.hexdigest()


def _read_journal(path: Path) -> dict[str, Part]:
    """Finished parts by name; a last line that was cut short by a kill is not counted."""
    parts: dict[str, Part] = {}
    if not path.exists():
        return parts
    lines = path.read_bytes().split(b"\n")
    for line in lines[:-1]:
        try:
            part = Part(**json.loads(line))
        except (ValueError, TypeError):
            continue
        parts[part.name] = part
    if lines[-1]:
        # So that the next line does not continue the broken one.
        with path.open("a", encoding="utf-8") as journal:
            journal.write("\n")
    return parts
