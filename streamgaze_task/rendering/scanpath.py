"""Plans one video: where the camera stops, what the wearer looks at, what the hands do and when.

Known by construction: every fixation's span and object, every span without gaze. Looks last 2.5 to
8 s, so that each would survive the authors' fixation filter (step 1.5 of their pipeline: at least
2.5 s).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from streamgaze_task.rendering.chance import chance, shuffled
from streamgaze_task.rendering.rooms import LEVEL, STATIONS, STEP, TILT, furnish
from streamgaze_task.rendering.world import (
    COUNTER,
    SACCADE_SECONDS,
    SHELF,
    Action,
    Job,
    Look,
    Script,
    Stop,
    Thing,
)

if TYPE_CHECKING:
    from random import Random

    from streamgaze_task.rendering.videos import Video

SHORTEST, LONGEST = 2.5, 8.0
"""Seconds that a look lasts."""
ACTION_SECONDS = 6.5
"""Length of a look that accompanies an action; the action itself is a second shorter."""
_FIRST_ACTION = 14.0
_BETWEEN_ACTIONS = 14.0
_MARGIN = 0.5
"""Looks end that long before the video does."""


def script_of(video: Video, seed: int) -> Script:
    """What happens in a video, drawn from the seed and the video's name."""
    rng = chance(seed, video.video_id)
    things, jobs = furnish(video, rng)
    plan = _Plan(video, things, jobs, rng)
    while plan.now < video.seconds - _MARGIN - SHORTEST:
        plan.stop()
    return plan.script()


@dataclass
class _Plan:
    """A script in the making; `now` is the time up to which it is written."""

    video: Video
    things: tuple[Thing, ...]
    jobs: tuple[tuple[Job, ...], ...]
    rng: Random
    now: float = 0.0
    station: int = -1
    stops: list[Stop] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    losses: list[tuple[float, float]] = field(default_factory=list)
    done: set[Job] = field(default_factory=set)

    def script(self) -> Script:
        """The finished script; after the last look the tracker loses the gaze."""
        losses = [*self.losses, (self.looks[-1].end, self.video.seconds + 1)]
        return Script(
            video=self.video,
            things=self.things,
            jobs=tuple(job for jobs in self.jobs for job in jobs),
            stops=tuple(self.stops),
            looks=tuple(self.looks),
            actions=tuple(self.actions),
            losses=tuple(sorted(losses)),
            phase=self.rng.uniform(0, 100),
        )

    def stop(self) -> None:
        """Turn to another station and look around there."""
        station = self._next_station()
        job = self._due(station)
        tilt = self._tilt(job)
        start = self._turn(station)
        self.station = station
        if job is not None:
            self._act(station, job)
        else:
            pool = self._around(station, tilt)
            for _ in range(self.rng.randint(2, 4)):
                self._look(self._other(pool))
        unit = self.video.width
        top = unit * {"level": TILT + LEVEL, "down": 2 * TILT, "up": 0.0}[tilt]
        sway = self.rng.choice((0.0, 0.0, 2.0))
        if tilt != "level" or station in {0, STATIONS - 1}:
            sway = 0.0  # at the room's edge there is nothing more to show
        self.now = max(self.now, start + SHORTEST)
        self.stops.append(Stop(start, self.now, STEP * unit * station, top, sway))

    def _next_station(self) -> int:
        """A neighbour more often than a far one; never the same again."""
        if self.station < 0:
            return self.rng.randrange(STATIONS)
        others = [k for k in range(STATIONS) if k != self.station]
        near = [k for k in others if abs(k - self.station) == 1]
        return self.rng.choice([*others, *near, *near])

    def _tilt(self, job: Job | None) -> str:
        if job is not None:
            return "level"
        return self.rng.choice(("level", "level", "level", "up", "down"))

    def _turn(self, station: int) -> float:
        """Let the camera turn; returns when it stands still again."""
        if self.station < 0:
            return 0.0
        seconds = min(1.0 + 0.4 * abs(station - self.station), 2.2)
        if self.rng.random() < 0.5:  # noqa: PLR2004 (one half: the tracker often loses head turns)
            self.losses.append((self.now, self.now + seconds))
        self.now += seconds
        return self.now

    def _due(self, station: int) -> Job | None:
        """The job that is done at this stop, if any."""
        last = self.actions[-1].end if self.actions else _FIRST_ACTION - _BETWEEN_ACTIONS
        late = self.now + 4 * LONGEST + ACTION_SECONDS > self.video.seconds
        if late or self.now < last + _BETWEEN_ACTIONS:
            return None
        return next((job for job in self.jobs[station] if job not in self.done), None)

    def _around(self, station: int, tilt: str) -> list[Thing]:
        """What the wearer may look at from a station."""
        left = STEP * self.video.width * station
        rows = {"level": (SHELF, COUNTER), "up": (SHELF,), "down": (COUNTER,)}[tilt]
        moved = {job.thing: job.to for job in self.done if job.to is not None}
        return [
            thing
            for thing in self.things
            if thing.gazed
            and thing.place in rows
            and 0 < moved.get(thing.name, (thing.x, 0))[0] - left < self.video.width
        ]

    def _other(self, pool: list[Thing]) -> Thing | None:
        last = self.looks[-1].thing if self.looks else None
        choice = [thing for thing in pool if thing.name != last]
        return self.rng.choice(choice) if choice else None

    def _look(self, thing: Thing | None, seconds: float | None = None) -> Look | None:
        """A fixation, after a saccade and now and then a loss; None when it does not fit."""
        if thing is None:
            return None
        start = self.now + SACCADE_SECONDS
        lost = 0.0
        if seconds is None and self.rng.random() < 0.12:  # noqa: PLR2004 (now and then)
            lost = self.rng.uniform(0.8, 2.5)
            self.losses.append((self.now, self.now + lost))
        start += lost
        length = self.rng.uniform(SHORTEST, LONGEST) if seconds is None else seconds
        end = min(start + length, self.video.seconds - _MARGIN)
        if end - start < SHORTEST:
            return None
        off = 0.01 * self.video.width
        dx, dy = self.rng.uniform(-off, off), self.rng.uniform(-off, off)
        look = Look(start, end, thing.name, dx, dy)
        self.looks.append(look)
        self.now = end
        self._blink(look)
        return look

    def _blink(self, look: Look) -> None:
        """Some long looks hold a blink: a short loss late in them."""
        if look.end - look.start > 5 and self.rng.random() < 0.3:  # noqa: PLR2004 (some)
            start = look.end - self.rng.uniform(0.8, 1.2)
            self.losses.append((start, start + self.rng.uniform(0.2, 0.4)))

    def _act(self, station: int, job: Job) -> None:
        """Three looks at other things, during which the hand comes into view, then the job."""
        pool = [t for t in self._around(station, "level") if t.name not in job.named]
        first, second = shuffled(pool, self.rng)[:2]
        self._look(first, self.rng.uniform(2.6, 4.5))
        seen = self._look(second, self.rng.uniform(4.0, 6.0))
        self._look(first, self.rng.uniform(3.6, 5.0))
        watched = next(t for t in self.things if t.name == (job.target or job.thing))
        look = self._look(watched, ACTION_SECONDS)
        if seen is None or look is None:
            return
        if job.target is None:
            self.looks[-1] = Look(look.start, look.end, look.thing, look.dx, look.dy, moving=True)
        action = Action(look.start + 0.3, look.end - 0.9, seen.start + 0.4, job)
        self.actions.append(action)
        self.done.add(job)
