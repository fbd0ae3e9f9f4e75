"""Writes clips and archives so that equal input gives equal bytes."""

from __future__ import annotations

import gzip
import tarfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from fractions import Fraction
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

VIDEO_OPTIONS = {
    "crf": "30",
    "preset": "superfast",
    "threads": "1",
    "x264-params": "mbtree=0:bframes=0",
}
"""libx264, so that equal pictures give equal bytes. Several threads may divide the work differently
from run to run; macroblock trees and B frames together gave other bytes in run after run."""
KEYFRAME_SECONDS = 5
"""So that a reader that seeks does not decode minutes."""
_FAST = 1


@contextmanager
def mp4(
    path: Path, *, size: tuple[int, int], fps: Fraction
) -> Iterator[Callable[[NDArray[np.uint8]], None]]:
    """Write an H.264 clip without sound, frame by frame.

    Args:
        path: where to.
        size: width and height, even.
        fps: frames a second; the clip's own time starts at 0.

    Yields:
        A function that takes the next frame, shape (height, width, 3), RGB.
    """
    import av  # noqa: PLC0415 (loads FFmpeg; the command line's start must not)

    # "bitexact" leaves the muxer's version and the date out of the file.
    options = {"fflags": "+bitexact"}
    with av.open(str(path), "w", format="mp4", options=options) as container:
        stream = cast("Any", container.add_stream("libx264", rate=fps, options=VIDEO_OPTIONS))
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.codec_context.gop_size = round(KEYFRAME_SECONDS * fps)

        def add(frame: NDArray[np.uint8]) -> None:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame)))

        yield add
        container.mux(stream.encode())


def tar_gz(path: Path, files: Sequence[Path], *, folder: str = "") -> None:
    """Pack files into a new archive, whose bytes depend on their names and contents alone.

    Args:
        path: the archive.
        files: what goes in, in this order, under its bare name.
        folder: what every entry's name begins with; empty, or ending in a slash.
    """
    with (
        path.open("wb") as raw,
        gzip.GzipFile("", "wb", compresslevel=_FAST, fileobj=raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for file in files:
            entry = tarfile.TarInfo(folder + file.name)
            entry.size = file.stat().st_size
            with file.open("rb") as content:
                archive.addfile(entry, content)
