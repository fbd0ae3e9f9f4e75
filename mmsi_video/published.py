"""Published numbers of MMSI-Video-Bench, with their source and the faults found in them.

The data lie in ``published.json``: Tables 2 to 6 of the paper (arXiv 2512.10863v1) and the README
of the authors' code. Counts of right answers were recovered from the printed percentages; three
rows do not fit the 1,106 questions and say so. Two settings are never mixed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from mmsi_video import categories

if TYPE_CHECKING:
    from collections.abc import Mapping

SETTINGS = ("Uniform-50", "Sufficient-Coverage")
"""The settings of the published tables (paper section 4)."""

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "spatial_construction": ("Spatial Construction",),
    "motion_understanding": ("Motion Understanding",),
    "planning_and_prediction": ("Planning", "Prediction"),
    "cross_video_reasoning": ("Cross-Video Reasoning",),
}
"""Columns of the paper's Table 3 -> our categories; it merges Planning and Prediction."""


@dataclass(frozen=True)
class Baseline:
    """A published row that is no model."""

    name: str
    """``Human`` or ``Random guessing``."""
    percent: float
    """Published average, percent."""
    types: Mapping[str, float]
    """Type key -> percent."""
    note: str
    """What is odd about the row."""


@dataclass(frozen=True)
class Row:
    """One published model in one setting."""

    model: str
    """The paper's name of the model."""
    kind: str
    """``proprietary`` or ``open-source``."""
    setting: str
    """One of SETTINGS."""
    percent: float
    """Published average, percent: two decimals from the README, else one from the paper."""
    questions: int | None
    """Questions it was scored on; None when it is not 1,106 and could not be recovered."""
    right: int | None
    """Recovered number of right answers."""
    types: Mapping[str, float]
    """Type key -> percent."""
    columns: Mapping[str, float]
    """Key of COLUMNS -> percent."""
    difficulty: Mapping[str, float]
    """``hard``, ``medium``, ``easy`` -> percent."""
    sub_benchmarks: Mapping[str, Mapping[str, float]]
    """Sub-benchmark -> ``avg`` or sub-type -> percent."""
    fault: str | None
    """What is wrong with the row; None when all its cells fit 1,106 questions."""


@cache
def _data() -> dict[str, Any]:
    text = (files("mmsi_video") / "published.json").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)
    return data


def rows(setting: str) -> tuple[Row, ...]:
    """The published models of one setting, best first; empty for any other setting."""
    found = [_row(row) for row in _data()["rows"] if row["setting"] == setting]
    return tuple(sorted(found, key=lambda row: -row.percent))


def _row(row: Mapping[str, Any]) -> Row:
    return Row(
        model=row["model"],
        kind=row["kind"],
        setting=row["setting"],
        percent=row["percent"] if row["percent_readme"] is None else row["percent_readme"],
        questions=row["questions"],
        right=row["right"],
        types=row["types"],
        columns=row["categories"],
        difficulty=row["difficulty"],
        sub_benchmarks=row["sub_benchmarks"],
        fault=row["fault"],
    )


def baselines() -> dict[str, Baseline]:
    """``human`` and ``random``, as published."""
    fields = ("name", "percent", "types", "note")
    found = [Baseline(**{key: row[key] for key in fields}) for row in _data()["baselines"]]
    return dict(zip(("human", "random"), found, strict=True))


def column_of_types(types: Mapping[str, float], column: str) -> float:
    """The mean of a published row's types over one of COLUMNS, weighted by their questions.

    The paper prints no such columns for its baselines; this is what their types come to.
    """
    chosen = [t for t in categories.TYPES if t.category in COLUMNS[column]]
    return sum(types[t.key] * t.count for t in chosen) / sum(t.count for t in chosen)


def findings() -> tuple[str, ...]:
    """What the consistency checks on the published numbers found."""
    return tuple(_data()["findings"])


def easi_verification() -> tuple[dict[str, Any], ...]:
    """EASI's re-runs: model -> percent in the paper, by VLMEvalKit and by lmms-eval."""
    return tuple(dict(row) for row in _data()["easi_verification"])


def sources() -> dict[str, str]:
    """Where the numbers come from."""
    return dict(_data()["sources"])
