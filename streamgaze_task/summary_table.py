"""The report as tables for a terminal: the run, people, chance, published models, every task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sightline.reports import DASH, number, short_name
from sightline.tables import Column, Note, Table
from sightline.tables import render as render_blocks
from streamgaze_task import alerts_table, published
from streamgaze_task import summary_notes as notes
from streamgaze_task.task_names import BY_CODE, FAMILIES, TASKS

if TYPE_CHECKING:
    from collections.abc import Mapping

_WIDE = {"past": "Past", "present": "Present", "proactive": "Proact."}
_NAMES = {
    "mean_of_tasks": "mean of the tasks",
    "mean_of_choice_tasks": "mean of the MC tasks",
    "mean_of_families": "mean of the families",
    "micro": "micro (all requests)",
}


def render(report: Mapping[str, Any], *, width: int | None = None) -> str:
    """A report of :func:`streamgaze_task.summary.summarise` as text.

    Args:
        report: the report.
        width: characters per line; None takes the terminal's.
    """
    blocks: list[Table | Note] = [
        *notes.head(report),
        *notes.warnings(report),
        _means_table(report),
        _columns_table(report),
        *notes.footnotes(),
        _task_table(report),
        Note(
            "95 %: Wilson interval, clustered by video; of means by their cluster-robust variance. "
            "Failed: no answer read (unparsed, missing or error). Chance: one of the options, one "
            "of two at a test point. Majority: always the most frequent answer of the task."
        ),
        _parser_table(report),
        Note(notes.disagreement(report["disagreement"])),
        *alerts_table.blocks(report),
    ]
    return render_blocks(blocks, width=width)


def _parsers(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(parser, name of its row), the headline first."""
    headline = report["headline_parser"]
    others = [p for p in report["aggregates"]["micro"]["parsers"] if p != headline]
    return [(headline, short_name(report["model"])), *((p, f"  {p} parser") for p in others)]


def _marked(row: published.Row) -> str:
    return row.model + (" ^" if row.sees_future else "") + (" *" if row.fault else "")


def _heading(report: Mapping[str, Any], columns: tuple[Column, ...]) -> tuple[str, ...]:
    verdict = "" if report["comparable"] else ", NOT COMPARABLE"
    return (f"published{verdict}:", *[""] * (len(columns) - 1))


def _means_table(report: Mapping[str, Any]) -> Table:
    columns = (
        Column("", text=True),
        Column("Mean"),
        Column("MC"),
        *(Column(name) for name in _WIDE.values()),
        Column("Micro", drop=1),
    )
    rows: list[tuple[str, ...] | None] = []
    for parser, name in _parsers(report):
        rows.append((name, *_own_means(report, parser)))
    chance = report["aggregates"]
    rows.append(
        (
            "chance",
            number(chance["mean_of_tasks"]["chance"], 2),
            number(chance["mean_of_choice_tasks"]["chance"]),
            *(number(report["families"].get(f, {}).get("chance")) for f in FAMILIES),
            number(chance["micro"]["chance"]),
        )
    )
    rows += [None, _published_means(published.people()), None, _heading(report, columns)]
    rows += [_published_means(row) for row in published.rows()]
    rows += [None, (f"{published.prompted_model()}, published:", *[""] * 6)]
    rows += [
        (
            f"  gaze prompt {row.gaze_prompt}",
            number(row.overall),
            DASH,
            *(number(row.families[family]) for family in FAMILIES),
            DASH,
        )
        for row in published.gaze_prompting()
    ]
    title = f"Accuracy in percent, gaze prompt {report['gaze_prompt']}"
    return Table(title, columns, tuple(rows), frozenset({0}))


def _own_means(report: Mapping[str, Any], parser: str) -> tuple[str, ...]:
    def of(part: Mapping[str, Any] | None, decimals: int = 1) -> str:
        return number(part["parsers"][parser]["accuracy"] if part else None, decimals)

    aggregates = report["aggregates"]
    return (
        of(aggregates["mean_of_tasks"], 2),
        of(aggregates["mean_of_choice_tasks"]),
        *(of(report["families"].get(family)) for family in FAMILIES),
        of(aggregates["micro"]),
    )


def _published_means(row: published.Row) -> tuple[str, ...]:
    families = row.families
    means = (row.choice_mean, *(families[family] for family in FAMILIES))
    return (_marked(row), number(row.overall), *map(number, means), DASH)


def _columns_table(report: Mapping[str, Any]) -> Table:
    """The paper's main table; narrow terminals lose its last columns, which stand below too."""
    drops = {task.code: place for place, task in enumerate(TASKS[3:], start=1)}
    columns = (
        Column("", text=True),
        *(Column(task.paper, drop=drops.get(task.code, 0)) for task in TASKS),
    )

    def own(key: str, parser: str | None) -> tuple[str, ...]:
        parts = [report["tasks"].get(task.code) for task in TASKS]
        return tuple(
            number((part["parsers"][parser] if parser else part)[key] if part else None)
            for part in parts
        )

    rows: list[tuple[str, ...] | None] = [
        (name, *own("accuracy", parser)) for parser, name in _parsers(report)
    ]
    rows.append(("chance", *own("chance", None)))
    majority = [(report["tasks"].get(task.code) or {}).get("majority") for task in TASKS]
    rows.append(("majority answer", *(number((m or {}).get("accuracy")) for m in majority)))
    rows += [None, _published_columns(published.people()), None, _heading(report, columns)]
    rows += [_published_columns(row) for row in published.rows()]
    return Table("The ten tasks, in percent", columns, tuple(rows), frozenset({0}))


def _published_columns(row: published.Row) -> tuple[str, ...]:
    return (_marked(row), *(number(row.tasks[task.code]) for task in TASKS))


def _task_table(report: Mapping[str, Any]) -> Table:
    columns = (
        Column("", text=True),
        Column("n"),
        Column("answered", drop=4),
        Column("right", drop=3),
        Column("%"),
        Column("95 %"),
        Column("chance"),
        Column("majority", drop=3),
        Column("failed", drop=1),
        Column("people", drop=2),
        Column("best", drop=2),
    )
    rows: list[tuple[str, ...] | None] = []
    for name, part in report["aggregates"].items():
        rows.append(_row(_NAMES[name], part))
    for family, whole in report["families"].items():
        rows.append(None)
        rows.append(_row(f"{_WIDE[family]} (mean of {len(whole['tasks'])})", whole))
        for code in whole["tasks"]:
            part = report["tasks"][code]
            title = f"  {BY_CODE[code].paper:5}{BY_CODE[code].title}"
            outside = _outside(code)
            rows.append(
                _row(title, part, number((part["majority"] or {}).get("accuracy")), outside)
            )
    title = f"Every task, in percent ({report['headline_parser']} parser)"
    return Table(title, columns, tuple(rows), frozenset({0}))


def _row(
    name: str, part: Mapping[str, Any], majority: str = "", outside: tuple[str, str] = ("", "")
) -> tuple[str, ...]:
    return (
        name,
        f"{part['expected']:,}",
        f"{part['answered']:,}",
        f"{part['right']:,}",
        number(part["accuracy"]),
        _interval(part),
        number(part["chance"]),
        majority,
        number(part["failure_rate"]),
        *outside,
    )


def _interval(part: Mapping[str, Any]) -> str:
    return "-".join(map(number, part["interval"])) if part["expected"] else DASH


def _outside(code: str) -> tuple[str, str]:
    """People, and the best published model that did not see the future, where the metric fits."""
    if BY_CODE[code].family == "proactive":
        return DASH, DASH
    shares = [row.tasks[code] for row in published.rows() if not row.sees_future]
    best = max((share for share in shares if share is not None), default=None)
    return number(published.people().tasks[code]), number(best)


def _parser_table(report: Mapping[str, Any]) -> Table:
    columns = (
        Column("", text=True),
        Column("%"),
        Column("95 %"),
        Column("right"),
        Column("wrong"),
        Column("unparsed"),
        Column("failed %"),
    )
    rows = tuple(
        (
            parser,
            number(part["accuracy"], 2),
            _interval(part),
            *(f"{part[count]:,}" for count in ("right", "wrong", "unparsed")),
            number(part["failure_rate"]),
        )
        for parser, part in report["aggregates"]["mean_of_tasks"]["parsers"].items()
    )
    title = "The same responses by each parser (mean of the tasks)"
    return Table(title, columns, rows, frozenset({0}))
