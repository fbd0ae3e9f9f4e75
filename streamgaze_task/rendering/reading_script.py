"""What a labeller that knows the script would say: the right labels of a rendered recording.

They have the reach of labels and no more: one name for a whole fixation, what is in view once a
second. A question that is wrong although its labels are these is the question maker's fault, one
that is wrong with other labels alone the labeller's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamgaze_task.pipeline.records import LabelledFixation, SeenObject, View
from streamgaze_task.rendering.judge_world import happened
from streamgaze_task.rendering.kinds import KINDS

if TYPE_CHECKING:
    from streamgaze_task.pipeline.records import FoundFixation
    from streamgaze_task.rendering.world import Look, Script

TOUCHES_SECONDS = 0.1
"""A fixation may reach so far into the look before or after (ours: the largest error of its ends,
docs/measurements.md, and a little)."""


class ScriptReader:
    """The right labels and views of one rendered recording."""

    def __init__(self, script: Script) -> None:
        """Make it.

        Args:
            script: of the recording, with the circle that its labeller is shown
                (streamgaze_task.rendering.raw.judging.filmed_script).
        """
        self._script = script
        self._world = happened(script)

    def label(self, fixation: FoundFixation) -> LabelledFixation:
        """What a fixation was at; sure unless it is none, or at more than one thing."""
        start, end = fixation.start_seconds, fixation.end_seconds
        looks = sorted(self._script.looks, key=lambda look: -_shared(look, start, end))
        shared = [_shared(look, start, end) for look in looks[:2]] + [0.0, 0.0]
        look = looks[0] if shared[0] > 0 else None
        circle = self._world.circle(look) if look else ()
        clear = (name for name in sorted(self._world.names) if self._world.clear(name, start, end))
        return LabelledFixation(
            number=fixation.number,
            start_seconds=start,
            end_seconds=end,
            x=fixation.x,
            y=fixation.y,
            gazed=self._thing(look.thing) if look else None,
            beside=tuple(map(self._thing, circle[1:])),
            outside=tuple(self._thing(name) for name in clear if name not in circle),
            sure=look is not None and shared[1] <= TOUCHES_SECONDS,
        )

    def view(self, at: float) -> View:
        """What was in view at a moment; partly: the frame's edge cuts what is drawn."""
        names = sorted(self._world.names)
        seen = tuple(name for name in names if self._world.clear(name, at, at))
        partly = (name for name in names if not self._world.absent(name, at, at))
        return View(at, seen, tuple(name for name in partly if name not in seen))

    def _thing(self, name: str) -> SeenObject:
        colour, kind = self._script.thing(name).colour, KINDS[name]
        attributes = {"color": colour} if kind.plain else {}
        if kind.shape:
            attributes["shape"] = kind.shape
        return SeenObject(name, f"A {colour} {name}.", attributes)


def _shared(look: Look, start: float, end: float) -> float:
    """For how long a look lasts within [start, end), seconds; below 0 where they are apart."""
    return min(look.end, end) - max(look.start, start)
