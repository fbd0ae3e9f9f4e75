"""What a person decided about labels and questions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal["fixation", "question"]
Verdict = Literal["accept", "edit", "reject"]

SCHEMA_VERSION = 1
"""Of decisions.json."""
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


@dataclass(frozen=True)
class Conflict:
    """Several people said different things about one record."""

    kept: Decision
    """The latest."""
    others: tuple[Decision, ...]
    """What the others said last, where it differs; the latest first."""


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
