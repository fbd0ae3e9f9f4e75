"""Whether the media of a row are to be in a dataset, by its media choice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sightline.dataset_rules import UNKNOWN_SOURCE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sightline.checking.opened import OpenedDataset
    from sightline.dataset_rules import Config


def allowed(dataset: OpenedDataset, config: Config, row: Mapping[str, Any]) -> bool:
    """Whether the media in or named by a row may and must be there.

    Args:
        dataset: the dataset, with its media choice.
        config: config of the row.
        row: its columns without pictures. Of a config of which rows are left out with their
            media the column that others refer to must do, for such rows are not there to be read.
    """
    if dataset.media.whole:
        return True
    try:
        sources = dataset.rules.sources_of(config.name, row)
    except (AttributeError, KeyError, TypeError, ValueError):
        sources = frozenset({UNKNOWN_SOURCE})  # a null where rules look: nothing tells
    return dataset.media.allows(sources)
