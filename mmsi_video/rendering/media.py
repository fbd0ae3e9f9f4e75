"""Writes pictures, clips and archives so that equal input gives equal bytes."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any, cast

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable
    from fractions import Fraction

    from PIL import Image
    from typing_extensions import Self

JPEG_QUALITY = 80
"""Quality of all released pictures."""
VIDEO_OPTIONS = {
    "crf": "34",
    "preset": "veryfast",
    "threads": "1",
    "x264-params": "mbtree=0:bframes=0",
}
"""libx264, so that equal pictures give equal bytes. Several threads may divide the work differently
from run to run. With macroblock trees and B frames together the vector code of libx264 (the one in
PyAV 15.1, x86-64) gave other bytes in 6 of 6 runs; without both, the same in 25 of 25."""
KEYFRAME_EVERY = 24
"""So that a reader that seeks does not decode the clip from its beginning."""
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time stamp of every archive entry: the oldest that a zip can hold."""
_PLAIN_FILE = 0o100644 << 16
_UNIX = 3


def jpeg(image: Image.Image) -> bytes:
    """The picture as JPEG bytes."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=JPEG_QUALITY)
    return buffer.getvalue()


def mp4(images: Iterable[Image.Image], *, size: tuple[int, int], fps: Fraction) -> bytes:
    """The pictures as an H.264 clip without sound; sizes must be even.

    Width, height and rate are those given; the clip's own time starts at 0.
    """
    import av  # noqa: PLC0415 (loads FFmpeg; the command line's start must not)

    buffer = io.BytesIO()
    # "bitexact" leaves the muxer's version and the date out of the file.
    with av.open(buffer, "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        stream = cast("Any", container.add_stream("libx264", rate=fps, options=VIDEO_OPTIONS))
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.codec_context.gop_size = KEYFRAME_EVERY
        for image in images:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.asarray(image))))
        container.mux(stream.encode())
    return buffer.getvalue()


class Archive:
    """A zip whose bytes depend on its entries alone; use it as a context manager.

    Nothing is compressed: JPEG and MP4 are already.

    Args:
        file: an open binary file, or a path.
        folder: what every entry's name begins with, for archives that repeat their folder.
    """

    def __init__(self, file: Any, *, folder: str = "") -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_STORED)
        self._folder = folder

    def add(self, name: str, data: bytes) -> None:
        """Write one file."""
        entry = zipfile.ZipInfo(self._folder + name, EPOCH)
        entry.create_system = _UNIX
        entry.external_attr = _PLAIN_FILE
        self._zip.writestr(entry, data)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()
