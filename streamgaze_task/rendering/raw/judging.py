"""Whether a question about a rendered recording is right, by what happened in it.

The circle around the gaze is the pipeline's: one exact angle of the recording's camera. The sample
release has the authors' circle, a part of the video's width that is the same for every camera.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from streamgaze_task.cameras import camera_of
from streamgaze_task.overlay import RADIUS_DEGREES
from streamgaze_task.rendering.judge import judge
from streamgaze_task.rendering.raw.recordings import action_text, script_of_recording
from streamgaze_task.rendering.videos import Video

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streamgaze_task.pipeline.records import Question
    from streamgaze_task.rendering.judge_world import Verdict
    from streamgaze_task.rendering.world import Script

ACTION_TASK = "fap"
"""The task whose options are actions."""


def judge_recording(question: Question, *, seed: int, seconds: float | None = None) -> Verdict:
    """Whether a question that the pipeline made from a rendered recording is right.

    Args:
        question: as the stage ``questions`` or ``judged`` has it. Its options for actions are the
            annotators' words (``cut bread``), which stand for what the judge compares.
        seed: that the recordings were made with.
        seconds: the length that they were made with; None: their own.

    Returns:
        A verdict with the first fault that was found.

    Raises:
        KeyError: there is no such recording, or no such task.
    """
    script = filmed_script(question.recording_id, seed, seconds)
    return judge(in_sentences(question, sentences_of(script)), script)


def sentences_of(script: Script) -> dict[str, str]:
    """What an annotator writes down -> how the script says it, for all jobs of the room."""
    return {action_text(job): job.sentence for job in script.jobs}


def in_sentences(question: Question, sentences: Mapping[str, str]) -> Question:
    """The question with its actions as the script says them; others are as they were.

    An action of another room is in no script of this one and stays as it is: nobody does it here.
    """
    if question.task != ACTION_TASK:
        return question
    said = {key: question.extras[key] for key in ("answer_action",) if key in question.extras}
    told = {key: sentences.get(str(text), text) for key, text in said.items()}
    return replace(
        question,
        answer=sentences.get(question.answer, question.answer),
        wrong=tuple(sentences.get(text, text) for text in question.wrong),
        extras={**question.extras, **told},
    )


@dataclass(frozen=True)
class _Filmed(Video):
    """A video whose circle is that of its camera."""

    @property
    def radius(self) -> int:
        """Radius of the field of view, pixels."""
        return round(camera_of(self.source).radius_px(RADIUS_DEGREES, self.width))


@lru_cache(maxsize=8)
def filmed_script(recording_id: str, seed: int, seconds: float | None = None) -> Script:
    """What happens in a recording; the circle around the gaze is that of its camera.

    Args:
        recording_id: its name.
        seed: that the recordings were made with.
        seconds: the length that they were made with; None: their own.

    Raises:
        KeyError: there is no such recording.
    """
    script = script_of_recording(recording_id, seed, seconds)
    told = {field.name: getattr(script.video, field.name) for field in fields(Video)}
    return replace(script, video=_Filmed(**told))
