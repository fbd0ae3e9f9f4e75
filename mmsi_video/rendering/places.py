"""The places that questions are asked about: furnished rooms, and houses to walk through."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from mmsi_video.rendering.clip import NORMAL, RATES, SMALL, Clip
from mmsi_video.rendering.draft import chance, shuffled, smooth
from mmsi_video.rendering.world import (
    Opening,
    Panel,
    Pose,
    Room,
    Thing,
    World,
    bearing,
    forward,
    turned,
)

if TYPE_CHECKING:
    from random import Random

PALE = ("pink", "pale blue", "pale green", "pale yellow")
"""Colours of walls."""
VIVID = ("red", "yellow", "green", "blue", "purple", "orange", "white", "black")
"""Colours of things."""

WIDE, DEEP = 8.0, 7.0
"""The furnished room in metres, x and y."""
SLOTS: tuple[tuple[float, float, float], ...] = (
    (4.0, 6.4, 180),
    (7.0, 6.0, 180),
    (7.3, 3.5, 270),
    (7.0, 1.0, 0),
    (4.0, 0.6, 0),
    (1.0, 1.0, 0),
    (0.7, 3.5, 90),
    (1.0, 6.0, 180),
)
"""Places for furniture (x, y, heading): north, north-east and so on, clockwise. Even ones stand
in the middle of a wall, odd ones in a corner; seen from the middle they are 40 to 50 degrees
apart."""
DOOR_X = 2.35
"""Middle of the closed door on the north wall, between two places for furniture."""
DOOR_HEIGHT = 2.0
"""Height of every door in metres."""
FULL_TURN = 345.0
"""How far the camera of a tour turns: every thing comes to the middle at most once."""

_FURNITURE = ("sofa", "table", "bed", "lamp", "television", "plant", "bookshelf", "cupboard")


class _TourSpec(NamedTuple):
    """What differs between the tours."""

    frames: int
    fps: float
    chairs: int = 0
    rest: float = 0.0
    """Degrees between the last heading and a multiple of 45."""
    small: bool = False


TOURS: tuple[_TourSpec, ...] = (
    _TourSpec(30, 1.0, chairs=3),
    _TourSpec(55, 1.0),
    _TourSpec(24, 0.66),
    _TourSpec(100, 2.0),
    _TourSpec(343, 2.0, small=True),
    _TourSpec(40, 1.0),
    _TourSpec(73, 4.0, rest=22.5),
)
"""The tours. 55, 100 and 343 frames are totals for which the official frame selection never
reaches the last frame (at 50 and 300 frames)."""


def four_walls(rng: Random) -> tuple[str, str, str, str]:
    """A different pale colour for every wall."""
    north, east, south, west = shuffled(PALE, rng)
    return north, east, south, west


def furnished(rng: Random, *, chairs: int = 0, tall: float = 1.0) -> World:
    """A room with a door, a window and seven things, each kind once but for the chairs.

    The middle of the window's wall is free; the cupboard, `tall` times its usual height, stands
    next to the door.
    """
    window = rng.randrange(1, 4)
    kinds = shuffled(_FURNITURE[:-1], rng)[: 6 - chairs] + ["chair"] * chairs
    places = [i for i in range(1, 8) if i != 2 * window]
    colours = shuffled(VIVID, rng)
    things = [Thing("cupboard", colours[0], *_spot(0), tall=tall)]
    for place, kind, colour in zip(places, shuffled(kinds, rng), colours[1:], strict=False):
        things.append(Thing(kind, colour, *_spot(place)))
    side = ("north", "east", "south", "west")[window]
    middle = WIDE / 2 if side == "south" else DEEP / 2
    room = Room("room", 0, 0, WIDE, DEEP, four_walls(rng))
    panels = (
        Panel("room", "north", DOOR_X, 0.9, 0, DOOR_HEIGHT, "door"),
        Panel("room", side, middle, 1.8, 0.9, 2.0, "glass"),
    )
    return World((room,), panels=panels, things=tuple(things))


def _spot(slot: int) -> tuple[float, float, float, float]:
    x, y, heading = SLOTS[slot]
    return x, y, 0.0, heading


def slot_of(thing: Thing) -> int:
    """The place in SLOTS where a thing of a furnished room stands."""
    return next(i for i, (x, y, _) in enumerate(SLOTS) if (x, y) == (thing.x, thing.y))


@dataclass(frozen=True)
class Tour:
    """A camera in the middle of a furnished room that turns once around."""

    world: World
    clip: Clip
    turn: float
    """Degrees in all; positive is to the right."""

    def pose(self, frame: int) -> Pose:
        """Where the camera looks at a frame."""
        return self.clip.pose(self.clip.progress(frame))

    def bearing(self, frame: int, thing: Thing) -> float:
        """Where a thing is for the camera at a frame, degrees, right is positive."""
        return bearing(self.pose(frame), thing.x, thing.y)


def turning(world: World, key: str, spec: _TourSpec, rng: Random, *, still: bool = False) -> Tour:
    """A tour of a given room; `still` keeps the cameras of a before-and-after pair alike."""
    turn = FULL_TURN if still else rng.choice((-FULL_TURN, FULL_TURN))
    last = 45.0 * rng.randrange(8) + spec.rest
    first = turned(last - turn)
    clip = Clip(
        key=key,
        count=spec.frames,
        rate=RATES[spec.fps],
        first_id=rng.randrange(4, 60),
        world=lambda _: world,
        pose=lambda done: Pose(WIDE / 2, DEEP / 2, first + turn * done),
        size=SMALL if spec.small else NORMAL,
        video_factor=1 if spec.small else 2,
    )
    return Tour(world, clip, turn)


def tour(seed: int, number: int) -> Tour:
    """Tour `number` of TOURS: the same room and the same clip whenever it is asked for."""
    rng = chance(seed, "tour", number)
    spec = TOURS[number]
    chairs = spec.chairs and rng.randint(2, 4)
    tall = rng.choice((0.5, 0.75, 1.2)) if number == 1 else 1.0
    return turning(furnished(rng, chairs=chairs, tall=tall), f"rooms/tour_{number:02d}", spec, rng)


CELL = 5.0
"""Edge of a room of a house in metres."""
HOUSES: tuple[tuple[int, float], ...] = ((60, 2.0), (72, 1.0), (44, 0.66))
"""Frames and base rate of each house."""


@dataclass(frozen=True)
class House:
    """Four rooms in a square of two by two, and a walk through all of them."""

    rooms: tuple[Room, ...]
    """In the order of the walk; the walls of a room have one colour, which is its name."""
    clip: Clip

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The rooms' colours in the order of the walk."""
        return tuple(room.name for room in self.rooms)

    def looking_on(self, number: int) -> Pose:
        """In the middle of a room, looking at the doorway to the next one."""
        here, there = self.rooms[number].centre, self.rooms[number + 1].centre
        heading = {(0, 1): 0.0, (1, 0): 90.0, (0, -1): 180.0, (-1, 0): 270.0}
        step = (round((there[0] - here[0]) / CELL), round((there[1] - here[1]) / CELL))
        return Pose(*here, heading[step])


def house(seed: int, number: int) -> House:
    """House `number` of HOUSES: its walk turns left twice or right twice."""
    rng = chance(seed, "house", number)
    side, first = rng.choice((-1, 1)), 90 * rng.randrange(4)
    headings = [first, first + 90 * side, first + 180 * side]
    cells = [(0.0, 0.0)]
    for heading in headings:
        fx, fy = forward(heading)
        cells.append((cells[-1][0] + round(fx), cells[-1][1] + round(fy)))
    rooms = tuple(
        Room(colour, x * CELL, y * CELL, (x + 1) * CELL, (y + 1) * CELL, (colour,) * 4)
        for colour, (x, y) in zip(shuffled(PALE, rng), cells, strict=True)
    )
    openings = tuple(
        Opening((a.name, b.name), (a.centre[0] + b.centre[0]) / 2, (a.centre[1] + b.centre[1]) / 2)
        for a, b in pairwise(rooms)
    )
    kinds = shuffled(("plant", "lamp", "chair", "box"), rng)
    things = tuple(
        Thing(kind, colour, room.x0 + 0.8, room.y0 + 0.8)
        for kind, colour, room in zip(kinds, shuffled(VIVID, rng), rooms, strict=False)
    )
    frames, fps = HOUSES[number]
    world = World(rooms, openings, things=things)
    places = [room.centre for room in rooms]
    clip = Clip(
        key=f"houses/walk_{number:02d}",
        count=frames,
        rate=RATES[fps],
        first_id=rng.randrange(3, 40),
        world=lambda _: world,
        pose=lambda done: _walk(places, headings, done),
    )
    return House(rooms, clip)


def _walk(places: list[tuple[float, float]], headings: list[int], done: float) -> Pose:
    """Walk to the next room in the first part of each leg, then turn to the one after it."""
    leg = min(int(done * len(headings)), len(headings) - 1)
    part = done * len(headings) - leg
    here, there = places[leg], places[leg + 1]
    way = smooth(part / 0.65)
    following = headings[min(leg + 1, len(headings) - 1)]
    heading = headings[leg] + (following - headings[leg]) * smooth((part - 0.65) / 0.3)
    return Pose(
        here[0] + (there[0] - here[0]) * way, here[1] + (there[1] - here[1]) * way, heading, view=82
    )
