"""One field of a stranger's JSON object at a time: the value, or a problem with its place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sightline.archives import clean_name
from sightline.errors import Problem

_SHOWN_CHARACTERS = 80


@dataclass
class Found:
    """Collects problems of one record, so that checks need not stop at the first."""

    place: str
    sample: str | None
    problems: list[Problem] = field(default_factory=list)

    def add(self, message: str, at: str = "") -> None:
        """Remember a problem; `at` is the place inside the record."""
        where = f"{self.place} {at}".rstrip()
        self.problems.append(Problem(where, message, self.sample))


def kind_of(value: Any) -> str:
    """What a JSON value is, in words."""
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}
    names |= {int: "a number", float: "a number", type(None): "null"}
    return names.get(type(value), type(value).__name__)


def shown(value: Any) -> str:
    """A value for a message, cut when it is long."""
    text = repr(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}..."


def is_text(value: str) -> bool:
    """False for half of a surrogate pair, which JSON can hold and UTF-8 cannot."""
    return not any("\ud800" <= char <= "\udfff" for char in value)


def read_text(found: Found, value: dict[str, Any], key: str, *, empty: bool = False) -> str:
    """The text of a field that must be there; "" when it is a problem."""
    if key not in value:
        found.add("is missing; the evaluation needs it", key)
        return ""
    text = value[key]
    if not isinstance(text, str):
        found.add(f"must be a text, but is {kind_of(text)}", key)
    elif not is_text(text):
        found.add("must be valid Unicode, but has half a surrogate pair", key)
    elif not (empty or text.strip()):
        found.add("must not be empty", key)
    else:
        return text
    return ""


def read_list(found: Found, value: dict[str, Any], key: str) -> list[Any]:
    """A list that must be there and have entries; [] when it is a problem."""
    if key not in value:
        found.add("is missing; the evaluation needs it", key)
    elif not isinstance(value[key], list):
        found.add(f"must be a list, but is {kind_of(value[key])}", key)
    elif not value[key]:
        found.add("must have at least one entry, but is empty", key)
    else:
        items: list[Any] = value[key]
        return items
    return []


def read_number(found: Found, entry: dict[str, Any], key: str, at: str) -> float | None:
    """A finite number of an object that stands at `at`; None when it is a problem."""
    value = entry.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        found.add(f"must be a number, but is {kind_of(value)}", f"{at}.{key}")
        return None
    try:
        return float(value)
    except OverflowError:
        found.add("must be a finite number, but is too large", f"{at}.{key}")
        return None


def read_path(found: Found, value: Any, at: str) -> str:
    """A path that stays inside its archive, cleaned; "" when it is a problem."""
    if not isinstance(value, str):
        found.add(f"must be a path, but is {kind_of(value)}", at)
        return ""
    try:
        return clean_name(value)
    except ValueError as error:
        found.add(f"must be a path inside the archive: {error}", at)
        return ""


def read_paths(found: Found, value: Any, at: str) -> list[str]:
    """A list of such paths, which may be empty."""
    if not isinstance(value, list):
        found.add(f"must be a list of paths, but is {kind_of(value)}", at)
        return []
    return [read_path(found, item, f"{at}[{i}]") for i, item in enumerate(value)]
