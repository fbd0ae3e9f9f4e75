"""decisions.json, which the page exports: read with suspicion, and written.

::

    {
        "schema_version": 1,
        "name": "...",
        "data": "<sha256>",
        "reviewer": "...",
        "decisions": [
            {
                "kind": "fixation",
                "recording_id": "...",
                "id": 3,
                "seen": "<sha256>",
                "verdict": "edit",
                "edits": {"gazed": "cup"},
                "note": "",
                "at": "2026-11-21T10:00:00.000Z",
            }
        ],
    }

A decision may name its own ``reviewer``: merged files do.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn

from sightline.errors import UsageError
from sightline.fields import is_text, kind_of, shown
from streamgaze_task.pipeline.review.editing import one_line
from streamgaze_task.pipeline.review.verdicts import (
    KINDS,
    SCHEMA_VERSION,
    VERDICTS,
    Decision,
    Decisions,
    moment_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

LARGEST = 256 << 20
"""Bytes of a file: half a million decisions."""
LONGEST_TEXT = 20_000
"""Characters of any text."""
MOST_ENTRIES = 500
"""Names in a list, or test points."""
LATEST_SECOND = 1_000_000
"""Of a test point: eleven days."""

_DIGEST = re.compile(r"[0-9a-f]{64}")
_TIME = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3}(?:\d{3})?)?(?:Z|[+-]\d\d:\d\d)", re.ASCII
)
_TOP = ("schema_version", "name", "data", "reviewer", "decisions")
_ENTRY = ("kind", "recording_id", "id", "seen", "verdict", "edits", "note", "at")
_EDITS = {
    "fixation": ("gazed", "beside", "outside"),
    "question": ("text", "answer", "wrong", "points"),
}
_NEXT = "export the decisions from the review page again"


def read_decisions(path: Path) -> Decisions:
    """The decisions in a file.

    Raises:
        UsageError: it cannot be read, or says something that the page never writes; the message
            names the place.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    if len(data) > LARGEST:
        raise UsageError(f"{path} must have at most {LARGEST:,} bytes, but has more")
    try:
        value = json.loads(data, object_pairs_hook=_object, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} must be JSON, but is not: {error}", next_step=_NEXT) from error
    return _decisions(_fields(value, _TOP, (), str(path)), str(path))


def write_decisions(path: Path, decisions: Decisions) -> None:
    """Write decisions, merged ones too, as a file that :func:`read_decisions` reads.

    The file appears at once; one process at a time.
    """
    entries = [
        {name: getattr(one, name) for name in _ENTRY}
        | {"edits": dict(one.edits), "reviewer": one.reviewer}
        for one in decisions.decisions
    ]
    value = {name: getattr(decisions, name, None) for name in _TOP}
    value |= {"schema_version": SCHEMA_VERSION, "decisions": entries}
    unfinished = path.with_name(f".{path.name}")
    unfinished.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
    unfinished.replace(path)


def _decisions(value: Mapping[str, Any], place: str) -> Decisions:
    version = value["schema_version"]
    if type(version) is not int or version != SCHEMA_VERSION:
        _refuse(f"{place} schema_version", str(SCHEMA_VERSION), version)
    if value["data"] != "":
        _digest(value["data"], f"{place} data")
    reviewer = one_line(_text(value["reviewer"], f"{place} reviewer"))
    entries = _list(value["decisions"], f"{place} decisions", most=None)
    found = tuple(_decision(one, reviewer, f"{place} decisions[{i}]") for i, one in entries)
    keys: set[tuple[str, ...]] = set()
    for number, one in enumerate(found):
        if one.key in keys:
            raise UsageError(f"{place} decisions[{number}] is about the same as one before it")
        keys.add(one.key)
    return Decisions(_text(value["name"], f"{place} name"), value["data"], reviewer, found)


def _decision(value: Any, reviewer: str, place: str) -> Decision:
    entry = _fields(value, _ENTRY, ("reviewer",), place)
    kind = _one_of(entry["kind"], KINDS, f"{place}.kind")
    verdict = _one_of(entry["verdict"], VERDICTS, f"{place}.verdict")
    return Decision(
        kind=kind,
        recording_id=_text(entry["recording_id"], f"{place}.recording_id"),
        id=_id(entry["id"], kind, f"{place}.id"),
        seen=_digest(entry["seen"], f"{place}.seen"),
        verdict=verdict,
        at=_time(entry["at"], f"{place}.at"),
        edits=_edits(entry["edits"], kind, verdict, f"{place}.edits"),
        note=_text(entry["note"], f"{place}.note"),
        reviewer=one_line(_text(entry.get("reviewer", reviewer), f"{place}.reviewer")),
    )


def _edits(value: Any, kind: str, verdict: str, place: str) -> dict[str, Any]:
    edits = _fields(value, (), _EDITS[kind], place)
    if bool(edits) != (verdict == "edit"):
        _refuse(place, "filled for an edit, and empty for any other verdict", value)
    return {name: _edit(name, edits[name], f"{place}.{name}") for name in edits}


def _edit(name: str, value: Any, place: str) -> Any:
    if name == "points":
        return tuple(_point(one, f"{place}[{i}]") for i, one in _list(value, place))
    if name in ("beside", "outside", "wrong"):
        return tuple(_words(one, f"{place}[{i}]") for i, one in _list(value, place))
    return _words(value, place)


def _point(value: Any, place: str) -> tuple[int, bool]:
    match value:
        case [int(seconds), bool(alert)] if type(seconds) is int:
            if 0 <= seconds <= LATEST_SECOND:
                return seconds, alert
    return _refuse(place, "[seconds, true or false]", value)


def _words(value: Any, place: str) -> str:
    text = _text(value, place)
    if not text.strip():
        _refuse(place, "a text with words", value)
    return text


def _id(value: Any, kind: str, place: str) -> int | str:
    if kind == "question":
        return _text(value, place)
    if type(value) is int and 0 <= value < 1 << 53:
        return value
    return _refuse(place, "a fixation's number", value)


def _time(value: Any, place: str) -> str:
    text = _text(value, place)
    if _TIME.fullmatch(text):
        with suppress(ValueError):
            moment_of(text)
            return text
    return _refuse(place, "a time like 2026-11-21T10:00:00.000Z", value)


def _digest(value: Any, place: str) -> str:
    if isinstance(value, str) and _DIGEST.fullmatch(value):
        return value
    return _refuse(place, "a SHA-256 in hex", value)


def _text(value: Any, place: str) -> str:
    if not isinstance(value, str):
        _refuse(place, "a text", value)
    if len(value) > LONGEST_TEXT:
        raise UsageError(f"{place} must have at most {LONGEST_TEXT:,} characters: {len(value):,}")
    if not is_text(value):
        raise UsageError(f"{place} must be valid Unicode, but has half a surrogate pair")
    return value


def _one_of(value: Any, known: Sequence[Any], place: str) -> Any:
    if isinstance(value, str) and value in known:
        return value
    return _refuse(place, f"one of {', '.join(known)}", value)


def _list(value: Any, place: str, most: int | None = MOST_ENTRIES) -> enumerate[Any]:
    if not isinstance(value, list):
        _refuse(place, "a list", value)
    if most is not None and len(value) > most:
        raise UsageError(f"{place} must have at most {most} entries, but has {len(value):,}")
    return enumerate(value)


def _fields(
    value: Any, needed: Sequence[str], optional: Sequence[str], place: str
) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        _refuse(place, "an object", value)
    for name in needed:
        if name not in value:
            raise UsageError(f"{place} must have {name}", next_step=_NEXT)
    for name in value:
        if name not in needed and name not in optional:
            raise UsageError(f"{place} has an unknown field {shown(name)}", next_step=_NEXT)
    return dict(value)


def _refuse(place: str, expected: str, value: Any) -> NoReturn:
    raise UsageError(
        f"{place} must be {expected}, but is {kind_of(value)}: {_cut(value)}", next_step=_NEXT
    )


def _cut(value: Any) -> str:
    return "..." if isinstance(value, (list, dict)) and value else shown(value)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a field stands twice in one object")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")
