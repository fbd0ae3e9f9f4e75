"""All checks of a dataset in their order."""

from __future__ import annotations

import pkgutil
from typing import TYPE_CHECKING

from sightline.checking import card, licences, media, names, recorded, rows, tables
from sightline.checking.opened import open_dataset
from sightline.progress import Progress, Silent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sightline.checking.opened import OpenedDataset
    from sightline.findings import Finding

_CHECKS = (
    names.check,
    recorded.check,
    card.check,
    tables.check,
    rows.check,
    media.check,
    licences.check,
)


def check_dataset(folder: Path, progress: Progress | None = None) -> list[Finding]:
    """Look at a built dataset from all sides; every problem, not only the first.

    Args:
        folder: what `sightline build` made, or what a publication put together.
        progress: told about the bytes that are read for checksums.

    Raises:
        DatasetError: the folder is no built dataset at all.
    """
    return list(findings_of(open_dataset(folder), progress or Silent()))


def findings_of(dataset: OpenedDataset, progress: Progress) -> Iterator[Finding]:
    """The findings, as they are made."""
    own = (pkgutil.resolve_name(target) for target in dataset.rules.more_checks)
    for check in (*_CHECKS, *own):
        yield from check(dataset, progress)
