"""A folder of frames that processes share: who writes, who reads, and what goes when it is full.

::

    videos/KEY/*.arrow   frames (:mod:`sightline.frame_store.files`); a file appears when whole
    records/NAME         what is known of a video file (:mod:`sightline.frame_store.video_records`)
    locks/KEY.lock       held by the one process that writes frames of a video
    locks/KEY.use        held by every process that reads them: such a video is not evicted

A lock is the kernel's, so it goes with its process, however that ends. What a killed writer leaves
has a name that nobody reads, and is removed by the next writer of the video. A file that is removed
while it is read stays readable, as POSIX has it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.errors import SightlineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SUFFIX = ".arrow"
_PARTIAL = ".partial"
_TRASH = ".trash"
_MARK_FLAGS = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
_LAYOUT = "v1"
"""A folder of its own for each layout of files: older releases keep theirs."""


class NoRoomError(SightlineError):
    """Frames cannot be kept in a folder.

    Args:
        message: why.
        lasting: whether the folder is of no use for other videos, too.
    """

    def __init__(self, message: str, *, lasting: bool) -> None:
        super().__init__(message)
        self.lasting = lasting


@dataclass(frozen=True)
class _Item:
    """Something that takes room: the frames of a video, or a record."""

    path: Path
    used_at: float
    """When it was last used, seconds since the epoch."""
    size: int
    """Bytes."""


class Shelf:
    """One folder with the frames of many videos.

    Args:
        folder: where; it is made on first use.
        budget_bytes: how much may lie there.
    """

    def __init__(self, folder: Path, budget_bytes: int) -> None:
        self.folder = folder / _LAYOUT
        self.records = self.folder / "records"
        """Where records lie; they count, and are evicted like videos."""
        self._videos = self.folder / "videos"
        self._locks = self.folder / "locks"
        self._budget = budget_bytes

    def prepare(self) -> None:
        """Make the folder, and see that it can be written.

        Raises:
            OSError: it cannot.
        """
        for folder in (self._videos, self._locks, self.records):
            folder.mkdir(parents=True, exist_ok=True)
        probe = self.folder / f"{uuid.uuid4().hex}{_PARTIAL}"
        try:
            probe.write_bytes(b"x")
        finally:
            probe.unlink(missing_ok=True)

    def parts(self, key: str) -> list[Path]:
        """The files of a video that are there now, in the order of their names."""
        try:
            return sorted((self._videos / key).glob(f"*{SUFFIX}"))
        except OSError:
            return []

    @property
    def size_bytes(self) -> int:
        """What lies there now, bytes."""
        return sum(item.size for item in self._items())

    def hold(self, key: str) -> int | None:
        """Keep a video from being evicted by any process; any number of readers may hold it.

        Returns:
            What :func:`let_go` takes; None where nothing can be written, and thus nothing evicted.
        """
        try:
            mark = os.open(self._locks / f"{key}.use", _MARK_FLAGS, 0o666)
        except OSError:
            return None
        with contextlib.suppress(OSError):
            fcntl.flock(mark, fcntl.LOCK_SH)
            os.utime(self._videos / key)
        return mark

    @contextmanager
    def writing(self, key: str) -> Iterator[None]:
        """While this lasts no other process or thread writes frames of the video; waits for them.

        Raises:
            NoRoomError: nothing can be written here.
        """
        from filelock import FileLock  # noqa: PLC0415 (start-up of the command line)

        lock = FileLock(self._locks / f"{key}.lock")
        try:
            self.prepare()
            lock.acquire()
        except (OSError, NotImplementedError) as error:
            raise _no_room(self.folder, error) from error
        try:
            for left in (self._videos / key).glob(f"*{_PARTIAL}"):
                left.unlink(missing_ok=True)
            yield
        finally:
            lock.release()

    def add(self, key: str, write: Callable[[Path], None], *, at_most_bytes: int) -> None:
        """Put a new file beside those of a video; the caller holds :meth:`writing`.

        Args:
            key: the video.
            write: writes the file that it is given.
            at_most_bytes: more it will not take.

        Raises:
            NoRoomError: it does not fit, or the disk has no room for it.
        """
        folder = self._videos / key
        name = uuid.uuid4().hex
        partial = folder / (name + _PARTIAL)
        try:
            folder.mkdir(exist_ok=True)
            self._see_to_free_space(key, at_most_bytes)
            try:
                write(partial)
                self._see_to_budget(key, partial.stat().st_size)
                partial.replace(folder / (name + SUFFIX))
            finally:
                partial.unlink(missing_ok=True)
        except OSError as error:
            raise _no_room(self.folder, error) from error

    def remove(self, part: Path) -> bool:
        """Remove a file that is damaged; says whether it is gone."""
        try:
            part.unlink(missing_ok=True)
        except OSError:
            return False
        return True

    def _see_to_budget(self, key: str, new: int) -> None:
        """Evict until there is room for `new` bytes, which lie there already as a partial file."""
        items = self._items()
        over = sum(item.size for item in items) - self._budget
        if over > 0 and not self._evict(items, key, over):
            raise NoRoomError(
                f"the frames of one video and of those in use take more than the "
                f"{self._budget:,} bytes that {self.folder} may hold ({new:,} more are needed)",
                lasting=False,
            )

    def _see_to_free_space(self, key: str, need: int) -> None:
        missing = need - shutil.disk_usage(self.folder).free
        if missing > 0 and not self._evict(self._items(), key, missing):
            raise NoRoomError(
                f"the disk of {self.folder} is full: {need:,} bytes are needed", lasting=True
            )

    def _evict(self, items: list[_Item], key: str, bytes_: int) -> bool:
        """Remove what was used longest ago, never `key` or what is in use; says whether enough."""
        for item in sorted(items, key=lambda item: item.used_at):
            if bytes_ <= 0:
                break
            if item.path.name != key and self._removed(item.path):
                bytes_ -= item.size
        return bytes_ <= 0

    def _removed(self, path: Path) -> bool:
        """Remove a video that nobody uses, or a record."""
        if path.parent != self._videos:
            return self.remove(path)
        from filelock import FileLock, Timeout  # noqa: PLC0415 (as above)

        trash = self.folder / f"{uuid.uuid4().hex}{_TRASH}"
        try:
            with FileLock(self._locks / f"{path.name}.lock", timeout=0), self._unused(path.name):
                path.replace(trash)
        except (Timeout, OSError):
            return False
        # A kill here leaves a folder that nobody reads; `_items` finds and removes it.
        shutil.rmtree(trash, ignore_errors=True)
        return True

    @contextmanager
    def _unused(self, key: str) -> Iterator[None]:
        """While this lasts nobody begins to read the video.

        Raises:
            OSError: somebody does.
        """
        mark = os.open(self._locks / f"{key}.use", _MARK_FLAGS, 0o666)
        try:
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        finally:
            os.close(mark)

    def _items(self) -> list[_Item]:
        for trash in self.folder.glob(f"*{_TRASH}"):
            shutil.rmtree(trash, ignore_errors=True)
        found = []
        for folder in (self._videos, self.records):
            with contextlib.suppress(OSError), os.scandir(folder) as entries:
                found += [item for entry in entries if (item := _item(folder / entry.name))]
        return found


def let_go(mark: int) -> None:
    """End what :meth:`Shelf.hold` began."""
    # Said aloud: closing alone would leave it to a forked child that has the file open.
    with contextlib.suppress(OSError):
        fcntl.flock(mark, fcntl.LOCK_UN)
    os.close(mark)


def _item(path: Path) -> _Item | None:
    """What takes room there; None when another process has just removed it."""
    try:
        own = path.stat()
        if not path.is_dir():
            return _Item(path, own.st_mtime, own.st_size)
        with os.scandir(path) as entries:
            return _Item(path, own.st_mtime, sum(entry.stat().st_size for entry in entries))
    except OSError:
        return None


def _no_room(folder: Path, error: Exception) -> NoRoomError:
    reason = getattr(error, "strerror", None) or error
    return NoRoomError(f"frames cannot be kept in {folder}: {reason}", lasting=True)
