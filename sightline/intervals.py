"""Intervals and exact tests for shares of clustered yes-or-no outcomes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

Z_95 = 1.959963984540054
"""Two-sided 95 % point of the standard normal distribution."""


class Interval(NamedTuple):
    """A 95 % interval of a share."""

    low: float
    """Lower end, in [0, 1]."""
    high: float
    """Upper end, in [0, 1]."""


def wilson(share: float, size: float) -> Interval:
    """The 95 % score interval of a proportion (Wilson 1927).

    Centre ``(p + z^2/2n) / (1 + z^2/n)``, half width
    ``z / (1 + z^2/n) * sqrt(p(1-p)/n + z^2/4n^2)``.

    Args:
        share: the proportion p, in [0, 1].
        size: the number of trials n, not necessarily whole; 0 gives [0, 1].
    """
    if size <= 0:
        return Interval(0.0, 1.0)
    square = Z_95**2 / size
    centre = (share + square / 2) / (1 + square)
    half = Z_95 / (1 + square) * math.sqrt(share * (1 - share) / size + square / (4 * size))
    return Interval(max(0.0, centre - half), min(1.0, centre + half))


def effective_size(clusters: Sequence[Sequence[bool]]) -> float:
    """How many independent questions clustered ones are worth (Kish's design effect).

    ``n / deff``, ``deff = max(1, V_clustered / V_independent)`` with
    ``V_clustered = G/(G-1) * sum_g (sum_i (x_i - p))^2 / n^2`` (cluster-robust variance of a mean;
    Cameron and Miller 2015, Miller 2024 arXiv 2411.00640) and ``V_independent = p(1-p)/(n-1)``.
    Used inside the Wilson interval as Korn and Graubard (1998) propose. With one question a
    cluster it is n. Where nothing varies, or there is one cluster, the clusters themselves are
    counted: dependence cannot be measured there, so none of it is denied.
    """
    size, groups = sum(map(len, clusters)), len(clusters)
    right = sum(map(sum, clusters))
    if groups <= 1 or right in {0, size}:
        return float(groups)
    share = right / size
    squares = math.fsum((sum(cluster) - share * len(cluster)) ** 2 for cluster in clusters)
    clustered = groups / (groups - 1) * squares / size**2
    independent = share * (1 - share) / (size - 1)
    return size / max(1.0, clustered / independent)


def clustered_error(groups: Sequence[Sequence[float]]) -> float:
    """Cluster-robust standard error of a mean; nan with a single cluster.

    ``sqrt(G/(G-1) * sum_g (sum_i (x_i - mean))^2) / n``, as in :func:`effective_size`.
    """
    size = sum(map(len, groups))
    if len(groups) <= 1:
        return math.nan
    mean = sum(map(sum, groups)) / size
    squares = math.fsum((sum(group) - mean * len(group)) ** 2 for group in groups)
    return math.sqrt(len(groups) / (len(groups) - 1) * squares) / size


def sign_test(ups: int, downs: int) -> float:
    """Exact two-sided p value of `ups` against `downs` when both are equally likely.

    ``min(1, 2 * P(X <= min(ups, downs)))`` with X binomial of ups + downs trials at 1/2; on
    discordant pairs this is the exact McNemar test (1947).
    """
    trials = ups + downs
    tail: int = sum(math.comb(trials, k) for k in range(min(ups, downs) + 1))
    return min(1.0, tail / 2 ** (trials - 1)) if trials else 1.0
