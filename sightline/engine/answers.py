"""The answers on disk: a run that ends early loses none, and no run asks again what is here.

A folder of files ``answers-<n>.jsonl``, one line an answer. Each process appends to one file of its
own and reads all of them, so several ranks, and several runs, share a folder. A line is on disk
before :meth:`AnswerLog.append` returns. Lines that are broken, because a run was killed or a disk
was full while it wrote, are passed over and named; nothing is ever removed.
"""

from __future__ import annotations

import errno
import fcntl
import io
import json
import logging
import os
import threading
from contextlib import suppress
from dataclasses import fields
from datetime import datetime, timezone
from itertools import count
from typing import TYPE_CHECKING, Any

from sightline.engine.jobs import Job, Reply
from sightline.engine.stopping import uninterrupted
from sightline.errors import EvaluationError
from sightline.jsonl import LARGEST

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path
    from types import TracebackType

    from typing_extensions import Self

_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP}
"""What a file system without locks says."""

_REPLY_FIELDS = tuple(field.name for field in fields(Reply))

_log = logging.getLogger(__name__)


class AnswerLog:
    """The answers of a folder, and the file of this process; :meth:`open` makes one.

    Args:
        folder: where the files lie.
        file: this process's, open for appending and locked; unbuffered.
        broken: whether the file's last line has no end.
    """

    def __init__(self, folder: Path, file: io.FileIO, *, broken: bool) -> None:
        self.folder = folder
        """Where the files lie."""
        self.written = 0
        """Lines that this process has appended."""
        self._file = file
        self._broken = broken
        self._lock = threading.Lock()

    @classmethod
    def open(cls, folder: Path) -> AnswerLog:
        """Make the folder if need be, and take the first file in it that no process holds.

        The hold is a lock on the file itself, which the system drops when the process ends.

        Raises:
            EvaluationError: the folder cannot be made or written to.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            file = _claim(folder)
            _sync_folder(folder)
            return cls(folder, file, broken=_ends_broken(file))
        except OSError as error:
            raise _cannot_write(folder, error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the file back, after the line in flight."""
        with self._lock:
            self._file.close()

    def append(self, key: str | None, job: Job, reply: Reply) -> None:
        """Put an answer on disk; from any thread.

        Args:
            key: of the job, under which it is found again; None for an answer that is only kept
                for reading.
            job: what was asked.
            reply: what came back.

        Raises:
            EvaluationError: it could not be written whole. Nothing that was written before or
                will be written after it is harmed.
        """
        line = _line(key, job, reply)
        with uninterrupted(), self._lock:
            if self._file.closed:
                raise EvaluationError(
                    f"{self.folder}: an answer came after the answers were closed"
                )
            try:
                self._write(b"\n" + line if self._broken else line)
            except OSError as error:
                self._broken = True
                raise _cannot_write(self.folder, error) from error
            self._broken = False
            self.written += 1

    def known(self, keys: Collection[str]) -> dict[str, Reply]:
        """The replies to these jobs that any process has left in the folder; errors are none.

        The first in the files' order counts: what was found once is found again.

        Raises:
            EvaluationError: a file cannot be read.
        """
        wanted = frozenset(keys)
        found: dict[str, Reply] = {}
        for path in _files(self.folder):
            for key, reply in _read(path):
                if key in wanted and reply.error is None:
                    found.setdefault(key, reply)
        return found

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest) :]
        os.fsync(self._file.fileno())


def _claim(folder: Path) -> io.FileIO:
    """The first file that no process holds, locked; a new one where files cannot be locked."""
    for number in count():
        file, new = _open(folder / f"answers-{number}.jsonl")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if not (new and error.errno in _NO_LOCKS):
                file.close()
                continue
        return file
    raise AssertionError  # count() has no end


def _open(path: Path) -> tuple[io.FileIO, bool]:
    """The file, open for appending, and whether it is new."""
    try:
        return io.FileIO(
            path, "a+", opener=lambda name, flags: os.open(name, flags | os.O_EXCL)
        ), True
    except FileExistsError:
        return io.FileIO(path, "a+"), False


def _sync_folder(folder: Path) -> None:
    """Make the new file's name as lasting as its lines, where the file system can."""
    place = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            os.fsync(place)
    finally:
        os.close(place)


def _ends_broken(file: io.FileIO) -> bool:
    if file.seek(0, os.SEEK_END) == 0:
        return False
    file.seek(-1, os.SEEK_END)
    return file.read(1) != b"\n"


def _cannot_write(folder: Path, error: OSError) -> EvaluationError:
    return EvaluationError(
        f"{folder} must take the answers, but cannot be written to: {error.strerror or error}",
        next_step="free space there or mend its permissions, and run the same command again: it "
        "asks only what is missing",
    )


def _line(key: str | None, job: Job, reply: Reply) -> bytes:
    """An answer as it is kept: first what it answers, for people and tools, then the reply."""
    told: dict[str, Any] = {"key": key, "task": job.task, "split": job.split, "doc_id": job.doc_id}
    if job.asked is not None:
        told |= {
            "question_id": job.asked.question_id,
            "message_hash": job.asked.message_hash,
            "protocol": job.asked.protocol,
            "frames": job.asked.frames,
            "pixels": job.asked.pixels,
            "characters": job.asked.characters,
        }
    told |= {"repeat": job.repeat, "generation": dict(job.generation), **reply.as_dict()}
    told["time"] = datetime.now(timezone.utc).isoformat(timespec="seconds")
    try:
        return json.dumps(told, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:
        # Half a character, as byte-level tokens can end in: only escapes keep it.
        return json.dumps(told).encode() + b"\n"


def _files(folder: Path) -> list[Path]:
    """The files of all processes, in the order of their numbers."""
    found = [path for path in folder.glob("answers-*.jsonl") if path.is_file()]
    return sorted(found, key=lambda path: (len(path.name), path.name))


def _read(path: Path) -> Iterator[tuple[str, Reply]]:
    """The answers with a key in one file; what else it holds is named in one warning."""
    strange: list[str] = []
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(_lines(lines), 1):
                if not line.strip():
                    continue
                try:
                    key, reply = _parse(line)
                except (ValueError, RecursionError) as error:
                    strange.append(f"line {number}: {error}")
                    continue
                if key is not None:
                    yield key, reply
    except OSError as error:
        raise EvaluationError(f"{path} cannot be read: {error.strerror or error}") from error
    if strange:
        _log.warning(
            "sightline: %s: %d line(s) are no whole answers and are passed over; the first is %s",
            path, len(strange), strange[0],
        )  # fmt: skip


def _lines(file: io.BufferedReader) -> Iterator[bytes]:
    """The lines, each cut to one byte more than is read."""
    while line := file.readline(LARGEST + 1):
        yield line
        while len(line) > LARGEST and not line.endswith(b"\n"):
            line = file.readline(LARGEST + 1)


def _parse(line: bytes) -> tuple[str | None, Reply]:
    """The answer of a line.

    Raises:
        ValueError: it is none, or not whole.
        RecursionError: it is nested too deeply.
    """
    if len(line) > LARGEST:
        raise ValueError(f"longer than {LARGEST:,} bytes")
    if not line.endswith(b"\n"):
        raise ValueError("cut short: a run was ended while it wrote it, or is writing it now")
    told = json.loads(line)
    if not isinstance(told, dict):
        raise ValueError(f"must be an object, but is {type(told).__name__}")  # noqa: TRY004 (one kind of fault)
    given = {name: told[name] for name in _REPLY_FIELDS if name in told}
    wrong = [name for name, value in given.items() if not _fits(name, value)]
    if "key" not in told or not isinstance(told["key"], (str, type(None))):
        wrong.append("key")
    if "text" not in told or wrong:
        raise ValueError(f"not as this version writes it: {', '.join(wrong) or 'no text'}")
    return told["key"], Reply(**given)


def _fits(name: str, value: Any) -> bool:
    """Whether a field of a reply has its type."""
    if name in ("text", "thinking", "error"):
        return isinstance(value, str)
    if name == "details":
        return isinstance(value, dict)
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or (name == "seconds" and isinstance(value, float))
