"""Whether a question with options has an answer among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.checking.columns import shown
from sightline.choices import LETTERS

if TYPE_CHECKING:
    from sightline.checking.columns import Row
    from sightline.checking.gathered import Gathered

_REBUILD = "build the dataset again"
_FEWEST = 2


def check_answer(found: Gathered, row: Row, options: str, answer: str) -> None:
    """Find options that cannot be chosen from, and answers that name none of them.

    Args:
        found: where faults go.
        row: a question.
        options: its column with the list of options.
        answer: its column with the gold letter.
    """
    texts, letter = row.values[options] or [], row.values[answer]
    letters = LETTERS[: len(texts)]
    if not _FEWEST <= len(texts) <= len(LETTERS):
        what = f"must be {_FEWEST} to {len(LETTERS)} texts, but are {len(texts)}"
        found.error("options", what, _REBUILD, row.where(options))
    elif not all(texts):
        found.error("options", "must not be empty", _REBUILD, row.where(options))
    elif letter not in tuple(letters):
        what = f"must be a letter from A to {letters[-1]}, but is {shown(letter)}"
        found.error("answers", what, _REBUILD, row.where(answer))
