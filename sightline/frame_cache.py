"""Decodes every video once, whatever the order in which its frames are asked for.

Benchmarks of streams ask many questions about one video, with windows that overlap: frames are
announced first (:meth:`FrameCache.expect`), the first ask decodes all of them in one forward pass,
the others are answered from memory.

Pictures are kept as RGB bytes: converting again and again from the decoder's own planes costs more
than copying, and the pixels are the same whether they lie in memory or on disk.
"""

from __future__ import annotations

import os
import tempfile
import threading
import weakref
from collections import OrderedDict
from typing import IO, TYPE_CHECKING

from sightline.errors import DatasetError
from sightline.forward_pass import ForwardPass
from sightline.video import Frame, Scan, scan

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from PIL.Image import Image

BYTES_PER_PIXEL = 3
"""RGB."""

SPILLED_VIDEOS = 2
"""How many videos may lie on disk at a time: one and its overlay."""


class FrameCache:
    """Frames of videos, decoded once and kept within a budget of memory.

    The videos asked for last stay in memory; a video whose frames alone exceed the budget is kept
    in a temporary file without a name, which is gone when the process ends, however it ends. One
    lock guards everything: the decoder has its own threads.

    Args:
        budget_bytes: memory for the pictures of all videos together.
    """

    def __init__(self, *, budget_bytes: int = 1 << 30) -> None:
        if budget_bytes < 0:
            raise ValueError(f"budget_bytes ({budget_bytes}) must be >= 0")
        self._budget = budget_bytes
        self._lock = threading.RLock()
        self._scans: dict[Path, Scan] = {}
        self._expected: dict[Path, set[int]] = {}
        self._held: OrderedDict[Path, _Held] = OrderedDict()
        self.decoded_frames = 0
        """Frames that came out of decoders so far."""
        self.passes = 0
        """How often a video was walked through; one per video when all frames are announced."""

    @property
    def memory_bytes(self) -> int:
        """Bytes of pictures in memory now."""
        return sum(held.memory_bytes for held in self._held.values())

    def expect(self, path: Path, indices: Iterable[int]) -> None:
        """Say which frames of a video will be needed; nothing is opened.

        Args:
            path: an mp4.
            indices: positions in presentation order, from 0.
        """
        with self._lock:
            self._expected.setdefault(path, set()).update(indices)

    def times(self, path: Path) -> tuple[float, ...]:
        """Presentation time of each frame, seconds; see :class:`sightline.video.Scan`.

        Raises:
            DatasetError: the file is missing or no mp4 with frames.
        """
        return self.scan(path).pts_seconds

    def scan(self, path: Path) -> Scan:
        """What the packets of a video say, read once.

        Raises:
            DatasetError: the file is missing or no mp4 with frames.
        """
        with self._lock:
            if path not in self._scans:
                self._scans[path] = scan(path)
            return self._scans[path]

    def frames(self, path: Path, indices: Sequence[int]) -> list[Frame]:
        """The frames at these positions, in the order asked for; a position may repeat.

        Frames that nobody announced are decoded as well, by another pass.

        Returns:
            Frames with pictures of their own: the caller may draw on them.

        Raises:
            ValueError: a position is negative.
            DatasetError: the file cannot be decoded, or has no such frame.
        """
        if any(index < 0 for index in indices):
            raise ValueError(f"indices ({list(indices)}) must be >= 0")
        with self._lock:
            scanned = self.scan(path)
            _check(path, scanned, indices)
            held = self._held.get(path) or _Held()
            if any(index not in held for index in indices):
                self._decode(path, scanned, held, indices)
            self._held[path] = held
            self._held.move_to_end(path)
            pixels = [held.get(index) for index in indices]
        size = scanned.width, scanned.height
        return [
            Frame(index, scanned.pts_seconds[index], _image(size, data))
            for index, data in zip(indices, pixels, strict=True)
        ]

    def _decode(self, path: Path, scanned: Scan, held: _Held, indices: Sequence[int]) -> None:
        expected = {i for i in self._expected.get(path, ()) if 0 <= i < scanned.frame_count}
        missing = [i for i in sorted(expected | set(indices)) if i not in held]
        size = scanned.width, scanned.height
        self._make_room(path, held, BYTES_PER_PIXEL * size[0] * size[1] * len(missing))
        walk = ForwardPass(path, scanned)
        self.passes += 1
        try:
            for frame in walk.frames(missing):
                if frame.image.size != size:
                    raise DatasetError(
                        f"{path} must keep its size {size}, but frame {frame.index} has "
                        f"{frame.image.size}"
                    )
                held.put(frame.index, frame.image.tobytes())
        finally:
            self.decoded_frames += walk.decoded

    def _make_room(self, path: Path, held: _Held, needed: int) -> None:
        """Forget the videos asked for longest ago; spill this one when it alone is too large."""
        others = [other for other in self._held if other != path]
        if held.spilled or held.memory_bytes + needed > self._budget:
            held.spill()
            on_disk = [other for other in others if self._held[other].spilled]
            for other in on_disk[: len(on_disk) - SPILLED_VIDEOS + 1]:
                self._held.pop(other)
            return
        in_memory = [other for other in others if not self._held[other].spilled]
        used = held.memory_bytes + sum(self._held[other].memory_bytes for other in in_memory)
        for other in in_memory:
            if used + needed <= self._budget:
                break
            used -= self._held.pop(other).memory_bytes


class _Held:
    """Pictures of one video, by position: in memory, or in a temporary file without a name."""

    def __init__(self) -> None:
        self._pixels: dict[int, bytes] = {}
        self._places: dict[int, tuple[int, int]] = {}
        self._file: IO[bytes] | None = None

    def __contains__(self, index: int) -> bool:
        return index in self._pixels or index in self._places

    @property
    def spilled(self) -> bool:
        return self._file is not None

    @property
    def memory_bytes(self) -> int:
        return sum(map(len, self._pixels.values()))

    def spill(self) -> None:
        """Keep everything on disk from now on."""
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="sightline-frames-")  # noqa: SIM115 (kept)
            weakref.finalize(self, self._file.close)
            for index in list(self._pixels):
                self.put(index, self._pixels.pop(index))

    def put(self, index: int, pixels: bytes) -> None:
        if self._file is None:
            self._pixels[index] = pixels
            return
        try:
            at = self._file.seek(0, os.SEEK_END)
            self._file.write(pixels)
            self._file.flush()
        except OSError as error:
            raise DatasetError(
                f"frames could not be kept in {tempfile.gettempdir()}: {error.strerror}",
                next_step="free some space there, or let TMPDIR name another folder",
            ) from error
        self._places[index] = at, len(pixels)

    def get(self, index: int) -> bytes:
        if self._file is None:
            return self._pixels[index]
        at, length = self._places[index]
        self._file.seek(at)
        return self._file.read(length)


def _check(path: Path, scanned: Scan, indices: Sequence[int]) -> None:
    beyond = sorted(index for index in indices if index >= scanned.frame_count)
    if beyond:
        raise DatasetError(
            f"{path} has {scanned.frame_count} frames, but {beyond[:5]} were asked for"
        )


def _image(size: tuple[int, int], pixels: bytes) -> Image:
    from PIL import Image  # noqa: PLC0415 (a cache that is only told what to expect needs none)

    return Image.frombytes("RGB", size, pixels)
