"""The printed numbers of MMSI-Video-Bench as rows of its leaderboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmsi_video import categories, published
from sightline.leaderboard.board import PublishedRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sightline.leaderboard.board import Setting

SUB_BENCHMARK = "sub_benchmark"
"""Beside the axes: each sub-benchmark as a whole; no axis, as a question may be in several."""

_SUB_TYPES = {
    "manipulation": "Manipulation",
    "navigation": "Navigation",
    "target_grounding": "Target Grounding",
    "time_localization": "Time Localization",
    "static_instance_centric": "Static Scene (Instance-Centric)",
    "static_camera_centric": "Static Scene (Camera-Centric)",
    "dynamic_scene": "Dynamic Scene",
}
_KINDS = {"human": "people", "random": "chance"}


def published_rows(printed: Mapping[str, str], settings: Sequence[Setting]) -> list[PublishedRow]:
    """Every printed row: people and chance first, in every setting.

    Args:
        printed: protocol -> setting, for those that models are printed in.
        settings: all.
    """
    rows = [_baseline(key, one.name, set(printed.values())) for one in settings for key in _KINDS]
    rows += [
        _model(row, setting)
        for protocol, setting in printed.items()
        for row in published.rows(protocol)
    ]
    return rows


def _baseline(key: str, setting: str, printed: set[str]) -> PublishedRow:
    row = published.baselines()[key]
    faults = [row.note]
    if setting not in printed:
        faults.append("It is printed once, for the whole benchmark, and not for this setting.")
    return PublishedRow(
        name=row.name,
        kind="people" if _KINDS[key] == "people" else "chance",
        setting=setting,
        value=row.percent,
        slices=_slices(row.types, {}),
        questions=None,
        faults=tuple(faults),
        source=published.sources()["paper"],
    )


def _model(row: published.Row, setting: str) -> PublishedRow:
    slices = _slices(row.types, row.columns)
    slices["difficulty"] = {name: row.difficulty[name] for name in categories.DIFFICULTIES}
    slices[SUB_BENCHMARK] = {name: parts["avg"] for name, parts in row.sub_benchmarks.items()}
    for name, parts in row.sub_benchmarks.items():
        slices[name] = {_SUB_TYPES[key]: value for key, value in parts.items() if key != "avg"}
    sources = published.sources()
    return PublishedRow(
        name=row.model,
        kind="model",
        setting=setting,
        value=row.percent,
        slices=slices,
        questions=row.questions,
        faults=(row.fault,) if row.fault else (),
        source=f"{sources['paper']}; {sources['readme']}",
        frames=row.setting,
        access=row.kind,
    )


def _slices(
    types: Mapping[str, float], columns: Mapping[str, float]
) -> dict[str, dict[str, float]]:
    """What is printed of types, categories and levels; Planning and Prediction are both of them.

    The printed column that joins these two is none of our members, and stays out.
    """
    both = {"Planning": types["planning"], "Prediction": types["prediction"]}
    names = {names[0]: key for key, names in published.COLUMNS.items() if len(names) == 1}
    category = {name: columns[key] for name, key in names.items() if key in columns}
    level = {name: value for name, value in category.items() if name in categories.LEVELS}
    return {
        "type": {kind.name: types[kind.key] for kind in categories.TYPES},
        "category": {**category, **both},
        "level": {**both, **level},
    }
