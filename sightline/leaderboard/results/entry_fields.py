"""Fields of an entry that a stranger wrote: each is what it must be, or the reason why not."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from sightline.errors import SubmissionError
from sightline.fields import is_text, kind_of
from sightline.records import Outcome
from sightline.wording import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CELL = ("value", "low", "high", "expected", "failure_rate")
"""What a cell says; each a number or null."""

LONGEST_TEXT = 4000
"""Characters of a name, a fault or a note."""
MOST_TEXTS = 100
"""Faults or notes of one entry."""
MOST_MEMBERS = 1000
"""Members of one axis, axes, parsers: each."""
DEEPEST = 24
"""Levels of lists and objects in the facts."""

_LARGEST_WHOLE = 1 << 64
_PERCENT = 100.0


class Fields:
    """The fields of one object, and the place that messages name.

    Args:
        values: the object.
        place: the file, and where in it.
    """

    def __init__(self, values: Mapping[str, Any], place: str) -> None:
        self._values = values
        self._place = place

    def fault(self, key: str, must: str, value: object) -> SubmissionError:
        """What is wrong with a field."""
        told = shown(repr(value), 80) if isinstance(value, (str, int, float)) else kind_of(value)
        return SubmissionError(f"{self._place}: {key} must be {must}, but is {told}")

    def text(self, key: str, *, fits: Callable[[str], object] = bool, must: str = "") -> str:
        """A text that fits."""
        value = self._values[key]
        if not _short_text(value) or not fits(value):
            raise self.fault(key, must or "a text", value)
        return str(value)

    def percent(self, key: str) -> float:
        """A number from 0 to 100."""
        value = _number(self._values[key])
        if value is None or not 0 <= value <= _PERCENT:
            raise self.fault(key, "a number from 0 to 100", self._values[key])
        return value

    def percent_or_none(self, key: str) -> float | None:
        """The same, or null."""
        return None if self._values[key] is None else self.percent(key)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts."""
        value = self._values[key]
        if not isinstance(value, list) or len(value) > MOST_TEXTS:
            raise self.fault(key, f"a list of at most {MOST_TEXTS} texts", value)
        if not all(_short_text(one) for one in value):
            raise self.fault(key, f"a list of texts of at most {LONGEST_TEXT:,} characters", value)
        return tuple(value)

    def named(self, key: str) -> dict[str, Any]:
        """An object with names as keys."""
        value = self._values[key]
        if not isinstance(value, dict) or len(value) > MOST_MEMBERS:
            raise self.fault(key, f"an object of at most {MOST_MEMBERS:,} keys", value)
        if not all(_short_text(one) and one for one in value):
            raise self.fault(key, "an object with names as keys", value)
        return value

    def counts(self, key: str) -> dict[str, int]:
        """Outcome -> samples."""
        value = self.named(key)
        known = {one.value for one in Outcome}
        for name, count in value.items():
            whole = isinstance(count, int) and not isinstance(count, bool)
            if name not in known or not whole or not 0 <= count < _LARGEST_WHOLE:
                raise self.fault(f"{key}.{name}", "an outcome with its number of samples", count)
        return value

    def shares(self, key: str) -> dict[str, float | None]:
        """Name -> percent or null."""
        fields = Fields(self.named(key), f"{self._place} {key}")
        return {name: fields.percent_or_none(name) for name in self.named(key)}

    def cells(self, key: str) -> dict[str, dict[str, dict[str, Any]]]:
        """Axis -> member -> what the cell says."""
        axes = Fields(self.named(key), f"{self._place} {key}")
        return {
            axis: {
                member: Fields(members, f"{self._place} {key}.{shown(axis)}").cell(member)
                for member in axes.named(axis)
            }
            for axis, members in self.named(key).items()
        }

    def cell(self, key: str) -> dict[str, Any]:
        """One cell: percents and a number of questions, each of which may be null."""
        value = self._values[key]
        if not isinstance(value, dict) or set(value) != set(CELL):
            raise self.fault(key, f"an object with {', '.join(CELL)}", value)
        fields = Fields(value, f"{self._place} {shown(key)}")
        for name in ("value", "low", "high", "failure_rate"):
            fields.percent_or_none(name)
        count = value["expected"]
        if count is not None and (type(count) is not int or not 0 <= count < _LARGEST_WHOLE):
            raise fields.fault("expected", "a number of questions", count)
        return value

    def plain(self, key: str) -> dict[str, Any]:
        """An object of plain JSON, of bounded depth, with numbers that every reader takes."""
        value = self._values[key]
        if not isinstance(value, dict):
            raise self.fault(key, "an object", value)
        if (fault := _not_plain(value, 0)) is not None:
            raise SubmissionError(f"{self._place}: {key} {fault}")
        return value


def _short_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_TEXT and is_text(value)


def _number(value: object) -> float | None:
    """A finite number; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if isinstance(value, int) and abs(value) >= _LARGEST_WHOLE:
        return None
    return float(value) if math.isfinite(value) else None


def _not_plain(value: object, depth: int) -> str | None:
    """Why a value is not plain JSON of a bounded depth; None when it is."""
    if depth > DEEPEST:
        return f"must not lie deeper than {DEEPEST} levels"
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, str):
        return None if is_text(value) else "must be valid Unicode, but has half a surrogate pair"
    if isinstance(value, dict):
        parts: list[object] = [*value, *value.values()]
    elif isinstance(value, list):
        parts = value
    else:
        return None if _number(value) is not None else "must hold finite numbers of at most 64 bits"
    return next((fault for one in parts if (fault := _not_plain(one, depth + 1))), None)
