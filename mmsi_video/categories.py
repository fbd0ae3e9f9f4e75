"""Types, categories, levels, difficulties and sub-benchmarks of MMSI-Video-Bench: one table.

Sources: types and categories from the release and paper section 3 (arXiv 2512.10863); published
counts recovered from Table 2; sub-benchmark membership from the official ``meta_data/*.json``,
kept as data in ``data/subbenchmarks.csv``.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class QuestionType:
    """One of the 13 question types."""

    name: str
    """The string exactly as the release has it, its typo "Memoery" included."""
    key: str
    """The name in tables of published numbers."""
    category: str
    """One of the 5 categories."""
    level: str
    """One of the paper's 4 levels."""
    count: int
    """Number of questions of this type in the published benchmark (1,106 in all)."""


_CATEGORY_OF_PREFIX = {
    "(Spatial Construction)": ("Spatial Construction", "Perception"),
    "(Motion Understanding)": ("Motion Understanding", "Perception"),
    "Planning": ("Planning", "Planning"),
    "Prediction": ("Prediction", "Prediction"),
    "(Cross-Video)": ("Cross-Video Reasoning", "Cross-Video Reasoning"),
}
"""How a type string starts -> (category, level), paper section 3.1."""

_TYPE_ROWS = (
    ("(Spatial Construction) Instance/Scene Attribute", "instance_scene_attribute", 83),
    ("(Spatial Construction) Instance-Instance Spatial Relationship", "instance_instance", 76),
    ("(Spatial Construction) Instance-Scene Spatial Relationship", "instance_scene", 77),
    ("(Spatial Construction) Scene-Scene Spatial Relationship", "scene_scene", 69),
    ("(Spatial Construction) Camera-Instance Spatial Relationship", "camera_instance", 79),
    ("(Spatial Construction) Camera-Scene Spatial Relationship", "camera_scene", 80),
    ("(Motion Understanding) Camera Motion", "camera_motion", 93),
    ("(Motion Understanding) Instance Motion", "instance_motion", 90),
    ("(Motion Understanding) Interactive Motion", "interactive_motion", 81),
    ("Planning", "planning", 124),
    ("Prediction", "prediction", 82),
    ("(Cross-Video) Memoery Update", "memory_update", 102),
    ("(Cross-Video) Multi-View Integration", "multi_view_integration", 70),
)


def _type(name: str, key: str, count: int) -> QuestionType:
    prefix = name.partition(")")[0] + ")" if name.startswith("(") else name
    return QuestionType(name, key, *_CATEGORY_OF_PREFIX[prefix], count)


TYPES: tuple[QuestionType, ...] = tuple(_type(*row) for row in _TYPE_ROWS)

PUBLISHED_QUESTIONS = 1106
"""Number of questions of the published benchmark (paper section 3)."""

CATEGORIES: tuple[str, ...] = tuple(dict.fromkeys(t.category for t in TYPES))
LEVELS: tuple[str, ...] = tuple(dict.fromkeys(t.level for t in TYPES))
DIFFICULTIES: tuple[str, ...] = ("hard", "medium", "easy")
"""easy2hard_bench calls them level_1, level_2, level_3. level_1 is the HARD part: the sizes
327/400/379 fit the columns Hard/Medium/Easy of the paper's Table 3 in all 36 full rows."""

SUB_BENCHMARKS: dict[str, tuple[str, ...]] = {
    "robot": ("Manipulation", "Navigation"),
    "grounding": ("Target Grounding", "Time Localization"),
    "indoor_scene_perception": (
        "Static Scene (Instance-Centric)",
        "Static Scene (Camera-Centric)",
        "Dynamic Scene",
    ),
}

AXES: dict[str, tuple[str, ...]] = {
    "type": tuple(t.name for t in TYPES),
    "category": CATEGORIES,
    "level": LEVELS,
    "difficulty": DIFFICULTIES,
    **SUB_BENCHMARKS,
}
"""Every axis a score is sliced by, with its members in the order of the paper's tables."""

_ALIASES = {"(Cross-Video) Memory Update": "(Cross-Video) Memoery Update"}
_BY_NAME = {t.name: t for t in TYPES}


def question_type(name: str) -> QuestionType:
    """The type of that name; the correctly spelt "Memory Update" is taken as an alias.

    Raises:
        KeyError: no such type; the message lists the 13.
    """
    try:
        return _BY_NAME[_ALIASES.get(name, name)]
    except KeyError:
        raise KeyError(f"type ({name!r}) must be one of {sorted(_BY_NAME)}") from None


@cache
def _membership() -> dict[str, dict[str, str]]:
    text = (files("mmsi_video") / "data" / "subbenchmarks.csv").read_text(encoding="utf-8")
    table = {}
    for row in csv.DictReader(text.splitlines()):
        number = int(row.pop("question"))
        table[f"question_{number:04d}"] = {axis: member for axis, member in row.items() if member}
    return table


def sub_benchmarks(question_id: str) -> dict[str, str]:
    """Difficulty and sub-benchmark membership: axis -> member; empty for an unknown id."""
    return dict(_membership().get(question_id, {}))


def slices(question_id: str, type_name: str) -> dict[str, str]:
    """Every slice that a question belongs to: axis -> member."""
    kind = question_type(type_name)
    return {
        "type": kind.name,
        "category": kind.category,
        "level": kind.level,
        **sub_benchmarks(question_id),
    }
