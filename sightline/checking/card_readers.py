"""The card as `huggingface_hub` and `datasets` read it, and its row counts against the tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
from datasets import Features
from datasets.info import DatasetInfosDict
from datasets.utils.metadata import MetadataConfigs
from huggingface_hub import DatasetCard, DatasetCardData

from sightline.checking.opened import CARD
from sightline.dataset_rules import SPLIT
from sightline.findings import Finding
from sightline.wording import short, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from datasets.info import DatasetInfo

    from sightline.checking.opened import OpenedDataset

_LEAVE_OUT = "leave dataset_info out: load_dataset takes columns and counts from the tables"
_WHERE = f"{CARD} dataset_info"


def accepted(text: str) -> Iterator[Finding]:
    """Find what the libraries refuse; nothing is sent anywhere.

    Args:
        text: the card, in whose front matter nothing else was found.
    """
    try:
        # Both majors of huggingface_hub read a text this way.
        data = DatasetCard(text).data
        MetadataConfigs.from_dataset_card_data(data).get_default_config_name()
        DatasetInfosDict.from_dataset_card_data(data)
    # Whatever they raise is what readers of the dataset would get.
    except Exception as error:  # noqa: BLE001
        told = shown(" ".join(str(error).split()))
        what = f"huggingface_hub and datasets refuse this card: {type(error).__name__}: {told}"
        yield Finding("error", what, "correct the front matter", CARD)


def dataset_info(dataset: OpenedDataset, values: Mapping[str, Any]) -> Iterator[Finding]:
    """Compare the card's `dataset_info`, where it has one, with the footers of the tables.

    Args:
        dataset: whose tables are looked at.
        values: the card's front matter.
    """
    given = values.get("dataset_info")
    if given is None:
        return
    if not isinstance(given, (list, dict)):
        yield Finding("error", f"{short(given)} cannot be read", _LEAVE_OUT, _WHERE)
        return
    try:
        # A copy without the other keys, which are not asked about here.
        data = DatasetCardData(dataset_info=given)
        infos = DatasetInfosDict.from_dataset_card_data(data)
        told = {name: (infos[name].features, _examples(infos[name])) for name in infos}
    # Strangers' YAML may be of any shape, and the parser raises what comes.
    except Exception as error:  # noqa: BLE001
        what = f"it cannot be read: {type(error).__name__}: {shown(str(error))}"
        yield Finding("error", what, _LEAVE_OUT, _WHERE)
        return
    known = {config.name for config in dataset.rules.configs}
    for name, (features, examples) in told.items():
        where = f"{_WHERE}[{shown(name)}]"
        if name not in known or not dataset.tables(name):
            yield Finding("error", "the dataset has no such config", _LEAVE_OUT, where)
            continue
        footers = _footers(dataset, name)
        if footers is None:
            what = "it cannot be compared, because a table cannot be read"
            yield Finding("error", what, _LEAVE_OUT, where)
            continue
        if features is not None and features != footers[0]:
            what = "stale dataset_info: its features are not those of the tables"
            yield Finding("error", what, _LEAVE_OUT, where)
        if examples and examples != {SPLIT: footers[1]}:
            what = (
                f"stale dataset_info: it says {short(examples)}, but there are {footers[1]:,} rows"
            )
            yield Finding("error", what, _LEAVE_OUT, where)


def _examples(info: DatasetInfo) -> dict[str, Any]:
    """Split -> number of rows, as the card says."""
    return {name: split.num_examples for name, split in (info.splits or {}).items()}


def _footers(dataset: OpenedDataset, config: str) -> tuple[Features, int] | None:
    """Columns and rows of a config by its tables; None where one cannot be read."""
    tables = dataset.tables(config)
    try:
        features = Features.from_arrow_schema(pq.read_schema(tables[0]))
        return features, sum(pq.read_metadata(table).num_rows for table in tables)
    # Whatever is wrong with a footer, the check of the tables says it.
    except Exception:  # noqa: BLE001
        return None
