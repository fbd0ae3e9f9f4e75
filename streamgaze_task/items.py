"""What scoring needs to know of one request: from a dataset, or from a score of it in a file."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from sightline import choices
from streamgaze_task.schema import ALERT_ANSWERS, Request
from streamgaze_task.task_names import BY_CODE

if TYPE_CHECKING:
    from sightline.records import Score

_FEWEST_OPTIONS = 2


@dataclass(frozen=True)
class Item:
    """What scoring needs to know of one request, from a dataset or from a score of it."""

    id: str
    """The request's id: ``nfi-0012``, or ``gta-0003@2`` for a test point."""
    task: str
    """Code of its task (streamgaze_task.task_names)."""
    answer: str
    """The gold letter; ``YES`` or ``NO`` by the published label for a test point."""
    released_answer: str | None
    """The key as released, which the authors' scorer reads as it reads a response; None where it
    is not known (the gold letter stands for it) and for test points."""
    options: tuple[str, ...]
    """The options in order; empty for a test point."""
    cluster: str
    """Names the video: requests on one video are not independent."""
    already_seen: int | None = None
    """Test point: its label by the other reading, 1 from the first appearance on; None unknown."""
    point_seconds: float | None = None
    """Test point: when it is asked, seconds; None for the others."""
    first_appearance_seconds: float | None = None
    """Test point: when the object first appears, seconds; None when the release does not tell."""

    def __post_init__(self) -> None:
        """Refuse what a damaged or foreign file may hold."""
        for name in ("id", "answer", "cluster"):
            if not isinstance(getattr(self, name), str):
                raise TypeError(f"{name} ({getattr(self, name)!r}) must be text")
        if self.task not in BY_CODE:
            raise ValueError(f"task ({self.task!r}) must be one of: {', '.join(BY_CODE)}")
        if self.is_point:
            self._check_point()
        else:
            self._check_choice()

    def _check_point(self) -> None:
        if self.answer not in ALERT_ANSWERS:
            raise ValueError(f"answer ({self.answer!r}) must be YES or NO")
        if self.already_seen not in (None, 0, 1):
            raise ValueError(f"already_seen ({self.already_seen!r}) must be 0, 1 or nothing")
        first = self.first_appearance_seconds
        for name, value in (("point", self.point_seconds), ("first_appearance", first or 0)):
            if not isinstance(value, int | float) or not math.isfinite(value):
                raise TypeError(f"{name}_seconds ({value!r}) must be a number")

    def _check_choice(self) -> None:
        if not all(isinstance(option, str) for option in self.options):
            raise TypeError(f"options ({self.options!r}) must be texts")
        if not isinstance(self.released_answer, str | None):
            raise TypeError(f"released_answer ({self.released_answer!r}) must be text")
        letters = choices.LETTERS[: len(self.options)]
        few = len(self.options) < _FEWEST_OPTIONS
        if few or len(self.answer) != 1 or self.answer not in letters:
            raise ValueError(
                f"answer ({self.answer!r}) must be the letter of one of {len(self.options)} options"
            )

    @property
    def is_point(self) -> bool:
        """Whether it is a test point of a proactive question."""
        return BY_CODE[self.task].family == "proactive"

    @property
    def question_id(self) -> str:
        """The question that it belongs to: ``gta-0003`` for ``gta-0003@2``."""
        return self.id.partition("@")[0]

    @property
    def option_count(self) -> int:
        """How many answers there are to choose from: 2 for a test point."""
        return len(ALERT_ANSWERS) if self.is_point else len(self.options)

    @property
    def slices(self) -> dict[str, str]:
        """Every slice it belongs to: axis -> member."""
        return {"task": self.task, "family": BY_CODE[self.task].family}

    @classmethod
    def of(cls, request: Scorable) -> Item:
        """The item of a request; an item is its own."""
        if isinstance(request, Item):
            return request
        sample, point = request.sample, request.point
        return cls(
            id=request.id,
            task=sample.task,
            answer=request.answer,
            released_answer=sample.released_answer,
            options=tuple(sample.options) if point is None else (),
            cluster=request.cluster,
            already_seen=None if point is None else point.already_seen,
            point_seconds=None if point is None else point.seconds,
            first_appearance_seconds=None if point is None else sample.first_appearance_seconds,
        )

    @classmethod
    def of_score(cls, score: Score) -> Item:
        """The item inside a score of ours.

        Raises:
            KeyError: the score does not carry what is needed.
            TypeError, ValueError: it is damaged.
        """
        details = score.details
        options = details["options"]
        if not isinstance(options, list):
            raise TypeError(f"options ({options!r}) must be a list")
        return cls(
            id=score.question_id,
            task=score.slices["task"],
            answer=score.answer,
            released_answer=details["released_answer"],
            options=tuple(options),
            cluster=score.cluster,
            already_seen=details.get("already_seen"),
            point_seconds=details.get("point_seconds"),
            first_appearance_seconds=details.get("first_appearance_seconds"),
        )

    def details(self) -> dict[str, Any]:
        """What :meth:`of_score` reads back, as plain JSON types."""
        found: dict[str, Any] = {
            "options": list(self.options),
            "released_answer": self.released_answer,
        }
        if self.is_point:
            found["label"] = ALERT_ANSWERS.index(self.answer)
            found["already_seen"] = self.already_seen
            found["point_seconds"] = self.point_seconds
            found["first_appearance_seconds"] = self.first_appearance_seconds
        return found


Scorable: TypeAlias = Request | Item
"""What can be scored: a request of the dataset, or what a file tells of one."""
