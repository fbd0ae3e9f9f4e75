"""Questions about two videos: a room before and after, and one table from two sides."""

from __future__ import annotations

from functools import partial

from mmsi_video.rendering.ask_future import TABLE_TOP
from mmsi_video.rendering.ask_room import named
from mmsi_video.rendering.clip import NORMAL, RATES, SMALL, Clip
from mmsi_video.rendering.draft import Draft, chance, others, shuffled
from mmsi_video.rendering.pictures import portrait
from mmsi_video.rendering.places import DEEP, FULL_TURN, SLOTS, VIVID, WIDE, furnished, slot_of
from mmsi_video.rendering.world import Pose, Room, Thing, World, ahead

MANY_FRAMES = 100
"""Clips with more frames than this are drawn small."""

_SAW = "Video 1 and Video 2 show the same room at two times. "


def _visits(
    seed: int, key: str, worlds: tuple[World, World], counts: tuple[int, int], fps: float
) -> tuple[Clip, Clip]:
    """Both worlds filmed by a camera that turns once around, beginning somewhere else each time."""

    def visit(i: int) -> Clip:
        rng = chance(seed, key, i)
        first, turn = 15.0 * rng.randrange(24), rng.choice((-FULL_TURN, FULL_TURN))
        long = counts[i] > MANY_FRAMES
        return Clip(
            key=f"{key}_{'ab'[i]}",
            count=counts[i],
            rate=RATES[fps],
            first_id=rng.randrange(40) + 300 * i,
            world=lambda _: worlds[i],
            pose=lambda done: Pose(WIDE / 2, DEEP / 2, first + turn * done),
            size=SMALL if long else NORMAL,
            video_factor=1 if long else 2,
        )

    return visit(0), visit(1)


def _free_slot(world: World) -> int:
    taken = {slot_of(thing) for thing in world.things}
    return next(i for i in range(len(SLOTS)) if i not in taken)


def _moved(world: World, thing: Thing) -> World:
    x, y, heading = SLOTS[_free_slot(world)]
    return world.without(thing).adding(Thing(thing.kind, thing.colour, x, y, 0.0, heading))


def what_is_gone(seed: int) -> Draft:
    """A thing that is no longer there."""
    rng = chance(seed, "gone")
    world = furnished(rng)
    things = shuffled(world.things, rng)
    gone = things[0]
    return Draft(
        clips=_visits(seed, "revisits/first", (world, world.without(gone)), (30, 28), 1.0),
        text=_SAW + "Which thing is there in Video 1 but no longer in Video 2?",
        answer=f"the {gone.name}",
        wrong=tuple(f"the {thing.name}" for thing in things[1:5]),
        reason=f"the place of the {gone.kind} is empty in the second video",
    )


def what_was_moved(seed: int) -> Draft:
    """A thing that stands in another place."""
    rng = chance(seed, "moved")
    world = furnished(rng)
    things = shuffled([t for t in world.things if t.kind not in ("cupboard", "bookshelf")], rng)
    moved = things[0]
    worlds = (world, _moved(world, moved))
    return Draft(
        clips=_visits(seed, "revisits/second", worlds, (180, 164), 4.0),
        text=_SAW + "Which thing was moved to another place between the two videos?",
        answer=f"the {moved.name}",
        wrong=tuple(f"the {thing.name}" for thing in things[1:5]),
        reason=f"in the second video the {moved.kind} stands under the window",
    )


def what_happened(seed: int) -> Draft:
    """What became of a pictured thing."""
    rng = chance(seed, "happened")
    world = furnished(rng)
    thing = rng.choice([t for t in named(world) if t.kind in ("sofa", "bed", "table", "lamp")])
    fresh = rng.choice([c for c in VIVID if c not in {t.colour for t in world.things}])
    fates = {
        "it was taken out of the room": world.without(thing),
        "it was moved to another place in the room": _moved(world, thing),
        "it is in the same place, but its colour changed": world.without(thing).adding(
            Thing(thing.kind, fresh, thing.x, thing.y, 0.0, thing.heading)
        ),
        "nothing, it is as it was": world,
    }
    answer = rng.choice(list(fates))
    return Draft(
        clips=_visits(seed, "revisits/third", (world, fates[answer]), (22, 20), 0.66),
        text=_SAW + "What happened to the object in <image> between Video 1 and Video 2?",
        answer=answer,
        wrong=tuple(fate for fate in fates if fate != answer),
        reason=f"the {thing.name} of the first video: {answer}",
        images=(partial(portrait, thing),),
    )


def _table(
    key: str,
    things: tuple[Thing, ...],
    sides: tuple[float, float],
    counts: tuple[int, int],
    *,
    fps: float,
    first_id: int,
) -> tuple[Clip, Clip]:
    """A table filmed at the same time by two cameras that sway a little.

    `sides` are the headings of the cameras' places as seen from the table, degrees.
    """
    room = Room("room", -4, -4, 4, 4, ("pale blue",) * 4)
    world = World((room,), things=(Thing("bench", "grey", 0, 0), *things))

    def pose(side: float, done: float) -> Pose:
        place = side - 10 + 20 * done
        return Pose(*ahead(Pose(0, 0, place), 1.9), place + 180, z=1.32, pitch=13, view=64)

    first, second = (
        Clip(f"{key}_{'ab'[i]}", count, RATES[fps], first_id, lambda _: world, partial(pose, side))
        for i, (side, count) in enumerate(zip(sides, counts, strict=True))
    )
    return first, second


_TABLE = "Video 1 and Video 2 show the same table at the same time from two cameras. "


def where_is_the_other_camera(seed: int) -> Draft:
    """Where the second camera stands, from the order of the things on the table."""
    rng = chance(seed, "other camera")
    sides = {
        "on the opposite side of the table": 180,
        "on the left side of the table": 90,
        "on the right side of the table": -90,
        "beside the first camera": 25,
    }
    answer = rng.choice(list(sides))
    colours = shuffled(("red", "yellow", "green", "blue", "purple", "white", "black"), rng)
    spots = ((-0.55, -0.3), (0.0, -0.3), (0.55, -0.1), (-0.3, 0.25), (0.35, 0.3))
    kinds = ("block", "marble", "mug", "block", "marble")
    things = tuple(
        Thing(kind, colour, x, y, z=TABLE_TOP)
        for kind, colour, (x, y) in zip(kinds, colours, spots, strict=False)
    )
    first = 180.0 * rng.randrange(2)
    clips = _table(
        "tables/first",
        things,
        (first, first + sides[answer]),
        (60, 40),
        fps=5.0,
        first_id=rng.randrange(5, 120),
    )
    return Draft(
        clips=clips,
        text=_TABLE + "For someone who stands at the first camera and looks at the table, where is "
        "the second camera?",
        answer=answer,
        wrong=tuple(side for side in sides if side != answer),
        reason=f"the things on the table are seen turned as for a camera {answer}",
    )


def _divided(colours: list[str], near: int, far: int, edge: float) -> tuple[Thing, ...]:
    """A board across the table, things on both sides, and one beyond its edge (seen by both)."""
    xs = (-0.32, 0.0, 0.32)
    spots = [(x, -0.27) for x in xs[:near]] + [(x, 0.27) for x in xs[3 - far :]]
    spots.append((edge, 0.0))
    return (
        Thing("board", "brown", 0, 0, z=TABLE_TOP),
        *(
            Thing("block", colour, x, y, z=TABLE_TOP)
            for colour, (x, y) in zip(colours, spots, strict=False)
        ),
    )


def blocks_in_all(seed: int) -> Draft:
    """Count over two views that share one block."""
    rng = chance(seed, "blocks")
    near, far = rng.choice(((1, 2), (2, 1), (2, 2), (2, 3), (3, 2)))
    colours = shuffled(("red", "yellow", "green", "blue", "purple", "white", "black"), rng)
    things = _divided(colours, near, far, rng.choice((-0.66, 0.66)))
    total = near + far + 1
    return Draft(
        clips=_table(
            "tables/second", things, (180, 0), (20, 24), fps=4.0, first_id=rng.randrange(5, 120)
        ),
        text=_TABLE + "A brown board stands across the table. How many blocks are on the table in "
        "all?",
        answer=str(total),
        wrong=others((str(n) for n in range(3, 9)), str(total), 4, rng),
        reason=f"{near} are only in the first video, {far} only in the second, 1 is in both",
    )


def behind_the_board(seed: int) -> Draft:
    """Where a thing that only one camera sees is for the other one."""
    rng = chance(seed, "behind")
    colours = shuffled(("red", "yellow", "green", "blue", "purple"), rng)
    x = rng.choice((-0.32, 0.32))
    things = (
        Thing("board", "brown", 0, 0, z=TABLE_TOP),
        Thing("marble", colours[0], x, 0.27, z=TABLE_TOP),
        Thing("block", colours[1], -0.1, -0.27, z=TABLE_TOP),
        Thing("mug", colours[2], 0.66, 0.0, z=TABLE_TOP),
        Thing("block", colours[3], 0.0, 0.3, z=TABLE_TOP),
    )
    places = tuple(
        f"{depth} the board, {side} of its middle"
        for depth in ("behind", "in front of")
        for side in ("left", "right")
    )
    answer = places[0] if x < 0 else places[1]
    return Draft(
        clips=_table(
            "tables/third", things, (180, 0), (53, 2), fps=2.0, first_id=rng.randrange(5, 120)
        ),
        text=_TABLE + f"Seen from the first camera, where is the {colours[0]} ball?",
        answer=answer,
        wrong=tuple(place for place in places if place != answer),
        reason=f"only the second camera sees it, at {x} m of the table's length from its middle",
    )
