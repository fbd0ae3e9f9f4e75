"""The world model: rooms, things in them, and where a camera stands. Pure geometry, no pixels.

Lengths are metres, x points east, y north, z up. Headings and bearings are degrees clockwise,
0 is north (+y), so a positive relative bearing is to the right.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

SIDES = ("north", "east", "south", "west")
"""Walls of a room, in the order of their headings 0, 90, 180, 270."""

EIGHT_WAYS = (
    "in front",
    "front-right",
    "to the right",
    "back-right",
    "behind",
    "back-left",
    "to the left",
    "front-left",
)
"""Names of the relative bearings 0, 45, ... 315."""


_NAMES = {
    "plant": "plant in the {colour} pot",
    "television": "television on the {colour} stand",
    "marble": "{colour} ball",
}
"""Kinds of which only a part has the thing's colour, and one with another name in questions."""


@dataclass(frozen=True)
class Pose:
    """Where a camera is and where it looks."""

    x: float
    y: float
    heading: float
    """Degrees clockwise from north."""
    z: float = 1.5
    """Height of the lens over the floor."""
    pitch: float = 6.0
    """Degrees that the camera looks down."""
    view: float = 78.0
    """Horizontal field of view in degrees."""


@dataclass(frozen=True)
class Thing:
    """One object: what it is, its colour, and where it stands."""

    kind: str
    """A key of furniture.KINDS."""
    colour: str
    """A key of furniture.COLOURS."""
    x: float
    y: float
    z: float = 0.0
    """Height of its lowest point."""
    heading: float = 0.0
    """Where its front looks, degrees clockwise from north."""
    size: float = 1.0
    """Factor on all its lengths."""
    tall: float = 1.0
    """Factor on its height alone."""

    @property
    def name(self) -> str:
        """How questions call it: ``blue sofa``, ``plant in the red pot``."""
        return _NAMES.get(self.kind, "{colour} {kind}").format(colour=self.colour, kind=self.kind)

    def at(self, x: float, y: float, z: float | None = None) -> Thing:
        """The same thing elsewhere."""
        return replace(self, x=x, y=y, z=self.z if z is None else z)


@dataclass(frozen=True)
class Room:
    """An axis-aligned room; its walls are named by the side they stand on."""

    name: str
    x0: float
    y0: float
    x1: float
    y1: float
    walls: tuple[str, str, str, str]
    """Colours of the north, east, south and west wall."""
    floor: str = "wood"
    ceiling: str = "ceiling"
    height: float = 2.6

    @property
    def centre(self) -> tuple[float, float]:
        """The middle of the floor."""
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2

    def contains(self, x: float, y: float) -> bool:
        """Whether a point lies in this room (walls included)."""
        return self.x0 <= x <= self.x1 and self.y0 <= y <= self.y1


@dataclass(frozen=True)
class Opening:
    """An open doorway between two rooms, standing on their common wall."""

    rooms: tuple[str, str]
    x: float
    y: float
    width: float = 1.2
    height: float = 2.05


@dataclass(frozen=True)
class Panel:
    """A flat thing on a wall (a closed door, a window) or, with side "floor", on the floor."""

    room: str
    side: str
    centre: float
    """Along the wall: x on a north or south wall, y on an east or west one."""
    width: float
    low: float
    high: float
    """Lower and upper edge over the floor; on the floor: the y range, with `centre` the x."""
    colour: str


@dataclass(frozen=True)
class World:
    """Everything that is there at one moment."""

    rooms: tuple[Room, ...]
    openings: tuple[Opening, ...] = ()
    panels: tuple[Panel, ...] = ()
    things: tuple[Thing, ...] = ()

    def room_at(self, x: float, y: float) -> Room:
        """The room that contains a point; the first room when none does."""
        return next((room for room in self.rooms if room.contains(x, y)), self.rooms[0])

    def thing(self, kind: str) -> Thing:
        """The first thing of a kind."""
        return next(thing for thing in self.things if thing.kind == kind)

    def without(self, thing: Thing) -> World:
        """This world after a thing is taken away."""
        return replace(self, things=tuple(other for other in self.things if other != thing))

    def adding(self, *things: Thing) -> World:
        """This world with more things in it."""
        return replace(self, things=(*self.things, *things))


def forward(heading: float) -> tuple[float, float]:
    """Unit vector of a heading."""
    return math.sin(math.radians(heading)), math.cos(math.radians(heading))


def ahead(pose: Pose, distance: float, *, sideways: float = 0.0) -> tuple[float, float]:
    """The point some metres in front of a pose, and some to its right."""
    fx, fy = forward(pose.heading)
    return pose.x + distance * fx + sideways * fy, pose.y + distance * fy - sideways * fx


def turned(angle: float) -> float:
    """An angle brought into (-180, 180] degrees."""
    return 180.0 - (180.0 - angle) % 360.0


def heading_to(x: float, y: float, to_x: float, to_y: float) -> float:
    """Heading in degrees from one point to another."""
    return math.degrees(math.atan2(to_x - x, to_y - y))


def bearing(pose: Pose, x: float, y: float) -> float:
    """Direction of a point as the camera sees it, in (-180, 180] degrees, right is positive."""
    return turned(heading_to(pose.x, pose.y, x, y) - pose.heading)


def eight_way(angle: float) -> str:
    """The name of a relative bearing, to the nearest 45 degrees."""
    return EIGHT_WAYS[round(angle / 45.0) % 8]


def off_centre(angle: float, step: float) -> float:
    """How far an angle is from the nearest multiple of `step`, in [0, step / 2] degrees."""
    return abs(angle - step * round(angle / step))


def distance(first: Thing | Pose, second: Thing | Pose) -> float:
    """Distance on the floor in metres."""
    return math.hypot(first.x - second.x, first.y - second.y)
