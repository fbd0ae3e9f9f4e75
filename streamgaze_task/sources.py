"""The sources of StreamGaze's recordings: whose they are, and under which terms.

The terms and where each was read stand in ``data/sources.json``. Ego4D is no source of the release;
the authors' pipeline names it, so its terms stand here in case a recording of it appears.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

from sightline.dataset_rules import Source

_PLACE = ("name", "title", "terms", "url", "redistribution")


@cache
def sources() -> tuple[Source, ...]:
    """All of them, those of `task_names.SOURCES` first."""
    text = (files("streamgaze_task") / "data" / "sources.json").read_text(encoding="utf-8")
    return tuple(
        Source(**{key: entry[key] for key in _PLACE}) for entry in json.loads(text)["sources"]
    )
