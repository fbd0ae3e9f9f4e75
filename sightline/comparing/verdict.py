"""What a comparison comes to, in words; and how its numbers are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.accuracy import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sightline.comparing.records import Comparison, Slice

_SMALL = 0.001


def verdict(comparison: Comparison) -> list[str]:
    """Who is better by how much, and in how many members of each axis, one sentence each."""
    return [_headline(comparison), *_axes(comparison)]


def method(comparison: Comparison) -> str:
    """How intervals and tests were made, for those who must trust them."""
    over = comparison.mean_over
    drawn = (
        f"the unweighted mean over {over.lower()}s, computed anew in every draw; a video is drawn "
        f"with its questions of every {over.lower()}"
        if over
        else "right answers by questions"
    )
    return (
        f"Headline: {comparison.metric} ({drawn}). Intervals: 95 %, percentile bootstrap over "
        f"videos. p: two-sided, swapping the runs on whole videos by chance. {comparison.draws:,} "
        f"draws each, seed {comparison.seed}. Slices are corrected together (Holm, "
        f"{comparison.tests} tests); McNemar's p takes questions as independent."
    )


def points(value: float | None) -> str:
    """A difference with its sign: ``+4.1``."""
    return "-" if value is None else f"{value:+.1f}"


def ends(low: float | None, high: float | None) -> str:
    """An interval of differences: ``[+1.2, +7.0]``; a dash where there is none."""
    return "-" if low is None or high is None else f"[{low:+.1f}, {high:+.1f}]"


def p_text(value: float | None) -> str:
    """A p value: ``0.012``, ``<0.001``; a dash where there is none."""
    if value is None:
        return "-"
    return f"<{_SMALL}" if value < _SMALL else f"{value:.3f}"


def _headline(comparison: Comparison) -> str:
    one, (a, b) = comparison.headline, comparison.names
    shares = f"A ({a}) {one.first:.1f} %, B ({b}) {one.second:.1f} %"
    if one.p_value is None:
        return f"No test of {shares}: {one.note}."
    better = "A" if one.difference > 0 else "B"
    by = f"{better} is better by {abs(one.difference):.1f} points"
    sure = ", ".join(filter(None, [_ends_of_better(one), f"p {_compared(one.p_value)}"]))
    few = f" {one.note[0].upper()}{one.note[1:]}." if one.note else ""
    if one.differs:
        return f"{by} ({sure}): {shares}.{few}"
    return f"No difference is shown ({sure}): {shares}, A - B = {points(one.difference)}.{few}"


def _ends_of_better(one: Slice) -> str:
    """The interval of how much the better one is better."""
    if one.low is None or one.high is None:
        return ""
    low, high = (
        (one.low, one.high) if one.difference > 0 or not one.differs else (-one.high, -one.low)
    )
    return f"95 % interval {low:+.1f} to {high:+.1f}"


def _compared(p_value: float) -> str:
    return f"< {_SMALL}" if p_value < _SMALL else f"= {p_value:.3f}"


def _axes(comparison: Comparison) -> Iterator[str]:
    axes = dict.fromkeys(one.axis for one in comparison.slices)
    for axis in axes:
        own = [one for one in comparison.slices if one.axis == axis]
        title = own[0].title.partition(":")[0]
        tested = [one for one in own if one.p_value is not None]
        found = [one for one in own if one.differs]
        named = listed(f"{one.member} ({points(one.difference)})" for one in found)
        few = f"; {len(own) - len(tested)} could not be tested" if len(tested) < len(own) else ""
        where = f": {named}" if found else ""
        yield f"{title}: {len(found)} of {len(own)} differ after correction{where}{few}."
