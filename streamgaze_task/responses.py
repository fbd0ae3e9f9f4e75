"""Reads what runs leave behind: our files, lmms-eval's sample logs, the reference's results.

Every reader ends in one Run: a Score per request and the denominator. Nothing is dropped: a line
that cannot be read, a request twice and a request that is not in the dataset are errors.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.accuracy import listed
from sightline.errors import ResponsesError
from sightline.jsonl import read_lines
from sightline.records import Score
from sightline.run_files import known_question, once, response_again, responses_of
from streamgaze_task.items import Item
from streamgaze_task.questions import read_samples
from streamgaze_task.reference_results import find_results, read_results
from streamgaze_task.scoring import METRIC, score
from streamgaze_task.task_names import CODES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from streamgaze_task.items import Scorable
    from streamgaze_task.schema import Request, Sample

__all__ = ["DATASET_NEEDED", "METRIC", "Run", "read_run"]

DATASET_NEEDED = "add --dataset FOLDER, the dataset that `sightline build streamgaze` made"

_LOG = re.compile(rf"_samples_(streamgaze(?:_\w+)?)_({'|'.join(CODES)})\.jsonl")
"""lmms-eval's name of a samples file: which way the task shows its requests, and its code."""


@dataclass(frozen=True)
class Run:
    """A run, ready to be summarised."""

    scores: tuple[Score, ...]
    """One per request that the run has something on."""
    expected: tuple[Scorable, ...] | Mapping[str, int]
    """The denominator: the requests of the split, or how many each task has."""
    protocol: str | None
    """``<gaze prompt>/<sampling>``, where the scores' details do not tell it."""
    model: str | None
    """The model, as far as the files tell it."""
    source: str
    """What was read, in words."""
    notes: tuple[str, ...] = ()
    """What else the reader of the tables must know."""


def read_run(path: Path | Sequence[Path], dataset: Path | None = None) -> Run:
    """Read a run in whatever form it is.

    Args:
        path: our responses JSONL (``question_id``, ``text``, ``error``; the id is a request's), a
            samples JSONL of one of our tasks, a folder that holds one run (``responses*.jsonl`` of
            its ranks, or up to ten samples files of one way to show the tasks), the reference's
            ``results/<model>`` or a folder or file in it, or several samples files by name.
        dataset: the built dataset. A samples file of a task is measured against all requests of
            that task; responses and reference results against those of all ten.

    Raises:
        ResponsesError: the files cannot be read, say something twice, are of several runs, or do
            not belong to the dataset. The message has the file and the line.
        DatasetError: the dataset cannot be read.
    """
    samples = read_samples(dataset) if dataset is not None else None
    if not isinstance(path, Path):
        return _read_own([Path(one) for one in path], samples)
    kind, files = _kind(path)
    if kind == "responses":
        return _read_responses(files, samples)
    if kind == "own":
        return _read_own(files, samples)
    if dataset is None or samples is None:
        raise ResponsesError(
            f"{path} does not tell all that was asked: an interrupted run ends early",
            next_step=DATASET_NEEDED,
        )
    found = read_results(path, dataset, samples)
    return Run(
        once(found.scores),
        tuple(request for sample in found.samples for request in sample.requests()),
        found.protocol,
        found.model,
        found.source,
        found.notes,
    )


def _kind(path: Path) -> tuple[str, list[Path]]:
    if path.is_dir():
        ours = sorted(path.glob("responses*.jsonl"))
        logs = sorted(p for p in path.rglob("*.jsonl") if _LOG.search(p.name))
        results = find_results(path)
        if bool(ours) + bool(logs) + bool(results) != 1:
            raise ResponsesError(
                f"{path} must hold one run: it has {len(ours)} responses file(s), {len(logs)} "
                f"samples file(s) of our tasks and {len(results)} result file(s) of the reference",
                next_step="name the file or the folder of one run",
            )
        return ("own", _one_run(path, logs)) if logs else ("responses" if ours else "results", ours)
    if path.suffix == ".json":
        return "results", []
    for _, row in read_lines(path):
        if METRIC in row:
            return "own", [path]
        if "question_id" in row:
            return "responses", [path]
        raise ResponsesError(
            f"{path}, line 1: the keys {sorted(row)[:10]} are neither a response of ours nor a "
            "line of a samples file of our tasks",
        )
    raise ResponsesError(f"{path} is empty", next_step="was the run killed before its end?")


def _one_run(folder: Path, logs: Sequence[Path]) -> list[Path]:
    """The samples files of a folder, when they are of one run: one way, one file a task."""
    ways: defaultdict[tuple[Path, str], dict[str, list[Path]]] = defaultdict(dict)
    for log in logs:
        found = _LOG.search(log.name)
        way, code = (found[1], found[2]) if found else ("", "")
        ways[log.parent, way].setdefault(code, []).append(log)
    if len(ways) > 1:
        raise ResponsesError(
            f"{folder} has samples of {len(ways)} runs: "
            + listed(f"{way} in {parent.name}" for parent, way in ways),
            next_step="name the folder of one run, or its files one by one",
        )
    twice = [f for files in next(iter(ways.values())).values() if len(files) > 1 for f in files]
    if twice:
        raise ResponsesError(
            f"{folder} has several samples files of one task: {listed(f.name for f in twice)}",
            next_step="name one file, or move the files of the other run away",
        )
    return list(logs)


def _read_responses(files: Sequence[Path], samples: tuple[Sample, ...] | None) -> Run:
    """Our responses: they hold no answers, so the dataset is needed."""
    if samples is None:
        raise ResponsesError(
            f"{files[0]} holds responses without answers", next_step=DATASET_NEEDED
        )
    known = _by_id(samples)
    read = responses_of(files, known)
    scores = [score(request, response, details=details) for request, response, details in read]
    source = f"responses {listed(f.name for f in files)}"
    return Run(once(scores), tuple(known.values()), None, None, source)


def _read_own(files: Sequence[Path], samples: tuple[Sample, ...] | None) -> Run:
    """Lines of our own tasks: everything needed is inside, so they are scored again from there."""
    known = _by_id(samples) if samples is not None else None
    scores = []
    for place, old, inside in _own_lines(files):
        request: Scorable = inside
        if known is not None:
            request = known_question(known, inside.id, place)
            _same(Item.of(request), inside, place)
        scores.append(score(request, response_again(old, place), details=old.details))
    if not scores:
        raise ResponsesError(
            f"{listed(map(str, files))}: no line at all",
            next_step="was the run killed before its end?",
        )
    names = listed(file.name for file in files)
    split = _stated(scores) if known is None else _of_tasks(known, scores)
    return Run(once(scores), split, None, files[0].parent.name, f"samples {names}")


def _own_lines(files: Sequence[Path]) -> Iterator[tuple[str, Score, Item]]:
    for file in files:
        for number, row in read_lines(file):
            place = f"{file}, line {number}"
            try:
                old = Score.from_dict(row[METRIC])
                inside = Item.of_score(old)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise ResponsesError(
                    f"{place}: {METRIC} is not a score of ours: {error!r}"
                ) from error
            yield place, old, inside


def _by_id(samples: Sequence[Sample]) -> dict[str, Request]:
    return {request.id: request for sample in samples for request in sample.requests()}


def _of_tasks(known: Mapping[str, Request], scores: Sequence[Score]) -> tuple[Request, ...]:
    """The requests of the tasks that were run: each has a samples file of its own."""
    tasks = {one.slices["task"] for one in scores}
    return tuple(request for request in known.values() if request.sample.task in tasks)


def _stated(scores: Sequence[Score]) -> dict[str, int]:
    """Requests per task as the scores say it: never just those that are here.

    Raises:
        ResponsesError: they do not say it, or say several things.
    """
    found: dict[str, int] = {}
    for code in CODES:
        own = [one for one in scores if one.slices["task"] == code]
        if not own:
            continue
        stated = {str(one.details.get("expected")): one.details.get("expected") for one in own}
        number = next(iter(stated.values())) if len(stated) == 1 else None
        if not isinstance(number, int) or number < len(own):
            raise ResponsesError(
                f"the samples of {code} do not tell how many requests there were "
                f"({listed(stated)}; {len(own)} are here)",
                next_step=DATASET_NEEDED,
            )
        found[code] = number
    return found


def _same(item: Item, inside: Item, place: str) -> None:
    if item != inside:
        raise ResponsesError(
            f"{place}: what the file says of {item.id} is not what the dataset says: "
            f"answer {inside.answer!r} and {item.answer!r}, video {inside.cluster!r} and "
            f"{item.cluster!r}",
            next_step="score against the dataset that the run was made on",
        )
