"""The place beside a dataset where its publication is put together, and goes away afterwards.

``FOLDER.publication/`` holds two things: ``dataset/``, which is the publication, and
``tables.partial-<key>/``, where tables that must be written anew are made. It lies beside the
dataset, because files can be linked there: a recording of 2 GB takes no room and no time.
Nothing else in it is ever removed, so a folder of somebody who happens to use that name is safe.
"""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.errors import UsageError
from sightline.staging import Staging, room

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TABLES = "tables"
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS}


@dataclass(frozen=True)
class Workshop:
    """Where one dataset's publications are made; only one process works there at a time."""

    folder: Path
    """``FOLDER.publication``."""

    @property
    def publication(self) -> Path:
        """The publication itself."""
        return self.folder / "dataset"

    def tables(self, key: str) -> Staging:
        """Where tables are written anew; what was begun under another key is thrown away."""
        staging = Staging(self.folder / _TABLES, key)
        self._remove_tables(keep=staging.folder)
        return staging

    def clear(self, *, tables: bool) -> None:
        """Remove the publication, and the tables too if that is asked for."""
        shutil.rmtree(self.publication, ignore_errors=True)
        if tables:
            self._remove_tables()
        if self.folder.is_dir() and not any(self.folder.iterdir()):
            self.folder.rmdir()

    def place(self, source: Path, name: str) -> None:
        """Let a file stand in the publication: the same file where it can be linked, or a copy.

        Neither is ever opened for writing.
        """
        target = self._target(name)
        try:
            os.link(source, target)
        except OSError:
            # Another file system, one without links, or a file of somebody else: where a copy
            # fails too, that says why.
            shutil.copyfile(source, target)

    def write(self, name: str, data: bytes) -> None:
        """Write a new file of the publication."""
        self._target(name).write_bytes(data)

    def _target(self, name: str) -> Path:
        target = self.publication / name
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

    def _remove_tables(self, keep: Path | None = None) -> None:
        for path in self.folder.glob(f"{_TABLES}.partial-*"):
            if path != keep:
                shutil.rmtree(path, ignore_errors=True)


def workshop_of(dataset: Path) -> Workshop:
    """The workshop of a dataset's folder."""
    return Workshop(dataset.with_name(f"{dataset.name}.publication"))


@contextmanager
def writing_beside(dataset: Path) -> Iterator[None]:
    """Turn what a disk refuses into messages that say what to do.

    Raises:
        SightlineError: the disk is full.
        UsageError: nothing may be written beside the dataset, or not all of it may be read.
    """
    try:
        with room(dataset.parent):
            yield
    except OSError as error:
        if error.errno not in _REFUSED:
            raise
        raise UsageError(
            f"what is published is put together beside the dataset, in {dataset.parent}, but: "
            f"{error}",
            next_step="make that folder writable, or copy the dataset into one that is",
        ) from error
