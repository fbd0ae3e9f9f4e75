"""A submission's entry, from its manifest and from scores that were made anew."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from sightline.errors import SubmissionError
from sightline.leaderboard.records import Entry
from sightline.leaderboard.results.entry_fields import CELL
from sightline.records import Outcome
from sightline.wording import short

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sightline.leaderboard.board import Board, Setting
    from sightline.records import Score


def entry_of(  # noqa: PLR0917 (in the order in which they are made)
    board: Board,
    setting: Setting,
    manifest: Mapping[str, Any],
    scores: Sequence[Score],
    report: Mapping[str, Any],
    samples_name: str | None,
) -> Entry:
    """The entry of a submission.

    Args:
        board: of the benchmark.
        setting: which table it belongs to.
        manifest: as submitted; its scores are replaced by the report.
        scores: whole, scored again by `Board.rescore`; never the submitter's.
        report: as `Board.summarise` makes it of these scores.
        samples_name: the file with the samples, beside the entry.

    Raises:
        SubmissionError: the manifest lacks the model's name or the run's id.
    """
    headline = board.headline(report)
    counts = Counter(one.outcome for one in scores)
    return Entry(
        kind="run",
        benchmark=board.benchmark,
        setting=setting.name,
        model=_said(manifest, "model", "name"),
        run=_said(manifest, "run", "id"),
        value=headline.value,
        low=headline.low,
        high=headline.high,
        cells=_cells(board.cells(report)),
        parsers={parser: report["parsers"][parser]["accuracy"] for parser in board.parsers},
        counts={outcome.value: counts[outcome] for outcome in Outcome},
        faults=_faults(counts, len(scores)),
        notes=_notes(setting, manifest),
        facts=json.loads(json.dumps({**manifest, "scores": report})),
        samples=samples_name,
    )


def _said(manifest: Mapping[str, Any], part: str, key: str) -> str:
    found = manifest.get(part)
    text = found.get(key) if isinstance(found, dict) else None
    if not isinstance(text, str):
        raise SubmissionError(f"the manifest must say {part}.{key}, but holds {short(text)}")
    return text


def _cells(cells: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """The cells with all that a cell says, in plain dictionaries."""
    return {
        axis: {member: {key: cell.get(key) for key in CELL} for member, cell in members.items()}
        for axis, members in cells.items()
    }


def _faults(counts: Mapping[Outcome, int], expected: int) -> tuple[str, ...]:
    missing, failed = counts.get(Outcome.MISSING, 0), counts.get(Outcome.ERROR, 0)
    told = [f"partial run: {missing:,} of {expected:,} missing"] if missing else []
    told += [f"the run failed on {failed:,} of {expected:,}"] if failed else []
    return tuple(told)


def _notes(setting: Setting, manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """Frames, backend, and what the submitter wrote."""
    run = manifest.get("run")
    backend = run.get("backend") if isinstance(run, dict) else None
    told = (
        ("frames", setting.frames),
        ("backend", backend),
        ("submitter", manifest.get("notes")),
    )
    return tuple(f"{what}: {text}" for what, text in told if isinstance(text, str) and text)
