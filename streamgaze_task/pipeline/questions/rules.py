"""What all question makers are told, and what they share."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Literal

from streamgaze_task.pipeline.scanpath import Group  # noqa: TC001 (settings_from reads the hint)
from streamgaze_task.task_names import CODES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

OPTIONS = 4
"""Options of a question (arXiv 2512.01707, section 3)."""
WRONG = OPTIONS - 1


@dataclass(frozen=True)
class QuestionSettings:
    """The part ``questions`` of a configuration."""

    tasks: tuple[str, ...] = CODES
    """Codes of the tasks to make."""
    most_per_recording: int = 10
    """Questions of a task per recording at most, drawn from all parts of the video; >= 1."""
    group: Group = "gazed"
    """What counts as looked at; see streamgaze_task.pipeline.scanpath.Group."""

    label_means: Literal["now", "already_seen"] = "now"
    """How the labels of test points read: alert while it is so (the release's), or from the first
    time on (what the words of the authors' prompt ask). Questions are balanced for the first, and
    our tasks score either reading of it; the second is for other evaluators."""
    allow_unknown_looks: bool = False
    """Whether OTP asks what came after a look at a thing although an earlier look, of which nobody
    knows what it was at, may have been at that thing too. Where labels are often unsure and nobody
    reviews them, there are few such questions otherwise."""

    def __post_init__(self) -> None:
        """Check."""
        unknown = [code for code in self.tasks if code not in CODES]
        if unknown:
            raise ValueError(f"tasks ({', '.join(unknown)}) must be of: {', '.join(CODES)}")
        if self.most_per_recording < 1:
            raise ValueError(f"most_per_recording ({self.most_per_recording}) must be >= 1")


@dataclass(frozen=True)
class Rules:
    """What a question maker is told beside the scanpath."""

    settings: QuestionSettings = field(default_factory=QuestionSettings)
    vocabulary: tuple[str, ...] = ()
    """Names of everything that is surely looked at in any recording of the benchmark, sorted, each
    once a look: options from here are right answers elsewhere, and how often a word is right can
    be made up for, so that no word tells right from wrong."""
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Type of attribute -> its values in any recording, sorted, each once a look; as above."""
    actions: tuple[str, ...] = ()
    """Texts of all actions of any recording, sorted, each once an action; as above."""


def chance(seed: int, *place: object) -> Random:
    """The random numbers of one place: the same for the same seed, on every machine."""
    return Random("/".join(map(str, (seed, *place))))  # noqa: S311 (drawings, not secrets)


def spread(found: Sequence[object], count: int, rng: Random) -> list[int]:
    """Positions of at most `count` of what was found, one from each equal part, ascending."""
    count = min(count, len(found))
    edges = [len(found) * k // max(count, 1) for k in range(count + 1)]
    return [rng.randrange(edges[k], edges[k + 1]) for k in range(count)]


def together(names: Iterable[str]) -> str:
    """A group of things as the release writes it: ``{a, b}``."""
    return "{" + ", ".join(names) + "}"
