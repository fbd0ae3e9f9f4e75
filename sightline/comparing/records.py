"""What a comparison hands to tables, pages and files."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sightline.leaderboard.board import Headline

FEWEST_QUESTIONS = 10
"""A slice with fewer has no interval and no test: it says so instead."""

FEWEST_VIDEOS = 10
"""A slice on fewer has no interval: so few videos, drawn again, come out too much alike. In
simulated clustered runs the interval held the truth in 91 % at 10 videos and in 94 % at 60."""

LEVEL = 0.05
"""A difference is called one when its p value is below this."""

_LONGEST_LABEL = 24


def label(name: str, short: str) -> str:
    """A name that fits beside a number on a phone."""
    return name if len(name) <= _LONGEST_LABEL else short


@dataclass(frozen=True)
class Slice:
    """One set of questions, both runs; shares are percent and differences points."""

    axis: str
    """Name of the axis; empty for the headline."""
    member: str
    """Its member; ``all`` for the headline."""
    title: str
    """For people: ``Type: Planning``."""
    short: str
    """The member's short name."""
    questions: int
    """How many: the denominator of both runs."""
    videos: int
    """How many they are on."""
    first: float
    """Accuracy of A, percent."""
    second: float
    """Accuracy of B, percent."""
    difference: float
    """A minus B, points."""
    only_first: int
    """Questions that only A has right."""
    only_second: int
    """Questions that only B has right."""
    low: float | None = None
    """Lower end of the 95 % interval of the difference, by bootstrap over videos."""
    high: float | None = None
    """Upper end."""
    p_value: float | None = None
    """Of the sign-flip test over videos: the one that is corrected and that the verdict uses."""
    p_mcnemar: float | None = None
    """Exact McNemar test: takes questions as independent."""
    p_sign: float | None = None
    """Exact sign test on videos, by which run has more of a video right."""
    p_holm: float | None = None
    """`p_value` corrected for all tested slices: the chance of any false alarm."""
    q_value: float | None = None
    """`p_value` corrected for all tested slices by Benjamini and Hochberg: the share of false
    ones."""
    note: str = ""
    """Why there is no interval or no test."""

    @property
    def label(self) -> str:
        """The member where a chart or a narrow column has room for it, else its short name."""
        return label(self.member, self.short) if self.axis else self.title

    @property
    def differs(self) -> bool:
        """Whether the runs differ here, after the correction where there is one."""
        p_value = self.p_value if self.p_holm is None else self.p_holm
        return p_value is not None and p_value < LEVEL


@dataclass(frozen=True)
class Flip:
    """A question that only one of the runs has right."""

    question_id: str
    """As in the dataset."""
    member: str
    """Its member of the first axis."""
    answer: str
    """The key."""
    first: str
    """What A's response was read as, or its outcome."""
    second: str
    """The same of B."""
    right: str
    """``A`` or ``B``."""


@dataclass(frozen=True)
class Comparison:
    """Everything that tables, pages and files say about two runs."""

    benchmark: str
    """Title of the benchmark."""
    settings: tuple[str, ...]
    """Titles: one, or A's and B's."""
    metric: str
    """What the headline is."""
    mean_over: str | None
    """Title of the axis over whose members the headline is an unweighted mean; None for none."""
    names: tuple[str, str]
    """Of the runs A and B."""
    sources: tuple[str, str]
    """What was read, in words."""
    accuracies: tuple[Headline, Headline]
    """Of each run, as a leaderboard shows it."""
    headline: Slice
    """The one that counts; not corrected, it is one question."""
    slices: tuple[Slice, ...]
    """Every member of every axis that has a question, in the order of the board."""
    flips: tuple[Flip, ...]
    """In the order of the questions."""
    notes: tuple[str, ...]
    """What a reader must know."""
    tests: int
    """Slices that were tested and corrected for, those with the same questions counted once."""
    draws: int
    """Of the bootstrap and of the test."""
    seed: int
    """Of their generators."""

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain JSON types."""
        return asdict(self)
