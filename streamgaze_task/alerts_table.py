"""The proactive part of a report as tables for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sightline.reports import DASH, number
from sightline.tables import Column, Note, Table
from streamgaze_task.task_names import BY_CODE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_VOICES = {
    "reference": "reference parser",
    "strict": "strict parser",
    "always_yes": 'always "yes"',
    "always_no": 'always "no"',
}
_READINGS = {"published": "published", "already_seen": "already seen"}
_NUMBERS = (
    ("accuracy", "right", 0),
    ("balanced_accuracy", "balanced", 0),
    ("precision", "prec.", 2),
    ("recall", "recall", 2),
    ("f1", "F1", 0),
    ("every_point_right", "all points", 1),
    ("over_triggering", "over-trig.", 1),
)
"""(key, header, which to drop first) of the columns."""


def blocks(report: Mapping[str, Any]) -> Iterator[Table | Note]:
    """The tables of the proactive tasks; nothing where the run has no test point."""
    parts = {name: part for name, part in report["alerts"].items() if part["published"]["points"]}
    if not parts:
        return
    yield _judged(parts)
    yield Note(
        "Test points by both readings of the label. Published: due when the object is fixated or "
        "visible at this instant; all other tables use it. Already seen: due from the object's "
        "first appearance on, which is what the prompt's words ask. Balanced: mean over points "
        "that are due and that are not. All points: questions with every point right. Over-trig.: "
        "points that are not due with an alert. Unanswered points are no right answer, and neither "
        "alert nor silence. A response with both words is right by the reference parser."
    )
    unlabelled = parts["together"]["already_seen"]["unlabelled"]
    if unlabelled:
        yield Note(f"{unlabelled:,} test point(s) do not tell the first appearance.")
    yield _timed(parts)
    yield Note(
        "Delay: from the first appearance to the first test point at or after it with an alert, "
        "median of the questions that alert then; it comes in steps of the test points. Never: "
        "questions without such an alert. Early: points before the first appearance with an alert."
    )


def _title(name: str) -> str:
    return BY_CODE[name].paper if name in BY_CODE else name.capitalize()


def _judged(parts: Mapping[str, Any]) -> Table:
    columns = (
        Column("", text=True),
        *(Column(header, drop=drop) for _, header, drop in _NUMBERS),
    )
    empty = [""] * len(_NUMBERS)
    rows: list[tuple[str, ...] | None] = []
    for name, part in parts.items():
        for reading, words in _READINGS.items():
            found = part[reading]
            if rows:
                rows.append(None)
            head = f"{_title(name)}, {words} ({found['due']:,} of {found['points']:,} due)"
            rows.append((head, *empty))
            rows += [
                (f"  {_VOICES[voice]}", *(number(values[key]) for key, _, _ in _NUMBERS))
                for voice, values in found["by"].items()
            ]
    return Table("Alerts, in percent", columns, tuple(rows))


def _timed(parts: Mapping[str, Any]) -> Table:
    columns = (
        Column("", text=True),
        Column("alerts/question"),
        Column("delay s"),
        Column("never %"),
        Column("early %"),
        Column("questions", drop=1),
    )
    rows: list[tuple[str, ...] | None] = []
    for name, part in parts.items():
        if rows:
            rows.append(None)
        rows.append((_title(name), *[""] * 5))
        for voice, values in part["timing"].items():
            alerts = values["alerts_per_question"]
            rows.append(
                (
                    f"  {_VOICES[voice]}",
                    DASH if alerts is None else f"{alerts:.2f}",
                    number(values["median_delay_seconds"]),
                    number(values["never_alerted"]),
                    number(values["early_points"]),
                    f"{values['can_be_timed']:,}",
                )
            )
    return Table("When alerts come", columns, tuple(rows))
