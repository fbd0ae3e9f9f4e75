"""Questions about rooms and how they lie to each other, asked of a walk through a house."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmsi_video.rendering.draft import Draft, chance, others, shuffled
from mmsi_video.rendering.pictures import Plan
from mmsi_video.rendering.places import CELL, house
from mmsi_video.rendering.world import EIGHT_WAYS, bearing, eight_way

if TYPE_CHECKING:
    from PIL import Image


def where_is_the_room(seed: int) -> Draft:
    """Direction of a room for who stands in another one."""
    place, rng = house(seed, 0), chance(seed, "room")
    here, target = rng.choice(((0, 2), (1, 3), (0, 3)))
    answer = eight_way(bearing(place.looking_on(here), *place.rooms[target].centre))
    names = place.names
    return Draft(
        clips=(place.clip,),
        text=f"Imagine that you stand in the middle of the {names[here]} room and look straight at "
        f"the doorway to the {names[here + 1]} room. Where is the middle of the {names[target]} "
        "room?",
        answer=answer,
        wrong=others(EIGHT_WAYS, answer, 5, rng),
        reason=f"the walk shows that the {names[target]} room lies {answer} from there",
    )


def hidden_neighbours(seed: int) -> Draft:
    """Two rooms that share a wall without a doorway in it."""
    place, rng = house(seed, 1), chance(seed, "neighbours")
    names = place.names

    def pair(first: int, second: int) -> str:
        a, b = shuffled((names[first], names[second]), rng)
        return f"the {a} room and the {b} room"

    return Draft(
        clips=(place.clip,),
        text="The camera walks through four rooms of equal size. Which two rooms share a wall that "
        "has no doorway in it?",
        answer=pair(0, 3),
        wrong=(pair(0, 1), pair(1, 2), pair(2, 3), pair(0, 2)),
        reason="the walk turns twice to the same side, so the last room lies beside the first",
    )


def colour_on_the_plan(seed: int) -> Draft:
    """The room under a dot of a floor plan."""
    place, rng = house(seed, 2), chance(seed, "plan")
    target = rng.randrange(1, 4)

    def plan() -> Image.Image:
        drawing = Plan(place.rooms, coloured=False)
        for a, b in zip(place.rooms, place.rooms[1:], strict=False):
            middle = (a.centre[0] + b.centre[0]) / 2, (a.centre[1] + b.centre[1]) / 2
            drawing.gap(*middle, CELL / 4)
        drawing.arrow(place.looking_on(0))
        drawing.dot(*place.rooms[target].centre, "red", 12)
        return drawing.image

    return Draft(
        clips=(place.clip,),
        text="In the floor plan <image>, the black arrow shows where the camera stands and looks "
        "at the beginning of the video. What colour are the walls of the room with the red dot?",
        answer=place.names[target],
        wrong=tuple(name for name in place.names if name != place.names[target]),
        reason=f"the red dot marks room number {target + 1} of the walk",
        images=(plan,),
    )
