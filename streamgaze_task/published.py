"""Published numbers of StreamGaze, with their source and the faults found in them.

The data lie in ``published.json``: the main table of the paper (arXiv 2512.01707, as its authors
show it in the README of daeunni/StreamGaze) and the gaze prompting of one model.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from streamgaze_task.task_names import FAMILIES, TASKS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

GAZE_PROMPT = "visual"
"""The gaze prompt of the main table: every published script shows the overlay videos."""


@dataclass(frozen=True)
class Row:
    """One row of the main table; all shares in percent."""

    model: str
    """The paper's name."""
    frames: str | None
    """What the paper says of its frames; None for people."""
    tasks: Mapping[str, float | None]
    """Task code -> percent, in the order of the paper; None where it was not run. `gta` and `oaa`
    are the paper's proactive metric, which is in no published code."""
    overall: float
    """As printed; the unweighted mean of the ten tasks, or `fault` says what it is."""
    sees_future: bool
    """The published wrapper shows the model the video after the question too."""
    fault: str | None
    """What is wrong with the row."""

    @property
    def families(self) -> dict[str, float | None]:
        """Family -> unweighted mean of its tasks; None where one was not run."""
        return {f: self.mean([t.code for t in TASKS if t.family == f]) for f in FAMILIES}

    @property
    def choice_mean(self) -> float | None:
        """The unweighted mean of the eight tasks with options, where the metric is the code's."""
        return self.mean([task.code for task in TASKS if task.family != "proactive"])

    def mean(self, codes: Sequence[str]) -> float | None:
        """The unweighted mean of some tasks; None where one was not run."""
        values = [value for code in codes if (value := self.tasks[code]) is not None]
        return sum(values) / len(values) if len(values) == len(codes) else None


@dataclass(frozen=True)
class Prompted:
    """One gaze prompt of the paper's comparison; all shares in percent."""

    gaze_prompt: str
    """``nogaze``, ``text``, ``visual`` or ``salience``."""
    families: Mapping[str, float]
    """Family -> percent."""
    overall: float
    """The average as printed: tasks weighted alike (4 past, 4 present, 2 proactive)."""


@cache
def _data() -> dict[str, Any]:
    text = (files("streamgaze_task") / "published.json").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)
    return data


def rows() -> tuple[Row, ...]:
    """The published models, the best first; people are not among them."""
    found = [_row(row) for row in _data()["rows"] if row["kind"] == "model"]
    return tuple(sorted(found, key=lambda row: -row.overall))


def people() -> Row:
    """The row of the human annotators."""
    return next(_row(row) for row in _data()["rows"] if row["kind"] == "people")


def _row(row: Mapping[str, Any]) -> Row:
    tasks = {c: None if v is None else round(100 * v, 1) for c, v in row["tasks"].items()}
    return Row(
        model=row["model"],
        frames=row["frames"],
        tasks=tasks,
        overall=round(100 * row["overall"], 1),
        sees_future=row["sees_future"],
        fault=row["fault"],
    )


def prompted_model() -> str:
    """The model of :func:`gaze_prompting`."""
    return str(_data()["gaze_prompting"]["model"])


def gaze_prompting() -> tuple[Prompted, ...]:
    """The paper's comparison of gaze prompts on one model."""
    found = _data()["gaze_prompting"]["rows"]
    return tuple(
        Prompted(
            gaze_prompt=name,
            families={family: round(100 * row[family], 1) for family in FAMILIES},
            overall=round(100 * row["average"], 1),
        )
        for name, row in found.items()
    )


def questions() -> Mapping[str, int]:
    """Task code -> questions as third parties counted them; the authors publish only the sum."""
    return dict(_data()["questions"]["third_party"])


def findings() -> tuple[str, ...]:
    """What the consistency checks on the published numbers found."""
    return tuple(_data()["findings"])


def sources() -> dict[str, str]:
    """Where the numbers come from."""
    return dict(_data()["sources"])
