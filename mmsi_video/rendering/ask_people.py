"""Questions about people who move together, or who move things."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmsi_video.rendering.draft import Draft, chance, shuffled, stage
from mmsi_video.rendering.hall import Path, watched
from mmsi_video.rendering.places import VIVID
from mmsi_video.rendering.world import Thing, forward, heading_to

if TYPE_CHECKING:
    from mmsi_video.rendering.hall import Point

_ARRIVES, _PUTS_DOWN = 0.6, 0.65
"""Progress at which the carrier of a box stands still, and at which the box is on the floor."""


def carried_box(seed: int) -> Draft:
    """Where someone puts down what was carried."""
    rng = chance(seed, "carried")
    colours = shuffled(VIVID, rng)
    kinds = shuffled(("lamp", "plant", "chair", "television", "bookshelf"), rng)[:4]
    spots = ((-3.9, 4.6), (-1.5, 7.2), (1.5, 7.2), (3.9, 4.6))
    things = [
        Thing(kind, colour, x, y, heading=180)
        for kind, colour, (x, y) in zip(kinds, colours, spots, strict=False)
    ]
    goal = rng.choice(things)
    stop = (goal.x * 0.72, goal.y - 1.0)
    side = rng.choice((-2.6, 2.6))
    path = Path(((side, 2.0), (0.0, 2.6), stop, stop, (0.0, 3.0)), (0.0, 0.25, _ARRIVES, 0.7, 1.0))
    box = Thing("box", colours[4], 0, 0, size=0.8)

    def moving(done: float) -> list[Thing]:
        x, y = path(done)
        fx, fy = forward(path.heading(done))
        person = Thing("person", colours[5], x, y, heading=path.heading(done))
        if done >= _PUTS_DOWN:
            fx, fy = forward(path.heading(_ARRIVES - 0.1))
            return [person, box.at(stop[0] + 0.45 * fx, stop[1] + 0.45 * fy)]
        # Carried in front of the belly, put down within the stop.
        high = 0.8 * (1 - stage(done, _ARRIVES, _PUTS_DOWN))
        return [person, box.at(x + 0.45 * fx, y + 0.45 * fy, high)]

    return Draft(
        clips=(watched("motion/carry", seed, things, moving, count=120, fps=5.0),),
        text=f"Next to which thing does the person put down the {box.name}?",
        answer=f"the {goal.name}",
        wrong=tuple(f"the {thing.name}" for thing in things if thing != goal),
        reason=f"the person walks to the {goal.kind} with the box and comes back without it",
    )


_TOGETHER: dict[str, tuple[tuple[Point, Point], tuple[Point, Point]]] = {
    "they walk towards each other": (((-3.6, 4.0), (-0.7, 4.0)), ((3.6, 4.4), (0.7, 4.4))),
    "they walk away from each other": (((-0.7, 4.0), (-3.6, 4.0)), ((0.7, 4.4), (3.6, 4.4))),
    "they walk side by side": (((-3.2, 3.6), (3.0, 3.6)), ((-3.2, 4.8), (3.0, 4.8))),
    "the {0} one walks behind the {1} one": (((-4.0, 4.2), (1.6, 4.2)), ((-2.2, 4.2), (3.4, 4.2))),
    "the {1} one walks behind the {0} one": (((-2.2, 4.2), (3.4, 4.2)), ((-4.0, 4.2), (1.6, 4.2))),
}
"""How two people walk -> start and end of each."""


def two_people(seed: int) -> Draft:
    """How two people move with respect to each other."""
    rng = chance(seed, "people")
    colours = shuffled(("red", "blue", "green", "purple"), rng)[:2]
    mirror = rng.choice((-1, 1))
    told = {manner: manner.format(*colours) for manner in _TOGETHER}
    manner = rng.choice(list(_TOGETHER))
    paths = [
        Path(tuple((mirror * x, y) for x, y in ends), (0.05, 0.95)) for ends in _TOGETHER[manner]
    ]

    def moving(done: float) -> list[Thing]:
        return [
            Thing("person", colour, *path(done), heading=path.heading(done))
            for colour, path in zip(colours, paths, strict=True)
        ]

    still = (Thing("plant", "white", -4.4, 7.4), Thing("table", "brown", 2.0, 7.2))
    return Draft(
        clips=(watched("motion/people", seed, still, moving, count=28, fps=4.0),),
        text=f"One person wears {colours[0]}, the other {colours[1]}. How do the two move?",
        answer=told[manner],
        wrong=tuple(other for key, other in told.items() if key != manner),
        reason=f"their places on the floor over time show that {told[manner]}",
    )


def passed_ball(seed: int) -> Draft:
    """Who has the ball at which moment of a passing game."""
    rng = chance(seed, "passed")
    colours = shuffled(("red", "blue", "green", "purple", "white"), rng)[:4]
    ball_colour = rng.choice(("yellow", "orange", "black"))
    spots = dict(zip(colours, ((-3.2, 3.4), (-1.9, 6.6), (1.9, 6.6), (3.2, 3.4)), strict=True))
    order = shuffled(colours, rng)
    points = tuple((0.82 * spots[c][0], 4.6 + 0.75 * (spots[c][1] - 4.6)) for c in order)
    path = Path(
        tuple(point for point in points for _ in (0, 1)),
        (0.0, 0.1, 0.3, 0.4, 0.6, 0.7, 0.9, 1.0),
    )
    people = [
        Thing("person", colour, *spot, heading=heading_to(*spot, 0.0, 4.6))
        for colour, spot in spots.items()
    ]
    ball = Thing("ball", ball_colour, 0, 0)
    clip = watched(
        "motion/passing", seed, people, lambda done: [ball.at(*path(done))], count=56, fps=5.0
    )
    return Draft(
        clips=(clip,),
        text=f"Four people roll the {ball_colour} ball to each other. Who gets it from the person "
        f"in {order[1]}?",
        answer=f"the person in {order[2]}",
        wrong=tuple(
            [f"the person in {order[i]}" for i in (0, 3)]
            + [f"nobody, the person in {order[1]} keeps it"]
        ),
        reason="the ball goes " + ", then to ".join(f"the one in {colour}" for colour in order),
    )
