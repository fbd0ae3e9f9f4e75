"""Findings of which a table may have thousands: the first of a kind are told, all are counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

SHOWN = 20
"""How many findings of one kind are told one by one."""


class Gathered:
    """Findings by kind, the kinds in the order in which they came up."""

    def __init__(self) -> None:
        self._found: dict[str, list[Finding]] = {}
        self._counts: dict[str, int] = {}

    def add(self, kind: str, finding: Finding) -> None:
        """One more.

        Args:
            kind: what its like have in common, in words: ``keys that stand twice``.
            finding: it.
        """
        self._counts[kind] = self._counts.get(kind, 0) + 1
        found = self._found.setdefault(kind, [])
        if len(found) < SHOWN:
            found.append(finding)

    def error(self, kind: str, what: str, mend: str = "", where: str = "") -> None:
        """One more error."""
        self.add(kind, Finding("error", what, mend, where))

    def warning(self, kind: str, what: str, mend: str = "", where: str = "") -> None:
        """One more warning."""
        self.add(kind, Finding("warning", what, mend, where))

    def __iter__(self) -> Iterator[Finding]:
        for kind, found in self._found.items():
            yield from found
            more = self._counts[kind] - len(found)
            if more:
                what = f"{kind}: {more} more like these, {self._counts[kind]} in all"
                yield Finding(found[0].severity, what, found[0].mend)
