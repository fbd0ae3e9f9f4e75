"""The columns of a config down to the leaves of structs, with types in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from datasets import Image, List, Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True)
class Leaf:
    """One column, or one field of a struct."""

    path: str
    """As `sightline.dataset_rules.Config.fields` has it: ``clips.clip_id``."""
    shown: str
    """With ``[]`` after each list of structs: ``clips[].clip_id``."""
    type: str
    """``string``, ``float64``, ``image``."""
    many: bool
    """Whether its values are lists."""

    @property
    def column(self) -> str:
        """The column that it is part of: ``clips``."""
        return self.path.partition(".")[0]

    @property
    def type_text(self) -> str:
        """Its type for people: ``list of string``."""
        return f"list of {self.type}" if self.many else self.type


def leaves(features: Mapping[str, Any]) -> list[Leaf]:
    """The leaves of a config's columns, in their order."""
    return [leaf for name, feature in features.items() for leaf in _leaves(feature, name, name)]


def _leaves(feature: Any, path: str, shown: str) -> Iterator[Leaf]:
    many = isinstance(feature, List)
    inner = feature.feature if many else feature
    if isinstance(inner, dict):
        shown = f"{shown}[]" if many else shown
        for name, part in inner.items():
            yield from _leaves(part, f"{path}.{name}", f"{shown}.{name}")
    else:
        yield Leaf(path, shown, _type(inner), many)


def _type(feature: Any) -> str:
    if isinstance(feature, Value):
        return str(feature.dtype)
    return "image" if isinstance(feature, Image) else type(feature).__name__.lower()
