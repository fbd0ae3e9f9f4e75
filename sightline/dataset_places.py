"""A built dataset where it lies, a folder or the Hub: its tables, clips and media files.

The layout is that of all our datasets: one folder of Parquet files per config, recordings under
``media/``, and ``build.json`` with what was built and what was published of it.
"""

from __future__ import annotations

import threading
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from sightline.errors import DatasetError, UsageError
from sightline.hub.clips import RemoteClips, RemoteParquet
from sightline.hub.errors import Asked, is_absent
from sightline.hub.pinned import REPOSITORY, inside, on_hub
from sightline.media_left_out import Absent, explained, read_facts
from sightline.parquet_reader import ClipReader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.hub.pinned import HubDataset

FRAMES = "frames"
"""The config with released frames, where a dataset has one."""

SMALL_TABLE = 1 << 20
"""Bytes up to which a table is fetched whole, into the Hub's cache; of others only the columns that
are needed are read."""

_places: dict[tuple[str, str], HubPlace] = {}
_opening = threading.Lock()


class FolderPlace:
    """A built dataset in a folder.

    Args:
        folder: where.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.origin = str(folder)
        """What messages call it."""

    def facts(self) -> dict[str, Any]:
        """What ``build.json`` says; nothing where there is none."""
        return read_facts(self._folder / "build.json")

    def clips(self) -> ClipReader | None:
        """The reader of its released frames; None where it has none."""
        folder = self._folder / FRAMES
        return ClipReader(folder) if any(folder.glob("*.parquet")) else None

    def rows(self, config: str, columns: Sequence[str]) -> list[dict[str, Any]]:
        """The rows of a small table, those of the columns that it has; none where it is not."""
        return [
            row
            for file in sorted((self._folder / config).glob("*.parquet"))
            for row in _rows(file, columns)
        ]

    def media(self, relative_path: str, absent: Absent) -> Path:
        """A media file.

        Raises:
            DatasetError: the path leaves the dataset, or there is no such file.
        """
        path = self._folder.joinpath(*inside(relative_path).parts)
        if not path.is_file():
            raise explained(absent, self.origin, self.facts())
        return path


class HubPlace:
    """A built dataset on the Hub at one commit; what it has read of the listing it keeps.

    Args:
        hub: the dataset there.
    """

    def __init__(self, hub: HubDataset) -> None:
        self._hub = hub
        self._sizes: dict[str, dict[str, int]] = {}
        self._reading = threading.Lock()
        self.origin = hub.origin
        """What messages call it: ``org/name@commit``."""

    def facts(self) -> dict[str, Any]:
        """What ``build.json`` says; nothing where there is none.

        Raises:
            DatasetError: the Hub cannot be read.
        """
        try:
            return read_facts(self._hub.file("build.json"))
        except DatasetError as error:
            if is_absent(error):
                return {}
            raise

    def clips(self) -> ClipReader | RemoteClips | None:
        """The reader of its released frames; None where it has none.

        Raises:
            DatasetError: the Hub cannot be read.
        """
        with self._reading:
            return self._clips

    @cached_property
    def _clips(self) -> ClipReader | RemoteClips | None:
        if paths := self._here(FRAMES):
            return ClipReader(paths)
        sizes = self._listed(FRAMES)
        return RemoteClips(self._hub, sizes) if sizes else None

    def rows(self, config: str, columns: Sequence[str]) -> list[dict[str, Any]]:
        """The rows of a small table, those of the columns that it has; none where it is not.

        Raises:
            DatasetError: the Hub cannot be read.
        """
        if paths := self._here(config):
            return [row for path in paths for row in _rows(path, columns)]
        rows: list[dict[str, Any]] = []
        for name, size in self._listed(config).items():
            if size <= SMALL_TABLE:
                rows += _rows(self._hub.file(name), columns)
                continue
            file = RemoteParquet(self._hub, name, size)
            there = _there(file.metadata, columns)
            for group in range(file.metadata.num_row_groups if there else 0):
                rows += file.read(group, there).to_pylist()
        return rows

    def media(self, relative_path: str, absent: Absent) -> Path:
        """A media file, fetched into the Hub's cache where it is not there yet.

        Raises:
            DatasetError: the path leaves the dataset, there is no such file, or the Hub cannot be
                read.
        """
        name = inside(relative_path).as_posix()
        try:
            return self._hub.cached(name) or self._hub.file(name)
        except DatasetError as error:
            if not is_absent(error):
                raise
            raise explained(absent, self.origin, self.facts()) from error

    def _listed(self, config: str) -> dict[str, int]:
        if config not in self._sizes:
            sizes = self._hub.sizes(config)
            self._sizes[config] = {
                name: size for name, size in sizes.items() if name.endswith(".parquet")
            }
        return self._sizes[config]

    def _here(self, config: str) -> list[Path]:
        """The files of a config in the cache, when all of them are; nobody is asked for it.

        What all are, ``build.json`` or an earlier listing says; when the Hub may not be asked,
        those that are there must do.
        """
        from huggingface_hub import constants  # noqa: PLC0415 (heavy; folders need none)

        names = self._sizes.get(config) or self._recorded(config)
        if names is None and constants.HF_HUB_OFFLINE:
            marks = (self._hub.cached(name) for name in ("README.md", "build.json"))
            roots = [path.parent for path in marks if path is not None]
            return sorted((roots[0] / config).glob("*.parquet")) if roots else []
        found = [self._hub.cached(name) for name in names or ()]
        paths = [path for path in found if path is not None]
        return paths if len(paths) == len(found) else []

    def _recorded(self, config: str) -> list[str] | None:
        """The files of a config as a ``build.json`` in the cache has them; None without one."""
        record = self._hub.cached("build.json")
        files = read_facts(record).get("files") if record is not None else None
        if not isinstance(files, dict):
            return None
        start = f"{config}/"
        return sorted(name for name in files if name.startswith(start) and name.endswith("parquet"))


def opened(dataset: str | Path, revision: str | None = None) -> FolderPlace | HubPlace:
    """The dataset that people mean.

    Args:
        dataset: a folder, or ``org/name`` or ``org/name@revision`` on the Hub.
        revision: branch, tag or commit on the Hub.

    Raises:
        UsageError: a revision of a folder is asked for, or two revisions.
        DatasetError: there is no such folder, dataset or revision, or the Hub cannot be read.
    """
    folder = Path(dataset).expanduser()
    if folder.is_dir():
        if revision is not None:
            raise UsageError(f"revision ({revision!r}) is for the Hub, but {folder} is a folder")
        return FolderPlace(folder)
    found = REPOSITORY.fullmatch(dataset) if isinstance(dataset, str) else None
    if found is None:
        raise DatasetError(
            f"dataset ({str(dataset)!r}) must be a folder that exists, or a dataset on the Hub: "
            "org/name or org/name@revision",
            next_step="check the path",
        )
    if revision is not None and found["revision"] not in (None, revision):
        raise UsageError(f"{dataset} and revision ({revision!r}) name two revisions; give one")
    hub = on_hub(Asked(found["name"], revision or found["revision"]))
    with _opening:
        return _places.setdefault((hub.repository, hub.commit), HubPlace(hub))


def _rows(file: Path, columns: Sequence[str]) -> list[dict[str, Any]]:
    try:
        there = _there(pq.read_metadata(file), columns)
        rows: list[dict[str, Any]] = pq.read_table(file, columns=there).to_pylist() if there else []
    except (OSError, pa.ArrowException) as error:
        raise DatasetError(
            f"{file} must be a whole Parquet file: {error}", next_step="get the dataset again"
        ) from error
    return rows


def _there(metadata: pq.FileMetaData, columns: Sequence[str]) -> list[str]:
    return [name for name in metadata.schema.to_arrow_schema().names if name in columns]
