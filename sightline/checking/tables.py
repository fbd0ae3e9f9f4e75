"""To be written by its owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sightline.checking.opened import OpenedDataset
    from sightline.findings import Finding
    from sightline.progress import Progress


def check(dataset: OpenedDataset, progress: Progress) -> Iterator[Finding]:  # noqa: ARG001
    """Find nothing."""
    yield from ()
