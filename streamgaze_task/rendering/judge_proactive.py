"""The judge of GTA and OAA: every test point's label."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamgaze_task.rendering.judge_world import RIGHT, wrong
from streamgaze_task.rendering.world import CLEARLY_SEEN

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamgaze_task.pipeline.records import Question
    from streamgaze_task.rendering.judge_world import Happened, Verdict

BORDER_SECONDS = 0.3
"""So near to where a label changes a test point is too close to call (ours: three frames at ten a
second)."""


def gaze_alert(question: Question, world: Happened) -> Verdict:
    """GTA: alerts are raised while the thing is looked at, or from the first look on."""
    target = str(question.extras.get("target_object", ""))
    if target not in world.names:
        return wrong(f"there is no {target!r}")
    spans = [(look.start, look.end) for look in world.script.looks if look.thing == target]

    def now(at: float) -> bool | None:
        if any(abs(at - border) < BORDER_SECONDS for span in spans for border in span):
            return None
        return any(start <= at < end for start, end in spans)

    def already(at: float) -> bool | None:
        first = spans[0][0] if spans else float("inf")
        return None if abs(at - first) < BORDER_SECONDS else first <= at

    return _labels(question, world, {"now": now, "already_seen": already})


def appearance_alert(question: Question, world: Happened) -> Verdict:
    """OAA: alerts are raised while the thing is clearly in the frame, or from then on.

    A moment at which the frame's edge cuts it, and all from its first corner to its first clear
    appearance, is too close to call.
    """
    target = str(question.extras.get("target_object", ""))
    if target not in world.names:
        return wrong(f"there is no {target!r}")

    def now(at: float) -> bool | None:
        near = (at - BORDER_SECONDS, at + BORDER_SECONDS)
        if world.clear(target, *near):
            return True
        return False if world.absent(target, *near) else None

    def already(at: float) -> bool | None:
        if bool((world.seen(target, 0.0, at - BORDER_SECONDS) >= CLEARLY_SEEN).any()):
            return True
        return False if world.absent(target, 0.0, at + BORDER_SECONDS) else None

    return _labels(question, world, {"now": now, "already_seen": already})


def _labels(
    question: Question, world: Happened, truths: dict[str, Callable[[float], bool | None]]
) -> Verdict:
    """Whether all labels are as the truth has it; None is too close to call."""
    truth = truths.get(question.label_means)
    if truth is None:
        return wrong(f"label_means is {question.label_means!r}")
    last = float(question.asked_seconds)
    for point in question.points:
        if not last < point.seconds <= world.script.video.seconds:
            return wrong(f"the test point at {point.seconds} s is not after {last:.0f} s")
        last = point.seconds
        label = truth(point.seconds)
        if label is None:
            return wrong(f"the test point at {point.seconds} s is too close to call")
        if label != point.alert:
            return wrong(f"the test point at {point.seconds} s should say {label}")
    return RIGHT
