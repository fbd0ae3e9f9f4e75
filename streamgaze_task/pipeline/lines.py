"""Records <-> files of JSON lines that say what they were made from.

The first line is a header: the stage, and a key over everything that the file was made from. A
file whose header carries the key that is asked for is finished; any other is made again. Files
appear at once (written beside, then renamed), so a killed run leaves none that is half written.
"""

from __future__ import annotations

import glob
import json
import os
import tempfile
from dataclasses import asdict, fields, is_dataclass
from functools import cache
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Any, TypeVar, Union, get_args, get_origin, get_type_hints

from sightline.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Record = TypeVar("Record")

LONGEST_HEADER = 1 << 16


def header_of(path: Path) -> Mapping[str, Any] | None:
    """The first line of a file; None when there is no such file, or it has none."""
    try:
        with path.open("rb") as file:
            header = json.loads(file.readline(LONGEST_HEADER))
    except (OSError, ValueError):
        return None
    return header if isinstance(header, dict) and "key" in header else None


def write(path: Path, header: Mapping[str, Any], records: Iterable[object]) -> int:
    """Write a header and one line a record; returns how many records there were.

    One process at a time writes a file: what another was writing counts as left by a kill, and is
    removed.

    Args:
        path: where to; its folder is made.
        header: must hold ``key``.
        records: dataclass instances; they may be made while they are written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in path.parent.glob(f".{glob.escape(path.name)}-*"):
        left.unlink(missing_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    count = 0
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(json.dumps(dict(header), sort_keys=True) + "\n")
            for record in records:
                file.write(line_of(record) + "\n")
                count += 1
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)
    return count


def read(path: Path, kind: type[Record]) -> list[Record]:
    """All records of a file.

    Raises:
        DatasetError: the file is missing, or a line is no such record.
    """
    try:
        with path.open(encoding="utf-8") as file:
            next(file, None)
            return [from_row(kind, json.loads(line)) for line in file]
    except FileNotFoundError as error:
        raise DatasetError(
            f"{path} is not there: the run has not come that far",
            next_step="`sightline gaze run` makes it",
        ) from error
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DatasetError(
            f"{path} cannot be read: {error}", next_step="remove it and run the same command again"
        ) from error


def line_of(record: Any) -> str:
    """One record as a line of JSON, the same on every machine."""
    return json.dumps(asdict(record), ensure_ascii=False, separators=(",", ":"))


def from_row(kind: type[Record], row: Mapping[str, Any]) -> Record:
    """A record out of the JSON object that :func:`line_of` made of it.

    Raises:
        TypeError, KeyError, ValueError: it is no such record.
    """
    if not isinstance(row, dict):
        raise TypeError(f"{row!r:.40} is no JSON object")
    kinds = _hints(kind)  # type: ignore[arg-type]  # every class is hashable
    return kind(**{name: _value(kinds[name], value) for name, value in row.items()})


@cache
def _hints(kind: Any) -> dict[str, Any]:
    known = get_type_hints(kind)
    return {field.name: known[field.name] for field in fields(kind)}


def _value(kind: Any, value: Any) -> Any:
    """JSON has lists and objects only: tuples and records are told by the annotation."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        if value is None:
            return None
        return _value(next(one for one in inner if one is not type(None)), value)
    if origin is tuple:
        kinds = inner[:1] * len(value) if inner[-1] is Ellipsis else inner
        return tuple(_value(one, item) for one, item in zip(kinds, value, strict=True))
    if is_dataclass(kind):
        return from_row(kind, value)  # type: ignore[arg-type]
    return value
