"""Printed rows of every benchmark as entries: published, not re-run, with their faults."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.errors import SubmissionError
from sightline.leaderboard.records import Entry
from sightline.leaderboard.results import repository_card
from sightline.leaderboard.results.entries import read_entries, to_json
from sightline.leaderboard.results.entry_fields import CELL
from sightline.leaderboard.results.entry_names import entry_path
from sightline.leaderboard.results.repository import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path
    from typing import Any, Literal

    from sightline.leaderboard.board import Board, PublishedRow

NOT_RERUN = "published, not re-run"
"""The first note of every printed row."""

_KINDS: Mapping[str, Literal["published", "people", "chance"]] = {
    "model": "published",
    "people": "people",
    "chance": "chance",
}


@dataclass(frozen=True)
class Seeded:
    """What seeding did. Paths in the repository, sorted."""

    written: tuple[str, ...]
    """Rows that were not there, or not so."""
    removed: tuple[str, ...]
    """Rows that are printed no more."""
    same: tuple[str, ...]
    """Rows that are as they were."""


def seed(folder: Path, boards: Iterable[Board]) -> Seeded:
    """Bring the printed rows of a results repository up to date; runs are never touched.

    Args:
        folder: the results repository; made where it is not there.
        boards: the benchmarks.

    Raises:
        SubmissionError: two rows cannot be told apart, or a link lies in the way.
    """
    boards = tuple(boards)
    texts = {path: to_json(one) for path, one in _by_path(boards).items()}
    folder.mkdir(parents=True, exist_ok=True)
    found = read_entries(folder)
    there = {
        entry_path(one): to_json(one)
        for one in found.entries
        if one.kind != "run" and one.benchmark in {board.benchmark for board in boards}
    }
    written = sorted(path for path in texts if there.get(path) != texts[path])
    removed = sorted(there.keys() - texts.keys())
    for path in written:
        _write(folder, path, texts[path])
    for path in removed:
        folder.joinpath(*path.split("/")).unlink()
    repository_card.refresh(folder)
    same = sorted(texts.keys() - set(written))
    return Seeded(tuple(written), tuple(removed), tuple(same))


def printed_entries(board: Board) -> tuple[Entry, ...]:
    """Every printed row of a benchmark; people and chance come once for each setting.

    Raises:
        UsageError: a row names a setting that the board does not have.
    """
    return tuple(_entry(board, row) for row in board.published())


def _entry(board: Board, row: PublishedRow) -> Entry:
    setting = board.setting(row.setting).name
    empty: dict[str, Any] = dict.fromkeys(CELL)
    notes = (("frames", row.frames), ("access", row.access))
    return Entry(
        kind=_KINDS[row.kind],
        benchmark=board.benchmark,
        setting=setting,
        model=row.name,
        run=setting,
        value=row.value,
        low=None,
        high=None,
        cells={
            axis: {member: {**empty, "value": value} for member, value in members.items()}
            for axis, members in row.slices.items()
        },
        parsers={},
        counts={},
        faults=row.faults,
        notes=(NOT_RERUN, *(f"{what}: {text}" for what, text in notes if text)),
        facts={
            "source": row.source,
            "questions": row.questions,
            "frames": row.frames,
            "access": row.access,
        },
    )


def _by_path(boards: Iterable[Board]) -> dict[str, Entry]:
    """Path -> row.

    Raises:
        SubmissionError: two rows have one name and setting.
    """
    entries = [one for board in boards for one in printed_entries(board)]
    paths = Counter(entry_path(one) for one in entries)
    for one in entries:
        if paths[entry_path(one)] > 1:
            raise SubmissionError(
                f"{one.model} is printed twice in {one.setting}",
                next_step="give the rows names that tell them apart",
            )
    return {entry_path(one): one for one in entries}


def _write(folder: Path, path: str, text: str) -> None:
    target = folder.joinpath(*path.split("/"))
    for one in (target, *target.parents):
        if one == folder:
            break
        if one.is_symlink():
            raise SubmissionError(
                f"{one} is a link, and nothing is written through one",
                next_step="put a real folder or file there, or remove the link",
            )
    target.parent.mkdir(parents=True, exist_ok=True)
    write_whole(target, text)
