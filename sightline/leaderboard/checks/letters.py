"""How far the predicted letters are from those of the key, as one number."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def chi_square(found: Mapping[str, int], expected: Mapping[str, float]) -> tuple[float, int]:
    """Pearson's statistic of counts against expected counts, and its degrees of freedom.

    Args:
        found: letter -> how often it was predicted.
        expected: letter -> how often it was to be expected; only letters above 0 count.
    """
    letters = [one for one, number in expected.items() if number > 0]
    terms = ((found.get(one, 0) - expected[one]) ** 2 / expected[one] for one in letters)
    return math.fsum(terms), len(letters) - 1


def tail(statistic: float, degrees: int) -> float:
    """How likely a chi-square of so many degrees of freedom is at least that large, in [0, 1].

    The closed sums for even and odd degrees (Abramowitz and Stegun 1964, 26.4.4 and 26.4.5).

    Raises:
        ValueError: there is no degree of freedom.
    """
    if degrees < 1:
        raise ValueError(f"degrees ({degrees}) must be >= 1")
    half = statistic / 2
    if degrees % 2 == 0:
        total, term = 0.0, 1.0
        for i in range(1, degrees // 2 + 1):
            total += term
            term *= half / i
        return min(1.0, math.exp(-half) * total)
    total, term = 0.0, math.sqrt(statistic)
    for i in range(1, (degrees - 1) // 2 + 1):
        total += term
        term *= statistic / (2 * i + 1)
    density = math.exp(-half) / math.sqrt(2 * math.pi)
    return min(1.0, math.erfc(math.sqrt(half)) + 2 * density * total)
