"""What is to be exported, read from wherever it lies: a run, a package, or an entry's file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sightline import findings
from sightline.errors import SubmissionError, UsageError
from sightline.leaderboard.board import board_of
from sightline.leaderboard.checks.run import check_packages
from sightline.leaderboard.records import MANIFEST
from sightline.leaderboard.results.entries import ENTRY_LIMIT_BYTES, entry_of, from_json
from sightline.leaderboard.submission.manifest import Declaration, manifest
from sightline.leaderboard.submission.runs import read_runs
from sightline.records import Outcome
from sightline.run_files import response_again

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from sightline.leaderboard.board import Board, Setting
    from sightline.leaderboard.checks.subject import OwnDataset
    from sightline.leaderboard.records import Entry, FinishedRun
    from sightline.records import Score


@dataclass(frozen=True)
class Source:
    """One row to export."""

    board: Board
    """Of its benchmark."""
    entry: Entry
    """The row."""
    scores: tuple[Score, ...] = ()
    """One per question; empty where only the row is known."""


def read_sources(
    path: Path,
    datasets: Mapping[str, OwnDataset],
    *,
    model: str | None = None,
    setting: str | None = None,
) -> list[Source]:
    """Everything that a path holds.

    Args:
        path: a run's folder, a package (folder or zip), or an entry's JSON file.
        datasets: benchmark -> the dataset to score with; packages need theirs.
        model: the name of a run's model; None: what the run calls it.
        setting: only this one of a run; None: all.

    Raises:
        SubmissionError: it is none of these, or a package is refused.
        UsageError: a run is not whole, and there is no dataset to tell what is missing.
    """
    if path.suffix == ".json" and path.is_file() and not path.name.endswith("_results.json"):
        return [_of_entry(path)]
    if path.suffix == ".zip" or (path / MANIFEST).is_file():
        return [_of_package(path, datasets)]
    found = [_of_run(run, datasets, model) for run in read_runs(path)]
    chosen = [one for one in found if setting in (None, one.entry.setting)]
    if not chosen:
        there = ", ".join(one.entry.setting for one in found)
        raise UsageError(f"{path} has no run of setting {setting!r}; it has: {there}")
    return chosen


def _of_entry(path: Path) -> Source:
    with path.open("rb") as file:
        entry = from_json(file.read(ENTRY_LIMIT_BYTES + 1), path.name)
    return Source(board_of(entry.benchmark), entry)


def _of_package(path: Path, datasets: Mapping[str, OwnDataset]) -> Source:
    """A package by our scores: its own are only what somebody says."""
    report = next(check_packages([path], datasets))
    package = report.package
    if package is None or not report.entry_ready:
        told = [f"\n  - {one.line()}" for one in report.findings if findings.failed([one])]
        raise SubmissionError(
            f"{path} is no package that can be exported:{''.join(told)}",
            next_step="name the dataset with --dataset, and see `sightline leaderboard check`",
        )
    board = board_of(str(package.manifest["benchmark"]))
    chosen = board.setting(str(package.manifest["setting"]))
    return _made(board, chosen, package.manifest, report.scores, report.report)


def _of_run(run: FinishedRun, datasets: Mapping[str, OwnDataset], model: str | None) -> Source:
    board = board_of(run.benchmark)
    setting = board.setting(run.setting)
    scores = _whole(run, board, setting, datasets.get(run.benchmark))
    name = model or str(run.results.get("model_name") or run.folder.name)
    report = board.summarise(scores, setting, name)
    facts = manifest(run, board, Declaration(name), scores)
    return _made(board, setting, facts, scores, report)


def _made(
    board: Board,
    setting: Setting,
    facts: Mapping[str, Any],
    scores: Sequence[Score],
    report: Mapping[str, Any],
) -> Source:
    samples = f"{facts['run']['id']}.parquet"
    return Source(board, entry_of(board, setting, facts, scores, report, samples), tuple(scores))


def _whole(
    run: FinishedRun, board: Board, setting: Setting, dataset: OwnDataset | None
) -> Sequence[Score]:
    """A score for every question: scored again with a dataset, else those of a run that has all."""
    if dataset is not None:
        responses = [
            again
            for one in run.scores
            if (again := response_again(one, f"{run.folder}, {one.question_id}")) is not None
        ]
        return board.rescore(dataset.folder, setting, responses)
    stated: dict[str, object] = {}
    there: dict[str, int] = {}
    for one in run.scores:
        task = str(one.details.get("task"))
        stated[task] = one.details.get("expected")
        there[task] = there.get(task, 0) + (one.outcome is not Outcome.MISSING)
    lacking = [task for task, count in there.items() if stated[task] != count]
    if lacking:
        raise UsageError(
            f"{run.folder} has not all questions of {', '.join(lacking)}, or does not say how many "
            "there were",
            next_step="add --dataset FOLDER: its questions are the denominator",
        )
    return run.scores
