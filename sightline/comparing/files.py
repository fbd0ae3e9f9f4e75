"""Writes what a command was asked for; a file is there whole or not at all."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping


def write(path: Path, content: bytes) -> None:
    """Write a file beside its place and move it there.

    Raises:
        UsageError: the folder is not there, or cannot be written.
    """
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".sightline-") as folder:
            part = Path(folder) / "part"
            part.write_bytes(content)
            part.replace(path)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror}", next_step="name a file in a folder"
        ) from error


def as_json(record: Mapping[str, Any]) -> bytes:
    """A record as JSON that every reader takes: no nan, no half surrogate."""
    return (json.dumps(record, indent=1, allow_nan=False) + "\n").encode()
