"""What stands behind an argument of `sightline compare` and `report`: a run, a package, a file."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sightline.accuracy import listed
from sightline.benchmarks import benchmark_of
from sightline.errors import ResponsesError, SubmissionError, UsageError
from sightline.jsonl import read_lines
from sightline.leaderboard.board import board_of
from sightline.leaderboard.records import MANIFEST, FinishedRun
from sightline.records import Response, Score
from sightline.run_files import once, response_again, response_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from sightline.leaderboard.board import Board, Setting


@dataclass(frozen=True)
class Side:
    """One run, ready to be compared or shown."""

    name: str
    """Of the model."""
    source: str
    """What was read: the name of the folder or file, without the way to it."""
    board: Board
    """Of its benchmark."""
    setting: Setting
    """That it was run in."""
    scores: tuple[Score, ...]
    """At most one a question."""
    split: tuple[Score, ...] = ()
    """The MISSING score of every question; empty where no dataset was given."""
    stated: int | None = None
    """How many questions the split has by what the samples say; None where they do not say."""
    dataset: Mapping[str, Any] = field(default_factory=dict)
    """Origin, revision and checksums, as far as known."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """results.json of a run, or the manifest of a package."""


def read_side(
    path: Path, *, dataset: Path | None = None, benchmark: str = "", setting: str = ""
) -> Side:
    """Read a run, a package or a samples file.

    Args:
        path: a folder that `sightline eval` or lmms-eval left behind, a package (folder or zip),
            or a JSONL file of samples or responses.
        dataset: the built dataset: its questions are the split and every response is scored again.
            Packages and responses cannot do without.
        benchmark: its name, where the file does not tell it.
        setting: name of the setting, where there are several.

    Raises:
        UsageError: the path holds no run, or several and `setting` names none of them.
        ResponsesError, SubmissionError: a file cannot be read.
        DatasetError: the dataset cannot be read.
    """
    if not path.exists():
        raise UsageError(f"{path} does not exist", next_step="name a run, a package or a file")
    if path.suffix == ".zip" or (path.is_dir() and (path / MANIFEST).exists()):
        return _of_package(path, dataset)
    if path.is_dir():
        return _of_folder(path, dataset, setting)
    board = board_of(benchmark or benchmark_of(path, dataset).name)
    return _of_file(path, board, dataset, setting)


def _of_folder(path: Path, dataset: Path | None, setting: str) -> Side:
    from sightline.leaderboard.submission.runs import read_runs  # noqa: PLC0415 (only folders need it)

    runs: Sequence[FinishedRun] = read_runs(path)
    chosen = [run for run in runs if not setting or _is(run, setting)]
    if len(chosen) != 1:
        there = ", ".join(f"{run.setting} ({run.folder.name})" for run in runs) or "none"
        raise UsageError(
            f"{path} must hold one run{f' of {setting}' if setting else ''}; it holds: {there}",
            next_step="name the folder of one run, or one setting with --setting",
        )
    run = chosen[0]
    board = board_of(run.benchmark)
    side = Side(
        name=_model(run.results, run.scores, path),
        source=run.folder.name,
        board=board,
        setting=board.setting(run.setting),
        scores=once(run.scores),
        stated=_stated(run.scores),
        dataset=run.dataset,
        facts=run.results,
    )
    return side if dataset is None else _scored_again(side, dataset)


def _is(run: FinishedRun, setting: str) -> bool:
    return run.setting == board_of(run.benchmark).setting(setting).name


def _of_package(path: Path, dataset: Path | None) -> Side:
    from sightline.leaderboard.checks.reading import read_package  # noqa: PLC0415 (only packages need it)

    if dataset is None:
        raise UsageError(
            f"{path.name} is a package: its responses are scored here, and not taken as scored",
            next_step="add --dataset FOLDER, the dataset of the benchmark",
        )
    package, faults = read_package(path)
    if package is None or faults:
        raise SubmissionError(
            f"{path.name} cannot be read as a package: {listed(one.line() for one in faults)}",
            next_step="`sightline leaderboard check` shows all that is wrong with it",
        )
    manifest = package.manifest
    try:
        board = board_of(str(manifest["benchmark"]))
        setting = board.setting(str(manifest["setting"]))
        name = str(manifest["model"]["name"])
    except (KeyError, TypeError) as error:
        raise SubmissionError(
            f"{path.name}: the manifest lacks benchmark, setting or model: {error!r}",
            next_step="`sightline leaderboard check` shows all that is wrong with it",
        ) from error
    responses = [Response(r.question_id, r.response, r.error) for r in package.responses]
    details = {one.question_id: dict(one.details) for one in package.responses}
    return Side(
        name=name,
        source=path.name,
        board=board,
        setting=setting,
        scores=tuple(_with(details, board.rescore(dataset, setting, responses))),
        split=tuple(board.expected(dataset, setting)),
        dataset=_mapping(manifest.get("dataset")),
        facts=manifest,
    )


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _of_file(path: Path, board: Board, dataset: Path | None, setting: str) -> Side:
    rows = list(read_lines(path))
    if not rows:
        raise ResponsesError(f"{path} is empty", next_step="was the run killed before its end?")
    if board.metric_key not in rows[0][1]:
        return _of_responses(path, rows, board, dataset, setting)
    scores = [_score(row, board, f"{path}, line {number}") for number, row in rows]
    known = {str(one.details.get("task")) for one in scores}
    chosen = board.setting(setting) if setting else _setting_of(board, known, path)
    side = Side(
        name=_model({}, scores, path),
        source=path.name,
        board=board,
        setting=chosen,
        scores=once(scores),
        stated=_stated(scores),
        dataset={"checksums": scores[0].details.get("dataset_checksums")},
    )
    return side if dataset is None else _scored_again(side, dataset)


def _score(row: Mapping[str, Any], board: Board, place: str) -> Score:
    try:
        found = Score.from_dict(row[board.metric_key])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ResponsesError(
            f"{place}: {board.metric_key} is not a score of ours: {error!r}"
        ) from error
    texts = (found.question_id, found.answer, found.cluster, *found.slices.values())
    if not all(isinstance(text, str) for text in texts):
        raise ResponsesError(f"{place}: id, key, video and slices of a score must be texts")
    counts = row.get("token_counts")
    first = counts[0] if isinstance(counts, list) and counts else None
    tokens = first.get("output_tokens") if isinstance(first, dict) else None
    if not isinstance(tokens, int):
        return found
    return replace(found, details={**found.details, "output_tokens": tokens})


def _setting_of(board: Board, tasks: Iterable[str], path: Path) -> Setting:
    """The setting that has all these tasks."""
    for one in board.settings:
        if all(task in {one.name, *one.tasks, *one.aliases} for task in tasks):
            return one
    raise UsageError(
        f"{path.name} has samples of {', '.join(sorted(tasks))}, which no setting of "
        f"{board.title} has",
        next_step=f"add --setting with one of: {', '.join(one.name for one in board.settings)}",
    )


def _of_responses(
    path: Path,
    rows: Sequence[tuple[int, Mapping[str, Any]]],
    board: Board,
    dataset: Path | None,
    setting: str,
) -> Side:
    if "question_id" not in rows[0][1]:
        raise ResponsesError(
            f"{path}, line 1: neither a sample of our tasks nor a response with its question_id",
            next_step="`sightline score` reads other files, one at a time",
        )
    if dataset is None:
        raise ResponsesError(
            f"{path.name} holds responses without keys",
            next_step="add --dataset FOLDER, the dataset that they were asked from",
        )
    chosen = board.setting(setting) if setting else board.settings[0]
    responses, details = [], {}
    for number, row in rows:
        place = f"{path}, line {number}"
        responses.append(response_of(text_of(row, "question_id", place), row, place))
        details[responses[-1].question_id] = {k: v for k, v in row.items() if k != "text"}
    return Side(
        name=path.stem,
        source=path.name,
        board=board,
        setting=chosen,
        scores=tuple(_with(details, board.rescore(dataset, chosen, responses))),
        split=tuple(board.expected(dataset, chosen)),
    )


def _scored_again(side: Side, dataset: Path) -> Side:
    """The same run with this version's parsers, over the questions of the dataset."""
    found = (response_again(one, f"{side.source}, {one.question_id}") for one in side.scores)
    responses = [one for one in found if one is not None]
    details = {one.question_id: dict(one.details) for one in side.scores}
    scores = side.board.rescore(dataset, side.setting, responses)
    split = tuple(side.board.expected(dataset, side.setting))
    return replace(side, scores=tuple(_with(details, scores)), split=split)


def _with(details: Mapping[str, Mapping[str, Any]], scores: Iterable[Score]) -> Iterable[Score]:
    """The scores with what the run knew of each question; what scoring says wins."""
    for one in scores:
        yield replace(one, details={**details.get(one.question_id, {}), **one.details})


def _model(results: Mapping[str, Any], scores: Sequence[Score], path: Path) -> str:
    said = {str(one.details["model"]) for one in scores if one.details.get("model")}
    name = results.get("model_name") or " + ".join(sorted(said)) or path.resolve().parent.name
    return str(name).rstrip("/").rpartition("/")[2] if str(name).startswith("/") else str(name)


def _stated(scores: Iterable[Score]) -> int | None:
    """What the samples say the split has: each task says it of its own."""
    tasks = {str(one.details.get("task")): one.details.get("expected") for one in scores}
    numbers = [number for number in tasks.values() if isinstance(number, int)]
    return sum(numbers) if tasks and len(numbers) == len(tasks) else None
