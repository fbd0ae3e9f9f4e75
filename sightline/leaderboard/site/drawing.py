"""The strokes that charts are made of: SVG with escaped text, and no style or script."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def finite(value: float | None) -> float | None:
    """The number itself, or None for what is none."""
    return value if value is not None and math.isfinite(value) else None


def within(value: float) -> float:
    """The value, held on a scale of 0 to 100."""
    return min(100.0, max(0.0, value))


def svg(parts: Iterable[Markup], height: int, *, title: str, described: str) -> Markup:
    """The drawing; its first children are its name and description for a screen reader."""
    return Markup(
        '<svg class="chart-drawing" role="img" width="100%" height="{}">'
        "<title>{}</title><desc>{}</desc>{}</svg>"
    ).format(height, title, described, Markup().join(parts))


def line(kind: str, share: float, top: float, bottom: float) -> Markup:
    """A vertical line at a share of the width."""
    stroke = Markup('<line class="{}" x1="{:.2f}%" x2="{:.2f}%" y1="{}" y2="{}"/>')
    return stroke.format(kind, share, share, top, bottom)


def text(words: str, share: float, base: float) -> Markup:
    """Words below a place of the scale; at its ends they stay inside the drawing."""
    edge = 8
    anchor = "start" if share < edge else "end" if share > 100 - edge else "middle"
    written = Markup('<text class="chart-scale" x="{:.2f}%" y="{}" text-anchor="{}">{}</text>')
    return written.format(share, base, anchor, words)


def mark(kind: str, share: float, top: float, path: str) -> Markup:
    """A small drawing whose origin stands at a share of the width."""
    drawn = Markup('<svg x="{:.2f}%" y="{}" overflow="visible"><path class="{}" d="{}"/></svg>')
    return drawn.format(share, top, kind, path)


def interval(low: float | None, high: float | None, middle: float) -> Markup:
    """A 95 % interval as a line with ends; nothing where one end is not known."""
    start, end = finite(low), finite(high)
    if start is None or end is None:
        return Markup()
    stroke = Markup('<line class="chart-interval" x1="{:.2f}%" x2="{:.2f}%" y1="{}" y2="{}"/>')
    whole = stroke.format(within(start), within(end), middle, middle)
    ends = (line("chart-interval", within(at), middle - 4, middle + 4) for at in (start, end))
    return whole + Markup().join(ends)


def percent(value: float | None) -> str:
    """A share in words."""
    known = finite(value)
    return "no number" if known is None else f"{known:.1f} %"


def ends(low: float | None, high: float | None) -> str:
    """An interval in words; empty without one."""
    start, end = finite(low), finite(high)
    return "" if start is None or end is None else f"{start:.1f} to {end:.1f}"


def table(head: Sequence[str], lines: Iterable[Sequence[str]], title: str) -> Markup:
    """Numbers behind a chart, opened on demand."""
    cells = Markup().join(Markup('<th scope="col">{}</th>').format(word) for word in head)
    row = Markup("<tr>{}</tr>")
    body = Markup().join(
        row.format(Markup().join(Markup("<td>{}</td>").format(cell) for cell in line))
        for line in lines
    )
    return Markup(
        '<details class="chart-table"><summary>Numbers: {}</summary>'
        '<div class="part-scroll" role="region" aria-label="{}" tabindex="0">'
        '<table class="part-table"><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>'
        "</details>"
    ).format(title, title, cells, body)
