"""The tasks that lmms-eval has loaded in this process, and their requests.

A document is one request: a past or present question, or one test point of a proactive one. Its
columns are for reading; the request itself is found by the run's number and the place in it.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from sightline.errors import EvaluationError, UsageError
from sightline.lmms.source import DatasetSource, resolve
from streamgaze_task.benchmark import BENCHMARK
from streamgaze_task.questions import read_samples
from streamgaze_task.task_names import CODES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import datasets

    from sightline.records import Score
    from streamgaze_task.schema import Request, Sample
    from streamgaze_task.tasks.settings import Settings

RUN_COLUMN = "sightline_run"
"""The column that ties a document to its task's run."""

PLACE_COLUMN = "sightline_place"
"""The column that says which request of the run a document is."""


@dataclass
class Run:
    """One task that lmms-eval has loaded in this process."""

    source: DatasetSource
    """Which dataset."""
    expected: tuple[Request, ...]
    """Every request of the split, in the order of the documents: the denominator."""
    evaluation: int
    """Which evaluation of this process it is part of, from 1."""
    settings: Settings | None = field(default=None)
    """How requests are shown; known from the first doc_to_text on."""
    scores: tuple[Score, ...] | None = field(default=None)
    """What was scored; known from aggregate on."""
    built: tuple[int, int] | None = field(default=None)
    """First and last place of the documents that lmms-eval built requests of in this process."""

    @property
    def shown(self) -> Settings:
        """How requests are shown.

        Raises:
            EvaluationError: nobody has said so yet.
        """
        if self.settings is None:
            raise EvaluationError("a request was scored before lmms-eval called doc_to_text")
        return self.settings

    @property
    def task(self) -> str:
        """The task's name."""
        return self.shown.task

    def build(self, place: int, settings: Settings) -> None:
        """Note that lmms-eval builds the request of a document, and how it is shown."""
        first, last = self.built or (place, place)
        self.built = min(first, place), max(last, place)
        self.settings = settings

    def asked_of(self, cluster: str, ranks: int) -> tuple[Request, ...]:
        """The requests on a video that some rank is going to be asked, as far as this one knows.

        lmms-eval deals the documents out one by one, so those of all ranks lie between the first
        and the last that this rank got, or less than a round from them. So they do in a run with a
        limit. (With an offset they are too many: lmms-eval looks at every task's first document.)

        Args:
            cluster: the video.
            ranks: how many processes share the run.
        """
        if self.built is None:
            return ()
        first, last = self.built
        start = bisect_left(self.expected, cluster, key=lambda request: request.cluster)
        stop = bisect_right(self.expected, cluster, key=lambda request: request.cluster)
        return self.expected[max(start, first - ranks + 1) : min(stop, last + ranks)]


_runs: dict[str, Run] = {}
_numbers = itertools.count(1)


def load(code: str) -> datasets.Dataset:
    """The documents of one task, as a new run.

    Sorted by video and time, so that backends which keep the order look forward only.

    Args:
        code: of the task.

    Raises:
        UsageError: there is no such task, or the dataset has none of its questions.
        DatasetError: the dataset cannot be read.
    """
    if code not in CODES:
        raise UsageError(f"test_split ({code!r}) must be one of: {', '.join(CODES)}")
    source = resolve(BENCHMARK)
    samples = [sample for sample in _samples(source.folder) if sample.task == code]
    requests = [request for sample in samples for request in sample.requests()]
    if not requests:
        raise UsageError(
            f"{source.origin} has no questions of task {code}",
            next_step="name the tasks that it has: --tasks streamgaze_oie,streamgaze_gta",
        )
    requests.sort(key=lambda request: (request.cluster, request.window[1], request.id))
    number = str(next(_numbers))
    _runs[number] = Run(source, tuple(requests), _evaluation())
    return _documents(requests, number)


def asked(doc: Mapping[str, Any]) -> tuple[Run, Request]:
    """The run and the request of a document."""
    run = _runs[doc[RUN_COLUMN]]
    return run, run.expected[doc[PLACE_COLUMN]]


def latest(task: str) -> Run:
    """The latest run of a task.

    Raises:
        EvaluationError: it was not loaded here.
    """
    for run in reversed(_runs.values()):
        if run.settings is not None and run.settings.task == task:
            return run
    raise EvaluationError(f"task ({task!r}) was not loaded in this process")


def beside(run: Run) -> dict[str, Run]:
    """The runs of the same evaluation, by task; itself included."""
    return {
        other.settings.task: other
        for other in _runs.values()
        if other.evaluation == run.evaluation and other.settings is not None
    }


def _evaluation() -> int:
    """The number of the evaluation that is being loaded: a new one once anything was scored.

    lmms-eval loads all tasks before it scores the first.
    """
    last = max((run.evaluation for run in _runs.values()), default=1)
    begun = any(run.evaluation == last and run.scores is not None for run in _runs.values())
    return last + 1 if begun else last


def _documents(requests: Sequence[Request], number: str) -> datasets.Dataset:
    import datasets  # noqa: PLC0415 (heavy; the command line imports this package)

    text, seconds = datasets.Value("string"), datasets.Value("float64")
    features = {
        "id": text,
        "task": text,
        "question": text,
        "options": datasets.List(text),
        "answer": text,
        "video_id": text,
        "start_seconds": seconds,
        "end_seconds": seconds,
        RUN_COLUMN: text,
        PLACE_COLUMN: datasets.Value("int32"),
    }
    rows = [
        {
            "id": request.id,
            "task": request.sample.task,
            "question": request.sample.question,
            "options": list(request.sample.options),
            "answer": request.answer,
            "video_id": request.cluster,
            "start_seconds": request.window[0],
            "end_seconds": request.window[1],
            RUN_COLUMN: number,
            PLACE_COLUMN: place,
        }
        for place, request in enumerate(requests)
    ]
    return datasets.Dataset.from_list(rows, features=datasets.Features(features))


@cache
def _samples(folder: Path) -> tuple[Sample, ...]:
    return read_samples(folder)
