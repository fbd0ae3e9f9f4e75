"""Draws a script's frames: a part of one wide picture, with what moves pasted over it.

The wide picture is drawn once for every arrangement of the things; a frame is a copy of a part of
it, which is what makes minutes of video cheap.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from streamgaze_task.rendering import world
from streamgaze_task.rendering.chance import between, smooth
from streamgaze_task.rendering.drawings import PARTS
from streamgaze_task.rendering.kinds import COLOURS, Rgb
from streamgaze_task.rendering.rooms import column_x, room_size, row_y
from streamgaze_task.rendering.world import COUNTER, HAND_SECONDS, SHELF, pose

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from streamgaze_task.rendering.videos import Video
    from streamgaze_task.rendering.world import Action, Script

SUPERSAMPLING = 4
"""Things are drawn this many times larger, then averaged: smooth edges."""
SKIN, SLEEVE = (222, 168, 132), (70, 78, 120)
_OUTLINE = (38, 34, 34)
_BOX = 100


def _mixed(colour: Rgb, other: Rgb, part: float) -> Rgb:
    red, green, blue = (round(between(a, b, part)) for a, b in zip(colour, other, strict=True))
    return red, green, blue


def _tone(tone: str, body: Rgb) -> Rgb:
    if tone == "body":
        return body
    if tone == "light":
        return _mixed(body, (255, 255, 255), 0.45)
    if tone == "dark":
        return _mixed(body, (0, 0, 0), 0.35)
    return COLOURS[tone]


@lru_cache(maxsize=256)
def sprite(name: str, colour: str, pixels: int, angle: int = 0) -> Image.Image:
    """A thing on a transparent ground, tilted by `angle` degrees clockwise, RGBA."""
    scale = pixels * SUPERSAMPLING / _BOX
    image = Image.new("RGBA", (pixels * SUPERSAMPLING,) * 2, (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    for form, tone, numbers in PARTS[name]:
        fill = _tone(tone, COLOURS[colour])
        at = [scale * number for number in numbers]
        edge = max(1, round(1.8 * scale))
        if form == "ellipse":
            draw.ellipse(at, fill=fill, outline=_OUTLINE, width=edge)
        elif form == "box":
            draw.rectangle(at, fill=fill, outline=_OUTLINE, width=edge)
        elif form == "shape":
            draw.polygon(at, fill=fill, outline=_OUTLINE, width=edge)
        else:
            draw.line(at, fill=fill, width=round(7 * scale), joint="curve")
    if angle:
        image = image.rotate(-angle, Image.Resampling.BICUBIC, expand=True)
        spare = -image.width % SUPERSAMPLING
        image = image.crop((0, 0, image.width + spare, image.height + spare))
    return image.reduce(SUPERSAMPLING)


def backdrop(video: Video) -> Image.Image:
    """The empty room: a panelled wall with windows, a shelf, a counter with cupboards."""
    unit = video.width
    width, height = room_size(video)
    image = Image.new("RGB", (width, height), video.wall)
    draw = ImageDraw.Draw(image)
    darker, lighter = (_mixed(video.wall, (c,) * 3, 0.07) for c in (0, 255))
    for k in range(0, 32, 2):
        panel = (k * 0.125 + 0.02 * math.sin(3 * k)) * unit
        draw.rectangle((panel, 0, panel + 0.125 * unit, height), fill=darker)
    shelf, counter = (round(row_y(video, p) + world.THING * unit / 2) for p in (SHELF, COUNTER))
    for column in (1, 7, 13):
        _window(draw, column_x(video, column), shelf - 0.3 * unit, unit, lighter)
    for y in range(shelf + round(0.05 * unit), counter, round(0.06 * unit)):
        draw.line((0, y, width, y), fill=darker, width=1)
    dark = _mixed(video.board, (0, 0, 0), 0.35)
    for column in range(0, 17, 2):
        x = (column * 0.25 + 0.01) * unit
        draw.polygon((x, shelf, x + 0.03 * unit, shelf, x, shelf + 0.08 * unit), fill=dark)
    draw.rectangle((0, shelf, width, shelf + 0.025 * unit), fill=video.board, outline=dark)
    front = _mixed(video.board, (255, 255, 255), 0.35)
    draw.rectangle((0, counter, width, height), fill=front)
    for k in range(17):
        x, low = (k * 0.25 - 0.04) * unit, counter + 0.35 * unit
        draw.rectangle((x, counter + 0.06 * unit, x + 0.23 * unit, low), outline=dark, width=2)
        knob = (x + 0.19 * unit, counter + 0.12 * unit)
        draw.ellipse((*knob, knob[0] + 0.02 * unit, knob[1] + 0.02 * unit), fill=dark)
    draw.rectangle((0, counter, width, counter + 0.035 * unit), fill=video.board, outline=dark)
    floor = counter + round(0.37 * unit)
    if floor < height:
        draw.rectangle((0, floor, width, height), fill=dark)
    return image


def _window(draw: ImageDraw.ImageDraw, x: float, y: float, unit: int, frame: Rgb) -> None:
    glass = (x - 0.1 * unit, y, x + 0.1 * unit, y + 0.14 * unit)
    draw.rectangle(glass, fill=(150, 195, 225), outline=frame, width=4)
    draw.line((x, glass[1], x, glass[3]), fill=frame, width=3)


class Painter:
    """Draws the frames of one script, which must be asked for in the order of time to be quick."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._backdrop = backdrop(script.video)
        self._pixels = round(script.size)
        self._key: tuple[str | None, int] | None = None
        self._still = np.zeros((0, 0, 3), np.uint8)

    def frame(self, at: float) -> NDArray[np.uint8]:
        """The frame at a time, shape (height, width, 3), RGB; the caller may change it."""
        video = self._script.video
        left, top = (round(edge) for edge in world.camera(self._script, at))
        still = self._arranged(at)
        view: NDArray[np.uint8] = still[top : top + video.height, left : left + video.width].copy()
        action = next(
            (a for a in self._script.actions if a.hand <= at < a.end + HAND_SECONDS), None
        )
        if action is None:
            return view
        image = Image.fromarray(view)
        held = action.start <= at < action.end
        palm = self._arm(image, action, at, (left, top))
        if held:
            self._held(image, action, at, (left, top))
        self._fingers(image, palm)
        drawn: NDArray[np.uint8] = np.array(image)
        return drawn

    def _arranged(self, at: float) -> NDArray[np.uint8]:
        """The room with everything but what a hand holds."""
        held = next((a.job.thing for a in self._script.actions if a.start <= at < a.end), None)
        key = (held, sum(a.end <= at for a in self._script.actions))
        if key != self._key:
            image = self._backdrop.copy()
            for thing in self._script.things:
                if thing.name != held:
                    self._put(image, thing.name, at, (0, 0))
            self._key, self._still = key, np.asarray(image)
        return self._still

    def _put(self, image: Image.Image, name: str, at: float, corner: tuple[int, int]) -> None:
        x, y, angle = pose(self._script, name, at)
        colour = self._script.thing(name).colour
        drawn = sprite(name, colour, self._pixels, 5 * round(angle / 5))
        place = round(x - corner[0] - drawn.width / 2), round(y - corner[1] - drawn.height / 2)
        image.paste(drawn, place, drawn)

    def _held(self, image: Image.Image, action: Action, at: float, corner: tuple[int, int]) -> None:
        self._put(image, action.job.thing, at, corner)
        x, y, angle = pose(self._script, action.job.thing, at)
        if action.job.manner == "pour" and action.job.target and abs(angle) > 90:  # noqa: PLR2004
            unit = self._script.video.width
            over = pose(self._script, action.job.target, at)
            mouth = x - corner[0] + math.copysign(0.06 * unit, angle), y - corner[1]
            drop = (mouth[0], mouth[1] + 0.02 * unit, mouth[0], over[1] - corner[1])
            ImageDraw.Draw(image).line(drop, fill=(90, 150, 230), width=max(3, unit // 90))

    def _arm(
        self, image: Image.Image, action: Action, at: float, corner: tuple[int, int]
    ) -> tuple[float, float]:
        """A forearm from below, on the side away from the target; returns its palm's place."""
        unit = self._script.video.width
        x, y = self._palm(action, at)
        x, y = x - corner[0], y - corner[1]
        side = self._side(action)
        draw = ImageDraw.Draw(image)
        arm = (x + side * 0.1 * unit, y + 0.147 * unit)
        elbow = (x + side * 0.34 * unit, y + 0.5 * unit)
        draw.line((*arm, *elbow), fill=SLEEVE, width=round(0.085 * unit))
        draw.line((x, y, *arm), fill=SKIN, width=round(0.05 * unit))
        wide, high = 0.042 * unit, 0.036 * unit
        draw.ellipse((x - wide, y - high, x + wide, y + high), fill=SKIN, outline=_OUTLINE)
        return x, y

    def _side(self, action: Action) -> int:
        """1 for an arm from the right, -1 for one from the left."""
        job = action.job
        things = self._script.thing
        return -1 if job.target and things(job.target).x > things(job.thing).x else 1

    def _fingers(self, image: Image.Image, palm: tuple[float, float]) -> None:
        """Four fingers, in front of what the hand holds."""
        unit, draw = self._script.video.width, ImageDraw.Draw(image)
        for k in range(4):
            x, y = palm[0] + (-0.034 + 0.022 * k) * unit, palm[1] - 0.022 * unit
            r = 0.012 * unit
            draw.ellipse((x - r, y - r * 1.4, x + r, y + r * 1.4), fill=SKIN, outline=_OUTLINE)

    def _palm(self, action: Action, at: float) -> tuple[float, float]:
        """Where the hand is: coming, waiting below the thing, holding it, leaving."""
        unit = self._script.video.width
        x, y, angle = pose(self._script, action.job.thing, min(at, action.end))
        away = (
            smooth((at - action.end) / HAND_SECONDS) + 1 - smooth((at - action.hand) / HAND_SECONDS)
        )
        hold = smooth((at - action.start + 0.4) / 0.4)
        turn, grip = math.radians(angle), 0.05 * unit
        held = (x - grip * math.sin(turn), y + grip * math.cos(turn))
        wait = (x + 0.01 * unit, y + 0.1 * unit)
        return (
            between(wait[0], held[0], hold) + 0.3 * unit * away * self._side(action),
            between(wait[1], held[1], hold) + 0.5 * unit * away,
        )
