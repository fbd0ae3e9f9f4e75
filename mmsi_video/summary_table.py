"""The report as tables for a terminal: the run, chance, human, published models, every slice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mmsi_video import categories, published
from mmsi_video import summary_notes as notes
from sightline.reports import DASH, number, short_name
from sightline.tables import Column, Note, Table
from sightline.tables import render as render_blocks

if TYPE_CHECKING:
    from collections.abc import Mapping

_PARSER_NAMES = {"official": "official", "easi": "EASI", "strict": "strict"}
_COLUMN_NAMES = {
    "spatial_construction": "Spatial",
    "motion_understanding": "Motion",
    "planning_and_prediction": "Pl+Pr",
    "cross_video_reasoning": "Cross",
}
_SUB_NAMES = {"robot": "Robot", "grounding": "Ground", "indoor_scene_perception": "Indoor"}
_TITLES = {
    "level": "Levels",
    "category": "Categories",
    "type": "Types",
    "difficulty": "Difficulty (easy2hard)",
    "robot": "Robot",
    "grounding": "Grounding",
    "indoor_scene_perception": "Indoor scene perception",
}


def render(report: Mapping[str, Any], *, width: int | None = None) -> str:
    """A report of :func:`mmsi_video.summary.summarise` as text.

    Args:
        report: the report.
        width: characters per line; None takes the terminal's.
    """
    blocks: list[Table | Note] = [
        *notes.head(report),
        *notes.warnings(report),
        _main_table(report),
        *notes.footnotes(report),
        _slice_table(report),
        Note(
            "95 %: Wilson interval, clustered by video. Failed: no letter (unparsed, missing or "
            "error). Human and best: published on all questions, best model of the same setting."
        ),
        _parser_table(report),
        Note(notes.disagreement(report["disagreement"])),
    ]
    return render_blocks(blocks, width=width)


def _main_table(report: Mapping[str, Any]) -> Table:
    columns = (
        Column("", text=True),
        Column("Right", drop=1),
        Column("All"),
        *(Column(name) for name in _COLUMN_NAMES.values()),
        *(Column(name, drop=2) for name in ("Hard", "Med", "Easy")),
        *(Column(name, drop=3) for name in _SUB_NAMES.values()),
    )
    rows: list[tuple[str, ...] | None] = [_own_row(report, parser) for parser in _PARSER_NAMES]
    rows.append(_chance_row(report))
    rows += [None, *(_baseline_row(name) for name in ("human", "random"))]
    models = published.rows(report["protocol"])
    if models:
        verdict = "" if report["comparable"] else ", NOT COMPARABLE"
        heading = (f"published{verdict}:", *[""] * (len(columns) - 1))
        rows += [None, heading, *map(_published_row, models)]
    title = f"Accuracy in percent, setting {report['protocol']}"
    return Table(title, columns, tuple(rows), frozenset({0}))


def _own_row(report: Mapping[str, Any], parser: str) -> tuple[str, ...]:
    slices, first = report["slices"], parser == report["headline_parser"]
    whole = report["parsers"][parser]

    def cell(part: Mapping[str, Any]) -> str:
        return number(part["parsers"][parser]["accuracy"])

    return (
        short_name(report["model"]) if first else f"  by the {_PARSER_NAMES[parser]} parser",
        f"{whole['right']}/{whole['expected']}",
        number(whole["accuracy"], 2),
        *(cell(slices["column"][key]) for key in _COLUMN_NAMES),
        *(cell(slices["difficulty"][member]) for member in categories.DIFFICULTIES),
        *(cell(report["sub_benchmarks"][axis]) for axis in _SUB_NAMES),
    )


def _chance_row(report: Mapping[str, Any]) -> tuple[str, ...]:
    slices = report["slices"]
    return (
        "chance, from the options",
        "",
        number(report["overall"]["chance"], 2),
        *(number(slices["column"][key]["chance"]) for key in _COLUMN_NAMES),
        *(number(slices["difficulty"][member]["chance"]) for member in categories.DIFFICULTIES),
        *(number(report["sub_benchmarks"][axis]["chance"]) for axis in _SUB_NAMES),
    )


def _baseline_row(name: str) -> tuple[str, ...]:
    row = published.baselines()[name]
    columns = (number(published.column_of_types(row.types, key)) for key in _COLUMN_NAMES)
    unknown = len(categories.DIFFICULTIES) + len(_SUB_NAMES)
    return (row.name, "", number(row.percent, 2), *columns, *[DASH] * unknown)


def _published_row(row: published.Row) -> tuple[str, ...]:
    counts = f"{row.right}/{row.questions}" if row.right is not None else "?"
    return (
        row.model + (" *" if row.fault else ""),
        counts,
        number(row.percent, 2),
        *(number(row.columns.get(key)) for key in _COLUMN_NAMES),
        *(number(row.difficulty.get(member)) for member in categories.DIFFICULTIES),
        *(number(row.sub_benchmarks.get(axis, {}).get("avg")) for axis in _SUB_NAMES),
    )


def _slice_table(report: Mapping[str, Any]) -> Table:
    columns = (
        Column("", text=True),
        Column("n"),
        Column("right", drop=3),
        Column("%"),
        Column("95 %"),
        Column("chance"),
        Column("failed", drop=1),
        Column("human", drop=2),
        Column("best", drop=2),
    )
    rows: list[tuple[str, ...] | None] = [_slice_row("All", report["overall"])]
    for axis, title in _TITLES.items():
        rows.append(None)
        whole = report["sub_benchmarks"].get(axis)
        rows.append(_slice_row(title, whole) if whole else (title, *[""] * 8))
        rows += [
            _slice_row(f"  {_short(member)}", part, *_outside(report, axis, member))
            for member, part in report["slices"][axis].items()
        ]
    return Table("Every slice, in percent (official parser)", columns, tuple(rows))


def _slice_row(
    name: str, part: Mapping[str, Any], human: str = "", best: str = ""
) -> tuple[str, ...]:
    return (
        name,
        f"{part['expected']:,}",
        f"{part['right']:,}",
        number(part["accuracy"]),
        _interval(part),
        number(part["chance"]),
        number(part["failure_rate"]),
        human,
        best,
    )


def _interval(part: Mapping[str, Any]) -> str:
    return "-".join(map(number, part["interval"])) if part["expected"] else DASH


def _outside(report: Mapping[str, Any], axis: str, member: str) -> tuple[str, str]:
    """Human, and the best published model of the same setting that was on all questions."""
    rows = [row for row in published.rows(report["protocol"]) if not row.fault]
    if axis == "type":
        key = categories.question_type(member).key
        best = max((row.types[key] for row in rows), default=None)
        return number(published.baselines()["human"].types[key]), number(best)
    if axis == "difficulty":
        return "", number(max((row.difficulty[member] for row in rows), default=None))
    return "", ""


def _short(member: str) -> str:
    """A type without its category and without "Spatial Relationship"; "Memoery" put right."""
    words = member.removeprefix("(Spatial Construction) ").removeprefix("(Motion Understanding) ")
    words = words.removeprefix("(Cross-Video) ").removesuffix(" Spatial Relationship")
    return words.replace("Memoery", "Memory")


def _parser_table(report: Mapping[str, Any]) -> Table:
    columns = (
        Column("", text=True),
        Column("%"),
        Column("95 %"),
        Column("right"),
        Column("wrong"),
        Column("unparsed"),
        Column("failed %"),
        Column("above chance", drop=1),
    )
    rows = tuple(
        (
            name,
            number(part["accuracy"], 2),
            _interval(part),
            *(f"{part[count]:,}" for count in ("right", "wrong", "unparsed")),
            number(part["failure_rate"]),
            number(part["chance_adjusted"]),
        )
        for name, part in (
            (name, report["parsers"][parser]) for parser, name in _PARSER_NAMES.items()
        )
    )
    return Table("The same responses by each parser", columns, rows, frozenset({0}))
