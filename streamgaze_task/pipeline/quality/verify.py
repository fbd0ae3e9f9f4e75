"""The verifier: a labeller is shown pictures of a question's window and asked whether it is right.

A question that it finds unclear, or answers otherwise, is dropped with its reason. One to which it
gives no readable answer is not confirmed either; step 4 of the authors' pipeline keeps such ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.sampling import window
from streamgaze_task.overlay import degrees_style, draw_overlay
from streamgaze_task.pipeline.labelling.answers import verdict_reader
from streamgaze_task.pipeline.labelling.asking import read_all
from streamgaze_task.pipeline.labelling.footage import Footage
from streamgaze_task.pipeline.labelling.moments import fixation_frames
from streamgaze_task.pipeline.labelling.prompts import verify_query
from streamgaze_task.pipeline.labelling.settings import TRIES
from streamgaze_task.task_names import BY_CODE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from streamgaze_task.cameras import Camera
    from streamgaze_task.gaze import GazeTable
    from streamgaze_task.pipeline.labelling.answers import Verdict
    from streamgaze_task.pipeline.labelling.asking import Outcome
    from streamgaze_task.pipeline.labelling.labeller import Labeller, Query
    from streamgaze_task.pipeline.labelling.log import AnswerLog
    from streamgaze_task.pipeline.quality.settings import QualitySettings
    from streamgaze_task.pipeline.records import Question

ALERTS = ("raise the alert", "do not raise the alert")
"""What a verifier chooses from at a test point."""

_APART = 0.05
_BATCH = 8


@dataclass(frozen=True)
class Check:
    """One thing that the verifier is asked: a question, or one of its test points."""

    question: Question
    key: str
    start: float
    """Where its pictures begin, seconds."""
    end: float
    """Before when they end."""
    text: str
    options: tuple[str, ...]
    """The right one first: a labeller that always takes the first option must not pass, so they
    are turned by :attr:`turn` before they are shown."""
    turn: int
    """How many options go from the end to the front."""

    @property
    def shown(self) -> tuple[str, ...]:
        """The options in the order in which they are shown."""
        return (
            (*self.options[-self.turn :], *self.options[: -self.turn])
            if self.turn
            else self.options
        )


def checks_of(question: Question, number: int) -> Iterator[Check]:
    """What is asked about a question.

    Args:
        question: with options, or with test points.
        number: of the question, which decides where its right option stands.
    """
    family = BY_CODE[question.task].family
    if not question.points:
        start, end = window(family, question.asked_seconds)
        begin = max(start, min(question.span_seconds[0], end - 1))
        options = (question.answer, *question.wrong)
        text = question.text.replace("{options}", "the options")
        turn = number % len(options)
        yield Check(question, f"verify/{question.id}", begin, end, text, options, turn)
        return
    for place, point in enumerate(question.points):
        right = ALERTS if point.alert else ALERTS[::-1]
        text = f"{question.text} Decide at the last picture."
        key = f"verify/{question.id}/{place}"
        begin = max(point.seconds - 10.0, 0.0)
        turn = (number + place) % len(right)
        yield Check(question, key, begin, float(point.seconds), text, right, turn)


def verify_questions(
    questions: Sequence[Question],
    video: Path,
    camera: Camera,
    gaze: GazeTable,
    labeller: Labeller,
    *,
    log: AnswerLog,
    settings: QualitySettings,
) -> dict[str, str]:
    """Ids of the questions that are not confirmed, and why.

    Args:
        questions: of one recording.
        video: its video; pictures show the gaze as models are shown it.
        camera: of the recording.
        gaze: of the recording, samples.
        labeller: who is asked.
        log: the answers on disk.
        settings: how many pictures, and what becomes of what cannot be read.

    Raises:
        DatasetError: the video cannot be decoded.
    """
    footage, objections = Footage(video), dict[str, str]()
    style = degrees_style(footage.scan.width, camera)
    checks = [one for k, question in enumerate(questions) for one in checks_of(question, k)]
    for begin in range(0, len(checks), _BATCH):
        some = checks[begin : begin + _BATCH]
        wanted = {check.key: _frames(footage, check, settings.frames) for check in some}
        indices = {index for found in wanted.values() for index in found}
        shown = {
            frame.index: draw_overlay(frame.image, gaze.at(frame.pts_seconds), style)
            for frame in footage.frames(indices)
        }
        queries = [
            _query(check, [shown[k] for k in wanted[check.key] if k in shown]) for check in some
        ]
        readers = {check.key: verdict_reader(check.shown) for check in some}
        outcomes = read_all(labeller, log, queries, readers, tries=TRIES)
        for check in some:
            why = objection(check, outcomes[check.key], keep=settings.unverified == "keep")
            if why:
                objections.setdefault(check.question.id, why)
    return objections


def objection(check: Check, outcome: Outcome[Verdict], *, keep: bool) -> str:
    """Why a check is not passed; empty when it is.

    Args:
        check: what was asked.
        outcome: what came back.
        keep: whether what could not be read passes.
    """
    verdict = outcome.value
    if verdict is None:
        return "" if keep else f"not verified: {outcome.problem}"
    if not verdict.valid:
        return f"not valid: {verdict.reason}"
    if verdict.option is None:
        return f"no option is right: {verdict.reason}"
    chosen = check.shown[verdict.option]
    return "" if chosen == check.options[0] else f"{chosen!r} was chosen: {verdict.reason}"


def _frames(footage: Footage, check: Check, most: int) -> list[int]:
    """Positions of the pictures of a check, the last one on screen just before its end."""
    times = footage.scan.pts_seconds
    last = max((k for k, at in enumerate(times) if at < check.end), default=0)
    spread = fixation_frames(times, check.start, check.end, most=most, apart=_APART)
    return sorted({*(k for k in spread if k < last), last})


def _query(check: Check, images: Iterable[object]) -> Query:
    return verify_query(
        check.key,
        list(images),  # type: ignore[arg-type]  # pictures with the gaze drawn in
        check.question.task,
        check.text,
        check.shown,
    )
