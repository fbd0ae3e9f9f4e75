"""What a benchmark says about its dataset: one record for card, checks and publishing.

The configs with their columns and keys, which column names which file, which columns give answers
away, and under which terms the recordings may be passed on. Whoever wants to know something about a
dataset without knowing the benchmark asks here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from sightline.benchmarks import benchmark
from sightline.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from datasets import Features

SPLIT = "test"
"""The one split of every config: both benchmarks are for evaluation only."""

UNKNOWN_SOURCE = "unknown"
"""Name of the source of a recording that nothing tells."""


@dataclass(frozen=True)
class Config:
    """One config: a table that ``load_dataset(repository, name)`` opens."""

    name: str
    """``questions``; also the folder of its Parquet files."""
    row: str
    """What one row is, for the card."""
    key: tuple[str, ...]
    """Columns that name a row together: no two rows have the same values."""
    features: Features
    """Its columns, as the builder writes them."""
    fields: Mapping[str, str]
    """Column (``video.width`` inside structs and lists of structs) -> what it is, with unit and
    range; every column has its line."""
    group: str | None = None
    """Column of which every row group has one value; None for a table of one row group."""
    media_columns: tuple[str, ...] = ()
    """Top-level columns that hold pictures: ``image``, ``ref_images``."""
    only_media: bool = False
    """Whether a row is worth nothing without its picture; such rows are left out with the media."""
    optional: bool = False
    """Whether a dataset may lack it."""


@dataclass(frozen=True)
class Reference:
    """Values of one column must be among those of another, as foreign keys are."""

    config: str
    """Config of the column that refers."""
    column: str
    """That column, ``clips.clip_id``; null refers to nothing."""
    to_config: str
    """Config that is referred to; nothing is required where a dataset lacks it."""
    to_column: str
    """Column there."""


@dataclass(frozen=True)
class MediaFile:
    """Columns that name a file of the dataset and say what is in it."""

    config: str
    """Config of the columns."""
    path: str
    """Column of its path inside the dataset; null names no file."""
    sha256: str
    """Column of its SHA-256, hex."""
    size: str
    """Column of its size, bytes."""


@dataclass(frozen=True)
class Source:
    """A dataset that recordings were taken from."""

    name: str
    """What people type after ``--sources``: ``scannet``."""
    title: str
    """Its proper name."""
    terms: str
    """Licence or terms, in a few words; ``not known`` where nobody has looked."""
    url: str
    """Where the terms are; empty where not known."""
    redistribution: Literal["allowed", "agreement", "not known"]
    """``allowed``: its licence lets anyone pass recordings on; ``agreement``: people must sign or
    accept terms to get them, so they cannot be passed on; ``not known``: ask its owners first."""


@dataclass(frozen=True)
class BoardTask:
    """One leaderboard on the Hub: ``eval.yaml`` lists them."""

    id: str
    """The lmms-eval task: ``mmsi_video_u50``."""
    what: str
    """What its number is, in one line."""
    config: str = "questions"
    """The config that holds its questions."""


@dataclass(frozen=True)
class DatasetRules:
    """Everything that is to be known about a benchmark's dataset."""

    benchmark: str
    """Name of the benchmark: ``mmsi-video``."""
    title: str
    """``MMSI-Video-Bench``."""
    configs: tuple[Config, ...]
    """In the order of the card; the first is the default."""
    references: tuple[Reference, ...]
    """Which column refers to which."""
    media: tuple[MediaFile, ...]
    """Which columns name files."""
    hidden: Mapping[str, tuple[str, ...]]
    """Config -> columns of text that give an answer away and must not stand in a shown column."""
    shown: Mapping[str, tuple[str, ...]]
    """Config -> columns of text that reach a model."""
    published_rows: Mapping[str, int]
    """Config -> number of rows that the paper speaks of."""
    counted: tuple[tuple[str, str], ...]
    """``(column of the default config, heading)``: what the card counts its questions by."""
    licence: str
    """Licence of the release as the Hub spells it: ``cc-by-nc-4.0``. No card says a wider one."""
    sources: tuple[Source, ...]
    """Where the recordings come from."""
    sources_of: Callable[[str, Mapping[str, Any]], frozenset[str]]
    """``(config, row) -> names of the sources`` of the media in or named by a row;
    ``UNKNOWN_SOURCE`` where nothing tells, and none for a row without media."""
    card: str
    """``package:path`` of the card's template."""
    card_facts: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    """``build.json`` -> further variables of the template."""
    board: tuple[BoardTask, ...]
    """Its leaderboards."""
    more_checks: tuple[str, ...] = ()
    """Checks that only this benchmark has: ``module:function(dataset: OpenedDataset, progress:
    Progress) -> Iterable[Finding]``."""
    pretty: Mapping[str, str] = field(default_factory=dict)
    """Words that the card's front matter and Croissant need: ``arxiv``, ``tags`` by commas,
    ``citation`` (BibTeX)."""

    def config(self, name: str) -> Config:
        """The config of that name.

        Raises:
            KeyError: there is none.
        """
        return next(config for config in self.configs if config.name == name)

    def source(self, name: str) -> Source | None:
        """The source of that name; None for one that nobody has described."""
        return next((source for source in self.sources if source.name == name), None)


def rules_of(folder: Path, facts: Mapping[str, Any]) -> DatasetRules:
    """The rules of the benchmark that a dataset's ``build.json`` names.

    Args:
        folder: the dataset, for the message.
        facts: the content of its ``build.json``.

    Raises:
        DatasetError: it names none, or one that offers no rules.
        UsageError: there is no such benchmark here.
    """
    name = facts.get("benchmark")
    if not isinstance(name, str):
        raise DatasetError(
            f"{folder} must be a built dataset, but its build.json names no benchmark",
            next_step="build it with `sightline build`",
        )
    found = benchmark(name)
    if not found.dataset_rules:
        raise DatasetError(f"{found.title} does not say what its datasets must be")
    rules: DatasetRules = found.call("dataset_rules")
    return rules
