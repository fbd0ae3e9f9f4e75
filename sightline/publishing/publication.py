"""A publication: a folder that holds exactly what will stand in the repository.

It is a dataset like any other, so the same checks, ``load_dataset`` and comparisons run on it.
Equal wishes for equal datasets give equal bytes, wherever and whenever they are put together:
publishing again finds nothing to do.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from sightline.building import BUILD_FILE, only_one
from sightline.checking.opened import CARD, open_dataset
from sightline.dataset_cards import board, croissant, pictures, render
from sightline.errors import DatasetError
from sightline.publishing.contents import contents
from sightline.publishing.records import LocalFile
from sightline.publishing.selecting import select_config
from sightline.publishing.workshop import workshop_of, writing_beside

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from sightline.checking.opened import OpenedDataset
    from sightline.dataset_rules import DatasetRules
    from sightline.progress import Progress
    from sightline.publishing.contents import Contents
    from sightline.publishing.records import Wish
    from sightline.publishing.workshop import Workshop

BOARD = "eval.yaml"
"""Tells the Hub of the leaderboards."""
CROISSANT = "croissant.json"
"""The dataset's metadata for machines."""

_VERSION = 1
"""Goes up when the same table is written anew with other bytes."""


@dataclass(frozen=True)
class Publication:
    """What is to stand in a repository."""

    folder: Path
    """Where it lies, until the ``with`` block ends; never write into it."""
    rules: DatasetRules
    """What it must be."""
    facts: Mapping[str, Any]
    """Its ``build.json``."""
    files: Mapping[str, LocalFile]
    """All its files by name, sorted; ``build.json`` and the card are among them."""


@contextmanager
def publication(
    wish: Wish,
    previous: Mapping[str, Any] | None,
    progress: Progress,
    *,
    opened: OpenedDataset | None = None,
) -> Iterator[Publication]:
    """Put together what is to be published, beside the dataset; it goes away with the block.

    The dataset is never written to. One process at a time: another one that publishes or builds
    the same folder waits. When it was killed, or the disk is full, the tables that are written
    are taken over by the next try.

    Args:
        wish: what to publish.
        previous: the ``build.json`` that stands on the Hub now; None for the first publication.
        progress: told what is written and what is read for checksums, in bytes.
        opened: `wish.folder` where a check has looked at it: its checksums are not made again.

    Raises:
        UsageError: `wish` names sources that do not exist, or nothing can be written there.
        DatasetError: the folder is no dataset, is damaged, or lacks what is to be published.
        SightlineError: the disk is full.
    """
    # Resolved, because a link lies beside something else than what it leads to.
    folder = wish.folder.expanduser().resolve()
    dataset = opened or open_dataset(folder)
    chosen = contents(dataset, wish.media)
    workshop = workshop_of(folder)
    with ExitStack() as held:
        with writing_beside(folder):
            held.enter_context(only_one(folder))
            workshop.clear(tables=False)
            held.callback(workshop.clear, tables=False)
            made = _Making(dataset, wish, workshop, progress).run(chosen, previous)
        # Only now: what was written of a publication that failed is used by the next try.
        held.callback(workshop.clear, tables=True)
        yield made


class _Making:
    """One publication being put together: files gather while the steps make them."""

    def __init__(
        self, dataset: OpenedDataset, wish: Wish, workshop: Workshop, progress: Progress
    ) -> None:
        self._dataset = dataset
        self._wish = wish
        self._workshop = workshop
        self._progress = progress
        self._files: dict[str, LocalFile] = {}

    def run(self, chosen: Contents, previous: Mapping[str, Any] | None) -> Publication:
        """All steps in their order."""
        self._select_tables(chosen)
        self._take_files(chosen)
        facts = self._facts(changes_of(previous, self._wish.changes))
        facts = self._with_pictures(facts)
        self._describe(facts)
        whole = {**facts, "files": self._recorded()}
        self._write(BUILD_FILE, _as_bytes(whole))
        files = dict(sorted(self._files.items()))
        return Publication(self._workshop.publication, self._dataset.rules, whole, files)

    def _select_tables(self, chosen: Contents) -> None:
        """Tables that hold pictures which are left out, written without them."""
        if not chosen.selected:
            return
        self._start("tables", chosen.tables)
        sums = {name: self._dataset.sha256(name, self._progress) for name in chosen.tables}
        key = _digest(json.dumps([_VERSION, self._wish.media.as_json(), sums]).encode())
        staging = self._workshop.tables(key)
        for config in chosen.selected:
            parts = select_config(self._dataset, config, self._wish.media, staging, self._progress)
            for part in parts:
                self._workshop.place(staging.folder / part.name, part.name)
                self._add(part.name, part.size, part.sha256)

    def _take_files(self, chosen: Contents) -> None:
        """Everything that is published as it is."""
        self._start("checksums", chosen.files)
        for name in chosen.files:
            sha256 = self._dataset.sha256(name, self._progress)
            self._workshop.place(self._dataset.folder / name, name)
            self._add(name, self._dataset.files[name], sha256)

    def _facts(self, changes: list[str]) -> dict[str, Any]:
        """``build.json`` as far as it is known before anything is drawn or described."""
        known = {
            name: value
            for name, value in self._dataset.facts.items()
            if name not in ("files", "publication")
        }
        return {
            **known,
            "rows": self._rows(),
            "publication": {
                "repository": self._wish.repository,
                "media": self._wish.media.as_json(),
                "changes": changes,
                "pictures": [],
                "built": self._built(),
            },
            "files": self._recorded(),
        }

    def _built(self) -> dict[str, str]:
        """Tables that are published without their pictures -> SHA-256 of the whole ones.

        A run names its questions by the checksums of the tables that it read; by these it is known
        to have been made on the same ones.
        """
        published = self._dataset.facts.get("publication")
        before = published.get("built", {}) if isinstance(published, dict) else {}
        sums = {
            name: file["sha256"]
            for name, file in self._dataset.facts["files"].items()
            if name.endswith(".parquet")
        }
        sums.update(before)
        now = {name: file.sha256 for name, file in self._files.items()}
        return {name: sha256 for name, sha256 in sorted(sums.items()) if now.get(name) != sha256}

    def _with_pictures(self, facts: dict[str, Any]) -> dict[str, Any]:
        """Draw from the publication, so that nothing is shown which is not published."""
        folder = self._workshop.publication
        drawn = pictures.draw_pictures(folder, self._dataset.rules, facts)
        for name, data in drawn.items():
            self._write(name, data)
        publication = {**facts["publication"], "pictures": sorted(drawn)}
        return {**facts, "publication": publication, "files": self._recorded()}

    def _describe(self, facts: Mapping[str, Any]) -> None:
        rules = self._dataset.rules
        self._write(CARD, render.render_card(rules, facts).encode())
        self._write(BOARD, board.eval_yaml(rules, self._wish.framework).encode())
        self._write(CROISSANT, croissant.croissant(rules, facts).encode())

    def _rows(self) -> dict[str, int]:
        """Config -> number of its rows, in the order of the card; none for one that is left out."""
        rows: dict[str, int] = {}
        for config in self._dataset.rules.configs:
            tables = [name for name in self._files if name.startswith(f"{config.name}/")]
            paths = [self._workshop.publication / name for name in tables]
            if paths:
                rows[config.name] = sum(pq.read_metadata(path).num_rows for path in paths)
        return rows

    def _recorded(self) -> dict[str, dict[str, Any]]:
        """The files so far, as ``build.json`` lists them."""
        return {
            name: {"bytes": file.size, "sha256": file.sha256}
            for name, file in sorted(self._files.items())
        }

    def _write(self, name: str, data: bytes) -> None:
        self._workshop.write(name, data)
        self._add(name, len(data), _digest(data))

    def _add(self, name: str, size: int, sha256: str) -> None:
        path = self._workshop.publication / name
        self._files[name] = LocalFile(name, path, size, sha256)

    def _start(self, step: str, names: tuple[str, ...]) -> None:
        self._progress.start(step, sum(self._dataset.files[name] for name in names))


def changes_of(previous: Mapping[str, Any] | None, line: str) -> list[str]:
    """The lines of the card's list of changes.

    Args:
        previous: the ``build.json`` that stands on the Hub, whoever wrote it; None without one.
        line: what to add; nothing is added when it is empty or was the last one.
    """
    publication = (previous or {}).get("publication")
    told = publication.get("changes") if isinstance(publication, dict) else None
    changes = [text for text in told if isinstance(text, str)] if isinstance(told, list) else []
    words = " ".join(line.split())
    return [*changes, words] if words and words not in changes[-1:] else changes


def _as_bytes(facts: Mapping[str, Any]) -> bytes:
    try:
        return (json.dumps(facts, indent=1, ensure_ascii=False) + "\n").encode()
    except UnicodeEncodeError as error:
        raise DatasetError(
            f"{BUILD_FILE} must hold text that UTF-8 can write, but: {error}",
            next_step="build the dataset again",
        ) from error


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
