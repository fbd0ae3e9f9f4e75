"""Questions about one furnished room: attributes, and where things are to each other and to it."""

from __future__ import annotations

from functools import partial
from itertools import permutations

from mmsi_video.rendering.draft import Draft, chance, others, shuffled
from mmsi_video.rendering.furniture import HEIGHTS
from mmsi_video.rendering.pictures import portrait
from mmsi_video.rendering.places import DEEP, DOOR_HEIGHT, DOOR_X, WIDE, slot_of, tour
from mmsi_video.rendering.world import (
    EIGHT_WAYS,
    SIDES,
    Pose,
    Thing,
    World,
    bearing,
    distance,
    eight_way,
    heading_to,
    off_centre,
)

CLEAR_ANGLE = 14.0
"""A direction is asked for only when it is this close to one of the eight, degrees."""
CLEAR_RATIO = 0.7
"""A nearest thing is asked for only when the next one is farther by this much."""
CLEAR_HEIGHT = 0.3
"""A tallest thing is asked for only when it stands out by this much, metres."""
_LOWER_THINGS = 4


def height(thing: Thing) -> float:
    """Height of a thing in metres."""
    return HEIGHTS[thing.kind] * thing.size * thing.tall


def named(world: World) -> list[Thing]:
    """The things that a question can name: those whose kind is there once."""
    kinds = [thing.kind for thing in world.things]
    return [thing for thing in world.things if kinds.count(thing.kind) == 1]


def how_many_chairs(seed: int) -> Draft:
    """Count over a whole turn of the camera."""
    place = tour(seed, 0)
    count = sum(thing.kind == "chair" for thing in place.world.things)
    return Draft(
        clips=(place.clip,),
        text="How many chairs are there in the room shown in the video?",
        answer=str(count),
        wrong=tuple(str(n) for n in (1, 2, 3, 4, 5) if n != count),
        reason=f"over one whole turn {count} different chairs come into view, none of them twice",
    )


def how_tall(seed: int) -> Draft:
    """Estimate a height by a door of known height next to it."""
    place = tour(seed, 1)
    cupboard = place.world.thing("cupboard")
    sizes = ("about 1.0 m", "about 1.5 m", "about 2.4 m")
    answer = f"about {height(cupboard):.1f} m"
    return Draft(
        clips=(place.clip,),
        text=f"The brown door of the room is {DOOR_HEIGHT:.1f} m high. How tall is the "
        f"{cupboard.name} that stands beside it?",
        answer=answer,
        wrong=(*(size for size in sizes if size != answer), "about 0.5 m"),
        reason=f"measured against the door the cupboard comes to {height(cupboard) / 2:.2f} of it",
    )


def tallest(seed: int) -> Draft:
    """Compare heights of things that are never in view together."""
    place, rng = tour(seed, 2), chance(seed, "tallest")
    lower = {
        thing: [t for t in place.world.things if height(thing) - height(t) >= CLEAR_HEIGHT]
        for thing in place.world.things
    }
    first = rng.choice([thing for thing, rest in lower.items() if len(rest) >= _LOWER_THINGS])
    rest = shuffled(lower[first], rng)[:_LOWER_THINGS]
    return Draft(
        clips=(place.clip,),
        text="Which of these things in the room is the tallest?",
        answer=f"the {first.name}",
        wrong=tuple(f"the {thing.name}" for thing in rest),
        reason=f"its top is {height(first):.2f} m over the floor, the next one's "
        f"{max(map(height, rest)):.2f} m",
    )


def nearest(seed: int) -> Draft:
    """Which thing is closest to another one."""
    place, rng = tour(seed, 3), chance(seed, "nearest")
    things = shuffled(named(place.world), rng)
    for anchor, *rest in permutations(things, 5):
        close, *far = sorted(rest, key=lambda thing: distance(anchor, thing))
        if distance(anchor, close) < CLEAR_RATIO * distance(anchor, far[0]):
            break
    return Draft(
        clips=(place.clip,),
        text=f"Which of these things is closest to the {anchor.name}?",
        answer=f"the {close.name}",
        wrong=tuple(f"the {thing.name}" for thing in far),
        reason=f"it is {distance(anchor, close):.1f} m away, the next one "
        f"{distance(anchor, far[0]):.1f} m",
    )


def clear_triple(world: World, *place: object) -> tuple[Thing, Thing, Thing, float]:
    """Two things and a third one in a clear direction for who stands at one, facing the other."""
    things = shuffled(named(world), chance(0, *place))
    for here, there, target in permutations(things, 3):
        pose = Pose(here.x, here.y, heading_to(here.x, here.y, there.x, there.y))
        angle = bearing(pose, target.x, target.y)
        if off_centre(angle, 45) < CLEAR_ANGLE and abs(angle) > CLEAR_ANGLE:
            return here, there, target, angle
    raise ValueError("no three things of the room are in clear directions")


def standing_at(seed: int) -> Draft:
    """Take the place of one thing, look at another one, point to a third."""
    place, rng = tour(seed, 6), chance(seed, "standing")
    here, there, target, angle = clear_triple(place.world, seed, "standing")
    answer = eight_way(angle)
    return Draft(
        clips=(place.clip,),
        text=f"Imagine that you stand at the {here.name} and face the {there.name}. In which "
        f"direction is the {target.name}?",
        answer=answer,
        wrong=others(EIGHT_WAYS, answer, 4, rng),
        reason=f"from there the {target.kind} is {angle:.0f} degrees clockwise of straight ahead",
    )


def standing_at_pictured(seed: int) -> Draft:
    """The same with the two things given by their pictures."""
    place, rng = tour(seed, 5), chance(seed, "pictured")
    here, there, target, angle = clear_triple(place.world, seed, "pictured")
    answer = eight_way(angle)
    return Draft(
        clips=(place.clip,),
        text="Imagine that you stand at the object shown in <image> and face the object shown in "
        f"<image>. In which direction is the {target.name}?",
        answer=answer,
        wrong=others(EIGHT_WAYS, answer, 3, rng),
        reason=f"the pictures show the {here.name} and the {there.name}; from the first, facing "
        f"the second, it is {angle:.0f} degrees clockwise of straight ahead",
        images=(partial(portrait, here), partial(portrait, there)),
    )


def which_wall(seed: int) -> Draft:
    """Which wall a thing stands against."""
    place, rng = tour(seed, 2), chance(seed, "wall")
    room = place.world.rooms[0]
    thing = rng.choice([t for t in named(place.world) if slot_of(t) % 2 == 0])
    side = slot_of(thing) // 2
    return Draft(
        clips=(place.clip,),
        text=f"Against which wall of the room does the {thing.name} stand?",
        answer=f"the {room.walls[side]} wall",
        wrong=tuple(f"the {wall} wall" for i, wall in enumerate(room.walls) if i != side),
        reason=f"whenever the {thing.kind} is in view, the wall behind it is {room.walls[side]}",
    )


def which_corner(seed: int) -> Draft:
    """Which corner a thing stands in, for who comes in by the door."""
    place, rng = tour(seed, 1), chance(seed, "corner")
    thing = rng.choice([t for t in named(place.world) if slot_of(t) % 2 == 1])
    # The door is on the north wall: who comes in looks south and has the east on the left.
    corners = {
        1: "in the corner on your left, on the door's side of the room",
        7: "in the corner on your right, on the door's side of the room",
        3: "in the far left corner",
        5: "in the far right corner",
    }
    answer = corners[slot_of(thing)]
    return Draft(
        clips=(place.clip,),
        text="You come in through the brown door and stop in the doorway, looking straight into "
        f"the room. Where is the {thing.name}?",
        answer=answer,
        wrong=tuple(
            corner
            for corner in (*corners.values(), "in the middle of the far wall")
            if corner != answer
        ),
        reason=f"the door is at {DOOR_X} m of {WIDE} m along its wall and the {thing.kind} stands "
        f"{DEEP - thing.y:.1f} m into the room",
    )


def from_the_window(seed: int) -> Draft:
    """Where a pictured thing is for who looks at the window from the middle of the room."""
    place, rng = tour(seed, 6), chance(seed, "window")
    window = next(panel for panel in place.world.panels if panel.colour == "glass")
    pose = Pose(WIDE / 2, DEEP / 2, 90.0 * SIDES.index(window.side))
    thing = rng.choice(named(place.world))
    answer = eight_way(bearing(pose, thing.x, thing.y))
    return Draft(
        clips=(place.clip,),
        text="Imagine that you stand in the middle of the room and look straight at the window. "
        "Where is the object shown in <image>?",
        answer=answer,
        wrong=others(EIGHT_WAYS, answer, 5, rng),
        reason=f"the picture shows the {thing.name}, {answer} for who faces the window",
        images=(partial(portrait, thing),),
    )
