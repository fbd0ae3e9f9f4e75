"""What the question makers share: a draft of a question, and what was seen and looked at when."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from streamgaze_task.rendering.chance import chance
from streamgaze_task.rendering.world import CLEARLY_SEEN, camera, in_circle, seen_part

if TYPE_CHECKING:
    from collections.abc import Iterable
    from random import Random

    from numpy.typing import NDArray

    from streamgaze_task.rendering.world import Look, Script, Thing

Groups = tuple[tuple[str, ...], ...]

SETTLED_SECONDS = 2
"""A question about a look is asked at least that long after it began. The release asks at the
look's first instant, when a window that ends there shows nothing of it; here the answer is to be
seen, also by a model that is given one frame a second."""
PER_SECOND = 10
"""How often a second it is noted what is in view."""


@dataclass(frozen=True)
class Draft:
    """One question with its answer, before letters are given out."""

    task: str
    """Code of its task."""
    script: Script
    """The video it is about."""
    at: int
    """When it is asked, whole seconds."""
    question: str
    """Its text; ``{options}`` stands for the options in their final order."""
    answer: str = ""
    """The right option's words; empty for proactive questions."""
    wrong: tuple[str, ...] = ()
    """The words of the three other options."""
    span: tuple[float, float] = (0.0, 0.0)
    """The release's ``response_time``, seconds."""
    extras: dict[str, Any] = field(default_factory=dict)
    """The task's own fields, as the authors' pipeline writes them."""


class Story:
    """One video as the question makers see it."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.looks = script.looks
        self.rng: Random = chance(0, script.video.video_id)
        """Where the makers draw from; set anew for each of them, so that none disturbs another."""

    @cached_property
    def groups(self) -> Groups:
        """The things in the circle of every look, the one looked at first."""
        return tuple(in_circle(self.script, look) for look in self.looks)

    def settled(self, look: Look) -> int | None:
        """The whole second at which a question about the look is asked; None when it is short."""
        at = math.ceil(look.start) + SETTLED_SECONDS
        return at if at <= look.end else None

    @cached_property
    def handled(self) -> frozenset[str]:
        """Names of the things that jobs are about: a hand may cover them."""
        return frozenset(name for job in self.script.jobs for name in job.named)

    def calm(self, look: Look) -> bool:
        """Whether nothing is done meanwhile: no hand and no tool covers what is looked at."""
        actions = self.script.actions
        return not any(a.start < look.end and a.end > look.start for a in actions)

    def lost_between(self, first: Look, last: Look) -> bool:
        """Whether the tracker lost the gaze between the end of one look and the start of another.

        What was looked at then nobody knows, so "next" would have no sure answer.
        """
        return any(a < last.start and b > first.end for a, b in self.script.losses)

    @cached_property
    def seen(self) -> dict[str, NDArray[np.float64]]:
        """Name of a thing -> how much of its box is in view, every tenth of a second."""
        count = round(self.script.video.seconds * PER_SECOND)
        views = [(k / PER_SECOND, camera(self.script, k / PER_SECOND)) for k in range(count)]
        return {
            thing.name: np.array([seen_part(self.script, thing.name, *view) for view in views])
            for thing in self.script.things
        }

    def _seen(self, thing: Thing, start: float, end: float) -> NDArray[np.float64]:
        return self.seen[thing.name][math.floor(start * PER_SECOND) : math.ceil(end * PER_SECOND)]

    def seen_throughout(self, thing: Thing, start: float, end: float) -> bool:
        """Whether a thing is clearly in view all the time."""
        return bool((self._seen(thing, start, end) >= CLEARLY_SEEN).all())

    def never_seen(self, thing: Thing, start: float, end: float) -> bool:
        """Whether nothing of a thing is in view all the time."""
        return not self._seen(thing, start, end).any()

    def seen_before(self, thing: Thing, end: float, *, seconds: float) -> bool:
        """Whether a thing was clearly in view for that long in [0, end)."""
        return bool((self._seen(thing, 0.0, end) >= CLEARLY_SEEN).sum() >= seconds * PER_SECOND)

    def some(self, pool: Iterable[str], count: int = 3) -> tuple[str, ...]:
        """`count` different ones; fewer where there are fewer."""
        names = sorted(set(pool))
        return tuple(self.rng.sample(names, min(count, len(names))))


def spread(drafts: list[Draft], count: int, rng: Random) -> list[Draft]:
    """At most `count` drafts from all parts of the video, one of each, in order of time."""
    drafts = sorted(drafts, key=lambda draft: draft.at)
    count = min(count, len(drafts))
    edges = [len(drafts) * k // max(count, 1) for k in range(count + 1)]
    return [rng.choice(drafts[a:b]) for a, b in pairwise(edges)]


def together(names: Iterable[str]) -> str:
    """A group of things as the release writes it: ``{a, b}``."""
    return "{" + ", ".join(names) + "}"
