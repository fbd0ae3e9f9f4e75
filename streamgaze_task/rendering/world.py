"""What happens in one video: things, camera, gaze and hands, as functions of time.

Places are pixels of one wide picture of the room, x to the right and y down; the camera shows a
part of it, without parallax. Times are seconds from the video's start.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from streamgaze_task.rendering.chance import between, smooth

if TYPE_CHECKING:
    from streamgaze_task.rendering.videos import Video

SHELF, COUNTER = "shelf", "counter"
"""Where things stand."""
THING = 0.14
"""Width and height of the box around a thing, parts of the video's width."""
CLEARLY_SEEN = 0.95
"""Part of a thing's box in the frame from which on it is clearly in view."""
SACCADE_SECONDS = 0.2
"""Time between two looks while the camera is still."""
HAND_SECONDS = 0.8
"""How long a hand takes to come into view, and to leave it."""
_GRASP, _LET_GO = 0.25, 0.75
"""Parts of an action in which the thing is brought to its place of use, and back from there."""
_LIFT = 0.13
"""How high a thing is lifted, parts of the video's width."""


@dataclass(frozen=True)
class Thing:
    """One named object; no two of a video share a name."""

    name: str
    """One simple word, as the release names objects."""
    colour: str
    """Its main colour, a key of streamgaze_task.rendering.kinds.COLOURS."""
    x: float
    """Centre of its box at the start."""
    y: float
    """Centre of its box at the start."""
    place: str
    """SHELF or COUNTER."""
    gazed: bool
    """Whether the wearer ever looks at it; the others are never even beside what is looked at."""


@dataclass(frozen=True)
class Stop:
    """The camera stands still, or sways a little; between two stops it turns."""

    start: float
    end: float
    x: float
    """Left edge of what it shows."""
    y: float
    """Upper edge of what it shows."""
    sway: float
    """Largest movement, pixels; 0 for a camera that stands still."""


@dataclass(frozen=True)
class Look:
    """The wearer looks at one thing: a fixation, or a pursuit when the thing is moved."""

    start: float
    end: float
    thing: str
    """Its name."""
    dx: float
    """Where on the thing, from the centre of its box."""
    dy: float
    """Where on the thing, from the centre of its box."""
    moving: bool = False
    """Whether the thing moves meanwhile."""


@dataclass(frozen=True)
class Job:
    """Something that can be done in the room."""

    manner: str
    """pour, stir, cut, wipe, lift or move."""
    thing: str
    """What the hand takes."""
    target: str | None
    """What it is used on."""
    to: tuple[float, float] | None
    """Where it is put down, for move."""
    sentence: str
    """In words: ``The user lifts the cup.``"""

    @property
    def named(self) -> frozenset[str]:
        """The things that it involves."""
        return frozenset({self.thing, self.target} - {None})  # type: ignore[arg-type]


@dataclass(frozen=True)
class Action:
    """A job being done once."""

    start: float
    """The hand takes the thing."""
    end: float
    """The hand lets it go."""
    hand: float
    """When the hand comes into view; until `start` it waits beside the thing."""
    job: Job


@dataclass(frozen=True)
class Script:
    """Everything that happens in one video."""

    video: Video
    things: tuple[Thing, ...]
    jobs: tuple[Job, ...]
    """All that could be done, done or not."""
    stops: tuple[Stop, ...]
    looks: tuple[Look, ...]
    """The scanpath, in order; they do not overlap."""
    actions: tuple[Action, ...]
    losses: tuple[tuple[float, float], ...]
    """Spans [start, end) without valid gaze, in order."""
    phase: float
    """Where the gaze's small movements begin."""

    @property
    def size(self) -> float:
        """Width and height of a thing's box, pixels."""
        return THING * self.video.width

    @cached_property
    def _by_name(self) -> dict[str, Thing]:
        return {thing.name: thing for thing in self.things}

    def thing(self, name: str) -> Thing:
        """The thing of that name."""
        return self._by_name[name]


def camera(script: Script, at: float) -> tuple[float, float]:
    """Left and upper edge of what the camera shows."""
    before = script.stops[0]
    for stop in script.stops:
        if stop.start <= at < stop.end:
            return (
                stop.x + stop.sway * math.sin(2.1 * at),
                stop.y + stop.sway / 2 * math.sin(1.3 * at),
            )
        if stop.start > at:
            part = smooth((at - before.end) / (stop.start - before.end))
            return between(before.x, stop.x, part), between(before.y, stop.y, part)
        before = stop
    return before.x, before.y


def pose(script: Script, name: str, at: float) -> tuple[float, float, float]:
    """Centre of a thing's box, and how far it is tilted, degrees clockwise."""
    thing = script.thing(name)
    x, y = thing.x, thing.y
    for action in script.actions:
        if action.job.thing != name or at < action.start:
            continue
        if at < action.end:
            return _handled(script, action, (x, y), at)
        if action.job.to is not None:
            x, y = action.job.to
    return x, y, 0.0


def _handled(
    script: Script, action: Action, rest: tuple[float, float], at: float
) -> tuple[float, float, float]:
    """Where a thing is while the hand holds it."""
    unit, done = script.video.width, (at - action.start) / (action.end - action.start)
    x, y = rest
    held = smooth(done / _GRASP) * smooth((1 - done) / (1 - _LET_GO))
    if action.job.to is not None:
        part = smooth(done)
        lifted = _LIFT * unit * math.sin(math.pi * done)
        return between(x, action.job.to[0], part), between(y, action.job.to[1], part) - lifted, 0.0
    if action.job.target is None:
        return x, y - _LIFT * unit * held, 0.0
    over = pose(script, action.job.target, at)
    dx, dy, angle, swing_x, swing_y = MANNERS[action.job.manner]
    swing = math.sin(2 * math.pi * (at - action.start)) * held
    side = 1 if over[0] > x else -1
    return (
        between(x, over[0] - side * dx * unit, held) + swing * swing_x * unit,
        between(y, over[1] + dy * unit, held) + swing * swing_y * unit,
        side * angle * held,
    )


MANNERS: dict[str, tuple[float, float, float, float, float]] = {
    "pour": (0.085, -0.10, 110.0, 0.0, 0.0),
    "stir": (0.0, -0.075, 165.0, 0.022, 0.0),
    "cut": (0.0, -0.045, 165.0, 0.0, 0.025),
    "wipe": (0.0, -0.01, 0.0, 0.035, 0.0),
}
"""How a thing is used on its target: where it is held (to the side and below the target's centre),
its tilt in degrees, and how far it swings to the side and up; lengths are parts of the video's
width."""


def seen_part(
    script: Script, name: str, at: float, view: tuple[float, float] | None = None
) -> float:
    """How much of a thing's box is inside the frame, in [0, 1].

    Args:
        script: the video.
        name: of the thing.
        at: when.
        view: what :func:`camera` says of that time, where it is known already.
    """
    left, top = view or camera(script, at)
    x, y, _ = pose(script, name, at)
    half = script.size / 2
    wide = min(x + half, left + script.video.width) - max(x - half, left)
    high = min(y + half, top + script.video.height) - max(y - half, top)
    return max(wide, 0.0) * max(high, 0.0) / script.size**2


def gaze(script: Script, at: float) -> tuple[float, float] | None:
    """Where the wearer looks, pixels of the frame; None when the tracker does not know."""
    if any(start <= at < end for start, end in script.losses):
        return None
    x, y = _aim(script, at)
    wave = at + script.phase
    x += 0.9 * math.sin(5.1 * wave) + 0.6 * math.sin(23.7 * wave)
    y += 0.8 * math.sin(4.3 * wave) + 0.5 * math.sin(27.1 * wave)
    if 0 <= x < script.video.width and 0 <= y < script.video.height:
        return x, y
    return None


def _aim(script: Script, at: float) -> tuple[float, float]:
    """Gaze without its small movements."""
    before: Look | None = None
    for look in script.looks:
        if at < look.start:
            if before is None:
                return _on(script, look, at)
            part = smooth((at - before.end) / (look.start - before.end))
            x0, y0 = _on(script, before, before.end)
            x1, y1 = _on(script, look, look.start)
            return between(x0, x1, part), between(y0, y1, part)
        if at < look.end:
            return _on(script, look, at)
        before = look
    return _on(script, script.looks[-1], at)


def _on(script: Script, look: Look, at: float) -> tuple[float, float]:
    left, top = camera(script, at)
    x, y, _ = pose(script, look.thing, at)
    return x + look.dx - left, y + look.dy - top


def in_circle(script: Script, look: Look) -> tuple[str, ...]:
    """The things in the field-of-view circle of a look: the one looked at, then the others.

    A thing is inside when its centre is, for most of the look; the nearest come first.
    """
    times = [between(look.start, look.end, (k + 0.5) / 5) for k in range(5)]
    found = []
    for thing in script.things:
        away = []
        for at in times:
            x, y, _ = pose(script, look.thing, at)
            other_x, other_y, _ = pose(script, thing.name, at)
            away.append(math.hypot(other_x - x - look.dx, other_y - y - look.dy))
        if thing.name != look.thing and sorted(away)[2] <= script.video.radius:
            found.append((sorted(away)[2], thing.name))
    return look.thing, *(name for _, name in sorted(found))
