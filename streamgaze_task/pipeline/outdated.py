"""Which decisions of reviewers no longer hold: the report counts them.

Only the stage that applies decisions to questions sees these as the reviewers saw them, so it
notes beside its own file which decisions found no record.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamgaze_task.pipeline import lines
from streamgaze_task.pipeline.records import Judged, LabelledFixation
from streamgaze_task.pipeline.review.decisions import stale

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamgaze_task.pipeline.review.decisions import Decision, Decisions
    from streamgaze_task.pipeline.stage import Task

FOLDER = "outdated"
"""Of the files, beside those of the stages."""


@dataclass(frozen=True)
class Outdated:
    """A decision that was not applied, because what the person saw has changed or gone."""

    kind: str
    id: str
    """Number of the fixation, or id of the question."""
    verdict: str
    reviewer: str


def of_recording(decisions: Decisions, recording_id: str) -> tuple[Decision, ...]:
    """The decisions about one recording."""
    return tuple(one for one in decisions.decisions if one.recording_id == recording_id)


def note_outdated(task: Task, judged: Sequence[Judged], decisions: Decisions) -> None:
    """Note which decisions about a recording hold for none of its labels and questions.

    Args:
        task: the recording.
        judged: its questions before decisions are applied to them.
        decisions: of any recordings.
    """
    path, own = task.path(FOLDER), task.source.recording_id
    if not of_recording(decisions, own):
        path.unlink(missing_ok=True)
        return
    found = stale((*task.read("labels", LabelledFixation), *judged), decisions, own)
    told = [Outdated(one.kind, str(one.id), one.verdict, one.reviewer) for one in found]
    lines.write(path, {"stage": FOLDER, "key": ""}, told)


def outdated_of(task: Task) -> list[Outdated]:
    """What was noted about a recording; nothing where there are no decisions."""
    path = task.path(FOLDER)
    return lines.read(path, Outdated) if path.is_file() else []
