"""Videos decoded once per machine: their frames on disk, for all processes and all later runs.

Frames of a video are announced (:meth:`FrameStore.expect`); the first process that needs one
decodes all of them in one forward pass, while others that need them wait; from then on they are
read. What a picture shows is bit for bit what the decoder gives, and each is checked when it is
read: a damaged one is decoded again. Nothing but the last few scans stays in memory.

A folder that cannot be written, or is full, costs time and never a wrong frame: frames then go to a
temporary folder, and where that does not help either, they are decoded for each request anew.
"""

from __future__ import annotations

import os
import threading
from array import array
from collections import Counter
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from sightline.errors import DatasetError
from sightline.forward_pass import ForwardPass
from sightline.frame_store.files import Packed, packed, size_estimate, write_frames
from sightline.frame_store.places import Places
from sightline.frame_store.settings import MOST_BYTES, default_bytes, store_bytes, store_folder
from sightline.frame_store.shelf import NoRoomError, Shelf
from sightline.frame_store.video_records import VideoRecords
from sightline.video import Frame, frame_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    from PIL.Image import Image

    from sightline.video import Scan

_FILE_BYTES = 64_000_000
"""Size of a file of frames before compression: what a kill may cost, and no file has many."""

_ATTEMPTS = 4
"""How often frames are looked for: after a decoding, after damage, after another's eviction."""


@dataclass(frozen=True)
class _Video:
    """A video whose frames are asked for."""

    path: Path
    scan: Scan
    key: str
    """SHA-256 of its bytes: the same video at two places is decoded once."""

    @property
    def frames_per_file(self) -> int:
        return max(1, _FILE_BYTES // size_estimate(self.scan.width, self.scan.height))


class FrameStore:
    """Frames of videos, decoded once and kept in a folder that processes share.

    Safe to share between threads; reading takes no lock among them.

    Args:
        folder: where; None for a temporary folder, gone when the process ends.
        budget_bytes: how much may lie there; what was used longest ago goes first.
        decoder_threads: per video; 0 leaves it to the decoder, which takes every core.
    """

    def __init__(
        self, folder: Path | None, *, budget_bytes: int = MOST_BYTES, decoder_threads: int = 0
    ) -> None:
        if budget_bytes < 0:
            raise ValueError(f"budget_bytes ({budget_bytes}) must be >= 0")
        self.folder = folder
        """Where frames are kept, as asked for."""
        self.budget_bytes = budget_bytes
        """How much may lie there."""
        self._threads = decoder_threads
        self._lock = threading.Lock()
        self._places = Places(folder, budget_bytes)
        self._records = VideoRecords(self._places.records)
        self._expected: dict[Path, array[int]] = {}
        self.decoded_frames = 0
        """Frames that came out of decoders of this process so far."""
        self.passes = 0
        """How often this process walked through a video; once when all frames are announced."""

    def expect(self, path: Path, indices: Iterable[int]) -> None:
        """Say which frames of a video will be needed, here or elsewhere; nothing is opened.

        Args:
            path: an mp4.
            indices: positions in presentation order, from 0.
        """
        with self._lock:
            known = self._expected.get(path, ())
            self._expected[path] = array("I", sorted({*known, *indices}))

    def times(self, path: Path) -> tuple[float, ...]:
        """Presentation time of each frame, seconds; see :class:`sightline.video.Scan`.

        Raises:
            DatasetError: the file is missing or no mp4 with frames.
        """
        return self.scan(path).pts_seconds

    def scan(self, path: Path) -> Scan:
        """What the packets of a video say, read once on this machine.

        Raises:
            DatasetError: the file is missing or no mp4 with frames.
        """
        return self._records.scan(path)

    def frames(self, path: Path, indices: Sequence[int], sha256: str | None = None) -> list[Frame]:
        """The frames at these positions, in the order asked for; a position may repeat.

        Frames that nobody announced are decoded as well, by another pass.

        Args:
            path: an mp4.
            indices: positions in presentation order, from 0.
            sha256: of the file, in hex, as its dataset says; None when nobody knows.

        Returns:
            Frames with pictures of their own: the caller may draw on them.

        Raises:
            ValueError: a position is negative.
            DatasetError: the file cannot be decoded, has no such frame, or is another one than the
                dataset says.
        """
        if any(index < 0 for index in indices):
            raise ValueError(f"indices ({list(indices)}) must be >= 0")
        scanned = self.scan(path)
        _check(path, scanned, indices)
        if not indices:
            return []
        video = _Video(path, scanned, self._records.sha256(path, sha256))
        images = self._images(video, set(indices))
        again = {index for index, times in Counter(indices).items() if times > 1}
        return [
            Frame(i, scanned.pts_seconds[i], images[i].copy() if i in again else images[i])
            for i in indices
        ]

    def fill(self, path: Path, indices: Iterable[int], sha256: str | None = None) -> bool:
        """Decode what is not there yet, and keep it; no picture is made.

        Args:
            path: an mp4.
            indices: positions in presentation order, from 0.
            sha256: as in :meth:`frames`.

        Returns:
            Whether all of them are kept now: not where there is no room for them.

        Raises:
            DatasetError: as in :meth:`frames`.
        """
        scanned = self.scan(path)
        wanted = set(indices)
        _check(path, scanned, wanted)
        video = _Video(path, scanned, self._records.sha256(path, sha256))
        for _ in range(_ATTEMPTS):
            missing = wanted - self._places.indices(video.key)
            if not missing:
                return True
            if not self._keep(video, missing):
                break
        return False

    def missing(self, path: Path, indices: Iterable[int], sha256: str | None = None) -> set[int]:
        """Those positions whose frames are not kept yet; nothing is decoded or checked.

        Args:
            path: an mp4.
            indices: positions in presentation order, from 0.
            sha256: of the file; it is believed here, so that no file need be read.
        """
        return set(indices) - self._places.indices(sha256 or self._records.sha256(path))

    def _images(self, video: _Video, wanted: set[int]) -> dict[int, Image]:
        found: dict[int, Image] = {}
        with self._places.using(video.key):
            for _ in range(_ATTEMPTS):
                found.update(self._places.images(video.key, wanted - found.keys()))
                missing = wanted - found.keys()
                if not missing:
                    return found
                if not self._keep(video, missing):
                    break
        walk = ForwardPass(video.path, video.scan, threads=self._threads)
        for index, native in self._walked(walk, sorted(wanted - found.keys())):
            found[index] = frame_of(index, native, video.scan.turn).image
        return found

    def _keep(self, video: _Video, missing: set[int]) -> bool:
        """Decode the missing and the announced frames and keep them.

        Returns:
            Whether it is worth looking for them on disk now.
        """
        shelf = self._places.shelf(video.key)
        if shelf is None:
            return False
        try:
            with shelf.writing(video.key):
                there = self._places.indices(video.key)
                if missing <= there:
                    return True  # another process has decoded them meanwhile
                announced = self._expected.get(video.path, ())
                todo = {i for i in announced if i < video.scan.frame_count} | missing
                self._fill(shelf, video, sorted(todo - there))
        except NoRoomError as error:
            self._places.without_room(shelf, video.key, error)
        except DatasetError:
            with self._lock:  # one of the announced frames may be at fault, and not a missing one
                announced_too = self._expected.pop(video.path, None) is not None
            if not announced_too:
                raise
        return True

    def _fill(self, shelf: Shelf, video: _Video, todo: Sequence[int]) -> None:
        """One pass; whole files are kept even when it does not come to its end."""
        walk = ForwardPass(video.path, video.scan, threads=self._threads)
        natives = self._walked(walk, todo)
        step = video.frames_per_file
        largest = 2 * size_estimate(video.scan.width, video.scan.height)
        try:
            for start in range(0, len(todo), step):
                chunk = todo[start : start + step]
                frames = _packed(video, natives, chunk)
                write = partial(write_frames, indices=chunk, frames=frames)
                shelf.add(video.key, write, at_most_bytes=largest * len(chunk))
        finally:
            natives.close()

    def _walked(self, walk: ForwardPass, indices: Sequence[int]) -> Any:
        """A generator over the decoder's frames that counts them."""
        with self._lock:
            self.passes += 1
        try:
            yield from walk.natives(indices)
        finally:
            with self._lock:
                self.decoded_frames += walk.decoded


@cache
def default_store() -> FrameStore:
    """The store of this process, where the environment says; see `frame_store_settings`.

    Raises:
        UsageError: the environment names no size.
    """
    folder = store_folder(os.environ)
    budget = store_bytes(os.environ)
    if budget is None:
        budget = MOST_BYTES
        if folder is not None:
            budget = default_bytes(folder, Shelf(folder, 0).size_bytes)
    return FrameStore(folder, budget_bytes=budget)


def _packed(video: _Video, natives: Iterator[tuple[int, Any]], chunk: Sequence[int]) -> Any:
    """The frames of a chunk as they are kept."""
    proven: Packed | None = None
    wanted = iter(chunk)
    awaited = next(wanted)
    for index, native in natives:
        if index != awaited:
            continue  # a second frame at the same time
        proven = packed(index, native, video.scan.turn, proven=proven)
        _check_size(video, proven)
        yield proven
        awaited = next(wanted, -1)
        if awaited < 0:
            return


def _check_size(video: _Video, frame: Packed) -> None:
    turned = frame.turn in ("ROTATE_90", "ROTATE_270", "TRANSPOSE", "TRANSVERSE")
    shown = (frame.width, frame.height)[:: -1 if turned else 1]
    size = video.scan.width, video.scan.height
    if shown != size:
        raise DatasetError(
            f"{video.path} must keep its size {size}, but frame {frame.index} has {shown}"
        )


def _check(path: Path, scanned: Scan, indices: Collection[int]) -> None:
    beyond = sorted(index for index in indices if index >= scanned.frame_count)
    if beyond:
        raise DatasetError(
            f"{path} has {scanned.frame_count} frames, but {beyond[:5]} were asked for"
        )
