"""The benchmark's metric on plain lists, for `evaluate` and for whoever has no dataset at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sightline.parsers.statements import DEFAULT_LETTERS
from sightline.records import Response
from streamgaze_task import summary
from streamgaze_task.items import Item
from streamgaze_task.scoring import PARSERS, score
from streamgaze_task.task_names import BY_CODE, TASKS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from streamgaze_task.task_names import TaskName

_COUNTS = ("expected", "answered", "right", "wrong", "unparsed", "missing", "error")


def compute(
    predictions: Sequence[str | None],
    references: Sequence[str],
    tasks: Sequence[str],
    *,
    options: Sequence[Sequence[str]] | None = None,
    videos: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Accuracy of raw responses, all shares in percent.

    Args:
        predictions: raw model text per request; None where there is none.
        references: gold letter per request; ``YES`` or ``NO`` (any case) for a test point.
        tasks: task per request, its code (``oie``) or the paper's abbreviation (``OI-E``).
        options: option texts per request, empty for test points; without them chance is unknown
            for tasks with options and the strict parser takes A..F.
        videos: the video per request; without them requests count as independent.

    Returns:
        ``accuracy`` is the mean of the tasks by the reference parser; ``tasks`` and ``families``
        have their own.

    Raises:
        ValueError: the lists differ in length, or an answer or a task is none.
    """
    given = {"references": references, "tasks": tasks, "options": options, "videos": videos}
    for name, values in given.items():
        if values is not None and len(values) != len(predictions):
            raise ValueError(f"{name} ({len(values)}) must be as many as the predictions")
    items = [
        _item(
            index,
            references[index],
            _task(tasks[index]),
            options[index] if options is not None else None,
            videos[index] if videos is not None else f"row {index}",
        )
        for index in range(len(predictions))
    ]
    scores = [
        score(item, None if text is None else Response(item.id, text))
        for item, text in zip(items, predictions, strict=True)
    ]
    return _flat(summary.summarise(scores, items), with_chance=options is not None)


def _task(name: str) -> TaskName:
    found = [task for task in TASKS if name in (task.code, task.paper)]
    if not found:
        raise ValueError(f"task ({name!r}) must be one of: {', '.join(BY_CODE)}")
    return found[0]


def _item(
    index: int, answer: str, task: TaskName, options: Sequence[str] | None, video: str
) -> Item:
    is_point = task.family == "proactive"
    letters = ("",) * len(DEFAULT_LETTERS) if options is None else tuple(options)
    return Item(
        id=f"row {index}",
        task=task.code,
        answer=answer.upper() if is_point else answer,
        released_answer=None,
        options=() if is_point else letters,
        cluster=video,
        point_seconds=0.0 if is_point else None,
    )


def _flat(report: Mapping[str, Any], *, with_chance: bool) -> dict[str, Any]:
    aggregates = report["aggregates"]
    headline = aggregates[report["headline"]]
    return {
        "accuracy": headline["accuracy"],
        "interval": headline["interval"],
        "micro": aggregates["micro"]["accuracy"],
        "mean_of_families": aggregates["mean_of_families"]["accuracy"],
        "failure_rate": headline["failure_rate"],
        "chance": headline["chance"] if with_chance else None,
        **{name: headline[name] for name in _COUNTS},
        **{f"accuracy_{parser}": headline["parsers"][parser]["accuracy"] for parser in PARSERS},
        "disagreement": report["disagreement"]["share"],
        "tasks": _shares(report["tasks"]),
        "families": _shares(report["families"]),
        "alerts": {
            name: {
                key: part["published"]["by"][report["headline_parser"]][key]
                for key in ("balanced_accuracy", "precision", "recall", "f1", "over_triggering")
            }
            for name, part in report["alerts"].items()
            if part["published"]["points"]
        },
    }


def _shares(parts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: {"accuracy": part["accuracy"], "expected": part["expected"]}
        for name, part in parts.items()
    }
