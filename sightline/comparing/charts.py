"""The same charts as a PNG, for a paper or a chat: on their own white ground."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from sightline.comparing import verdict
from sightline.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sightline.comparing.records import Comparison, Slice
    from sightline.comparing.report_facts import RunReport
    from sightline.leaderboard.site.charts import ChartRow

WIDTH_INCHES, DOTS_PER_INCH = 10.0, 150
"""1,500 pixels."""

_ROW_INCHES, _AROUND_INCHES = 0.3, 1.8
_INK, _BAR, _GREY, _PEOPLE, _CHANCE = "#1a202c", "#2b6cb0", "#718096", "#276749", "#c05621"
_LONGEST = 60
_LONGEST_TITLE = 100


def comparison_png(comparison: Comparison) -> bytes:
    """The forest plot of all slices; filled points differ after the correction.

    Raises:
        UsageError: matplotlib is not installed.
    """
    rows = [comparison.headline, *comparison.slices]
    return _png(len(rows), lambda axes: _draw_forest(axes, comparison, rows))


def report_png(report: RunReport, rows: Sequence[ChartRow]) -> bytes:
    """Accuracy of every slice with its interval, beside chance and people.

    Args:
        report: of the run.
        rows: one a bar, as the page shows them.

    Raises:
        UsageError: matplotlib is not installed.
    """
    return _png(len(rows), lambda axes: _draw_bars(axes, report, rows))


def _png(rows: int, draw: Callable[[Any], None]) -> bytes:
    try:
        import matplotlib as mpl  # noqa: PLC0415 (an extra: only --png draws with it)
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 (an extra)
        from matplotlib.figure import Figure  # noqa: PLC0415 (an extra)
    except ImportError as error:
        raise UsageError(
            "--png needs the package matplotlib",
            next_step="pip install '.[publish]' in the clone, or use --html, which needs no more",
        ) from error
    size = (WIDTH_INCHES, _AROUND_INCHES + _ROW_INCHES * max(rows, 1))
    # A user's own matplotlibrc must not change the picture.
    with mpl.rc_context(mpl.rcParamsDefault):
        figure = Figure(figsize=size, dpi=DOTS_PER_INCH, facecolor="white", layout="constrained")
        canvas: Any = FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        draw(axes)
        axes.invert_yaxis()
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(axis="y", length=0)
        for label in axes.get_yticklabels():
            label.set_parse_math(False)
        file = io.BytesIO()
        canvas.print_png(file, metadata={"Software": None})
    return file.getvalue()


def _draw_forest(axes: Any, comparison: Comparison, rows: Sequence[Slice]) -> None:
    axes.axvline(0, color=_GREY, linewidth=1)
    for row, one in enumerate(rows):
        if one.low is not None and one.high is not None:
            axes.plot([one.low, one.high], [row, row], color=_INK, linewidth=1.4)
        face = _BAR if one.differs else "white"
        axes.plot(one.difference, row, "o", markerfacecolor=face, markeredgecolor=_BAR)
    labels = [f"{shown(one.short, 40)}  n={one.questions:,}" for one in rows]
    axes.set_yticks(range(len(rows)), labels, fontsize=9, color=_INK)
    axes.set_xlabel("difference in points with 95 % interval; filled: differs after correction")
    one = comparison.headline
    sure = verdict.ends(one.low, one.high)
    _titles(
        axes,
        f"{comparison.benchmark}: A - B, right of 0 A is better",
        f"A: {comparison.names[0]}",
        f"B: {comparison.names[1]}",
        f"all: {verdict.points(one.difference)} points {sure}, p {verdict.p_text(one.p_value)}",
    )


def _draw_bars(axes: Any, report: RunReport, rows: Sequence[ChartRow]) -> None:
    for place, row in enumerate(rows):
        if row.value is None:
            continue
        axes.barh(place, row.value, height=0.6, color=_BAR)
        if row.low is not None and row.high is not None:
            axes.plot([row.low, row.high], [place, place], color=_INK, linewidth=1.4)
    for name, marker, colour in (("people", "D", _PEOPLE), ("chance", "|", _CHANCE)):
        known = [(v, p) for p, row in enumerate(rows) if (v := getattr(row, name)) is not None]
        if known:
            axes.plot(*zip(*known, strict=True), marker, color=colour, label=name)
            axes.legend(loc="lower right", frameon=False)
    axes.set_yticks(range(len(rows)), [shown(row.label) for row in rows], fontsize=9, color=_INK)
    axes.set_xlim(0, 100)
    axes.set_xlabel("accuracy in percent with 95 % interval")
    _titles(axes, f"{report.benchmark}, {report.setting}", report.name)


def _titles(axes: Any, *lines: str) -> None:
    """Lines above the plot, from the left edge of the picture."""
    text = "\n".join(shown(line, _LONGEST_TITLE) for line in lines)
    place = {"x": 0.01, "ha": "left", "fontsize": 11, "color": _INK, "parse_math": False}
    axes.figure.suptitle(text, **place)


def shown(text: str, longest: int = _LONGEST) -> str:
    """One line that the font can write."""
    line = " ".join(text.split()).encode("latin-1", "replace").decode("latin-1")
    plain = "".join(mark if mark.isprintable() else "?" for mark in line)
    return plain if len(plain) <= longest else f"{plain[: longest - 3]}..."
