"""Draws a world as a camera sees it.

Rooms are convex, so drawing them from the farthest to the nearest (counted in doorways), each
with only the walls that face the camera, hides what must be hidden; things are drawn inside their
room from far to near.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mmsi_video.rendering.furniture import COLOURS, Floats, shape
from mmsi_video.rendering.world import SIDES

if TYPE_CHECKING:
    from mmsi_video.rendering.world import Opening, Panel, Pose, Room, Thing, World

NEAR = 0.08
"""Nothing closer to the lens than this is drawn, metres."""
SUPERSAMPLING = 2
"""Drawn this many times larger, then averaged: smooth edges."""
TILE = 1.0
"""Edge of a floor tile in metres: what makes forward motion visible."""
LARGEST_TILED = 40.0
"""Floors longer than this are meadows and carry no tiles."""

_Rgb = tuple[int, int, int]
_Corners = list[tuple[float, float, float]]
_INWARD = {"north": (0, -1, 0), "east": (-1, 0, 0), "south": (0, 1, 0), "west": (1, 0, 0)}


class _Lens:
    """Projects points for one pose and one drawing size."""

    def __init__(self, pose: Pose, width: int, height: int) -> None:
        heading, pitch = math.radians(pose.heading), math.radians(pose.pitch)
        right = np.array([math.cos(heading), -math.sin(heading), 0.0])
        ahead = np.array([math.sin(heading), math.cos(heading), 0.0])
        up = np.array([0.0, 0.0, 1.0])
        forward = math.cos(pitch) * ahead - math.sin(pitch) * up
        self.axes = np.stack(
            [right, forward, math.cos(pitch) * up + math.sin(pitch) * ahead], axis=1
        )
        self.place = np.array([pose.x, pose.y, pose.z])
        self.focal = width / 2 / math.tan(math.radians(pose.view) / 2)
        self.centre = (width / 2, height / 2)

    def seen(self, points: Floats) -> Floats:
        """World points as (right, depth, up), same shape."""
        seen: Floats = (points - self.place) @ self.axes
        return seen

    def polygon(self, corners: Floats) -> list[tuple[float, float]]:
        """Pixels of a seen polygon, cut off in front of the lens; empty when it is behind."""
        points = corners.tolist()
        if corners[:, 1].min() < NEAR:
            points = _cut(points)
        x, y = self.centre
        return [(x + self.focal * p[0] / p[1], y - self.focal * p[2] / p[1]) for p in points]


def _cut(points: list[list[float]]) -> list[list[float]]:
    kept = []
    for last, point in zip([points[-1], *points[:-1]], points, strict=True):
        if (last[1] < NEAR) != (point[1] < NEAR):
            part = (NEAR - last[1]) / (point[1] - last[1])
            kept.append([a + part * (b - a) for a, b in zip(last, point, strict=True)])
        if point[1] >= NEAR:
            kept.append(point)
    return kept


def _upright(room: Room, side: str, span: tuple[float, float], low: float, high: float) -> _Corners:
    along = {"north": room.y1, "south": room.y0, "east": room.x1, "west": room.x0}[side]
    ends = [(span[0], low), (span[1], low), (span[1], high), (span[0], high)]
    if side in ("north", "south"):
        return [(a, along, z) for a, z in ends]
    return [(along, a, z) for a, z in ends]


def _flat(x0: float, y0: float, x1: float, y1: float, z: float) -> _Corners:
    return [(x0, y0, z), (x1, y0, z), (x1, y1, z), (x0, y1, z)]


def _tiles(room: Room) -> list[tuple[_Corners, _Rgb]]:
    red, green, blue = COLOURS[room.floor]
    faces = [(_flat(room.x0, room.y0, room.x1, room.y1, 0.0), (red, green, blue))]
    if max(room.x1 - room.x0, room.y1 - room.y0) > LARGEST_TILED:
        return faces
    darker = (round(red * 0.9), round(green * 0.9), round(blue * 0.9))
    for i in range(math.ceil((room.x1 - room.x0) / TILE)):
        for j in range(i % 2, math.ceil((room.y1 - room.y0) / TILE), 2):
            x, y = room.x0 + i * TILE, room.y0 + j * TILE
            edges = (min(x + TILE, room.x1), min(y + TILE, room.y1))
            faces.append((_flat(x, y, *edges, 0.0), darker))
    return faces


def _wall(room: Room, side: str, holes: list[tuple[float, float, float]]) -> list[_Corners]:
    first, last = (room.x0, room.x1) if side in ("north", "south") else (room.y0, room.y1)
    pieces, start = [], first
    for left, right, top in sorted(holes):
        pieces.append(_upright(room, side, (start, left), 0, room.height))
        pieces.append(_upright(room, side, (left, right), top, room.height))
        start = right
    return [*pieces, _upright(room, side, (start, last), 0, room.height)]


def _holes(
    room: Room, side: str, openings: tuple[Opening, ...]
) -> list[tuple[float, float, float]]:
    x = {"east": room.x1, "west": room.x0}.get(side)
    y = {"north": room.y1, "south": room.y0}.get(side)
    found = []
    for hole in openings:
        if room.name in hole.rooms and (hole.x == x or hole.y == y):
            middle = hole.y if y is None else hole.x
            found.append((middle - hole.width / 2, middle + hole.width / 2, hole.height))
    return found


@lru_cache(maxsize=64)
def _shell(
    room: Room, openings: tuple[Opening, ...], panels: tuple[Panel, ...]
) -> tuple[Floats, Floats, tuple[_Rgb, ...]]:
    """Floor, ceiling, walls and panels of a room: faces (n, 4, 3), inward normals, colours."""
    faces = [(corners, (0, 0, 1), colour) for corners, colour in _tiles(room)]
    ceiling = _flat(room.x0, room.y0, room.x1, room.y1, room.height)
    faces.append((ceiling, (0, 0, -1), COLOURS[room.ceiling]))
    for side, colour in zip(SIDES, room.walls, strict=True):
        pieces = _wall(room, side, _holes(room, side, openings))
        faces += [(corners, _INWARD[side], COLOURS[colour]) for corners in pieces]
    for panel in panels:
        if panel.room != room.name:
            continue
        span = (panel.centre - panel.width / 2, panel.centre + panel.width / 2)
        if panel.side == "floor":
            corners = _flat(span[0], panel.low, span[1], panel.high, 0.0)
            faces.append((corners, (0, 0, 1), COLOURS[panel.colour]))
        else:
            corners = _upright(room, panel.side, span, panel.low, panel.high)
            faces.append((corners, _INWARD[panel.side], COLOURS[panel.colour]))
    places, normals, colours = zip(*faces, strict=True)
    return np.array(places, float), np.array(normals, float), colours


class _Canvas:
    """One picture in the making."""

    def __init__(self, pose: Pose, size: tuple[int, int]) -> None:
        self.size = (size[0] * SUPERSAMPLING, size[1] * SUPERSAMPLING)
        self.image = Image.new("RGB", self.size, COLOURS["pale grey"])
        self.draw = ImageDraw.Draw(self.image)
        self.lens = _Lens(pose, *self.size)

    def faces(
        self, faces: Floats, normals: Floats, colours: tuple[_Rgb, ...], *, sort: bool
    ) -> None:
        if not len(faces):
            return
        middle = faces.mean(axis=1) - self.lens.place
        front = np.flatnonzero(np.einsum("ij,ij->i", normals, middle) < 0)
        seen = self.lens.seen(faces[front])
        ahead = seen[:, :, 1].max(axis=1) >= NEAR
        order = np.argsort(-np.linalg.norm(middle[front], axis=1), kind="stable")
        for i in order if sort else range(len(front)):
            if ahead[i]:
                self.draw.polygon(self.lens.polygon(seen[i]), fill=colours[front[i]])

    def ball(self, x: float, y: float, z: float, radius: float, colour: str) -> None:
        right, depth, up = self.lens.seen(np.array([x, y, z]))
        if depth < radius:
            return
        scale = self.lens.focal / depth
        px, py = self.lens.centre[0] + scale * right, self.lens.centre[1] - scale * up
        red, green, blue = COLOURS[colour]
        for part, light in ((1.0, 0.72), (0.8, 0.88), (0.5, 1.0)):
            r, shift = radius * scale * part, radius * scale * (1 - part) * 0.7
            box = (px - shift - r, py - shift - r, px - shift + r, py - shift + r)
            fill = (round(red * light), round(green * light), round(blue * light))
            self.draw.ellipse(box, fill=fill)

    def thing(self, thing: Thing) -> None:
        solid = shape(thing)
        balls = sorted(solid.balls, key=lambda b: -float(np.linalg.norm(b[:3] - self.lens.place)))
        self.faces(solid.faces, solid.normals, solid.colours, sort=True)
        for ball in balls:
            self.ball(*ball)


def _doorways(world: World, start: Room) -> dict[str, int]:
    """Room name -> number of doorways between it and the camera; unreachable rooms are left out."""
    steps, edge = {start.name: 0}, [start.name]
    while edge:
        here = edge.pop(0)
        for opening in world.openings:
            if here in opening.rooms:
                there = opening.rooms[0] if opening.rooms[1] == here else opening.rooms[1]
                if there not in steps:
                    steps[there] = steps[here] + 1
                    edge.append(there)
    return steps


def render(world: World, pose: Pose, size: tuple[int, int]) -> Image.Image:
    """The picture that a camera at `pose` takes, RGB, `size` = (width, height) pixels."""
    canvas = _Canvas(pose, size)
    steps = _doorways(world, world.room_at(pose.x, pose.y))
    inside: dict[str, list[Thing]] = {}
    for thing in world.things:
        inside.setdefault(world.room_at(thing.x, thing.y).name, []).append(thing)
    for room in sorted(world.rooms, key=lambda room: -steps.get(room.name, 0)):
        if room.name not in steps:
            continue
        canvas.faces(*_shell(room, world.openings, world.panels), sort=False)
        for thing in sorted(inside.get(room.name, []), key=lambda t: _order(t, pose)):
            canvas.thing(thing)
    return canvas.image.reduce(SUPERSAMPLING)


def _order(thing: Thing, pose: Pose) -> tuple[bool, float]:
    """Far things first; what stands on a table top comes after all that stands on the floor."""
    away = (thing.x - pose.x) ** 2 + (thing.y - pose.y) ** 2 + (thing.z - pose.z) ** 2
    return thing.z > 0, -away


@lru_cache(maxsize=4)
def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's own scalable font: no file of the machine is needed."""
    return ImageFont.load_default(size)


def with_label(image: Image.Image, label: str) -> Image.Image:
    """The picture with the capture time in its top left corner, changed in place."""
    size = max(9, image.height // 17)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, draw.textlength(label, font=font(size)) + 6, size + 5), fill=(0, 0, 0))
    draw.text((3, 1), label, fill=(255, 255, 255), font=font(size))
    return image
