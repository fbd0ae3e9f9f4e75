"""Decisions -> labels and questions as the reviewers want them.

A decision holds for the record that the person saw. Where the record has changed since, or an edit
makes nothing of it that could be used, it is not applied; :func:`not_applied` tells which and why.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from sightline.errors import UsageError
from streamgaze_task.pipeline.records import Judged, LabelledFixation
from streamgaze_task.pipeline.review.editing import edited_label, edited_question, one_line
from streamgaze_task.pipeline.review.rows import seen_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from streamgaze_task.pipeline.review.verdicts import Decision, Decisions, Key

Record = TypeVar("Record", bound="LabelledFixation | Judged")

DROPPED = "review"
"""Name of the filter that a rejected question was dropped by."""
REJECTED = "rejected by a reviewer"
"""Problem of a rejected fixation, and reason of a rejected question without a note."""
LONGEST_NOTE = 500
"""Characters of a note that become the reason of a rejected question."""
CHANGED = "it has changed since"
GONE = "there is no such record"
NOT_KNOWN = math.inf
"""Length of a video of which nobody told it."""


def apply_to_labels(
    labels: Sequence[LabelledFixation], decisions: Decisions, recording_id: str
) -> tuple[LabelledFixation, ...]:
    """Labels of one recording after review.

    An accepted fixation is sure. An edited one has the new names and is sure. A rejected one has no
    gazed object, so its episode is unknown.
    """
    said = _by_key(decisions)
    return tuple(_followed(label, said, recording_id, NOT_KNOWN).record for label in labels)


def apply_to_questions(
    judged: Sequence[Judged],
    decisions: Decisions,
    recording_id: str,
    video_seconds: float = NOT_KNOWN,
) -> tuple[Judged, ...]:
    """Questions of one recording after review.

    A rejected one is dropped; an accepted or edited one stays, whatever a filter said.

    Args:
        judged: before review.
        decisions: of any recordings.
        recording_id: of this one.
        video_seconds: length of its video, where test points end.
    """
    said = _by_key(decisions)
    return tuple(_followed(one, said, recording_id, video_seconds).record for one in judged)


def not_applied(
    records: Iterable[LabelledFixation | Judged],
    decisions: Decisions,
    recording_id: str,
    video_seconds: float = NOT_KNOWN,
) -> tuple[tuple[Decision, str], ...]:
    """Decisions about a recording that are not applied, and why.

    Args:
        records: all labels and all questions of the recording, as decisions are applied to them.
        decisions: of any recordings.
        recording_id: of this one.
        video_seconds: length of its video.
    """
    said = _by_key(decisions)
    keys: set[Key] = set()
    there: set[tuple[str, str]] = set()
    unfit: dict[Key, str] = {}
    for record in records:
        followed = _followed(record, said, recording_id, video_seconds)
        keys |= followed.keys
        unfit |= followed.unfit
        kind, _, own, _ = key_of(record, recording_id)
        there.add((kind, own))
    return tuple(
        (one, unfit.get(one.key) or (CHANGED if (one.kind, str(one.id)) in there else GONE))
        for one in decisions.decisions
        if one.recording_id == recording_id and (one.key in unfit or one.key not in keys)
    )


def decided(record: Record, said: Decision, video_seconds: float) -> Record:
    """A record as one decision about it wants it.

    Raises:
        UsageError: its edit makes nothing that can be used.
    """
    made: LabelledFixation | Judged
    if isinstance(record, Judged):
        made = _question(record, said, video_seconds)
    else:
        made = _label(record, said)
    return cast("Record", made)  # of the same kind


def key_of(record: LabelledFixation | Judged, recording_id: str) -> Key:
    """What a decision about a record as it is now is about."""
    if isinstance(record, Judged):
        return "question", recording_id, record.question.id, seen_digest(record)
    return "fixation", recording_id, str(record.number), seen_digest(record)


@dataclass(frozen=True)
class _Followed(Generic[Record]):
    """A record after every decision about it."""

    record: Record
    keys: set[Key]
    """What it was on the way."""
    unfit: dict[Key, str] = field(default_factory=dict)
    """The decision that could not be applied, and why."""


def _followed(
    record: Record, said: Mapping[Key, Decision], recording_id: str, video_seconds: float
) -> _Followed[Record]:
    """Follow decisions from one to the next.

    A page of a later round shows records as earlier decisions left them. A decision about the
    outcome of another is followed when it is the later one.
    """
    keys: set[Key] = set()
    last: datetime | None = None
    while (key := key_of(record, recording_id)) not in keys:
        keys.add(key)
        found = said.get(key)
        if found is None or (last is not None and found.moment <= last):
            break
        try:
            record, last = decided(record, found, video_seconds), found.moment
        except UsageError as error:
            return _Followed(record, keys, {key: error.message})
    return _Followed(record, keys)


def _by_key(decisions: Decisions) -> dict[Key, Decision]:
    return {one.key: one for one in decisions.decisions}


def _label(label: LabelledFixation, said: Decision) -> LabelledFixation:
    if said.verdict == "reject":
        return replace(label, gazed=None, problem=REJECTED)
    if said.verdict == "accept":
        return replace(label, sure=True)
    return edited_label(label, said.edits)


def _question(judged: Judged, said: Decision, video_seconds: float) -> Judged:
    if said.verdict == "reject":
        note = one_line(said.note)[:LONGEST_NOTE].rstrip()
        return replace(judged, dropped=DROPPED, reason=note or REJECTED)
    if said.verdict == "edit":
        return Judged(edited_question(judged.question, said.edits, video_seconds))
    # Of a question that was dropped the reason goes; of one that is kept it speaks for it.
    return Judged(judged.question, reason="" if judged.dropped else judged.reason)
