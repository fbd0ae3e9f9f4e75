"""A configuration's mappings -> frozen settings; whatever is unknown or ill-typed is refused."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from sightline.errors import UsageError
from sightline.fields import shown

Settings = TypeVar("Settings")


def settings_from(kind: type[Settings], given: Any, place: str) -> Settings:
    """An instance of a settings dataclass, from what a configuration says.

    Args:
        kind: a dataclass whose fields are plain: bool, int, float, str, Literal, tuples of these,
            mappings, or any of them or None.
        given: a mapping, or None for all defaults.
        place: how messages call it: ``fixations``.

    Raises:
        UsageError: a name is unknown or missing, a value has another type, or the dataclass
            refuses it with a ValueError.
    """
    given = {} if given is None else given
    if not isinstance(given, Mapping):
        raise UsageError(f"{place} must be names with values, but is {shown(given)}")
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(str(name), known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
            raise UsageError(f"{place} has no setting {shown(name)}", next_step=hint)
    for name, field in known.items():
        if name not in given and _is_needed(field):
            raise UsageError(f"{place} must have {name}")
    kinds = get_type_hints(kind)
    values = {name: _value(kinds[name], given[name], f"{place}.{name}") for name in given}
    try:
        return kind(**values)
    except ValueError as error:
        raise UsageError(f"{place}: {error}") from error


def _is_needed(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _value(kind: Any, value: Any, place: str) -> Any:
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        if value is None and type(None) in inner:
            return None
        return _value(next(one for one in inner if one is not type(None)), value, place)
    if origin is Literal:
        if value not in inner:
            raise UsageError(
                f"{place} must be one of {', '.join(map(str, inner))}, but is {shown(value)}"
            )
        return value
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise UsageError(f"{place} must be a list, but is {shown(value)}")
        return tuple(_value(inner[0], item, f"{place}[{i}]") for i, item in enumerate(value))
    if origin in (dict, Mapping):
        if not isinstance(value, Mapping):
            raise UsageError(f"{place} must be names with values, but is {shown(value)}")
        return dict(value)
    return _plain(kind, value, place)


def _plain(kind: Any, value: Any, place: str) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not kind:
        words = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}
        raise UsageError(f"{place} must be {words.get(kind, kind)}, but is {shown(value)}")
    return value
