"""Pictures -> tensors, by the fastest decoder that gives Pillow's pixels.

JPEG files are decoded by OpenCV, which lmms-eval brings: four fifths of Pillow's time. simplejpeg
took a little less, 2 % of a sample's preparation, and would be one more dependency; torchvision's
decoder was as fast and is deprecated. All of them wrap libjpeg-turbo: their pixels are identical.
What OpenCV decodes in another way than Pillow (CMYK), or refuses, is left to Pillow.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import torch
from PIL import Image

if TYPE_CHECKING:
    from typing import TypeAlias

    Picture: TypeAlias = Image.Image | bytes | bytearray | memoryview | str | Path

_AS_PILLOW = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION


def rgb_tensor(picture: Picture) -> torch.Tensor:
    """The pixels of a picture, equal to those of Pillow's ``convert("RGB")``.

    As there, the orientation that EXIF asks for is not applied. A JPEG with a wrong byte gives
    the same pixels as well, or an error; Pillow refuses a few more of these.

    Args:
        picture: a PIL image; or a file's bytes, or its path. A PIL image whose pixels are those of
            a file that it holds in an attribute ``undecoded`` (bytes) is decoded from there, and
            stays as it is.

    Returns:
        uint8 of shape (3, height, width), contiguous.

    Raises:
        OSError: the file cannot be opened, or is no whole picture.
        ValueError: a PNG holds far more than its size says.
        PIL.Image.DecompressionBombError: it has far too many pixels.
    """
    try:
        if isinstance(picture, Image.Image):
            return _decoded(picture, getattr(picture, "undecoded", None))
        data = Path(picture).read_bytes() if isinstance(picture, (str, Path)) else bytes(picture)
        # Pillow reads the header: it checks the size before memory is taken.
        with Image.open(io.BytesIO(data)) as image:
            return _decoded(image, data)
    except SyntaxError as error:
        # What Pillow says of some broken files.
        raise OSError(f"broken picture: {error}") from error


def _decoded(image: Image.Image, data: bytes | None) -> torch.Tensor:
    pixels = None
    if data is not None and image.format == "JPEG" and image.mode in ("RGB", "L"):
        pixels = _jpeg(data)
    if pixels is None:
        pixels = np.asarray(image.convert("RGB"))
    planes = np.empty((3, *pixels.shape[:2]), np.uint8)
    # Processors want planes; OpenCV makes them in a fraction of the time that torch takes.
    cv2.split(pixels, list(planes))
    return torch.from_numpy(planes)


def _jpeg(data: bytes) -> Any:
    """Pixels of shape (height, width, 3); None where OpenCV refuses: Pillow then says why."""
    try:
        return cv2.imdecode(np.frombuffer(data, np.uint8), _AS_PILLOW)
    except cv2.error:
        return None
