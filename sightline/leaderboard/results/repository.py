"""A results repository in a folder: put checked submissions into it, list and read what it has.

A run is two files, the entry and its samples. The samples are written first, each file appears
whole, and one that is there is never replaced by another content.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.errors import SubmissionError
from sightline.findings import summary
from sightline.leaderboard.board import board_of
from sightline.leaderboard.results import repository_card
from sightline.leaderboard.results.entries import entry_of, from_json, to_json
from sightline.leaderboard.results.entries import read_entries as list_entries
from sightline.leaderboard.results.entry_names import entry_path, samples_path
from sightline.leaderboard.results.sample_rows import (
    Sample,
    by_question,
    sample_of,
    samples,
    write_samples,
)
from sightline.staging import room
from sightline.wording import shown

if TYPE_CHECKING:
    from pathlib import Path

    from sightline.leaderboard.board import Board
    from sightline.leaderboard.checks.run import CheckReport
    from sightline.leaderboard.records import Entry

__all__ = [
    "Sample",
    "Submission",
    "add",
    "list_entries",
    "place",
    "samples",
    "submission_of",
    "write_whole",
]

_UNFINISHED = ".unfinished"


@dataclass(frozen=True)
class Submission:
    """What a checked package becomes."""

    board: Board
    """Of its benchmark."""
    entry: Entry
    """Its row."""
    rows: tuple[Sample, ...]
    """Every sample of the split, in the split's order."""

    @property
    def path(self) -> str:
        """Path of the entry in a results repository."""
        return entry_path(self.entry)

    @property
    def samples_path(self) -> str:
        """Path of its samples."""
        return samples_path(self.path)


def submission_of(checked: CheckReport) -> Submission:
    """What a checked package becomes; only our scores are looked at.

    Args:
        checked: by `sightline.leaderboard.checks.run.check_package`.

    Raises:
        SubmissionError: the check refuses it, or model or run cannot name a file.
    """
    package = checked.package
    if package is None or not checked.entry_ready:
        raise SubmissionError(
            f"{checked.path} is refused: {summary(checked.findings)}",
            next_step=f"see them all: sightline leaderboard check {checked.path}",
        )
    board = board_of(package.manifest["benchmark"])
    setting = board.setting(package.manifest["setting"])
    samples_name = f"{package.manifest['run']['id']}.parquet"
    entry = entry_of(board, setting, package.manifest, checked.scores, checked.report, samples_name)
    # What cannot be read back must not be written.
    from_json(to_json(entry), entry_path(entry))
    submitted = by_question(package.responses)
    rows = [sample_of(one, submitted.get(one.question_id), board) for one in checked.scores]
    return Submission(board, entry, tuple(rows))


def place(folder: Path, submission: Submission) -> tuple[Path, ...]:
    """Put a submission's two files into a folder.

    Args:
        folder: the results repository; made where it is not there.
        submission: what to put there.

    Returns:
        The files that were written; none when this very run is there already.

    Raises:
        SubmissionError: there is another entry of that name, a link on the way, or no room.
    """
    path = folder.joinpath(*submission.path.split("/"))
    _refuse_links(folder, submission.path)
    _refuse_alike(path.parent)
    text = to_json(submission.entry)
    if path.exists():
        if path.read_text(encoding="utf-8") != text:
            raise SubmissionError(
                f"{submission.path} is there with another content, and a run never changes",
                next_step="submit the new run under an id of its own",
            )
        if folder.joinpath(*submission.samples_path.split("/")).exists():
            return ()
    with room(folder):
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = folder.joinpath(*submission.samples_path.split("/"))
        unfinished = beside.with_name(f"{beside.name}{_UNFINISHED}")
        write_samples(unfinished, submission.entry, submission.board, submission.rows)
        unfinished.replace(beside)
        write_whole(path, text)
    return (path, beside)


def add(folder: Path, checked: CheckReport) -> tuple[Path, ...]:
    """Put a checked package into a results repository, and bring its card up to date.

    Args:
        folder: the results repository; made where it is not there.
        checked: by `sightline.leaderboard.checks.run.check_package`.

    Returns:
        The files that were written; none when this very run is there already.

    Raises:
        SubmissionError: the check refuses it, there is another entry of that name, or a link is
            on the way.
    """
    written = place(folder, submission_of(checked))
    card = repository_card.refresh(folder)
    return written if card is None else (*written, card)


def write_whole(path: Path, text: str) -> None:
    """Write a text so that its file appears whole."""
    unfinished = path.with_name(f"{path.name}{_UNFINISHED}")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)


def _refuse_links(folder: Path, path: str) -> None:
    """No file is written through a link: it may lead anywhere."""
    one = folder
    for part in path.split("/"):
        one /= part
        if one.is_symlink():
            raise SubmissionError(
                f"{one} is a link, and nothing is written through one",
                next_step="put a real folder or file there, or remove the link",
            )


def _refuse_alike(folder: Path) -> None:
    """Two models' folders that differ in case alone are one folder on some file systems."""
    if not folder.parent.is_dir():
        return
    name = folder.name.casefold()
    for one in folder.parent.iterdir():
        if one.name != folder.name and one.name.casefold() == name:
            raise SubmissionError(
                f"the model's folder would be {folder.name}, and there is {shown(one.name)}, which "
                "differs in case alone",
                next_step="spell the model as in the runs that are there",
            )
