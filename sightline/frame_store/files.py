"""Frames of a video as a file: Arrow IPC, one record batch a frame, nothing lost.

A frame is kept as the decoder's own planes where a picture made of them again is the picture that
the decoder gave (4:2:0, which is half of RGB), else as RGB. Each row of bytes is kept as its
difference from the row above, and then compressed: rows of a picture resemble each other, so this
halves what is left, in a tenth of the time that a lossless video codec takes. Every frame carries a
checksum over all that its picture is made of.
"""

from __future__ import annotations

import json
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pyarrow as pa

from sightline.errors import SightlineError
from sightline.upright import turned

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from PIL.Image import Image

PLANES = ("yuv420p", "yuvj420p")
"""Pixel formats that are kept as they are, where both sides are even."""

RGB = "rgb24"
"""How everything else is kept."""

_BAND_ROWS = 32
"""Differences begin anew after so many rows: then all bands are added up at a time, which is seven
times as fast as row by row over the whole height and costs a fiftieth in size."""

_LEVEL = 1
"""Of zstd: higher ones gain a hundredth."""

_INDICES = b"sightline.indices"
_BYTES_PER_PIXEL = 1.5
_KEPT_SHARE = 0.55
"""Of the planes, on disk: measured on a moving camera with sensor noise, H.264 at its default."""


class DamagedFileError(SightlineError):
    """A file of frames is cut short, or has other bytes than were written."""


@dataclass(frozen=True)
class Packed:
    """One frame as it is kept."""

    index: int
    """Position in presentation order, from 0."""
    layout: str
    """Pixel format of the bytes: one of `PLANES`, or `RGB`."""
    width: int
    """Pixels, before the turn."""
    height: int
    """Pixels, before the turn."""
    colorspace: int
    """The decoder's number for how colours were made of planes."""
    color_range: int
    """The decoder's number for which values are black and white."""
    turn: str
    """PIL's transpose that makes the picture upright; empty for none."""
    pixels: bytes
    """Rows of all planes, one after the other, each as the difference from the row above."""

    @property
    def checksum(self) -> int:
        """CRC-32 of everything above."""
        facts = [getattr(self, name) for name in _COLUMNS if name != "pixels"]
        return zlib.crc32(repr(facts).encode(), zlib.crc32(self.pixels))


_COLUMNS = {
    "index": pa.int32(),
    "layout": pa.string(),
    "width": pa.int32(),
    "height": pa.int32(),
    "colorspace": pa.int32(),
    "color_range": pa.int32(),
    "turn": pa.string(),
    "pixels": pa.large_binary(),
}


def packed(index: int, native: Any, turn: str = "", *, proven: Packed | None = None) -> Packed:
    """A frame of the decoder as it is kept.

    Args:
        index: position in presentation order, from 0.
        native: PyAV's frame.
        turn: what makes it upright, see :class:`sightline.video.Scan`.
        proven: an earlier frame of the same pass. One like it is not proven again to give the
            decoder's own picture.
    """
    if native.format.name in PLANES and native.width % 2 == native.height % 2 == 0:
        kept = _packed(index, native, turn, native.format.name, native.to_ndarray())
        if proven is not None and _kind(kept) == _kind(proven):
            return kept
        if unpacked(kept).tobytes() == turned(native.to_image(), kept.turn).tobytes():
            return kept
    rgb = np.asarray(native.to_image()).reshape(native.height, native.width * 3)
    return _packed(index, native, turn, RGB, rgb)


def unpacked(frame: Packed) -> Image:
    """The picture of a frame, upright: bit for bit what the decoder gave."""
    if frame.layout == RGB:
        return turned(_picture(frame, _rows(frame), frame.width * 3), frame.turn)
    plane = _native(frame).reformat(format=RGB).planes[0]
    return turned(_picture(frame, plane, plane.line_size), frame.turn)


def size_estimate(width: int, height: int) -> int:
    """Bytes of a frame before compression, for plans; RGB takes twice as many."""
    return int(width * height * _BYTES_PER_PIXEL)


def kept_estimate(width: int, height: int) -> int:
    """Bytes of a frame on disk, about; noise takes more, a still and dark picture much less."""
    return int(size_estimate(width, height) * _KEPT_SHARE)


def write_frames(path: Path, indices: Sequence[int], frames: Iterable[Packed]) -> None:
    """Write a new file.

    Args:
        path: the file.
        indices: the positions of the frames, in their order.
        frames: the frames; they are taken one by one.

    Raises:
        OSError: it cannot be written.
    """
    schema = pa.schema(
        [*_COLUMNS.items(), ("checksum", pa.uint32())],
        metadata={_INDICES: json.dumps(list(indices)).encode()},
    )
    options = pa.ipc.IpcWriteOptions(compression=pa.Codec("zstd", _LEVEL), use_threads=False)
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, schema, options=options) as out:
        for frame in frames:
            values = [*(getattr(frame, name) for name in _COLUMNS), frame.checksum]
            columns = [
                pa.array([value], field.type) for value, field in zip(values, schema, strict=True)
            ]
            out.write_batch(pa.record_batch(columns, schema=schema))


def indices_in(path: Path) -> list[int]:
    """The positions of the frames in a file, in their order.

    Raises:
        DamagedFileError: it is cut short, or no file of frames.
        FileNotFoundError: it has gone.
    """
    with _opened(path) as reader:
        return _indices(reader)


def read_frames(path: Path, wanted: Iterable[int]) -> Iterator[Packed]:
    """Those of the wanted frames that a file has, one by one; no others are read.

    Raises:
        DamagedFileError: a frame has other bytes than were written.
        FileNotFoundError: the file has gone.
    """
    chosen = set(wanted)
    with _opened(path) as reader:
        for place, index in enumerate(_indices(reader)):
            if index in chosen:
                yield _read(reader, place, index)


def _read(reader: Any, place: int, index: int) -> Packed:
    batch = reader.get_batch(place)
    batch.validate(full=True)  # offsets in a damaged file may point anywhere
    if batch.num_rows != 1:
        raise ValueError(f"frame {index} has {batch.num_rows} rows")
    row = batch.to_pylist()[0]
    checksum = row.pop("checksum")
    frame = Packed(**row)
    if frame.checksum != checksum or frame.index != index:
        raise ValueError(f"frame {index} has another checksum than was written")
    return frame


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    options = pa.ipc.IpcReadOptions(use_threads=False)
    try:
        # Not mapped into memory: a bad sector, or a disk that goes away, would end the process.
        with pa.OSFile(str(path)) as file, pa.ipc.open_file(file, options=options) as reader:
            yield reader
    except FileNotFoundError:
        raise
    except (pa.ArrowException, OSError, ValueError, LookupError, TypeError, MemoryError) as error:
        raise DamagedFileError(f"{path} is no whole file of frames: {error}") from error


def _indices(reader: Any) -> list[int]:
    indices = json.loads(reader.schema.metadata[_INDICES])
    if reader.num_record_batches != len(indices):
        raise ValueError(f"{reader.num_record_batches} frames instead of {len(indices)}")
    return [int(index) for index in indices]


def _packed(index: int, native: Any, turn: str, layout: str, rows: np.ndarray[Any, Any]) -> Packed:
    pixels = np.ascontiguousarray(rows).copy()
    for told, band in zip(_bands(pixels), _bands(np.ascontiguousarray(rows)), strict=True):
        np.subtract(band[:, 1:], band[:, :-1], out=told[:, 1:])
    colours = int(native.colorspace), int(native.color_range)
    size = native.width, native.height
    return Packed(index, layout, *size, *colours, turn, pixels.tobytes())


def _rows(frame: Packed) -> np.ndarray[Any, Any]:
    width = frame.width * 3 if frame.layout == RGB else frame.width
    pixels: np.ndarray[Any, Any] = np.frombuffer(frame.pixels, np.uint8).reshape(-1, width).copy()
    for band in _bands(pixels):
        for row in range(1, band.shape[1]):
            band[:, row] += band[:, row - 1]
    return pixels


def _bands(rows: np.ndarray[Any, Any]) -> list[np.ndarray[Any, Any]]:
    """Views of shape (bands, rows, width): what is left at the end is a band of its own."""
    height, width = rows.shape
    whole = height - height % _BAND_ROWS
    return [rows[:whole].reshape(-1, _BAND_ROWS, width), rows[None, whole:]]


def _native(frame: Packed) -> Any:
    native = av.VideoFrame.from_ndarray(_rows(frame), format=frame.layout)
    native.colorspace, native.color_range = frame.colorspace, frame.color_range
    return native


def _picture(frame: Packed, data: Any, line_bytes: int) -> Image:
    from PIL import Image  # noqa: PLC0415 (a store that is only filled makes few pictures)

    # What `VideoFrame.to_image` does, without clearing the picture first: that takes longer.
    image = Image.new("RGB", (frame.width, frame.height), None)
    image.frombytes(memoryview(data), "raw", "RGB", line_bytes, 1)
    return image


def _kind(frame: Packed) -> tuple[Any, ...]:
    facts = frame.layout, frame.width, frame.height, frame.colorspace, frame.color_range
    return (*facts, frame.turn)
