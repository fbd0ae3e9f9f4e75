"""Whether ``load_dataset`` finds each config, and the files of it that we mean.

Only the card is read and its patterns resolved: what it will believe of the files stands in their
footers, which are checked for themselves, and a publication loads every row. A stream from each
config would prove the same and start torch, where it is installed, for some seconds.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.checking import patterns
from sightline.checking.columns import reason, shown
from sightline.checking.front_matter import read_front_matter
from sightline.checking.opened import CARD
from sightline.dataset_rules import SPLIT
from sightline.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sightline.checking.opened import OpenedDataset
    from sightline.dataset_rules import Config

_MEND = "build the dataset again, or mend `configs` of the card"


def check_loading(dataset: OpenedDataset) -> Iterator[Finding]:
    """Open each config that has a table, without network and without a cache of this machine.

    Args:
        dataset: the dataset; its card is not followed to anywhere else.
    """
    card = read_front_matter(dataset.card or "")
    fault = next(iter(card.faults), "") or next(_faults(card.values.get("configs")), "")
    if fault:
        yield Finding("error", f"load_dataset was not tried: {fault}", _MEND, CARD)
        return
    with tempfile.TemporaryDirectory() as cache:
        for config in dataset.rules.configs:
            if _has_rows(dataset, config):
                yield from _check_config(dataset, config, cache)


def _faults(configs: object) -> Iterator[str]:
    """What among `configs` might lead out of the dataset: addresses, other folders."""
    waiting = [configs]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            fault = patterns.fault(value)
            if fault:
                yield f"{shown(value)} in its configs: {fault}"
        elif isinstance(value, dict):
            waiting += [*value, *value.values()]
        elif isinstance(value, list):
            waiting += value


def _has_rows(dataset: OpenedDataset, config: Config) -> bool:
    rows = dataset.facts.get("rows")
    told = rows.get(config.name) if isinstance(rows, dict) else None
    return bool(dataset.tables(config.name)) and not (config.optional and told == 0)


def _check_config(dataset: OpenedDataset, config: Config, cache: str) -> Iterator[Finding]:
    from datasets import load_dataset_builder  # noqa: PLC0415 (slow to import; only when needed)

    try:
        builder = load_dataset_builder(str(dataset.folder), config.name, cache_dir=cache)
        files = {
            str(split): sorted(_real(path) for path in paths)
            for split, paths in (builder.config.data_files or {}).items()
        }
    except Exception as error:  # noqa: BLE001 (whatever it is, load_dataset fails for everyone)
        what = f"load_dataset cannot open it: {type(error).__name__}: {reason(error)}"
        yield Finding("error", what, _MEND, config.name)
        return
    wanted = {SPLIT: sorted(_real(path) for path in dataset.tables(config.name))}
    if not any(base.__name__ == "Parquet" for base in type(builder).__mro__):
        what = f"load_dataset takes it for {type(builder).__name__} and not for Parquet"
        yield Finding("error", what, _MEND, config.name)
    elif files != wanted:
        told = {split: len(paths) for split, paths in files.items()}
        what = f"load_dataset must find {len(wanted[SPLIT])} files of the split {SPLIT}, "
        yield Finding("error", f"{what}but finds {told}", _MEND, config.name)
    elif builder.info.features not in (None, config.features):
        what = "the card's `dataset_info` says other features than its files"
        yield Finding("error", what, "take `dataset_info` out of the card", config.name)


def _real(path: str | Path) -> str:
    """`datasets` follows links on the way to the folder."""
    return Path(path).resolve().as_posix()
