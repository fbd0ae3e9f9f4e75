"""What a check found, and what to do about it."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from sightline.wording import on_screen

if TYPE_CHECKING:
    from collections.abc import Iterable

Severity = Literal["ok", "note", "warning", "error"]
"""``error``: what is asked for would fail or lie; ``warning``: it may; ``note``: worth knowing."""


@dataclass(frozen=True)
class Finding:
    """One line of a check."""

    severity: Severity
    """How bad it is."""
    what: str
    """What was found, in one sentence without a full stop."""
    mend: str = ""
    """What to do about it; empty where nothing need be done."""
    where: str = ""
    """The place: ``questions[12].options``; empty where `what` says it."""

    def line(self) -> str:
        """The finding as one line."""
        place = f"{self.where}: " if self.where else ""
        mend = f" -> {self.mend}" if self.mend else ""
        return f"{self.severity:<7}  {on_screen(f'{place}{self.what}{mend}')}"


def summary(findings: Iterable[Finding]) -> str:
    """How many faults there are, in a line."""
    counts = Counter(finding.severity for finding in findings)
    told = [
        f"{counts[name]} {name}{'s' if counts[name] > 1 else ''}"
        for name in ("error", "warning")
        if counts[name]
    ]
    return ", ".join(told) or "nothing to mend"


def as_report(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """The findings as plain JSON types."""
    return [asdict(finding) for finding in findings]


def failed(findings: Iterable[Finding]) -> bool:
    """Whether one of them is an error."""
    return any(finding.severity == "error" for finding in findings)
