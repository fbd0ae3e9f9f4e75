"""Row groups: what makes reading one clip cheap, and what the reader of single clips relies on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sightline.checking.columns import GROUP_BYTES, UNREADABLE, Chunk, chunks, reason, shown
from sightline.checking.gathered import Gathered
from sightline.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pyarrow.parquet as pq

    from sightline.checking.opened import OpenedDataset
    from sightline.dataset_rules import Config

LARGE_BYTES = 1_000_000_000
"""Bytes from which a row group is unwieldy: a reader of one row holds all of it."""

_REBUILD = "build the dataset again"


def check_storage(name: str, footer: pq.FileMetaData, config: Config) -> Iterator[Finding]:
    """How one file stores its row groups: their size, and pictures as they are.

    Args:
        name: of the file, relative to the dataset.
        footer: what it says about itself.
        config: its config.
    """
    found, packed = Gathered(), set()
    for group in range(footer.num_row_groups):
        facts = footer.row_group(group)
        size, where = facts.total_byte_size, f"{name} row group {group}"
        if size > GROUP_BYTES:
            what = f"has {size} bytes, and more than 2 GiB cannot be read at once"
            found.error("row groups beyond 2 GiB", what, "make it smaller", where)
        elif size > LARGE_BYTES:
            what = f"has {size} bytes: a reader of one row holds them all"
            found.warning("large row groups", what, "make it smaller", where)
        packed |= _packed(facts, config)
    yield from found
    if packed:
        what = f"pictures in {', '.join(sorted(packed))} must be stored plain and uncompressed"
        mend = "build the dataset again: pictures do not shrink, and cannot be read in place"
        yield Finding("warning", what, mend, name)


def _packed(facts: pq.RowGroupMetaData, config: Config) -> set[str]:
    """Columns of picture bytes that are compressed, or in a dictionary."""
    found = set()
    for i in range(facts.num_columns):
        column = facts.column(i)
        path = column.path_in_schema
        if path.partition(".")[0] in config.media_columns and path.endswith(".bytes"):
            plain = column.compression == "UNCOMPRESSED" and set(column.encodings) <= {
                *("PLAIN", "RLE", "BIT_PACKED")
            }
            if not plain:
                found.add(path)
    return found


def check_grouping(
    dataset: OpenedDataset, config: Config, footers: Mapping[str, pq.FileMetaData]
) -> Iterator[Finding]:
    """Whether each row group has one value of the group column, its own, and says so.

    Args:
        dataset: the dataset.
        config: one of its configs.
        footers: its files that could be read.
    """
    if config.group is None:
        return
    found, first = Gathered(), dict[Any, str]()
    for item in chunks(dataset, config, [config.group], "its row groups"):
        if isinstance(item, Finding):
            yield item
            continue
        where = f"{item.file} row group {item.group}"
        values = item.table.column(0).unique().to_pylist()
        _check_values(found, config.group, values, where)
        for value in values:
            _check_first(found, value, first, where)
        if item.file in footers and len(values) == 1:
            _check_statistics(found, footers[item.file], item, values[0])
    yield from found


def _check_values(found: Gathered, group: str, values: list[Any], where: str) -> None:
    if len(values) != 1:
        several = ", ".join(shown(value) for value in values[:3]) or "none"
        what = f"must have one {group}, but has {len(values)}: {several}"
        found.error("row groups with several values", what, _REBUILD, where)


def _check_first(found: Gathered, value: object, first: dict[Any, str], where: str) -> None:
    if first.setdefault(value, where) != where:
        what = f"{shown(value)} stands in {first[value]} already: its rows must be together"
        found.error("values in several row groups", what, _REBUILD, where)


def _check_statistics(found: Gathered, footer: pq.FileMetaData, chunk: Chunk, value: Any) -> None:
    """Readers of single clips find them by the statistics and open nothing else."""
    column = chunk.table.column_names[0]
    where = f"{chunk.file} row group {chunk.group}"
    try:
        facts = footer.row_group(chunk.group)
        paths = [facts.column(i).path_in_schema for i in range(facts.num_columns)]
        statistics = facts.column(paths.index(column)).statistics
        ends = (statistics.min, statistics.max) if statistics and statistics.has_min_max else None
    except UNREADABLE as error:
        what = f"its statistics of {column} cannot be read: {reason(error)}"
        found.error("unreadable statistics", what, _REBUILD, where)
        return
    if ends is None:
        what = f"must have statistics of {column}, by which single clips are found"
        found.error("row groups without statistics", what, _REBUILD, where)
    elif ends != (value, value):
        what = f"its statistics say that {column} goes from {shown(ends[0])} to {shown(ends[1])}"
        what += f", but it is {shown(value)}"
        found.error("statistics that are wrong", what, _REBUILD, where)
