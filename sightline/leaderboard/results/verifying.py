"""Whether the numbers of a results repository follow from the responses that lie beside them.

For a pull request this is enough to decide: every run is made anew from its samples and the
dataset, by this version's parsers, and compared with what its files say. Nothing that a submitter
wrote is taken for a number.
"""

from __future__ import annotations

import math
from dataclasses import fields, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from sightline.errors import SightlineError
from sightline.findings import Finding, failed
from sightline.leaderboard.board import all_boards
from sightline.leaderboard.checks.identity import subject_of
from sightline.leaderboard.checks.run import check_read
from sightline.leaderboard.records import Entry, Package, SubmittedResponse
from sightline.leaderboard.results.entries import entry_of, read_entries
from sightline.leaderboard.results.entry_names import entry_path, samples_path
from sightline.leaderboard.results.sample_rows import samples
from sightline.leaderboard.results.seeding import printed_entries
from sightline.records import Outcome
from sightline.wording import short, shown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from sightline.leaderboard.board import Board
    from sightline.leaderboard.checks.subject import OwnDataset, Rescored, Subject
    from sightline.leaderboard.results.sample_rows import Sample
    from sightline.records import Score

TOLERANCE = 1e-6
"""Percent by which sums may differ between machines."""

_SHOWN = 5
_MEND = "do not merge it; ask for the run's package, and see `sightline leaderboard check`"


def verify_entries(
    folder: Path,
    datasets: Mapping[str, OwnDataset],
    *,
    only: Collection[str] | None = None,
    now: datetime | None = None,
) -> list[Finding]:
    """Score every run of a results repository again, and tell what does not follow.

    Args:
        folder: the repository's; a stranger's.
        datasets: benchmark -> the checker's own dataset.
        only: paths of the entries to look at; None: all.
        now: what "in the future" is measured by; the clock's time by default.

    Returns:
        What was found; a run whose numbers follow has an ``ok``.

    Raises:
        SubmissionError: the folder cannot be read.
    """
    found = read_entries(folder)
    findings = [*found.problems]
    printed = [row for board in all_boards() for row in printed_entries(board)]
    for entry in found.entries:
        path = entry_path(entry)
        if only is None or path in only:
            today = now or datetime.now(timezone.utc)
            findings += _of_entry(folder, path, entry, datasets, printed, today)
    return findings


def _of_entry(  # noqa: PLR0917 (one caller)
    folder: Path,
    path: str,
    entry: Entry,
    datasets: Mapping[str, OwnDataset],
    printed: Sequence[Entry],
    now: datetime,
) -> list[Finding]:
    """What is found of one entry, each with its path."""
    found: list[Finding] = []
    try:
        if entry.kind == "run":
            _check_run(folder / samples_path(path), entry, datasets, now, found)
        elif entry not in printed:
            told = f"{entry.model} is not printed so, as far as this version knows"
            mend = "make printed rows with `sightline leaderboard seed`"
            found.append(Finding("error", told, mend))
    except Exception as error:  # noqa: BLE001 (a stranger's file must not end the checks of others: it is refused)
        told = error.message if isinstance(error, SightlineError) else type(error).__name__
        found.append(Finding("error", f"cannot be checked to the end: {told}", _MEND))
    if not failed(found):
        told = f"{entry.model} on {entry.setting}: {entry.value:.1f} % "
        told += "follows from its samples" if entry.kind == "run" else "is printed so"
        found.append(Finding("ok", told))
    return [replace(one, where=f"{path} {one.where}".rstrip()) for one in found]


def _check_run(
    file: Path,
    entry: Entry,
    datasets: Mapping[str, OwnDataset],
    now: datetime,
    found: list[Finding],
) -> None:
    """All that is checked of a package, on the responses in the samples; then the numbers."""
    rows = samples(file, entry)
    package = Package(entry.facts, tuple(_submitted(row) for row in rows if _answered(row)))
    rescored = check_read(package, datasets.get, now, found, whole=False)
    subject = subject_of(package, [])
    if rescored is None or subject is None:
        return
    faults = [*_row_faults(rows, rescored.scores, subject.board)]
    faults += _differences(entry, rescored, subject)
    found += [Finding("error", fault, _MEND) for fault in faults]


def _answered(row: Sample) -> bool:
    return row.response is not None or row.error is not None


def _submitted(row: Sample) -> SubmittedResponse:
    known = {} if row.message_hash is None else {"message_hash": row.message_hash}
    return SubmittedResponse(row.question_id, row.response, row.error, known)


def _differences(entry: Entry, rescored: Rescored, subject: Subject) -> Iterator[str]:
    """Where an entry says something else than the responses do."""
    board, setting = subject.board, subject.setting
    expected = entry_of(
        board, setting, entry.facts, rescored.scores, rescored.report, entry.samples
    )
    for field in fields(Entry):
        mine, theirs = getattr(expected, field.name), getattr(entry, field.name)
        for place, right, wrong in _unlike(mine, theirs, field.name):
            yield f"{place} follows as {short(right)} from the responses, but is {short(wrong)}"


def _row_faults(rows: Sequence[Sample], rescored: Sequence[Score], board: Board) -> Iterator[str]:
    """Where the samples say something else than their own responses do."""
    ids = [row.question_id for row in rows]
    expected = {one.question_id: one for one in rescored}
    if len(set(ids)) < len(ids) or set(ids) != expected.keys():
        yield (
            f"the samples must be the {len(expected):,} of the split, once each, but are "
            f"{len(ids):,} with {len(set(ids) & expected.keys()):,} of them"
        )
        return
    wrong = [row for row in rows if not _follows(row, expected[row.question_id], board)]
    for row in wrong[:_SHOWN]:
        one = expected[row.question_id]
        yield (
            f"sample {shown(row.question_id)}: its response is {one.outcome.value}, and read as "
            f"{short(dict(one.predictions))}, but the samples say {row.outcome.value}, "
            f"{short(dict(row.predictions))}"
        )
    if len(wrong) > _SHOWN:
        yield f"and {len(wrong) - _SHOWN:,} samples more say what does not follow"


def _follows(row: Sample, score: Score, board: Board) -> bool:
    slices = {axis.name: score.slices.get(axis.name) for axis in board.axes}
    predictions = {parser: score.predictions.get(parser) for parser in board.parsers}
    missing = score.outcome is Outcome.MISSING
    return (
        row.outcome is score.outcome
        and dict(row.predictions) == predictions
        and dict(row.slices) == slices
        and (missing or row.error == score.error)
    )


def _unlike(mine: Any, theirs: Any, place: str) -> Iterator[tuple[str, Any, Any]]:
    """Where two plain values differ by more than sums may; the first few."""
    if isinstance(mine, dict) and isinstance(theirs, dict) and mine.keys() == theirs.keys():
        found = [one for key in mine for one in _unlike(mine[key], theirs[key], f"{place}.{key}")]
        yield from found[:_SHOWN]
    elif isinstance(mine, (list, tuple)) and isinstance(theirs, (list, tuple)):
        if len(mine) != len(theirs):
            yield place, f"{len(mine)} values", f"{len(theirs)} values"
        else:
            for i, pair in enumerate(zip(mine, theirs, strict=True)):
                yield from _unlike(*pair, f"{place}[{i}]")
    elif not _equal(mine, theirs):
        yield place, mine, theirs


def _equal(mine: object, theirs: object) -> bool:
    numbers = [
        one for one in (mine, theirs) if isinstance(one, (int, float)) and not isinstance(one, bool)
    ]
    if len(numbers) == 2:  # noqa: PLR2004 (both)
        return math.isclose(*numbers, rel_tol=1e-9, abs_tol=TOLERANCE)
    return type(mine) is type(theirs) and mine == theirs


def changed_files(base: Mapping[str, str], head: Mapping[str, str]) -> list[Finding]:
    """What a pull request may not do: touch anything that is there, or bring other files.

    Args:
        base: path -> what names the content, where the request starts from.
        head: the same, of the request.

    Returns:
        An error for each file; none for one that only adds entries and samples.
    """
    mend = "do not merge it: a submission adds its own two files and touches no other"
    found = []
    for path in sorted(base.keys() | head.keys()):
        if path not in head:
            found.append(Finding("error", "the request removes this file", mend, shown(path)))
        elif path in base and base[path] != head[path]:
            found.append(Finding("error", "the request changes this file", mend, shown(path)))
        elif path not in base and not _is_result(path):
            found.append(Finding("error", "this is no file of a result", mend, shown(path)))
    return found


def _is_result(path: str) -> bool:
    parts = path.split("/")
    return parts[0] == "results" and len(parts) == 4 and path.endswith((".json", ".parquet"))  # noqa: PLR2004 (results, benchmark, model, file)
