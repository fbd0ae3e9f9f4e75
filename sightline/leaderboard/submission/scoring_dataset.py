"""The dataset that a run is scored on again: its questions, without any recording."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.benchmarks import benchmark
from sightline.errors import DatasetError, SubmissionError
from sightline.hub.errors import Asked
from sightline.hub.pinned import REPOSITORY, inside, on_hub
from sightline.lmms.source import default_folder
from sightline.media_left_out import read_facts
from sightline.staging import file_sha256

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sightline.hub.pinned import HubDataset

_NEEDED = ("README.md", "build.json", "questions/*", "videos/*")
_BUILD_OF = "build of "


def dataset_folder(named: str | None, said: Mapping[str, Any], benchmark_name: str) -> Path:
    """The folder with the questions, those of a Hub dataset fetched first.

    Args:
        named: what the user named: a folder, ``org/name`` or ``org/name@revision``; None: the
            dataset of the run.
        said: what results.json says of the dataset: ``origin``, ``revision``, ``checksums``.
        benchmark_name: of the run.

    Raises:
        DatasetError: it is not here, or the Hub cannot be read.
        SubmissionError: it is another one than that of the run.
    """
    folder = _found(named or str(said.get("origin") or ""), benchmark_name)
    _check_same(folder, said.get("checksums") or {})
    return folder


def _found(wanted: str, benchmark_name: str) -> Path:
    if wanted.startswith(_BUILD_OF):
        wanted = str(default_folder(benchmark(benchmark_name)))
    folder = Path(wanted).expanduser()
    if wanted and folder.is_dir():
        return folder
    named = REPOSITORY.fullmatch(wanted)
    if named is None:
        raise DatasetError(
            f"the dataset ({wanted!r}) is neither a folder here nor a dataset on the Hub",
            next_step="add --dataset with the folder, or org/name@commit, that the run was made on",
        )
    return fetched(on_hub(Asked(named["name"], named["revision"])))


def fetched(hub: HubDataset) -> Path:
    """The folder with all that scoring may read of a dataset: neither frames nor recordings.

    Raises:
        DatasetError: it is no built dataset, or the Hub cannot be read.
    """
    folder = hub.file("build.json").parent
    hub.folder(_NEEDED)
    # Without a network that was content with what the cache has, which may be a part.
    files = read_facts(folder / "build.json").get("files")
    for name in files if isinstance(files, dict) else ():
        if any(fnmatch(name, pattern) for pattern in _NEEDED):
            hub.file(inside(name).as_posix())
    return folder


def _check_same(folder: Path, checksums: Mapping[str, str]) -> None:
    for name, sha256 in checksums.items():
        path = folder.joinpath(*inside(name).parts)
        if not path.is_file() or file_sha256(path) != sha256:
            raise SubmissionError(
                f"{folder} is not the dataset of the run: {name} differs",
                next_step="add --dataset with the one that the run was made on",
            )
