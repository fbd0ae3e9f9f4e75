"""What a stage is: it makes one file of one recording out of the files of earlier stages.

A stage reads the files of earlier stages and writes one file of its own, whose header holds a key
over everything that it was made from: the stage's version, its settings, and the bytes it read.
While the key is the same the file is not made again, unless the header also counts queries that
nobody answered, for want of a connection say: these are asked again by the next run.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sightline.staging import file_sha256
from streamgaze_task.pipeline import lines
from streamgaze_task.pipeline.config import digest
from streamgaze_task.pipeline.labelling.log import AnswerLog, out_of_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from sightline.progress import Progress
    from streamgaze_task.pipeline.config import Config
    from streamgaze_task.pipeline.labelling.labeller import Labeller
    from streamgaze_task.pipeline.recordings.find import Source


UNANSWERED = "unanswered"
"""Name in the header of how many queries nobody answered; it is there where there are any."""


@dataclass(frozen=True)
class Task:
    """One recording at one stage."""

    config: Config
    source: Source
    """Where its files lie; for a stage of all recordings together, one of them."""
    labeller: Callable[[], Labeller]
    """Opens the labeller, once a process."""
    progress: Progress
    shared: Mapping[str, Any] = field(default_factory=dict)
    """What stages behind a barrier know of all recordings, plain JSON types."""

    @cached_property
    def answers(self) -> AnswerLog:
        """What the labeller answered about the recording, and what nobody did."""
        return AnswerLog(self.config.work / "answers" / f"{self.source.recording_id}.jsonl")

    def path(self, stage: str) -> Path:
        """The file of a stage."""
        return path_of(self.config, stage, self.source.recording_id)

    def read(self, stage: str, kind: type[lines.Record]) -> list[lines.Record]:
        """What an earlier stage made."""
        return lines.read(self.path(stage), kind)


@dataclass(frozen=True)
class Stage:
    """One stage."""

    name: str
    make: Callable[[Task], Iterable[object]]
    """Makes the records of one recording."""
    needs: tuple[str, ...]
    """The stages whose files it reads."""
    settings: Callable[[Config], object]
    """What of the configuration it depends on."""
    outside: Callable[[Task], Mapping[str, str]] = lambda _: {}
    """What it reads beside the files of stages: name -> digest."""
    version: int = 1
    """Goes up when the same input gives another output."""
    beside: Callable[[Task], bool] = lambda _: True
    """Whether what it writes beside its file is there, too."""
    asks: Callable[[Config], bool] = lambda _: False
    """Whether it asks the labeller."""

    def key(self, task: Task) -> str:
        """Names everything that the file of this task is made from."""
        return digest(
            (
                self.name,
                self.version,
                task.config.method,
                self.settings(task.config),
                sorted(self.outside(task).items()),
                [(name, file_digest(task.path(name))) for name in self.needs],
            )
        )

    def is_made(self, task: Task) -> bool:
        """Whether its file is there and made from what there is now."""
        header = lines.header_of(task.path(self.name))
        return header is not None and header["key"] == self.key(task) and self.beside(task)

    def is_done(self, task: Task) -> bool:
        """Whether it is made, and nothing that it asked was left without an answer."""
        return not self.unanswered(task) and self.is_made(task)

    def unanswered(self, task: Task) -> int:
        """Queries behind its file that nobody answered; 0 where there is no file."""
        count = (lines.header_of(task.path(self.name)) or {}).get(UNANSWERED, 0)
        return count if isinstance(count, int) else 0

    def run(self, task: Task) -> int:
        """Make the file, if it is not there; returns the number of records made, or -1.

        Raises:
            EvaluationError: the labeller answered nothing that it was asked.
        """
        if self.is_done(task):
            return -1
        header: dict[str, Any] = {"stage": self.name, "key": self.key(task)}
        records = list(self.make(task))  # before the header, which counts what was asked
        lost = task.answers.unanswered
        if lost and not task.answers.answered:
            raise out_of_order(f"answered none of {lost} queries", task.answers.latest_error)
        if lost:
            header[UNANSWERED] = lost
        return lines.write(task.path(self.name), header, records)


def path_of(config: Config, stage: str, recording_id: str) -> Path:
    """The file of one recording at one stage."""
    return config.work / stage / f"{recording_id}.jsonl"


def file_digest(path: Path) -> str:
    """SHA-256 of a file; empty when there is none."""
    return file_sha256(path) if path.is_file() else ""
