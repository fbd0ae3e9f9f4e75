"""A comparison for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.comparing.records import FEWEST_QUESTIONS, FEWEST_VIDEOS
from sightline.comparing.verdict import ends, method, p_text, points, verdict
from sightline.tables import Column, Note, Table

if TYPE_CHECKING:
    from sightline.comparing.records import Comparison, Slice
    from sightline.leaderboard.board import Headline

_COLUMNS = (
    Column("", text=True),
    Column("n", drop=3),
    Column("A %"),
    Column("B %"),
    Column("A - B"),
    Column("95 % interval"),
    Column("p", drop=5),
    Column("p Holm", drop=2),
    Column("A only", drop=4),
    Column("B only", drop=4),
)

_WHY = (
    f"no flips: no question is right in one run only; n < {FEWEST_QUESTIONS}: too few questions to "
    f"test; few videos: fewer than {FEWEST_VIDEOS}, too few for an interval."
)


def comparison_blocks(comparison: Comparison, *, flips: int = 0) -> list[Table | Note]:
    """Verdict, headline and slices, notes, and the first of the answers that changed.

    Args:
        comparison: of two runs.
        flips: how many questions to list that only one run has right.
    """
    blocks: list[Table | Note] = [Note(note, warning=True) for note in comparison.notes]
    blocks += [_sides(comparison), _slices(comparison)]
    if any(one.note for one in comparison.slices):
        blocks.append(Note(_WHY))
    blocks.append(Note(method(comparison)))
    blocks += [Note(line) for line in verdict(comparison)]
    if flips:
        blocks.append(_flips(comparison, flips))
    return blocks


def _sides(comparison: Comparison) -> Table:
    columns = (
        Column("", text=True),
        Column("run", text=True),
        Column("%"),
        Column("95 % interval", drop=1),
        Column("read from", text=True, drop=2),
    )
    settings = (comparison.settings * 2)[:2]
    rows = tuple(
        (letter, f"{name} ({setting})", f"{found.value:.1f}", _own_ends(found), source)
        for letter, name, setting, found, source in zip(
            "AB",
            comparison.names,
            settings,
            comparison.accuracies,
            comparison.sources,
            strict=True,
        )
    )
    return Table(f"{comparison.benchmark}: two runs on the same questions", columns, rows)


def _own_ends(found: Headline) -> str:
    return "-" if found.low is None or found.high is None else f"{found.low:.1f}-{found.high:.1f}"


def _slices(comparison: Comparison) -> Table:
    rows: list[tuple[str, ...] | None] = [_row(comparison.headline, "all questions")]
    strong = {0} if comparison.headline.differs else set()
    axis = ""
    for one in comparison.slices:
        if one.axis != axis:
            heading = one.title.partition(":")[0]
            rows += [None, (heading, *[""] * (len(_COLUMNS) - 1))]
            axis = one.axis
        if one.differs:
            strong.add(len(rows))
        rows.append(_row(one, f"  {one.label}"))
    title = "Paired differences, in points; > marks those that differ after correction"
    return Table(title, _COLUMNS, tuple(rows), frozenset(strong))


def _row(one: Slice, name: str) -> tuple[str, ...]:
    return (
        name,
        f"{one.questions:,}",
        f"{one.first:.1f}",
        f"{one.second:.1f}",
        points(one.difference),
        _interval(one),
        p_text(one.p_value),
        p_text(one.p_holm),
        str(one.only_first),
        str(one.only_second),
    )


def _interval(one: Slice) -> str:
    """The interval, or in two words why there is none."""
    if one.low is not None:
        return ends(one.low, one.high)
    if one.p_value is not None:
        return "few videos"
    return "no flips" if one.questions >= FEWEST_QUESTIONS else f"n < {FEWEST_QUESTIONS}"


def _flips(comparison: Comparison, number: int) -> Table:
    columns = (
        Column("question", text=True),
        Column("slice", text=True, drop=1),
        Column("key"),
        Column("A"),
        Column("B"),
        Column("right"),
    )
    rows = tuple(
        (one.question_id, one.member, one.answer, one.first, one.second, one.right)
        for one in comparison.flips[:number]
    )
    total = len(comparison.flips)
    shown = f"the first {len(rows)} of {total}" if len(rows) < total else f"all {total}"
    return Table(f"Questions that only one run has right: {shown}", columns, rows)
