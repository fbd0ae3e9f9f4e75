"""Whether the run was made on the very questions that we score it with."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sightline.findings import Finding
from sightline.leaderboard.checks.subject import said
from sightline.wording import short

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sightline.leaderboard.board import Board
    from sightline.leaderboard.checks.subject import OwnDataset

_COMMIT = re.compile(r"[0-9a-f]{40}")
_BUILD = "build.json"
_OTHER = "give the dataset that the run was made on, or run the model on this one"


def check(
    board: Board, manifest: Mapping[str, Any], dataset: OwnDataset, questions: int
) -> Iterator[Finding]:
    """Revision, checksums and number of questions, as declared and as here.

    Args:
        board: of the benchmark.
        manifest: as read.
        dataset: the checker's.
        questions: how many the setting has there.
    """
    if dataset.benchmark not in (None, board.benchmark):
        yield Finding(
            "error",
            f"the dataset to check with is one of {short(dataset.benchmark)}, but the package is "
            f"for {board.benchmark}",
            "give the dataset of that benchmark: --dataset",
        )
    origin = said(manifest, "dataset", "origin")
    yield from _revision(said(manifest, "dataset", "revision"), origin, dataset)
    declared = said(manifest, "dataset", "checksums")
    yield from _checksums(declared if isinstance(declared, dict) else {}, dataset)
    count = said(manifest, "dataset", "questions")
    if count != questions or isinstance(count, bool):
        yield _error("questions", f"must be {questions:,}, but the manifest says {short(count)}")


def _revision(declared: Any, origin: Any, dataset: OwnDataset) -> Iterator[Finding]:
    if declared is None:
        return
    if not isinstance(declared, str) or not _COMMIT.fullmatch(declared):
        yield _error("revision", f"({short(declared)}) must be a commit of 40 hex digits, or null")
    elif dataset.revision is None:
        yield Finding(
            "note",
            f"the revision {declared} is not verified: the dataset to check with is a folder, "
            "which has none; its questions are compared by checksum",
        )
    elif _elsewhere(origin, dataset):
        yield Finding(
            "note",
            f"the run was made on {short(origin)}, another repository than {dataset.repository}: "
            "its questions are compared by checksum",
        )
    elif declared != dataset.revision:
        yield _error("revision", f"({declared}) must be {dataset.revision}", _OTHER)


def _elsewhere(origin: Any, dataset: OwnDataset) -> bool:
    """Whether the run names another repository, as the one with the recordings is."""
    if dataset.repository is None or not isinstance(origin, str):
        return False
    name, _, commit = origin.partition("@")
    return bool(commit) and name != dataset.repository


def _checksums(declared: Mapping[str, Any], dataset: OwnDataset) -> Iterator[Finding]:
    ours = {name: sha for name, sha in dataset.checksums.items() if name != _BUILD}
    theirs = {name: sha for name, sha in declared.items() if name.startswith("questions/")}
    for name in sorted(ours.keys() | theirs.keys()):
        if theirs.get(name) not in (ours.get(name), dataset.built.get(name, ours.get(name))):
            yield _error(
                f"checksums[{short(name)}]",
                f"must be {ours.get(name, 'absent')}, but the manifest says "
                f"{short(theirs.get(name, 'nothing'))}: the questions are others",
                _OTHER,
            )
    if declared.get(_BUILD) != dataset.checksums.get(_BUILD):
        yield Finding(
            "note",
            f"{_BUILD} is not the one of the run: that its frames and videos were the same cannot "
            "be told from it",
            where="submission.json: dataset.checksums",
        )


def _error(place: str, what: str, mend: str = "") -> Finding:
    return Finding("error", what, mend, f"submission.json: dataset.{place}")
