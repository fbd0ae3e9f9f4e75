"""A comparison or a run as one HTML file: no script, nothing asked of another place."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from sightline.comparing import verdict
from sightline.comparing.forest import forest
from sightline.comparing.records import label
from sightline.leaderboard.site import texts
from sightline.leaderboard.site.charts import ChartRow, bars

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sightline.comparing.records import Comparison, Slice
    from sightline.comparing.report_facts import RunReport
    from sightline.leaderboard.board import Board, PublishedRow, QuestionText

MOST_FLIPS = 2_000
"""Answers that changed which a page lists; the JSON has all."""

_TEMPLATES = ("page.html", "compare.html", "report.html", "page.css")


def comparison_page(
    comparison: Comparison, board: Board, questions: Mapping[str, QuestionText] | None = None
) -> str:
    """The page of two runs.

    Args:
        comparison: of them.
        board: of their benchmark: chance and people.
        questions: id -> its text, for the table of answers that changed; None without a dataset.
    """
    people, chance = baselines(board.published())
    whole = [comparison.headline]
    return _page(
        "compare.html",
        title=f"{comparison.benchmark}: {comparison.names[0]} and {comparison.names[1]}",
        comparison=comparison,
        lines=verdict.verdict(comparison),
        method=verdict.method(comparison),
        groups=[
            _group("all questions", "", whole, people, chance),
            *(
                _group(own[0].title.partition(":")[0], axis, own, people, chance)
                for axis, own in _by_axis(comparison.slices).items()
            ),
        ],
        flips=comparison.flips[:MOST_FLIPS],
        questions=questions or {},
    )


def report_page(
    report: RunReport, board: Board, questions: Mapping[str, QuestionText] | None = None
) -> str:
    """The page of one run.

    Args:
        report: of the run.
        board: of its benchmark.
        questions: id -> its text; None without a dataset.
    """
    groups, charts = report_rows(report, board), report_rows(report, board, short=True)
    return _page(
        "report.html",
        title=f"{report.benchmark}, {report.setting}: {report.name}",
        report=report,
        groups=[
            {
                "title": title,
                "rows": rows,
                "chart": bars(charts[title], title=f"Accuracy by {title}"),
            }
            for title, rows in groups.items()
        ],
        parts={
            name: bars(
                [
                    ChartRow(f"{p.label} ({p.questions:,})", p.accuracy, p.low, p.high)
                    for p in parts
                ],
                title=f"Accuracy by {name}",
                table=True,
            )
            for name, parts in report.parts.items()
        },
        questions=questions or {},
    )


def report_rows(
    report: RunReport, board: Board, *, short: bool = False
) -> dict[str, list[ChartRow]]:
    """Title of the axis -> a bar for each of its members; the headline under ``all questions``.

    Args:
        report: of a run.
        board: of its benchmark.
        short: use short names for members whose name is long.
    """
    people, chance = baselines(report.published)
    found = {
        "all questions": [
            ChartRow(
                "all questions",
                report.headline.value,
                report.headline.low,
                report.headline.high,
                _whole(people),
                _whole(chance),
            )
        ]
    }
    titles = {axis.name: axis.title for axis in board.axes}
    names = {axis.name: axis.short for axis in board.axes} if short else {}
    for axis, members in report.cells.items():
        rows = [
            ChartRow(
                _labelled(label(member, names.get(axis, {}).get(member, member)), cell),
                cell["value"],
                cell["low"],
                cell["high"],
                _member(people, axis, member),
                _member(chance, axis, member),
            )
            for member, cell in members.items()
            if cell["value"] is not None
        ]
        if rows:
            found[titles.get(axis, axis.replace("_", " "))] = rows
    return found


def _labelled(name: str, cell: Mapping[str, Any]) -> str:
    return f"{name} ({cell['expected']:,})" if cell.get("expected") else name


def baselines(
    rows: Sequence[PublishedRow],
) -> tuple[PublishedRow | None, PublishedRow | None]:
    """The first rows of people and of chance, where they are printed."""
    kinds = {row.kind: row for row in reversed(rows)}
    return kinds.get("people"), kinds.get("chance")


def _whole(row: PublishedRow | None) -> float | None:
    return row.value if row else None


def _member(row: PublishedRow | None, axis: str, member: str) -> float | None:
    return row.slices.get(axis, {}).get(member) if row else None


def _by_axis(slices: Sequence[Slice]) -> dict[str, list[Slice]]:
    found: dict[str, list[Slice]] = {}
    for one in slices:
        found.setdefault(one.axis, []).append(one)
    return found


def _group(
    title: str,
    axis: str,
    slices: Sequence[Slice],
    people: PublishedRow | None,
    chance: PublishedRow | None,
) -> dict[str, Any]:
    """What the template shows of one axis: forest, bars of both runs, table."""
    rows = []
    for one in slices:
        beside = (
            (_member(people, axis, one.member), _member(chance, axis, one.member))
            if axis
            else (_whole(people), _whole(chance))
        )
        rows += [
            ChartRow(f"A: {one.label}", one.first, None, None, *beside),
            ChartRow(f"B: {one.label}", one.second, None, None, *beside),
        ]
    return {
        "title": title,
        "slices": slices,
        "forest": forest(slices, title=f"Difference by {title}"),
        "bars": bars(rows, title=f"Accuracy of both by {title}"),
    }


@cache
def _environment() -> Environment:
    folder = files("sightline.comparing") / "templates"
    made = Environment(
        loader=DictLoader({n: (folder / n).read_text(encoding="utf-8") for n in _TEMPLATES}),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        percent=texts.percent,
        interval=texts.interval,
        points=verdict.points,
        ends=verdict.ends,
        p=verdict.p_text,
    )
    return made


def _page(template: str, **context: Any) -> str:
    environment = _environment()
    style = environment.get_template("page.css").render()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    # Only this very style sheet counts, no script runs and nothing is fetched.
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return environment.get_template(template).render(
        style=Markup(style),  # noqa: S704 (our own file)
        policy=Markup(policy),  # noqa: S704 (our own words)
        **context,
    )


def _visible(value: object) -> object:
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return texts.shown(value)
