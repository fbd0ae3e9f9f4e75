"""Some frames of a dataset's recordings on one sheet, from the files of a folder alone.

Frames come from the config of frames where there is one, else from the mp4 files. What cannot be
decoded is left out: a sheet is to be looked at and proves nothing.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, TypeVar

from PIL import Image, ImageDraw, ImageFont, UnidentifiedImageError

from sightline.errors import DatasetError
from sightline.forward_pass import ForwardPass
from sightline.parquet_reader import ClipReader
from sightline.video import scan

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

COLUMNS, ROWS = 4, 2
CELL = (242, 182)
"""Pixels of a picture at most, width and height."""

_GAP, _CAPTION = 8, 22
_GROUND, _INK = (255, 255, 255), (26, 32, 44)
_SHOWN = COLUMNS * ROWS
_QUALITY = 85

_Item = TypeVar("_Item")

Shot = tuple[str, Image.Image]
"""A caption and a frame."""


def contact_sheet(folder: Path) -> tuple[str, bytes] | None:
    """Eight frames with captions.

    Args:
        folder: a dataset; links in it are not followed.

    Returns:
        ``("jpg" or "png", bytes)``, whichever is smaller; None when nothing can be shown.
    """
    shots = [shot for _, shot in zip(range(_SHOWN), _shots(folder), strict=False)]
    return _encoded(_sheet(shots)) if shots else None


def _shots(folder: Path) -> Iterator[Shot]:
    tables = [path for path in sorted(folder.glob("frames/*.parquet")) if not path.is_symlink()]
    if tables:
        yield from _released(tables)
        return
    videos = [path for path in sorted(folder.glob("media/**/*.mp4")) if not path.is_symlink()]
    chosen = _spread(videos, _SHOWN)
    # Few videos are shown at several times each.
    times = -(-_SHOWN // max(len(chosen), 1))
    for path in chosen:
        yield from _filmed(path, times)


def _released(tables: Sequence[Path]) -> Iterator[Shot]:
    """The frame in the middle of each of some clips."""
    reader = ClipReader(tables)
    for key in _spread(reader.keys, _SHOWN):
        middle = reader.row_count(key) // 2
        (data,) = reader.read(key, ("image",), [middle])
        try:
            picture = Image.open(io.BytesIO(data or b""))
            picture.thumbnail(CELL)
            yield key, picture.convert("RGB")
        except (OSError, ValueError, UnidentifiedImageError, Image.DecompressionBombError):
            continue


def _filmed(path: Path, count: int) -> Iterator[Shot]:
    """Frames of a video at equal distances, without its beginning and end."""
    try:
        scanned = scan(path)
        total = scanned.frame_count
        indices = [total * (i + 1) // (count + 1) for i in range(count)]
        for frame in ForwardPass(path, scanned, threads=1).frames(indices):
            picture = frame.image
            picture.thumbnail(CELL)
            minutes, seconds = divmod(int(frame.pts_seconds), 60)
            yield f"{minutes:02d}:{seconds:02d} {path.parent.name}/{path.stem}", picture
    except DatasetError:
        return


def _spread(items: Sequence[_Item], count: int) -> list[_Item]:
    """At most `count` of them, evenly from first to last."""
    if len(items) <= count:
        return list(items)
    return [items[i * len(items) // count] for i in range(count)]


def _sheet(shots: Sequence[Shot]) -> Image.Image:
    columns = min(len(shots), COLUMNS)
    rows = -(-len(shots) // COLUMNS)
    width, height = CELL[0] + _GAP, CELL[1] + _CAPTION + _GAP
    sheet = Image.new("RGB", (columns * width + _GAP, rows * height + _GAP), _GROUND)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=12)
    for place, (caption, picture) in enumerate(shots):
        left = _GAP + (place % COLUMNS) * width
        top = _GAP + (place // COLUMNS) * height
        x, y = (CELL[i] - picture.size[i] for i in (0, 1))
        sheet.paste(picture, (left + x // 2, top + y // 2))
        draw.text((left, top + CELL[1] + 3), _fitted(caption, font), _INK, font)
    return sheet


def _fitted(caption: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    """As much of a caption as a cell is wide, in characters that the font has."""
    line = " ".join(caption.split()).encode("ascii", "replace").decode("ascii")
    text = "".join(mark if mark.isprintable() else "?" for mark in line)
    if font.getlength(text) <= CELL[0]:
        return text
    while text and font.getlength(f"{text}...") > CELL[0]:
        text = text[:-1]
    return f"{text}..."


def _encoded(sheet: Image.Image) -> tuple[str, bytes]:
    jpeg, png = io.BytesIO(), io.BytesIO()
    sheet.save(jpeg, "JPEG", quality=_QUALITY)
    sheet.save(png, "PNG", optimize=True)
    found = {"jpg": jpeg.getvalue(), "png": png.getvalue()}
    kind = min(found, key=lambda name: len(found[name]))
    return kind, found[kind]
