"""A question before it becomes a record of the release, and what the question makers share."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from PIL import Image

    from mmsi_video.rendering.clip import Clip

_T = TypeVar("_T")

OPTION_COUNTS = range(4, 7)
"""How many options a question of the benchmark has (paper, section 3)."""


@dataclass(frozen=True)
class Draft:
    """One question with its right answer, before letters are given out."""

    clips: tuple[Clip, ...]
    """One or two, in the order of the `<video>` marks."""
    text: str
    """The question without its options; one `<image>` mark per image."""
    answer: str
    """The right option's words."""
    wrong: tuple[str, ...]
    """The other options' words, 3 to 5 of them."""
    reason: str
    """Why the answer is right: the rationale that the release calls ``hint``."""
    images: tuple[Callable[[], Image.Image], ...] = ()
    """Makers of the reference images, in the order of the `<image>` marks."""

    def __post_init__(self) -> None:
        options = {self.answer, *self.wrong}
        if len(options) != len(self.wrong) + 1 or len(options) not in OPTION_COUNTS:
            raise ValueError(f"options ({sorted(options)}) must be 4 to 6 different ones")
        if self.text.count("<image>") != len(self.images):
            raise ValueError(f"marks in {self.text!r} must number {len(self.images)}")


def chance(seed: int, *place: object) -> Random:
    """The random numbers of one place: the same for the same seed, on every machine."""
    return Random("/".join(map(str, (seed, *place))))  # noqa: S311 (drawings, not secrets)


def shuffled(items: Iterable[_T], rng: Random) -> list[_T]:
    """The items in another order; the argument stays as it is."""
    pool = list(items)
    return rng.sample(pool, len(pool))


def others(pool: Iterable[str], answer: str, count: int, rng: Random) -> tuple[str, ...]:
    """`count` options of the pool that are not the answer."""
    return tuple(shuffled((option for option in pool if option != answer), rng)[:count])


def smooth(part: float) -> float:
    """Progress that starts and stops gently, [0, 1] -> [0, 1]; outside it is held."""
    part = min(max(part, 0.0), 1.0)
    return part * part * (3 - 2 * part)


def stage(progress: float, first: float, last: float) -> float:
    """How much of one stage of a clip has passed: 0 before `first`, 1 after `last`."""
    return min(max((progress - first) / (last - first), 0.0), 1.0)
