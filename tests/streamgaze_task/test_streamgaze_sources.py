"""The terms of StreamGaze's sources."""

from __future__ import annotations

import json
from importlib.resources import files

from streamgaze_task.cameras import camera_names
from streamgaze_task.sources import sources
from streamgaze_task.task_names import SOURCES


def test_every_source_of_the_release_has_terms():
    """In the release's order, and Ego4D after them, as for the cameras."""
    names = [source.name for source in sources()]
    assert names == [*SOURCES, "ego4d"]
    assert set(names) == set(camera_names()) - {"published"}


def test_only_what_was_read_is_allowed():
    """The one open licence that its owners state."""
    entries = json.loads((files("streamgaze_task") / "data" / "sources.json").read_text("utf-8"))
    allowed = [one for one in entries["sources"] if one["redistribution"] == "allowed"]
    assert [one["name"] for one in allowed] == ["holoassist"]
    assert all(one["checked"] and one["url"] for one in allowed)
    assert all(one["origin"] for one in entries["sources"])


def test_the_rules_have_the_same_sources():
    """What checks and publishing ask."""
    from streamgaze_task.dataset_rules import rules

    assert rules().sources == sources()
    assert rules().source("ego4d").redistribution == "agreement"
    assert rules().source("nobody") is None
