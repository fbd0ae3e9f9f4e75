"""The answers of earlier runs: how many there are, and what they tell of costs."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from sightline.engine.costs import Costs
from sightline.engine.jobs import Job
from sightline.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sightline.preflight.requests import Asking


def records(folder: Path) -> list[dict[str, Any]]:
    """The answers in a folder that are whole lines; nothing where there is none."""
    found = []
    for path in sorted(folder.glob("answers-*.jsonl")):
        with path.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                try:
                    record = json.loads(line)
                except (ValueError, RecursionError):
                    continue
                if isinstance(record, dict) and isinstance(record.get("task"), str):
                    found.append(record)
    return found


def check(
    folder: Path, told: Sequence[dict[str, Any]], asking: Sequence[Asking], ranks: int
) -> Iterator[Finding]:
    """Say what a rerun would find, and how long the run may take.

    Args:
        folder: of the answers.
        told: from :func:`records`.
        asking: the tasks of the run.
        ranks: processes.
    """
    tasks = {one.task for one in asking}
    good = {
        (record["task"], record.get("question_id"), record.get("repeat"))
        for record in told
        if record.get("key") and "error" not in record and record["task"] in tasks
    }
    if good:
        counts = Counter(task for task, *_ in good)
        listed = ", ".join(f"{count:,} of {task}" for task, count in sorted(counts.items()))
        yield Finding(
            "note",
            f"{folder} has answers: {listed}; those of the same model, settings and frames are "
            "used again",
        )
    costs = Costs.learn(told)
    if costs.timed and asking:
        yield Finding(
            "note",
            f"estimate from the answers in {folder}: {hours(costs, asking) / ranks:.1f} hours on "
            f"{ranks} rank(s) for all requests of these tasks",
        )


def hours(costs: Costs, asking: Sequence[Asking]) -> float:
    """Expected hours of one model for all requests of these tasks."""
    seconds = 0.0
    for one in asking:
        jobs = [Job(one.task, "", 0, 0, {}, "", asked) for asked in one.described]
        seconds += one.count * sum(map(costs.cost, jobs)) / max(1, len(jobs))
    return seconds / 3600
