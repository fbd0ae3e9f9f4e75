"""A dataset folder as the checks see it: its files, what build.json says, and its tables.

Everything that several checks need is read once and kept here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sightline.building import BUILD_FILE
from sightline.dataset_rules import DatasetRules, rules_of
from sightline.errors import DatasetError
from sightline.media_choice import MediaChoice
from sightline.staging import file_sha256

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sightline.progress import Progress

CARD = "README.md"
"""The card's name, as the Hub wants it."""

_REBUILD = "make it with `sightline build BENCHMARK --release RELEASE --out FOLDER`"


@dataclass(frozen=True)
class OpenedDataset:
    """A folder that holds a dataset, however faulty."""

    folder: Path
    """Where it lies."""
    rules: DatasetRules
    """What its benchmark wants it to be."""
    facts: Mapping[str, Any]
    """The content of ``build.json``."""
    media: MediaChoice
    """Which media must be there."""
    files: Mapping[str, int]
    """Every regular file below the folder, ``/`` between the parts -> bytes; links are no files."""
    links: tuple[str, ...]
    """Symbolic links and other things that are neither file nor folder."""
    _digests: dict[str, str] = field(default_factory=dict)

    def tables(self, config: str) -> list[Path]:
        """The Parquet files of a config, in their order."""
        names = (name for name in self.files if name.startswith(f"{config}/"))
        return [self.folder / name for name in sorted(names) if name.endswith(".parquet")]

    def sha256(self, name: str, progress: Progress | None = None) -> str:
        """SHA-256 of a file, read once however often it is asked for.

        Args:
            name: one of `files`.
            progress: told the bytes that are read; all of the file's where it was read before.
        """
        if name not in self._digests:
            advance = None if progress is None else progress.advance
            self._digests[name] = file_sha256(self.folder / name, advance)
        elif progress is not None:
            progress.advance(self.files[name])
        return self._digests[name]

    @property
    def card(self) -> str | None:
        """The text of the card; None where there is none, or it is no UTF-8."""
        try:
            return (self.folder / CARD).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None


def open_dataset(folder: Path) -> OpenedDataset:
    """Look at a folder; nothing but ``build.json`` is read.

    Raises:
        DatasetError: there is no such folder, or no usable ``build.json`` in it.
        UsageError: it belongs to a benchmark that is not installed.
    """
    if not folder.is_dir():
        raise DatasetError(f"{folder} must be a folder with a built dataset", next_step=_REBUILD)
    try:
        facts = json.loads((folder / BUILD_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DatasetError(
            f"{folder} must be a built dataset, but its {BUILD_FILE} cannot be read: {error}",
            next_step=_REBUILD,
        ) from error
    if not isinstance(facts, dict):
        raise DatasetError(f"{folder / BUILD_FILE} must hold an object", next_step=_REBUILD)
    files, links = _listed(folder)
    return OpenedDataset(
        folder, rules_of(folder, facts), facts, MediaChoice.of_facts(facts), files, links
    )


def _listed(folder: Path) -> tuple[dict[str, int], tuple[str, ...]]:
    files: dict[str, int] = {}
    links: list[str] = []
    # Sorted, so that findings come in the same order everywhere.
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            links.append(name)
        elif path.is_file():
            files[name] = path.stat().st_size
    return files, tuple(links)
