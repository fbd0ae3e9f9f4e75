"""Whether each config is there, whole, and what the rules say: files, columns, rows, row groups."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sightline.checking.columns import UNREADABLE, chunks, reason, shown, text_columns
from sightline.checking.gathered import Gathered
from sightline.checking.load import check_loading
from sightline.checking.row_groups import check_grouping, check_storage
from sightline.dataset_rules import SPLIT
from sightline.findings import Finding
from sightline.parquet_footers import read_footer

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa
    import pyarrow.parquet as pq

    from sightline.checking.opened import OpenedDataset
    from sightline.dataset_rules import Config
    from sightline.progress import Progress

_NAME = re.compile(rf"{SPLIT}-(\d{{5}})-of-(\d{{5}})\.parquet")
_REBUILD = "build the dataset again"
_FEATURES_KEY = b"huggingface"


def check(dataset: OpenedDataset, progress: Progress) -> Iterator[Finding]:
    """Find what is wrong with the tables.

    Args:
        dataset: the dataset.
        progress: told the tables that are done.
    """
    progress.start("tables", len(dataset.rules.configs))
    for config in dataset.rules.configs:
        if dataset.tables(config.name):
            yield from _check_config(dataset, config)
        else:
            yield from _check_absence(dataset, config)
        progress.advance(1)
    yield from check_loading(dataset)


def _check_absence(dataset: OpenedDataset, config: Config) -> Iterator[Finding]:
    """A config without a table: whether that may be."""
    others = [name for name in dataset.files if name.startswith(f"{config.name}/")]
    yield from _check_names(config, others)
    told = _rows_told(dataset, config)
    left_out = config.only_media and not dataset.media.whole
    if told:
        what = f"config has no table, but build.json speaks of {told} rows"
    elif config.optional or left_out:
        return
    else:
        what = "config has no table"
    yield Finding("error", what, _REBUILD, config.name)


def _check_config(dataset: OpenedDataset, config: Config) -> Iterator[Finding]:
    names = [name for name in dataset.files if name.startswith(f"{config.name}/")]
    yield from _check_names(config, names)
    footers: dict[str, pq.FileMetaData] = {}
    for path in dataset.tables(config.name):
        name = path.relative_to(dataset.folder).as_posix()
        try:
            footer = read_footer(path, path.stat().st_size)
            found = [
                *_check_schema(name, footer.schema.to_arrow_schema(), config),
                *check_storage(name, footer, config),
            ]
        except UNREADABLE as error:
            yield Finding("error", f"it is no whole Parquet file: {reason(error)}", _REBUILD, name)
        else:
            footers[name] = footer
            yield from found
    if len(footers) == len(dataset.tables(config.name)):
        yield from _check_counts(dataset, config, sum(f.num_rows for f in footers.values()))
    yield from check_grouping(dataset, config, footers)
    yield from _check_values(dataset, config)


def _check_names(config: Config, names: list[str]) -> Iterator[Finding]:
    """``load_dataset`` takes the files of a config by a pattern, and the Hub writes such names."""
    found = Gathered()
    of: dict[int, set[int]] = {}
    for name in names:
        match = _NAME.fullmatch(name.partition("/")[2])
        if match is None:
            what = f"a config's folder holds {SPLIT}-XXXXX-of-YYYYY.parquet and nothing else"
            found.error("other files in a config's folder", what, "move it away", shown(name))
        else:
            of.setdefault(int(match[2]), set()).add(int(match[1]))
    if len(of) > 1:
        what = f"its files say that there are {' and '.join(map(str, sorted(of)))} of them"
        found.error("file counts", what, _REBUILD, config.name)
    for total, numbers in of.items():
        missing = [i for i in range(min(total, max(numbers) + 2)) if i not in numbers]
        if missing or min(numbers) < 0 or max(numbers) >= total:
            first = f", the first missing is {missing[0]:05d}" if missing else ""
            what = f"has {len(numbers)} files of {total}{first}"
            found.error("incomplete files", what, "get the missing files", config.name)
    yield from found


def _check_schema(name: str, schema: pa.Schema, config: Config) -> Iterator[Finding]:
    expected = config.features.arrow_schema
    for column in expected.names:
        if column not in schema.names:
            yield Finding("error", "column is missing", _REBUILD, f"{name} {column}")
    for column in dict.fromkeys(schema.names):
        where = f"{name} {shown(column)}"
        if column not in expected.names:
            mend = "take it out, or build the dataset again"
            yield Finding("error", "column is not one of this config", mend, where)
        elif schema.names.count(column) > 1:
            yield Finding("error", "column is there several times", _REBUILD, where)
        elif schema.field(column).type != expected.field(column).type:
            what = f"column must be {expected.field(column).type}"
            what += f", but is {shown(str(schema.field(column).type))}"
            yield Finding("error", what, _REBUILD, where)
    if sorted(schema.names) == sorted(expected.names) and schema.names != expected.names:
        yield Finding("warning", "columns stand in another order than usual", _REBUILD, name)
    yield from _check_footer(name, schema, config)


def _check_footer(name: str, schema: pa.Schema, config: Config) -> Iterator[Finding]:
    """The features in the footer are what ``load_dataset`` makes of the columns."""
    if _FEATURES_KEY not in (schema.metadata or {}):
        what = "its footer does not tell the features, so load_dataset guesses them"
        yield Finding("error", what, _REBUILD, name)
        return
    try:
        features = type(config.features).from_arrow_schema(schema)
    except Exception as error:  # noqa: BLE001 (datasets raises anything over a stranger's JSON)
        what = f"the features in its footer cannot be read: {reason(error)}"
        yield Finding("error", what, _REBUILD, name)
        return
    differ = [
        column
        for column in config.features
        if column in features and features[column] != config.features[column]
    ]
    if differ:
        what = f"the features in its footer are others for {', '.join(differ)}"
        yield Finding("error", what, _REBUILD, name)


def _check_counts(dataset: OpenedDataset, config: Config, rows: int) -> Iterator[Finding]:
    told, published = _rows_told(dataset, config), dataset.rules.published_rows.get(config.name)
    if told is None:
        yield Finding("error", "build.json does not tell its rows", _REBUILD, config.name)
    elif told != rows:
        what = f"has {rows} rows, but build.json speaks of {told}"
        yield Finding("error", what, _REBUILD, config.name)
    if not rows and config.optional:
        what = "has no rows: load_dataset cannot open it, and the card must not list it"
        yield Finding("note", what, "", config.name)
    elif not rows:
        what = "must have at least one row: load_dataset cannot open it"
        yield Finding("error", what, _REBUILD, config.name)
    if published is not None and rows > published:
        what = f"has {rows} rows, more than the {published} that were published"
        yield Finding("error", what, "find out where the others come from", config.name)
    elif published is not None and rows < published:
        what = f"has {rows} of the {published} published rows: numbers on it are no published ones"
        yield Finding("note", what, "", config.name)


def _check_values(dataset: OpenedDataset, config: Config) -> Iterator[Finding]:
    """Whether all text and numbers can be read, and the text is UTF-8."""
    found = chunks(dataset, config, text_columns(config), "its text and numbers")
    yield from (item for item in found if isinstance(item, Finding))


def _rows_told(dataset: OpenedDataset, config: Config) -> int | None:
    """How many rows ``build.json`` speaks of; None where it tells nothing that makes sense."""
    rows: Any = dataset.facts.get("rows")
    told = rows.get(config.name) if isinstance(rows, dict) else None
    return told if isinstance(told, int) and not isinstance(told, bool) and told >= 0 else None
