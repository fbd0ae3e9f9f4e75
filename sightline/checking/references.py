"""Whether every value that refers to a row has one, and every row is referred to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from sightline.checking.allowed import allowed
from sightline.checking.columns import Chunk, chunks, shown, values_at
from sightline.checking.gathered import Gathered
from sightline.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sightline.checking.opened import OpenedDataset
    from sightline.dataset_rules import Config, Reference

_REBUILD = "build the dataset again"


def check_references(dataset: OpenedDataset) -> Iterator[Finding]:
    """Look at all references of the rules.

    Args:
        dataset: the dataset.
    """
    for reference in dataset.rules.references:
        if not dataset.tables(reference.to_config) or not dataset.tables(reference.config):
            continue  # whether a config may be missing is told where tables are looked at
        yield from _check(dataset, reference)


def _check(dataset: OpenedDataset, reference: Reference) -> Iterator[Finding]:
    rules, found = dataset.rules, Gathered()
    target = rules.config(reference.to_config)
    what = f"{reference.config}.{reference.column}"
    there, faults = _values(dataset, target, reference.to_column, what)
    yield from faults
    if faults:
        return  # what lies in a file that cannot be read would seem to be missing
    origin = rules.config(reference.config)
    used: set[Any] = set()
    top = reference.column.partition(".")[0]
    columns = list(dict.fromkeys((*origin.key, top)))
    whole = True
    for item in chunks(dataset, origin, columns, f"what {reference.column} refers to"):
        if isinstance(item, Finding):
            yield item
            whole = False
        else:
            used |= _judge(found, dataset, reference, item, there)
    if whole and origin is rules.configs[0]:
        for value in sorted(there - used, key=str):
            text = f"nothing in {reference.config} refers to {shown(value)}"
            mend = "see whether questions are missing"
            found.warning(f"unused {reference.to_config}", text, mend, target.name)
    yield from found


def _values(
    dataset: OpenedDataset, config: Config, column: str, what: str
) -> tuple[set[Any], list[Finding]]:
    """All values of a column, and why it could not be read in full."""
    values, faults = set[Any](), list[Finding]()
    for item in chunks(dataset, config, [column], what):
        if isinstance(item, Finding):
            faults.append(item)
        else:
            values.update(item.table.column(0).unique().to_pylist())
    return values - {None}, faults


def _judge(
    found: Gathered, dataset: OpenedDataset, reference: Reference, chunk: Chunk, there: set[Any]
) -> set[Any]:
    """The values that a chunk refers to; those that are not there are told."""
    values = set(_leaf(chunk.table, reference.column).unique().to_pylist()) - {None}
    missing = {value for value in values - there if _wanted(dataset, reference, value)}
    if missing:
        for row in chunk.rows():
            for place, value in values_at(row.values, reference.column):
                if value in missing:
                    what = f"refers to {shown(value)}, which {reference.to_config} does not have"
                    kind = f"references without a row in {reference.to_config}"
                    found.error(kind, what, _REBUILD, row.where(place))
    return values


def _leaf(table: pa.Table, column: str) -> pa.ChunkedArray:
    """The values at ``clips.clip_id`` of all rows, lists gone through."""
    first, *rest = column.split(".")
    found = _flat(table.column(first))
    for name in rest:
        found = _flat(pc.struct_field(found, name))
    return found


def _flat(values: pa.ChunkedArray) -> pa.ChunkedArray:
    while pa.types.is_list(values.type):
        values = pc.list_flatten(values)
    return values


def _wanted(dataset: OpenedDataset, reference: Reference, value: object) -> bool:
    """Whether a row of that value must be there: rows without their media are left out."""
    target = dataset.rules.config(reference.to_config)
    if not target.only_media:
        return True
    return allowed(dataset, target, {reference.to_column: value})
