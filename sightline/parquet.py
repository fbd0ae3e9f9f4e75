"""Parquet with one row group per key (a clip), written and read.

Written by pyarrow directly: the path through ``datasets`` (generator, Arrow cache, to_parquet) was
measured at about a quarter of the speed and cannot choose its row groups. The footer carries the
features under the key ``huggingface``, so ``load_dataset`` sees the right columns.
Equal input gives equal bytes (for one version of pyarrow).

Media columns are stored PLAIN and uncompressed: JPEG does not shrink, and the bytes in the file
are then the bytes of the picture, which the Hub de-duplicates by content by itself.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from sightline.parquet_reader import ClipReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from concurrent.futures import Future

    from datasets import Features

    from sightline.staging import Part, PartFile, Staging

__all__ = [
    "SHARD_BYTES",
    "ClipReader",
    "NotWritten",
    "RowGroup",
    "plan_shards",
    "write_config",
    "write_table",
]

SHARD_BYTES = 500_000_000
"""Aimed size of one file, as on the Hub: large enough to be few, small enough to resume."""


class NotWritten(Exception):  # noqa: N818 (no fault of its own: it carries what was found)
    """Raised by a group's columns to say: this one cannot be written, go on and tell me later."""


@dataclass(frozen=True)
class RowGroup:
    """Rows that belong together and are read together."""

    key: str
    """Names the group: the same value in the key column of all its rows."""
    size: int
    """Bytes of its media, for the shards and the progress; need not be exact."""
    columns: Callable[[], tuple[Mapping[str, Sequence[Any]], Any]]
    """Called when its turn comes, one group after the other, while the group before is written:
    column name -> values, and facts about the group as plain JSON types. May raise NotWritten."""


def plan_shards(sizes: Sequence[int], shard_bytes: int = SHARD_BYTES) -> list[tuple[int, int]]:
    """Half-open ranges of groups per file: a file is closed once it has `shard_bytes`.

    Args:
        sizes: bytes of each group, in order.
        shard_bytes: aimed size of a file, at least 1; only the last group may go beyond it.
    """
    if shard_bytes < 1:
        raise ValueError(f"shard_bytes ({shard_bytes}) must be at least 1")
    shards, start, held = [], 0, 0
    for i, size in enumerate(sizes):
        held += size
        if held >= shard_bytes:
            shards.append((start, i + 1))
            start, held = i + 1, 0
    if start < len(sizes) or not shards:
        shards.append((start, len(sizes)))
    return shards


def write_config(
    staging: Staging,
    config: str,
    features: Features,
    groups: Sequence[RowGroup],
    *,
    split: str = "test",
    shard_bytes: int = SHARD_BYTES,
    advance: Callable[[int], None] = lambda _: None,
) -> dict[str, Any]:
    """Write one config as ``<config>/<split>-00000-of-0000N.parquet``, a row group per group.

    Args:
        staging: the folder in the making; finished files of an earlier try are taken over.
        config: name of the config and of its folder.
        features: its columns.
        groups: in the order in which they are written, with unique keys.
        split: name of the split.
        shard_bytes: aimed size of one file.
        advance: told the size of every group that is done.

    Returns:
        Facts per group key, as its `columns` gave them.

    Raises:
        NotWritten: groups could not be written; raised after all groups were tried, with no
            file that holds such a group left behind.
    """
    shards = plan_shards([group.size for group in groups], shard_bytes)
    facts: dict[str, Any] = {}
    failed: NotWritten | None = None
    for i, (start, end) in enumerate(shards):
        name = f"{config}/{split}-{i:05d}-of-{len(shards):05d}.parquet"
        try:
            part = _write_shard(staging, name, features, groups[start:end], advance)
        except NotWritten as error:
            failed = error
        else:
            facts.update(part.facts)
    if failed is not None:
        raise failed
    return facts


def write_table(
    staging: Staging,
    config: str,
    features: Features,
    columns: Mapping[str, Sequence[Any]],
    *,
    split: str = "test",
) -> None:
    """Write a config that is small enough for one row group in one file."""
    name = f"{config}/{split}-00000-of-00001.parquet"
    digest = hashlib.sha256(repr(sorted(columns.items())).encode("utf-8", "surrogatepass"))
    group = RowGroup(config, 0, lambda: (columns, None))
    staging.part(
        name,
        digest.hexdigest(),
        lambda file: _write_groups(file, features, [group], lambda _: None),
    )


def media_columns(schema: pa.Schema) -> list[str]:
    """Parquet paths of the columns that hold media bytes: ``image.bytes``."""
    return [path for field in schema for path in _leaves(field) if path.endswith(".bytes")]


def _leaves(field: pa.Field, parent: str = "") -> Iterator[str]:
    path = f"{parent}{field.name}"
    if pa.types.is_struct(field.type):
        for i in range(field.type.num_fields):
            yield from _leaves(field.type.field(i), f"{path}.")
    elif pa.types.is_list(field.type):
        inner = field.type.value_field
        yield from _leaves(inner.with_name("element"), f"{path}.list.")
    else:
        yield path


def _write_shard(
    staging: Staging,
    name: str,
    features: Features,
    groups: Sequence[RowGroup],
    advance: Callable[[int], None],
) -> Part:
    key = hashlib.sha256("\0".join(group.key for group in groups).encode()).hexdigest()
    return staging.part(name, key, lambda file: _write_groups(file, features, groups, advance))


def _write_groups(
    file: PartFile,
    features: Features,
    groups: Iterable[RowGroup],
    advance: Callable[[int], None],
) -> dict[str, Any]:
    schema = features.arrow_schema
    facts: dict[str, Any] = {}
    failed: NotWritten | None = None
    with (
        pq.ParquetWriter(file, schema, **_options(schema)) as writer,
        ThreadPoolExecutor(1) as reader,
    ):
        for group, columns in _one_ahead(reader, groups):
            try:
                values, facts[group.key] = columns.result()
            except NotWritten as error:
                failed = error
            else:
                table = pa.Table.from_pydict(dict(values), schema=schema)
                writer.write_table(table, row_group_size=max(table.num_rows, 1))
            advance(group.size)
    if failed is not None:
        raise failed
    return facts


def _one_ahead(
    reader: ThreadPoolExecutor, groups: Iterable[RowGroup]
) -> Iterator[tuple[RowGroup, Future[tuple[Mapping[str, Sequence[Any]], Any]]]]:
    """The groups in order, while the next one is being read: reading and writing overlap.

    Two groups are in memory at most.
    """
    waiting = None
    for group in groups:
        following = group, reader.submit(group.columns)
        if waiting is not None:
            yield waiting
        waiting = following
    if waiting is not None:
        yield waiting


def _options(schema: pa.Schema) -> dict[str, Any]:
    """How columns are stored. No statistics on media: they would repeat pictures in the footer."""
    media = media_columns(schema)
    others = [path for field in schema for path in _leaves(field) if path not in media]
    return {
        "compression": dict.fromkeys(others, "snappy") | dict.fromkeys(media, "none"),
        "use_dictionary": others,
        "column_encoding": dict.fromkeys(media, "PLAIN"),
        "write_statistics": others,
        "write_page_index": True,
    }
