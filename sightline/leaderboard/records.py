"""What packing, checking, the results repository and the site hand to each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sightline.records import Score

SCHEMA_VERSION = 1
"""Of ``submission.json``; goes up when a reader of today could misread a later one."""

MANIFEST = "submission.json"
"""The manifest's name in a package."""

RESPONSES = "responses.jsonl"
"""The responses' name in a package."""


@dataclass(frozen=True)
class FinishedRun:
    """A run of one setting, read from what `sightline eval` or lmms-eval left behind."""

    folder: Path
    """Where it lies."""
    benchmark: str
    """``mmsi-video``."""
    setting: str
    """Name of the board's setting."""
    scores: tuple[Score, ...]
    """As the run scored them, in the order of its files, with their details."""
    results: Mapping[str, Any]
    """lmms-eval's results.json; empty where there is none."""
    dataset: Mapping[str, Any]
    """Origin, revision and checksums of the dataset, as results.json has them."""


@dataclass(frozen=True)
class SubmittedResponse:
    """One line of ``responses.jsonl``."""

    question_id: str
    """As in the dataset."""
    response: str | None
    """What the model said, verbatim; None when the run failed on it."""
    error: str | None = None
    """Why there is none."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """``message_hash``, ``frame_indices``, token counts, thinking: what the run knows, as JSON."""


@dataclass(frozen=True)
class Package:
    """A submission that was read; nothing in it is trusted."""

    manifest: Mapping[str, Any]
    """``submission.json``; its schema is ``submission/schemas/submission-1.json``."""
    responses: tuple[SubmittedResponse, ...]
    """In the order of the file."""


@dataclass(frozen=True)
class Entry:
    """One row of a leaderboard, whoever made it."""

    kind: Literal["run", "published", "people", "chance"]
    """``run``: responses were submitted and we scored them again; ``published``: printed, not
    re-run."""
    benchmark: str
    """``mmsi-video``."""
    setting: str
    """Name of the board's setting."""
    model: str
    """``org/name`` of a run; the printed name of a published row."""
    run: str
    """Names the run among those of the model: ``20261121-233055-1a2b3c4d``; the setting for a
    published row."""
    value: float
    """Headline, percent."""
    low: float | None
    """Lower end of the 95 % interval, percent; None where there is none."""
    high: float | None
    """Upper end."""
    cells: Mapping[str, Mapping[str, Mapping[str, Any]]]
    """As `Board.cells`."""
    parsers: Mapping[str, float | None]
    """Parser -> accuracy, percent."""
    counts: Mapping[str, int]
    """Outcome -> samples; empty for a published row."""
    faults: tuple[str, ...]
    """What is wrong with it, one sentence each: ``partial run: 12 of 1,106 missing``."""
    notes: tuple[str, ...]
    """What else a reader must know: frames, prompt, backend."""
    facts: Mapping[str, Any]
    """The manifest of a run without responses; source of a published row. Plain JSON."""
    samples: str | None = None
    """Name of the Parquet file with every response, in the results repository; None without one."""
