"""OAA by the published rule: every thing that a label lists outside the circle.

Faults: "first appears" is the first look with the thing outside the circle, also when it was in
view before, or in the circle; only the one thing of the GTA question is left out, not all that was
gazed at; and those of GTA's test points.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamgaze_task.pipeline.questions.reference.gta import alert
from streamgaze_task.pipeline.questions.reference.keywords import loose_things
from streamgaze_task.pipeline.questions.reference.timeline import all_outside, looks, timeline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from streamgaze_task.pipeline.records import Question
    from streamgaze_task.pipeline.scanpath import Scanpath


def make_reference(
    scanpath: Scanpath,
    rng: Random,
    ask: Callable[[str], str] | None = None,
    *,
    gta_target: str = "",
) -> Iterator[Question]:
    """One question a thing outside the circle that is no furniture.

    Args:
        scanpath: the recording.
        rng: not used: nothing is drawn.
        ask: a text model, for what is furniture.
        gta_target: the thing that the recording's GTA question asks for, which is left out.
    """
    del rng
    shown = looks(timeline(scanpath))
    number = 0
    for name in loose_things(all_outside(shown), ask):
        found = [look for look in shown if name in look.outside]
        made = alert(scanpath, number, name, found, gaze=False) if name != gta_target else None
        if made:
            yield made
            number += 1
