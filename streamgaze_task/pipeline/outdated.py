"""Which decisions of reviewers are not applied: a run notes them, a merge tells or refuses them.

Only the stage that applies decisions to questions sees these as the reviewers saw them, so it
notes beside its own file which decisions were not applied, and why. When decisions are taken over,
records are looked at as the last run left them, which is how the page showed them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from sightline import wording
from sightline.errors import UsageError
from streamgaze_task.pipeline import lines
from streamgaze_task.pipeline.known import decisions_of, facts_of
from streamgaze_task.pipeline.records import Judged, LabelledFixation
from streamgaze_task.pipeline.review.applying import CHANGED, GONE, decided, key_of, not_applied
from streamgaze_task.pipeline.review.verdicts import first_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from streamgaze_task.pipeline.review.decisions import Decision, Decisions
    from streamgaze_task.pipeline.review.verdicts import Key
    from streamgaze_task.pipeline.stage import Task

FOLDER = "outdated"
"""Of the files, beside those of the stages."""
NOT_MADE = "nothing was made of a recording of that name"
LATE = timedelta(days=1)
"""A decision that is dated further ahead is told (ours: clocks of browsers differ, time zones are
written down)."""


@dataclass(frozen=True)
class Outdated:
    """A decision that is not applied."""

    kind: str
    id: str
    """Number of the fixation, or id of the question."""
    verdict: str
    reviewer: str
    recording_id: str = ""
    said: str = ""
    """What was decided, in words."""
    why: str = CHANGED
    """Why it is not applied, in words."""

    def text(self) -> str:
        """In words, one line."""
        about = f"{self.kind} {wording.shown(self.id)} of {wording.shown(self.recording_id)}"
        return f"{about}, {self.said or self.verdict}: {self.why}"


def of_recording(decisions: Decisions, recording_id: str) -> tuple[Decision, ...]:
    """The decisions about one recording."""
    return tuple(one for one in decisions.decisions if one.recording_id == recording_id)


def note_outdated(task: Task, judged: Sequence[Judged], decisions: Decisions) -> None:
    """Note which decisions about a recording are not applied to its labels and questions.

    Args:
        task: the recording.
        judged: its questions before decisions are applied to them.
        decisions: of any recordings.
    """
    path, own = task.path(FOLDER), task.source.recording_id
    if not of_recording(decisions, own):
        path.unlink(missing_ok=True)
        return
    records: list[LabelledFixation | Judged] = [*task.read("labels", LabelledFixation), *judged]
    found = not_applied(records, decisions, own, facts_of(task).video.seconds)
    lines.write(path, {"stage": FOLDER, "key": ""}, [_outdated(one, why) for one, why in found])


def outdated_of(task: Task) -> list[Outdated]:
    """What the last run noted about a recording; nothing where there are no decisions."""
    path = task.path(FOLDER)
    found = lines.read(path, Outdated) if path.is_file() else []
    return [replace(one, recording_id=task.source.recording_id) for one in found]


def all_outdated(tasks: Sequence[Task]) -> list[Outdated]:
    """Decisions that the last run did not apply, those about recordings that it lacks included.

    Args:
        tasks: all recordings of the run, at least one.
    """
    noted = [one for task in tasks for one in outdated_of(task)]
    return [*noted, *_elsewhere(tasks, decisions_of(tasks[0]))]


def check_new(
    tasks: Sequence[Task],
    files: Iterable[tuple[Path, Decisions]],
    merged: Decisions,
    *,
    now: datetime | None = None,
) -> str:
    """Look at decisions that are to be taken over, beside the records that they are about.

    Args:
        tasks: all recordings of the configuration, at least one.
        files: each file that is taken over, and what it says.
        merged: all of them together with those that were taken over before.
        now: what the clock says, in UTC.

    Returns:
        What to tell: which decisions will not be applied, and which are dated in the future;
        empty, or lines that end with a line break.

    Raises:
        UsageError: an edit makes nothing that can be used; the message names file and record.
    """
    known = {one.key for one in decisions_of(tasks[0]).decisions}
    unheld = all_outdated(tasks)
    shown = [_Shown(task) for task in tasks]
    for path, decisions in files:
        for one in shown:
            one.refuse_unfit(path, decisions)
            unheld += one.unheld(decisions, known)
        unheld += _elsewhere(tasks, decisions)
    told = [one.text() for one in dict.fromkeys(unheld)]
    blocks = [f"{len(told):,} decisions are not applied:", *_indented(told)] if told else []
    blocks += _ahead(merged, now or datetime.now(timezone.utc))
    return "".join(f"{line}\n" for line in blocks)


class _Shown:
    """The records of one recording as the last run left them."""

    def __init__(self, task: Task) -> None:
        self._own = task.source.recording_id
        records: list[LabelledFixation | Judged] = []
        if task.path("labels").is_file():
            records += task.read("labels", LabelledFixation)
        if task.path("judged").is_file():
            records += task.read("judged", Judged)
        self._records = {key_of(one, self._own): one for one in records}
        self._there = {(kind, number) for kind, _, number, _ in self._records}
        self._seconds = facts_of(task).video.seconds if records else 0.0

    def refuse_unfit(self, path: Path, decisions: Decisions) -> None:
        """Refuse a file with an edit that makes nothing of its record."""
        for one in of_recording(decisions, self._own):
            record = self._records.get(one.key)
            if record is None:
                continue
            try:
                decided(record, one, self._seconds)
            except UsageError as error:
                raise UsageError(
                    f"{path}: the edit of {one.about()} cannot be applied: {error.message}",
                    next_step="import the file into the review page, decide about that record "
                    "again, and export; nothing was taken over",
                ) from error

    def unheld(self, decisions: Decisions, known: set[Key]) -> list[Outdated]:
        """Decisions that hold for none of the records.

        One whose record was decided about before is told by the run alone, which knows what the
        record was.
        """
        return [
            _outdated(one, CHANGED if (one.kind, str(one.id)) in self._there else GONE)
            for one in of_recording(decisions, self._own)
            if one.key not in self._records and one.key not in known
        ]


def _elsewhere(tasks: Sequence[Task], decisions: Decisions) -> list[Outdated]:
    own = {task.source.recording_id for task in tasks}
    return [_outdated(one, NOT_MADE) for one in decisions.decisions if one.recording_id not in own]


def _ahead(decisions: Decisions, now: datetime) -> list[str]:
    ahead = [one for one in decisions.decisions if one.moment > now + LATE]
    if not ahead:
        return []
    told = [f"{one.about()}, {one.said()}, {one.at}" for one in ahead]
    title = f"{len(told):,} decisions are dated in the future, and win over all until then:"
    return [title, *_indented(told)]


def _indented(told: Sequence[str]) -> list[str]:
    return [f"  {one}" for one in first_of(told)]


def _outdated(one: Decision, why: str) -> Outdated:
    return Outdated(
        one.kind, str(one.id), one.verdict, one.reviewer, one.recording_id, one.said(), why
    )
