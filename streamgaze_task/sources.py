"""The three sources of StreamGaze's recordings: whose they are, and under which terms."""

from __future__ import annotations

from sightline.dataset_rules import Source

SOURCES: tuple[Source, ...] = ()
"""In the order of `task_names.SOURCES`."""
