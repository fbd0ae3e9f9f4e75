"""What stands where: a long wall with a shelf and a counter, and the jobs that can be done there.

Columns are a quarter of the video's width apart. A station is a place where the camera stops and
sees four columns; neighbouring stations share their outer column. The two inner columns of every
station hold two things on the shelf that the wearer looks at, and on the counter a tool with what
it is used on; the outer columns hold six more things, four of which are never looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamgaze_task.rendering.chance import shuffled
from streamgaze_task.rendering.kinds import KINDS, TARGETS, TOOLS
from streamgaze_task.rendering.world import COUNTER, SHELF, Job, Thing

if TYPE_CHECKING:
    from random import Random

    from streamgaze_task.rendering.videos import Video

STATIONS = 5
"""Places where the camera stops."""
COLUMNS = 3 * STATIONS + 1
"""Columns of the room."""
TILT = 0.24
"""How far the camera tilts up and down from the level view, parts of the width."""
ROW = 0.17
"""How far shelf and counter are above and below the level view's middle, parts of the width."""
LEVEL = 0.02
"""How much lower than the room's middle the level view looks, parts of the width: hands are low."""
STEP = 0.75
"""From one station to the next, parts of the width."""
_PAIR = 0.071
"""Half the distance of two things that stand together, parts of the width."""
_NEVER_GAZED = 4

_USES = (
    ("pour", "bottle", "bowl", "The user pours from the bottle into the bowl."),
    ("stir", "spoon", "pot", "The user stirs the pot with the spoon."),
    ("cut", "knife", "bread", "The user cuts the bread with the knife."),
    ("wipe", "sponge", "plate", "The user wipes the plate with the sponge."),
)
_LIFTED = "cup"


def room_size(video: Video) -> tuple[int, int]:
    """Width and height of the picture of the whole room, pixels."""
    return round((STEP * (STATIONS - 1) + 1) * video.width), video.height + round(
        2 * TILT * video.width
    )


def column_x(video: Video, column: int) -> float:
    """Centre of a column."""
    return (0.125 + 0.25 * column) * video.width


def row_y(video: Video, place: str) -> float:
    """Centre of the boxes of what stands on the shelf or the counter."""
    middle = video.height / 2 + TILT * video.width
    return middle + (ROW if place == COUNTER else -ROW) * video.width


def furnish(video: Video, rng: Random) -> tuple[tuple[Thing, ...], tuple[tuple[Job, ...], ...]]:
    """The things of a room, and the jobs of each station."""
    names = [name for name in KINDS if name not in {*TOOLS, *TARGETS}]
    free = iter(shuffled(names, rng))

    def put(name: str, place: str, x: float, *, gazed: bool = True) -> Thing:
        colour = rng.choice(KINDS[name].colours)
        return Thing(name, colour, x, row_y(video, place), place, gazed)

    things: list[Thing] = []
    jobs: list[tuple[Job, ...]] = []
    together = set(rng.sample(range(STATIONS), 2))
    for station, use in enumerate(shuffled((*_USES, None), rng)):
        left, right = (column_x(video, 3 * station + k) for k in (1, 2))
        closer = (0.125 - _PAIR) * video.width if station in together else 0.0
        things += [put(next(free), SHELF, x) for x in (left + closer, right - closer)]
        if use is None:
            things.append(put(_LIFTED, COUNTER, left))
            jobs.append(_cup_jobs((right, row_y(video, COUNTER))))
            continue
        manner, tool, target, sentence = use
        sides = (left, right) if rng.random() < 0.5 else (right, left)  # noqa: PLR2004 (one half)
        things += [put(tool, COUNTER, sides[0]), put(target, COUNTER, sides[1])]
        jobs.append((Job(manner, tool, target, None, sentence),))
    outer = range(0, COLUMNS, 3)
    never = set(rng.sample(outer, _NEVER_GAZED))
    for column in outer:
        place = rng.choice((SHELF, COUNTER))
        x = column_x(video, column)
        things.append(put(next(free), place, x, gazed=column not in never))
    return tuple(things), tuple(jobs)


def _cup_jobs(to: tuple[float, float]) -> tuple[Job, ...]:
    return (
        Job("lift", _LIFTED, None, None, f"The user picks up the {_LIFTED} and puts it back."),
        Job("move", _LIFTED, None, to, f"The user moves the {_LIFTED} to the right."),
    )
