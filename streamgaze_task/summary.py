"""Scores -> the report of StreamGaze: tasks, families, named means, alerts, by every parser.

The report is plain JSON; all shares in it are percent. :func:`render` shows it as tables.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sightline import reports
from sightline.accuracy import complete
from streamgaze_task import alerts, published, responses
from streamgaze_task.items import Item
from streamgaze_task.scoring import HEADLINE, PARSERS, score
from streamgaze_task.summary_table import render
from streamgaze_task.task_names import CODES, PUBLISHED_QUESTIONS
from streamgaze_task.task_results import (
    AGGREGATES,
    TaskScores,
    aggregate_reports,
    as_published_script,
    counts,
    family_reports,
    task_report,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sightline.records import Score
    from streamgaze_task.items import Scorable

__all__ = ["AGGREGATES", "render", "score_file", "summarise"]

TITLE = "StreamGaze"
REPORT_VERSION = 1
"""Raised when a key of the report changes its meaning."""


def summarise(
    scores: Sequence[Score],
    expected: Sequence[Scorable] | Mapping[str, int],
    *,
    protocol: str | None = None,
    model: str | None = None,
    source: str = "",
    notes: Sequence[str] = (),
) -> dict[str, Any]:
    """The whole report of a run.

    Args:
        scores: what the run left behind, at most one per request.
        expected: the denominator: every request of the split, or how many each task (code) has.
            Tasks that are not in it are not in the split, and the report says so.
        protocol: how requests were shown, ``<gaze prompt>/<sampling>``; None takes what the
            scores' details say.
        model: the model's name; None takes what the scores' details say.
        source: what was read, in words.
        notes: what else the reader of the tables must know.

    Returns:
        JSON types. ``overall`` is the headline: `mean_of_tasks` by the reference parser, with the
        counts of all requests. ``aggregates``, ``tasks``, ``families`` have every parser.

    Raises:
        ResponsesError: a request was scored twice, or is not in the split.
        ValueError: fewer requests are expected than there are scores.
    """
    listed, tasks = _by_task(scores, expected)
    counted = Counter(Item.of_score(one).question_id for one in listed)
    aggregates = aggregate_reports(tasks)
    totals = counts(listed, sum(task.expected for task in tasks.values()), HEADLINE)
    absent = [code for code in CODES if code not in tasks]
    unlisted = sum(task.unlisted for task in tasks.values())
    is_published = not unlisted and len(counted) == PUBLISHED_QUESTIONS and not absent
    setting = protocol or reports.common_detail(listed, "protocol") or "not stated"
    shown, sampling = (
        reports.common_detail(listed, key) or part or "not stated"
        for key, part in zip(("gaze_prompt", "sampling"), _parts(setting), strict=True)
    )
    return {
        "benchmark": TITLE,
        "report_version": REPORT_VERSION,
        "unit": "percent",
        "model": model or reports.common_detail(listed, "model") or "this run",
        "protocol": setting,
        "gaze_prompt": shown,
        "sampling": sampling,
        "source": source,
        "notes": list(notes),
        "headline_parser": HEADLINE,
        "headline": "mean_of_tasks",
        "aggregate_names": dict(AGGREGATES),
        "questions": len(counted),
        "unlisted": unlisted,
        "tasks_absent": absent,
        "partial": totals["missing"] > 0,
        "published_questions": is_published,
        "comparable": is_published and not totals["missing"] and shown == published.GAZE_PROMPT,
        "overall": {**aggregates["mean_of_tasks"]["parsers"][HEADLINE], **totals},
        "aggregates": aggregates,
        "tasks": {code: task_report(task, code) for code, task in tasks.items()},
        "families": family_reports(tasks),
        "as_published_script": as_published_script(tasks),
        "alerts": alerts.report(listed),
        "disagreement": reports.disagreement(listed, PARSERS),
    }


def _parts(setting: str) -> tuple[str, str]:
    """Gaze prompt and sampling of ``visual/grid-32``."""
    prompt, slash, sampling = setting.partition("/")
    return (prompt, sampling) if slash else ("", "")


def _by_task(
    scores: Sequence[Score], expected: Sequence[Scorable] | Mapping[str, int]
) -> tuple[list[Score], dict[str, TaskScores]]:
    """The scores, complete where the split is listed, and the same by task in the paper's order."""
    if isinstance(expected, Mapping):
        listed, sizes = complete(scores, scores), dict(expected)
    else:
        listed = complete(scores, [score(request, None) for request in expected])
        sizes = Counter(one.slices["task"] for one in listed)
    found: dict[str, list[Score]] = {code: [] for code in CODES if code in sizes}
    for one in listed:
        code = one.slices["task"]
        if code not in found:
            raise ValueError(f"{one.question_id} is of task {code!r}, of which none is expected")
        found[code].append(one)
    for code, group in found.items():
        if sizes[code] < len(group):
            raise ValueError(
                f"expected {code} ({sizes[code]}) must be at least the number of scores, "
                f"{len(group)}"
            )
    return listed, {code: TaskScores(group, sizes[code]) for code, group in found.items()}


def score_file(
    path: Path,
    *,
    dataset: Path | None = None,
    protocol: str | None = None,
    model: str | None = None,
) -> dict[str, Any]:
    """Score what a run left behind, without its model, and report.

    Args:
        path: our responses JSONL, a samples JSONL of one of our tasks, a folder with the samples
            of several tasks of one run, or the reference's results of one model.
        dataset: the built dataset: its requests are the denominator. Without it the denominator
            is what the samples say.
        protocol: ``<gaze prompt>/<sampling>``, when the files do not tell it.
        model: the model's name, when the files do not tell it.

    Raises:
        ResponsesError: the files cannot be read, or do not belong to the questions.
        DatasetError: the dataset cannot be read.
    """
    run = responses.read_run(path, dataset)
    return summarise(
        run.scores,
        run.expected,
        protocol=protocol or run.protocol,
        model=model or run.model,
        source=run.source,
        notes=run.notes,
    )
