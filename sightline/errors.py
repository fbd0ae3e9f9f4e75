"""What can go wrong, as one tree.

::

    SightlineError                 every error that we raise on purpose
    ├── UsageError                 the command or the argument cannot work
    ├── ReleaseError               an authors' release cannot be read
    │   ├── UnsafeArchiveError     an archive tries to leave its folder, or to explode
    │   └── BrokenReleaseError     the release was read and has problems, all of them listed
    ├── DatasetError               a built dataset is missing or is not what was asked for
    ├── PublishError               a dataset could not be published; says in which state the Hub is
    ├── SubmissionError            a run cannot be submitted, or a package is not what it must be
    ├── ResponsesError             a responses or samples file cannot be read
    └── EvaluationError            a run ended without (all) its results
        └── RankLostError          another rank of the run ended before its work was done
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

SHOWN_PROBLEMS = 50
"""How many problems an error prints; the rest is counted (all of them are in the report)."""


class SightlineError(Exception):
    """Every error that we raise on purpose: what happened, and what to do next.

    Args:
        message: what was expected and what came, in one sentence.
        next_step: what the reader can do about it, in one sentence.
    """

    def __init__(self, message: str, *, next_step: str = "") -> None:
        super().__init__(f"{message}\n  next: {next_step}" if next_step else message)
        self.message = message
        self.next_step = next_step


class UsageError(SightlineError):
    """The command or the argument cannot work."""


class ReleaseError(SightlineError):
    """An authors' release cannot be read."""


class UnsafeArchiveError(ReleaseError):
    """An archive tries to leave its folder, or to explode."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, and where."""

    where: str
    """The place: ``mmsivideo.json[3] question_0003 frames_list[0][2]``."""
    message: str
    """What was expected and what came."""
    sample: str | None = None
    """Id of the sample that it breaks; None when it concerns the release as a whole."""

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


class BrokenReleaseError(ReleaseError):
    """The release was read and has problems, all of them listed."""

    def __init__(self, problems: Sequence[Problem], *, next_step: str = "") -> None:
        self.problems = tuple(problems)
        lines = [f"  - {problem}" for problem in self.problems[:SHOWN_PROBLEMS]]
        if len(self.problems) > SHOWN_PROBLEMS:
            lines.append(f"  - and {len(self.problems) - SHOWN_PROBLEMS} more")
        head = f"the release has {len(self.problems)} problem(s):"
        super().__init__("\n".join([head, *lines]), next_step=next_step)


class DatasetError(SightlineError):
    """A built dataset is missing or is not what was asked for."""


class PublishError(SightlineError):
    """A dataset could not be published; the message says in which state the repository is."""


class SubmissionError(SightlineError):
    """A run cannot be submitted, or a package is not what it must be."""


class ResponsesError(SightlineError):
    """A responses or samples file cannot be read."""


class EvaluationError(SightlineError):
    """A run ended without (all) its results."""


class RankLostError(EvaluationError):
    """Another rank of the run ended before its work was done."""
