"""Charts as inline SVG: no script, no style attribute, text by the page's own size and colour.

Positions along the scale are percent of the drawing's width and heights are pixels, so a chart
fills a phone and a desktop alike and its words are never scaled. Classes get their colours in
``assets/parts.css``.

There is no radar: with thirteen types its order is arbitrary, its area means nothing, and neither
intervals nor people and chance can be read off it. Bars on one scale show all of these.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from sightline.leaderboard.site import drawing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_ROW = 46
_BAR = 14
_PLOT = 300
_MARGIN = 20
_GRID = (0, 25, 50, 75, 100)
_SPREAD = 16
_LANES = 7
_INSET = 12
_DOUBLINGS = 256
_MOST_FRAMES = 1e9


@dataclass(frozen=True)
class ChartRow:
    """One bar, everything in percent."""

    label: str
    """What it is of."""
    value: float | None
    """Its length; None is shown as no number."""
    low: float | None = None
    """Lower end of the 95 % interval."""
    high: float | None = None
    """Upper end."""
    people: float | None = None
    """What people reach."""
    chance: float | None = None
    """What guessing reaches."""


@dataclass(frozen=True)
class Point:
    """One model of the chart of accuracy against frames."""

    label: str
    """The model."""
    frames: float
    """Frames that it was shown; a point below 1 or above 10^9 has no place in the chart."""
    value: float
    """Accuracy, percent."""
    low: float | None = None
    """Lower end of the 95 % interval."""
    high: float | None = None
    """Upper end."""


def bars(rows: Sequence[ChartRow], *, title: str, table: bool = False) -> Markup:
    """One bar a row on a scale of 0 to 100 %, with its interval and marks of people and chance.

    Args:
        rows: from top to bottom.
        title: what the chart shows; its name for a screen reader.
        table: whether the numbers follow as a table, for a page that has them nowhere else.
    """
    top = 8
    body = [_grid(top, top + _ROW * len(rows), _GRID)]
    body += [_bar(row, top + _ROW * number) for number, row in enumerate(rows)]
    height = top + _ROW * len(rows) + 20
    body.append(_scale(height - 4, _GRID))
    described = "; ".join(f"{row.label}: {drawing.percent(row.value)}" for row in rows)
    chart = drawing.svg(body, height, title=title, described=described)
    return _figure(title, chart, _legend(rows), _numbers(rows, title) if table else Markup())


def gaps(rows: Sequence[ChartRow], *, title: str) -> Markup:
    """How far each row is below people, in points; rows without either number are left out.

    The line in the chart is people: a bar to its left is below them, one to its right above.
    """
    known = [(row.label, _below(row)) for row in rows if _both(row)]
    if not known:
        return Markup('<p class="chart-none">{}: no row has a number of people.</p>').format(title)
    lowest, highest = min(0.0, *(gap for _, gap in known)), max(0.0, *(gap for _, gap in known))
    span = max(highest - lowest, 1.0)
    zero = -lowest / span * 100
    body = [_gap(label, gap, zero, span, 8 + _ROW * i) for i, (label, gap) in enumerate(known)]
    height = 8 + _ROW * len(known) + 20
    body.insert(0, drawing.line("chart-people-line", zero, 8, height - 20))
    body.append(drawing.text("people", zero, height - 4))
    described = "; ".join(f"{label}: {_points(gap)}" for label, gap in known)
    chart = drawing.svg(body, height, title=title, described=described)
    return _figure(title, chart)


def frames(points: Sequence[Point], *, title: str = "Accuracy against frames") -> Markup:
    """Every model's accuracy over the frames that it was shown, and the numbers as a table.

    The scale of frames is logarithmic. Points carry numbers, which the table explains: names of
    many models would cover each other.
    """
    shown = sorted(_plotted(points), key=lambda point: (point.frames, -point.value, point.label))
    if not shown:
        return Markup('<p class="chart-none">{}: no model says its frames.</p>').format(title)
    body = [_level(share) for share in _GRID]
    ticks = _ticks(shown)
    body += [drawing.text(f"{tick:,.0f}", _across(tick, ticks), _PLOT + 46) for tick in ticks]
    body.append(drawing.text("frames (logarithmic)", 50, _PLOT + 64))
    body += [_dot(*placed, ticks) for placed in _spread(shown)]
    described = "; ".join(f"{one.label}: {one.frames:g} frames, {one.value:.1f} %" for one in shown)
    chart = drawing.svg(body, _PLOT + 72, title=title, described=described)
    return _figure(title, chart, _frames_table(shown, title))


def _below(row: ChartRow) -> float:
    """Points between a row and people; negative below them."""
    return drawing.within(row.value or 0.0) - drawing.within(row.people or 0.0)


def _figure(title: str, *parts: Markup) -> Markup:
    figure = Markup('<figure class="chart"><figcaption>{}</figcaption>{}</figure>')
    return figure.format(title, Markup().join(parts))


def _both(row: ChartRow) -> bool:
    return drawing.finite(row.value) is not None and drawing.finite(row.people) is not None


def _points(gap: float) -> str:
    return f"{gap:+.1f} points".replace("-", "\N{MINUS SIGN}")


def _grid(top: int, bottom: int, shares: Iterable[int]) -> Markup:
    return Markup().join(drawing.line("chart-grid", share, top, bottom) for share in shares)


def _scale(base: int, shares: Iterable[int]) -> Markup:
    return Markup().join(drawing.text(f"{share} %", share, base) for share in shares)


def _bar(row: ChartRow, top: int) -> Markup:
    """Label and number above, the bar with its interval and marks below."""
    value, bar_top = drawing.finite(row.value), top + 22
    parts = [_head(row.label, drawing.percent(value), top)]
    if value is not None:
        rect = Markup('<rect class="chart-bar" x="0" y="{}" width="{:.2f}%" height="{}"/>')
        parts.append(rect.format(bar_top, drawing.within(value), _BAR))
    parts.append(drawing.interval(row.low, row.high, bar_top + _BAR // 2))
    for share, kind, path in (
        (row.chance, "chart-chance", f"M0 -3V{_BAR + 3}"),
        (row.people, "chart-people", f"M0 0l6 {_BAR // 2}l-6 {_BAR // 2}l-6 -{_BAR // 2}z"),
    ):
        if (known := drawing.finite(share)) is not None:
            parts.append(drawing.mark(kind, drawing.within(known), bar_top, path))
    return Markup().join(parts)


def _head(label: str, number: str, top: int) -> Markup:
    return Markup(
        '<text class="chart-label" x="0" y="{}">{}</text>'
        '<text class="chart-number" x="100%" y="{}" text-anchor="end">{}</text>'
    ).format(top + 16, label, top + 16, number)


def _legend(rows: Sequence[ChartRow]) -> Markup:
    """What the marks mean, as far as there are any."""
    signs = (
        ("chart-interval", "M0 8H20M0 4V12M20 4V12", "95 % interval", [row.low for row in rows]),
        ("chart-people", "M10 1l6 7l-6 7l-6 -7z", "people", [row.people for row in rows]),
        ("chart-chance", "M10 0V16", "chance", [row.chance for row in rows]),
    )
    item = Markup(
        '<li><svg width="20" height="16" aria-hidden="true"><path class="{}" d="{}"/></svg> {}</li>'
    )
    shown = [
        item.format(kind, path, words)
        for kind, path, words, numbers in signs
        if any(drawing.finite(one) is not None for one in numbers)
    ]
    if not shown:
        return Markup()
    return Markup('<ul class="chart-legend">{}</ul>').format(Markup().join(shown))


def _gap(label: str, gap: float, zero: float, span: float, top: int) -> Markup:
    width = abs(gap) / span * 100
    rect = Markup('<rect class="chart-bar" x="{:.2f}%" y="{}" width="{:.2f}%" height="{}"/>')
    start = zero - width if gap < 0 else zero
    return _head(label, _points(gap), top) + rect.format(start, top + 22, width, _BAR)


def _plotted(points: Iterable[Point]) -> list[Point]:
    """The points that have a place on the scales."""
    return [
        one
        for one in points
        if 1 <= one.frames <= _MOST_FRAMES and drawing.finite(one.value) is not None
    ]


def _ticks(points: Sequence[Point]) -> list[float]:
    """Powers of two or ten that enclose the frames of all points; at least two."""
    low, high = min(one.frames for one in points), max(one.frames for one in points)
    base = 2 if high / low <= _DOUBLINGS else 10
    first, last = math.floor(math.log(low, base)), math.ceil(math.log(high, base))
    return [float(base**power) for power in range(first, max(last, first + 1) + 1)]


def _across(frames: float, ticks: Sequence[float]) -> float:
    """Where frames stand on the logarithmic scale, percent of the width."""
    inside = math.log(frames / ticks[0]) / math.log(ticks[-1] / ticks[0])
    return _INSET + (100 - 2 * _INSET) * inside


def _down(value: float) -> float:
    """Where a percentage stands, pixels from the top."""
    return _MARGIN + _PLOT * (1 - drawing.within(value) / 100)


def _level(share: int) -> Markup:
    """A horizontal line of the grid and its number."""
    line = Markup(
        '<line class="chart-grid" x1="0" x2="100%" y1="{:.1f}" y2="{:.1f}"/>'
        '<text class="chart-scale" x="0" y="{:.1f}">{} %</text>'
    )
    return line.format(_down(share), _down(share), _down(share) - 2, share)


def _spread(points: Sequence[Point]) -> Iterable[tuple[int, Point, int]]:
    """Each point with its number and a shift in pixels, so that equal frames stay apart."""
    taken: Counter[float] = Counter()
    for number, point in enumerate(points, 1):
        step = taken[point.frames] % _LANES
        taken[point.frames] += 1
        yield number, point, (step + 1) // 2 * _SPREAD * (1 if step % 2 else -1)


def _dot(number: int, point: Point, shift: int, ticks: Sequence[float]) -> Markup:
    """A point, its interval and its number."""
    parts = [Markup("<title>{}: {:.1f} %</title>").format(point.label, point.value)]
    low, high, top = drawing.finite(point.low), drawing.finite(point.high), point.value
    if low is not None and high is not None:
        top = max(top, high)
        line = Markup('<path class="chart-interval" d="M{} {:.1f}V{:.1f}"/>')
        parts.append(line.format(shift, _down(low), _down(high)))
    dot = Markup(
        '<circle class="chart-dot" cx="{}" cy="{:.1f}" r="4"/>'
        '<text class="chart-point" x="{}" y="{:.1f}" text-anchor="middle">{}</text>'
    )
    parts.append(dot.format(shift, _down(point.value), shift, _down(top) - 6, number))
    placed = Markup('<svg x="{:.2f}%" overflow="visible">{}</svg>')
    return placed.format(_across(point.frames, ticks), Markup().join(parts))


def _numbers(rows: Sequence[ChartRow], title: str) -> Markup:
    """The numbers of bars as a table that opens on demand."""
    head = ("", "accuracy", "95 % interval", "people", "chance")
    lines = [
        (
            row.label,
            drawing.percent(row.value),
            drawing.ends(row.low, row.high),
            drawing.percent(row.people),
            drawing.percent(row.chance),
        )
        for row in rows
    ]
    return drawing.table(head, lines, title)


def _frames_table(points: Sequence[Point], title: str) -> Markup:
    head = ("number", "model", "frames", "accuracy", "95 % interval")
    lines = [
        (
            str(number),
            one.label,
            f"{one.frames:g}",
            drawing.percent(one.value),
            drawing.ends(one.low, one.high),
        )
        for number, one in enumerate(points, 1)
    ]
    return drawing.table(head, lines, title)
