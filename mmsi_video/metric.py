"""The benchmark's metric on plain lists, for `evaluate` and for whoever has no dataset at hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mmsi_video import categories, summary
from mmsi_video.scoring import PARSERS, score
from sightline.parsers.statements import DEFAULT_LETTERS
from sightline.records import Response

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_COUNTS = ("expected", "right", "wrong", "unparsed", "missing", "error")


@dataclass(frozen=True)
class _Row:
    """What the lists say of one question."""

    id: str
    answer: str
    options: tuple[str, ...]
    slices: Mapping[str, str]
    cluster: str


def compute(
    predictions: Sequence[str | None],
    references: Sequence[str],
    *,
    options: Sequence[Sequence[str]] | None = None,
    types: Sequence[str] | None = None,
    ids: Sequence[str] | None = None,
    clusters: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Accuracy of raw responses, all shares in percent.

    Args:
        predictions: raw model text per question; None where there is none.
        references: gold letter per question.
        options: option texts per question; without them chance is None and the strict parser
            takes A..F.
        types: one of the 13 types per question; adds types, categories and levels.
        ids: ``question_NNNN`` per question; adds difficulty and the sub-benchmarks.
        clusters: the video(s) per question; without them questions count as independent.

    Raises:
        ValueError: the lists differ in length, or an id comes twice.
        KeyError: a type is none of the 13.
    """
    lists: dict[str, Sequence[Any] | None] = {
        "predictions": predictions,
        "references": references,
        "options": options,
        "types": types,
        "ids": ids,
        "clusters": clusters,
    }
    for name, values in lists.items():
        if values is not None and len(values) != len(predictions):
            raise ValueError(f"{name} ({len(values)}) must be as many as the predictions")
    if ids is not None and len(set(ids)) != len(ids):
        raise ValueError("ids must differ from each other")
    rows = [
        _row(i, {name: values[i] for name, values in lists.items() if values is not None})
        for i in range(len(predictions))
    ]
    scores = [
        score(row, None if text is None else Response(row.id, text))
        for row, text in zip(rows, predictions, strict=True)
    ]
    return _flat(summary.summarise(scores, rows), with_chance=options is not None)


def _row(index: int, cells: Mapping[str, Any]) -> _Row:
    """One question from its cells; lists that were not given have none."""
    name = cells.get("ids", f"row {index}")
    slices = categories.sub_benchmarks(name)
    if "types" in cells:
        kind = categories.question_type(cells["types"])
        slices |= {"type": kind.name, "category": kind.category, "level": kind.level}
    return _Row(
        id=name,
        answer=cells["references"],
        options=tuple(cells.get("options", ("",) * len(DEFAULT_LETTERS))),
        slices=slices,
        cluster=cells.get("clusters", f"row {index}"),
    )


def _flat(report: Mapping[str, Any], *, with_chance: bool) -> dict[str, Any]:
    overall = report["overall"]
    return {
        "accuracy": overall["accuracy"],
        "interval": overall["interval"],
        "failure_rate": overall["failure_rate"],
        "chance": overall["chance"] if with_chance else None,
        **{name: overall[name] for name in _COUNTS},
        **{f"accuracy_{parser}": report["parsers"][parser]["accuracy"] for parser in PARSERS},
        "disagreement": report["disagreement"]["share"],
        "slices": {
            axis: {
                member: {"accuracy": part["accuracy"], "expected": part["expected"]}
                for member, part in members.items()
                if part["expected"]
            }
            for axis, members in report["slices"].items()
            if any(part["expected"] for part in members.values())
        },
    }
