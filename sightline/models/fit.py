"""How far images must shrink for a prompt to fit into a model's context: numbers in, one out.

For processors that count an image's tokens by its pixels (the Qwen-VL families): both sides are
rounded to multiples of `factor`, the picture is shrunk to at most `max_pixels` or enlarged to at
least `min_pixels`, and each square of `factor` x `factor` pixels is one token.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def image_tokens(size: tuple[int, int], *, min_pixels: int, max_pixels: int, factor: int) -> int:
    """Tokens of one image.

    Args:
        size: its two sides, pixels, in either order; each at least 1.
        min_pixels: an image of fewer is enlarged.
        max_pixels: an image of more is shrunk; at least `min_pixels`.
        factor: side of the square that one token stands for, pixels.
    """
    one, other = (round(side / factor) * factor for side in size)
    area = size[0] * size[1]
    if one * other > max_pixels:
        shrink = math.sqrt(area / max_pixels)
        one, other = (max(factor, math.floor(side / shrink / factor) * factor) for side in size)
    elif one * other < min_pixels:
        grow = math.sqrt(min_pixels / area)
        one, other = (math.ceil(side * grow / factor) * factor for side in size)
    return (one // factor) * (other // factor)


def shrunken(
    image_sizes: Sequence[tuple[int, int]], *, room_tokens: int, min_pixels: int, factor: int
) -> int | None:
    """The largest `max_pixels` under which all these images together fit into the room.

    Args:
        image_sizes: the two sides of each image, pixels.
        room_tokens: what the images may take: the context without the text, the marks around
            images and the answer.
        min_pixels: the processor's least size of an image; the result is not below it.
        factor: side of the square that one token stands for, pixels.

    Returns:
        Pixels per image; the size of the largest image, rounded, where nothing need shrink. None
        when the images do not even fit at `min_pixels`. For pictures thinner than `factor` there
        may be a larger value that fits; the one returned does.
    """
    sizes = Counter(image_sizes)
    low = max(1, min_pixels)
    if not sizes or _total(sizes, low, min_pixels, factor) > room_tokens:
        return None if sizes else low
    high = max(low, *(_natural(size, factor) for size in sizes))
    if _total(sizes, high, min_pixels, factor) <= room_tokens:
        return high
    while high - low > 1:
        middle = (low + high) // 2
        if _total(sizes, middle, min_pixels, factor) <= room_tokens:
            low = middle
        else:
            high = middle
    return low


def _natural(size: tuple[int, int], factor: int) -> int:
    """Pixels of an image that no limit touches."""
    return math.prod(max(1, round(side / factor)) * factor for side in size)


def _total(
    sizes: Mapping[tuple[int, int], int], max_pixels: int, min_pixels: int, factor: int
) -> int:
    return sum(
        count * image_tokens(size, min_pixels=min_pixels, max_pixels=max_pixels, factor=factor)
        for size, count in sizes.items()
    )
