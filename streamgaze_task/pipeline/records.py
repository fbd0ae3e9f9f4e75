"""What the stages of the pipeline hand on. All times are seconds of the video.

Every record is plain: numbers, texts, tuples and further records, so that one line of JSON holds
it (:mod:`streamgaze_task.pipeline.lines`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

GAZE_TYPES = ("fixation", "saccade", "blink", "unknown", "untracked", "outside")
"""What a tracker may say of a sample. ``untracked``: it saw no eye. ``outside``: the gaze lay
outside the frame. The two and ``blink`` are never valid."""

Method = Literal["sightline", "reference"]
"""Whose rules make the questions: ours, or those that the authors published, faults included."""


@dataclass(frozen=True)
class VideoFacts:
    """What is known of a video without looking at its pictures."""

    seconds: float
    """Length: the end of its last frame."""
    frames: int
    """How many it has."""
    fps: float
    """Frames a second, the mean."""
    width: int
    """Pixels, upright."""
    height: int
    """Pixels, upright."""


@dataclass(frozen=True)
class Action:
    """Something that the wearer did, from the recording's annotations."""

    start_seconds: float
    end_seconds: float
    text: str
    """In words, as annotated."""


@dataclass(frozen=True)
class FoundFixation:
    """One fixation, and whether it is used further."""

    number: int
    """Position among the recording's fixations, from 0; it never changes."""
    start_seconds: float
    end_seconds: float
    """Exclusive."""
    x: float
    """Mean position from the left edge, 0 to 1 of the frame's width."""
    y: float
    """Mean position from the top edge, 0 to 1 of the frame's height."""
    dropped: str = ""
    """Why it is not used further; empty when it is."""
    scene_correlation: float | None = None
    """How alike the pictures during it are, -1 to 1; None when that was not looked at."""

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return self.end_seconds - self.start_seconds


@dataclass(frozen=True)
class SeenObject:
    """One object that a labeller named."""

    name: str
    """One or two simple words in lower case, unified: equal names, equal kind of object."""
    caption: str = ""
    """What it looks like, in words; may be empty."""
    attributes: dict[str, str] = field(default_factory=dict)
    """Type of attribute (color, material, shape, size, state, texture, usage) -> its value, one or
    two words in lower case; only what the labeller is sure of."""


@dataclass(frozen=True)
class LabelledFixation:
    """What was looked at during one fixation, and what else was there."""

    number: int
    """Of the :class:`FoundFixation`."""
    start_seconds: float
    end_seconds: float
    x: float
    y: float
    gazed: SeenObject | None = None
    """What the gaze was on; None when the labeller could not tell."""
    beside: tuple[SeenObject, ...] = ()
    """What else was inside the field-of-view circle."""
    outside: tuple[SeenObject, ...] = ()
    """What was in the frame but outside the circle, clearly in view all the time."""
    caption: str = ""
    """The scene in words; may be empty."""
    sure: bool = True
    """Whether the labeller saw the same in all the pictures that it was shown. False also for
    objects that are moved or covered meanwhile."""
    problem: str = ""
    """Why there are no labels; empty when all went well."""


@dataclass(frozen=True)
class View:
    """What a labeller saw in one frame of the video, wherever the gaze was."""

    seconds: float
    """Presentation time of the frame."""
    seen: tuple[str, ...]
    """Names of the objects clearly in view, unified as :attr:`SeenObject.name`."""
    partly: tuple[str, ...] = ()
    """Names of those that the frame's edge cuts, or something covers: neither in view nor not."""
    problem: str = ""
    """Why nothing is known of it; empty when all went well."""


@dataclass(frozen=True)
class Episode:
    """One look at one object: one fixation, or several in a row on the same thing."""

    number: int
    """Position in the scanpath, from 0."""
    start_seconds: float
    end_seconds: float
    """Exclusive."""
    x: float
    """Mean position, weighted by the lengths of its fixations, 0 to 1."""
    y: float
    gazed: SeenObject | None
    """What was looked at; None: nobody knows. Such an episode is kept, because what lies before
    and after it does not follow upon another."""
    beside: tuple[SeenObject, ...] = ()
    """What else was in the circle in any of its fixations."""
    outside: tuple[SeenObject, ...] = ()
    """What was clearly in view outside the circle in all of its fixations."""
    captions: tuple[str, ...] = ()
    fixations: tuple[int, ...] = ()
    """Numbers of its fixations."""
    sure: bool = True
    """Whether its labels may be asked about; see :attr:`LabelledFixation.sure`."""

    @property
    def name(self) -> str:
        """Of what was looked at; empty when that is not known."""
        return self.gazed.name if self.gazed else ""


@dataclass(frozen=True)
class TestPoint:
    """One moment at which a proactive question is asked."""

    __test__ = False  # pytest takes every class called Test... for tests

    seconds: int
    """When; the model has seen what lies before."""
    alert: bool
    """Whether it should raise the alert, as the question's ``label_means`` reads it."""


@dataclass(frozen=True)
class Question:
    """One generated question, before letters are given out."""

    id: str
    """``<recording>/<task>/<number>``; unique in a benchmark."""
    task: str
    """Code of its task, one of streamgaze_task.task_names.CODES."""
    recording_id: str
    asked_seconds: int
    """When it is asked, whole seconds as the release's time stamps have them."""
    text: str
    """``{options}`` stands for the options in their final order."""
    answer: str = ""
    """The right option's words; empty for proactive questions."""
    wrong: tuple[str, ...] = ()
    """The words of the three other options; empty for proactive questions."""
    span_seconds: tuple[float, float] = (0.0, 0.0)
    """Where in the video the evidence lies: the release's ``response_time``."""
    episodes: tuple[int, ...] = ()
    """Numbers of the episodes that it rests on."""
    points: tuple[TestPoint, ...] = ()
    """Of proactive questions, in order of time."""
    label_means: str = ""
    """Of proactive questions: ``now`` (alert while it is so) or ``already_seen`` (alert from the
    first time on)."""
    extras: dict[str, object] = field(default_factory=dict)
    """The task's own fields as the release has them (spelling of daeunni/StreamGaze, pipeline
    step 3), plain JSON types."""


@dataclass(frozen=True)
class Judged:
    """A question, and whether it goes into the benchmark."""

    question: Question
    dropped: str = ""
    """Name of the filter that dropped it; empty when it stays."""
    reason: str = ""
    """Why, in words; of one that stays, what filters noted and what the verifier said for it."""
