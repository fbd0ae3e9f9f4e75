"""Images as data URLs: file bytes as they are, decoded frames as JPEG, each once.

The requests of a video share their frames. So a frame is encoded by the first request that shows
it, and the others find it by its pixels: no name of a frame is needed, and none can be wrong.
"""

from __future__ import annotations

import base64
import hashlib
import io
import threading
from collections import OrderedDict
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from sightline.serving.images import JPEG_QUALITY

if TYPE_CHECKING:
    from collections.abc import Callable

ENCODING = f"jpeg-q{JPEG_QUALITY}-444"
"""What is made of an image without file bytes: JPEG without loss of colour resolution. For the
identity of a backend: another encoding may give another answer."""

CACHE_BYTES = 256 << 20
"""Data URLs kept, bytes."""

_STARTS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"RIFF", "image/webp"),
)
"""How the files that servers take begin."""

_ADDRESSES = ("data:", "http://", "https://")


class ImageEncoder:
    """Turns the images of chat messages into what a server takes as ``image_url``; thread-safe.

    Args:
        cache_bytes: data URLs of decoded frames to keep; those used longest ago go first.
    """

    def __init__(self, *, cache_bytes: int = CACHE_BYTES) -> None:
        self._most = cache_bytes
        self._lock = threading.Lock()
        self._held: OrderedDict[bytes, Future[str]] = OrderedDict()
        self._bytes = 0
        self.encoded = 0
        """Images that were encoded so far."""

    def url(self, value: Any) -> str:
        """The data URL of an image, or the address that it is.

        Args:
            value: a PIL image; one that still has its file's bytes, in ``original`` or, while
                nobody has decoded it, in ``undecoded``, is sent as that file. Or a file's bytes,
                its path, or an address (``data:``, ``http:``).

        Raises:
            OSError: a file cannot be read, or is no image.
            ValueError: the value is none of these.
        """
        if isinstance(value, Image.Image):
            file = getattr(value, "original", None) or getattr(value, "undecoded", None)
            return _file_url(file) if isinstance(file, bytes) else self._frame_url(value)
        if isinstance(value, str) and value.startswith(_ADDRESSES):
            return value
        if isinstance(value, (str, Path)):
            return _file_url(Path(value).read_bytes())
        if isinstance(value, bytes):
            return _file_url(value)
        raise ValueError(f"an image must be a picture, a file or its bytes, not {type(value)}")

    def _frame_url(self, image: Image.Image) -> str:
        rgb = image if image.mode == "RGB" else image.convert("RGB")
        key = hashlib.sha256(f"{rgb.size}".encode() + rgb.tobytes()).digest()
        return self._once(key, lambda: _data_url(_jpeg(rgb), "image/jpeg"))

    def _once(self, key: bytes, make: Callable[[], str]) -> str:
        """What `make` gives, made by whoever asks first; the others wait for it."""
        with self._lock:
            waiting = self._held.get(key)
            if waiting is not None:
                self._held.move_to_end(key)
            else:
                mine: Future[str] = Future()
                self._held[key] = mine
        if waiting is not None:
            return waiting.result()
        try:
            url = make()
        except BaseException as error:  # or those who wait would wait for ever; raised again
            with self._lock:
                self._held.pop(key, None)
            mine.set_exception(error)
            raise
        mine.set_result(url)
        self._keep(len(url))
        return url

    def _keep(self, size: int) -> None:
        """Count what was made, and forget what no longer fits."""
        with self._lock:
            self.encoded += 1
            self._bytes += size
            for key in list(self._held):
                if self._bytes <= self._most:
                    break
                if self._held[key].done():
                    self._bytes -= len(self._held.pop(key).result())


def _file_url(data: bytes) -> str:
    """A file as it is, or as JPEG where servers may not know its format."""
    for start, mime in _STARTS:
        if data.startswith(start):
            return _data_url(data, mime)
    with Image.open(io.BytesIO(data)) as image:
        return _data_url(_jpeg(image.convert("RGB")), "image/jpeg")


def _jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format="JPEG", quality=JPEG_QUALITY, subsampling=0)
    return buffer.getvalue()


def _data_url(data: bytes, mime: str) -> str:
    return f"data:{mime};base64,{base64.b64encode(data).decode('ascii')}"
