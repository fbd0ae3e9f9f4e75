"""Reads what runs leave behind: our files, lmms-eval's sample logs, the official result folder.

Every reader ends in one Run: a Score per question and the denominator. Nothing is dropped: a line
that cannot be read, a question twice and a question that is not in the dataset are errors.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mmsi_video.questions import (
    DATASET_NEEDED,
    Question,
    by_id,
    denominator,
    read_questions,
    single_input,
)
from mmsi_video.scoring import score
from sightline.accuracy import listed
from sightline.errors import ResponsesError
from sightline.jsonl import read_json, read_lines
from sightline.records import Score
from sightline.run_files import known_question, once, response_again, response_of, responses_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from mmsi_video.schema import Sample
    from mmsi_video.scoring import Scorable

METRIC = "mmsi_video_accuracy"
"""The key under which our tasks put a Score into lmms-eval's samples file."""

UPSTREAM_PROTOCOLS = {
    "mmsi_video": "native",
    "mmsi_video_u50": "Uniform-50",
    "mmsi_video_sc": "Sufficient-Coverage",
    "mmsi_video_single_input": "native",
}
"""lmms-eval's own task -> setting (its `mmsi_video` hands the mp4 to the model)."""

_TASK = re.compile(r"_samples_(mmsi_video\w*)\.jsonl$")
_RECORD = re.compile(r"question_\d+\.json")
_SETTING = re.compile(r"Uniform-\d+|Sufficient-Coverage")


@dataclass(frozen=True)
class Run:
    """A run, ready to be summarised."""

    scores: tuple[Score, ...]
    """One per question that the run has something on."""
    expected: int | tuple[Scorable, ...]
    """The denominator: the questions of the dataset, or only their number."""
    protocol: str | None
    """The setting, as far as the files tell it."""
    model: str | None
    """The model, as far as the files tell it."""
    source: str
    """What was read, in words."""
    notes: tuple[str, ...] = ()
    """What else the reader of the table must know."""


def read_run(path: Path, dataset: Path | None = None) -> Run:
    """Read a run in whatever form it is.

    Args:
        path: our responses JSONL (``question_id``, ``text``, ``error``), an lmms-eval samples
            JSONL, a folder of official ``question_NNNN.json``, or a folder that holds exactly
            one of these (one ``responses*.jsonl`` a rank).
        dataset: the built dataset.

    Raises:
        ResponsesError: the file cannot be read, says something twice, or does not belong to the
            dataset. The message has the file and the line.
        DatasetError: the dataset cannot be read.
    """
    samples = read_questions(dataset) if dataset is not None else None
    kind, files = _kind(path)
    if kind == "responses":
        return _read_responses(files, samples)
    if kind == "own":
        return _read_own(files[0], samples)
    if kind == "upstream":
        return _read_upstream(files[0], samples)
    return _read_official(path, files, samples)


def _kind(path: Path) -> tuple[str, list[Path]]:
    if path.is_dir():
        ours = sorted(path.glob("responses*.jsonl"))
        records = sorted(p for p in path.iterdir() if _RECORD.fullmatch(p.name))
        logs = sorted(path.rglob("*_samples_mmsi_video*.jsonl"))
        if bool(ours) + bool(records) + len(logs) != 1:
            raise ResponsesError(
                f"{path} must hold one run: it has {len(ours)} responses file(s), {len(records)} "
                f"official record(s) and {len(logs)} samples file(s) of lmms-eval",
                next_step=f"name one: {listed(str(log) for log in logs)}" if logs else "",
            )
        return (_kind(logs[0])) if logs else ("responses", ours) if ours else ("official", records)
    for _, row in read_lines(path):
        if METRIC in row:
            return "own", [path]
        if "doc_id" in row and ("filtered_resps" in row or "resps" in row):
            return "upstream", [path]
        if "question_id" in row:
            return "responses", [path]
        raise ResponsesError(
            f"{path}, line 1: the keys {sorted(row)[:10]} are neither a response of ours nor a "
            "line of an lmms-eval samples file",
        )
    raise ResponsesError(f"{path} is empty", next_step="was the run killed before its end?")


def _read_responses(files: Sequence[Path], samples: tuple[Sample, ...] | None) -> Run:
    """Our responses: they hold no answers, so the dataset is needed."""
    if samples is None:
        raise ResponsesError(
            f"{files[0]} holds responses without answers", next_step=DATASET_NEEDED
        )
    known = by_id(samples)
    read = responses_of(files, known)
    scores = [score(sample, response, details=details) for sample, response, details in read]
    return Run(once(scores), samples, None, None, f"responses {listed(f.name for f in files)}")


def _read_own(path: Path, samples: tuple[Sample, ...] | None) -> Run:
    """Lines of our own tasks: everything needed is inside, so they are scored again from there."""
    known = by_id(samples) if samples is not None else None
    scores = []
    for number, row in read_lines(path):
        place = f"{path}, line {number}"
        try:
            old = Score.from_dict(row[METRIC])
            inside: Scorable = Question.of_score(old)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ResponsesError(f"{place}: {METRIC} is not a score of ours: {error!r}") from error
        question = inside if known is None else known_question(known, inside.id, place)
        _same_answer(question, inside.answer, place)
        scores.append(score(question, response_again(old, place), details=old.details))
    if samples is None:
        expected, notes = denominator(scores)
        return Run(once(scores), expected, None, path.parent.name, f"samples {path.name}", notes)
    single = {one.details.get("task") for one in scores} == {"mmsi_video_single_input"}
    split = tuple(s for s in samples if single_input(s)) if single else samples
    return Run(once(scores), split, None, path.parent.name, f"samples {path.name}")


def _read_upstream(path: Path, samples: tuple[Sample, ...] | None) -> Run:
    """lmms-eval's own tasks log no question id: lines are matched by position and checked."""
    if samples is None:
        raise ResponsesError(
            f"{path} has no question ids: they are matched by their position in the dataset",
            next_step=DATASET_NEEDED,
        )
    named = _TASK.search(path.name)
    task = named[1] if named else ""
    order = [s for s in samples if single_input(s)] if task.endswith("_single_input") else samples
    scores = []
    for number, row in read_lines(path):
        place = f"{path}, line {number}"
        index = row.get("doc_id")
        if not isinstance(index, int) or not 0 <= index < len(order):
            raise ResponsesError(f"{place}: doc_id ({index!r}) must be in [0, {len(order)})")
        sample = order[index]
        _same_answer(sample, str(row.get("target")), place)
        _same_prompt(sample, row.get("input"), place)
        raw = row.get("resps", row.get("filtered_resps"))
        while isinstance(raw, list) and raw:
            raw = raw[0]
        response = response_of(sample.id, {"text": raw}, place)
        scores.append(score(sample, response, details={"doc_id": index}))
    source = f"lmms-eval samples {path.name}"
    protocol = UPSTREAM_PROTOCOLS.get(task)
    return Run(once(scores), tuple(order), protocol, path.parent.name, source)


def _read_official(folder: Path, files: Sequence[Path], samples: tuple[Sample, ...] | None) -> Run:
    """``<setting>/<model>/<id>.json``, the processed record plus ``response``."""
    known = by_id(samples) if samples is not None else None
    scores = []
    for file in files:
        record = read_json(file)
        place = str(file)
        if record.get("id") != file.stem:
            raise ResponsesError(f"{place}: id ({record.get('id')!r}) must be {file.stem!r}")
        question: Scorable
        if known is None:
            question = _of_record(record, place)
        else:
            question = known_question(known, file.stem, place)
            _same_answer(question, str(record.get("ground_truth")), place)
        response = response_of(file.stem, {"text": record.get("response")}, place)
        scores.append(score(question, response))
    expected, notes = (samples, ()) if samples is not None else denominator(scores)
    setting = folder.parent.name if _SETTING.fullmatch(folder.parent.name) else None
    return Run(once(scores), expected, setting, folder.name, f"folder {folder.name}", notes)


def _of_record(record: Mapping[str, Any], place: str) -> Question:
    try:
        return Question.of_record(record)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ResponsesError(
            f"{place}: cannot be scored on its own: {error!r}", next_step=DATASET_NEEDED
        ) from error


def _same_answer(question: Scorable, answer: str, place: str) -> None:
    if question.answer != answer:
        raise ResponsesError(
            f"{place}: the file says that {question.id} has answer {answer!r}, the dataset says "
            f"{question.answer!r}",
            next_step="score against the dataset that the run was made on, in its order",
        )


_SPACE = re.compile(r"<(?:video|image)>|\s")


def _same_prompt(sample: Sample, prompt: object, place: str) -> None:
    """A second check of the position: four in ten answers agree by chance, prompts do not."""
    if isinstance(prompt, str) and prompt:
        wanted = _SPACE.sub("", sample.user_prompt)
        if wanted not in _SPACE.sub("", prompt):
            raise ResponsesError(
                f"{place}: the prompt is not that of {sample.id}",
                next_step="score against the dataset that the run was made on, in its order",
            )
