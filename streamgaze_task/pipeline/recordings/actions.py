"""What the wearer did, from the annotations of each dataset."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sightline.errors import DatasetError
from sightline.fields import is_text
from streamgaze_task.pipeline.recordings.formats import format_of
from streamgaze_task.pipeline.recordings.text import Malformed, cells, columns_at, needed
from streamgaze_task.pipeline.records import Action

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from streamgaze_task.pipeline.recordings.source import Source

MAX_JSON_BYTES = 1 << 29
"""512 MiB: the annotations of all of HoloAssist have 111 MB."""

MAX_ACTIONS = 1_000_000
"""Of all recordings in one file."""

LONGEST_TEXT = 1000
"""Characters of one action's text; longer ones are cut."""

FINE = "Fine grained action"
"""What HoloAssist calls the events that the pipeline takes (pipeline step 1)."""

_LONGEST_SECONDS = 86_400.0
_NO_OBJECT = ValueError("it must be an object with a text, start and end")


@dataclass(frozen=True)
class ActionsRead:
    """The actions of one recording, and what is to be told of its file."""

    actions: tuple[Action, ...]
    """In order of start, then end, then text."""
    notes: tuple[str, ...] = ()


def read_actions(source: Source) -> ActionsRead:
    """The actions of a recording; none where it has no annotations.

    Raises:
        DatasetError: the file cannot be read, or too many of its entries are malformed.
    """
    if source.actions is None:
        return ActionsRead(())
    try:
        status = source.actions.stat()
    except OSError as error:
        raise DatasetError(f"{source.actions} cannot be read: {error}") from error
    # One file may serve all recordings: it is read once for as long as it does not change.
    named, notes = _of_file(source.actions, source.format, status.st_mtime_ns, status.st_size)
    return ActionsRead(named.get(source.name, named.get("", ())), notes)


@lru_cache(maxsize=2)
def _of_file(
    path: Path, format_name: str, _changed: int, size: int
) -> tuple[Mapping[str, tuple[Action, ...]], tuple[str, ...]]:
    """Name of the recording -> its actions; the name is empty in files of one recording."""
    malformed = Malformed(path)
    if path.suffix.lower() == ".json":
        if size > MAX_JSON_BYTES:
            raise DatasetError(f"{path} must have at most {MAX_JSON_BYTES} bytes, but has {size}")
        entries = _of_json(_loaded(path))
    else:
        entries = _of_csv(path, format_of(format_name).actions)
    found: dict[str, list[Action]] = {}
    count = 0
    for place, entry in entries:
        if isinstance(entry, ValueError):
            malformed.add(place, entry)
            continue
        try:
            made = _action(*entry[1:])
        except (ValueError, TypeError, OverflowError) as error:
            malformed.add(place, error)
            continue
        if made is not None:
            found.setdefault(entry[0], []).append(made)
        count += 1
        if count > MAX_ACTIONS:
            raise DatasetError(f"{path} must have at most {MAX_ACTIONS} actions, but has more")
    notes = malformed.notes(count)
    return {name: _sorted(actions) for name, actions in found.items()}, notes


def _sorted(actions: Iterable[Action]) -> tuple[Action, ...]:
    unique = set(actions)
    return tuple(sorted(unique, key=lambda one: (one.start_seconds, one.end_seconds, one.text)))


Entry = tuple[str, Any, Any, Any]
"""Recording (empty: the only one of its file), start and end in seconds, text."""


def _action(start: Any, end: Any, text: Any) -> Action | None:
    """One action; None where there is nothing to say.

    Raises:
        ValueError, TypeError: it is malformed.
    """
    if not isinstance(text, str) or not is_text(text):
        raise TypeError("the text must be a text")
    started, ended = _seconds(start), _seconds(end)
    if ended < started:
        raise ValueError(f"it ends at {ended:g} s, before it starts at {started:g} s")
    words = " ".join(text.split())[:LONGEST_TEXT]
    return Action(started, ended, words) if words else None


def _seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("start and end must be numbers")
    made = float(value)
    if not math.isfinite(made) or not 0 <= made <= _LONGEST_SECONDS:
        raise ValueError(f"a time of {value!r} s is not inside a video")
    return made


def _loaded(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise DatasetError(f"{path} must be a JSON file, but cannot be read: {error}") from error


def _of_json(value: Any) -> Iterator[tuple[int, Entry | ValueError]]:
    """EgoExoLearn's list of actions, or HoloAssist's list of videos with events.

    Yields:
        Position in the list, from 1, and an entry, or why it is none.
    """
    if not isinstance(value, list):
        raise DatasetError(f"annotations must be a list, but are {type(value).__name__}")
    for place, item in enumerate(value, 1):
        if isinstance(item, dict) and isinstance(item.get("events"), list):
            name = item.get("video_name")
            for event in item["events"]:
                if not isinstance(event, dict) or event.get("label") == FINE:
                    yield place, _event(name, event)
        elif isinstance(item, dict):
            text = item.get("textAttribute_en")
            yield place, ("", item.get("start"), item.get("end"), "" if text is None else text)
        else:
            yield place, _NO_OBJECT


def _event(name: Any, event: Any) -> Entry | ValueError:
    """``Verb Noun``; nothing where either is missing or ``none`` (pipeline step 3)."""
    attributes = event.get("attributes") if isinstance(event, dict) else None
    if not isinstance(name, str) or not isinstance(attributes, dict):
        return _NO_OBJECT
    words = [attributes.get("Verb") or "none", attributes.get("Noun") or "none"]
    if not all(isinstance(word, str) for word in words):
        return ValueError("Verb and Noun must each be a text")
    text = "" if "none" in words else " ".join(words)
    return name, event.get("start"), event.get("end"), text


def _of_csv(path: Path, about: Mapping[str, Any]) -> Iterator[tuple[int, Entry | ValueError]]:
    """One action a line, or why it is none; names of columns count without blanks and marks."""
    rows = cells(path, about["separator"])
    names = [name.strip(" \t#\ufeff") for name in next(rows, (0, []))[1]]
    wanted = {role: about[role] for role in ("recording", "start", "end", "text") if role in about}
    step = f"name the columns {', '.join(wanted.values())}, with {about['separator']!r} between"
    at = dict(zip(wanted, columns_at(path, list(wanted.values()), names, step), strict=True))
    for place, row in rows:
        if len(row) <= max(at.values()):
            yield place, ValueError("the line is too short")
            continue
        name = row[at["recording"]] if "recording" in at else ""
        try:
            span = [needed(row[at[role]], role) / about["per_second"] for role in ("start", "end")]
        except ValueError as error:
            yield place, error
        else:
            yield place, (name, *span, row[at["text"]])
