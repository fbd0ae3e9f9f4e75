"""What is known of a video file without opening it again: its SHA-256 and its scan.

A file is known by its path, size and times of change; its bytes are hashed once. What is kept on
disk carries a checksum (gzip's), and a damaged or missing record is made anew.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import os
import threading
import uuid
import zlib
from collections import OrderedDict
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sightline.errors import DatasetError
from sightline.staging import file_sha256
from sightline.video import Scan, scan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SCANS_IN_MEMORY = 16
"""A scan of a long video takes a megabyte, so a process that goes through hundreds keeps few."""

_DAMAGE = (OSError, EOFError, ValueError, TypeError, KeyError, zlib.error)


class VideoRecords:
    """Hashes and scans of video files; safe to share between threads and processes.

    Args:
        folders: where records are looked for; new ones go to the last that can be written. Asked
            for anew each time, as a store may lose a folder on the way.
    """

    def __init__(self, folders: Callable[[], list[Path]]) -> None:
        self._folders = folders
        self._lock = threading.Lock()
        self._scans: OrderedDict[str, Scan] = OrderedDict()
        self._hashes: dict[str, str] = {}

    def scan(self, path: Path) -> Scan:
        """What the packets of a video say, read once on this machine.

        Raises:
            DatasetError: the file is missing or no mp4 with frames.
        """
        name = _name(path)
        with self._lock:
            found = self._scans.get(name)
        if found is None:
            found = self._read(name, "scan", _scan_of)
        if found is None:
            found = scan(path)
            self._write(name, "scan", asdict(found))
        with self._lock:
            found = self._scans.setdefault(name, found)
            self._scans.move_to_end(name)
            while len(self._scans) > SCANS_IN_MEMORY:
                self._scans.popitem(last=False)
        return found

    def sha256(self, path: Path, expected: str | None = None) -> str:
        """SHA-256 of a file, in hex; its bytes are read once on this machine.

        Args:
            path: the file.
            expected: what its dataset says that it is; None when nobody knows.

        Raises:
            DatasetError: the file is missing, or another one than the dataset says.
        """
        name = _name(path)
        found = self._hashes.get(name) or self._read(name, "sha256", _sha256_of)
        if found is None:
            try:
                found = file_sha256(path)
            except OSError as error:
                raise DatasetError(f"{path} cannot be read: {error.strerror}") from error
            self._write(name, "sha256", {"sha256": found})
        self._hashes[name] = found
        if expected is not None and found != expected:
            raise DatasetError(
                f"{path} must have the SHA-256 {expected[:12]}..., as the dataset says, but has "
                f"{found[:12]}...",
                next_step="the file has changed since the dataset was built: get it again, or "
                "build the dataset again",
            )
        return found

    def _read(self, name: str, kind: str, make: Callable[[dict[str, Any]], Any]) -> Any:
        for folder in self._folders():
            path = folder / f"{name}.{kind}"
            try:
                found = make(json.loads(gzip.decompress(path.read_bytes())))
            except _DAMAGE:
                continue
            with contextlib.suppress(OSError):
                os.utime(path)  # it was used: it is not the next to be evicted
            return found
        return None

    def _write(self, name: str, kind: str, facts: dict[str, Any]) -> None:
        """Keep a record where that is possible; where it is not, it is made again next time."""
        data = gzip.compress(json.dumps(facts).encode(), compresslevel=1, mtime=0)
        for folder in reversed(self._folders()):
            partial = folder / f"{name}.{kind}.{uuid.uuid4().hex}.partial"
            try:
                for left in folder.glob(f"{name}.{kind}.*.partial"):
                    # Of a killed process; a living one does without the record, which we write.
                    left.unlink(missing_ok=True)
                partial.write_bytes(data)
                partial.replace(folder / f"{name}.{kind}")
            except OSError:
                continue
            return


def _name(path: Path) -> str:
    """Names a file as it is now: another one in its place has another name.

    Raises:
        DatasetError: there is no such file.
    """
    try:
        real = path.resolve(strict=True)
        facts = real.stat()
    except OSError as error:
        raise DatasetError(
            f"{path} must be an mp4 that can be decoded: {error.strerror}",
            next_step="get the file again from where it came; it is damaged",
        ) from error
    told = [str(real), facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:32]


def _scan_of(facts: dict[str, Any]) -> Scan:
    lists = {name: tuple(facts[name]) for name in ("pts_seconds", "key_frames")}
    return Scan(**{**facts, **lists, "turn": facts["turn"]})


def _sha256_of(facts: dict[str, Any]) -> str:
    return str(facts["sha256"])
