"""Whether a dataset that leaves media out has no picture of theirs in its tables either."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sightline.checking.allowed import allowed
from sightline.checking.columns import chunks, text_columns
from sightline.checking.gathered import Gathered
from sightline.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sightline.checking.columns import Row
    from sightline.checking.opened import OpenedDataset
    from sightline.dataset_rules import Config

_MEND = "publish it again; what was published stays in the repository's history"


def check_pictures(dataset: OpenedDataset, config: Config) -> Iterator[Finding]:
    """Look for pictures that the media choice leaves out; nothing to do where it leaves none out.

    Args:
        dataset: the dataset.
        config: one of its configs.
    """
    if dataset.media.whole or not config.media_columns:
        return
    found = Gathered()
    # Of a row that must not be there the picture need not be read.
    columns = text_columns(config) if config.only_media else list(config.features)
    for item in chunks(dataset, config, columns, "whose pictures it has"):
        if isinstance(item, Finding):
            yield item
            continue
        for row in item.rows():
            if not allowed(dataset, config, row.values):
                _judge(found, row, config)
    yield from found


def _judge(found: Gathered, row: Row, config: Config) -> None:
    if config.only_media:
        what = "is of a source that is not passed on"
        found.error(f"rows of {config.name} that must not be there", what, _MEND, row.where())
        return
    for column in config.media_columns:
        if has_bytes(row.values[column]):
            what = "has pictures, but its source is not among those passed on"
            found.error(f"pictures in {config.name}", what, _MEND, row.where(column))


def has_bytes(value: Any) -> bool:
    """Whether a picture, or one of a list of them, has any content."""
    if isinstance(value, list):
        return any(has_bytes(item) for item in value)
    picture: Mapping[str, Any] = value if isinstance(value, dict) else {"bytes": value}
    return bool(picture.get("bytes"))
