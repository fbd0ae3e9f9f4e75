"""Reference images: the portrait of one thing, and floor plans."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from mmsi_video.rendering.furniture import COLOURS, HEIGHTS
from mmsi_video.rendering.painter import render
from mmsi_video.rendering.world import Pose, Room, Thing, World, ahead

if TYPE_CHECKING:
    from collections.abc import Sequence

PORTRAIT = (224, 224)
"""Size of a portrait in pixels."""
PLAN_WIDTH = 360
"""Width of a floor plan in pixels, margins included."""
_MARGIN = 24

Point = tuple[float, float]


def portrait(thing: Thing) -> Image.Image:
    """The thing alone on a grey ground, seen from its front and a little from the side."""
    alone = Room("studio", -25, -25, 25, 25, ("pale grey",) * 4, "pale grey", "pale grey", 20)
    model = Thing(thing.kind, thing.colour, 0, 0, heading=155, size=thing.size, tall=thing.tall)
    height = HEIGHTS[thing.kind] * thing.size * thing.tall
    pose = Pose(0, -2.9, 0, z=height / 2 + 0.9, pitch=17, view=55)
    return render(World((alone,), things=(model,)), pose, PORTRAIT)


class Plan:
    """A floor plan in the making: north is up, rooms are outlines."""

    def __init__(self, rooms: Sequence[Room], *, coloured: bool) -> None:
        self.left = min(room.x0 for room in rooms)
        self.top = max(room.y1 for room in rooms)
        width = max(room.x1 for room in rooms) - self.left
        height = self.top - min(room.y0 for room in rooms)
        self.scale = (PLAN_WIDTH - 2 * _MARGIN) / width
        size = (PLAN_WIDTH, round(height * self.scale) + 2 * _MARGIN)
        self.image = Image.new("RGB", size, "white")
        self.draw = ImageDraw.Draw(self.image)
        for room in rooms:
            self._outline(room, coloured=coloured)

    def _at(self, x: float, y: float) -> Point:
        return (x - self.left) * self.scale + _MARGIN, (self.top - y) * self.scale + _MARGIN

    def _outline(self, room: Room, *, coloured: bool) -> None:
        corners = ((room.x0, room.y1), (room.x1, room.y1), (room.x1, room.y0), (room.x0, room.y0))
        points = [self._at(*corner) for corner in corners]
        for i, colour in enumerate(room.walls):
            fill = COLOURS[colour if coloured else "grey"]
            self.draw.line((points[i], points[(i + 1) % 4]), fill=fill, width=9 if coloured else 4)

    def gap(self, x: float, y: float, width: float) -> None:
        """An open doorway."""
        cx, cy = self._at(x, y)
        half = width * self.scale / 2
        self.draw.rectangle((cx - half, cy - half, cx + half, cy + half), fill="white")

    def dot(self, x: float, y: float, colour: str, radius: float = 9) -> None:
        """A marked place."""
        cx, cy = self._at(x, y)
        box = (cx - radius, cy - radius, cx + radius, cy + radius)
        self.draw.ellipse(box, fill=COLOURS[colour])

    def arrow(self, pose: Pose) -> None:
        """A black arrow: where someone stands (its blunt end) and looks (its tip)."""
        tip, left, right = (
            ahead(pose, 1.1),
            ahead(pose, 0.5, sideways=-0.35),
            ahead(pose, 0.5, sideways=0.35),
        )
        ends = (self._at(pose.x, pose.y), self._at(*ahead(pose, 0.6)))
        self.draw.line(ends, fill="black", width=5)
        self.draw.polygon([self._at(*point) for point in (tip, left, right)], fill="black")

    def route(self, points: Sequence[Point], colour: str) -> None:
        """A way through the room."""
        line = [self._at(*point) for point in points]
        self.draw.line(line, fill=COLOURS[colour], width=5, joint="curve")
