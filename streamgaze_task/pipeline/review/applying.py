"""Decisions -> labels and questions as the reviewers want them.

A decision holds for the record that the person saw. Where the record has changed since, it is not
applied; :func:`stale` lists it.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar

from sightline import wording
from sightline.errors import UsageError
from streamgaze_task.pipeline.questions.rules import WRONG
from streamgaze_task.pipeline.records import Judged, LabelledFixation, SeenObject, TestPoint
from streamgaze_task.pipeline.review.rows import seen_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from streamgaze_task.pipeline.records import Question
    from streamgaze_task.pipeline.review.verdicts import Decision, Decisions, Key

Record = TypeVar("Record", LabelledFixation, Judged)

DROPPED = "review"
"""Name of the filter that a rejected question was dropped by."""
REJECTED = "rejected by a reviewer"
"""Problem of a rejected fixation, and reason of a rejected question without a note."""
OPTIONS = "{options}"
"""Stands in a question's text for its options, see :class:`Question`."""
OF_ANSWER = ("correct_sequence", "answer_timestamp", "actual_action_time")
"""Extras that describe the answer in other words (pipeline step 3 of daeunni/StreamGaze); they go
away when a person writes another answer, because nobody can say what they would be."""


def apply_to_labels(
    labels: Sequence[LabelledFixation], decisions: Decisions, recording_id: str
) -> tuple[LabelledFixation, ...]:
    """Labels of one recording after review.

    An accepted fixation is sure. An edited one has the new names and is sure. A rejected one has no
    gazed object, so its episode is unknown.

    Raises:
        UsageError: an edit names nothing.
    """
    said = _by_key(decisions)
    return tuple(_followed(label, said, recording_id, _label)[0] for label in labels)


def apply_to_questions(
    judged: Sequence[Judged], decisions: Decisions, recording_id: str
) -> tuple[Judged, ...]:
    """Questions of one recording after review.

    A rejected one is dropped; an accepted or edited one stays, whatever a filter said.

    Raises:
        UsageError: an edit makes no question: its options are not four different ones, its test
            points do not ascend, or it has what its kind of question has not.
    """
    said = _by_key(decisions)
    return tuple(_followed(one, said, recording_id, _question)[0] for one in judged)


def stale(
    records: Iterable[LabelledFixation | Judged],
    decisions: Decisions,
    recording_id: str,
) -> tuple[Decision, ...]:
    """Decisions about a recording that hold for none of its records: those have changed or gone.

    Args:
        records: all labels and all questions of the recording, as decisions are applied to them.
            Decisions of a kind of which there is no record here are left out.
        decisions: of any recordings.
        recording_id: of this one.
    """
    said = _by_key(decisions)
    used: set[Key] = set()
    kinds = set()
    for record in records:
        if isinstance(record, Judged):
            used |= _followed(record, said, recording_id, _question)[1]
        else:
            used |= _followed(record, said, recording_id, _label)[1]
        kinds.add(_key(record, recording_id)[0])
    return tuple(
        one
        for one in decisions.decisions
        if one.recording_id == recording_id and one.kind in kinds and one.key not in used
    )


def _followed(
    record: Record,
    said: Mapping[Key, Decision],
    recording_id: str,
    change: Callable[[Record, Decision], Record],
) -> tuple[Record, set[Key]]:
    """A record after every decision about it, and the keys that it had on the way.

    A page of a later round shows records as earlier decisions left them. A decision about the
    outcome of another is followed when it is the later one.
    """
    keys: set[Key] = set()
    last: datetime | None = None
    while (key := _key(record, recording_id)) not in keys:
        keys.add(key)
        found = said.get(key)
        if found is None or (last is not None and found.moment <= last):
            break
        record, last = change(record, found), found.moment
    return record, keys


def _key(record: LabelledFixation | Judged, recording_id: str) -> Key:
    if isinstance(record, Judged):
        return "question", recording_id, record.question.id, seen_digest(record)
    return "fixation", recording_id, str(record.number), seen_digest(record)


def _by_key(decisions: Decisions) -> dict[Key, Decision]:
    return {one.key: one for one in decisions.decisions}


def _label(label: LabelledFixation, said: Decision) -> LabelledFixation:
    if said.verdict == "reject":
        return replace(label, gazed=None, problem=REJECTED)
    if said.verdict == "accept":
        return replace(label, sure=True)
    known = {
        thing.name: thing
        for thing in (*label.outside, *label.beside, *((label.gazed,) if label.gazed else ()))
    }
    place = _place(said)
    changed: dict[str, Any] = {
        name: _things(said.edits[name], known, place)
        for name in ("beside", "outside")
        if name in said.edits
    }
    if "gazed" in said.edits:
        (changed["gazed"],) = _things([said.edits["gazed"]], known, place)
    # An edit of what lies beside names nothing that was gazed at: the problem then remains.
    solved = "" if changed.get("gazed", label.gazed) else label.problem
    return replace(label, **changed, sure=True, problem=solved)


def _things(
    names: Sequence[str], known: dict[str, SeenObject], place: str
) -> tuple[SeenObject, ...]:
    """Objects by name; one that the labeller described keeps its description."""
    unified = dict.fromkeys(name if name in known else simple_name(name) for name in names)
    if "" in unified:
        raise UsageError(f"{place}: an object must have a name that can be read")
    return tuple(known.get(name) or SeenObject(name) for name in unified)


def simple_name(name: str) -> str:
    """A name as :attr:`SeenObject.name` wants it: lower case, single spaces, nothing invisible."""
    spaced = " ".join(name.split())
    seen = "".join(one for one in spaced if not wording.invisible(one))
    return " ".join(seen.lower().split())


def _question(judged: Judged, said: Decision) -> Judged:
    if said.verdict == "reject":
        return replace(judged, dropped=DROPPED, reason=said.note.strip() or REJECTED)
    question = judged.question
    if said.verdict == "edit":
        question = _edited(question, said)
    return replace(judged, question=question, dropped="", reason="")


def _edited(question: Question, said: Decision) -> Question:
    place, edits = _place(said), said.edits
    if "points" in edits and not (question.points and edits["points"]):
        raise UsageError(f"{place}: a proactive question has test points, and no other has")
    if question.points and ("answer" in edits or "wrong" in edits):
        raise UsageError(f"{place}: a proactive question has no options")
    text = " ".join(edits.get("text", question.text).split()) if "text" in edits else question.text
    if text.count(OPTIONS) != question.text.count(OPTIONS):
        raise UsageError(f"{place}: the text must keep {OPTIONS} where the options go")
    answer, wrong = edits.get("answer", question.answer), edits.get("wrong", question.wrong)
    points = edits.get("points")
    made = replace(
        question,
        text=text,
        answer=answer.strip() if "answer" in edits else answer,
        wrong=tuple(one.strip() for one in wrong) if "wrong" in edits else wrong,
        points=question.points if points is None else tuple(TestPoint(*one) for one in points),
    )
    _check(made, place)
    return made if made.answer == question.answer else _with_extras(made, question.answer)


def _check(question: Question, place: str) -> None:
    if question.points:
        seconds = [point.seconds for point in question.points]
        if any(later <= earlier for earlier, later in pairwise(seconds)):
            raise UsageError(f"{place}: test points must ascend, but are {seconds}")
        alerts = [point.alert for point in question.points]
        if question.label_means == "already_seen" and alerts != sorted(alerts):
            raise UsageError(f"{place}: what was already seen stays seen: alerts come last")
        return
    options = {one.strip().lower() for one in (question.answer, *question.wrong)}
    if len(question.wrong) != WRONG or len(options) != WRONG + 1 or "" in options:
        raise UsageError(f"{place}: options must be {WRONG + 1} different ones, none empty")


def _with_extras(question: Question, before: str) -> Question:
    """Extras that repeat the answer repeat the new one."""
    extras = {
        name: question.answer if value == before else value
        for name, value in question.extras.items()
        if name not in OF_ANSWER
    }
    return replace(question, extras=extras)


def _place(said: Decision) -> str:
    return f"the edit of {said.kind} {wording.short(said.id)} of {wording.short(said.recording_id)}"
