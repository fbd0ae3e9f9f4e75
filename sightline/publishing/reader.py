"""``python -m sightline.publishing.reader``: streams configs and compares them with a folder.

A process of its own, for its caches: a job as JSON on standard input, one JSON object per line on
standard output: ``{"config", "rows"}`` for rows that are equal, ``{"error"}`` for the first
difference, ``{"end"}`` after the last config.
"""

from __future__ import annotations

import json
import math
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import pyarrow as pa

_ROWS = 512
"""Rows that are asked for at once; a batch of the file with fewer comes as it is."""
_SHOWN_CHARACTERS = 120


class DifferenceError(Exception):
    """The Hub gives something else than the folder holds."""


def main() -> None:
    """Do the job and end the process.

    Without Python's own end: streams that are left halfway make pyarrow abort there.
    """
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # Whatever the libraries print must not stand among our lines.
    os.dup2(2, 1)

    def say(**line: Any) -> None:
        out.write(json.dumps(line) + "\n")
        out.flush()

    job = json.loads(sys.stdin.read())
    try:
        for config in job["configs"]:
            compare(job, config["name"], config["key"], say)
        say(end=True)
    except DifferenceError as error:
        say(error=str(error))
    except Exception as error:  # noqa: BLE001 (the other process raises it, with the repository's state)
        say(error=f"cannot be read by load_dataset: {type(error).__name__}: {error}")
    sys.stderr.flush()
    os._exit(0)


def compare(
    job: Mapping[str, Any], config: str, key: Sequence[str], say: Callable[..., None]
) -> None:
    """Compare one config row by row.

    Raises:
        DifferenceError: at the first difference; names config, row and column.
    """
    done = 0
    for here, there in aligned(local_tables(job, config), hub_tables(job, config)):
        if here is None or there is None:
            more = "fewer" if there is None else "more"
            raise DifferenceError(
                f"{config} has {more} rows on the Hub than in the folder: they part after row "
                f"{done}"
            )
        found = difference(here, there, key)
        if found is not None:
            raise DifferenceError(f"{config} {found}")
        done += len(here)
        say(config=config, rows=len(here))


def local_tables(job: Mapping[str, Any], config: str) -> Iterator[pa.Table]:
    """The folder's rows, in pieces."""
    import pyarrow as pa  # noqa: PLC0415 (as in hub_tables)
    import pyarrow.parquet as pq  # noqa: PLC0415 (as in hub_tables)

    for path in sorted(Path(job["folder"]).glob(f"{config}/*.parquet")):
        with pq.ParquetFile(path) as file:
            for group in range(file.num_row_groups):
                for batch in file.iter_batches(_ROWS, row_groups=[group]):
                    yield pa.Table.from_batches([batch])


def hub_tables(job: Mapping[str, Any], config: str) -> Iterator[pa.Table]:
    """The rows that load_dataset streams, in pieces, pictures as their bytes."""
    from datasets import load_dataset  # noqa: PLC0415 (the environment is read when it is imported)

    stream = load_dataset(
        job["repository"],
        config,
        split="test",
        revision=job["commit"],
        streaming=True,
        token=os.environ.get("HF_TOKEN"),
    )
    yield from stream.with_format("arrow").iter(batch_size=_ROWS)


def aligned(
    left: Iterable[pa.Table], right: Iterable[pa.Table]
) -> Iterator[tuple[pa.Table | None, pa.Table | None]]:
    """Pieces of equal length of both; None beside what is left over of one at the end."""
    sides = iter(left), iter(right)
    here, there = _filled(None, sides[0]), _filled(None, sides[1])
    while here is not None and there is not None:
        count = min(len(here), len(there))
        yield here.slice(0, count), there.slice(0, count)
        here = _filled(here.slice(count), sides[0])
        there = _filled(there.slice(count), sides[1])
    if here is not None or there is not None:
        yield here, there


def _filled(table: pa.Table | None, more: Iterator[pa.Table]) -> pa.Table | None:
    """The table, or the next one that has rows; None at the end."""
    while table is None or not len(table):
        table = next(more, None)
        if table is None:
            return None
    return table


def difference(here: pa.Table, there: pa.Table, key: Sequence[str]) -> str | None:
    """Row and column of the first difference of two tables of equal length; None: none differs."""
    missing = set(here.column_names) ^ set(there.column_names)
    if missing:
        return f"has other columns on the Hub: {', '.join(sorted(missing))} only on one side"
    for column in here.column_names:
        if here.column(column).equals(there.column(column)):
            continue
        # Equal values may have other Arrow types, and NaN is not equal to itself.
        pairs = zip(here.column(column), there.column(column), strict=True)
        for row, (one, other) in enumerate(pairs):
            if not same(wanted := one.as_py(), came := other.as_py()):
                names = ", ".join(f"{name}={here.column(name)[row].as_py()!r}" for name in key)
                return f"row {names} differs in {column}: {_told(wanted)} here, {_told(came)} there"
    return None


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same one, NaN and lists of it included."""
    if isinstance(one, float) and isinstance(other, float):
        return one == other or (math.isnan(one) and math.isnan(other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def _told(value: Any) -> str:
    if isinstance(value, dict) and isinstance(value.get("bytes"), bytes):
        return f"a picture of {len(value['bytes']):,} bytes"
    text = repr(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}..."


if __name__ == "__main__":
    main()
