"""A dataset to measure on, and the local Hub of the tests to measure with."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from builder import MEGABYTE, make_release

from mmsi_video.builder import build

if TYPE_CHECKING:
    import argparse

TESTS_HUB = Path(__file__).parents[2] / "tests/hub/load.py"
"""The Hub on loopback."""


def add_dataset(parser: argparse.ArgumentParser) -> None:
    """Add what says which dataset is measured."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("dataset", nargs="?", type=Path, help="what `sightline build` made")
    which.add_argument(
        "--megabytes",
        type=int,
        help="instead, a MMSI-Video-Bench dataset of this size, with pictures and videos filled "
        "with random bytes, as real ones do not compress either",
    )


def dataset_of(arguments: argparse.Namespace, folder: Path) -> Path:
    """The dataset that was named, or one that is made in `folder`."""
    if arguments.dataset is not None:
        return Path(arguments.dataset).resolve()
    make_release(folder / "release", arguments.megabytes * MEGABYTE)
    build(folder / "release", folder / "dataset")
    return folder / "dataset"


def local_hub() -> Any:
    """The module with `LocalHub` and `environment`."""
    return runpy.run_path(str(TESTS_HUB))["hub"]


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
