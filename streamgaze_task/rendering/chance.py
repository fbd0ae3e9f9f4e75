"""Random numbers that depend on a seed and a place alone, and gentle progress."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

_T = TypeVar("_T")


def chance(seed: int, *place: object) -> Random:
    """The random numbers of one place: the same for the same seed, on every machine."""
    return Random("/".join(map(str, (seed, *place))))  # noqa: S311 (drawings, not secrets)


def shuffled(items: Iterable[_T], rng: Random) -> list[_T]:
    """The items in another order; the argument stays as it is."""
    pool = list(items)
    return rng.sample(pool, len(pool))


def smooth(part: float) -> float:
    """Progress that starts and stops gently, [0, 1] -> [0, 1]; outside it is held."""
    part = min(max(part, 0.0), 1.0)
    return part * part * (3 - 2 * part)


def between(first: float, last: float, part: float) -> float:
    """The value at `part` in [0, 1] of the way from `first` to `last`."""
    return first + (last - first) * part
