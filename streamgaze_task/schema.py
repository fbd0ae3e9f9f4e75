"""The records of one question and of what a model is asked.

A question of the past and present tasks is asked once. A proactive one is asked at each of its test
points, with the video up to there; each of these is a :class:`Request` of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sightline.sampling import window
from streamgaze_task.task_names import BY_CODE, TaskName

if TYPE_CHECKING:
    from collections.abc import Mapping

ALERT_ANSWERS = ("NO", "YES")
"""The answer to a test point by its label: 0 should not alert, 1 should (the authors' scorer)."""


@dataclass(frozen=True)
class Video:
    """The video a question is about."""

    video_id: str
    """Key of the `videos` and `gaze` configs: the file's name without the suffix."""
    source: str | None
    """One of streamgaze_task.task_names.SOURCES; None when the release does not tell."""
    video_path: str
    """The clean mp4, relative to the dataset folder: ``media/videos/original/...``."""
    overlay_path: str | None
    """The released mp4 with the gaze drawn in, ``media/videos/overlay/...``; None without one."""
    sha256: str
    """SHA-256 of the clean mp4."""
    overlay_sha256: str | None
    """SHA-256 of the overlay mp4."""
    duration_seconds: float
    """End of the last frame of the clean mp4, seconds, by its packets and not by its header."""
    width: int
    """Pixels, as shown (after rotation)."""
    height: int
    """Pixels, as shown (after rotation)."""
    gaze: str
    """What the `gaze` config has of it: samples, recovered, fixations or none."""
    gaze_sha256: str | None
    """Names the gaze rows of this video; None when there are none."""


@dataclass(frozen=True)
class TestPoint:
    """One moment at which a proactive question is asked."""

    __test__ = False  # pytest takes the name for a test class

    realtime: str
    """The time as released, ``MM:SS``."""
    seconds: float
    """The time: the video is shown up to here, exclusive."""
    label: int
    """The published ``type``: 1 should alert, 0 should not. The generator's rule: whether the
    object is fixated (GTA) or visible (OAA) at this instant."""
    already_seen: int | None
    """The other reading, which the prompt's words ask for: 1 from the object's first appearance
    on, else 0; None when the release does not tell the first appearance."""


@dataclass(frozen=True)
class Sample:
    """One question, without its media."""

    id: str
    """``nfi-0012``: the task's code and the question's number within the task, in the order of
    the release's files."""
    task: str
    """Code of its task (streamgaze_task.task_names)."""
    question: str
    """Its text."""
    options: tuple[str, ...]
    """As released, with or without letters, in order; empty for proactive questions."""
    answer: str | None
    """The gold letter; None for proactive questions."""
    released_answer: str | None
    """The key as the release writes it; the authors' scorer extracts a letter from it too."""
    time_seconds: float
    """When it is asked, seconds. Proactive: when monitoring starts."""
    video: Video
    """What it is about."""
    points: tuple[TestPoint, ...] = ()
    """Proactive: when it is asked, in the order of the release; empty for the others."""
    first_appearance_seconds: float | None = None
    """Proactive: when the object first appears, seconds; None when the release does not tell."""

    @property
    def name(self) -> TaskName:
        """The task with all its names."""
        return BY_CODE[self.task]

    @property
    def cluster(self) -> str:
        """Names the video: questions on one video are not independent."""
        return self.video.video_id

    def requests(self) -> tuple[Request, ...]:
        """Everything that a model is asked about this question, in order."""
        if self.name.family != "proactive":
            return (Request(self),)
        return tuple(Request(self, number) for number in range(len(self.points)))

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Sample:
        """Read a row of the `questions` config; columns it does not need may be absent."""
        return cls(
            id=row["id"],
            task=row["task"],
            question=row["question"],
            options=tuple(row["options"]),
            answer=row["answer"],
            released_answer=row["released_answer"],
            time_seconds=row["time_seconds"],
            video=Video(**row["video"]),
            points=tuple(TestPoint(**point) for point in row["test_points"]),
            first_appearance_seconds=row["first_appearance_seconds"],
        )


@dataclass(frozen=True)
class Request:
    """One thing that a model is asked: a whole question, or one test point of it."""

    sample: Sample
    """The question."""
    number: int | None = None
    """Which test point, from 0; None for past and present questions."""

    @property
    def point(self) -> TestPoint | None:
        """The test point; None for past and present questions."""
        return None if self.number is None else self.sample.points[self.number]

    @property
    def id(self) -> str:
        """The question's id, with the number of the test point: ``gta-0003@2``."""
        return self.sample.id if self.number is None else f"{self.sample.id}@{self.number}"

    @property
    def window(self) -> tuple[float, float]:
        """What of the video may be shown: ``[start, end)`` in seconds, not clamped to its end."""
        point = self.point
        at = self.sample.time_seconds if point is None else point.seconds
        return window(self.sample.name.family, at)

    @property
    def answer(self) -> str:
        """The gold letter, or ``YES`` or ``NO`` by the published label."""
        point = self.point
        return ALERT_ANSWERS[point.label] if point is not None else str(self.sample.answer)

    @property
    def option_count(self) -> int:
        """How many answers there are to choose from: 2 for a test point."""
        return len(self.sample.options) if self.number is None else len(ALERT_ANSWERS)

    @property
    def slices(self) -> dict[str, str]:
        """Every slice it belongs to: axis -> member."""
        return {"task": self.sample.task, "family": self.sample.name.family}

    @property
    def cluster(self) -> str:
        """Names the video."""
        return self.sample.cluster
