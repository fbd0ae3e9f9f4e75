"""A made-up benchmark with its board, its runs and rows: small, and without any dataset.

Load with ``runpy.run_path``. Every board's report, the toy's too, has ``overall`` (the headline
parser's counts ``expected, right, wrong, unparsed, missing, error`` and ``accuracy``,
``interval``) and ``parsers`` (parser -> at least ``accuracy`` and ``failure_rate``), in percent.
"""

from __future__ import annotations

import json
import random
import runpy
import sys
import types
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.benchmarks import Benchmark
from sightline.leaderboard.records import Entry, FinishedRun
from sightline.records import Outcome, Score

if TYPE_CHECKING:
    from sightline.leaderboard.board import Board, PublishedRow

_toy = types.SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("leaderboard_toy.py"))))
METRIC, PARSERS, OPTIONS = _toy.METRIC, _toy.PARSERS, _toy.OPTIONS
AXES, SETTINGS, QUESTIONS, PUBLISHED = _toy.AXES, _toy.SETTINGS, _toy.QUESTIONS, _toy.PUBLISHED
toy_board, toy_scores = _toy.toy_board, _toy.toy_scores

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</script><svg onload=alert(1)>",
    "{{ 7*7 }}{% import os %}",
    '=HYPERLINK("http://evil.example","x")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1,2)",
    "\t=1+1",
    "a|b\\|c\n# not a heading\n|---|",
    "[x](javascript:alert(1)) `code` *bold* _under_",
    "\\input{/etc/passwd} $x^2$ 50% #1 & ~ {}",
    "name: [yes, no]\n- evil: true",
    "null",
    "\u202egnp.exe",
    "\x1b[31mred\x07",
    "../../etc/passwd",
    "a/../../b",
    "&lt;already&gt; &amp;",
    "emoji \U0001f600 and \u0645\u0631\u062d\u0628\u0627",
    "x" * 3000,
    "",
)
"""What strangers may put where a text stands: markup, formulas, control signs, paths."""

DATASET = {
    "origin": "org/toy@" + "a" * 40,
    "revision": "a" * 40,
    "checksums": {"build.json": "b" * 64, "questions/test-00000-of-00001.parquet": "c" * 64},
}
"""What results.json says of the dataset."""


def toy_run(
    folder: Path,
    scores: list[Score] | None = None,
    *,
    setting: str = "toy_plain",
    **results: Any,
) -> FinishedRun:
    """A finished run of the toy, and the same on disk as lmms-eval leaves it.

    Args:
        folder: where `<date>_results.json` and `<date>_samples_<task>.jsonl` are written.
        scores: what came out; `toy_scores` by default.
        setting: name of the setting.
        results: other keys of results.json.
    """
    scores = toy_scores(setting=setting) if scores is None else scores
    folder.mkdir(parents=True, exist_ok=True)
    date = "20261121_233055"
    tasks = list(dict.fromkeys(str(one.details["task"]) for one in scores))
    for task in tasks:
        own = [one for one in scores if one.details["task"] == task]
        lines = [json.dumps(_line(number, one)) for number, one in enumerate(own)]
        text = "".join(f"{line}\n" for line in lines)
        (folder / f"{date}_samples_{task}.jsonl").write_text(text, encoding="utf-8")
    record = {**_results(setting, tasks, scores), **results}
    (folder / f"{date}_results.json").write_text(json.dumps(record), encoding="utf-8")
    return FinishedRun(folder, "toy", setting, tuple(scores), record, DATASET)


def _line(number: int, one: Score) -> dict[str, Any]:
    right = one.outcome is Outcome.RIGHT
    response = one.details["response"]
    return {
        "doc_id": number,
        "target": one.answer,
        "filtered_resps": f"[sightline error] {one.error}" if response is None else response,
        "token_counts": [{"input_tokens": 100 + number, "output_tokens": 2}],
        "doc_hash": "d" * 64,
        METRIC: {**one.as_dict(), "score": 100.0 if right else 0.0},
        "input": f"[{one.cluster}] [{one.question_id}] Where does it go?",
    }


def _results(setting: str, tasks: list[str], scores: list[Score]) -> dict[str, Any]:
    """As lmms-eval 0.7.3 writes it, the parts that somebody may read."""
    config = {
        "task": "",
        "generation_kwargs": {"max_new_tokens": 16, "temperature": 0.0, "do_sample": False},
        "metadata": {"version": 1.0, "dataset": DATASET},
    }
    sizes = {t: sum(one.details["task"] == t for one in scores) for t in tasks}
    return {
        "results": {t: {"alias": t, f"{METRIC},none": 33.3} for t in tasks},
        "group_subtasks": {setting: [] if tasks == [setting] else tasks},
        "configs": {t: {**config, "task": t} for t in tasks},
        "versions": dict.fromkeys(tasks, 1.0),
        "n-samples": {t: {"original": n, "effective": n} for t, n in sizes.items()},
        "config": {
            "model": "sightline",
            "model_args": "pretrained=org/toy-1b,dtype=bfloat16,device=cuda",
            "batch_size": "1",
            "limit": None,
            "gen_kwargs": "",
            "random_seed": 0,
            "numpy_seed": 1234,
            "torch_seed": 1234,
            "fewshot_seed": 1234,
        },
        "git_hash": None,
        "lmms_eval_version": "unknown@unknown",
        "date": "20261121_233055",
        "efficiency": {"by_task": {}},
        "model_source": "sightline",
        "model_name": "org/toy-1b",
        "model_name_sanitized": "org__toy-1b",
        "start_time": 1000.0,
        "end_time": 1060.5,
        "total_evaluation_time_seconds": "60.5",
    }


def manifest(**changes: Any) -> dict[str, Any]:
    """A manifest of the toy, without scores; `changes` replace whole keys."""
    found: dict[str, Any] = {
        "schema_version": 1,
        "benchmark": "toy",
        "setting": "toy_plain",
        "protocol": {"version": 1, "name": "plain", "parser": "first", "parsers": list(PARSERS)},
        "model": {
            "name": "org/toy-1b",
            "revision": "e" * 40,
            "access": "open-weights",
            "url": "https://huggingface.co/org/toy-1b",
            "base_model": None,
            "precision": "bfloat16",
        },
        "dataset": {**DATASET, "questions": len(QUESTIONS)},
        "run": {
            "id": "20261121-233055-1a2b3c4d",
            "date": "2026-11-21T23:30:55+00:00",
            "backend": "sightline",
            "model_args": {"pretrained": "org/toy-1b", "dtype": "bfloat16"},
            "generation": {"max_new_tokens": 16, "temperature": 0.0, "do_sample": False},
            "seeds": {"random": 0, "numpy": 1234, "torch": 1234, "fewshot": 1234},
            "libraries": {"lmms-eval": "0.7.3", "sightline": "0.1.0", "transformers": "5.1.0"},
            "hardware": {"gpu": "NVIDIA H200", "gpus": 1},
            "ranks": 1,
            "wall_seconds": 60.5,
            "tokens": {"input": 615, "output": 12},
        },
        "responses": {"file": "responses.jsonl", "sha256": "f" * 64, "count": len(QUESTIONS)},
        "scores": {},
        "notes": "",
    }
    return found | changes


def entry(**changes: Any) -> Entry:
    """A row of the toy that was run; `changes` are other fields."""
    board = toy_board()
    report = board.summarise(toy_scores(), board.settings[0], "org/toy-1b")
    made = entry_of(board, report, "org/toy-1b", board.settings[0].name)
    return replace(made, **changes)


def entry_of(board: Board, report: Any, model: str, setting: str) -> Entry:
    """The row of a report, made as plainly as it can be."""
    headline = board.headline(report)
    counts = {name: report["overall"][name] for name in ("right", "wrong", "unparsed")}
    return Entry(
        kind="run",
        benchmark=board.benchmark,
        setting=setting,
        model=model,
        run="20261121-233055-1a2b3c4d",
        value=headline.value,
        low=headline.low,
        high=headline.high,
        cells=board.cells(report),
        parsers={parser: report["parsers"][parser]["accuracy"] for parser in board.parsers},
        counts={
            **counts,
            "missing": report["overall"]["missing"],
            "error": report["overall"]["error"],
        },
        faults=(),
        notes=("2 frames",),
        facts=manifest(
            benchmark=board.benchmark,
            setting=setting,
            model={**manifest()["model"], "name": model},
            scores=report,
        ),
        samples="20261121-233055-1a2b3c4d.parquet",
    )


def entries(
    n_models: int, seed: int = 0, *, board: Board | None = None, setting: str | None = None
) -> list[Entry]:
    """Plausible rows of a board: `n_models` runs, then its printed rows of that setting.

    Args:
        n_models: how many runs, each of another model.
        seed: another one gives other numbers.
        board: the toy's by default; any board works, and no dataset is needed.
        setting: name of the setting; the board's first by default.
    """
    board = board or toy_board()
    chosen = board.setting(setting) if setting else board.settings[0]
    chance = random.Random(seed)  # noqa: S311 (plausible, not secret)
    found = [_plausible(board, chosen.name, number, chance) for number in range(n_models)]
    return found + [_printed(board, row) for row in board.published() if row.setting == chosen.name]


def _plausible(board: Board, setting: str, number: int, chance: random.Random) -> Entry:
    skill = chance.uniform(20, 75)
    cells = {
        axis.name: {member: _cell(skill, chance) for member in axis.members} for axis in board.axes
    }
    failed = chance.randrange(0, 40)
    right = round(11.06 * skill)
    model = f"lab-{number % 17}/model-{number:03d}-{chance.choice((1, 3, 8, 32, 72))}b"
    run = f"2026{1 + number % 12:02d}01-120000-{chance.getrandbits(32):08x}"
    return Entry(
        kind="run",
        benchmark=board.benchmark,
        setting=setting,
        model=model,
        run=run,
        value=round(skill, 4),
        low=round(skill - 2.8, 4),
        high=round(skill + 2.8, 4),
        cells=cells,
        parsers={p: round(skill - 1.5 * i, 4) for i, p in enumerate(board.parsers)},
        counts={
            "right": right,
            "wrong": 1106 - right - failed,
            "unparsed": failed,
            "missing": 0,
            "error": 0,
        },
        faults=("partial run: 12 of 1,106 missing",) if number % 23 == 22 else (),
        notes=(board.setting(setting).frames,),
        facts=manifest(
            benchmark=board.benchmark,
            setting=setting,
            model={**manifest()["model"], "name": model, "url": f"https://huggingface.co/{model}"},
            run={**manifest()["run"], "id": run},
        ),
        samples=f"{run}.parquet",
    )


def _cell(skill: float, chance: random.Random) -> dict[str, Any]:
    value = min(98.0, max(2.0, skill + chance.gauss(0, 6)))
    return {
        "value": round(value, 4),
        "low": round(max(0.0, value - 9), 4),
        "high": round(min(100.0, value + 9), 4),
        "expected": chance.randrange(60, 130),
        "failure_rate": round(chance.uniform(0, 4), 4),
    }


def _printed(board: Board, row: PublishedRow) -> Entry:
    return Entry(
        kind="published" if row.kind == "model" else row.kind,
        benchmark=board.benchmark,
        setting=row.setting,
        model=row.name,
        run=row.setting,
        value=row.value,
        low=None,
        high=None,
        cells={
            axis: {
                member: {
                    "value": value,
                    "low": None,
                    "high": None,
                    "expected": None,
                    "failure_rate": None,
                }
                for member, value in members.items()
            }
            for axis, members in row.slices.items()
        },
        parsers={},
        counts={},
        faults=row.faults,
        notes=(row.frames,) if row.frames else (),
        facts={"source": row.source, "questions": row.questions, "access": row.access},
    )


def register(monkeypatch: Any, board: Board | None = None) -> Board:
    """Make a board the only one that is installed: `board_of`, `all_boards`, `benchmark_of`.

    It holds in this process only.
    """
    board = board or toy_board()
    module = types.ModuleType("toy_benchmark_of_tests")
    module.board = lambda: board  # type: ignore[attr-defined]
    tasks = tuple(types.SimpleNamespace(id=one.name) for one in board.settings)
    module.rules = lambda: types.SimpleNamespace(board=tasks, hidden={})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    record = Benchmark(
        name=board.benchmark,
        title=board.title,
        package=module.__name__,
        dataset_variable="TOY_DATASET",
        release="org/toy-release",
        tasks={task: setting.title for setting in board.settings for task in setting.tasks},
        make_sample="",
        sample_variants=(),
        check="",
        build="",
        score="",
        render="",
        leaderboard=f"{module.__name__}:board",
        dataset_rules=f"{module.__name__}:rules",
    )
    entry_point = types.SimpleNamespace(name=board.benchmark, load=lambda: record)
    monkeypatch.setattr("sightline.benchmarks.entry_points", lambda **_: [entry_point])
    return board
