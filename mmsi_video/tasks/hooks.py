"""What lmms-eval calls for our tasks, once per name in the YAML files.

lmms-eval hands a hook either the row of a question or the settings of the task, rarely both. So
:func:`process_docs` gives every row the number of its task's run, and :func:`doc_to_text`, which
lmms-eval calls with the settings while it builds the task and its requests, keeps them under that
number; :func:`process_results` finds them there. Both happen before any result is processed, in
every rank. Results are processed in several threads, which only read.

The hint of a question gives its answer away. It is not read from the dataset at all.
"""

from __future__ import annotations

import itertools
import sys
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from mmsi_video import columns, messages, prompts, scoring
from mmsi_video.benchmark import BENCHMARK
from mmsi_video.questions import single_input
from mmsi_video.schema import Sample
from mmsi_video.tasks import describing
from mmsi_video.tasks.report import write_report
from mmsi_video.tasks.settings import Settings, read_settings
from sightline.errors import DatasetError, EvaluationError, UsageError
from sightline.lmms.source import DatasetSource, resolve
from sightline.parquet_reader import ClipReader
from sightline.records import Outcome, Response, Score
from sightline.sampling import proportional_indices

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import datasets

    from sightline.engine.jobs import Asked

METRIC = "mmsi_video_accuracy"
"""The one metric: overall accuracy in percent by the official parser, over the whole split."""

RUN_COLUMN = "sightline_run"
"""The column that ties a row to its task's run."""

_LEFT_OUT = ("hint", "extra", "ref_image_paths")
"""Columns that no hook needs; `hint` is the answer's rationale."""


@dataclass
class _Run:
    """One task that lmms-eval has loaded in this process."""

    source: DatasetSource
    """Which dataset."""
    expected: tuple[Sample, ...]
    """Every question of the split: the denominator."""
    settings: Settings | None = field(default=None)
    """How questions are shown; known from the first doc_to_text on."""


_runs: dict[str, _Run] = {}
_numbers = itertools.count(1)


def process_docs(pointer: datasets.Dataset) -> datasets.Dataset:
    """All questions, in the place of the pointer file's row."""
    del pointer
    return _documents(lambda _: True)


def process_docs_single_input(pointer: datasets.Dataset) -> datasets.Dataset:
    """The questions with one video and no reference image (773 of the published 1,106)."""
    del pointer
    return _documents(single_input)


def doc_to_messages(
    doc: Mapping[str, Any], lmms_eval_specific_kwargs: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """The question as chat messages with its media, for chat models."""
    run, sample = _run(doc), Sample.from_row(doc)
    settings = read_settings(lmms_eval_specific_kwargs)
    found = messages.SampleMedia(
        sample,
        frames=_reader(run.source.folder),
        references=tuple(image["bytes"] for image in doc["ref_images"]),
        video_path=run.source.media,
    )
    return messages.chat_messages(
        _plan(sample, settings), found, settings.profile, max_frames=settings.max_frames
    )


def doc_to_visual(
    doc: Mapping[str, Any], lmms_eval_specific_kwargs: Mapping[str, Any] | None = None
) -> list[Any]:
    """Refuse lmms-eval's simple models: they get text and images apart.

    Raises:
        UsageError: always. A question reads "<video> ... <image> ..."; a simple model puts all
            images first and leaves the marks in the text, which is another prompt.
    """
    del lmms_eval_specific_kwargs
    raise UsageError(
        f"{doc['id']}: simple models cannot keep frames and reference images in their places",
        next_step="use a chat model, or leave out --force_simple; `--model sightline` runs any "
        "image-text-to-text checkpoint",
    )


def doc_to_text(
    doc: Mapping[str, Any], lmms_eval_specific_kwargs: Mapping[str, Any] | None = None
) -> str:
    """The `input` field of the samples file: clips, question id, and the prompt with its marks.

    No chat model shows it to the model. Qwen backends take it as the order of their work, so it
    starts with the clips: questions on one clip come one after the other.
    """
    settings = read_settings(lmms_eval_specific_kwargs)
    messages.check_environment(settings.profile)
    _run(doc).settings = settings
    sample = Sample.from_row(doc)
    prompt = prompts.full_prompt(sample, task_specific=settings.task_specific)
    return f"[{sample.cluster}] [{sample.id}]\n{prompt}"


def doc_to_target(doc: Mapping[str, Any]) -> str:
    """The gold letter."""
    return str(doc["ground_truth"])


def process_results(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Score one response; everything the tables need is in the record.

    Args:
        doc: the row.
        results: one response. A text that starts with :data:`sightline.records.ERROR_MARK` says
            why there is none.
    """
    run, sample = _run(doc), Sample.from_row(doc)
    text = results[0] if results else ""
    response = Response.from_text(sample.id, text)
    score = scoring.score(sample, response, details=_details(run, sample))
    right = score.outcome is Outcome.RIGHT
    return {METRIC: {**score.as_dict(), "score": 100.0 if right else 0.0}}


def aggregate(items: list[dict[str, Any]], args: argparse.Namespace | None = None) -> float:
    """Overall accuracy in percent, over the whole split; also prints and saves the full report.

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
    scores = [Score.from_dict(item) for item in items]
    task = scores[0].details["task"]
    for run in reversed(_runs.values()):
        if run.settings is not None and run.settings.task == task:
            if len(items) < len(run.expected):
                items[:] = [{k: v for k, v in item.items() if k != "score"} for item in items]
            return write_report(scores, run.expected, run.settings, args=args, out=sys.stdout)
    raise EvaluationError(f"task ({task!r}) was not loaded in this process")


def _documents(keep: Callable[[Sample], bool]) -> datasets.Dataset:
    """The questions that are kept, marked with the number of a new run."""
    source = resolve(BENCHMARK)
    questions = _questions(source.folder)
    without_images = questions.remove_columns("ref_images")
    samples = [Sample.from_row(row) for row in without_images]
    kept = [i for i, sample in enumerate(samples) if keep(sample)]
    if not kept:
        raise DatasetError(
            f"{source.origin} has {len(samples)} questions, but none for this task",
            next_step="use mmsi_video",
        )
    number = str(next(_numbers))
    _runs[number] = _Run(source, tuple(samples[i] for i in kept))
    return questions.select(kept).add_column(RUN_COLUMN, [number] * len(kept))


@cache
def _questions(folder: Path) -> datasets.Dataset:
    """The `questions` config in memory, reference images as files, without the hint.

    Read here and not by load_dataset: no copy of it in the cache, and no stale one either.
    """
    import datasets  # noqa: PLC0415 (heavy; the command line imports this package)
    import pyarrow as pa  # noqa: PLC0415 (heavy)
    import pyarrow.parquet as pq  # noqa: PLC0415 (heavy)

    features = columns.features()["questions"]
    for name in _LEFT_OUT:
        del features[name]
    features["ref_images"] = datasets.List(datasets.Image(decode=False))
    paths = sorted(folder.glob("questions/*.parquet"))
    try:
        tables = [pq.read_table(path, columns=list(features)) for path in paths]
        table = pa.concat_tables(tables).select(list(features)).cast(features.arrow_schema)
    except (OSError, ValueError, KeyError, pa.ArrowException) as error:
        raise DatasetError(
            f"{folder} must hold questions as `sightline build` writes them: {error}",
            next_step=f"sightline build {BENCHMARK.name} --release RELEASE --out DATASET",
        ) from error
    return datasets.Dataset(datasets.table.InMemoryTable(table))


@cache
def _reader(folder: Path) -> ClipReader:
    return ClipReader(folder / "frames", key="clip_id")


def _run(doc: Mapping[str, Any]) -> _Run:
    return _runs[doc[RUN_COLUMN]]


def _indices(sample: Sample, settings: Settings) -> list[list[int]]:
    """The frames shown of each clip; none when the model takes them from the mp4."""
    if settings.max_frames is None or settings.rule is None:
        return []
    counts = [clip.frame_count for clip in sample.clips]
    return proportional_indices(counts, settings.max_frames, rule=settings.rule)


def _plan(sample: Sample, settings: Settings) -> tuple[prompts.Message, ...]:
    return prompts.plan(
        sample,
        _indices(sample, settings),
        settings.profile,
        task_specific=settings.task_specific,
    )


def _details(run: _Run, sample: Sample) -> dict[str, Any]:
    settings = run.settings
    if settings is None:
        raise EvaluationError(f"{sample.id} was scored before lmms-eval called doc_to_text")
    plan = _plan(sample, settings)
    return {
        **settings.as_dict(),
        "frame_indices": _indices(sample, settings) or None,
        "message_hash": prompts.message_hash(
            plan, sample, settings.profile, max_frames=settings.max_frames
        ),
        "expected": len(run.expected),
        "dataset_origin": run.source.origin,
        "dataset_revision": run.source.revision,
        "dataset_checksums": {name: sha[:12] for name, sha in run.source.checksums.items()},
    }


def describe(doc: Mapping[str, Any]) -> Asked | None:
    """What the engine is told of a question before any of it is decoded.

    None for a broken one: it is asked all the same, and its error then says what is wrong.
    """
    try:
        run, sample = _run(doc), Sample.from_row(doc)
        if run.settings is None:
            return None
        return describing.describe(
            sample,
            run.settings,
            _plan(sample, run.settings),
            sizes=describing.frame_pixels(run.source.folder),
            references=[image["bytes"] for image in doc["ref_images"]],
        )
    except describing.BROKEN:
        return None
