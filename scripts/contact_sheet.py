#!/usr/bin/env python3
"""Draw sample questions on one page: text, options, answer, reference images and six frames.

Example: scripts/contact_sheet.py sample/ sheet.png --type "Camera Motion"
"""

from __future__ import annotations

import argparse
import io
import json
import textwrap
import zipfile
from pathlib import Path

from PIL import Image, ImageDraw

from mmsi_video.rendering.painter import font

FRAMES = 6
THUMB = (256, 192)
TEXT_WIDTH = 560
COLUMNS = FRAMES + 2


def _picture(archive: zipfile.ZipFile, name: str) -> Image.Image:
    folder = Path(archive.filename or "").stem
    entry = name if name in archive.NameToInfo else f"{folder}/{name}"
    picture = Image.open(io.BytesIO(archive.read(entry)))
    picture.thumbnail(THUMB)
    return picture


def _strip(row: dict, frames: zipfile.ZipFile, references: zipfile.ZipFile) -> Image.Image:
    """One question: its text on the left, one line of frames per video on the right."""
    lines = [f"{row['id']}  {row['type']}"]
    for line in [*row["ori_question"].split("\n"), f"answer: {row['ground_truth']}"]:
        lines += textwrap.wrap(line, 78)
    lines += textwrap.wrap(row.get("hint", ""), 78)
    height = max(len(lines) * 17 + 16, THUMB[1] * len(row["frames_list"]) + 8)
    strip = Image.new("RGB", (TEXT_WIDTH + COLUMNS * THUMB[0], height), "white")
    draw = ImageDraw.Draw(strip)
    for i, line in enumerate(lines):
        draw.text((8, 6 + 17 * i), line, fill="black", font=font(14))
    for k, names in enumerate(row["frames_list"]):
        for i in range(min(FRAMES, len(names))):
            chosen = names[round(i * (len(names) - 1) / (FRAMES - 1))]
            place = (TEXT_WIDTH + i * THUMB[0], k * THUMB[1] + 4)
            strip.paste(_picture(frames, chosen), place)
    for i, name in enumerate(row["ref_images"]):
        strip.paste(_picture(references, name), (TEXT_WIDTH + (FRAMES + i) * THUMB[0], 4))
    draw.line((0, height - 1, strip.width, height - 1), fill="black")
    return strip


def main() -> None:
    """Read a release folder, write one PNG."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("release", type=Path, help="folder of a release")
    parser.add_argument("out", type=Path, help="PNG to write")
    parser.add_argument("--type", default="", help="only types that contain this text")
    parser.add_argument("--ids", default="", help="only these questions, separated by commas")
    parser.add_argument("--width", type=int, help="scale the page down to so many pixels")
    arguments = parser.parse_args()
    wanted = set(filter(None, arguments.ids.split(",")))
    rows = json.loads((arguments.release / "mmsivideo.json").read_text(encoding="utf-8"))
    rows = [row for row in rows if arguments.type in row["type"]]
    rows = [row for row in rows if not wanted or row["id"] in wanted]
    if not rows:
        parser.error(f"{arguments.release} has no such question")
    rows.sort(key=lambda row: row["type"])
    with (
        zipfile.ZipFile(arguments.release / "frames.zip") as frames,
        zipfile.ZipFile(arguments.release / "ref_images.zip") as references,
    ):
        strips = [_strip(row, frames, references) for row in rows]
    page = Image.new("RGB", (strips[0].width, sum(strip.height for strip in strips)), "white")
    top = 0
    for strip in strips:
        page.paste(strip, (0, top))
        top += strip.height
    if arguments.width is not None:
        size = (arguments.width, round(page.height * arguments.width / page.width))
        page = page.resize(size, Image.Resampling.LANCZOS).quantize(128)
    page.save(arguments.out, optimize=True)
    print(f"{len(strips)} questions on {arguments.out}")


if __name__ == "__main__":
    main()
