"""The forest plot: one line a slice, its difference and 95 % interval about zero, as inline SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from sightline.comparing.verdict import ends, points
from sightline.leaderboard.site import drawing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.comparing.records import Slice

_ROW = 40
_TOP = 8
_LEAST = 5.0
_STEPS = (1, 2, 5, 10, 20, 25, 50)


def forest(slices: Sequence[Slice], *, title: str) -> Markup:
    """Differences on one scale, zero in its middle: to the right A is better, to the left B.

    Args:
        slices: from top to bottom; one without an interval is a point alone.
        title: what the chart shows; its name for a screen reader.
    """
    span = scale(slices)
    bottom = _TOP + _ROW * len(slices)
    body = [drawing.line("chart-grid", place(tick, span), _TOP, bottom) for tick in ticks(span)]
    body.append(drawing.line("chart-zero", 50, _TOP, bottom))
    body += [_row(one, _TOP + _ROW * number, span) for number, one in enumerate(slices)]
    body += [
        drawing.text(f"{t:+g}" if t else "0", place(t, span), bottom + 16) for t in ticks(span)
    ]
    described = "; ".join(
        f"{one.title}: {points(one.difference)} {ends(one.low, one.high)}" for one in slices
    )
    chart = drawing.svg(body, bottom + 20, title=title, described=described)
    words = "points; right of zero A is better, left of it B; filled: differs after correction"
    figure = Markup('<figure class="chart">{}<figcaption>{}</figcaption></figure>')
    return figure.format(chart, words)


def scale(slices: Sequence[Slice]) -> float:
    """Half the width of the scale in points: all intervals fit into it."""
    far = [abs(end) for one in slices for end in (one.difference, one.low, one.high) if end]
    return min(100.0, max([_LEAST, *far]) * 1.05)


def ticks(span: float) -> list[int]:
    """Numbers under the scale, at most five, zero among them."""
    step = next((step for step in _STEPS if span / step < 3), _STEPS[-1])  # noqa: PLR2004 (2 each way)
    return [step * number for number in (-2, -1, 0, 1, 2) if abs(step * number) <= span]


def place(value: float, span: float) -> float:
    """Where a difference stands, percent of the width."""
    return 50 + 50 * value / span


def _row(one: Slice, top: int, span: float) -> Markup:
    middle = top + 28
    words = Markup(
        '<text class="chart-label" x="0" y="{}">{}</text>'
        '<text class="chart-number" x="100%" y="{}" text-anchor="end">{}</text>'
    ).format(top + 16, one.label, top + 16, points(one.difference))
    line = Markup()
    if one.low is not None and one.high is not None:
        line = drawing.interval(place(one.low, span), place(one.high, span), middle)
    dot = Markup('<circle class="{}" cx="{:.2f}%" cy="{}" r="5"/>').format(
        "chart-dot" if one.differs else "chart-open",
        drawing.within(place(one.difference, span)),
        middle,
    )
    return words + line + dot
