"""Where an entry lies in a results repository, by what it says and by nothing else.

Two different entries never share a path: a model's organisation may not hold the mark that parts
it from the name, and a printed name carries a digest, because it may hold anything.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from sightline.errors import SubmissionError
from sightline.wording import short

if TYPE_CHECKING:
    from sightline.leaderboard.records import Entry

RESULTS = "results"
"""The folder of a results repository in which entries lie."""

PUBLISHED = "published"
"""Stands in a model's place for printed rows; no model's folder can have that name."""

WORD = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}", re.ASCII)
"""A benchmark or a setting."""

RUN = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{8}", re.ASCII)
"""A run: date, time, and the first digits of its responses' SHA-256."""

_PART = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,94}[A-Za-z0-9_])?", re.ASCII)
_MARK = "__"
_SLUG_CHARACTERS = 60
_DIGEST_CHARACTERS = 8


def model_folder(model: str) -> str:
    """The folder of a model's runs: ``org__name`` for ``org/name``.

    Raises:
        SubmissionError: the model is not named as on the Hub, or its folder could be another's.
    """
    organisation, slash, name = model.partition("/")
    parts_fit = all(_PART.fullmatch(part) and ".." not in part for part in (organisation, name))
    if not slash or not parts_fit:
        raise SubmissionError(
            f"the model ({short(model)}) must be named ORG/NAME, in letters, digits, '-', '_', '.'",
            next_step="name it as on the Hub: --model org/name",
        )
    if _MARK in organisation or organisation.endswith("_"):
        raise SubmissionError(
            f"the organisation of {model} must neither hold {_MARK!r} nor end with '_': its folder "
            "could be that of another model",
            next_step="name the model by an organisation of the Hub, which has none of these",
        )
    return f"{organisation}{_MARK}{name}"


def printed_slug(name: str) -> str:
    """A file's name for a printed name: readable, and unlike that of any other name."""
    readable = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:_SLUG_CHARACTERS].rstrip("-")
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{readable or 'row'}-{digest[:_DIGEST_CHARACTERS]}"


def entry_path(entry: Entry) -> str:
    """Path of an entry in a results repository, with forward slashes.

    Raises:
        SubmissionError: a part of it cannot be in a path.
    """
    for what, text in (("benchmark", entry.benchmark), ("setting", entry.setting)):
        if not WORD.fullmatch(text):
            raise SubmissionError(f"the {what} ({short(text)}) must be a name in small letters")
    if entry.kind != "run":
        name = f"{printed_slug(entry.model)}{_MARK}{entry.setting}"
        return f"{RESULTS}/{entry.benchmark}/{PUBLISHED}/{name}.json"
    if not RUN.fullmatch(entry.run):
        raise SubmissionError(
            f"the run ({short(entry.run)}) must be named by date, time and eight hex digits: "
            "20261121-233055-1a2b3c4d"
        )
    return f"{RESULTS}/{entry.benchmark}/{model_folder(entry.model)}/{entry.run}.json"


def samples_path(path: str) -> str:
    """Path of the samples that lie beside an entry of that path."""
    return f"{path.removesuffix('.json')}.parquet"
