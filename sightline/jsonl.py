"""JSON files from strangers: one object or list a file, or one object a line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sightline.errors import ResponsesError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LARGEST = 16 * 2**20
"""Bytes of the longest line or file that is read: a response has thousands, not millions."""

LARGEST_LIST = 128 * 2**20
"""Bytes of the longest file with a list that is read: thousands of questions with responses."""


def read_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a JSONL file with their line numbers, from 1; blank lines are skipped.

    Raises:
        ResponsesError: the file cannot be opened, or a line is no JSON object or too long.
    """
    try:
        with path.open("rb") as lines:
            number = 0
            while line := lines.readline(LARGEST + 1):
                number += 1
                if line.strip():
                    yield number, _object(line, f"{path}, line {number}")
    except OSError as error:
        raise ResponsesError(f"{path} cannot be opened: {error.strerror}") from error


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file.

    Raises:
        ResponsesError: the file cannot be opened, or is no JSON object or too long.
    """
    try:
        with path.open("rb") as file:
            return _object(file.read(LARGEST + 1), str(path))
    except OSError as error:
        raise ResponsesError(f"{path} cannot be opened: {error.strerror}") from error


def read_list(path: Path) -> list[Any]:
    """The list in a JSON file.

    Raises:
        ResponsesError: the file cannot be opened, or is no JSON list or too long.
    """
    try:
        with path.open("rb") as file:
            value = _value(file.read(LARGEST_LIST + 1), str(path), LARGEST_LIST)
    except OSError as error:
        raise ResponsesError(f"{path} cannot be opened: {error.strerror}") from error
    if not isinstance(value, list):
        raise ResponsesError(f"{path}: must be a list, but is {type(value).__name__}")
    return value


def _object(data: bytes, place: str) -> dict[str, Any]:
    value = _value(data, place, LARGEST)
    if not isinstance(value, dict):
        raise ResponsesError(f"{place}: must be an object, but is {type(value).__name__}")
    return value


def _value(data: bytes, place: str, largest: int) -> Any:
    if len(data) > largest:
        raise ResponsesError(f"{place}: longer than {largest:,} bytes")
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ResponsesError(
            f"{place}: not JSON: {error}",
            next_step="if the run was killed while it wrote, remove the broken end",
        ) from error
