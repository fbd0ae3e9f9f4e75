"""What a person typed -> the record as they want it, or why that cannot be.

What people type is cleaned as a labeller's words are: one line, nothing invisible, not endless.
"""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sightline import wording
from sightline.errors import UsageError
from streamgaze_task.pipeline.labelling.names import LONGEST_NAME, MOST_WORDS, unified
from streamgaze_task.pipeline.questions.alerts import LAST_SECONDS
from streamgaze_task.pipeline.questions.rules import WRONG
from streamgaze_task.pipeline.records import SeenObject, TestPoint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from streamgaze_task.pipeline.records import LabelledFixation, Question

OPTIONS = "{options}"
"""Stands in a question's text for its options, see :class:`Question`."""
LONGEST_TEXT = 1000
"""Characters of a question (ours: it is a sentence or two)."""
LONGEST_OPTION = 500
"""Characters of an option (ours: GSM names up to nine objects in one)."""
OF_ANSWER = ("correct_sequence", "answer_timestamp", "actual_action_time")
"""Extras that describe the answer in other words (pipeline step 3 of daeunni/StreamGaze); they go
away when a person writes another answer, because nobody can say what they would be."""


def one_line(text: str) -> str:
    """Typed words with single spaces between them, and nothing that cannot be seen."""
    spaced = " ".join(text.split())
    seen = "".join(one for one in spaced if not wording.invisible(one))
    return unicodedata.normalize("NFC", " ".join(seen.split()))


def edited_label(label: LabelledFixation, edits: Mapping[str, Any]) -> LabelledFixation:
    """A fixation with other names; the person is sure of them.

    Names are brought together as a labeller's are. A name in the circle stands at one place: what
    was looked at is not beside it too, and neither is outside.

    Raises:
        UsageError: an edit names nothing.
    """
    known = {
        thing.name: thing
        for thing in (*label.outside, *label.beside, *((label.gazed,) if label.gazed else ()))
    }
    gazed = label.gazed
    if "gazed" in edits:
        (gazed,) = _things([edits["gazed"]], known)
    inside = {gazed.name} if gazed else set()
    beside = _without(
        inside, _things(edits["beside"], known) if "beside" in edits else label.beside
    )
    inside |= {thing.name for thing in beside}
    given = _things(edits["outside"], known) if "outside" in edits else label.outside
    return replace(
        label,
        gazed=gazed,
        beside=beside,
        outside=_without(inside, given),
        sure=True,
        # An edit of what lies beside names nothing that was gazed at: the problem then remains.
        problem="" if gazed else label.problem,
    )


def _things(names: Sequence[str], known: Mapping[str, SeenObject]) -> tuple[SeenObject, ...]:
    """Objects by name; one that the labeller described keeps its description."""
    found = dict.fromkeys(name if name in known else _name(name) for name in names)
    return tuple(known.get(name) or SeenObject(name) for name in found)


def _name(typed: str) -> str:
    name = unified(typed)
    if not name:
        raise UsageError(
            f"{wording.short(typed)} is no name of an object: it must have 1 to {MOST_WORDS} words "
            f"of letters, at most {LONGEST_NAME} characters, and say more than `object`"
        )
    return name


def _without(names: set[str], things: Sequence[SeenObject]) -> tuple[SeenObject, ...]:
    return tuple(thing for thing in things if thing.name not in names)


def edited_question(question: Question, edits: Mapping[str, Any], video_seconds: float) -> Question:
    """A question in other words, or with other test points.

    Args:
        question: as the person saw it.
        edits: of a :class:`Decision` about it.
        video_seconds: length of its video.

    Raises:
        UsageError: that is no question: its options are not four different ones, its test points
            do not ascend or lie outside, or it has what its kind of question has not.
    """
    if "points" in edits and not (question.points and edits["points"]):
        raise UsageError("a proactive question has test points, and no other has")
    if question.points and ("answer" in edits or "wrong" in edits):
        raise UsageError("a proactive question has no options")
    text = one_line(edits["text"]) if "text" in edits else question.text
    own = (question.answer, *question.wrong)
    points = edits.get("points")
    made = replace(
        question,
        text=text,
        answer=_option(edits.get("answer", question.answer), own),
        wrong=tuple(_option(one, own) for one in edits.get("wrong", question.wrong)),
        points=question.points if points is None else tuple(TestPoint(*one) for one in points),
    )
    if "text" in edits:
        _check_text(text, question.text)
    if "points" in edits:
        _check_points(made, video_seconds)
    if not question.points:
        _check_options(made, own)
    return made if made.answer == question.answer else _with_extras(made, question.answer)


def _option(typed: str, own: Sequence[str]) -> str:
    """An option that was there stays as it was."""
    return typed if typed in own else one_line(typed)


def _check_text(text: str, before: str) -> None:
    if not 0 < len(text) <= LONGEST_TEXT:
        raise UsageError(f"a question must have 1 to {LONGEST_TEXT} characters")
    if text.count(OPTIONS) != before.count(OPTIONS):
        raise UsageError(f"the text must keep {OPTIONS} where the options go")


def _check_options(question: Question, own: Sequence[str]) -> None:
    options = (question.answer, *question.wrong)
    different = {one_line(one).casefold() for one in options}
    if len(question.wrong) != WRONG or len(different) != WRONG + 1 or "" in different:
        raise UsageError(f"options must be {WRONG + 1} different ones, none empty")
    typed = [one for one in options if one not in own]
    if any(len(one) > LONGEST_OPTION or OPTIONS in one for one in typed):
        raise UsageError(f"an option must have at most {LONGEST_OPTION} characters, no {OPTIONS}")


def _check_points(question: Question, video_seconds: float) -> None:
    seconds = [point.seconds for point in question.points]
    if any(later <= earlier for earlier, later in pairwise(seconds)):
        raise UsageError(f"test points must ascend, but are {wording.short(seconds)}")
    asked, last = question.asked_seconds, min(question.asked_seconds + LAST_SECONDS, video_seconds)
    if not asked < seconds[0] <= seconds[-1] <= last:
        raise UsageError(
            f"test points must lie after {asked} s, where the question is asked, and not after "
            f"{last:g} s, where its time or the video ends, but are {wording.short(seconds)}"
        )
    alerts = [point.alert for point in question.points]
    if question.label_means == "already_seen" and alerts != sorted(alerts):
        raise UsageError("what was already seen stays seen: alerts come last")


def _with_extras(question: Question, before: str) -> Question:
    """Extras that repeat the answer repeat the new one."""
    extras = {
        name: question.answer if value == before else value
        for name, value in question.extras.items()
        if name not in OF_ANSWER
    }
    return replace(question, extras=extras)
