"""What things look like: each kind is a few boxes and balls, its front towards its heading."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from mmsi_video.rendering.world import Thing

Floats = NDArray[np.float64]
"""Coordinates in metres, x, y, z along the last axis."""

COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (214, 40, 40),
    "yellow": (240, 205, 30),
    "green": (40, 150, 60),
    "blue": (40, 80, 210),
    "purple": (140, 50, 170),
    "orange": (245, 130, 20),
    "white": (240, 240, 240),
    "black": (35, 35, 38),
    "grey": (130, 130, 135),
    "brown": (120, 78, 48),
    # Walls and floors are pale, so that no thing is mistaken for them.
    "pink": (242, 178, 190),
    "pale blue": (170, 200, 240),
    "pale green": (178, 222, 178),
    "pale yellow": (246, 232, 165),
    "pale grey": (205, 205, 208),
    "wood": (196, 164, 128),
    "ceiling": (236, 234, 228),
    "door": (132, 84, 52),
    "glass": (190, 228, 250),
    "sky": (176, 208, 238),
    "grass": (150, 182, 120),
    "road": (104, 104, 110),
    "skin": (226, 182, 148),
}
"""Colour name -> RGB, 0 to 255."""


@dataclass(frozen=True)
class Solid:
    """A box (extent x, y, z) or, when `ball`, a ball of diameter x, standing on its lowest z."""

    x: float
    y: float
    z: float
    wide: float
    deep: float
    high: float
    colour: str = ""
    """Empty: the thing's own colour."""
    ball: bool = False


def _legs(wide: float, deep: float, high: float, colour: str = "") -> tuple[Solid, ...]:
    corners = ((-1, -1), (1, -1), (-1, 1), (1, 1))
    return tuple(
        Solid(sx * (wide / 2 - 0.05), sy * (deep / 2 - 0.05), 0, 0.08, 0.08, high, colour)
        for sx, sy in corners
    )


def _person() -> tuple[Solid, ...]:
    return (
        Solid(-0.1, 0, 0, 0.14, 0.16, 0.75, "black"),
        Solid(0.1, 0, 0, 0.14, 0.16, 0.75, "black"),
        Solid(0, 0, 0.75, 0.46, 0.26, 0.62),
        Solid(0, 0, 1.38, 0.28, 0.28, 0.28, "skin", ball=True),
        Solid(0, 0.13, 1.5, 0.06, 0.06, 0.06, "black"),
    )


def _car() -> tuple[Solid, ...]:
    wheels = tuple(
        Solid(sx * 0.85, sy * 1.3, 0, 0.24, 0.7, 0.7, "black")
        for sx, sy in ((-1, -1), (1, -1), (-1, 1), (1, 1))
    )
    lights = tuple(Solid(sx * 0.6, 2.02, 0.6, 0.3, 0.1, 0.2, "white") for sx in (-1, 1))
    body = (Solid(0, 0, 0.35, 1.8, 4.1, 0.65), Solid(0, -0.3, 1.0, 1.6, 2.0, 0.55, "glass"))
    return (*wheels, *body, *lights, Solid(0, -0.3, 1.5, 1.5, 1.8, 0.12))


KINDS: dict[str, tuple[Solid, ...]] = {
    "sofa": (
        Solid(0, 0, 0.05, 1.7, 0.8, 0.38),
        Solid(0, -0.33, 0.4, 1.7, 0.18, 0.45),
        Solid(-0.78, 0.05, 0.4, 0.18, 0.7, 0.22),
        Solid(0.78, 0.05, 0.4, 0.18, 0.7, 0.22),
    ),
    "table": (*_legs(1.2, 0.8, 0.7), Solid(0, 0, 0.7, 1.2, 0.8, 0.08)),
    "bench": (*_legs(1.6, 1.0, 0.7, "brown"), Solid(0, 0, 0.7, 1.6, 1.0, 0.08)),
    "chair": (
        *_legs(0.5, 0.5, 0.42),
        Solid(0, 0, 0.42, 0.5, 0.5, 0.07),
        Solid(0, -0.22, 0.49, 0.5, 0.06, 0.5),
    ),
    "cupboard": (
        Solid(0, 0, 0, 0.9, 0.5, 2.0),
        Solid(0, 0.26, 0.05, 0.03, 0.02, 1.9, "black"),
    ),
    "bookshelf": (
        Solid(0, -0.14, 0, 1.0, 0.06, 1.6),
        *(Solid(0, 0, z, 1.0, 0.3, 0.06) for z in (0.0, 0.5, 1.0, 1.54)),
        *(
            Solid(-0.3 + 0.2 * i, 0.02, 0.56, 0.12, 0.2, 0.32, c)
            for i, c in enumerate(("white", "black", "grey", "white"))
        ),
    ),
    "bed": (
        Solid(0, 0.2, 0.1, 1.2, 1.5, 0.35),
        Solid(0, -0.55, 0.1, 1.2, 0.08, 0.75, "brown"),
        Solid(0, -0.25, 0.45, 0.8, 0.35, 0.12, "white"),
    ),
    "lamp": (
        Solid(0, 0, 0, 0.35, 0.35, 0.05, "black"),
        Solid(0, 0, 0.05, 0.05, 0.05, 1.25, "black"),
        Solid(0, 0, 1.25, 0.45, 0.45, 0.4),
    ),
    "television": (
        Solid(0, 0, 0, 1.2, 0.4, 0.4),
        Solid(0, 0, 0.4, 0.1, 0.1, 0.1, "black"),
        Solid(0, 0, 0.5, 1.1, 0.08, 0.62, "black"),
        Solid(0, 0.05, 0.54, 1.0, 0.02, 0.54, "grey"),
    ),
    "plant": (
        Solid(0, 0, 0, 0.36, 0.36, 0.35),
        Solid(0, 0, 0.35, 0.05, 0.05, 0.35, "brown"),
        Solid(0, 0, 0.55, 0.6, 0.6, 0.6, "green", ball=True),
    ),
    "ball": (Solid(0, 0, 0, 0.5, 0.5, 0.5, ball=True),),
    "box": (Solid(0, 0, 0, 0.5, 0.5, 0.5),),
    "block": (Solid(0, 0, 0, 0.16, 0.16, 0.16),),
    "marble": (Solid(0, 0, 0, 0.16, 0.16, 0.16, ball=True),),
    "mug": (
        Solid(0, 0, 0, 0.12, 0.12, 0.17),
        Solid(0.09, 0, 0.04, 0.07, 0.04, 0.1),
        Solid(0, 0, 0.165, 0.09, 0.09, 0.01, "black"),
    ),
    "board": (Solid(0, 0, 0, 1.0, 0.04, 0.55),),
    "pillar": (Solid(0, 0, 0, 0.5, 0.5, 2.6),),
    "house": (Solid(0, 0, 0, 7.0, 7.0, 5.0), Solid(0, 0, 5.0, 7.6, 7.6, 0.5, "brown")),
    "tree": (
        Solid(0, 0, 0, 0.4, 0.4, 1.6, "brown"),
        Solid(0, 0, 1.4, 2.6, 2.6, 2.6, "green", ball=True),
    ),
    "person": _person(),
    "car": _car(),
}
"""Kind -> its solids, in metres."""

HEIGHTS: dict[str, float] = {
    kind: max(solid.z + solid.high for solid in solids) for kind, solids in KINDS.items()
}
"""Kind -> height in metres."""

_CORNERS = np.array(
    [[x, y, z] for z in (0.0, 1.0) for x, y in ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5))]
)
_FACES = np.array(
    [[0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6], [3, 0, 4, 7], [4, 5, 6, 7], [0, 1, 2, 3]]
)
_NORMALS = np.array([[0, -1, 0], [1, 0, 0], [0, 1, 0], [-1, 0, 0], [0, 0, 1], [0, 0, -1]], float)
_LIGHT = np.array([0.35, -0.5, 0.79])


def shade(colour: str, normal: Floats) -> tuple[int, int, int]:
    """A colour on a face: lighter towards the light, never less than 60 %."""
    factor = 0.80 + 0.20 * float(normal @ _LIGHT)
    red, green, blue = (round(channel * factor) for channel in COLOURS[colour])
    return red, green, blue


@dataclass(frozen=True)
class Shape:
    """A thing, ready to project."""

    faces: Floats
    """Corners, shape (n, 4, 3)."""
    normals: Floats
    """Outward unit normals, shape (n, 3)."""
    colours: tuple[tuple[int, int, int], ...]
    """One RGB per face."""
    balls: tuple[tuple[float, float, float, float, str], ...]
    """Centre x, y, z, radius and colour name."""


def _placed(points: Floats, heading: float) -> Floats:
    sin, cos = math.sin(math.radians(heading)), math.cos(math.radians(heading))
    turn = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
    placed: Floats = points @ turn
    return placed


@lru_cache(maxsize=512)
def shape(thing: Thing) -> Shape:
    """The faces and balls of a thing where it stands."""
    origin = np.array([thing.x, thing.y, thing.z])
    stretch = np.array([thing.size, thing.size, thing.size * thing.tall])
    normals = _placed(_NORMALS, thing.heading)
    faces, outward, colours, balls = [], [], [], []
    for solid in KINDS[thing.kind]:
        colour = solid.colour or thing.colour
        base = np.array([solid.x, solid.y, solid.z])
        if solid.ball:
            centre = (base + np.array([0, 0, solid.wide / 2])) * stretch
            x, y, z = _placed(centre, thing.heading) + origin
            balls.append((float(x), float(y), float(z), solid.wide / 2 * thing.size, colour))
            continue
        corners = (_CORNERS * [solid.wide, solid.deep, solid.high] + base) * stretch
        faces.append((_placed(corners, thing.heading) + origin)[_FACES])
        outward.append(normals)
        colours += [shade(colour, normal) for normal in normals]
    if not faces:
        return Shape(np.empty((0, 4, 3)), np.empty((0, 3)), (), tuple(balls))
    return Shape(np.concatenate(faces), np.concatenate(outward), tuple(colours), tuple(balls))
