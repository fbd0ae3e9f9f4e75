"""A bar chart of counts, on its own white ground: readable on light and dark pages."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from PIL import Image

from sightline.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WIDTH_INCHES, DOTS_PER_INCH = 10.0, 100
"""1,000 pixels."""

_ROW_INCHES, _AROUND_INCHES = 0.34, 1.15
_BAR, _PUBLISHED, _INK = "#2b6cb0", "#cbd5e0", "#1a202c"
_LONGEST = 64
_COLOURS = 64


def count_chart(rows: Sequence[Mapping[str, Any]], title: str, beside: str) -> bytes:
    """One horizontal bar a row, with the published count behind it where it is another one.

    Args:
        rows: ``name``, ``count`` and ``published`` (None where not known) of each; ``title``
            stands beside the name where there is one.
        title: what the chart is of.
        beside: what the published counts are called.

    Returns:
        A PNG.

    Raises:
        UsageError: matplotlib is not installed.
    """
    try:
        import matplotlib as mpl  # noqa: PLC0415 (an extra: only publishing draws)
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 (an extra)
        from matplotlib.figure import Figure  # noqa: PLC0415 (an extra)
    except ImportError as error:
        raise UsageError(
            "the pictures of a card need the package matplotlib",
            next_step="pip install '.[publish]' in the clone",
        ) from error
    size = (WIDTH_INCHES, _AROUND_INCHES + _ROW_INCHES * max(len(rows), 1))
    # A user's own matplotlibrc must not change what is published.
    with mpl.rc_context(mpl.rcParamsDefault):
        figure = Figure(figsize=size, dpi=DOTS_PER_INCH, facecolor="white", layout="constrained")
        canvas: Any = FigureCanvasAgg(figure)
        _draw(figure.add_subplot(), rows, title, beside)
        file = io.BytesIO()
        canvas.print_png(file, metadata={"Software": None})
    return _small(file)


def _small(file: io.BytesIO) -> bytes:
    """The same picture in few colours: a card is read more often than its picture looked at."""
    picture = Image.open(file).convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
    small = io.BytesIO()
    picture.save(small, "PNG", optimize=True)
    return small.getvalue()


def _draw(axes: Any, rows: Sequence[Mapping[str, Any]], title: str, beside: str) -> None:
    places = range(len(rows))
    counts = [row["count"] for row in rows]
    published = [row["published"] or 0 for row in rows]
    differ = any(p and p != count for p, count in zip(published, counts, strict=True))
    if differ:
        axes.barh(places, published, height=0.74, color=_PUBLISHED, label=beside)
    axes.barh(places, counts, height=0.44 if differ else 0.74, color=_BAR, label="here")
    for place, row in enumerate(rows):
        end = max(row["count"], row["published"] or 0 if differ else 0)
        _text(axes, end, place, _numbers(row) if differ else f"{row['count']:,}")
    axes.set_yticks(places, [_label(row) for row in rows], fontsize=10, color=_INK)
    for label in axes.get_yticklabels():
        label.set_parse_math(False)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set_xticks([])
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    axes.set_title(_shown(title), loc="left", fontsize=13, color=_INK, parse_math=False)
    if differ:
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False, fontsize=10)


def _text(axes: Any, x: float, y: float, text: str) -> None:
    axes.annotate(
        text,
        (x, y),
        xytext=(5, 0),
        textcoords="offset points",
        va="center",
        fontsize=10,
        color=_INK,
        parse_math=False,
    )


def _numbers(row: Mapping[str, Any]) -> str:
    here, published = row["count"], row["published"]
    return f"{here:,}" if published in (None, here) else f"{here:,} ({published:,})"


def _label(row: Mapping[str, Any]) -> str:
    return _shown(row.get("title") or row["name"])


def _shown(value: object) -> str:
    """One line that the font can write: names come out of releases."""
    line = " ".join(str(value).split()).encode("latin-1", "replace").decode("latin-1")
    text = "".join(mark if mark.isprintable() else "?" for mark in line)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
