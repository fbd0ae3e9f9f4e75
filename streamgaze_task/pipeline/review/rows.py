"""What the page is told of each record, as plain JSON, and the digest that names it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from streamgaze_task.pipeline.records import Judged

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from streamgaze_task.pipeline.records import LabelledFixation, SeenObject

ClipsOfItem = list[list[Any]]
"""``[label, number of the clip]`` of each."""


def seen_digest(record: LabelledFixation | Judged) -> str:
    """Names a record as it is: SHA-256, in hex, of all its fields. A decision carries it.

    The same on every machine, and for a record that was written and read again. What speaks for a
    question that is kept does not count: a verifier's other words make no other question.
    """
    if isinstance(record, Judged) and not record.dropped:
        record = replace(record, reason="")
    text = json.dumps(asdict(record), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def of_fixation(fixation: LabelledFixation, clips: ClipsOfItem) -> dict[str, Any]:
    """A fixation for the page."""
    flags = [] if fixation.sure else ["unsure"]
    gazed = fixation.gazed
    return {
        "kind": "fixation",
        "id": fixation.number,
        "seen": seen_digest(fixation),
        "from": fixation.start_seconds,
        "to": fixation.end_seconds,
        "flags": [*flags, "problem"] if fixation.problem or gazed is None else flags,
        "clips": clips,
        "gazed": gazed.name if gazed else None,
        "beside": _names(fixation.beside),
        "outside": _names(fixation.outside),
        "looks": gazed.caption if gazed else "",
        "attributes": [[key, str(gazed.attributes[key])] for key in gazed.attributes]
        if gazed
        else [],
        "scene": fixation.caption,
        "problem": fixation.problem,
    }


def of_question(judged: Judged, clips: ClipsOfItem) -> dict[str, Any]:
    """A question for the page."""
    question = judged.question
    return {
        "kind": "question",
        "id": question.id,
        "seen": seen_digest(judged),
        "task": question.task,
        "from": question.asked_seconds,
        "span": list(question.span_seconds),
        "flags": ["dropped"] if judged.dropped else [],
        "clips": clips,
        "text": question.text,
        "answer": question.answer,
        "wrong": list(question.wrong),
        "points": [[point.seconds, point.alert] for point in question.points],
        "means": question.label_means,
        "dropped": judged.dropped,
        "reason": judged.reason,
    }


def page_digest(name: str, recordings: Iterable[tuple[str, Sequence[Mapping[str, Any]]]]) -> str:
    """Names the records of a whole page: SHA-256, in hex; its clips do not count."""
    digest = hashlib.sha256(json.dumps(name).encode("ascii"))
    for recording_id, items in recordings:
        told = [recording_id, [[item["kind"], item["id"], item["seen"]] for item in items]]
        digest.update(json.dumps(told).encode("ascii"))
    return digest.hexdigest()


def _names(things: Iterable[SeenObject]) -> list[str]:
    return [thing.name for thing in things]
