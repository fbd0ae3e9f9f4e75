"""Paired differences of two runs: intervals and tests that know the videos, for many slices.

A change is +1 where only the first run is right, -1 where only the second is, else 0. Questions on
one video are not independent, so whole videos are drawn again (interval) or have their signs
flipped (test). Numbers in, numbers out; the same seed gives the same numbers on every machine.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

DRAWS = 10_000
"""Times that videos are drawn, and that signs are flipped."""

SEED = 20_251_210
"""Of the generator: a comparison that is made again says the same."""

_CHUNK = 500
_NOISE = 1e-9


@dataclass(frozen=True)
class Quantity:
    """A mean of changes: over the questions of one stratum, or the unweighted mean of several."""

    strata: tuple[tuple[int, ...], ...]
    """Numbers of questions; the strata that are empty do not count. A slice is one stratum; a
    headline that is a mean of tasks has one for each task."""

    def of(self, values: Sequence[float]) -> float:
        """The mean of these values, one a question; nan without any question."""
        means = [sum(values[i] for i in one) / len(one) for one in self.strata if one]
        return sum(means) / len(means) if means else float("nan")


@dataclass(frozen=True)
class Paired:
    """What two runs on the same questions show about one quantity; shares, not percent."""

    difference: float
    """First minus second, in [-1, 1]."""
    low: float
    """Lower end of the 95 % interval: percentile bootstrap over videos."""
    high: float
    """Upper end."""
    p_value: float
    """Two-sided: how often a difference as large comes from swapping the two runs on videos by
    chance. Of `DRAWS` swaps, so never below 1 / (DRAWS + 1)."""


def paired(
    changes: Sequence[int],
    videos: Sequence[str],
    quantities: Sequence[Quantity],
    *,
    draws: int = DRAWS,
    seed: int = SEED,
) -> list[Paired]:
    """Difference, interval and test of every quantity, all from the same draws.

    Args:
        changes: of each question, -1, 0 or 1.
        videos: of each question, the video it is on.
        quantities: none without a question.
        draws: how many.
        seed: of the generator.

    Interval: G of the G videos are drawn with replacement, the quantity is computed, and the 2.5 %
    and 97.5 % points are taken. A stratum that a draw does not hit is left out of that draw's mean.

    Test: where the two runs are alike, swapping them on any video changes nothing, so the sums of
    a video's changes keep or turn their sign with equal chances. This needs neither many videos
    nor a normal distribution; with one question a video it is the exact McNemar test, but drawn.
    """
    if not quantities:
        return []
    table = _Table.of(changes, videos, quantities)
    observed = table.means(table.sums.sum(axis=0)[None], table.sizes.sum(axis=0)[None])[0]
    low, high = np.nanpercentile(_drawn_means(table, draws, seed), [2.5, 97.5], axis=0)
    p_values = _sign_flips(table, observed, draws, seed + 1)
    rows = zip(observed, low, high, p_values, strict=True)
    return [Paired(*(float(value) for value in row)) for row in rows]


@dataclass(frozen=True)
class _Table:
    """What the changes of whole videos come to."""

    sums: Any
    """Sum of changes, (videos, strata)."""
    sizes: Any
    """Number of questions, (videos, strata)."""
    members: Any
    """1 where a stratum belongs to a quantity, (strata, quantities)."""

    @classmethod
    def of(
        cls, changes: Sequence[int], videos: Sequence[str], quantities: Sequence[Quantity]
    ) -> _Table:
        number = {video: index for index, video in enumerate(dict.fromkeys(videos))}
        strata = [(q, one) for q, several in enumerate(quantities) for one in several.strata if one]
        sums, sizes = np.zeros((2, len(number), len(strata)))
        members = np.zeros((len(strata), len(quantities)))
        for column, (quantity, questions) in enumerate(strata):
            members[column, quantity] = 1
            for question in questions:
                sums[number[videos[question]], column] += changes[question]
                sizes[number[videos[question]], column] += 1
        return cls(sums, sizes, members)

    def means(self, sums: Any, sizes: Any) -> Any:
        """The quantities of some draws, (draws, quantities); nan where a draw hits no stratum.

        Args:
            sums: of changes, (draws, strata).
            sizes: numbers of questions, the same shape.
        """
        hit = sizes > 0
        shares = np.divide(sums, sizes, out=np.zeros_like(sums), where=hit)
        number = hit @ self.members
        return np.divide(
            shares @ self.members, number, out=np.full_like(number, np.nan), where=number > 0
        )


def _drawn_means(table: _Table, draws: int, seed: int) -> Any:
    """The quantities of videos drawn with replacement, (draws, quantities)."""
    # The standard library's stream is the same in every version; numpy promises that of none.
    generator = random.Random(seed)  # noqa: S311 (no secret)
    groups = len(table.sums)
    found = []
    for size in _chunks(draws):
        bits = np.frombuffer(generator.randbytes(8 * size * groups), dtype="<u8") >> np.uint64(11)
        chosen = (bits * 2.0**-53 * groups).astype(np.int64).reshape(size, groups)
        places = chosen + groups * np.arange(size)[:, None]
        times = np.bincount(places.ravel(), minlength=size * groups).reshape(size, groups)
        found.append(table.means(times @ table.sums, times @ table.sizes))
    return np.concatenate(found)


def _sign_flips(table: _Table, observed: Any, draws: int, seed: int) -> Any:
    """Two-sided p values of swapping the runs on videos, one a quantity."""
    generator = random.Random(seed)  # noqa: S311 (no secret)
    groups = len(table.sums)
    sizes = table.sizes.sum(axis=0)
    extreme = np.zeros(len(observed))
    for size in _chunks(draws):
        bits = np.frombuffer(generator.randbytes(size * groups), dtype=np.uint8) & 1
        signs = 2.0 * bits.reshape(size, groups) - 1
        means = table.means(signs @ table.sums, np.broadcast_to(sizes, (size, len(sizes))))
        extreme += (np.abs(means) >= np.abs(observed) - _NOISE).sum(axis=0)
    return (extreme + 1) / (draws + 1)


def _chunks(draws: int) -> list[int]:
    """Sizes that add up to the number of draws and fit into memory."""
    return [_CHUNK] * (draws // _CHUNK) + ([draws % _CHUNK] if draws % _CHUNK else [])


def holm(p_values: Sequence[float]) -> list[float]:
    """P values corrected so that any false alarm among them has at most the stated chance.

    Holm (1979): the k-th smallest of m times m - k + 1, never below the one before, at most 1.
    """
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    scaled = [p_values[i] * (len(order) - rank) for rank, i in enumerate(order)]
    return _placed(order, accumulate(scaled, max))


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """P values corrected so that the expected share of false ones among the found is bounded.

    Benjamini and Hochberg (1995): the k-th smallest of m times m / k, never above the one after,
    at most 1.
    """
    order = sorted(range(len(p_values)), key=lambda i: -p_values[i])
    number = len(order)
    scaled = [p_values[i] * (number / (number - rank)) for rank, i in enumerate(order)]
    return _placed(order, accumulate(scaled, min))


def _placed(order: Sequence[int], values: Iterable[float]) -> list[float]:
    """The values in the places that they were sorted from."""
    found = dict(zip(order, values, strict=True))
    return [min(1.0, found[i]) for i in range(len(order))]
