"""A dataset in Croissant 1.0, the JSON-LD that dataset search engines and loaders read.

The Hub makes such a description of every dataset by itself. Ours adds what it cannot know: which
columns name a row, which refer to which, what each one means and in which unit, checksums, terms,
and who is to be seen in the recordings. Loaders find the tables by it: on the Hub under the
repository's ``main``, in a folder beside the file.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from sightline.dataset_cards.front_matter import present_configs, repository_of
from sightline.dataset_cards.leaves import leaves
from sightline.dataset_rules import SPLIT
from sightline.media_choice import MediaChoice

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sightline.dataset_cards.leaves import Leaf
    from sightline.dataset_rules import Config, DatasetRules

_VERSIONS = ["http://mlcommons.org/croissant/1.0", "http://mlcommons.org/croissant/RAI/1.0"]
_HUB = "https://huggingface.co/datasets"
_LICENCES = "https://creativecommons.org/licenses"
_TYPES = {"string": "sc:Text", "bool": "sc:Boolean", "image": "sc:ImageObject"}
_REPOSITORY = "repository"
_NO_CHECKSUM = "https://github.com/mlcommons/croissant/issues/80"
"""What stands where a repository's checksum would: Croissant wants one, and there is none. The Hub
writes the same."""
_USE = "Evaluation of models that answer questions about video. One split, test: not for training."


def croissant(rules: DatasetRules, facts: Mapping[str, Any]) -> str:
    """The text of ``croissant.json``.

    Args:
        rules: of the benchmark.
        facts: the content of ``build.json``, with `files`.

    Raises:
        DatasetError: ``publication`` of the facts says nothing that can be understood.
    """
    repository = repository_of(facts)
    configs = present_configs(rules, facts)
    arxiv = f"https://arxiv.org/abs/{rules.pretty['arxiv']}"
    document = {
        "@context": _context(),
        "@type": "sc:Dataset",
        "conformsTo": _VERSIONS,
        "name": rules.title,
        "description": _description(rules, configs, facts),
        "url": f"{_HUB}/{repository}" if repository else arxiv,
        "sameAs": arxiv,
        "license": _licence(rules.licence),
        "citeAs": rules.pretty["citation"],
        "keywords": [tag.strip() for tag in rules.pretty.get("tags", "").split(",")],
        "inLanguage": "en",
        "rai:dataCollection": rules.pretty["collection"],
        "rai:personalSensitiveInformation": rules.pretty["people"],
        "rai:dataUseCases": _USE,
        "distribution": _distribution(configs, facts, repository),
        "recordSet": [_record_set(rules, config, configs) for config in configs],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _context() -> Any:
    place = files("sightline").joinpath("dataset_cards/templates/croissant_context.json")
    return json.loads(place.read_text(encoding="utf-8"))


def _description(rules: DatasetRules, configs: Sequence[Config], facts: Mapping[str, Any]) -> str:
    tables = "; ".join(
        f"{config.name} ({facts['rows'][config.name]:,} rows): {config.row}" for config in configs
    )
    return f"{rules.title} in the form that datasets.load_dataset opens. {tables}."


def _licence(name: str) -> str:
    """The address of a Creative Commons licence that is written as the Hub does; else its name."""
    family, _, rest = name.partition("-")
    terms, _, version = rest.rpartition("-")
    return f"{_LICENCES}/{terms}/{version}/" if family == "cc" and terms else name


def _distribution(
    configs: Sequence[Config], facts: Mapping[str, Any], repository: str | None
) -> list[dict[str, Any]]:
    """Every table with its checksum, and the sets of files that record sets are read from.

    A set is looked for in the repository, or in the folder where it stands in none.
    """
    container = {"containedIn": {"@id": _REPOSITORY}} if repository else {}
    found = [_repository(repository)] if repository else []
    for config in configs:
        names = _tables(config, facts)
        found += [_file(name, facts["files"][name], repository) for name in names]
        what = f"The Parquet files of the config {config.name}"
        pattern = f"{config.name}/{SPLIT}-*.parquet"
        found.append(_file_set(_set_of(config), what, "application/x-parquet", pattern, container))
    if MediaChoice.of_facts(facts).included:
        what = "The videos; the record set videos has the SHA-256 of each"
        found.append(_file_set("recordings", what, "video/mp4", "media/*.mp4", container))
    return found


def _set_of(config: Config) -> str:
    return f"files-{config.name}"


def _file_set(
    name: str, what: str, encoding: str, pattern: str, container: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": name,
        "name": name,
        "description": what,
        **container,
        "encodingFormat": encoding,
        "includes": pattern,
    }


def _repository(name: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": _REPOSITORY,
        "name": _REPOSITORY,
        "description": "The repository on the Hub",
        "contentUrl": f"{_HUB}/{name}",
        "encodingFormat": "git+https",
        "sha256": _NO_CHECKSUM,
    }


def _tables(config: Config, facts: Mapping[str, Any]) -> list[str]:
    return sorted(
        name
        for name in facts["files"]
        if name.startswith(f"{config.name}/") and name.endswith(".parquet")
    )


def _file(name: str, file: Mapping[str, Any], repository: str | None) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "contentUrl": f"{_HUB}/{repository}/resolve/main/{name}" if repository else name,
        "contentSize": f"{file['bytes']} B",
        "encodingFormat": "application/x-parquet",
        "sha256": file["sha256"],
    }


def _record_set(rules: DatasetRules, config: Config, configs: Sequence[Config]) -> dict[str, Any]:
    parts = leaves(config.features)
    return {
        "@type": "cr:RecordSet",
        "@id": config.name,
        "name": config.name,
        "description": f"One record is {config.row}",
        "key": [{"@id": f"{config.name}/{column}"} for column in config.key],
        "field": [
            _column(rules, config, configs, name, [p for p in parts if p.column == name])
            for name in config.features
        ],
    }


def _column(
    rules: DatasetRules,
    config: Config,
    configs: Sequence[Config],
    name: str,
    parts: Sequence[Leaf],
) -> dict[str, Any]:
    """A column; one of structs has a field for each of theirs."""
    if parts[0].path == name:
        return _field(rules, config, configs, parts[0])
    return {
        "@type": "cr:Field",
        "@id": f"{config.name}/{name}",
        "name": f"{config.name}/{name}",
        **({"repeated": True} if "[]" in parts[0].shown else {}),
        "subField": [_field(rules, config, configs, part) for part in parts],
    }


def _field(
    rules: DatasetRules, config: Config, configs: Sequence[Config], leaf: Leaf
) -> dict[str, Any]:
    place = leaf.path.replace(".", "/")
    source: dict[str, Any] = {
        "fileSet": {"@id": _set_of(config)},
        "extract": {"column": leaf.column},
    }
    if inner := leaf.path.partition(".")[2] or ("bytes" if leaf.type == "image" else ""):
        source["transform"] = {"jsonPath": inner}
    return {
        "@type": "cr:Field",
        "@id": f"{config.name}/{place}",
        "name": f"{config.name}/{place}",
        "description": config.fields[leaf.path],
        "dataType": _data_type(leaf.type),
        **({"repeated": True} if leaf.many else {}),
        "source": source,
        **_references(rules, config, configs, leaf),
    }


def _references(
    rules: DatasetRules, config: Config, configs: Sequence[Config], leaf: Leaf
) -> dict[str, Any]:
    """Where a column's values must stand; nothing where the dataset lacks that config."""
    here = {other.name for other in configs}
    for reference in rules.references:
        leads_from = reference.config, reference.column
        if leads_from == (config.name, leaf.path) and reference.to_config in here:
            to = f"{reference.to_config}/{reference.to_column}"
            return {"references": {"field": {"@id": to}}}
    return {}


def _data_type(name: str) -> str:
    if name.startswith(("int", "uint")):
        return "sc:Integer"
    return "sc:Float" if name.startswith("float") else _TYPES[name]
