"""What a card says, before it is written: numbers, names and lists for the template."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sightline.benchmarks import benchmark
from sightline.dataset_cards.front_matter import present_configs, repository_of
from sightline.dataset_cards.leaves import leaves
from sightline.dataset_rules import UNKNOWN_SOURCE
from sightline.media_choice import MediaChoice

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sightline.dataset_rules import Config, DatasetRules

PLACEHOLDER = "PATH_OR_REPO"
"""What the examples of a card call a dataset that has no repository."""

_PICTURES = {
    "counts": "Bar chart: number of questions of each kind",
    "contact_sheet": "Contact sheet: some frames of the recordings",
}
_PICTURE = re.compile(r"assets/([a-z_]+)\.(?:png|jpg)")
_REDISTRIBUTION = {
    "allowed": "yes, by its licence",
    "agreement": "no: people sign or accept terms to get it",
    "not known": "not known: ask its owners",
}


def card_content(rules: DatasetRules, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The variables of a card's template.

    Args:
        rules: of the benchmark.
        facts: the content of ``build.json``.

    Raises:
        DatasetError: ``publication`` of the facts says nothing that can be understood.
    """
    publication = facts.get("publication") or {}
    repository = repository_of(facts)
    return {
        "title": rules.title,
        "arxiv": rules.pretty["arxiv"],
        "citation": rules.pretty["citation"],
        "licence": rules.licence,
        "board": rules.board,
        "variable": benchmark(rules.benchmark).dataset_variable,
        "published": repository is not None,
        "repository": repository or PLACEHOLDER,
        "media": _media(rules, MediaChoice.of_facts(facts)),
        "release": _release(facts["release"]),
        "configs": [_config(rules, c, facts) for c in present_configs(rules, facts)],
        "counted": rules.counted,
        "sources": _sources(rules, MediaChoice.of_facts(facts)),
        "skipped": facts["skipped"],
        "problems": facts["problems"],
        "changes": publication.get("changes", []),
        "pictures": _pictures(publication.get("pictures", [])),
        **rules.card_facts(facts),
    }


def _release(release: Mapping[str, Any]) -> str:
    if not release["revision"]:
        return "a folder"
    return f"{release['repository']} at {release['revision']}"


def _media(rules: DatasetRules, choice: MediaChoice) -> dict[str, Any]:
    """Which recordings are in: whether any, whether all, and the titles of their sources."""
    titles = [source.title for source in rules.sources if choice.allows({source.name})]
    if choice.sources is not None:
        described = {source.name for source in rules.sources}
        titles += sorted(choice.sources - described)
    return {"included": choice.included, "whole": choice.whole, "titles": titles}


def _config(rules: DatasetRules, config: Config, facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": config.name,
        "row": config.row,
        "rows": facts["rows"][config.name],
        "published": rules.published_rows.get(config.name),
        "key": config.key,
        "fields": [
            {
                "name": leaf.shown,
                "type": leaf.type_text,
                "what": config.fields.get(leaf.path, ""),
            }
            for leaf in leaves(config.features)
        ],
    }


def _sources(rules: DatasetRules, choice: MediaChoice) -> list[dict[str, Any]]:
    return [
        {
            "title": source.title,
            "name": source.name,
            "terms": source.terms,
            "url": source.url,
            "redistribution": _REDISTRIBUTION[source.redistribution],
            "here": choice.allows({source.name}),
        }
        for source in rules.sources
        if source.name != UNKNOWN_SOURCE
    ]


def _pictures(names: list[str]) -> dict[str, dict[str, str]]:
    """Kind -> file and what is to be seen, for the pictures that we draw; no other is shown."""
    found = ((name, _PICTURE.fullmatch(name)) for name in names)
    return {
        match[1]: {"file": name, "alt": _PICTURES[match[1]]}
        for name, match in found
        if match and match[1] in _PICTURES
    }
