"""The verifier: a labeller is shown pictures of a question's window and asked whether it is right.

A question that it finds unclear, or answers otherwise, is dropped with its reason. One to which it
gives no readable answer is not confirmed either; step 4 of the authors' pipeline keeps such ones.
Nothing is shown of the time at which a question is asked or of later: a verifier that sees more
than the models are shown would confirm what nobody can know.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.sampling import window
from streamgaze_task.overlay import degrees_style, draw_overlay
from streamgaze_task.pipeline.labelling.answers import verdict_reader
from streamgaze_task.pipeline.labelling.asking import Outcome, read_all
from streamgaze_task.pipeline.labelling.footage import Footage
from streamgaze_task.pipeline.labelling.moments import fixation_frames
from streamgaze_task.pipeline.labelling.prompts import verify_query
from streamgaze_task.pipeline.labelling.settings import TRIES
from streamgaze_task.pipeline.questions.rules import OPTIONS, chance
from streamgaze_task.task_names import BY_CODE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from streamgaze_task.cameras import Camera
    from streamgaze_task.gaze import GazeTable
    from streamgaze_task.pipeline.labelling.answers import Verdict
    from streamgaze_task.pipeline.labelling.labeller import Labeller, Query
    from streamgaze_task.pipeline.labelling.log import AnswerLog
    from streamgaze_task.pipeline.quality.settings import QualitySettings
    from streamgaze_task.pipeline.records import Question

NOT_VERIFIED = "not verified"
"""How the reason begins where the verifier gave no answer that could be read."""

CONFIRMED = "the verifier chose "
"""How the words begin where the verifier chose what is right; no objection begins so."""

ALERTS = ("raise the alert", "do not raise the alert")
"""What a verifier chooses from at a test point."""

MARK = (
    "Where it is known, the camera wearer's gaze is at the green dot in the black ring; the red "
    "circle around it holds what is near. All three were drawn in."
)
"""What a verifier is told beside the question (streamgaze_task.overlay)."""
MEANS = {
    "now": "Raise the alert if it is so in the last picture, for the first time or again.",
    "already_seen": "Raise the alert if it is so in any of the pictures.",
}
"""How the labels of test points read, in words: by the question's own, which speak of a first time,
nobody knows."""
LOOKS_BACK = 10.0
"""Seconds before a test point that are shown, where its label means the moment (ours: what leads
up to it)."""
NOTHING = "no picture of the video lies before it"

_APART = 0.05
"""Least seconds between two pictures."""
_BATCH = 8
"""Checks whose pictures are in memory at a time."""


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


def checks_of(question: Question) -> Iterator[Check]:
    """What is asked about a question; its id decides where the right option stands.

    So the same is asked whatever other questions there are, and answers on disk stay of use.

    Args:
        question: with options, or with test points.
    """
    number = chance(0, question.id, "verify").randrange(OPTIONS)
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
        text = f"{question.text} {MEANS[question.label_means]}"
        key = f"verify/{question.id}/{place}"
        begin = _begin(question, point.seconds)
        turn = (number + place) % len(right)
        yield Check(question, key, begin, float(point.seconds), text, right, turn)


def _begin(question: Question, at: int) -> float:
    """Where the pictures of a test point begin: with the question, or just before the point."""
    if question.label_means == "already_seen":
        return float(min(question.asked_seconds, at))
    return max(at - LOOKS_BACK, 0.0)


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
    """Ids of the questions, and what the verifier said of them.

    Where it confirms one, the words begin with :data:`CONFIRMED`; others say why it does not. One
    of which nothing is said is kept.

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
    confirmed: dict[str, list[str]] = {}
    unseen: Outcome[Verdict] = Outcome(None, NOTHING)
    style = degrees_style(footage.scan.width, camera)
    checks = [one for question in questions for one in checks_of(question)]
    for begin in range(0, len(checks), _BATCH):
        some = checks[begin : begin + _BATCH]
        wanted = {
            check.key: frames_of(footage.scan.pts_seconds, check, settings.frames) for check in some
        }
        indices = {index for found in wanted.values() for index in found}
        shown = {
            frame.index: draw_overlay(frame.image, gaze.at(frame.pts_seconds), style)
            for frame in footage.frames(indices)
        }
        queries = [
            _query(check, [shown[k] for k in wanted[check.key]])
            for check in some
            if wanted[check.key]
        ]
        readers = {check.key: verdict_reader(check.shown) for check in some}
        outcomes = read_all(labeller, log, queries, readers, tries=TRIES)
        for check in some:
            outcome = outcomes.get(check.key, unseen)
            why = objection(check, outcome, keep=settings.unverified == "keep")
            if why:
                objections.setdefault(check.question.id, why)
            elif outcome.value is not None:
                confirmed.setdefault(check.question.id, []).append(_words(check, outcome.value))
    return {name: CONFIRMED + "; ".join(said) for name, said in confirmed.items()} | objections


def objection(check: Check, outcome: Outcome[Verdict], *, keep: bool) -> str:
    """Why a check is not passed; empty when it is.

    Args:
        check: what was asked.
        outcome: what came back.
        keep: whether what could not be read passes.
    """
    verdict = outcome.value
    if verdict is None:
        return "" if keep else f"{NOT_VERIFIED}: {outcome.problem}"
    if not verdict.valid:
        return f"not valid: {verdict.reason}"
    if verdict.option is None:
        return f"no option is right: {verdict.reason}"
    chosen = check.shown[verdict.option]
    return "" if chosen == check.options[0] else f"{chosen!r} was chosen: {verdict.reason}"


def _words(check: Check, verdict: Verdict) -> str:
    """What was chosen of a check that is passed, where, and why."""
    at = f" at {check.end:g} s" if check.question.points else ""
    return f"{check.options[0]!r}{at}" + (f": {verdict.reason}" if verdict.reason else "")


def frames_of(times: Sequence[float], check: Check, most: int) -> list[int]:
    """Which pictures a check shows: the last one before its end, and others spread before it.

    Args:
        times: presentation times of the video's frames, ascending.
        check: what is asked.
        most: pictures at most, >= 1.

    Returns:
        Positions in `times`, ascending, none whose time is the check's end or later; none at all
        when the video begins later.
    """
    last = bisect_left(times, check.end) - 1
    if last < 0:
        return []
    found = fixation_frames(times, check.start, check.end, most=max(most - 1, 1), apart=_APART)
    return [*(k for k in found if k < last and most > 1), last]


def _query(check: Check, images: Iterable[object]) -> Query:
    return verify_query(
        check.key,
        list(images),  # type: ignore[arg-type]  # pictures with the gaze drawn in
        check.question.task,
        f"{check.text}\n{MARK}",
        check.shown,
    )
