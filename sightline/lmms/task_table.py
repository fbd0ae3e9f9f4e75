"""Tasks that a benchmark writes as a table, as entries of lmms-eval's task index.

Eighty names that differ in three values need not be eighty files (``Benchmark.task_entries``). The
index entry of such a name points to the template that they have in common, and carries the rest of
its configuration with it; a group's entry has no file at all.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from sightline.benchmarks import Benchmark

TEMPLATE = "_default_template_yaml"
"""In a benchmark's task folder: what the tasks of its table have in common. The name has no
``.yaml`` at its end, so lmms-eval does not take it for a task."""

_CONFIG = "sightline_config"
_NO_FILE = -1
"""What lmms-eval takes for "no file"."""


def table_entries(benchmark: Benchmark, folder: Path) -> dict[str, dict[str, Any]]:
    """The tasks and groups of a benchmark's table, as entries of lmms-eval's task index.

    Args:
        benchmark: whose table it is; one without a table has no entries.
        folder: its task folder, with the template.
    """
    found: dict[str, dict[str, Any]] = {}
    for name, config in benchmark.entries().items():
        if isinstance(config["task"], list):
            found[name] = {"type": "group", "task": -1, "yaml_path": _NO_FILE, _CONFIG: config}
        else:
            path = str(folder / TEMPLATE)
            found[name] = {"type": "task", "yaml_path": path, _CONFIG: config}
    return found


def own_config(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What the table says of an index entry, a copy; nothing where the entry is no table's."""
    config: dict[str, Any] = copy.deepcopy(entry.get(_CONFIG, {}))
    return config


def without_members(names: Sequence[Any], index: Mapping[str, Mapping[str, Any]]) -> list[Any]:
    """The names without those that a group of our tables among them runs anyway.

    lmms-eval refuses to run a task twice, which a wildcard (``streamgaze_*``) would ask for. The
    results have a group's families and tasks by name, so nothing is lost.
    """
    plain = [name for name in names if isinstance(name, str)]  # others are configurations
    inside: set[str] = set()
    waiting = [member for name in plain for member in _members(name, index)]
    while waiting:
        name = waiting.pop()
        if name not in inside:
            inside.add(name)
            waiting += _members(name, index)
    return [name for name in names if not (isinstance(name, str) and name in inside)]


def _members(name: str, index: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The names in a group of our tables; none of anything else."""
    members = index.get(name, {}).get(_CONFIG, {}).get("task", ())
    return list(members) if isinstance(members, list) else []
