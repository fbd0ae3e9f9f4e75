"""Hue-saturation histograms of some frames of a video, on one walk through it.

Nothing is kept: a picture is measured, handed out and forgotten.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2

from sightline.errors import DatasetError
from sightline.forward_pass import ForwardPass

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from sightline.progress import Progress
    from sightline.video import Scan

BINS = [50, 60]
"""Of hue and saturation (pipeline step 1.5 of daeunni/StreamGaze)."""
RANGES = [0, 180, 0, 256]
"""Of hue and saturation as OpenCV has them (step 1.5)."""


@dataclass(frozen=True, eq=False)
class Picture:
    """What is measured of one frame."""

    histogram: NDArray[np.float32]
    """Of hue and saturation, shape BINS, counts scaled to 0 to 1."""
    grey: float
    """Mean grey, 0 to 255."""


def measured(bgr: NDArray[np.uint8]) -> Picture:
    """What is measured of a picture, shape (height, width, 3), blue first."""
    hsv = cv2.cvtColor(bgr, cv2.COLOR_BGR2HSV)
    histogram = cv2.calcHist([hsv], [0, 1], None, BINS, RANGES)
    cv2.normalize(histogram, histogram, alpha=0, beta=1, norm_type=cv2.NORM_MINMAX)
    grey = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY).mean()
    return Picture(histogram, float(grey))  # type: ignore[arg-type]  # calcHist gives float32


def correlation(one: Picture, other: Picture) -> float:
    """Pearson's correlation of two pictures' histograms, -1 to 1; 1 for two equal ones."""
    return cv2.compareHist(one.histogram, other.histogram, cv2.HISTCMP_CORREL)


def pictures(
    path: Path, scanned: Scan, indices: Collection[int], *, threads: int = 1
) -> Iterator[tuple[int, Picture | None]]:
    """The frames at these positions, ascending, each once; None for one that cannot be read.

    Where the decoder gives up, the wanted frames up to the next key frame are None. So is a frame
    of which the decoder says that it had to guess parts.
    """
    walk = ForwardPass(path, scanned, threads=threads)
    wanted = sorted(set(indices))
    done = 0
    while done < len(wanted):
        try:
            for index, native in walk.natives(wanted[done:]):
                if index < wanted[done]:
                    continue  # a second frame of the same time
                yield index, None if native.is_corrupt else _picture(native)
                done += 1
                if done == len(wanted):
                    return
        except DatasetError:
            pass
        stop = _next_key_frame(scanned.key_frames, wanted[done])
        after = bisect_left(wanted, stop, lo=done + 1) if stop is not None else len(wanted)
        yield from ((index, None) for index in wanted[done:after])
        done = after


def by_owner(
    path: Path,
    scanned: Scan,
    wanted: Sequence[Sequence[int]],
    progress: Progress,
    *,
    threads: int = 1,
) -> Iterator[tuple[int, int, Picture | None]]:
    """The frames that each of several owners wants, on one walk.

    Args:
        path: an mp4.
        scanned: what is known of its packets.
        wanted: positions of frames, for each owner.
        progress: told about every frame.
        threads: of the decoder.

    Yields:
        The owner's place in `wanted`, the frame's position, and the picture.
    """
    told = ((index, owner) for owner, indices in enumerate(wanted) for index in set(indices))
    pairs = sorted(told)
    indices = {index for index, _ in pairs}
    progress.start("scenes", len(indices))
    place = 0
    for index, picture in pictures(path, scanned, indices, threads=threads):
        while place < len(pairs) and pairs[place][0] == index:
            yield pairs[place][1], index, picture
            place += 1
        progress.advance(1)


def _picture(native: Any) -> Picture:
    return measured(native.to_ndarray(format="bgr24"))


def _next_key_frame(key_frames: Sequence[int], index: int) -> int | None:
    place = bisect_right(key_frames, index)
    return key_frames[place] if place < len(key_frames) else None
