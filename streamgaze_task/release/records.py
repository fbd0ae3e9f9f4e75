"""What the checked task files hold, as records; the fields that they may have."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sightline.errors import Problem
    from streamgaze_task.release.fields import Key, Stamp
    from streamgaze_task.task_names import TaskName

VIDEO_FIELDS = ("video_path", "video")
"""The two spellings of the field that names the video, the first that is there counts."""

ENTRY_FIELDS = {*VIDEO_FIELDS, "questions", "response_time"}
QUESTION_FIELDS = {
    *("question", "time_stamp", "options", "answer", "test_info"),
    *("first_appearance", "target_object"),
}
POINT_FIELDS = {"realtime", "type"}
_DOCUMENTED = {
    "entry": {"video_categories"},
    "question": {
        *("task_type", "required_ability", "difficulty", "gaze_area"),
        *("object_group", "object_group_timestamp", "answer_object", "answer_timestamp"),
        *("correct_sequence", "gazed_objects", "background_objects", "object", "attribute_type"),
        *("object_name", "answer_action", "context_objects", "context_objects_with_timing"),
        *("actual_action_time", "fixation_intervals", "appearance_intervals", "input_video_clip"),
    },
    "test point": {"input_video_clip", "salience_map_path"},
}
"""What the authors' generator and evaluator write and no evaluation reads."""


@dataclass(frozen=True)
class Point:
    """One test point of a proactive question."""

    stamp: Stamp
    """When it is asked."""
    label: int
    """The released ``type``: 1 should alert, 0 should not."""


@dataclass(frozen=True)
class Record:
    """One question that keeps its promises."""

    place: str
    """Where it stands: ``past_scene_recall.json[3].questions[0] sr-0004``."""
    id: str
    """Code of the task and number within it."""
    task: TaskName
    """Its task."""
    told_by: str
    """What told the task: ``text``, ``file`` or ``task_type``."""
    disagreement: str
    """The other task that the file, or the text, speaks of, in words; empty without one."""
    file: str
    """Name of its file, without folder."""
    entry: int
    """Position of its entry in the file, from 0."""
    number: int
    """Position in the entry, from 0."""
    question: str
    """Its text."""
    options: tuple[str, ...]
    """As released; empty for proactive questions."""
    key: Key | None
    """The answer; None for proactive questions."""
    stamp: Stamp
    """When it is asked; 0 for a proactive question that does not say."""
    response_time: str | None
    """The entry's ``response_time``, which no evaluation uses."""
    video_id: str
    """Name of the video's file without the suffix."""
    video_field: str
    """The field that named it."""
    points: tuple[Point, ...]
    """Proactive: the points with a label, in order."""
    points_without_type: int
    """Proactive: how many points have no label; nobody scores those."""
    first_appearance: Stamp | None
    """Proactive: when the object first appears, if the release tells."""
    target_object: str | None
    """Proactive: the object, if the release tells."""
    extra: str
    """All other fields, as a JSON object with sorted keys."""

    @property
    def times(self) -> tuple[Stamp, ...]:
        """When models are asked: at its test points, or once."""
        return tuple(point.stamp for point in self.points) or (self.stamp,)

    def already_seen(self, point: Point) -> int | None:
        """The other reading of a test point's label: 1 from the first appearance on, else 0.

        None when the release does not tell the first appearance.
        """
        if self.first_appearance is None:
            return None
        return int(point.stamp.seconds >= self.first_appearance.seconds)


@dataclass
class Checked:
    """What the task files hold."""

    records: list[Record] = field(default_factory=list)
    """The questions without a problem, in the order of files, entries and questions."""
    problems: list[Problem] = field(default_factory=list)
    """Everything that is wrong with the others."""
    fields: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(level, name) of every field seen -> how often; levels: entry, question, test point."""
    empty_entries: int = 0
    """Entries without questions, which are legal."""
    numbers: Counter[str] = field(default_factory=Counter)
    """Task -> questions seen, broken ones included: they keep their number."""

    @property
    def undocumented(self) -> dict[tuple[str, str], int]:
        """The fields that no published code writes or reads."""
        read = {"entry": ENTRY_FIELDS, "question": QUESTION_FIELDS, "test point": POINT_FIELDS}
        return {
            (level, name): count
            for (level, name), count in sorted(self.fields.items())
            if name not in read[level] | _DOCUMENTED[level]
        }


def duplicates(records: Sequence[Record]) -> Iterator[tuple[Record, Record]]:
    """Pairs (first, repeated) of questions that ask the same about the same moment."""
    seen: dict[tuple[Any, ...], Record] = {}
    for record in records:
        key = (record.task.code, record.video_id, record.question, record.options, record.times)
        if key in seen:
            yield seen[key], record
        else:
            seen[key] = record


def video_id_of(path: str) -> str:
    """Name of a video's file without folders and ``.mp4``: the evaluator too drops the folders."""
    name = path.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return name[: -len(".mp4")] if name.lower().endswith(".mp4") else name
