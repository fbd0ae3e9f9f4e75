"""JSON files from strangers: one object a file, or one object a line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sightline.errors import ResponsesError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LARGEST = 16 * 2**20
"""Bytes of the longest line or file that is read: a response has thousands, not millions."""


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


def _object(data: bytes, place: str) -> dict[str, Any]:
    if len(data) > LARGEST:
        raise ResponsesError(f"{place}: longer than {LARGEST:,} bytes")
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ResponsesError(
            f"{place}: not JSON: {error}",
            next_step="if the run was killed while it wrote, remove the broken end",
        ) from error
    if not isinstance(value, dict):
        raise ResponsesError(f"{place}: must be an object, but is {type(value).__name__}")
    return value
