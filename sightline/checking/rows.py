"""Whether rows keep their promises: keys, references, hidden text, nothing left out."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from sightline.checking.columns import UNREADABLE, Chunk, chunks, shown
from sightline.checking.gathered import Gathered
from sightline.checking.references import check_references
from sightline.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sightline.checking.columns import Row
    from sightline.checking.opened import OpenedDataset
    from sightline.dataset_rules import Config
    from sightline.progress import Progress

_LETTER = re.compile(r"^[a-z][.):] ?")
SHORT = 12
"""Hidden text of fewer letters says too little: "it moves" may stand anywhere by chance."""

_REBUILD = "build the dataset again"
_LISTED = 5


def check(dataset: OpenedDataset, progress: Progress) -> Iterator[Finding]:
    """Find what is wrong with the rows.

    Args:
        dataset: the dataset.
        progress: told the steps that are done.
    """
    configs, references = dataset.rules.configs, dataset.rules.references
    progress.start("rows", 2 * len(configs) + len(references))
    for config in configs:
        yield from _check_keys(dataset, config)
        progress.advance(1)
        yield from _check_hidden(dataset, config)
        progress.advance(1)
    yield from check_references(dataset)
    progress.advance(len(references))
    yield from _check_hidden_names(dataset)
    yield from _check_left_out(dataset)


def _check_keys(dataset: OpenedDataset, config: Config) -> Iterator[Finding]:
    """Unique and not null; the rows of a group are together, so only they can repeat a key."""
    found, read = Gathered(), list[Chunk]()
    for item in chunks(dataset, config, config.key, "its keys"):
        if isinstance(item, Finding):
            yield item
        elif config.group is not None:
            _judge_keys(found, [item])
        else:
            read.append(item)
    _judge_keys(found, read)
    yield from found


def _judge_keys(found: Gathered, read: Sequence[Chunk]) -> None:
    if not read or _clean(pa.concat_tables([chunk.table for chunk in read])):
        return
    first: dict[tuple[Any, ...], str] = {}
    for row in (row for chunk in read for row in chunk.rows()):
        values = tuple(row.values[name] for name in row.key)
        empty = [name for name in row.key if _empty(row.values[name])]
        if empty:
            what = "is empty: it names the row"
            found.error("empty keys", what, _REBUILD, row.where(", ".join(empty)))
        elif values in first:
            what = f"has the {' and '.join(row.key)} of {first[values]}"
            found.error("keys that stand twice", what, _REBUILD, row.where())
        else:
            first[values] = f"{row.file} row {row.number}"


def _clean(keys: pa.Table) -> bool:
    """Whether all keys are there and differ; with no Python object for each row."""
    if any(_empty(value) for column in keys.columns for value in column.unique().to_pylist()):
        return False
    distinct = keys.group_by(keys.column_names).aggregate([])
    return bool(distinct.num_rows == keys.num_rows)


def _empty(value: object) -> bool:
    if isinstance(value, float):
        return not math.isfinite(value)
    return value is None or value == ""


def _check_hidden(dataset: OpenedDataset, config: Config) -> Iterator[Finding]:
    """Whether a model would read what gives its answer away."""
    hidden = dataset.rules.hidden.get(config.name, ())
    visible = dataset.rules.shown.get(config.name, ())
    if not hidden or not visible:
        return
    found = Gathered()
    wanted = list(dict.fromkeys((*config.key, *hidden, *visible)))
    for item in chunks(dataset, config, wanted, "its hidden text"):
        if isinstance(item, Finding):
            yield item
        else:
            for row in item.rows():
                _judge_hidden(found, row, hidden, visible)
    yield from found


def _judge_hidden(found: Gathered, row: Row, hidden: Sequence[str], visible: Sequence[str]) -> None:
    for secret in hidden:
        text = _folded(row.values[secret])
        if len(text) < SHORT or _is_choice(text, row, visible):
            continue
        for column in visible:
            if text in _folded(row.values[column]):
                what = f"leaked {secret}: it stands in {column}, which models are shown"
                mend = f"take it out of {column}; it gives the answer away"
                found.error(f"leaked {secret}", what, mend, row.where(column))


def _is_choice(text: str, row: Row, visible: Sequence[str]) -> bool:
    """Whether it only repeats one of the options, which every model is shown."""
    lists = (row.values[column] for column in visible)
    items = (item for value in lists if isinstance(value, (list, tuple)) for item in value)
    return any(_LETTER.sub("", _folded(item)) == text for item in items)


def _folded(value: object) -> str:
    """All text of a value, without what only printing makes of it: case and white space."""
    if isinstance(value, (list, tuple)):
        return "\n".join(_folded(item) for item in value)
    if isinstance(value, dict):
        return _folded(list(value.values()))
    return " ".join(value.casefold().split()) if isinstance(value, str) else ""


def _check_hidden_names(dataset: OpenedDataset) -> Iterator[Finding]:
    """Whether a column of such a name stands in a config that has none."""
    for config in dataset.rules.configs:
        allowed = dataset.rules.hidden.get(config.name, ())
        names = {name for names in dataset.rules.hidden.values() for name in names} - set(allowed)
        for path in dataset.tables(config.name):
            there = sorted(names.intersection(_names(path)))
            if there:
                what = f"has {', '.join(there)}, which gives answers away"
                where = path.relative_to(dataset.folder).as_posix()
                yield Finding("error", what, "take the column out", where)


def _names(path: Path) -> set[str]:
    """All names in the columns of a file, nested ones too; none where it cannot be read."""
    try:
        schema = pq.read_metadata(path).schema
        return {name for i in range(len(schema)) for name in schema.column(i).path.split(".")}
    except UNREADABLE:
        return set()  # told where its columns are looked at


def _check_left_out(dataset: OpenedDataset) -> Iterator[Finding]:
    """What the build had to leave out."""
    for name, what in (("skipped", "questions were left out"), ("problems", "problems were met")):
        told = dataset.facts.get(name) or []
        if not isinstance(told, list):
            yield Finding("error", f"{name} must be a list", _REBUILD, "build.json")
        elif told:
            some = ", ".join(shown(item) for item in told[:_LISTED])
            more = f" and {len(told) - _LISTED} more" if len(told) > _LISTED else ""
            mend = "get the whole release and build again, or tell people that it is not whole"
            text = f"{len(told)} {what} when it was built: {some}{more}"
            yield Finding("warning", text, mend, "build.json")
