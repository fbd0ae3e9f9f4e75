"""JSON from strangers, with bounds: on bytes, values, depth, strings and digits.

Python's reader takes what we must refuse: a key twice (the last one wins, so two readers may see
two files), NaN and Infinity, half surrogate pairs, whole numbers of any length.
"""

from __future__ import annotations

import codecs
import json
import math
import re
from typing import TYPE_CHECKING, Any, NoReturn

from sightline.wording import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

DEEPEST = 50
"""Lists and objects inside each other."""

LONGEST_TEXT = 1_000_000
"""Characters of a string."""

_LONGEST_WHOLE = 20
"""Digits of a whole number: those of 64 bits."""

_LONGEST_NUMBER = 64
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_HALF_PAIR = re.compile(rb"\\u[dD][89a-fA-F]")


class BadJsonError(ValueError):
    """Why a text is not read; the message ends a sentence that starts with its place."""


def parse(data: bytes, largest: int) -> Any:
    """The value in a JSON text.

    Args:
        data: UTF-8, without a byte order mark.
        largest: most bytes.

    Raises:
        BadJsonError: it is no JSON, or over one of the limits.
    """
    if len(data) > largest:
        raise BadJsonError(f"is longer than {largest:,} bytes")
    if data.startswith(_MARKS):
        raise BadJsonError("starts with a byte order mark, but must be plain UTF-8")
    value = _loaded(_decoded(data))
    opened = data.count(b"[") + data.count(b"{")
    if opened > DEEPEST or len(data) > LONGEST_TEXT or _HALF_PAIR.search(data):
        _check_values(value)
    return value


def weight(data: bytes) -> int:
    """At least how many values a JSON text has, without reading it; commas in strings count too."""
    return data.count(b",") + data.count(b"[") + data.count(b"{") + 1


def texts(value: Any) -> Iterator[tuple[str, str]]:
    """Every string of a value with its place, keys too (their place is that of their object)."""
    waiting: list[tuple[str, Any]] = [("", value)]
    while waiting:
        place, one = waiting.pop()
        if isinstance(one, str):
            yield place, one
        elif isinstance(one, dict):
            for key, member in one.items():
                yield place, key
                waiting.append((f"{place}.{shown(key, 60)}" if place else shown(key, 60), member))
        elif isinstance(one, list):
            waiting.extend((f"{place}[{number}]", member) for number, member in enumerate(one))


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadJsonError(f"is not UTF-8 (at byte {error.start})") from error


def _loaded(text: str) -> Any:
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_int=_whole,
            parse_float=_fraction,
        )
    except BadJsonError:
        raise
    except RecursionError as error:
        raise BadJsonError(f"is nested more than {DEEPEST} deep") from error
    except ValueError as error:
        raise BadJsonError(f"is not JSON: {error}") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise BadJsonError(f"has the key {shown(twice, 60)!r} more than once in one object")
    return found


def _constant(name: str) -> NoReturn:
    raise BadJsonError(f"has the number {name}, which is none in JSON")


def _whole(digits: str) -> int:
    if len(digits.lstrip("-")) > _LONGEST_WHOLE:
        raise BadJsonError(f"has a whole number of more than {_LONGEST_WHOLE} digits")
    return int(digits)


def _fraction(digits: str) -> float:
    if len(digits) > _LONGEST_NUMBER:
        raise BadJsonError(f"has a number of more than {_LONGEST_NUMBER} characters")
    value = float(digits)
    if math.isinf(value):
        raise BadJsonError(f"has the number {digits}, which is too large")
    return value


def _check_values(value: Any) -> None:
    waiting = [(value, 1)]
    while waiting:
        one, depth = waiting.pop()
        if isinstance(one, str):
            _check_text(one)
        elif isinstance(one, (dict, list)):
            if depth > DEEPEST:
                raise BadJsonError(f"is nested more than {DEEPEST} deep")
            members = [*one, *one.values()] if isinstance(one, dict) else one
            waiting.extend((member, depth + 1) for member in members)


def _check_text(text: str) -> None:
    if len(text) > LONGEST_TEXT:
        raise BadJsonError(f"has a text of {len(text):,} characters, more than {LONGEST_TEXT:,}")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise BadJsonError("has half of a surrogate pair, which is no character") from error
