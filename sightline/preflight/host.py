"""lmms-eval around us: whether it finds our models and tasks, and which switches are set."""

from __future__ import annotations

import importlib.util
import os
import re
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.benchmarks import all_benchmarks
from sightline.findings import Finding
from sightline.lmms.plugin import SWITCH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PREFIXES = ("SIGHTLINE_", "HF_", "LMMS_", "ACCELERATE_", "TRANSFORMERS_")
_NAMES = ("CUDA_VISIBLE_DEVICES", "WORLD_SIZE", "RANK", "OMP_NUM_THREADS")
_SECRET = ("TOKEN", "KEY", "SECRET", "PASSWORD")
_OFF = ("0", "false", "off", "no")
_NAME = re.compile(r"^(?:task|group):[ \t]*[\"']?([\w.-]+)[\"']?[ \t]*$", re.MULTILINE)


def check(*, survey: bool) -> Iterator[Finding]:
    """Look at the plugin and the environment; lmms-eval itself is not imported.

    Args:
        survey: also find the tasks of lmms-eval's own that ours stand before, by reading its
            thousands of task files.
    """
    names = [entry.name for entry in entry_points(group="lmms_eval.models")]
    if "sightline" not in names:
        yield Finding(
            "error",
            "lmms-eval cannot find our models and tasks: the entry point is not registered",
            "pip install -e . in the clone",
        )
    yield from switches(os.environ)
    folder = _upstream_tasks() if survey else None
    if folder is not None:
        hidden = shadowed(folder)
        if hidden:
            yield Finding(
                "note",
                f"our {', '.join(hidden)} stand in the place of lmms-eval's own; {SWITCH}=0 gives "
                "those back",
            )


def switches(environment: Mapping[str, str]) -> Iterator[Finding]:
    """The variables in effect; of secrets only that they are set."""
    variables = [benchmark.dataset_variable for benchmark in all_benchmarks().values()]
    shown = [
        f"{name}={'(set)' if any(word in name for word in _SECRET) else value}"
        for name, value in sorted(environment.items())
        if name.startswith(_PREFIXES) or name in (*_NAMES, *variables)
    ]
    if shown:
        yield Finding("note", f"environment: {', '.join(shown)}")
    if environment.get(SWITCH, "1").lower() in _OFF:
        yield Finding(
            "warning",
            f"{SWITCH}={environment[SWITCH]}: `lmms_eval` does not see our tasks",
            f"unset {SWITCH}",
        )


def shadowed(folder: Path) -> list[str]:
    """Names of ours that a task file under the folder has as well."""
    ours = {name for found in all_benchmarks().values() for name in found.task_names()}
    theirs: set[str] = set()
    for path in folder.rglob("*.yaml"):
        theirs.update(_NAME.findall(path.read_text(encoding="utf-8", errors="replace")))
    return sorted(ours & theirs)


def _upstream_tasks() -> Path | None:
    spec = importlib.util.find_spec("lmms_eval")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        folder = Path(place) / "tasks"
        if folder.is_dir():
            return folder
    return None
