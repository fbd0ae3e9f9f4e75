"""Which files of a dataset are published: decided from its tables, before anything is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sightline.archives import clean_name
from sightline.checking.columns import Chunk, chunks, reason, shown, text_columns
from sightline.errors import DatasetError, UsageError
from sightline.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sightline.checking.opened import OpenedDataset
    from sightline.dataset_rules import Config
    from sightline.media_choice import MediaChoice

MEDIA = "media/"
"""Where recordings lie. Never in a config's folder: `push_to_hub` deletes what is loose there."""

_REBUILD = "build the dataset again, and see what `sightline check` says"
_SHOWN = 5


@dataclass(frozen=True)
class Contents:
    """What a publication takes from a dataset."""

    files: tuple[str, ...]
    """Files that are taken as they are, sorted: tables in which nothing must be left out, and the
    recordings of the allowed sources."""
    selected: tuple[Config, ...]
    """Configs whose tables hold pictures that must be left out."""
    tables: tuple[str, ...]
    """The tables of those configs, sorted."""


@dataclass
class _Surveyed:
    """What the tables say of recordings and their sources."""

    found: set[str]
    """Sources of all rows."""
    selected: list[Config]
    """As `Contents.selected`."""
    named: dict[str, frozenset[str]]
    """File that a row names -> sources of all rows that name it."""


def contents(dataset: OpenedDataset, media: MediaChoice) -> Contents:
    """Decide what is published; the tables are read, but no picture.

    Raises:
        UsageError: `media` names a source that is neither known nor found.
        DatasetError: ``build.json`` or a table is not what it must be, or the dataset lacks
            recordings that are to be published.
    """
    known = known_files(dataset)
    surveyed = _survey(dataset, media)
    _check_sources(dataset, media, surveyed.found)
    named = {name for name, sources in surveyed.named.items() if media.allows(sources)}
    _check_files(dataset, known, named)
    tables = {config.name: table_files(dataset, config) for config in dataset.rules.configs}
    selected = {name for config in surveyed.selected for name in tables[config.name]}
    kept = {name for names in tables.values() for name in names} - selected
    return Contents(tuple(sorted(kept | named)), tuple(surveyed.selected), tuple(sorted(selected)))


def known_files(dataset: OpenedDataset) -> frozenset[str]:
    """The files that ``build.json`` speaks of.

    Raises:
        DatasetError: it names none, or a name leaves the dataset's folder.
    """
    files = dataset.facts.get("files")
    if not isinstance(files, dict):
        raise DatasetError(
            f"{dataset.folder}: build.json must say under `files` what the dataset holds",
            next_step=_REBUILD,
        )
    for name in files:
        _check_name(name, "build.json")
    return frozenset(files)


def table_files(dataset: OpenedDataset, config: Config) -> list[str]:
    """The tables of a config that ``build.json`` speaks of, in their order."""
    known = known_files(dataset)
    names = (path.relative_to(dataset.folder).as_posix() for path in dataset.tables(config.name))
    return [name for name in names if name in known]


def sourced(
    dataset: OpenedDataset, config: Config
) -> Iterator[tuple[Chunk, list[dict[str, Any]], list[frozenset[str]]]]:
    """The row groups of a config without its pictures, with each row's values and sources.

    Raises:
        DatasetError: a table cannot be read, or a row does not tell its sources.
    """
    wanted = set(table_files(dataset, config))
    for chunk in chunks(dataset, config, text_columns(config), "the sources of its rows"):
        if isinstance(chunk, Finding):
            if chunk.where in wanted:
                raise DatasetError(f"{chunk.where}: {chunk.what}", next_step=_REBUILD)
        elif chunk.file in wanted:
            rows: list[dict[str, Any]] = chunk.table.to_pylist()
            yield chunk, rows, [_sources(dataset, config, chunk, row) for row in rows]


def _survey(dataset: OpenedDataset, media: MediaChoice) -> _Surveyed:
    surveyed = _Surveyed(set(), [], {})
    for config in dataset.rules.configs:
        if not table_files(dataset, config):
            _check_may_lack(dataset, config)
        columns = [file.path for file in dataset.rules.media if file.config == config.name]
        if not columns and not config.media_columns:
            continue
        whole = True
        for _, rows, sources in sourced(dataset, config):
            surveyed.found.update(*sources)
            whole = whole and all(map(media.allows, sources))
            _add_named(surveyed.named, rows, sources, columns)
        if config.media_columns and not whole:
            surveyed.selected.append(config)
    return surveyed


def _add_named(
    named: dict[str, frozenset[str]],
    rows: Iterable[Mapping[str, Any]],
    sources: Iterable[frozenset[str]],
    columns: Iterable[str],
) -> None:
    for row, row_sources in zip(rows, sources, strict=True):
        for name in (row[column] for column in columns if row[column] is not None):
            named[name] = named.get(name, frozenset()) | row_sources


def _sources(
    dataset: OpenedDataset, config: Config, chunk: Chunk, row: Mapping[str, Any]
) -> frozenset[str]:
    try:
        return dataset.rules.sources_of(config.name, row)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        key = ", ".join(f"{column} {shown(row.get(column))}" for column in config.key)
        raise DatasetError(
            f"{chunk.file}: the row with {key} does not tell its sources: {reason(error)}",
            next_step=_REBUILD,
        ) from error


def _check_may_lack(dataset: OpenedDataset, config: Config) -> None:
    left_out = config.only_media and not dataset.media.whole
    if not (config.optional or left_out):
        raise DatasetError(
            f"{dataset.folder} must have the tables of `{config.name}`, and its build.json must "
            "name them",
            next_step=_REBUILD,
        )


def _check_sources(dataset: OpenedDataset, media: MediaChoice, found: set[str]) -> None:
    known = {source.name for source in dataset.rules.sources}
    strange = (media.sources or frozenset()) - known - found
    if strange:
        raise UsageError(
            f"sources ({_listed(strange)}) must be among those of {dataset.rules.title}: "
            f"{_listed(known)}; this dataset has recordings of: {_listed(found)}",
            next_step="give --sources names of this list",
        )
    lacking = {name for name in found if media.allows({name}) and not dataset.media.allows({name})}
    if lacking:
        raise DatasetError(
            f"{dataset.folder} was published without the recordings of {_listed(lacking)}, so "
            "they cannot be published from it",
            next_step="publish from the folder that `sightline build` made, or fewer --sources",
        )


def _check_files(dataset: OpenedDataset, known: frozenset[str], named: set[str]) -> None:
    for name in named:
        _check_name(name, "a table")
        if not name.startswith(MEDIA):
            raise DatasetError(
                f"{dataset.folder}: recordings must lie under {MEDIA}, but a table names "
                f"{shown(name)}",
                next_step=_REBUILD,
            )
    lost = sorted(name for name in named if name not in known or name not in dataset.files)
    if lost:
        more = f" and {len(lost) - _SHOWN} more" if len(lost) > _SHOWN else ""
        raise DatasetError(
            f"{dataset.folder} must hold every recording that its tables name, as a file that "
            f"build.json knows, but lacks {', '.join(map(shown, lost[:_SHOWN]))}{more}",
            next_step=f"{_REBUILD}; links are no files: copy what they lead to",
        )


def _check_name(name: str, where: str) -> None:
    try:
        clean = clean_name(name)
    except ValueError as error:
        raise DatasetError(
            f"{where} names a file outside the dataset: {error}", next_step=_REBUILD
        ) from error
    if clean != name:
        raise DatasetError(
            f"{where} must name files plainly, but has {shown(name)}", next_step=_REBUILD
        )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
