"""Whether two packages hold the same responses."""

from __future__ import annotations

import hashlib
from itertools import combinations
from typing import TYPE_CHECKING

from sightline.findings import Finding
from sightline.leaderboard.checks.subject import said
from sightline.wording import short

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sightline.leaderboard.records import Package

_EQUAL = 0.98
_FEWEST = 5


class Fingerprint:
    """What of a package is kept to compare it with others.

    Args:
        package: as read.
    """

    def __init__(self, package: Package) -> None:
        manifest = package.manifest
        self.table = (said(manifest, "benchmark"), said(manifest, "setting"))
        """Benchmark and setting, whatever was written there."""
        self.name = f"{short(said(manifest, 'model', 'name'))}"
        """The model, fit to print."""
        self.answers: Mapping[str, bytes] = {
            one.question_id: hashlib.sha256((one.response or "").encode()).digest()[:8]
            for one in package.responses
            if one.response is not None
        }
        """Question -> digest of its response; failed ones are left out."""


def check(packages: Iterable[tuple[str, Fingerprint]]) -> Iterator[tuple[str, Finding]]:
    """Pairs of packages of one table whose responses are nearly all equal.

    Args:
        packages: what each is called, and its fingerprint.

    Returns:
        What the second of a pair is called, and the finding about it.
    """
    for (first, one), (second, other) in combinations(packages, 2):
        if repr(one.table) != repr(other.table):
            continue
        common = one.answers.keys() & other.answers.keys()
        equal = sum(one.answers[key] == other.answers[key] for key in common)
        most = max(len(one.answers), len(other.answers))
        if len(common) >= _FEWEST and equal >= _EQUAL * most:
            yield (
                second,
                Finding(
                    "warning",
                    f"{equal:,} of {most:,} responses are those of {first}: {other.name} here, "
                    f"{one.name} there",
                ),
            )
