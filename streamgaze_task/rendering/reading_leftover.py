"""What may be in a rendered picture although nothing in it can be named for sure.

A tip of a thing at the picture's edge, and what a hand holds tilted: a careful person sees that
something is there, and can say what it may be, but not what it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from streamgaze_task.rendering.kinds import TARGETS, TOOLS
from streamgaze_task.rendering.painter import SKIN, SLEEVE
from streamgaze_task.rendering.reading_bank import SAME, away_from, perceived

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from streamgaze_task.rendering.reading_bank import Bank, Drawn, Mask, Seen

_FOREIGN = SAME
"""A pixel farther than this from all colours of the room is none of it."""
_ARM, _MOST, _WRIST = 20, 0.4, 5
"""Difference from an arm's colour, and the part of some pixels that has it, for them to be an arm;
narrower spots, in pixels, are none."""
_LEAST = 0.005
"""Smallest patch that is looked at, parts of a thing's box: ten pixels of 45 by 45."""
_AROUND = 5
"""Width of what video mixes around a thing that is known, pixels."""
_WIDER = 3
"""Lines narrower than so many pixels are edges of the room's boards and doors (ours)."""
_ALIKE, _FITS = 0.6, 0.85
"""How much of a tip's outline, and how many of its pixels, must be as they would be of a thing
(intersection over union; ours: a patch of ten pixels has blurred ends)."""
_BLUR = 4
"""A patch may be so much wider than a thing, pixels: what is beside its outline is mixed."""
_IN_HAND, _BESIDE = 0.7, 0.6
"""Part of a patch that must have colours of a thing for it to be held, and how far from an arm it
may be, parts of a thing's width: the handle between is too thin to be seen."""

_HANDLED = frozenset({*TOOLS, *TARGETS})


@dataclass(frozen=True)
class Patch:
    """Pixels that belong together and are explained by nothing."""

    top: int
    left: int
    mask: Mask
    """Shape (height, width)."""
    at_top: bool
    at_bottom: bool
    at_left: bool
    at_right: bool

    @property
    def cut(self) -> bool:
        """Whether the picture's edge cuts it."""
        return self.at_top or self.at_bottom or self.at_left or self.at_right


def may_be(image: Seen, foreign: Mask, bank: Bank, arm: Mask) -> frozenset[str]:
    """Names of all that the unexplained patches of a picture may be.

    Args:
        image: shape (height, width, 3), as reading_bank.perceived.
        foreign: shape (height, width): pixels of neither the room, nor a known thing, nor an arm.
        bank: all things at the picture's scale.
        arm: shape (height, width): pixels of one; it may hold what hands work on.
    """
    found: set[str] = set()
    pixels = len(bank.drawn[0].mask)
    beside = round(_BESIDE * pixels)
    for patch in patches(foreign, pixels):
        height, width = patch.mask.shape
        own = image[patch.top : patch.top + height, patch.left : patch.left + width]
        top, left = max(patch.top - beside, 0), max(patch.left - beside, 0)
        around = arm[top : patch.top + height + beside, left : patch.left + width + beside]
        held = bool(around.any())
        for thing in bank.drawn:
            if thing.name in found:
                continue
            is_held = held and thing.name in _HANDLED and _has_colours(own, patch, thing)
            if is_held or (patch.cut and _is_tip(own, patch, thing)):
                found.add(thing.name)
    return frozenset(found)


@lru_cache(maxsize=1)
def _arm_colours() -> Seen:
    """What arms are drawn in, shape (2, 3)."""
    colours: Seen = perceived(np.array([[SKIN, SLEEVE]], np.uint8))[0]
    return colours


def is_arm(some: Seen) -> bool:
    """Whether many of some pixels, shape (N, 3), have one of an arm's colours.

    They may be a thing's all the same: an orange jar is as light as skin.
    """
    return any(float((away_from(some, one) <= _ARM).mean()) > _MOST for one in _arm_colours())


def arm_in(image: Seen, room: Seen) -> Mask:
    """The pixels of an arm; `room`: how far each pixel is from the room's colours."""
    spots = np.minimum(*(away_from(image, colour) for colour in _arm_colours())) <= _ARM
    spots &= room > _FOREIGN
    return _opened(spots.astype(np.uint8), _WRIST)


def unexplained(room: Seen, known: Mask, taken: Mask) -> Mask:
    """Pixels of neither the room nor anything that is found already; no thin lines.

    Args:
        room: shape (height, width): how far each pixel is from the room's colours.
        known: which pixels count.
        taken: which are of things, or of an arm; what is right beside them is left out too.
    """
    near = cv2.dilate(taken.astype(np.uint8), np.ones((_AROUND, _AROUND), np.uint8)) > 0
    left = (known & (room > _FOREIGN) & ~near).astype(np.uint8)
    return _opened(left, _WIDER)


def _opened(mask: NDArray[np.uint8], width: int) -> Mask:
    """Without what is narrower."""
    square = np.ones((width, width), np.uint8)
    opened: Mask = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, square) > 0)
    return opened


def patches(foreign: Mask, pixels: int) -> Iterator[Patch]:
    """Patches of a mask that are large enough to be looked at; `pixels`: width of a thing."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(foreign.astype(np.uint8))
    height, width = foreign.shape
    for k in range(1, count):
        left, top, wide, high, area = (int(value) for value in stats[k])
        # At the picture's edge a line may be as wide as it likes beyond it.
        if area >= _LEAST * pixels**2 and min(wide, high) >= _WIDER:
            yield Patch(
                top,
                left,
                labels[top : top + high, left : left + wide] == k,
                at_top=top == 0,
                at_bottom=top + high == height,
                at_left=left == 0,
                at_right=left + wide == width,
            )


def _is_tip(own: Seen, patch: Patch, thing: Drawn) -> bool:
    """Whether a patch at the edge looks like that much of a thing."""
    shape = np.array(patch.mask.shape)
    rows, columns = np.nonzero(thing.mask)
    spare = np.maximum(shape - (np.ptp(rows) + 1, np.ptp(columns) + 1), 0)
    if spare.max() > _BLUR:
        return False
    (top, left), (high, wide) = spare // 2, shape - spare
    inner = slice(top, top + high), slice(left, left + wide)
    size = len(thing.mask)
    if patch.at_top or patch.at_bottom:
        part = _slice(rows, high, size, from_end=patch.at_top)
        columns = np.nonzero(thing.mask[part])[1]
        across = _slice(columns, wide, size, from_end=patch.at_left)
    else:
        across = _slice(columns, wide, size, from_end=patch.at_left)
        rows = np.nonzero(thing.mask[:, across])[0]
        part = _slice(rows, high, size, from_end=False)
    mask, seen, box = patch.mask[inner], own[inner], (part, across)
    both = thing.mask[box] & mask
    if both.sum() < _ALIKE * (thing.mask[box] | mask).sum():
        return False
    fits = np.all((seen >= thing.low[box]) & (seen <= thing.high[box]), axis=2)
    return bool(fits[both].mean() >= _FITS)


def _slice(filled: NDArray[np.intp], length: int, size: int, *, from_end: bool) -> slice:
    """That many of `size` rows, or columns, from the first or the last one that is filled."""
    first = int(filled.max()) + 1 - length if from_end else int(filled.min())
    first = min(max(first, 0), size - length)
    return slice(first, first + length)


def _has_colours(own: Seen, patch: Patch, thing: Drawn) -> bool:
    """Whether most of a patch has a main colour of a thing, wherever and however it is held."""
    some = thing.seen[thing.inner][:: max(1, int(thing.inner.sum()) // 40)]
    away = np.stack([away_from(own[patch.mask], colour) for colour in some])
    return bool((away.min(axis=0) <= SAME).mean() >= _IN_HAND)
