"""Whether a manifest holds what should have stayed on a machine: secrets and local paths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sightline.findings import Finding
from sightline.leaderboard.checks.json_text import texts
from sightline.leaderboard.submission.scrubbing import Machine, clean_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MOST_SHOWN = 10
_NOWHERE = Machine()
_PARTS = ("model", "run", "dataset", "notes")


def check(manifest: Mapping[str, Any]) -> Iterator[Finding]:
    """Places of a manifest that would make something public; what stands there is not repeated."""
    told = 0
    for part in _PARTS:
        for place, text in texts({part: manifest.get(part)}):
            if told < _MOST_SHOWN and clean_text(text, _NOWHERE) != text:
                told += 1
                yield Finding(
                    "warning",
                    "holds what looks like a secret or a path of a machine",
                    "pack the run again, which leaves them out; make a secret invalid",
                    f"submission.json: {place}",
                )
