"""What lmms-eval calls for our tasks, by the names in ``_default_template_yaml``.

A document is one request: a past or present question, or one test point of a proactive one. Its
columns are for reading; the request itself is found by the run's number and the place in it, in
the registry that :func:`process_docs` keeps in every process.

lmms-eval hands a hook either a document or the settings of the task, rarely both.
:func:`doc_to_text`, which it calls with the settings while it builds the requests, keeps them with
the run; :func:`process_results` finds them there. It also notes which requests of a video this
process is going to be asked, so that the first of them can tell the frame cache all the frames
that are needed: the video is then decoded once, whatever the order.
"""

from __future__ import annotations

import itertools
import sys
import threading
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from sightline.errors import EvaluationError, SightlineError, UsageError
from sightline.frame_cache import FrameCache
from sightline.lmms.source import DatasetSource, resolve
from sightline.records import Outcome, Response, Score
from streamgaze_task import messages, prompts, scoring
from streamgaze_task.benchmark import BENCHMARK
from streamgaze_task.questions import read_gaze, read_samples
from streamgaze_task.task_names import CODES
from streamgaze_task.tasks.report import whole_groups, write_report
from streamgaze_task.tasks.settings import Settings, read_settings
from streamgaze_task.tasks.table import METRIC
from streamgaze_task.timestamps import stamp

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import datasets

    from streamgaze_task.gaze import GazeTable
    from streamgaze_task.schema import Request, Sample

RUN_COLUMN = "sightline_run"
"""The column that ties a document to its task's run."""

PLACE_COLUMN = "sightline_place"
"""The column that says which request of the run a document is."""


@dataclass
class _Run:
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


_runs: dict[str, _Run] = {}
_numbers = itertools.count(1)
_planned: dict[tuple[Path, str], set[tuple[Request, Settings]]] = {}
_planning = threading.Lock()


def process_docs(pointer: datasets.Dataset) -> datasets.Dataset:
    """All requests of one task, in the place of the pointer file's row.

    Sorted by video and time, so that backends which keep the order look forward only.

    Args:
        pointer: the name of its split is the code of the task.

    Raises:
        UsageError: the split is no task's code.
        DatasetError: the dataset cannot be read.
    """
    code = str(pointer.split)
    if code not in CODES:
        raise UsageError(f"test_split ({code!r}) must be one of: {', '.join(CODES)}")
    source = resolve(BENCHMARK)
    requests = [
        request
        for sample in _samples(source.folder)
        if sample.task == code
        for request in sample.requests()
    ]
    if not requests:
        raise UsageError(
            f"{source.origin} has no questions of task {code}",
            next_step="name the tasks that it has: --tasks streamgaze_oie,streamgaze_gta",
        )
    requests.sort(key=lambda request: (request.cluster, request.window[1], request.id))
    number = str(next(_numbers))
    _runs[number] = _Run(source, tuple(requests), _evaluation())
    return _documents(requests, number)


def doc_to_messages(
    doc: Mapping[str, Any], lmms_eval_specific_kwargs: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """The request as chat messages with its frames, for chat models."""
    run, request = _asked(doc)
    settings = read_settings(lmms_eval_specific_kwargs)
    media = _media(run.source)
    view = messages.look(request, settings, media)
    _announce(run.source, request, view, media)
    return messages.chat_messages(view, media)


def doc_to_visual(
    doc: Mapping[str, Any], lmms_eval_specific_kwargs: Mapping[str, Any] | None = None
) -> list[Any]:
    """Refuse lmms-eval's simple models: they get text and images apart.

    Raises:
        UsageError: always. A simple model puts all images first; the frames of a proactive
            question and the heat map have places of their own.
    """
    del lmms_eval_specific_kwargs
    raise UsageError(
        f"{doc['id']}: simple models cannot keep frames and text in their places",
        next_step="use a chat model, or leave out --force_simple; `--model sightline` runs any "
        "image-text-to-text checkpoint",
    )


def doc_to_text(
    doc: Mapping[str, Any], lmms_eval_specific_kwargs: Mapping[str, Any] | None = None
) -> str:
    """The `input` field of the samples file: video, time, request and the published text.

    No chat model shows it to the model. Some backends take it as the order of their work, so it
    starts with video and time: each video is then gone through once, forward.
    """
    settings = read_settings(lmms_eval_specific_kwargs)
    run, request = _asked(doc)
    run.settings = settings
    with _planning:
        key = run.source.folder, request.cluster
        _planned.setdefault(key, set()).add((request, settings))
    text = prompts.published_text(request, gaze_sentence=settings.gaze_prompt == "visual")
    return f"[{request.cluster}] [{stamp(request.window[1])}] [{request.id}]\n{text}"


def doc_to_target(doc: Mapping[str, Any]) -> str:
    """The gold letter, or ``YES`` or ``NO`` by the published label."""
    return _asked(doc)[1].answer


def process_results(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Score one response; everything the tables need is in the record.

    Args:
        doc: the document.
        results: one response. A text that starts with :data:`sightline.records.ERROR_MARK` says
            why there is none.
    """
    run, request = _asked(doc)
    response = Response.from_text(request.id, results[0] if results else "")
    score = scoring.score(request, response, details=_details(run, request))
    right = score.outcome is Outcome.RIGHT
    return {METRIC: {**score.as_dict(), "score": 100.0 if right else 0.0}}


def aggregate(items: list[dict[str, Any]], args: argparse.Namespace | None = None) -> float:
    """Accuracy in percent of one task, over all its requests; also prints and saves the report.

    After the last task of a group, the report of the group follows.

    lmms-eval computes standard errors from the same items afterwards, over those that are there.
    Of a partial run that would be the error of another number, so the items then lose their
    `score`, and lmms-eval prints N/A.

    Args:
        items: what :func:`process_results` returned under the metric's name; changed in place for
            a partial run.
        args: lmms-eval's command line; with an output path, the report lies beside the results.

    Raises:
        EvaluationError: the scores are of no task that was loaded here.
    """
    scores = tuple(Score.from_dict(item) for item in items)
    run = _run_of(scores[0].details["task"])
    run.scores = scores
    if len(items) < len(run.expected):
        items[:] = [{k: v for k, v in item.items() if k != "score"} for item in items]
    _report(run, args)
    right = sum(score.outcome is Outcome.RIGHT for score in scores)
    return 100.0 * right / len(run.expected)


def _evaluation() -> int:
    """The number of the evaluation that is being loaded: a new one once anything was scored."""
    numbers = [run.evaluation for run in _runs.values()]
    scored = [run.evaluation for run in _runs.values() if run.scores is not None]
    return max(numbers, default=1) + (max(scored, default=0) == max(numbers, default=1))


def _run_of(task: str) -> _Run:
    for run in reversed(_runs.values()):
        if run.settings is not None and run.settings.task == task:
            return run
    raise EvaluationError(f"task ({task!r}) was not loaded in this process")


def _report(run: _Run, args: argparse.Namespace | None) -> None:
    """Report a task, and each group of its evaluation that is complete with it."""
    runs = {
        other.settings.task: other
        for other in _runs.values()
        if other.evaluation == run.evaluation and other.settings is not None
    }
    groups = {name: tasks for name, tasks in whole_groups(runs).items() if _task(run) in tasks}
    reported = [(_task(run), [run], bool(groups))]
    for name, tasks in groups.items():
        parts = [runs[task] for task in tasks]
        if all(part.scores is not None for part in parts):
            reported.append((name, parts, False))
    for name, parts, brief in reported:
        write_report(
            name,
            [score for part in parts for score in part.scores or ()],
            [request for part in parts for request in part.expected],
            protocol=_settings(run).protocol,
            args=args,
            out=sys.stdout,
            brief=brief,
        )


def _task(run: _Run) -> str:
    return _settings(run).task


def _settings(run: _Run) -> Settings:
    if run.settings is None:
        raise EvaluationError("a request was scored before lmms-eval called doc_to_text")
    return run.settings


def _asked(doc: Mapping[str, Any]) -> tuple[_Run, Request]:
    run = _runs[doc[RUN_COLUMN]]
    return run, run.expected[doc[PLACE_COLUMN]]


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


def _announce(
    source: DatasetSource, request: Request, view: messages.Look, media: messages.Media
) -> None:
    """Tell the frame cache which frames of this request's video will be asked for, in all."""
    with _planning:
        planned = _planned.pop((source.folder, request.cluster), set())
    wanted = {view.file: set(view.indices)}
    for other, settings in planned:
        try:
            found = messages.look(other, settings, media)
        except (SightlineError, OSError, ValueError):
            continue  # it is told when that request itself is asked
        wanted.setdefault(found.file, set()).update(found.indices)
    for path, indices in wanted.items():
        media.frames.expect(path, sorted(indices))


def _details(run: _Run, request: Request) -> dict[str, Any]:
    settings = _settings(run)
    return {
        **settings.as_dict(),
        **_input_details(run, request, settings),
        "expected": len(run.expected),
        "dataset_origin": run.source.origin,
        "dataset_revision": run.source.revision,
        "dataset_checksums": {name: sha[:12] for name, sha in run.source.checksums.items()},
    }


def _input_details(run: _Run, request: Request, settings: Settings) -> dict[str, Any]:
    """What was shown; nothing but the window where that could not even be chosen."""
    media = _media(run.source)
    try:
        return messages.details(messages.look(request, settings, media), media)
    except (SightlineError, OSError, ValueError):
        # The response already says so: this request's media cannot be read.
        return {"window": list(request.window), "frame_indices": None, "message_hash": None}


def _media(source: DatasetSource) -> messages.Media:
    return messages.Media(
        frames=_frames(),
        path=source.media,
        gaze=lambda video_id: _gaze(source.folder, video_id),
    )


@cache
def _frames() -> FrameCache:
    return FrameCache()


@lru_cache(maxsize=16)
def _gaze(folder: Path, video_id: str) -> GazeTable:
    return read_gaze(folder, video_id)


@cache
def _samples(folder: Path) -> tuple[Sample, ...]:
    return read_samples(folder)
