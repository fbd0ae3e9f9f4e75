"""Ranks that tie where the intervals say so.

The rank of a row is 1 + the number of rows whose 95 % interval lies wholly above its own. So all
rows that could be the best are first; ties are not transitive, and two rows of one rank may differ.

A row that was printed has no interval. It is ranked by the narrowest one that its number can have:
that of its value and its number of questions, as if all questions were independent; where the
number of questions is not known either, by the value alone. Such an interval decides ranks and is
shown nowhere.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.intervals import Interval, wilson

if TYPE_CHECKING:
    from collections.abc import Sequence

RULE = (
    "The rank of a row is 1 + the number of rows whose 95 % interval lies wholly above its own: "
    "rows tie while their intervals overlap. A printed row has no interval; it is ranked by the "
    "narrowest one that it can have, from its number and its questions. A row that was scored on "
    "fewer questions than others, or nobody knows on how many, has no rank."
)
"""The rule, for readers."""


@dataclass(frozen=True)
class Standing:
    """What decides the rank of a row."""

    value: float
    """Headline, percent."""
    low: float | None = None
    """Lower end of its 95 % interval, percent; None where there is none."""
    high: float | None = None
    """Upper end."""
    questions: int | None = None
    """Questions it was scored on; None where not known."""


def reach(standing: Standing) -> Interval:
    """The interval that a row is ranked by, in percent: its own, or the narrowest it can have."""
    if standing.low is not None and standing.high is not None:
        return Interval(standing.low, standing.high)
    if standing.questions:
        share = min(1.0, max(0.0, standing.value / 100))
        low, high = wilson(share, standing.questions)
        return Interval(100 * low, 100 * high)
    return Interval(standing.value, standing.value)


def ranks(standings: Sequence[Standing]) -> list[int]:
    """The rank of each row, from 1, in the order of the rows."""
    reaches = [reach(one) for one in standings]
    lows = sorted(one.low for one in reaches)
    return [1 + len(lows) - bisect_right(lows, one.high) for one in reaches]
