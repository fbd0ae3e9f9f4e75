"""Whether a generated question is right, by what happened in the rendered world.

The judge knows the script of the video and nothing of how the question was made. It is strict: a
question whose answer depends on a reading that one may dispute, or on a moment too close to call,
counts as wrong, because a question maker must avoid it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamgaze_task.rendering import judge_past, judge_present, judge_proactive
from streamgaze_task.rendering.judge_world import Verdict, happened, wrong

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from streamgaze_task.pipeline.records import Question
    from streamgaze_task.rendering.judge_world import Happened
    from streamgaze_task.rendering.world import Script

__all__ = ["Verdict", "judge"]

_JUDGES: Mapping[str, Callable[[Question, Happened], Verdict]] = {
    "nfi": judge_past.never_gazed,
    "otp": judge_past.next_after,
    "sr": judge_past.not_visible,
    "gsm": judge_past.pattern,
    "oie": judge_present.identified_easy,
    "oih": judge_present.identified_hard,
    "oar": judge_present.attribute,
    "fap": judge_present.next_action,
    "gta": judge_proactive.gaze_alert,
    "oaa": judge_proactive.appearance_alert,
}
_WRONG_OPTIONS = 3


def judge(question: Question, script: Script) -> Verdict:
    """Whether a question is right: its answer, its wrong options or labels, and its time.

    Args:
        question: of any of the ten tasks. Options are things' names, actions' sentences, colours,
            shapes, or orders ``{a,b}>{c}>{d}``; a group counts as looked at when any of its things
            is.
        script: what happens in the question's video.

    Returns:
        A verdict with the first fault that was found.

    Raises:
        KeyError: there is no such task.
    """
    decide = _JUDGES[question.task]
    if not 0 <= question.asked_seconds <= script.video.seconds:
        return wrong(f"asked at {question.asked_seconds} s, outside the video")
    if question.answer:
        options = {question.answer, *question.wrong}
        if len(question.wrong) != _WRONG_OPTIONS or len(options) != _WRONG_OPTIONS + 1:
            return wrong(f"needs four different options, has {sorted(options)}")
    elif not question.points:
        return wrong("has neither an answer nor test points")
    return decide(question, happened(script))
