"""Where each page lies, relative to the folder of ``index.html``.

Every part comes from `entry_names`, which lets nothing through that could lead elsewhere.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sightline.errors import SubmissionError
from sightline.leaderboard.results.entry_names import model_folder, printed_slug
from sightline.wording import short

if TYPE_CHECKING:
    from sightline.leaderboard.records import Entry

_SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,199}", re.ASCII)


def safe(name: str) -> str:
    """A name as one part of a path and of an address: the name itself.

    Raises:
        SubmissionError: it could lead elsewhere.
    """
    if not _SAFE.fullmatch(name):
        raise SubmissionError(f"{short(name)} must be a name in letters, digits, '.', '_' and '-'")
    return name


def slug(entry: Entry) -> str:
    """A model's name in addresses: ``org__name``; of a printed row its words and a digest.

    Raises:
        SubmissionError: the name cannot be in a path.
    """
    return model_folder(entry.model) if entry.kind == "run" else printed_slug(entry.model)


def table(benchmark: str, setting: str) -> str:
    """The page of one table."""
    return f"{safe(benchmark)}/{safe(setting)}.html"


def model(entry: Entry) -> str:
    """The page of an entry's model."""
    return f"{safe(entry.benchmark)}/models/{slug(entry)}.html"


def entry_file(entry: Entry) -> str:
    """The JSON file of an entry; its sample browser lies beside it."""
    return f"{safe(entry.benchmark)}/runs/{slug(entry)}/{safe(entry.run)}.entry.json"
