"""Questions about what to do and what comes next: planning and prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmsi_video.rendering.ask_room import named
from mmsi_video.rendering.clip import RATES, Clip
from mmsi_video.rendering.draft import Draft, chance, others, shuffled
from mmsi_video.rendering.hall import HALL, Path, watched
from mmsi_video.rendering.pictures import Plan
from mmsi_video.rendering.places import VIVID, tour
from mmsi_video.rendering.world import Panel, Pose, Room, Thing, World, ahead

if TYPE_CHECKING:
    from PIL import Image

TABLE_TOP = 0.78
"""Height of the bench's top, metres."""
BLOCK = 0.16
"""Edge of a block, metres."""


def turn_and_go(seed: int) -> Draft:
    """One turn and one straight walk to a thing seen earlier."""
    place, rng = tour(seed, 2), chance(seed, "go")
    last = place.clip.count - 1
    turns = {
        45 * n: f"turn {side} by about {45 * abs(n)} degrees, then walk straight ahead"
        for n, side in (
            (-3, "left"),
            (-2, "left"),
            (-1, "left"),
            (1, "right"),
            (2, "right"),
            (3, "right"),
        )
    }
    angles = {thing: 45 * round(place.bearing(last, thing) / 45) for thing in named(place.world)}
    thing = rng.choice([thing for thing, angle in angles.items() if angle in turns])
    answer = turns[angles[thing]]
    return Draft(
        clips=(place.clip,),
        text="You control a robot that stands where the camera is in the last frame and looks the "
        f"same way. How does it get to the {thing.name}?",
        answer=answer,
        wrong=others(turns.values(), answer, 5, rng),
        reason=f"in the last frame the {thing.kind} is {place.bearing(last, thing):.0f} degrees "
        "clockwise of the view",
    )


def free_route(seed: int) -> Draft:
    """The one of four routes that nothing stands on."""
    rng = chance(seed, "route")
    colours = shuffled(("red", "blue", "black", "orange"), rng)
    lanes = (-3.9, -1.4, 1.4, 3.9)
    free = rng.randrange(4)
    kinds = shuffled(("sofa", "cupboard", "box", "table"), rng)
    tints = shuffled(VIVID, rng)
    blocks = [
        Thing(kind, tint, x, rng.choice((3.6, 4.4)), heading=180)
        for i, (kind, tint, x) in enumerate(zip(kinds, tints, lanes, strict=False))
        if i != free
    ]
    goal = Thing("plant", "white", 0, 7.2)

    def plan() -> Image.Image:
        drawing = Plan((HALL,), coloured=False)
        for colour, x in zip(colours, lanes, strict=True):
            drawing.route(((0, 0), (x, 2.2), (x, 5.8), (goal.x, goal.y)), colour)
        drawing.dot(0, 0, "grey")
        drawing.dot(goal.x, goal.y, "green")
        return drawing.image

    clip = Clip(
        key="planning/route",
        count=33,
        rate=RATES[2.0],
        first_id=rng.randrange(6, 90),
        world=lambda _: World((HALL,), things=(*blocks, goal)),
        pose=lambda done: Pose(0, -0.6, 60 * done - 30, z=2.4, pitch=18, view=84),
    )
    return Draft(
        clips=(clip,),
        text="The plan <image> shows the outline of the room without its furniture. The grey dot "
        "is the place of the camera and the green dot is the plant. Which route to the plant is "
        "not blocked?",
        answer=f"the {colours[free]} one",
        wrong=tuple(f"the {c} one" for i, c in enumerate(colours) if i != free),
        reason="on the other three stand " + ", ".join(f"the {thing.name}" for thing in blocks),
        images=(plan,),
    )


def stacked_blocks(seed: int) -> Draft:
    """Which blocks to lift first."""
    rng = chance(seed, "stack")
    top, second, target, bottom = shuffled(("red", "yellow", "green", "blue", "purple"), rng)[:4]
    room = Room("room", -4, -4, 4, 4, ("pale blue", "pink", "pale green", "pale yellow"))
    stack = tuple(
        Thing("block", colour, 0.2, 0.0, z=TABLE_TOP + BLOCK * i)
        for i, colour in enumerate((bottom, target, second, top))
    )
    things = (Thing("bench", "grey", 0, 0), Thing("mug", "white", -0.4, 0.1, z=TABLE_TOP), *stack)

    def pose(done: float) -> Pose:
        place = 150 + 60 * done
        return Pose(*ahead(Pose(0, 0, place), 1.7), place + 180, z=1.6, pitch=18, view=62)

    clip = Clip("planning/stack", 20, RATES[5.0], 0, lambda _: World((room,), things=things), pose)
    return Draft(
        clips=(clip,),
        text=f"A robot arm can only lift the topmost block of a stack and wants the {target} "
        "block. What must it lift away before, and in which order?",
        answer=f"first the {top} block, then the {second} one",
        wrong=(
            f"first the {second} block, then the {top} one",
            f"only the {second} block",
            f"first the {top} block, then the {bottom} one",
        ),
        reason=f"from the top the colours are {top}, {second}, {target}, {bottom}",
    )


def ball_will_hit(seed: int) -> Draft:
    """Where a straight path ends."""
    rng = chance(seed, "hit")
    colours = shuffled(VIVID, rng)
    spots = ((-3.9, 4.6), (-1.6, 7.2), (1.6, 7.2), (3.9, 4.6))
    kinds = shuffled(("lamp", "plant", "chair", "bookshelf", "box"), rng)
    things = [
        Thing(kind, colour, x, y, heading=180)
        for kind, colour, (x, y) in zip(kinds, colours, spots, strict=False)
    ]
    goal = rng.choice(things)
    start = (0.0, 1.7)
    half = (start[0] + 0.5 * (goal.x - start[0]), start[1] + 0.5 * (goal.y - start[1]))
    path = Path((start, half), (0.0, 1.0))
    ball = Thing("ball", colours[4], 0, 0)
    return Draft(
        clips=(
            watched("future/ball", seed, things, lambda d: [ball.at(*path(d))], count=18, fps=5.0),
        ),
        text=f"If the {ball.name} goes on rolling straight after the last frame, which thing does "
        "it reach?",
        answer=f"the {goal.name}",
        wrong=tuple(f"the {thing.name}" for thing in things if thing != goal),
        reason=f"the line of its path so far ends at the {goal.kind}",
    )


def which_door(seed: int) -> Draft:
    """The door that someone walks to."""
    rng = chance(seed, "door")
    colours = shuffled(("red", "blue", "black", "white", "purple"), rng)[:4]
    middles = (-3.9, -1.3, 1.3, 3.9)
    panels = tuple(
        Panel("hall", "north", x, 1.0, 0, 2.0, colour)
        for x, colour in zip(middles, colours, strict=True)
    )
    goal = rng.randrange(4)
    start = (rng.choice((-2.6, 2.6)), 2.0)
    end = tuple(a + 0.55 * (b - a) for a, b in zip(start, (middles[goal], 8.0), strict=True))
    path = Path((start, (end[0], end[1])), (0.0, 1.0))

    def moving(done: float) -> list[Thing]:
        return [Thing("person", "green", *path(done), heading=path.heading(done))]

    clip = watched("future/door", seed, (), moving, count=20, fps=4.0, panels=panels)
    return Draft(
        clips=(clip,),
        text="The person keeps walking straight on after the last frame. Which door will the "
        "person come to?",
        answer=f"the {colours[goal]} door",
        wrong=tuple(f"the {colour} door" for i, colour in enumerate(colours) if i != goal),
        reason=f"the path points at x = {middles[goal]} m along the far wall",
    )


def seen_next(seed: int) -> Draft:
    """What comes into the middle when a turn goes on; it was seen when the turn began."""
    place, rng = tour(seed, 6), chance(seed, "next")
    last = place.clip.count - 1
    way = 1 if place.turn > 0 else -1
    coming = sorted(place.world.things, key=lambda thing: way * place.bearing(last, thing) % 360)
    answer, *rest = (f"the {thing.name}" for thing in coming)
    return Draft(
        clips=(place.clip,),
        text="After the last frame the camera keeps turning in the same direction. Which of these "
        "things will be the next to come to the middle of the picture?",
        answer=answer,
        wrong=tuple(shuffled(rest, rng)[:3]),
        reason=f"it is {way * place.bearing(last, coming[0]) % 360:.0f} degrees further on",
    )
