"""Validation of a card's front matter, as the Hub does it before it takes a README.md."""

from __future__ import annotations

import re
from typing import Any

import yaml

from .errors import HubError

_BLOCK = re.compile(r"\A---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_LICENSE = re.compile(r"[a-z0-9][a-z0-9.+-]*")


class _Loader(yaml.SafeLoader):
    """As the safe one, but a key may stand only once."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    pairs = [(loader.construct_object(key, deep=True), value) for key, value in node.value]
    keys = [key for key, _ in pairs]
    for key in keys:
        if keys.count(key) > 1:
            raise yaml.constructor.ConstructorError(
                None, None, f"duplicated mapping key: {key}", node.start_mark
            )
    return {key: loader.construct_object(value, deep=True) for key, value in pairs}


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def front_matter(text: str) -> dict[str, Any] | None:
    """The card's metadata; None without any.

    Raises:
        ValueError: It is no YAML, or no mapping.
    """
    found = _BLOCK.match(text)
    if not found:
        return None
    try:
        # A subclass of the safe loader.
        value = yaml.load(found[1], Loader=_Loader)  # noqa: S506
    except yaml.YAMLError as error:
        raise ValueError(f"bad YAML: {error}") from error
    if not isinstance(value, dict):
        raise ValueError(f"metadata is no mapping but {type(value).__name__}")  # noqa: TRY004
    return value


def problems(text: str) -> tuple[list[str], list[str]]:
    """Errors and warnings of a card."""
    try:
        values = front_matter(text)
    except ValueError as error:
        return [str(error)], []
    if not values:
        return [], ["empty or missing yaml metadata in repo card"]
    return [*_field_errors(values), *_config_errors(values.get("configs"))], []


def _field_errors(values: dict[str, Any]) -> list[str]:
    errors = []
    for name in ("license", "pretty_name", "license_name", "license_link"):
        value = values.get(name)
        if value is not None and not isinstance(value, (list if name == "license" else str, str)):
            errors.append(f'"{name}" must be a string')
    licenses = values.get("license") or []
    errors += [
        f'"license" must be one of the known licenses, not {one!r}'
        for one in ([licenses] if isinstance(licenses, str) else licenses)
        if not isinstance(one, str) or not _LICENSE.fullmatch(one)
    ]
    for name in ("tags", "task_categories", "size_categories"):
        value = values.get(name)
        if isinstance(value, str) or value is None:
            continue
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            errors.append(f'"{name}" must be an array of strings')
    return errors


def _config_errors(configs: Any) -> list[str]:
    if configs is None:
        return []
    if not isinstance(configs, list) or not all(isinstance(one, dict) for one in configs):
        return ['"configs" must be an array of objects']
    names = [one.get("config_name") for one in configs]
    errors = [
        f'"configs[{place}].config_name" must be a string'
        for place, name in enumerate(names)
        if not isinstance(name, str)
    ]
    if len({str(name) for name in names}) < len(names):
        errors.append('"configs" names a config twice')
    return errors


def check_card(data: bytes) -> None:
    """Refuse a README.md that the Hub would refuse.

    Raises:
        HubError: 400, with each problem.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise HubError(400, f"README.md is not UTF-8: {error}") from error
    errors, _ = problems(text)
    if errors:
        listed = [{"message": error} for error in errors]
        raise HubError(400, "Invalid metadata in README.md.", more={"errors": listed})
