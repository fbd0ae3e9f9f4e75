"""The page of one run, in short, for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.comparing.pages import report_rows
from sightline.reports import number
from sightline.tables import Column, Note, Table

if TYPE_CHECKING:
    from sightline.comparing.report_facts import RunReport
    from sightline.leaderboard.board import Board
    from sightline.leaderboard.site.charts import ChartRow

_COLUMNS = (
    Column("", text=True),
    Column("%"),
    Column("95 % interval"),
    Column("people", drop=1),
    Column("chance", drop=2),
)


def report_blocks(report: RunReport, board: Board) -> list[Table | Note]:
    """Headline and first axis beside people and chance; what `sightline score` does not say."""
    groups = [*report_rows(report, board, short=True).values()]
    rows: list[tuple[str, ...] | None] = [_row(row) for row in groups[0]]
    if len(groups) > 1:
        rows += [None, *(_row(row) for row in groups[1])]
    title = f"{report.benchmark}, {report.setting}: {report.name}, percent"
    blocks: list[Table | Note] = [Note(note, warning=True) for note in report.notes]
    blocks.append(Table(title, _COLUMNS, tuple(rows), frozenset({0})))
    blocks += [_letters(report), *_parts(report)]
    blocks.append(Note(_failures(report)))
    faulty = sum(bool(row.faults) for row in report.published)
    blocks.append(
        Note(
            f"{len(report.published)} printed rows of this setting, {faulty} of them with faults: "
            "see the page of --html. `sightline score` prints the whole table of scores."
        )
    )
    return blocks


def _row(row: ChartRow) -> tuple[str, ...]:
    known = row.low is not None and row.high is not None
    interval = f"{row.low:.1f}-{row.high:.1f}" if known else number(None)
    return row.label, number(row.value), interval, number(row.people), number(row.chance)


def _letters(report: RunReport) -> Table:
    columns = (Column("letter", text=True), Column("key"), Column("chosen"), Column("right"))
    rows = tuple((x.letter, str(x.keys), str(x.chosen), str(x.right)) for x in report.letters)
    return Table("Letters: how often the key, how often chosen, how often rightly", columns, rows)


def _parts(report: RunReport) -> list[Table | Note]:
    columns = (Column("", text=True), Column("n"), Column("%"), Column("95 % interval"))
    return [
        Table(
            f"Accuracy by {name}",
            columns,
            tuple(
                (p.label, f"{p.questions:,}", number(p.accuracy), f"{p.low:.1f}-{p.high:.1f}")
                for p in parts
            ),
        )
        for name, parts in report.parts.items()
    ]


def _failures(report: RunReport) -> str:
    told = ", ".join(f"{many:,} {outcome}" for outcome, many in report.counts.items() if many)
    share = report.disagreement["share"]
    differ = "" if share is None else f" The parsers differ on {share:.1f} % of the responses."
    return f"Outcomes of {report.questions:,} questions: {told}.{differ}"
