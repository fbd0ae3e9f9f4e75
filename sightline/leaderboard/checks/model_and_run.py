"""Who was run and when: names that fit into paths and pages, dates that can be."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from sightline.errors import SubmissionError
from sightline.findings import Finding
from sightline.leaderboard.checks.json_text import texts
from sightline.leaderboard.checks.subject import number, said
from sightline.leaderboard.results.entry_names import RUN, model_folder
from sightline.wording import short

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ADDRESS = re.compile(r"https?://[!-~]{1,500}")
_BREAKS = frozenset("\n\r\t")
_TURNS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that turn the direction of what follows: a name can be shown as another one."""

_CLOCKS_DIFFER = timedelta(days=1)
_ZONES_DIFFER = timedelta(hours=27)
_MOST_TEXTS = 10


def check(manifest: Mapping[str, Any], now: datetime) -> Iterator[Finding]:
    """Names, addresses, hidden characters, date and id of the run.

    Args:
        manifest: as read.
        now: with its zone.
    """
    yield from _model(manifest)
    yield from _hidden(manifest)
    yield from _run(manifest, now)
    yield from _amounts(manifest)


def _model(manifest: Mapping[str, Any]) -> Iterator[Finding]:
    names = [("name", said(manifest, "model", "name"))]
    base = said(manifest, "model", "base_model")
    names += [("base_model", base)] if base is not None else []
    for key, name in names:
        yield from _name(f"model.{key}", name)
    url = said(manifest, "model", "url")
    if url is not None and not (isinstance(url, str) and _ADDRESS.fullmatch(url)):
        yield _error("model.url", f"({short(url)}) must be an address: https://...")


def _name(place: str, name: Any) -> Iterator[Finding]:
    if not isinstance(name, str):
        yield _error(place, f"must be text, but is {short(name)}")
        return
    try:
        model_folder(name)
    except SubmissionError as error:
        yield _error(place, error.message, error.next_step)


def _hidden(manifest: Mapping[str, Any]) -> Iterator[Finding]:
    """Texts with characters that change what people see."""
    told = 0
    for place, text in texts(manifest):
        bad = next((one for one in text if _hides(one)), None)
        if bad is not None:
            told += 1
            name = f"U+{ord(bad):04X}"
            yield _error(place, f"must not have the invisible character {name}: {short(text)}")
        if told == _MOST_TEXTS:
            return


def _hides(character: str) -> bool:
    if character in _TURNS:
        return True
    return character not in _BREAKS and unicodedata.category(character) in ("Cc", "Cs")


def _run(manifest: Mapping[str, Any], now: datetime) -> Iterator[Finding]:
    date = _date(said(manifest, "run", "date"))
    if date is None:
        came = short(said(manifest, "run", "date"))
        yield _error("run.date", f"({came}) must be a date and time with its zone, as ISO 8601")
    elif date > now + _CLOCKS_DIFFER:
        yield _error("run.date", f"({date.isoformat()}) lies in the future")
    run = said(manifest, "run", "id")
    if not isinstance(run, str) or not RUN.fullmatch(run):
        yield _error("run.id", f"({short(run)}) must be like 20261121-233055-1a2b3c4d")
        return
    digest = said(manifest, "responses", "sha256")
    if not isinstance(digest, str) or not digest.startswith(run[-8:]):
        yield _error("run.id", f"({run}) must end with the first 8 digits of responses.sha256")
    started = _date(f"{run[:4]}-{run[4:6]}-{run[6:8]}T{run[9:11]}:{run[11:13]}:{run[13:15]}+00:00")
    if started is None:
        yield _error("run.id", f"({run}) must start with a date and a time")
    elif date is not None and abs(started - date) > _ZONES_DIFFER:
        yield _error("run.id", f"({run}) must start with the day of run.date, {date.isoformat()}")


def _amounts(manifest: Mapping[str, Any]) -> Iterator[Finding]:
    places = (
        ("run", "wall_seconds"), ("run", "ranks"), ("run", "tokens", "input"),
        ("run", "tokens", "output"), ("responses", "count"), ("dataset", "questions"),
    )  # fmt: skip
    for keys in places:
        value = number(said(manifest, *keys))
        if value is not None and value < 0:
            yield _error(".".join(keys), f"({short(value)}) must not be negative")


def _date(text: Any) -> datetime | None:
    """A date and time with its zone; None for anything else."""
    if not isinstance(text, str) or not text.isascii():
        return None
    try:
        # Python 3.10 does not know the letter for UTC.
        date = datetime.fromisoformat(text.replace("Z", "+00:00"))
        return date.astimezone(timezone.utc) if date.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _error(place: str, what: str, mend: str = "") -> Finding:
    return Finding("error", what, mend, f"submission.json: {place}")
