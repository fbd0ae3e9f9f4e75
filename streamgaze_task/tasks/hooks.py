"""What lmms-eval calls for our tasks, by the names in ``_default_template_yaml``.

lmms-eval hands a hook either a document or the settings of the task, rarely both.
:func:`doc_to_text`, which it calls with the settings while it builds the requests, keeps them with
the run (:mod:`streamgaze_task.tasks.runs`); :func:`process_results` finds them there, in several
threads, which only read. It also notes which documents this process gets: from these follow all
requests on a video, those of other ranks included, so that the first of them can tell the frame
store all the frames that are needed. The video is then decoded once on a machine, whoever asks.
"""

from __future__ import annotations

import os
import sys
import threading
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sightline.errors import SightlineError, UsageError
from sightline.frame_store import default_store
from sightline.records import Outcome, Response, Score
from streamgaze_task import messages, prompts, scoring
from streamgaze_task.questions import read_gaze
from streamgaze_task.tasks import describing, runs
from streamgaze_task.tasks.report import whole_groups, write_report
from streamgaze_task.tasks.settings import Settings, read_settings
from streamgaze_task.tasks.table import METRIC
from streamgaze_task.timestamps import stamp

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import datasets

    from sightline.engine.jobs import Asked
    from sightline.lmms.source import DatasetSource
    from streamgaze_task.gaze import GazeTable
    from streamgaze_task.schema import Request
    from streamgaze_task.tasks.runs import Run

_announced: dict[tuple[Path, str], tuple[Any, ...]] = {}
_announcing = threading.Lock()


def process_docs(pointer: datasets.Dataset) -> datasets.Dataset:
    """All requests of one task, in the place of the pointer file's row.

    Args:
        pointer: the name of its split is the code of the task.

    Raises:
        UsageError: the split is no task's code, or the dataset has none of its questions.
        DatasetError: the dataset cannot be read.
    """
    return runs.load(str(pointer.split))


def doc_to_messages(
    doc: Mapping[str, Any], lmms_eval_specific_kwargs: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """The request as chat messages with its frames, for chat models."""
    run, request = runs.asked(doc)
    settings = read_settings(lmms_eval_specific_kwargs)
    media = _media(run.source)
    view = messages.look(request, settings, media)
    _announce(run, view, media)
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
    run, request = runs.asked(doc)
    run.build(doc[runs.PLACE_COLUMN], settings)
    text = prompts.published_text(request, gaze_sentence=settings.gaze_prompt == "visual")
    return f"[{request.cluster}] [{stamp(request.window[1])}] [{request.id}]\n{text}"


def doc_to_target(doc: Mapping[str, Any]) -> str:
    """The gold letter, or ``YES`` or ``NO`` by the published label."""
    return runs.asked(doc)[1].answer


def process_results(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Score one response; everything the tables need is in the record.

    Args:
        doc: the document.
        results: one response. A text that starts with :data:`sightline.records.ERROR_MARK` says
            why there is none.
    """
    run, request = runs.asked(doc)
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
    run = runs.latest(scores[0].details["task"])
    run.scores = scores
    if len(items) < len(run.expected):
        items[:] = [{k: v for k, v in item.items() if k != "score"} for item in items]
    _report(run, args)
    right = sum(score.outcome is Outcome.RIGHT for score in scores)
    return 100.0 * right / len(run.expected)


def _report(run: Run, args: argparse.Namespace | None) -> None:
    """Report a task, and each group of its evaluation that is complete with it."""
    loaded = runs.beside(run)
    groups = {name: tasks for name, tasks in whole_groups(loaded).items() if run.task in tasks}
    reported = [(run.task, [run])]
    for name, tasks in groups.items():
        parts = [loaded[task] for task in tasks]
        if all(part.scores is not None for part in parts):
            reported.append((name, parts))
    for name, parts in reported:
        write_report(
            name,
            [score for part in parts for score in part.scores or ()],
            [request for part in parts for request in part.expected],
            protocol=run.shown.protocol,
            args=args,
            out=sys.stdout,
            brief=name == run.task and bool(groups),
        )


def _announce(run: Run, view: messages.Look, media: messages.Media) -> None:
    """Tell the frame store which frames of this request's video will be asked for, in all."""
    video = run.source.folder, view.request.cluster
    # The lock is held to the end: whoever comes next must not decode before all is announced.
    with _announcing:
        media.frames.expect(view.file, view.indices)
        loaded = [one for one in runs.beside(run).values() if one.source.folder == video[0]]
        known = tuple((one.settings, one.built) for one in loaded)
        if _announced.get(video) == known:
            return
        for one in loaded:
            for request in one.asked_of(video[1], _ranks()):
                _expect(request, one.shown, media)
        _announced[video] = known


def _expect(request: Request, settings: Settings, media: messages.Media) -> None:
    try:
        found = messages.look(request, settings, media)
    except (SightlineError, OSError, ValueError):
        return  # it is told when that request itself is asked
    media.frames.expect(found.file, found.indices)


def _ranks() -> int:
    """How many processes share the run, as whoever started them says."""
    said = os.environ.get("WORLD_SIZE", "")
    return int(said) if said.isdigit() else 1


def _details(run: Run, request: Request) -> dict[str, Any]:
    return {
        **run.shown.as_dict(),
        **_input_details(run, request),
        "expected": len(run.expected),
        "dataset_origin": run.source.origin,
        "dataset_revision": run.source.revision,
        "dataset_checksums": {name: sha[:12] for name, sha in run.source.checksums.items()},
    }


def _input_details(run: Run, request: Request) -> dict[str, Any]:
    """What was shown; nothing but the window where that could not even be chosen."""
    media = _media(run.source)
    try:
        return messages.details(messages.look(request, run.shown, media), media)
    except (SightlineError, OSError, ValueError):
        # The response already says so: this request's media cannot be read.
        return {"window": list(request.window), "frame_indices": None, "message_hash": None}


def _media(source: DatasetSource) -> messages.Media:
    return messages.Media(
        frames=default_store(),
        path=source.media,
        gaze=lambda video_id: _gaze(source.folder, video_id),
    )


@lru_cache(maxsize=16)
def _gaze(folder: Path, video_id: str) -> GazeTable:
    return read_gaze(folder, video_id)


def describe(doc: Mapping[str, Any]) -> Asked | None:
    """What the engine is told of a request before any of it is decoded.

    None for a broken one: it is asked all the same, and its error then says what is wrong.
    """
    try:
        run, request = runs.asked(doc)
        if run.settings is None:
            return None
        return describing.describe(request, run.settings, _media(run.source))
    except describing.BROKEN:
        return None
