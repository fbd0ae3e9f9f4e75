"""The YAML at the head of a card: what the Hub and ``load_dataset`` read of it.

The configs are those of the rules that have rows: ``load_dataset`` cannot open one without. There
is no ``dataset_info``: columns stand in the footers of the Parquet files, and a stale one here
keeps people from loading anything.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from sightline.dataset_rules import SPLIT
from sightline.errors import DatasetError
from sightline.media_choice import MediaChoice

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sightline.dataset_rules import Config, DatasetRules

TASK_CATEGORIES = ("video-text-to-text", "visual-question-answering", "multiple-choice")
"""What video question answering is called on the Hub."""

_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
)
_LARGER = "100M<n<1B"
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)


def front_matter(rules: DatasetRules, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata of a dataset's card, in the order in which people read it.

    Args:
        rules: of the benchmark.
        facts: the content of ``build.json``.

    Raises:
        DatasetError: ``publication`` of the facts says nothing that can be understood.
    """
    head: dict[str, Any] = {
        "configs": [_config(rules, config) for config in present_configs(rules, facts)],
        "language": ["en"],
        "license": rules.licence,
        "pretty_name": rules.title,
        "size_categories": [size_category(facts["rows"].get(rules.configs[0].name, 0))],
        "task_categories": list(TASK_CATEGORIES),
        "tags": [tag.strip() for tag in rules.pretty.get("tags", "").split(",") if tag.strip()],
    }
    if prompt := _gated_prompt(rules, facts):
        head["extra_gated_prompt"] = prompt
    return head


def as_yaml(metadata: Mapping[str, Any]) -> str:
    """Metadata as YAML, keys in their order, ending in a line break."""
    text: str = yaml.safe_dump(dict(metadata), sort_keys=False, allow_unicode=True, width=100)
    return text


def present_configs(rules: DatasetRules, facts: Mapping[str, Any]) -> list[Config]:
    """The configs that a dataset has, in the order of the rules."""
    return [config for config in rules.configs if facts["rows"].get(config.name, 0) > 0]


def size_category(count: int) -> str:
    """A number of questions in the words of the Hub: ``1K<n<10K``."""
    return next((name for limit, name in _SIZES if count < limit), _LARGER)


def repository_of(facts: Mapping[str, Any]) -> str | None:
    """The repository of a published dataset, ``org/name``; None for a folder that was built.

    Raises:
        DatasetError: it is no name that the Hub gives.
    """
    publication = facts.get("publication")
    if publication is None:
        return None
    name = publication.get("repository") if isinstance(publication, dict) else None
    if not isinstance(name, str) or not _REPOSITORY.fullmatch(name):
        raise DatasetError(
            f"build.json: publication.repository ({name!r}) must be org/name",
            next_step="publish or build the dataset again",
        )
    return name


def _config(rules: DatasetRules, config: Config) -> dict[str, Any]:
    first = {"default": True} if config is rules.configs[0] else {}
    files = {"split": SPLIT, "path": f"{config.name}/{SPLIT}-*"}
    return {"config_name": config.name, **first, "data_files": [files]}


def _gated_prompt(rules: DatasetRules, facts: Mapping[str, Any]) -> str:
    """What people read before a gated repository lets them in; empty where nothing is gated.

    It only restates terms that hold anyway. A repository without recordings needs none, and what
    is published under CC BY must not be put behind further conditions.
    """
    opening = rules.pretty.get("gated_prompt", "")
    choice = MediaChoice.of_facts(facts)
    if not opening or repository_of(facts) is None or not choice.included:
        return ""
    terms = [f"{s.title}: {s.terms}" for s in rules.sources if choice.allows({s.name})]
    return " ".join([opening, "; ".join(terms)]).strip()
