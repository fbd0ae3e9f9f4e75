"""Questions about the motion of one thing or person."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import TYPE_CHECKING

from mmsi_video.rendering.clip import RATES, Clip
from mmsi_video.rendering.draft import Draft, chance, shuffled, smooth
from mmsi_video.rendering.hall import Path, watched
from mmsi_video.rendering.places import VIVID
from mmsi_video.rendering.world import Panel, Pose, Room, Thing, World, forward

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mmsi_video.rendering.hall import Point


def rolling_ball(seed: int) -> Draft:
    """The direction of a rolling ball as the camera sees it."""
    rng = chance(seed, "rolling")
    ways = {
        "from left to right": ((-3.2, 4.0), (3.2, 4.0)),
        "from right to left": ((3.2, 4.0), (-3.2, 4.0)),
        "away from the camera": ((0.3, 1.6), (0.3, 7.0)),
        "towards the camera": ((0.3, 7.0), (0.3, 1.6)),
    }
    answer = rng.choice(list(ways))
    colour, *rest = shuffled(VIVID, rng)
    path = Path(ways[answer], (0.05, 0.95))
    ball = Thing("ball", colour, 0, 0)
    still = (Thing("lamp", rest[0], -4.4, 7.4), Thing("sofa", rest[1], 3.2, 7.3, heading=180))
    clip = watched("motion/ball", seed, still, lambda done: [ball.at(*path(done))], fps=5.0)
    return Draft(
        clips=(clip,),
        text=f"In which direction does the {colour} ball roll, as seen from the camera?",
        answer=answer,
        wrong=tuple(way for way in ways if way != answer),
        reason=f"against the tiles of the floor the ball goes {answer}",
    )


_FIELD = Room("field", -60, -60, 60, 60, ("sky",) * 4, "grass", "sky", 30)
_CROSSING = World(
    (_FIELD,),
    panels=(
        Panel("field", "floor", 0, 7, -60, 60, "road"),
        Panel("field", "floor", 0, 120, -3.5, 3.5, "road"),
        *(Panel("field", "floor", 0, 0.25, y, y + 2, "white") for y in (-18, -13, -8, 6, 11, 16)),
        *(Panel("field", "floor", x, 2, -0.12, 0.12, "white") for x in (-17, -12, -7, 7, 12, 17)),
    ),
    things=(
        Thing("house", "white", -11, 14),
        Thing("tree", "green", 9, 13),
        Thing("tree", "green", -10, -6),
        Thing("house", "red", 22, 22),
    ),
)
_LANE = 1.7
"""Cars keep to the right-hand side of the road, this far from its middle, metres."""
_FAR = 12.0
"""Where a car comes from and goes to, metres from the middle of the crossing."""
_TURNS = {"it turns left": -90, "it turns right": 90, "it goes straight on": 0}
_BACK = "it stops and drives back"


def _in_lane(heading: float, along: float) -> Point:
    """A place in the right-hand lane of those who drive with a heading."""
    (fx, fy), (rx, ry) = forward(heading), forward(heading + 90)
    return along * fx + _LANE * rx, along * fy + _LANE * ry


def _drive(car: Thing, first: float, manner: str) -> Callable[[float], Thing]:
    """Progress -> the car, which arrives with heading `first`."""
    entry = _in_lane(first, -_FAR)
    if manner == _BACK:
        there = Path((entry, _in_lane(first, -4.0)), (0.0, 1.0))

        def drive(done: float) -> Thing:
            way = smooth(done / 0.5) - smooth((done - 0.5) / 0.5)
            return replace(car.at(*there(way)), heading=first)

        return drive
    after = first + _TURNS[manner]
    # Where the old lane and the new one meet; for who goes straight on, the lane's middle.
    corner = _in_lane(first, _LANE * (-1 if after > first else 1 if after < first else 0))
    path = Path((entry, corner, _in_lane(after, _FAR)), (0.0, 0.5, 1.0))

    def turn(done: float) -> Thing:
        heading = first + (after - first) * smooth((done - 0.42) / 0.16)
        return replace(car.at(*path(done)), heading=heading)

    return turn


def turning_car(seed: int) -> Draft:
    """What a car does at a crossing, for its driver."""
    rng = chance(seed, "car")
    first, colour = 90.0 * rng.randrange(4), rng.choice(VIVID[:6])
    answer = rng.choice([*_TURNS, _BACK])
    drive = _drive(Thing("car", colour, 0, 0), first, answer)
    clip = Clip(
        key="motion/crossing",
        count=30,
        rate=RATES[4.0],
        first_id=rng.randrange(10, 90),
        world=lambda done: _CROSSING.adding(drive(done)),
        pose=lambda _: Pose(0, -21, 0, z=11, pitch=30, view=70),
    )
    return Draft(
        clips=(clip,),
        text=f"What does the {colour} car do at the crossing, from its driver's point of view?",
        answer=answer,
        wrong=tuple(way for way in (*_TURNS, _BACK) if way != answer),
        reason=f"it arrives with heading {first:.0f} degrees and then {answer.removeprefix('it ')}",
    )


def fastest_ball(seed: int) -> Draft:
    """The fastest of four balls at different distances: the nearest only looks fast."""
    rng = chance(seed, "fastest")
    colours = shuffled(VIVID[:6], rng)[:4]
    ways = shuffled((1.3, 2.1, 3.2, 5.2), rng)
    sign = rng.choice((-1, 1))
    paths = [
        Path(((-sign * 2.6, y), (sign * (way - 2.6), y)), (0.05, 0.95))
        for way, y in zip(ways, (2.6, 3.8, 5.0, 6.6), strict=True)
    ]

    def moving(done: float) -> list[Thing]:
        return [
            Thing("ball", colour, *path(done)) for colour, path in zip(colours, paths, strict=True)
        ]

    answer = colours[ways.index(max(ways))]
    return Draft(
        clips=(watched("motion/race", seed, (), moving, count=20, fps=5.0),),
        text="Four balls roll over the floor during the whole video. Which one is the fastest?",
        answer=f"the {answer} ball",
        wrong=tuple(f"the {colour} ball" for colour in colours if colour != answer),
        reason=f"counted in floor tiles it covers {max(ways)} m, the next one 3.2 m",
    )


def order_of_visits(seed: int) -> Draft:
    """In which order someone goes to three things."""
    rng = chance(seed, "visits")
    colours = shuffled(VIVID, rng)
    spots = ((-3.6, 5.2), (0.0, 7.2), (3.6, 5.2))
    kinds = shuffled(("lamp", "plant", "chair", "box"), rng)[:3]
    things = [
        Thing(kind, colour, x, y, heading=180)
        for kind, colour, (x, y) in zip(kinds, colours, spots, strict=False)
    ]
    order = shuffled(things, rng)
    stops = [(thing.x * 0.75, thing.y - 0.8) for thing in order]
    path = Path(
        ((0.0, 3.0), stops[0], stops[0], stops[1], stops[1], stops[2], stops[2]),
        (0.0, 0.25, 0.35, 0.6, 0.7, 0.92, 1.0),
    )

    def moving(done: float) -> list[Thing]:
        x, y = path(done)
        return [Thing("person", colours[3], x, y, heading=path.heading(done))]

    def told(visits: Sequence[Thing]) -> str:
        return ", then ".join(f"the {thing.name}" for thing in visits)

    return Draft(
        clips=(watched("motion/visits", seed, things, moving, count=44, fps=4.0),),
        text="In which order does the person in the video walk to these things?",
        answer=told(order),
        wrong=tuple(told(visits) for visits in permutations(things) if list(visits) != order),
        reason=f"the first stop is beside the {order[0].kind}, the last beside the {order[2].kind}",
    )
