"""The JSON Schema of a submission, and what a stranger's JSON has against it.

Deterministic and bounded: the schema has local references only, a value is measured before any
rule sees it, and no message holds more than a few characters of what it speaks of.
"""

from __future__ import annotations

import json
import math
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator

from sightline.errors import Problem
from sightline.fields import is_text, kind_of
from sightline.wording import short

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jsonschema.exceptions import ValidationError

DEEPEST = 12
"""Objects and lists inside each other, the outermost counted."""

MOST_VALUES = 250_000
"""Values of a manifest or of a line, all levels together."""

MOST_CHARACTERS = 1_000_000
"""Characters of the longest text or key; the schema allows most texts far fewer."""

MOST_PROBLEMS = 100
"""Problems that are listed; what has more is wrong enough."""

_SHOWN_NAMES = 10

_NEVER_TOO_LONG = 1_000
"""Entries that the schema allows every list of numbers."""


@cache
def _text() -> str:
    return (
        files("sightline.leaderboard.submission")
        .joinpath("schemas/submission-1.json")
        .read_text("utf-8")
    )


def schema() -> dict[str, Any]:
    """The JSON Schema of the manifest; that of a response line is its ``$defs/response_line``."""
    found: dict[str, Any] = json.loads(_text())
    return found


def validate(manifest: Any) -> list[Problem]:
    """What is wrong with a manifest, the first :data:`MOST_PROBLEMS` of it; empty: nothing.

    Args:
        manifest: anything that a JSON parser returns. Whether its numbers follow from the
            responses is not looked at here.

    Returns:
        Problems whose ``where`` is a JSON path: ``$.run.tokens.input``.
    """
    return _problems(manifest, _validator("manifest"))


def validate_line(line: Any) -> list[Problem]:
    """The same of one line of ``responses.jsonl``."""
    return _problems(line, _validator("response_line"))


@cache
def _validator(part: str) -> Any:
    whole = schema()
    if part == "manifest":
        return Draft202012Validator(whole)
    return Draft202012Validator({"$ref": f"#/$defs/{part}", "$defs": whole["$defs"]})


def _problems(value: Any, validator: Any) -> list[Problem]:
    large = _too_large(value)
    if large is not None:
        return [large]
    unfit = list(islice(_unfit(value), MOST_PROBLEMS))
    return list(dict.fromkeys([*unfit, *_against(value, validator)]))[:MOST_PROBLEMS]


def _against(value: Any, validator: Any) -> Iterator[Problem]:
    """What the rules say, the first of it."""
    if not validator.is_valid(_thinned(value)):
        told = (one for error in validator.iter_errors(value) for one in _leaves(error))
        for error in islice(told, MOST_PROBLEMS):
            yield Problem(error.json_path, _message(error))


def _thinned(value: Any) -> Any:
    """The value with its lists of whole numbers down to the least and the largest.

    The rules speak of ranges, so these two stand for all; looking at every frame index of 21,000
    lines by itself takes a minute. Lists that a rule may find too long stay as they are.
    """
    if isinstance(value, dict):
        return {key: _thinned(member) for key, member in value.items()}
    if not isinstance(value, list):
        return value
    if 2 < len(value) <= _NEVER_TOO_LONG and all(type(member) is int for member in value):  # noqa: PLR2004 (two stay)
        return [min(value), max(value)]
    return [_thinned(member) for member in value]


def _too_large(value: Any) -> Problem | None:
    """Too deep or too much to be handed to the rules, which recur."""
    level, seen = [value], 0
    for _ in range(DEEPEST):
        seen += len(level)
        if seen > MOST_VALUES:
            return Problem("$", f"must hold at most {MOST_VALUES:,} values")
        level = [member for one in level for member in _members(one)]
        if not level:
            return None
    return Problem("$", f"must be at most {DEEPEST} deep")


def _members(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _unfit(value: Any, place: str = "$") -> Iterator[Problem]:
    """What no place of any submission may hold, and no rule can say."""
    if isinstance(value, str):
        yield from _unfit_text(place, value)
    elif isinstance(value, float) and not math.isfinite(value):
        yield Problem(place, f"must be a finite number, but is {value}")
    elif isinstance(value, list):
        for index, member in enumerate(value):
            if not isinstance(member, int):
                yield from _unfit(member, f"{place}[{index}]")
    elif isinstance(value, dict):
        for key, member in value.items():
            yield from _unfit_text(f"{place} key", key)
            yield from _unfit(member, f"{place}.{key[:40]}")


def _unfit_text(place: str, text: str) -> Iterator[Problem]:
    if len(text) > MOST_CHARACTERS:
        yield Problem(place, f"must have at most {MOST_CHARACTERS:,} characters")
    elif not is_text(text):
        yield Problem(place, "must be valid Unicode, but has half a surrogate pair")


def _leaves(error: ValidationError) -> Iterator[ValidationError]:
    """The errors behind one that only says that no alternative fits."""
    if error.validator == "anyOf" and error.context:
        # The alternative that is of the right kind says what is wrong; all others want null.
        closer = [one for one in error.context if one.path or one.validator != "type"]
        if closer:
            yield from (leaf for one in closer for leaf in _leaves(one))
            return
    yield error


def _message(error: ValidationError) -> str:
    """What was expected and what came, whatever its size."""
    rule, wanted, came = str(error.validator), error.validator_value, error.instance
    told = _OF_RULES.get(rule)
    if told is None:
        return f"must follow the rule {rule} of the schema, but is {short(came)}"
    return str(told(wanted, came, error.schema))


def _unknown(_: Any, came: Mapping[str, Any], rules: Mapping[str, Any]) -> str:
    extra = sorted(set(came) - set(rules.get("properties", ())))
    return f"must not have {_names(extra)}"


def _names(names: list[str]) -> str:
    shown = ", ".join(short(name) for name in names[:_SHOWN_NAMES])
    return shown if len(names) <= _SHOWN_NAMES else f"{shown} and {len(names) - _SHOWN_NAMES} more"


_OF_RULES: Mapping[str, Any] = {
    "type": lambda wanted, came, _: f"must be {wanted}, but is {kind_of(came)}",
    "required": lambda wanted, came, _: f"must have {_names([n for n in wanted if n not in came])}",
    "additionalProperties": _unknown,
    "const": lambda wanted, came, _: f"must be {short(wanted)}, but is {short(came)}",
    "enum": lambda wanted, came, _: f"must be one of {wanted}, but is {short(came)}",
    "pattern": lambda wanted, came, _: f"must match {wanted}, but is {short(came)}",
    "minLength": lambda wanted, came, _: f"must have {wanted} characters, but has {len(came)}",
    "maxLength": lambda wanted, came, _: f"must have at most {wanted:,}, but has {len(came):,}",
    "minItems": lambda wanted, came, _: f"must have {wanted} entries, but has {len(came)}",
    "maxItems": lambda wanted, came, _: f"must have at most {wanted:,}, but has {len(came):,}",
    "minProperties": lambda wanted, came, _: f"must have {wanted} entries, but has {len(came)}",
    "maxProperties": lambda wanted, came, _: f"must have at most {wanted:,}, but has {len(came):,}",
    "minimum": lambda wanted, came, _: f"must be at least {wanted}, but is {short(came)}",
    "maximum": lambda wanted, came, _: f"must be at most {wanted}, but is {short(came)}",
    "anyOf": lambda _, came, __: f"must be of another kind, but is {short(came)}",
    "oneOf": lambda *_: "must have either a response or an error, and the other null",
}
"""Rule of the schema -> what is said when it is broken."""
