"""Decodes some frames of a video on one walk from its start to its end.

Each frame is known by its presentation time, not by counting, so jumping from key frame to key
frame gives the same frames as decoding everything does.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any

from sightline.errors import DatasetError
from sightline.video import frame_of, opened, seconds_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from sightline.video import Frame, Scan

MIN_SKIP = 16
"""So few frames are decoded rather than jumped over: a jump empties the decoder's threads."""

SKIPS_UNREFERENCED = ("h264",)
"""Codecs whose decoder may leave out frames that no other frame refers to: a quarter less work on
x264's output. Only where the standard says that nothing depends on them (ISO 14496-10 7.4.1,
nal_ref_idc 0; HEVC's rule holds for one temporal layer only)."""


class ForwardPass:
    """Walks once through a video and hands out some of its frames.

    Args:
        path: an mp4.
        scanned: what :func:`scan` said of it.
        threads: of the decoder; 0 leaves it to the decoder, which takes every core.
    """

    def __init__(self, path: Path, scanned: Scan, *, threads: int = 0) -> None:
        self._path = path
        self._scan = scanned
        self._threads = threads
        self.decoded = 0
        """Frames that came out of the decoder so far."""

    def frames(self, indices: Collection[int]) -> Iterator[Frame]:
        """The frames at these positions, each once, in presentation order.

        Raises:
            DatasetError: the file cannot be decoded, or a frame of :func:`scan` cannot.
        """
        for index, native in self.natives(indices):
            yield frame_of(index, native, self._scan.turn)

    def natives(self, indices: Collection[int]) -> Iterator[tuple[int, Any]]:
        """The same as the decoder has them: position and PyAV's frame, not turned upright.

        Raises:
            DatasetError: the file cannot be decoded, or a frame of :func:`scan` cannot.
        """
        with opened(self._path) as (container, stream):
            stream.thread_type = "AUTO"
            stream.codec_context.thread_count = self._threads
            for key_frame, targets in runs(self._scan.key_frames, sorted(set(indices))):
                missing = set(targets)
                for index, native in self._run(container, stream, key_frame, targets):
                    missing.discard(index)
                    yield index, native
                if missing:
                    self._refuse(missing)

    def _run(
        self, container: Any, stream: Any, key_frame: int, targets: Sequence[int]
    ) -> Iterator[tuple[int, Any]]:
        at = self._scan.pts_seconds[key_frame]
        container.seek(round(at / stream.time_base), stream=stream)
        wanted = set(targets)
        may_skip = stream.codec_context.name in SKIPS_UNREFERENCED
        for packet in container.demux(stream):
            if packet.is_corrupt:
                continue
            if may_skip and packet.pts is not None:
                needed = self._index(seconds_of(packet)) in wanted
                stream.codec_context.skip_frame = "DEFAULT" if needed else "NONREF"
            for native in packet.decode():
                self.decoded += 1
                index = self._index(seconds_of(native))
                if index in wanted:
                    yield index, native
                if index >= targets[-1]:
                    return

    def _index(self, at: float) -> int:
        """Position of the frame of that time, -1 for none; searched, not kept: hours of frames."""
        times = self._scan.pts_seconds
        place = bisect_left(times, at)
        return place if place < len(times) and times[place] == at else -1

    def _refuse(self, missing: Collection[int]) -> None:
        first = min(missing)
        raise DatasetError(
            f"{self._path} has {self._scan.frame_count} frames, but {len(missing)} of those needed "
            f"cannot be decoded; the first is frame {first} at "
            f"{self._scan.pts_seconds[first]:.3f} s",
            next_step="get the file again from where it came; it is damaged",
        )


def runs(key_frames: Sequence[int], indices: Sequence[int]) -> list[tuple[int, list[int]]]:
    """Stretches to decode: where each starts, and the positions that it must reach.

    A new stretch begins where a key frame lies between two wanted frames and jumping to it saves
    `MIN_SKIP` frames or more.

    Args:
        key_frames: positions from which decoding can start, ascending.
        indices: wanted positions, ascending, without repeats.
    """
    stretches: list[tuple[int, list[int]]] = []
    for index in indices:
        place = bisect_right(key_frames, index) - 1
        start = key_frames[place] if place >= 0 else 0
        if stretches and start - stretches[-1][1][-1] <= MIN_SKIP:
            stretches[-1][1].append(index)
        else:
            stretches.append((start, [index]))
    return stretches
