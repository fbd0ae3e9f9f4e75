"""What a person decided about labels and questions."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Literal

from sightline import wording

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Kind = Literal["fixation", "question"]
Verdict = Literal["accept", "edit", "reject"]

SCHEMA_VERSION = 1
"""Of decisions.json."""
MOST_TOLD = 20
"""Lines of one kind that are told."""
KINDS: tuple[Kind, ...] = ("fixation", "question")
VERDICTS: tuple[Verdict, ...] = ("accept", "edit", "reject")

Key = tuple[str, str, str, str]
"""What a decision is about: kind, recording, number or id, and digest of the record as shown."""


@dataclass(frozen=True)
class Decision:
    """One verdict about one record."""

    kind: Kind
    recording_id: str
    id: int | str
    """Number of a fixation, or id of a question."""
    seen: str
    """SHA-256, in hex, of the record as the person saw it (`rows.seen_digest`)."""
    verdict: Verdict
    at: str
    """When, ISO 8601 with its offset."""
    edits: Mapping[str, Any] = field(default_factory=dict)
    """Of an edit: field -> its new value; fields that are not there stay as they are.

    Of a fixation ``gazed`` (a name), ``beside`` and ``outside`` (tuples of names); of a question
    ``text``, ``answer``, ``wrong`` (a tuple of texts) and ``points`` (a tuple of pairs of a second
    and whether it alerts)."""
    note: str = ""
    reviewer: str = ""
    """Who; empty when nobody said."""

    @property
    def key(self) -> Key:
        """What it is about."""
        return self.kind, self.recording_id, str(self.id), self.seen

    @property
    def moment(self) -> datetime:
        """When, in UTC."""
        return moment_of(self.at)

    def about(self) -> str:
        """In words, what it is about."""
        return f"{self.kind} {wording.shown(str(self.id))} of {wording.shown(self.recording_id)}"

    def said(self) -> str:
        """In words, what was decided and by whom."""
        edits = f" to {wording.shown(json.dumps(dict(self.edits)))}" if self.edits else ""
        return f"{self.verdict}{edits} by {wording.shown(self.reviewer) or 'nobody'}"


@dataclass(frozen=True)
class Conflict:
    """Several people said different things about one record."""

    kept: Decision
    """The latest."""
    others: tuple[Decision, ...]
    """What the others said last, where it differs; the latest first."""

    def text(self) -> str:
        """In words, one line."""
        others = "; ".join(one.said() for one in self.others)
        return f"{self.kept.about()}: {self.kept.said()} counts, not {others}"


@dataclass(frozen=True)
class Agreement:
    """How far two people agree on accept, edit or reject."""

    first: str
    second: str
    """Names of the reviewers, in the order of the alphabet."""
    records: int
    """Judged by both; at least 1."""
    same: int
    """Of them, with the same verdict."""
    kappa: float | None
    """Cohen's kappa over the three verdicts (Cohen 1960, Educational and Psychological Measurement
    20, 37-46), -1 to 1; None where chance alone would make them agree on all."""

    def text(self) -> str:
        """In words, one line."""
        names = " and ".join(wording.shown(one) or "nobody" for one in (self.first, self.second))
        kappa = "not defined" if self.kappa is None else f"{self.kappa:.2f}"
        return f"{names} agree on {self.same:,} of {self.records:,}, Cohen's kappa {kappa}"


@dataclass(frozen=True)
class Decisions:
    """What one file of decisions says, or several together."""

    name: str
    """Of the benchmark."""
    data: str
    """Digest of the page that they were made on; empty when they come from several."""
    reviewer: str
    """Who, several divided by commas; may be empty."""
    decisions: tuple[Decision, ...]
    """At most one of each key."""
    conflicts: tuple[Conflict, ...] = ()
    """Of merged ones."""
    agreements: tuple[Agreement, ...] = ()
    """Of merged ones: one for every two reviewers who judged the same records."""

    def text(self) -> str:
        """How many there are, where people differ, and how far they agree; some lines."""
        counted = Counter((one.kind, one.verdict) for one in self.decisions)
        lines = [f"{len(self.decisions):,} decisions by {wording.shown(self.reviewer) or 'nobody'}"]
        for kind in KINDS:
            told = ", ".join(f"{verdict} {counted[kind, verdict]:,}" for verdict in VERDICTS)
            lines.append(f"  {kind}s: {told}")
        lines.append(f"  conflicts, where the latest counts: {len(self.conflicts):,}")
        lines += [f"    {one}" for one in first_of([one.text() for one in self.conflicts])]
        return "\n".join([*lines, *(f"  {one.text()}" for one in self.agreements)])


def first_of(texts: Sequence[str]) -> list[str]:
    """The first :data:`MOST_TOLD` lines, and how many more there are."""
    more = len(texts) - MOST_TOLD
    return [*texts[:MOST_TOLD], *([f"and {more:,} more"] if more > 0 else [])]


def moment_of(text: str) -> datetime:
    """A time of ISO 8601 with its offset, in UTC.

    Raises:
        ValueError: it is none.
    """
    # Python 3.10 reads neither Z nor fractions of other lengths than 3 and 6.
    plain = text.removesuffix("Z") + "+00:00" if text.endswith("Z") else text
    found = datetime.fromisoformat(plain)
    if found.tzinfo is None:
        raise ValueError("has no offset from UTC")
    try:
        return found.astimezone(timezone.utc)
    except OverflowError as error:
        raise ValueError("is out of range") from error
