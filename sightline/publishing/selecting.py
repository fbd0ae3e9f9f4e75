"""Tables without the pictures that are not passed on: rows left out, or pictures blanked.

Everything else stays as it is: values, order of rows, a row group per clip, features in the footer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sightline.checking.columns import UNREADABLE, reason
from sightline.dataset_rules import SPLIT
from sightline.errors import DatasetError
from sightline.parquet import SHARD_BYTES, RowGroup, write_config
from sightline.publishing.contents import sourced

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from sightline.checking.opened import OpenedDataset
    from sightline.dataset_rules import Config
    from sightline.media_choice import MediaChoice
    from sightline.progress import Progress
    from sightline.staging import Part, Staging


def select_config(
    dataset: OpenedDataset,
    config: Config,
    media: MediaChoice,
    staging: Staging,
    progress: Progress,
) -> tuple[Part, ...]:
    """Write a config's tables with only the pictures that `media` allows.

    Of a config whose rows are worth nothing without their pictures, whole row groups are left out:
    those with any row that is not allowed. In other configs the rows stay, with no picture. Two
    row groups are in memory at most.

    Args:
        dataset: where the config is read.
        config: one with media columns.
        media: what is allowed.
        staging: the folder in the making. Its key must name the tables' content and `media`.
        progress: told the bytes of the row groups that are written.

    Returns:
        The files; none when nothing is left of the config.

    Raises:
        DatasetError: a table cannot be read, or has other columns than the rules say.
        SightlineError: the disk is full.
    """
    groups = list(_groups(dataset, config, media))
    if not groups:
        return ()
    progress.start(config.name, sum(group.size for group in groups))
    write_config(
        staging,
        config.name,
        config.features,
        groups,
        split=SPLIT,
        shard_bytes=SHARD_BYTES,
        advance=progress.advance,
    )
    return tuple(part for part in staging.parts if part.name.startswith(f"{config.name}/"))


def _groups(dataset: OpenedDataset, config: Config, media: MediaChoice) -> Iterator[RowGroup]:
    footers: dict[str, pq.FileMetaData] = {}
    for chunk, _, sources in sourced(dataset, config):
        path = dataset.folder / chunk.file
        if chunk.file not in footers:
            footers[chunk.file] = pq.read_metadata(path)
        allowed = [media.allows(names) for names in sources]
        if all(allowed) or not config.only_media:
            yield _row_group(path, footers[chunk.file], chunk.group, config, allowed)


def _row_group(
    path: Path, footer: pq.FileMetaData, number: int, config: Config, allowed: Sequence[bool]
) -> RowGroup:
    def columns() -> tuple[Mapping[str, Sequence[Any]], None]:
        return _blanked(_read(path, footer, number, config), config.media_columns, allowed), None

    size = int(footer.row_group(number).total_byte_size)
    return RowGroup(f"{path.name} {number}", size, columns)


def _read(path: Path, footer: pq.FileMetaData, number: int, config: Config) -> pa.Table:
    """One row group; the bytes of its pictures are copied once, out of the mapped file."""
    try:
        with pq.ParquetFile(path, metadata=footer, memory_map=True) as file:
            table = file.read_row_group(number, use_threads=False)
    except UNREADABLE as error:
        raise DatasetError(
            f"{path}: row group {number} cannot be read: {reason(error)}",
            next_step="build the dataset again",
        ) from error
    expected = config.features.arrow_schema
    if not table.schema.equals(expected):
        raise DatasetError(
            f"{path}: the columns of `{config.name}` must be {expected.names} with their types, "
            f"but it has {table.schema.names}",
            next_step="build the dataset again with this version of Sightline",
        )
    return table


def _blanked(
    table: pa.Table, media_columns: Sequence[str], allowed: Sequence[bool]
) -> dict[str, pa.ChunkedArray]:
    """The columns, with an empty list or null in media columns of rows that are not allowed."""
    values = {name: table.column(name) for name in table.schema.names}
    if all(allowed):
        return values
    keep = pa.array(allowed, pa.bool_())
    for name in media_columns:
        kind = values[name].type
        nothing = pa.scalar([] if pa.types.is_list(kind) else None, kind)
        values[name] = pc.if_else(keep, values[name], nothing)
    return values
