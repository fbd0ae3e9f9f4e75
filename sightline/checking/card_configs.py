"""The card's `configs`: each finds its own Parquet files, all of them, and nothing else."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from sightline.checking.opened import CARD
from sightline.checking.patterns import fault, matching
from sightline.dataset_rules import SPLIT
from sightline.findings import Finding
from sightline.wording import short, shown

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from sightline.checking.opened import OpenedDataset

_KEYS = frozenset(("config_name", "data_files", "default", "version", "description"))
_LIKE = "write it as the builder does: config_name, and data_files with split and path"
_MAX_ENTRIES = 100


def findings(dataset: OpenedDataset, values: Mapping[str, Any]) -> Iterator[Finding]:
    """Find what `load_dataset` would refuse or read otherwise than is meant.

    Args:
        dataset: whose files the configs name.
        values: the card's front matter.
    """
    entries = values.get("configs")
    if not isinstance(entries, list) or not entries:
        told = f"not {short(entries)}" if "configs" in values else "but is missing"
        what = f"it must be a list of configs, {told}: load_dataset would guess"
        yield Finding("error", what, _LIKE, _where())
        return
    if len(entries) > _MAX_ENTRIES:
        yield Finding("error", f"{len(entries):,} configs are not looked at", _LIKE, _where())
        return
    whole = []
    for number, entry in enumerate(entries):
        if isinstance(entry, dict) and isinstance(entry.get("config_name"), str):
            whole.append(entry)
        else:
            what = f"this must be a mapping with config_name, a text, not {short(entry)}"
            yield Finding("error", what, _LIKE, _where(number))
    yield from _names(dataset, [entry["config_name"] for entry in whole])
    yield from _default(dataset, whole)
    found: dict[str, list[str]] = {}
    for entry in whole:
        name = entry["config_name"]
        yield from _other_keys(entry)
        found[name] = found.get(name, []) + (yield from _data_files(dataset, entry))
    yield from _shared(dataset, found)


def _names(dataset: OpenedDataset, names: list[str]) -> Iterator[Finding]:
    """The configs that the dataset has, each once."""
    known = {config.name for config in dataset.rules.configs}
    for name, count in Counter(names).items():
        if name not in known:
            what = f"{dataset.rules.title} has no such config"
            yield Finding("error", what, f"known: {', '.join(sorted(known))}", _where(name))
        if count > 1:
            yield Finding("error", f"this config stands {count} times", "keep one", _where(name))
    rows = dataset.facts.get("rows")
    for config in dataset.rules.configs:
        empty = isinstance(rows, dict) and rows.get(config.name) == 0
        there = bool(dataset.tables(config.name)) and not empty
        needed = there or not (config.optional or config.only_media)
        if needed and config.name not in names:
            what = "this config is missing, so load_dataset does not know it"
            yield Finding("error", what, _LIKE, _where(config.name))


def _default(dataset: OpenedDataset, entries: list[dict[str, Any]]) -> Iterator[Finding]:
    """Exactly one default: without it `load_dataset(repository)` asks which config is meant."""
    for entry in entries:
        if not isinstance(entry.get("default", False), bool):
            what = f"default must be true or false, not {short(entry['default'])}"
            yield Finding("error", what, "write `default: true` or nothing", _at(entry))
    right = dataset.rules.configs[0].name
    names = [entry["config_name"] for entry in entries if entry.get("default")]
    if names != [right]:
        told = " and ".join(shown(name) for name in names) or "none"
        what = f"the default must be {right} alone, but is {told}"
        yield Finding("error", what, f"write `default: true` under {right} only", _where())


def _other_keys(entry: dict[str, Any]) -> Iterator[Finding]:
    for key in entry:
        if key not in _KEYS:
            what = f"{short(key)} changes what load_dataset reads, or is refused by it"
            yield Finding("error", what, "remove it", _at(entry))


def _data_files(
    dataset: OpenedDataset, entry: dict[str, Any]
) -> Generator[Finding, None, list[str]]:
    """The files that a config finds, as the generator's value."""
    entries = entry.get("data_files")
    shaped = isinstance(entries, list) and all(_is_split(one) for one in entries)
    if not shaped or not entries or len(entries) > _MAX_ENTRIES:
        what = f"data_files must be a list of split and path, not {short(entries)}"
        yield Finding("error", what, f"write {{split: {SPLIT}, path: ...}}", _at(entry))
        return []
    found: list[str] = []
    for one in entries:
        if one["split"] != SPLIT:
            hyphen = "; load_dataset refuses '-' in it" if "-" in one["split"] else ""
            what = f"the split must be {SPLIT}, not {short(one['split'])}{hyphen}"
            yield Finding("error", what, f"write {SPLIT}", _at(entry))
        paths = one["path"] if isinstance(one["path"], list) else [one["path"]]
        for path in paths:
            found += yield from _pattern(dataset, entry, path)
    splits = Counter(one["split"] for one in entries)
    for split, count in splits.items():
        if count > 1:
            what = f"the split {short(split)} stands {count} times, which load_dataset refuses"
            yield Finding("error", what, "put the paths into one list", _at(entry))
    return found


def _pattern(
    dataset: OpenedDataset, entry: dict[str, Any], path: object
) -> Generator[Finding, None, list[str]]:
    """The files that one pattern finds, as the generator's value."""
    wrong = fault(path) if isinstance(path, str) else "it must be a text"
    if wrong:
        what = f"the path {short(path)} is not what a config may name: {wrong}"
        yield Finding("error", what, "name this config's own Parquet files", _at(entry))
        return []
    names = matching(str(path), dataset.files)
    if not names:
        what = f"the path {short(path)} finds no file"
        yield Finding("error", what, "correct it, or build the dataset again", _at(entry))
    own = f"{entry['config_name']}/"
    strange = [name for name in names if not (name.startswith(own) and name.endswith(".parquet"))]
    if strange:
        what = (
            f"the path {short(path)} finds {len(strange):,} file(s) that are no Parquet files of "
            f"{shown(own)}, such as {shown(strange[0])}"
        )
        yield Finding(
            "error", what, "one repository is read by one reader: name Parquet only", _at(entry)
        )
    return names


def _shared(dataset: OpenedDataset, found: Mapping[str, list[str]]) -> Iterator[Finding]:
    """Files in two configs, or twice in one, or in none."""
    times: dict[str, list[str]] = {}
    for config, names in found.items():
        for name in names:
            times.setdefault(name, []).append(config)
    for name, configs in times.items():
        if len(configs) > 1:
            by = ", ".join(shown(config) for config in sorted(set(configs)))
            what = f"this file is found {len(configs)} times, by {by}"
            yield Finding("error", what, "its rows would be read as often", shown(name))
    for known in dataset.rules.configs:
        for table in dataset.tables(known.name):
            name = table.relative_to(dataset.folder).as_posix()
            if known.name in found and name not in times:
                what = f"no path of the config {known.name} finds this table"
                yield Finding("error", what, "correct the path, or remove the file", shown(name))


def _is_split(value: object) -> bool:
    """Whether an entry of `data_files` has the documented shape."""
    return (
        isinstance(value, dict)
        and value.keys() == {"split", "path"}
        and isinstance(value["split"], str)
        and isinstance(value["path"], (str, list))
        and bool(value["path"])
    )


def _at(entry: Mapping[str, Any]) -> str:
    return _where(entry["config_name"])


def _where(config: str | int | None = None) -> str:
    return f"{CARD} configs" if config is None else f"{CARD} configs[{shown(str(config), 60)}]"
