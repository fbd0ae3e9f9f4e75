"""The checker's own datasets, as `--dataset` names them: folders, or on the Hub."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sightline.benchmarks import all_benchmarks
from sightline.errors import DatasetError, UsageError
from sightline.hub.errors import Asked
from sightline.hub.pinned import REPOSITORY, on_hub
from sightline.leaderboard.checks.subject import OwnDataset, own_dataset
from sightline.leaderboard.submission.scoring_dataset import fetched

if TYPE_CHECKING:
    from collections.abc import Iterable


def own_datasets(names: Iterable[str]) -> dict[str, OwnDataset]:
    """The datasets of these names, by the benchmark that each says it is of.

    Args:
        names: folders, or ``org/name`` or ``org/name@revision`` on the Hub.

    Raises:
        UsageError: one does not say what it is of, or two are of one benchmark.
        DatasetError: one is no dataset, or the Hub cannot be read.
    """
    found: dict[str, OwnDataset] = {}
    for name in names:
        one = _own(name)
        if one.benchmark not in all_benchmarks():
            known = ", ".join(all_benchmarks())
            raise UsageError(
                f"the build.json of --dataset {name} must say of which benchmark it is, one of: "
                f"{known}"
            )
        if one.benchmark in found:
            raise UsageError(f"--dataset {name} is the second one of {one.benchmark}; give one")
        found[str(one.benchmark)] = one
    return found


def _own(name: str) -> OwnDataset:
    folder = Path(name).expanduser()
    if folder.is_dir():
        return own_dataset(folder)
    match = REPOSITORY.fullmatch(name)
    if match is None:
        raise DatasetError(
            f"--dataset ({name!r}) must be a folder that exists, or a dataset on the Hub: org/name "
            "or org/name@revision",
            next_step="check the path",
        )
    hub = on_hub(Asked(match["name"], match["revision"], where=" of --dataset"))
    return own_dataset(fetched(hub), hub.commit, match["name"])
