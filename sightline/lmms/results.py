"""Reads what lmms-eval leaves behind, and checks that it is whole."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path  # noqa: TC003 (dataclasses resolve it)
from typing import TYPE_CHECKING, Any

from sightline.errors import EvaluationError
from sightline.records import ERROR_MARK

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_NO_METRIC = ("alias", "samples")
"""Entries of a task's results that are no metric."""


@dataclass(frozen=True)
class Finished:
    """A run that has all its results."""

    results: Path
    """lmms-eval's ``<date>_results.json``."""
    samples: Mapping[str, Path]
    """Task -> its ``<date>_samples_<task>.jsonl``."""
    documents: int
    """Number of questions asked, all tasks together."""
    failed: int
    """Of these, the ones whose outcome is an error of the run."""


def check(results: Path, tasks: Iterable[str]) -> Finished:
    """Check that a results file has every task's metrics and one sample line per document.

    Args:
        results: ``<date>_results.json``, with the samples files beside it.
        tasks: what was asked for: tasks or groups.

    Raises:
        EvaluationError: something is missing; the message says what.
    """
    record = _json(results.read_text(encoding="utf-8"), results)
    samples, documents, failed = {}, 0, 0
    for task in _leaves(tasks, record.get("group_subtasks") or {}):
        if not _metrics(record.get("results", {}).get(task) or {}):
            raise EvaluationError(
                f"{results} has no metric of task {task}",
                next_step="look for the first error in the log above, and run again",
            )
        path = results.with_name(results.name.replace("_results.json", f"_samples_{task}.jsonl"))
        count, errors = _check_samples(path, task, _expected(record, task))
        samples[task] = path
        documents += count
        failed += errors
    return Finished(results, samples, documents, failed)


def _expected(record: Mapping[str, Any], task: str) -> int:
    sizes = record.get("n-samples", {}).get(task) or {}
    count = sizes.get("effective")
    if not isinstance(count, int) or count < 1:
        raise EvaluationError(
            f"task {task} was run on no document",
            next_step="check --limit and --offset, and that the dataset has questions",
        )
    return count


def _check_samples(path: Path, task: str, expected: int) -> tuple[int, int]:
    """Number of documents in a samples file, and how many of them are errors of the run."""
    if not path.is_file():
        raise EvaluationError(
            f"task {task} has results but no samples file {path.name}",
            next_step="look for the first error in the log above, and run again",
        )
    seen, failed = set(), 0
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            row = _json(line, path)
            seen.add(row["doc_id"])
            failed += _response(row).startswith(ERROR_MARK)
    if len(seen) != expected:
        raise EvaluationError(
            f"task {task} must have {expected} samples, but {path.name} has {len(seen)}",
            next_step="a rank was lost; look for the first error in the log above, and run again",
        )
    return len(seen), failed


def _json(text: str, path: Path) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        # lmms-eval swallows a full disk.
        raise EvaluationError(
            f"{path} is not whole: {error}", next_step="check that the disk has room, and run again"
        ) from error


def _response(row: Mapping[str, Any]) -> str:
    """The answer in a line of a samples file: lmms-eval unwraps a list of one."""
    found = row.get("filtered_resps") or ""
    return found if isinstance(found, str) else str(found[0])


def _leaves(tasks: Iterable[str], groups: Mapping[str, Sequence[str]]) -> list[str]:
    """The tasks behind names that may be groups, in order, each once."""
    found: dict[str, None] = {}
    for name in tasks:
        members = groups.get(name) or ()
        found.update(dict.fromkeys(_leaves(members, groups) if members else [name]))
    return list(found)


def _metrics(entries: Mapping[str, Any]) -> dict[str, float]:
    """The metrics among a task's results: ``name,filter`` -> number."""
    return {
        name: value
        for name, value in entries.items()
        if isinstance(value, (int, float))
        and name.split(",")[0] not in _NO_METRIC
        and "_stderr" not in name
    }
