"""What strangers wrote and what was measured, made fit for a page."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from sightline import wording

NONE = "\N{EN DASH}"
"""Stands where a number is not known; the pages say so."""

_LONGEST = 600
_MOST_FACTS = 60
_DEEPEST = 3
_DATE = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})")
_STEPS = (0.0, 5.0, 10.0, 20.0, 40.0)


def shown(text: str) -> str:
    r"""A text on one line, invisible characters and turned directions as escapes (``\u202e``)."""
    return wording.shown(" ".join(text.split()), _LONGEST)


def sentence(text: str) -> str:
    """A text with its first letter in capitals, without a stop at its end."""
    return f"{text[:1].upper()}{text[1:]}".removesuffix(".")


def number(value: object) -> float | None:
    """A finite number, or None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def percent(value: object, digits: int = 1) -> str:
    """A percentage with `digits` decimals, without its sign; a dash where there is none."""
    found = number(value)
    return NONE if found is None else f"{found:.{digits}f}"


def signed(value: object, digits: int = 1) -> str:
    """A difference in points, with its sign."""
    found = number(value)
    return NONE if found is None else f"{found:+.{digits}f}".replace("-", "\N{MINUS SIGN}")


def interval(low: object, high: object) -> str:
    """``30.1 to 35.6``; empty where there is none."""
    if number(low) is None or number(high) is None:
        return ""
    return f"{percent(low)} to {percent(high)}"


def tint(value: object, chance: object) -> str:
    """The class of a cell's background: how far the number is above chance, in steps.

    ``below`` at or below chance, then ``t1`` to ``t5`` from 0, 5, 10, 20 and 40 points above it.
    """
    found, base = number(value), number(chance)
    if found is None or base is None:
        return ""
    above = found - base
    steps = sum(above > step for step in _STEPS)
    return f"t{steps}" if steps else "below"


def date(text: object) -> str:
    """The day of a date or of the name of a run, as ``2026-11-21``; empty where there is none."""
    found = _DATE.match(text) if isinstance(text, str) else None
    return "-".join(found.groups()) if found else ""


def web_address(text: object) -> str | None:
    """The text when it is an http or https address that a page may link to, else None."""
    if not isinstance(text, str) or len(text) > _LONGEST:
        return None
    if any(character.isspace() or wording.invisible(character) for character in text):
        return None
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    # A name before an @ makes https://known.example@other.example look like the known one.
    plain = parts.scheme in {"http", "https"} and parts.netloc and "@" not in parts.netloc
    return text if plain and "\\" not in text else None


def flat(value: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Facts as pairs of a dotted name and a text, in their order, at most 60."""
    found = list(_flat("", value, _DEEPEST))
    if len(found) > _MOST_FACTS:
        return [*found[:_MOST_FACTS], ("and", f"{len(found) - _MOST_FACTS} more in the JSON file")]
    return found


def _flat(name: str, value: object, depth: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and depth:
        for key, inner in value.items():
            yield from _flat(f"{name}.{key}" if name else str(key), inner, depth - 1)
    elif value is not None:
        yield name, _fact(value)


def _fact(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if isinstance(value, Sequence) and all(isinstance(one, (str, int, float)) for one in value):
        return ", ".join(str(one) for one in value)
    return wording.short(value)
