"""Entries as JSON: what a results repository holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.leaderboard.results.entries import to_json
from sightline.leaderboard.results.entry_names import entry_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.leaderboard.records import Entry


def json_text(entries: Sequence[Entry]) -> str:
    """One entry as an object, several as a list of such.

    Raises:
        SubmissionError: one holds what JSON cannot, or could lie in no results repository.
    """
    for entry in entries:
        entry_path(entry)
    texts = [to_json(entry).rstrip("\n") for entry in entries]
    return f"{texts[0]}\n" if len(texts) == 1 else f"[{','.join(texts)}]\n"
