"""Finished runs in a folder that `sightline eval` or lmms-eval wrote into.

lmms-eval names its files after the time at which a run ended: ``<date>_results.json`` and, for each
task, ``<date>_samples_<task>.jsonl``. One run may hold several settings of several benchmarks, and
one folder several runs. Nothing is passed over in silence: what is left aside is told.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sightline.accuracy import listed
from sightline.errors import EvaluationError, ResponsesError, SubmissionError
from sightline.findings import Finding
from sightline.jsonl import read_lines
from sightline.leaderboard.board import all_boards
from sightline.leaderboard.records import FinishedRun
from sightline.lmms import results as lmms_results
from sightline.records import Score
from sightline.run_files import once

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from sightline.leaderboard.board import Board, Setting

_FILE = re.compile(r"(?P<date>\d{8}_\d{6})_(?:results\.json|samples_(?P<task>[\w.-]+)\.jsonl)")
_OFFICIAL = ("question_*.json", "responses*.jsonl")
_RUN_AGAIN = (
    "name the --output folder of `sightline eval`, or of lmms-eval with our tasks and --log_samples"
)


@dataclass(frozen=True)
class Survey:
    """What a folder holds."""

    runs: tuple[FinishedRun, ...]
    """One per setting, of one date; at least one."""
    findings: tuple[Finding, ...]
    """What was left aside, and why."""


@dataclass(frozen=True)
class _Dated:
    """The files of one run."""

    folder: Path
    date: str
    samples: Mapping[str, Path]

    @property
    def results(self) -> Path:
        """Where its results must be."""
        return self.folder / f"{self.date}_results.json"


def read_runs(
    folder: Path, board: Board | None = None, *, date: str | None = None
) -> tuple[FinishedRun, ...]:
    """The runs of :func:`survey`, for who does not tell what was left aside."""
    return survey(folder, None if board is None else (board,), date=date).runs


def survey(
    folder: Path, boards: Sequence[Board] | None = None, *, date: str | None = None
) -> Survey:
    """Read every setting of the newest run in a folder that is complete.

    A run that asked all questions goes before a newer one that asked some only (--limit).

    Args:
        folder: ``--output`` of `sightline eval`, the model's folder in it, or one of its files.
        boards: whose settings to look for; None: of every installed benchmark.
        date: of the run, ``20261121_233055`` or ``20261121-233055``; None: the newest.

    Raises:
        SubmissionError: there is no finished run of our tasks, or there are several models' runs;
            the message says what to do.
        ResponsesError: a samples file cannot be read, or says something twice.
    """
    boards = all_boards() if boards is None else boards
    seen: list[tuple[_Dated, Survey]] = []
    for one in _of_date(_dated(folder), folder, date):
        seen.append((one, _read(one, boards)))
        if any(not is_limited(run) for run in seen[-1][1].runs):
            return _told(seen[-1], seen[:-1])
    partial = [one for one in seen if one[1].runs]
    if partial:
        return _told(partial[0], [one for one in seen if one is not partial[0]])
    reasons = "".join(f"\n  - {f.what}" for _, found in seen for f in found.findings)
    raise SubmissionError(
        f"{folder} must hold a finished run of our tasks, but holds none:{reasons}",
        next_step=_RUN_AGAIN,
    )


def is_limited(run: FinishedRun) -> bool:
    """Whether the run was told to ask some of the questions only."""
    config = run.results.get("config") or {}
    sizes = run.results.get("n-samples") or {}
    tasks = {str(one.details.get("task")) for one in run.scores}
    fewer = any(
        (sizes.get(task) or {}).get("effective") != (sizes.get(task) or {}).get("original")
        for task in tasks
    )
    return config.get("limit") is not None or bool(config.get("offset")) or fewer


def _told(chosen: tuple[_Dated, Survey], others: Sequence[tuple[_Dated, Survey]]) -> Survey:
    """The chosen run, with a word on each that was passed over."""
    aside = [
        Finding(
            "warning",
            f"the run of {one.date} was left aside: it "
            + ("asked some of the questions only" if found.runs else "holds no whole setting"),
            f"to take it all the same: --run {one.date}" if found.runs else "",
        )
        for one, found in others
    ]
    return Survey(chosen[1].runs, (*aside, *chosen[1].findings))


def _dated(folder: Path) -> list[_Dated]:
    """Every run in a folder and in the folders in it, the newest first.

    Raises:
        SubmissionError: there is none, or there are those of several models.
    """
    if folder.is_file() and (named := _FILE.fullmatch(folder.name)):
        return [one for one in _dated(folder.parent) if one.date == named["date"]]
    if not folder.is_dir():
        raise SubmissionError(f"{folder} must be the folder of a run", next_step=_RUN_AGAIN)
    places = [folder, *sorted(path for path in folder.iterdir() if path.is_dir())]
    found = [one for place in places for one in _in_folder(place)]
    homes = list(dict.fromkeys(one.folder for one in found))
    if len(homes) > 1:
        raise SubmissionError(
            f"{folder} must hold the runs of one model, but has {len(homes)} folders of them",
            next_step=f"name one: {listed(map(str, homes))}",
        )
    if not found:
        raise _nothing(folder)
    return sorted(found, key=lambda one: one.date, reverse=True)


def _in_folder(folder: Path) -> list[_Dated]:
    dates: dict[str, dict[str, Path]] = {}
    for path in sorted(folder.iterdir()):
        named = _FILE.fullmatch(path.name)
        if named is not None and path.is_file():
            samples = dates.setdefault(named["date"], {})
            if named["task"]:
                samples[named["task"]] = path
    return [_Dated(folder, date, samples) for date, samples in dates.items()]


def _nothing(folder: Path) -> SubmissionError:
    if any(True for pattern in _OFFICIAL for _ in folder.glob(pattern)):
        return SubmissionError(
            f"{folder} holds responses, but not how they came about: only a run of our tasks can "
            "be submitted",
            next_step="`sightline score` makes its table; to submit, run `sightline eval --tasks "
            "...` (its --model takes any model of lmms-eval, and any server)",
        )
    return SubmissionError(
        f"{folder} holds no results of lmms-eval (<date>_results.json and <date>_samples_*.jsonl)",
        next_step=_RUN_AGAIN,
    )


def _of_date(dated: Sequence[_Dated], folder: Path, date: str | None) -> Sequence[_Dated]:
    if date is None:
        return dated
    found = [one for one in dated if one.date == date.replace("-", "_")]
    if not found:
        raise SubmissionError(
            f"{folder} has no run of {date}",
            next_step=f"name one of: {listed(one.date for one in dated)}",
        )
    return found


def _read(one: _Dated, boards: Sequence[Board]) -> Survey:
    """The settings of one run."""
    runs, told = [], []
    known = {task for board in boards for s in board.settings for way in _ways(s) for task in way}
    for board in boards:
        for setting in board.settings:
            ways = [way for way in _ways(setting) if any(task in one.samples for task in way)]
            for way in ways[1:]:
                what = f"{one.date}: {listed(way)} is another run of {setting.name}"
                told.append(Finding("warning", f"{what}, and was left aside"))
            try:
                runs += [_setting(one, board, setting, way) for way in ways[:1]]
            except (EvaluationError, ResponsesError, SubmissionError) as error:
                told.append(Finding("warning", f"{one.date}, {setting.name}: {error.message}"))
    for task in one.samples:
        if task not in known:
            what = f"{one.date}: task {task} belongs to no setting of a leaderboard"
            told.append(Finding("note", what))
    return Survey(tuple(runs), tuple(told))


def _ways(setting: Setting) -> list[tuple[str, ...]]:
    """The tasks that make a setting, by their own names or by that of another that is the same."""
    same = [(alias,) for alias in setting.aliases] if len(setting.tasks) == 1 else []
    return [setting.tasks, *same]


def _setting(one: _Dated, board: Board, setting: Setting, tasks: Sequence[str]) -> FinishedRun:
    absent = [task for task in tasks if task not in one.samples]
    if absent:
        raise SubmissionError(
            f"{len(tasks)} tasks make it, but there are no samples of {listed(absent)}"
        )
    if not one.results.is_file():
        raise SubmissionError(f"{one.results.name} is missing: the run did not end")
    scores = once(score for task in tasks for score in _scores(one.samples[task], board))
    lmms_results.check(one.results, tasks)
    results = _json(one.results)
    _check_protocol(scores, setting)
    dataset = _dataset(results, tasks)
    return FinishedRun(one.folder, board.benchmark, setting.name, scores, results, dataset)


def _json(path: Path) -> dict[str, Any]:
    found = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(found, dict):
        raise SubmissionError(f"{path} must hold an object")
    return found


def _scores(path: Path, board: Board) -> list[Score]:
    found = []
    for number, row in read_lines(path):
        place = f"{path.name}, line {number}"
        if board.metric_key not in row or "doc_id" not in row:
            raise SubmissionError(
                f"{place}: has no {board.metric_key}: it is no line of a task of ours"
            )
        try:
            score = Score.from_dict(row[board.metric_key])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ResponsesError(f"{place}: no score of ours: {error!r}") from error
        found.append(replace(score, details={**score.details, **_tokens(row)}))
    return found


def _tokens(row: Mapping[str, Any]) -> dict[str, int]:
    """Token counts of a line of a samples file, where the backend told them."""
    counts = row.get("token_counts")
    first = counts[0] if isinstance(counts, list) and counts else {}
    names = ("input_tokens", "output_tokens", "reasoning_tokens")
    said = first if isinstance(first, dict) else {}
    return {name: said[name] for name in names if isinstance(said.get(name), int)}


def _check_protocol(scores: Sequence[Score], setting: Setting) -> None:
    if not scores:
        raise SubmissionError("there are no samples")
    said = {str(one.details.get("protocol")) for one in scores}
    if setting.protocol and said != {setting.protocol}:
        raise SubmissionError(
            f"its protocol is {setting.protocol}, but the run followed {listed(sorted(said))}"
        )


def _dataset(results: Mapping[str, Any], tasks: Iterable[str]) -> dict[str, Any]:
    """What the tasks say of their dataset, which must be one."""
    configs = results.get("configs") or {}
    metadata = [(configs.get(task) or {}).get("metadata") or {} for task in tasks]
    found = [one["dataset"] for one in metadata if isinstance(one.get("dataset"), dict)]
    if any(one != found[0] for one in found):
        raise SubmissionError("its tasks were run on several datasets")
    return dict(found[0]) if found else {}
