"""How every thing looks at one size, as the reader of rendered pictures compares it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from streamgaze_task.rendering.kinds import KINDS
from streamgaze_task.rendering.painter import sprite

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]
    Seen = NDArray[np.int16]
    Mask = NDArray[np.bool_]
    Numbers = NDArray[np.float32]

COARSE = 11
"""Width of a thing in the small picture in which all things are looked for, pixels."""
SAME = 40
"""Largest difference of a channel that lossy video makes inside one colour (H.264, crf 30)."""
_BEYOND = 1000
"""More than any value of a channel."""


@dataclass(frozen=True)
class Drawn:
    """One thing as it looks at one size."""

    name: str
    colour: str
    seen: Seen
    """Shape (size, size, 3), see :func:`perceived`."""
    mask: Mask
    """Shape (size, size): what the thing fills."""
    inner: Mask
    """Shape (size, size): the same without its edge, where video mixes it with what is behind."""
    low: Seen
    """Shape (size, size, 3): smallest value of the thing next to each pixel, less `SAME`."""
    high: Seen
    """Shape (size, size, 3): largest value of the thing next to each pixel, plus `SAME`."""


@dataclass(frozen=True)
class Bank:
    """All things at one size, and the weights that compare them all with a small picture."""

    drawn: tuple[Drawn, ...]
    cost: Numbers
    """Shape (5 * COARSE ** 2, things): squared difference, from (known, seen, square)."""
    mask: Numbers
    """Shape (COARSE ** 2, things)."""


def perceived(image: Pixels) -> Seen:
    """Lightness and two chroma channels, shape (height, width, 3).

    Lossy video keeps chroma at half the resolution: in RGB a yellow edge is far from yellow.
    """
    wide = cv2.cvtColor(image, cv2.COLOR_RGB2YCrCb).astype(np.int16)
    wide[..., 1:] += wide[..., 1:] >> 1
    return wide


def away_from(seen: Seen, colour: Seen) -> Seen:
    """Largest difference of a channel, without the last axis."""
    y, red, blue = (np.abs(seen[..., k] - colour[..., k]) for k in range(3))
    largest: Seen = np.maximum(np.maximum(y, red), blue)
    return largest


@lru_cache(maxsize=4)
def bank_of(pixels: int) -> Bank:
    """All things, `pixels` wide."""
    drawn, cost, masks = [], [], []
    for name in sorted(KINDS):
        for colour in KINDS[name].colours:
            rgba = np.asarray(sprite(name, colour, pixels), np.uint8)
            seen = perceived(np.ascontiguousarray(rgba[..., :3]))
            drawn.append(_one(name, colour, seen, rgba[..., 3] >= 128))  # noqa: PLR2004 (half)
            weight = rgba[..., 3:].astype(np.float32) / 255
            small = cv2.resize(
                np.concatenate([seen * weight, weight], axis=2),
                (COARSE, COARSE),
                interpolation=cv2.INTER_AREA,
            )
            part, body = small[..., 3], small[..., :3] / np.maximum(small[..., 3:], 1e-6)
            weights = [part * (body**2).sum(axis=2), *(-2 * part * body[..., k] for k in range(3))]
            cost.append(np.stack([*weights, part], axis=2).ravel())
            masks.append(part.ravel())
    return Bank(tuple(drawn), np.stack(cost, axis=1), np.stack(masks, axis=1))


def _one(name: str, colour: str, seen: Seen, mask: Mask) -> Drawn:
    hole, near = ~mask[..., None], np.ones((3, 3), np.uint8)
    low: Seen = (
        cv2.erode(np.where(hole, _BEYOND, seen).astype(np.int16), near).astype(np.int16) - SAME
    )
    high: Seen = (
        cv2.dilate(np.where(hole, -_BEYOND, seen).astype(np.int16), near).astype(np.int16) + SAME
    )
    inner = cv2.erode(np.pad(mask, 1).astype(np.uint8), near)[1:-1, 1:-1] > 0
    return Drawn(name, colour, seen, mask, inner, low, high)
