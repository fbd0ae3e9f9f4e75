"""What happened in a rendered video, as the judge of questions asks for it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from streamgaze_task.rendering.painter import sprite
from streamgaze_task.rendering.story import PER_SECOND, Story
from streamgaze_task.rendering.world import CLEARLY_SEEN, camera, in_circle, pose

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from streamgaze_task.pipeline.records import Question
    from streamgaze_task.rendering.world import Look, Script


_OPAQUE = 127
"""Alpha above which a pixel of a thing is taken to be drawn, of 255."""


@dataclass(frozen=True)
class Verdict:
    """Whether a question is right by the world's truth."""

    right: bool
    why: str = ""
    """What is wrong with it; empty when nothing is."""


RIGHT = Verdict(right=True)


def wrong(why: str) -> Verdict:
    """A question that must not be asked so."""
    return Verdict(right=False, why=why)


class Happened:
    """One script, with what was in view noted every tenth of a second."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.names = frozenset(thing.name for thing in script.things)
        self._seen = Story(script).seen

    def looks_before(self, at: float) -> tuple[Look, ...]:
        """The looks that began before a moment."""
        return tuple(look for look in self.script.looks if look.start < at)

    def looks_at(self, names: Iterable[str], at: float) -> tuple[Look, ...]:
        """Those of them that were at one of these things."""
        group = frozenset(names)
        return tuple(look for look in self.looks_before(at) if look.thing in group)

    def circle(self, look: Look) -> tuple[str, ...]:
        """What was in the field-of-view circle of a look."""
        return in_circle(self.script, look)

    def seen(self, name: str, start: float, end: float) -> NDArray[np.float64]:
        """How much of a thing was in the frame in [start, end], every tenth of a second; >= 1."""
        parts = self._seen[name]
        first = min(max(math.floor(start * PER_SECOND), 0), len(parts) - 1)
        last = min(math.ceil(end * PER_SECOND), len(parts) - 1)
        return parts[first : max(last, first) + 1]

    def absent(self, name: str, start: float, end: float) -> bool:
        """Whether nothing of a thing was in the frame all the time; so of what does not exist.

        What is drawn counts, not the box around it, whose corners are empty.
        """
        if name not in self.names:
            return True
        first = max(math.floor(start * PER_SECOND), 0)
        parts = self.seen(name, start, end)
        moments = ((first + k) / PER_SECOND for k in range(len(parts)) if parts[k] > 0)
        return not any(drawn_in_frame(self.script, name, at) for at in moments)

    def clear(self, name: str, start: float, end: float) -> bool:
        """Whether a thing was clearly in the frame all the time."""
        return name in self.names and bool((self.seen(name, start, end) >= CLEARLY_SEEN).all())

    def clear_seconds(self, name: str, end: float) -> float:
        """How long a thing was clearly in the frame before a moment, in all."""
        if name not in self.names:
            return 0.0
        before = self._seen[name][: math.floor(end * PER_SECOND)]
        return float((before >= CLEARLY_SEEN).sum()) / PER_SECOND


def drawn_in_frame(script: Script, name: str, at: float) -> bool:
    """Whether any pixel of a thing is in the frame."""
    x, y, angle = pose(script, name, at)
    left, top = camera(script, at)
    drawn = sprite(name, script.thing(name).colour, round(script.size), round(angle))
    rows, columns = np.nonzero(np.asarray(drawn)[..., 3] > _OPAQUE)
    rows = rows + round(y - top - drawn.height / 2)
    columns = columns + round(x - left - drawn.width / 2)
    inside = (rows >= 0) & (rows < script.video.height)
    inside &= (columns >= 0) & (columns < script.video.width)
    return bool(inside.any())


@lru_cache(maxsize=8)
def happened(script: Script) -> Happened:
    """What happened in a script; the last ones are kept."""
    return Happened(script)


def group_of(question: Question, field: str) -> tuple[str, ...]:
    """The things that a question names: from its extra field, else from the braces in its text."""
    given = question.extras.get(field)
    if isinstance(given, (list, tuple)):
        return tuple(map(str, given))
    if isinstance(given, str):
        return (given,)
    groups = groups_in(question.text.replace("{options}", ""))
    return groups[0] if groups else ()


def groups_in(text: str) -> tuple[tuple[str, ...], ...]:
    """The groups of ``{a,b}>{c}``; without braces, of ``a > b`` or ``a -> b``, each of one."""
    braced = re.findall(r"\{([^{}]*)\}", text)
    if braced:
        return tuple(tuple(part.strip() for part in group.split(",")) for group in braced)
    parts = [part.strip() for part in re.split(r"->|\u2192|>", text)]
    return tuple((part,) for part in parts) if len(parts) > 1 else ()
