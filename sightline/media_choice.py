"""Which recordings of a dataset are passed on: none, all, or those of some sources.

``build.json`` of a published dataset says it under ``publication.media``, so that checks and
readers know what must be there; a folder that was built and not published holds all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sightline.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True)
class MediaChoice:
    """Whose recordings, pictures included, are in a dataset."""

    included: bool
    """Whether there are any."""
    sources: frozenset[str] | None = None
    """Names of the sources; None means all, unknown ones too."""

    @property
    def whole(self) -> bool:
        """Whether nothing is left out."""
        return self.included and self.sources is None

    def allows(self, sources: Iterable[str]) -> bool:
        """Whether media that come from all of these sources are in; of none: they are."""
        if not self.included:
            return False
        return self.sources is None or self.sources.issuperset(sources)

    def as_json(self) -> str | list[str]:
        """``"none"``, ``"all"`` or the names of the sources, sorted."""
        if not self.included:
            return "none"
        return "all" if self.sources is None else sorted(self.sources)

    @classmethod
    def of_facts(cls, facts: Mapping[str, Any]) -> MediaChoice:
        """What the content of a ``build.json`` says; everything where it says nothing.

        Raises:
            DatasetError: it says something else than `as_json` does.
        """
        publication = facts.get("publication")
        value = publication.get("media", "all") if isinstance(publication, dict) else "all"
        if value in ("none", "all"):
            return cls(included=value == "all")
        if isinstance(value, list) and all(isinstance(name, str) for name in value):
            return cls(included=True, sources=frozenset(value))
        raise DatasetError(
            f'build.json: publication.media ({value!r}) must be "none", "all" or names of sources',
            next_step="publish or build the dataset again",
        )
