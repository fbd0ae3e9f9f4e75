"""Several tasks in one number: unweighted means, with an interval that knows the videos.

The paper's overall number is the unweighted mean of the ten tasks, whatever their sizes, and its
families are means of their tasks. A video carries questions of many tasks, so the tasks are not
independent of each other either.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.intervals import Interval, wilson

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Stratum:
    """The requests of one task."""

    hits: Mapping[str, Sequence[bool]]
    """Video -> right or not, of each request on it."""
    unlisted: int = 0
    """Requests of the split that are not listed: not right, each on a video of its own."""

    @property
    def size(self) -> int:
        """The denominator."""
        return sum(map(len, self.hits.values())) + self.unlisted

    @property
    def share(self) -> float:
        """Right answers by requests, in [0, 1]; the stratum must not be empty."""
        return sum(map(sum, self.hits.values())) / self.size


@dataclass(frozen=True)
class Mean:
    """A weighted mean of shares."""

    share: float
    """In [0, 1]; nan without any stratum."""
    interval: Interval
    """95 %, clustered by video."""


def unweighted_mean(strata: Sequence[Stratum]) -> Mean:
    """Every task counts alike, as in the paper's overall number. Empty strata do not count."""
    filled = [stratum for stratum in strata if stratum.size]
    return weighted_mean([(1 / len(filled), stratum) for stratum in filled])


def mean_of_means(groups: Sequence[Sequence[Stratum]]) -> Mean:
    """Every family counts alike, and in it every task. What is empty does not count."""
    filled = [[stratum for stratum in group if stratum.size] for group in groups]
    filled = [group for group in filled if group]
    return weighted_mean(
        [(1 / len(filled) / len(group), stratum) for group in filled for stratum in group]
    )


def weighted_mean(parts: Sequence[tuple[float, Stratum]]) -> Mean:
    """The mean of shares with the given weights, which sum to 1, and its 95 % interval.

    The mean ``m = sum_k w_k p_k`` is linear in the outcomes, so its cluster-robust variance needs
    no simulation: ``V = G/(G-1) * sum_g (sum_{i in g} w_k/n_k (x_i - p_k))^2`` over the G videos,
    where k is the task of request i (the delta method; with one stratum it is the variance in
    sightline.intervals.effective_size). The interval is Wilson's at the size of a plain sample
    with that variance, ``m(1-m)/V``, at most the number of requests. Where nothing varies, or there
    is one video, the videos are counted instead.

    Args:
        parts: (weight, stratum); no stratum is empty.
    """
    if not parts:
        return Mean(math.nan, Interval(0.0, 1.0))
    mean = math.fsum(weight * stratum.share for weight, stratum in parts)
    sums: defaultdict[str, float] = defaultdict(float)
    squares = groups = 0.0
    for weight, stratum in parts:
        scale, share = weight / stratum.size, stratum.share
        for video, hits in stratum.hits.items():
            sums[video] += scale * (sum(hits) - share * len(hits))
        squares += stratum.unlisted * (scale * share) ** 2
        groups += stratum.unlisted
    groups += len(sums)
    squares += math.fsum(value**2 for value in sums.values())
    varies = groups > 1 and 0 < mean < 1 and squares > 0
    most = sum(stratum.size for _, stratum in parts)
    size = mean * (1 - mean) * (groups - 1) / groups / squares if varies else groups
    return Mean(mean, wilson(min(max(mean, 0.0), 1.0), min(size, most)))
