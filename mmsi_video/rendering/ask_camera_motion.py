"""Questions about how the camera itself moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmsi_video.rendering.clip import RATES, Clip
from mmsi_video.rendering.draft import Draft, chance, shuffled, smooth, stage
from mmsi_video.rendering.places import DEEP, VIVID, WIDE, four_walls, furnished
from mmsi_video.rendering.world import Pose, Room, Thing, World, ahead

if TYPE_CHECKING:
    from random import Random

_MOVES = {
    "turns to the left on the spot": (-75, 0, 0),
    "turns to the right on the spot": (75, 0, 0),
    "moves straight forward": (0, 2.0, 0),
    "moves straight backward": (0, -2.0, 0),
    "moves sideways to the left": (0, 0, -2.0),
    "moves sideways to the right": (0, 0, 2.0),
}
"""What a camera does -> degrees to the right, metres forward, metres to the right."""


def moved(pose: Pose, move: str, part: float, reach: float = 1.0) -> Pose:
    """The pose after a part of one of the moves, their metres multiplied by `reach`."""
    turn, along, across = _MOVES[move]
    x, y = ahead(pose, along * part * reach, sideways=across * part * reach)
    return Pose(x, y, pose.heading + turn * part)


def _camera_clip(
    key: str, rng: Random, count: int, fps: float, *moves: str, reach: float = 1.0
) -> Clip:
    world = furnished(rng)
    start = Pose(WIDE / 2, DEEP / 2, 90.0 * rng.randrange(4))
    # Start where every move stays inside: a forward move begins behind the middle.
    back = -reach * sum(_MOVES[move][1] for move in moves) / 2
    side = -reach * sum(_MOVES[move][2] for move in moves) / 2
    start = Pose(*ahead(start, back, sideways=side), start.heading)

    def pose(done: float) -> Pose:
        here = start
        for i, move in enumerate(moves):
            part = smooth(stage(done, i / len(moves), (i + 1) / len(moves)))
            here = moved(here, move, part, reach)
        return here

    return Clip(key, count, RATES[fps], rng.randrange(4, 90), lambda _: world, pose)


def basic_move(seed: int) -> Draft:
    """One of the six basic moves of a camera."""
    rng = chance(seed, "basic move")
    answer = rng.choice(list(_MOVES))
    return Draft(
        clips=(_camera_clip("moves/single", rng, 22, 5.0, answer),),
        text="How does the camera move in the video?",
        answer=f"it {answer}",
        wrong=tuple(f"it {move}" for move in _MOVES if move != answer),
        reason=f"all that is seen shifts as it does for a camera that {answer}",
    )


def two_moves(seed: int) -> Draft:
    """Two moves, one after the other."""
    rng = chance(seed, "two moves")
    turns, lines = shuffled(list(_MOVES)[:2], rng), shuffled(list(_MOVES)[2:4], rng)
    orders = [(turns[0], lines[0]), (lines[0], turns[0]), (turns[1], lines[0])]
    orders += [(lines[0], turns[1]), (turns[0], lines[1]), (lines[1], turns[0])]
    answer, *wrong = (f"it first {a}, then {b}" for a, b in orders)
    return Draft(
        clips=(_camera_clip("moves/double", rng, 30, 4.0, *orders[0], reach=0.75),),
        text="Which of these describes the movement of the camera during the video?",
        answer=answer,
        wrong=tuple(wrong[:3]),
        reason=f"in the first half the camera {orders[0][0]}, in the second it {orders[0][1]}",
    )


def how_far_turned(seed: int) -> Draft:
    """The size and side of a turn."""
    rng = chance(seed, "turned")
    turns = {
        f"about {n} degrees to the {side}": n * sign
        for n in (90, 180, 270)
        for side, sign in (("left", -1), ("right", 1))
    }
    answer = rng.choice(list(turns))
    world, first = furnished(rng), 15.0 * rng.randrange(24)
    clip = Clip(
        key="moves/turn",
        count=26,
        rate=RATES[4.0],
        first_id=0,
        world=lambda _: world,
        pose=lambda done: Pose(WIDE / 2, DEEP / 2, first + turns[answer] * done),
    )
    return Draft(
        clips=(clip,),
        text="By how much, and to which side, does the camera turn between the first and the last "
        "frame?",
        answer=answer,
        wrong=tuple(turn for turn in turns if turn != answer),
        reason=f"the camera sweeps over {abs(turns[answer])} degrees in one direction",
    )


def around_the_table(seed: int) -> Draft:
    """Which way, and how far, a camera goes around a table."""
    rng = chance(seed, "around")
    ways = {
        f"{way}, about {part} of a circle": sign * size
        for way, sign in (("clockwise", 1), ("counterclockwise", -1))
        for part, size in (("a quarter", 90), ("a half", 180))
    }
    answer = rng.choice(list(ways))
    room = Room("room", -5, -5, 5, 5, four_walls(rng))
    colours = shuffled(VIVID, rng)
    corners = ((-0.5, -0.3), (0.5, -0.3), (0.5, 0.3), (-0.5, 0.3))
    things = (
        Thing("bench", "grey", 0, 0),
        *(
            Thing("block", colour, x, y, z=0.78)
            for colour, (x, y) in zip(colours, corners, strict=False)
        ),
        Thing("lamp", colours[4], -4.2, 4.2),
        Thing("plant", colours[5], 4.2, 4.2),
    )
    first = 90.0 * rng.randrange(4)

    def pose(done: float) -> Pose:
        # Seen from above, who goes clockwise around a thing has it on the right.
        place = first + 180 + ways[answer] * done
        x, y = ahead(Pose(0, 0, place), 2.6)
        return Pose(x, y, place + 180, pitch=15)

    clip = Clip(
        "moves/around",
        24,
        RATES[5.0],
        rng.randrange(4, 90),
        lambda _: World((room,), things=things),
        pose,
    )
    return Draft(
        clips=(clip,),
        text="The camera moves around the table. Which way does it go, as seen from above, and how "
        "far?",
        answer=answer,
        wrong=tuple(way for way in ways if way != answer),
        reason=f"the walls behind the table change as for a path of {ways[answer]} degrees",
    )
