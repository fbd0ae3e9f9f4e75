"""Questions about the camera and what is around it: things, walls and rooms, seen or not."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from mmsi_video.rendering.ask_room import CLEAR_ANGLE, CLEAR_RATIO, named
from mmsi_video.rendering.clip import RATES, Clip
from mmsi_video.rendering.draft import Draft, chance, others, shuffled
from mmsi_video.rendering.pictures import Plan, portrait
from mmsi_video.rendering.places import DEEP, VIVID, WIDE, Tour, furnished, house, tour
from mmsi_video.rendering.world import (
    EIGHT_WAYS,
    Panel,
    Pose,
    Room,
    Thing,
    World,
    bearing,
    distance,
    eight_way,
    off_centre,
)

if TYPE_CHECKING:
    from random import Random

    from PIL import Image

OUT_OF_VIEW = 60.0
"""A thing this far from the middle of the picture is not in it, degrees."""


def _hidden(place: Tour, rng: Random) -> tuple[int, Thing, float]:
    """A frame, and a thing that is out of view in it but in a clear direction."""
    for frame in shuffled(range(place.clip.count), rng):
        for thing in shuffled(named(place.world), rng):
            angle = place.bearing(frame, thing)
            if abs(angle) > OUT_OF_VIEW and off_centre(angle, 45) < CLEAR_ANGLE / 2:
                return frame, thing, angle
    raise ValueError("no frame of the tour has a thing in a clear direction out of view")


def where_is_it(seed: int) -> Draft:
    """Direction of an unseen thing at a given time."""
    place, rng = tour(seed, 3), chance(seed, "where")
    frame, thing, angle = _hidden(place, rng)
    answer = eight_way(angle)
    return Draft(
        clips=(place.clip,),
        text=f"At {place.clip.label(frame)}, in which direction is the {thing.name}, as seen from "
        "the camera?",
        answer=answer,
        wrong=others(EIGHT_WAYS, answer, 4, rng),
        reason=f"at that time the {thing.kind} is {angle:.0f} degrees clockwise of the view",
    )


def where_is_the_pictured(seed: int) -> Draft:
    """The same with the thing given by its picture."""
    place, rng = tour(seed, 0), chance(seed, "where pictured")
    frame, thing, angle = _hidden(place, rng)
    answer = eight_way(angle)
    return Draft(
        clips=(place.clip,),
        text=f"The object in <image> stands in the room. At {place.clip.label(frame)}, where is it "
        "relative to the camera?",
        answer=answer,
        wrong=others(EIGHT_WAYS, answer, 3, rng),
        reason=f"it is the {thing.name}, {angle:.0f} degrees clockwise of the view at that time",
        images=(partial(portrait, thing),),
    )


def nearest_on_the_way(seed: int) -> Draft:
    """Which thing is nearest to a walking camera at a given time, seen or not."""
    rng = chance(seed, "walk")
    hall = Room("hall", 0, 0, 13, 6, ("pale yellow", "pink", "pale yellow", "pale blue"))
    far_door = Panel("hall", "east", 3.0, 0.9, 0, 2.0, "door")
    kinds = shuffled(("lamp", "plant", "chair", "sofa", "television", "bookshelf"), rng)
    things = tuple(
        Thing(kind, colour, 2.5 + 2.0 * i, (4.9, 1.1)[i % 2], heading=(180, 0)[i % 2])
        for i, (kind, colour) in enumerate(zip(kinds[:5], shuffled(VIVID, rng), strict=False))
    )
    clip = Clip(
        key="rooms/hall",
        count=32,
        rate=RATES[2.0],
        first_id=rng.randrange(10, 70),
        world=lambda _: World((hall,), panels=(far_door,), things=things),
        pose=lambda done: Pose(1.0 + 10.5 * done, 3.0, 90),
    )
    moments = []
    for frame in range(8, 32):
        pose = clip.pose(clip.progress(frame))
        close, second = sorted(things, key=lambda thing: distance(pose, thing))[:2]
        if distance(pose, close) < CLEAR_RATIO * distance(pose, second):
            moments.append((frame, close))
    frame, close = rng.choice(moments)
    return Draft(
        clips=(clip,),
        text=f"Which object is nearest to the camera at {clip.label(frame)}, whether it is in view "
        "or not?",
        answer=f"the {close.name}",
        wrong=tuple(f"the {thing.name}" for thing in things if thing != close),
        reason=f"the camera passes the {close.kind} at that time",
    )


def looks_straight_at(seed: int) -> Draft:
    """When a thing is in the middle of the picture."""
    place, rng = tour(seed, 4), chance(seed, "when")
    frames = range(place.clip.count)
    centred = {
        thing: min(frames, key=lambda frame: abs(place.bearing(frame, thing)))
        for thing in shuffled(named(place.world), rng)
    }
    seen = [t for t, frame in centred.items() if abs(place.bearing(frame, t)) < 1.0][:4]
    return Draft(
        clips=(place.clip,),
        text=f"At which time does the camera look straight at the {seen[0].name}?",
        answer=place.clip.label(centred[seen[0]]),
        wrong=tuple(place.clip.label(centred[thing]) for thing in seen[1:]),
        reason=f"only then is the {seen[0].kind} in the middle of the picture",
    )


def faces_which_wall(seed: int) -> Draft:
    """Which wall the camera looks at."""
    place, rng = tour(seed, 5), chance(seed, "faces")
    room = place.world.rooms[0]
    frames = [
        frame
        for frame in range(place.clip.count)
        if off_centre(place.pose(frame).heading, 90) < CLEAR_ANGLE
    ]
    frame = rng.choice(frames)
    side = round(place.pose(frame).heading / 90) % 4
    return Draft(
        clips=(place.clip,),
        text=f"Which wall is behind the camera at {place.clip.label(frame)}?",
        answer=f"the {room.walls[side - 2]} wall",
        wrong=tuple(f"the {wall} wall" for i, wall in enumerate(room.walls) if i != (side + 2) % 4),
        reason=f"at that time the camera faces the {room.walls[side]} wall, opposite of it",
    )


def which_dot(seed: int) -> Draft:
    """Where on a floor plan the camera stands."""
    rng = chance(seed, "dot")
    world = furnished(rng)
    spots = shuffled(((2.4, 2.2), (5.6, 2.2), (2.4, 4.8), (5.6, 4.8)), rng)
    dots = dict(zip(shuffled(("red", "blue", "black", "orange"), rng), spots, strict=True))
    answer, (x, y) = next(iter(dots.items()))
    first, turn = 15.0 * rng.randrange(24), rng.choice((-270.0, 270.0))
    clip = Clip(
        key="rooms/from_one_place",
        count=28,
        rate=RATES[1.0],
        first_id=rng.randrange(5, 80),
        world=lambda _: world,
        pose=lambda done: Pose(x, y, first + turn * done),
    )

    def plan() -> Image.Image:
        drawing = Plan(world.rooms, coloured=True)
        for colour, spot in dots.items():
            drawing.dot(*spot, colour)
        return drawing.image

    return Draft(
        clips=(clip,),
        text="<image> is a floor plan of the room in the video, its walls drawn in their colours. "
        "Which dot marks the place from which the video was taken?",
        answer=f"the {answer} dot",
        wrong=tuple(f"the {colour} dot" for colour in dots if colour != answer),
        reason=f"the camera stands {x} m from the west wall of {WIDE} m and {y} m from the south "
        f"wall of {DEEP} m",
        images=(plan,),
    )


def where_was_the_start(seed: int) -> Draft:
    """Where the first room is after a walk through four."""
    place, rng = house(seed, 0), chance(seed, "start")
    pose = place.clip.pose(1.0)
    angle = bearing(pose, *place.rooms[0].centre)
    answer = eight_way(angle)
    return Draft(
        clips=(place.clip,),
        text="In the last frame of the video, in which direction from the camera is the middle of "
        "the room in which the video began?",
        answer=answer,
        wrong=others(EIGHT_WAYS, answer, 4, rng),
        reason=f"the four rooms form a square, and the first is {angle:.0f} degrees clockwise of "
        "the last view",
    )
