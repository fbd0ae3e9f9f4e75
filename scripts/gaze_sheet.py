#!/usr/bin/env python3
"""Draw what a model is shown: one StreamGaze question per family, by each gaze prompt.

Every line is one real message: six of its frames, its heat map if it has one, its texts.

Example: scripts/gaze_sheet.py dataset/ sheet.png --ids nfi-0003,oie-0002,gta-0000@3
"""

from __future__ import annotations

import argparse
import textwrap
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

from sightline.frame_store import default_store
from streamgaze_task import messages
from streamgaze_task.prompts import GAZE_PROMPTS
from streamgaze_task.questions import read_gaze, read_samples
from streamgaze_task.task_names import FAMILIES
from streamgaze_task.tasks.settings import GRID, Settings
from streamgaze_task.tasks.table import MAX_FRAMES

if TYPE_CHECKING:
    from streamgaze_task.schema import Request

FRAMES = 6
THUMB = (256, 192)
TEXT_WIDTH, LETTERS = 640, 96
LINE = 16
COLOURS = 256


def _one_per_family(requests: list[Request]) -> list[Request]:
    """The last request of each family in the middle of the list: something has happened by then."""
    chosen = []
    for family in FAMILIES:
        found = [one for one in requests if one.sample.name.family == family]
        chosen += found[len(found) // 2 :][:1]
    return chosen


def _strip(
    request: Request, settings: Settings, media: messages.Media, most_lines: int
) -> Image.Image:
    """One message: its texts on the left, its pictures on the right."""
    content = messages.chat_messages(messages.look(request, settings, media), media)[0]["content"]
    pictures = [item["url"] for item in content if item["type"] == "image"]
    last = [pictures.pop()] if settings.gaze_prompt == "salience" else []
    step = max(len(pictures) - 1, 0) / (FRAMES - 1)
    shown = [pictures[round(i * step)] for i in range(FRAMES)] if pictures else []
    start, end = request.window
    lines = [f"{request.id}  gaze prompt {settings.gaze_prompt}  answer {request.answer}"]
    lines += [f"window {start:g} to {end:g} s, {len(pictures)} frames", ""]
    for item in content:
        for line in item.get("text", "").splitlines():
            lines += textwrap.wrap(line, LETTERS) or [""]
    if len(lines) > most_lines:
        kept = most_lines // 2
        lines = [*lines[:kept], f"... ({len(lines) - 2 * kept} lines)", *lines[-kept:]]
    height = max(LINE * len(lines) + 16, THUMB[1] + 8)
    strip = Image.new("RGB", (TEXT_WIDTH + (FRAMES + 1) * THUMB[0], height), "white")
    draw = ImageDraw.Draw(strip)
    for i, line in enumerate(lines):
        draw.text((8, 6 + LINE * i), line, fill="black", font=ImageFont.load_default(13))
    for place, picture in enumerate([*shown, *last]):
        small = picture.copy()
        small.thumbnail(THUMB)
        strip.paste(small, (TEXT_WIDTH + place * THUMB[0], 4))
    draw.line((0, height - 1, strip.width, height - 1), fill="black")
    return strip


def main() -> None:
    """Read a dataset folder, write one PNG."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", type=Path, help="folder that `sightline build` made")
    parser.add_argument("out", type=Path, help="PNG to write")
    parser.add_argument("--ids", default="", help="these requests, separated by commas")
    parser.add_argument(
        "--prompts", default=",".join(GAZE_PROMPTS), help="gaze prompts, separated by commas"
    )
    parser.add_argument("--drawn", action="store_true", help="our overlay, not the released one")
    parser.add_argument("--lines", type=int, default=200, help="lines of text per message (200)")
    parser.add_argument("--width", type=int, help="scale the page down to so many pixels")
    arguments = parser.parse_args()
    requests = [one for sample in read_samples(arguments.dataset) for one in sample.requests()]
    wanted = [name for name in arguments.ids.split(",") if name]
    chosen = [one for one in requests if one.id in wanted] or _one_per_family(requests)
    media = messages.Media(
        default_store(),
        lambda path: arguments.dataset / path,
        lambda video_id: read_gaze(arguments.dataset, video_id),
    )
    strips = []
    for request in chosen:
        for prompt in arguments.prompts.split(","):
            settings = Settings("sheet", prompt, GRID, MAX_FRAMES)
            shown = _without_overlay(request, arguments)
            strips.append(_strip(shown, settings, media, arguments.lines))
    page = Image.new("RGB", (strips[0].width, sum(strip.height for strip in strips)), "white")
    top = 0
    for strip in strips:
        page.paste(strip, (0, top))
        top += strip.height
    if arguments.width:
        page = page.resize((arguments.width, page.height * arguments.width // page.width))
    page.quantize(COLOURS, Image.Quantize.FASTOCTREE).save(arguments.out, optimize=True)
    print(f"{arguments.out}: {len(strips)} messages, {page.width} x {page.height} px")


def _without_overlay(request: Request, arguments: argparse.Namespace) -> Request:
    if not arguments.drawn:
        return request
    video = replace(request.sample.video, overlay_path=None, overlay_sha256=None)
    return replace(request, sample=replace(request.sample, video=video))


if __name__ == "__main__":
    main()
