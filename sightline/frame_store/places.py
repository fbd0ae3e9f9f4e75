"""Where a store finds frames and puts new ones: its folder, and what stands in when that fails.

A folder that cannot be written is still read; new frames then go to a temporary folder. When that
cannot take them either, they are not kept. Each step is told once, as a warning.
"""

from __future__ import annotations

import logging
import threading
import weakref
from collections import OrderedDict
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sightline.frame_store.files import DamagedFileError, indices_in, read_frames, unpacked
from sightline.frame_store.settings import BYTES_VARIABLE, default_bytes
from sightline.frame_store.shelf import Shelf, let_go
from sightline.frame_store.temporary_folders import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path
    from typing import TypeVar

    from PIL.Image import Image

    from sightline.frame_store.shelf import NoRoomError

    T = TypeVar("T")

VIDEOS_IN_USE = 2
"""How many videos a process keeps from being evicted between two requests: one and its overlay."""

_log = logging.getLogger(__name__)


class Places:
    """The folders of one store; safe to share between threads.

    Args:
        folder: where frames are kept; None for a temporary folder.
        budget_bytes: how much may lie there.
    """

    def __init__(self, folder: Path | None, budget_bytes: int) -> None:
        self._folder = folder
        self._budget = budget_bytes
        self._lock = threading.RLock()
        self._shelves: list[Shelf] = []
        self._keeps = True
        self._unkept: set[str] = set()
        self._damaged: set[Path] = set()
        self._marks: OrderedDict[str, list[int]] = OrderedDict()
        # At the end of the process the kernel does it.
        weakref.finalize(self, _let_all_go, self._marks).atexit = False

    def shelf(self, key: str) -> Shelf | None:
        """Where new frames of a video go; None when they are not kept."""
        newest = self._opened()[-1:]
        return newest[0] if newest and self._keeps and key not in self._unkept else None

    def records(self) -> list[Path]:
        """Folders of :mod:`sightline.frame_store.video_records`; new ones go to the last."""
        return [shelf.records for shelf in self._opened()]

    @contextmanager
    def using(self, key: str) -> Iterator[None]:
        """While this lasts the video is not evicted, nor until the process has gone on to others.

        Where nothing can be written nothing is evicted either.
        """
        marks = self._held(key)
        try:
            with self._lock:
                if key not in self._marks:
                    self._marks[key] = self._held(key)
                self._marks.move_to_end(key)
                while len(self._marks) > VIDEOS_IN_USE:
                    _let_go(self._marks.popitem(last=False)[1])
            yield
        finally:
            _let_go(marks)

    def indices(self, key: str) -> set[int]:
        """Positions of a video's frames that are kept; whether they are whole shows when read."""
        found: set[int] = set()
        for shelf, part in self._parts(key):
            found.update(self._whole(shelf, part, indices_in) or ())
        return found

    def images(self, key: str, wanted: set[int]) -> dict[int, Image]:
        """Those of the wanted frames that are kept and whole."""
        found: dict[int, Image] = {}

        def read(part: Path) -> None:
            for frame in read_frames(part, wanted - found.keys()):
                found[frame.index] = unpacked(frame)

        for shelf, part in self._parts(key):
            if len(found) == len(wanted):
                break
            self._whole(shelf, part, read)
        return found

    def without_room(self, shelf: Shelf, key: str, error: NoRoomError) -> None:
        """Find another way for frames of a video that cannot be kept there; never an error."""
        with self._lock:
            others = [other for other in self._marks if other != key]
            if error.lasting:
                if self._shelves[-1] is shelf:  # else another thread has seen to it
                    self._next_shelf(error)
            elif others:
                for other in others:
                    _let_go(self._marks.pop(other))
            else:
                if not self._unkept:
                    _log.warning(
                        "sightline: %s; such frames are decoded anew for each request. %s raises "
                        "the cap",
                        error,
                        BYTES_VARIABLE,
                    )
                self._unkept.add(key)

    def _held(self, key: str) -> list[int]:
        marks = [shelf.hold(key) for shelf in self._opened()]
        return [mark for mark in marks if mark is not None]

    def _parts(self, key: str) -> Iterator[tuple[Shelf, Path]]:
        for shelf in self._opened():
            for part in shelf.parts(key):
                if part not in self._damaged:
                    yield shelf, part

    def _whole(self, shelf: Shelf, part: Path, read: Callable[[Path], T]) -> T | None:
        """What is read of a file; None when it has gone, or is damaged and therefore goes."""
        try:
            return read(part)
        except FileNotFoundError:  # evicted, or found damaged by another
            return None
        except DamagedFileError as error:
            _log.warning("sightline: %s; its frames are decoded again", error)
            if not shelf.remove(part):
                self._damaged.add(part)
            return None

    def _opened(self) -> list[Shelf]:
        with self._lock:
            if not self._shelves and self._keeps:
                self._open()
            return list(self._shelves)

    def _open(self) -> None:
        if self._folder is None:
            self._add_temporary()
            return
        shelf = Shelf(self._folder, self._budget)
        self._shelves.append(shelf)
        try:
            shelf.prepare()
        except OSError as error:
            self._next_shelf(f"frames cannot be kept in {self._folder}: {error.strerror or error}")

    def _next_shelf(self, reason: object) -> None:
        """Keep frames in a temporary folder from now on; if that is what failed, nowhere."""
        _log.warning("sightline: %s", reason)
        if len(self._shelves) == 1 and self._folder is not None:
            self._add_temporary()
        else:
            self._keep_no_more()

    def _add_temporary(self) -> None:
        try:
            folder = temporary_folder(self, "sightline-frames-")
            shelf = Shelf(folder, min(self._budget, default_bytes(folder, 0)))
            shelf.prepare()
        except OSError as error:
            _log.warning("sightline: there is no temporary folder either: %s", error)
            self._keep_no_more()
            return
        self._shelves.append(shelf)
        if self._folder is not None:
            _log.warning(
                "sightline: new frames go to %s, which goes with this process", shelf.folder
            )

    def _keep_no_more(self) -> None:
        self._keeps = False
        _log.warning("sightline: frames are decoded anew for each request, which takes long")


def _let_go(marks: Iterable[int]) -> None:
    for mark in marks:
        let_go(mark)


def _let_all_go(marks: Mapping[str, Iterable[int]]) -> None:
    for held in marks.values():
        _let_go(held)
