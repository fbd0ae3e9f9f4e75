"""File contents on disk, each once, under its sha256."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PIECE = 1 << 20


class WrongContentError(ValueError):
    """What came has not the sha256 that was announced."""


class Blobs:
    """Contents by sha256, written whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, sha256: str) -> Path:
        """Where a content lies, or would."""
        return self._folder / sha256[:2] / sha256

    def put(self, pieces: Iterable[bytes | memoryview], expected: str | None = None) -> str:
        """Keep a content; returns its sha256.

        Raises:
            WrongContentError: It is not the expected one; nothing is kept.
        """
        digest = hashlib.sha256()
        with self._draft() as (file, name):
            for piece in pieces:
                digest.update(piece)
                file.write(piece)
            file.close()
            found = digest.hexdigest()
            if expected not in (None, found):
                raise WrongContentError(f"expected sha256 {expected}, got {found}")
            target = self.path(found)
            target.parent.mkdir(exist_ok=True)
            name.replace(target)
        return found

    def put_file(self, source: Path) -> str:
        """Keep a copy of a file."""
        return self.put(pieces_of(source))

    @contextlib.contextmanager
    def _draft(self) -> Iterator[tuple[Any, Path]]:
        with tempfile.NamedTemporaryFile(dir=self._folder, prefix=".draft-", delete=False) as file:
            draft = Path(file.name)
            try:
                yield file, draft
            finally:
                draft.unlink(missing_ok=True)


def pieces_of(path: Path) -> Iterator[bytes]:
    """A file in pieces."""
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def git_oid(pieces: Iterable[bytes], size: int) -> str:
    """The name that git gives to a content."""
    digest = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()


def write_json(path: Path, value: Any) -> None:
    """Replace a small file in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(json.dumps(value), encoding="utf-8")
    draft.replace(path)
