"""What the checks look at: a package, the board it is for, and the checker's own dataset."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sightline.errors import DatasetError
from sightline.media_left_out import read_facts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from sightline.leaderboard.board import Board, Setting
    from sightline.leaderboard.records import Package
    from sightline.records import Score

_PINNED = ("questions/*.parquet", "build.json")


@dataclass(frozen=True)
class OwnDataset:
    """The dataset of whoever checks; a package says nothing about where it lies."""

    folder: Path
    """Where: ``questions/*.parquet`` and ``build.json`` are there."""
    revision: str | None
    """Its commit on the Hub; None for a folder."""
    checksums: Mapping[str, str]
    """Its questions and ``build.json``, relative to the folder -> SHA-256."""
    benchmark: str | None
    """Of which benchmark it says that it is."""
    built: Mapping[str, str] = field(default_factory=dict)
    """Tables that it has without their pictures -> SHA-256 of the whole ones, as its own
    ``build.json`` says: runs are made on those."""
    repository: str | None = None
    """``org/name`` on the Hub; None for a folder."""


@dataclass(frozen=True)
class Subject:
    """A package that can be checked: its benchmark and setting are known."""

    package: Package
    """As read; nothing in it is trusted."""
    board: Board
    """Of the benchmark that the manifest names."""
    setting: Setting
    """Which the manifest names."""


@dataclass(frozen=True)
class Rescored:
    """What the responses are worth, by our code and our dataset."""

    scores: tuple[Score, ...]
    """One for each question of the split."""
    report: Mapping[str, Any]
    """As the board makes it of these."""


def own_dataset(
    folder: Path, revision: str | None = None, repository: str | None = None
) -> OwnDataset:
    """The dataset in a folder.

    Args:
        folder: a built dataset.
        revision: its commit on the Hub, where it was fetched from there.
        repository: ``org/name`` there.

    Raises:
        DatasetError: there is none, or it cannot be read.
    """
    files = sorted(path for pattern in _PINNED for path in folder.glob(pattern))
    if not any(path.suffix == ".parquet" for path in files):
        raise DatasetError(
            f"{folder} must be a built dataset, with questions/*.parquet in it",
            next_step="make one with `sightline build`, or name one on the Hub: org/name@revision",
        )
    try:
        sums = {path.relative_to(folder).as_posix(): _sha256(path) for path in files}
    except OSError as error:
        raise DatasetError(f"{folder} cannot be read: {error.strerror}") from error
    facts = read_facts(folder / "build.json")
    benchmark, built = facts.get("benchmark"), said(facts, "publication", "built")
    return OwnDataset(
        folder,
        revision,
        sums,
        benchmark if isinstance(benchmark, str) else None,
        built if isinstance(built, dict) else {},
        repository,
    )


def said(manifest: Mapping[str, Any], *keys: str) -> Any:
    """What a manifest says at a place; None where it says nothing, or has something else above."""
    value: Any = manifest
    for key in keys:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def number(value: Any) -> float | None:
    """A number; None for anything else, truth values too."""
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def some(names: Sequence[str], most: int = 10) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
