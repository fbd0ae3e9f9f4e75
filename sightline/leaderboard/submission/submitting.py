"""From the folder of a run to a package: read, score again, say what is missing, pack."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.accuracy import listed
from sightline.errors import SubmissionError, UsageError
from sightline.findings import failed, summary
from sightline.hub.pinned import REPOSITORY
from sightline.leaderboard.board import all_boards
from sightline.leaderboard.submission.lines import in_order, submitted
from sightline.leaderboard.submission.manifest import Declaration, manifest, missing
from sightline.leaderboard.submission.packing import pack, refuse
from sightline.leaderboard.submission.runs import survey
from sightline.leaderboard.submission.scoring_dataset import dataset_folder
from sightline.leaderboard.submission.scrubbing import this_machine
from sightline.records import Response
from sightline.wording import on_screen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sightline.leaderboard.board import Board
    from sightline.leaderboard.records import FinishedRun
    from sightline.leaderboard.submission.packing import Packed
    from sightline.leaderboard.submission.scrubbing import Machine

_SHOWN_MENDS = 10


@dataclass(frozen=True)
class Wanted:
    """What is to be submitted."""

    run: Path
    """Folder of the run."""
    declaration: Declaration
    """What the submitter says of the model."""
    date: str | None = None
    """Of the run, where the folder has several; None: the newest that is complete."""
    setting: str | None = None
    """Name of the setting, where the run has several."""
    dataset: str | None = None
    """What it is scored on: a folder or ``org/name@revision``; None: as the run was."""
    out: Path | None = None
    """Folder to make; None: one below ``submissions``, named after model, setting and run."""
    allow_partial: bool = False
    """Pack a run that did not ask all questions, too."""
    dry_run: bool = False
    """Say what is missing, and write nothing."""


def submit(
    wanted: Wanted, tell: Callable[[str], None], *, boards: Sequence[Board] | None = None
) -> Packed | None:
    """Make the package of a run.

    Args:
        wanted: which run, and what is said of it.
        tell: given each line for people.
        boards: of the benchmarks that the run may be of; None: of all that are installed.

    Returns:
        The package; None after a dry run.

    Raises:
        SubmissionError: there is no such run, or something is missing that it needs.
        DatasetError: the dataset that it must be scored on is not here.
        UsageError: the declaration or the folder cannot be.
    """
    _check_declaration(wanted.declaration)
    known = {one.benchmark: one for one in boards or all_boards()}
    found = survey(wanted.run, tuple(known.values()), date=wanted.date)
    for finding in found.findings:
        tell(finding.line())
    run = _one(found.runs, wanted.setting)
    board = known[run.benchmark]
    said = _said(run, board, wanted, tell)
    findings = missing(said.manifest)
    for finding in findings:
        tell(finding.line())
    if wanted.dry_run:
        tell(f"{summary(findings)}; nothing was written")
        if any(failed([one]) for one in findings):
            refuse(findings, allow_partial=wanted.allow_partial)
        return None
    out = wanted.out or _place(said.manifest)
    return pack(
        said.run,
        board,
        said.manifest,
        out,
        machine=said.machine,
        allow_partial=wanted.allow_partial,
    )


@dataclass(frozen=True)
class _Said:
    """A run that was scored again, in the dataset's order, and what is said of it."""

    run: FinishedRun
    manifest: dict[str, Any]
    machine: Machine


def _said(run: FinishedRun, board: Board, wanted: Wanted, tell: Callable[[str], None]) -> _Said:
    setting = board.setting(run.setting)
    dataset = dataset_folder(wanted.dataset, run.dataset, run.benchmark)
    machine = this_machine(folders=(wanted.run, dataset))
    responses = [
        Response(one.question_id, one.response, one.error) for one in submitted(run, machine)
    ]
    scores = board.rescore(dataset, setting, responses)
    ordered = in_order(run, scores)
    mends: list[str] = []
    made = manifest(
        ordered, board, wanted.declaration, scores, machine=machine, mended=mends.append
    )
    value = board.headline(made["scores"]).value
    tell(f"{board.title}, {setting.title}, run of {made['run']['date']}")
    tell(f"scored again: {value:.2f} % ({board.metric}), {len(responses):,} responses")
    _tell_mends(mends, tell)
    return _Said(ordered, made, machine)


def _tell_mends(mends: Sequence[str], tell: Callable[[str], None]) -> None:
    """What was taken out of our own words; of a list only the first."""
    for mend in mends[:_SHOWN_MENDS]:
        tell(f"note     {on_screen(mend)}")
    if len(mends) > _SHOWN_MENDS:
        tell(f"note     and {len(mends) - _SHOWN_MENDS:,} more places like these")


def _one(runs: Sequence[FinishedRun], setting: str | None) -> FinishedRun:
    names = {one.setting: one for one in runs}
    if setting is None and len(runs) == 1:
        return runs[0]
    if setting in names:
        return names[setting]
    if setting is None:
        raise UsageError(
            f"the run has {len(runs)} settings, and each is a submission of its own",
            next_step=f"add --setting with one of: {', '.join(names)}",
        )
    raise SubmissionError(
        f"the run has no whole setting {setting}", next_step=f"it has: {listed(names)}"
    )


def _check_declaration(declaration: Declaration) -> None:
    for flag, name in (("--model", declaration.name), ("--base-model", declaration.base_model)):
        found = REPOSITORY.fullmatch(name) if name is not None else None
        if name is not None and (found is None or found["revision"] or ".." in name):
            raise UsageError(
                f"{flag} ({name!r}) must be ORG/NAME",
                next_step="give it as on the Hub; of an API as company/name",
            )


def _place(said: dict[str, Any]) -> Path:
    model = said["model"]["name"].replace("/", "__")
    return Path("submissions", f"{model}-{said['setting']}-{said['run']['id']}")
