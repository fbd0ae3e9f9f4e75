"""The dataset that a run is scored on again: its questions, without any recording."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.benchmarks import benchmark
from sightline.errors import DatasetError, SubmissionError
from sightline.hub.errors import Asked, translated
from sightline.hub.pinned import REPOSITORY, inside, on_hub
from sightline.lmms.source import default_folder
from sightline.staging import file_sha256

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    return _snapshot(named["name"], named["revision"])


def _snapshot(repository: str, revision: str | None) -> Path:
    from huggingface_hub import snapshot_download  # noqa: PLC0415 (only for a Hub dataset)

    hub = on_hub(Asked(repository, revision))
    with translated(hub.asked):
        return Path(
            snapshot_download(
                repository,
                repo_type="dataset",
                revision=hub.commit,
                allow_patterns=list(_NEEDED),
            )
        )


def _check_same(folder: Path, checksums: Mapping[str, str]) -> None:
    for name, sha256 in checksums.items():
        path = folder.joinpath(*inside(name).parts)
        if not path.is_file() or file_sha256(path) != sha256:
            raise SubmissionError(
                f"{folder} is not the dataset of the run: {name} differs",
                next_step="add --dataset with the one that the run was made on",
            )
