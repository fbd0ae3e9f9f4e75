"""What the page of a table shows, as plain records for its template."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sightline.leaderboard.site import addresses, charts, comparing, rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from markupsafe import Markup

    from sightline.leaderboard.board import Board, Setting
    from sightline.leaderboard.records import Entry
    from sightline.leaderboard.site.rows import Row


@dataclass(frozen=True)
class Scale:
    """Where a percentage stands in the small drawings of a table's intervals."""

    low: float
    """Percent at the left end."""
    high: float
    """Percent at the right end."""
    width: int = 96
    """Units of the drawing."""

    def x(self, value: float) -> str:
        """Its place from the left, kept inside the drawing."""
        share = (value - self.low) / (self.high - self.low)
        return f"{4 + (self.width - 8) * min(1.0, max(0.0, share)):.1f}"


@dataclass(frozen=True)
class SettingPage:
    """A table, and what stands around it."""

    board: Board
    """Of the benchmark."""
    setting: Setting
    """Which table."""
    references: tuple[Row, ...]
    """People and chance."""
    models: tuple[Row, ...]
    """In the order of the table."""
    scale: Scale
    """Of the intervals' drawings."""
    frames: Mapping[str, float] = field(default_factory=dict)
    """`comparing.key` of a run -> frames that its model was shown for a question, on average."""

    @property
    def href(self) -> str:
        """Where the page lies."""
        return addresses.table(self.board.benchmark, self.setting.name)

    def model_href(self, row: Row) -> str:
        """The page of a row's model, from this page's folder."""
        return f"models/{addresses.slug(row.entry)}.html"

    def frames_shown(self, row: Row) -> str:
        """``50 on average``; empty where it is not known."""
        found = self.frames.get(comparing.key(row.entry))
        return "" if found is None else f"{found:,.0f} on average"

    @property
    def has_chance(self) -> bool:
        """Whether cells can say how far they are above chance."""
        return any(row.entry.kind == "chance" for row in self.references)

    @property
    def first(self) -> tuple[Row, ...]:
        """The rows of rank 1."""
        return tuple(row for row in self.models if row.rank == 1)

    def count(self, kind: str) -> int:
        """How many models of a kind it shows."""
        return sum(row.entry.kind == kind for row in self.models)


def setting_page(board: Board, setting: Setting, entries: Sequence[Entry]) -> SettingPage:
    """The table of one setting from all entries of its benchmark."""
    models = rows.model_rows(board, setting, entries)
    references = rows.reference_rows(board, setting, entries)
    return SettingPage(board, setting, references, models, _scale([*models, *references]))


def _scale(shown: Sequence[Row]) -> Scale:
    ends = [
        end
        for row in shown
        if row.entry.kind != "people"
        for end in (row.entry.value, row.entry.low, row.entry.high)
        if end is not None
    ]
    if not ends:
        return Scale(0, 100)
    low = max(0, int(min(ends) // 5) * 5)
    high = min(100, int(-(-max(ends) // 5)) * 5)
    return Scale(low, high) if high > low else Scale(max(0, low - 5), high + 5)


def frames_chart(page: SettingPage) -> Markup | None:
    """Accuracy against frames; None unless two models were shown different numbers of them."""
    points = [
        charts.Point(
            row.entry.model,
            page.frames[comparing.key(row.entry)],
            row.entry.value,
            row.entry.low,
            row.entry.high,
        )
        for row in page.models
        if row.entry.kind == "run" and comparing.key(row.entry) in page.frames
    ]
    return charts.frames(points) if len({one.frames for one in points}) > 1 else None
