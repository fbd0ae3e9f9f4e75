"""What a benchmark says about its leaderboard: settings, axes, how responses are scored again.

One record for packing, checking, comparing and showing: none of them knows a benchmark.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sightline.benchmarks import all_benchmarks, benchmark
from sightline.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from sightline.records import Response, Score


@dataclass(frozen=True)
class Setting:
    """One table of the leaderboard: what models were shown. Two settings are never compared."""

    name: str
    """The lmms-eval task or group that runs it: ``mmsi_video_u50``, ``streamgaze``."""
    title: str
    """For people: ``Uniform-50``, ``visual gaze prompt``."""
    tasks: tuple[str, ...]
    """The tasks, none of them a group, whose samples make it, by the names that samples files have;
    several names where tasks are the same (``mmsi_video`` and ``mmsi_video_u50``) stand in
    `aliases`."""
    aliases: tuple[str, ...] = ()
    """Other tasks that run exactly this."""
    protocol: str = ""
    """What scores' details say under ``protocol``: another one is no submission to this setting."""
    frames: str = ""
    """Which frames a model is shown, in a few words."""


@dataclass(frozen=True)
class Axis:
    """One way to slice the questions."""

    name: str
    """As in ``Score.slices``: ``type``."""
    title: str
    """For people: ``Type``."""
    members: tuple[str, ...]
    """Its values, in the order of the paper."""
    short: Mapping[str, str]
    """Member -> a name that fits into a column's head."""


@dataclass(frozen=True)
class PublishedRow:
    """A number that was printed, and that we did not run."""

    name: str
    """The paper's name of the model, ``Human`` or ``Random guessing``."""
    kind: Literal["model", "people", "chance"]
    """What it is."""
    setting: str
    """Name of the setting; people and chance stand in every one."""
    value: float
    """Headline, percent."""
    slices: Mapping[str, Mapping[str, float]]
    """Axis -> member -> percent, as far as printed."""
    questions: int | None
    """Questions it was scored on; None where not known."""
    faults: tuple[str, ...]
    """What is wrong with the row, one sentence each."""
    source: str
    """Where it is printed."""
    frames: str = ""
    """What is said of its frames."""
    access: str = ""
    """``open-source`` or ``proprietary``; empty where not said."""


@dataclass(frozen=True)
class QuestionText:
    """A question as the sample browser shows it: text only, recordings by link."""

    question_id: str
    """As in scores."""
    text: str
    """The question."""
    options: tuple[str, ...]
    """With their letters; empty for yes-or-no alerts."""
    answer: str
    """The gold letter, or ``yes`` / ``no``."""
    slices: Mapping[str, str]
    """Axis -> member."""
    media: tuple[str, ...]
    """Paths of its videos in the dataset: ``media/videos/x.mp4``."""


@dataclass(frozen=True)
class Headline:
    """The one number of a table, percent."""

    value: float
    """Of the published parser, over the whole split."""
    low: float | None
    """Lower end of its 95 % interval, clustered by video; None where none can be given."""
    high: float | None
    """Upper end."""


@dataclass(frozen=True)
class Board:
    """Everything that a leaderboard must know of a benchmark."""

    benchmark: str
    """Name of the benchmark: ``mmsi-video``."""
    title: str
    """``MMSI-Video-Bench``."""
    protocol_version: int
    """Goes up when the same responses get other scores."""
    metric: str
    """What the headline is, in words."""
    metric_key: str
    """The key under which tasks put a Score into samples files."""
    headline_parser: str
    """The published one."""
    parsers: tuple[str, ...]
    """All, the headline's first."""
    settings: tuple[Setting, ...]
    """The first is the default."""
    axes: tuple[Axis, ...]
    """The first is the one that tables show as columns."""
    expected: Callable[[Path, Setting], Sequence[Score]]
    """``(dataset, setting) -> the MISSING score of every question``: question set, keys, slices."""
    rescore: Callable[[Path, Setting, Iterable[Response]], Sequence[Score]]
    """``(dataset, setting, responses) -> a score for every question of the split``, by this
    version's parsers and nothing else: no score of the submitter is looked at. Raises
    ResponsesError for an unknown or repeated question."""
    summarise: Callable[[Sequence[Score], Setting, str], dict[str, Any]]
    """``(whole scores, setting, model) -> report``: plain JSON, all shares percent; ``parsers`` has
    each parser's ``accuracy``, ``overall`` the headline's with its counts."""
    headline: Callable[[Mapping[str, Any]], Headline]
    """``report -> the number of the table``."""
    cells: Callable[[Mapping[str, Any]], Mapping[str, Mapping[str, Mapping[str, Any]]]]
    """``report -> axis -> member -> {"value", "low", "high", "expected", "failure_rate"}``, in
    percent; value None where a member has no question."""
    questions: Callable[[Path], Iterable[QuestionText]]
    """``dataset -> its questions``, in the dataset's order; one for each score's id."""
    published: Callable[[], Sequence[PublishedRow]]
    """Every printed row, people and chance first."""
    shown: Callable[[Path, Setting, Mapping[str, Mapping[str, Any]]], Mapping[str, Any]] | None = (
        None
    )
    """``(dataset, setting, {question id: details of a response}) -> {question id: {"message_hash",
    "frame_indices"}}``: what a run of the setting must have shown, made again from the dataset, as
    far as it is known; None where that is not cheap."""
    easi: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None
    """``report -> {"scores": {...}, "subScores": {...}}`` of EASI's payload; None where EASI does
    not have the benchmark."""

    def setting(self, name: str) -> Setting:
        """The setting of that name, or that a task of that name runs.

        Raises:
            UsageError: there is none; the message lists those there are.
        """
        for one in self.settings:
            if name == one.name or name in one.aliases:
                return one
        known = ", ".join(one.name for one in self.settings)
        raise UsageError(f"setting ({name!r}) of {self.title} must be one of: {known}")


def board_of(name: str) -> Board:
    """The leaderboard of the benchmark of that name.

    Raises:
        UsageError: there is no such benchmark, or it has none.
    """
    found = benchmark(name)
    if not found.leaderboard:
        raise UsageError(f"{found.title} has no leaderboard")
    made: Board = found.call("leaderboard")
    return made


def all_boards() -> tuple[Board, ...]:
    """Every installed benchmark's leaderboard, by name."""
    return tuple(board_of(name) for name, one in all_benchmarks().items() if one.leaderboard)
