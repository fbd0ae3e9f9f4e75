"""Where things may be in a rendered picture: all of them, tried at once in a small picture."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from streamgaze_task.rendering.kinds import COLOURS
from streamgaze_task.rendering.reading_bank import COARSE, away_from, perceived

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from streamgaze_task.rendering.reading_bank import Bank, Mask, Numbers, Seen

CAP = 80
"""Differences of colour beyond this count as this: a covered pixel is just wrong."""
_LEAST_FOREIGN = 4 * 30.0**2
"""What a place must hold that is not room, squared distances summed over its small pixels."""
_ALMOST, _NOT_ROOM = 16, 48
"""What is farther than the first from every colour of the room counts as at least the second while
places are looked for: brown things stand on brown boards."""
_BIN = 16
"""Width of the bins in which the room's colours are counted."""
_COMMON = 0.04
"""A colour that fills this part of a whole frame belongs to the room, also the narrow boards: a
thing fills less (2.6 % at 4 : 3)."""
_WHOLE = 25
"""A picture with fewer pixels than so many things have is no whole frame (which has 38 at 4 : 3):
one thing may fill much of it."""
_COMMON_IN_CROP, _THINGS = 0.1, 12
"""There a colour must fill this part, and be farther than this from what things are made of."""
_LIGHT = ("red", "blue", "green", "orange", "purple")
"""Colours whose light tone fills much of a thing: the jar's."""
_LIGHTER = 0.45
"""Part of white in a light tone (streamgaze_task.rendering.painter)."""


def room_distance(image: Seen, known: Mask, pixels: int) -> Seen:
    """How far every pixel is from the nearest colour of the room's large areas, up to CAP.

    Args:
        image: shape (height, width, 3), as :func:`perceived`.
        known: shape (height, width): which pixels count.
        pixels: width of a thing.
    """
    some = image[::2, ::2][known[::2, ::2]]
    far = np.full(image.shape[:2], CAP, np.int16)
    crop = 4 * len(some) < _WHOLE * pixels**2
    least = _COMMON_IN_CROP if crop else _COMMON
    for shift in (0, _BIN // 2):  # a colour on the border of two bins is in the middle of another
        bins = (some.astype(np.int32) + shift) // _BIN
        keys = (bins[:, 0] << 12) | (bins[:, 1] << 6) | bins[:, 2]
        _, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
        for k in np.flatnonzero(counts > least * len(keys)):
            colour = np.median(some[inverse == k], axis=0).astype(np.int16)
            if not (crop and (away_from(_materials(), colour) <= _THINGS).any()):
                far = np.minimum(far, away_from(image, colour))
    return far


@lru_cache(maxsize=1)
def _materials() -> Seen:
    """The colours that large parts of things have, shape (N, 3)."""
    light = [[c + (255 - c) * _LIGHTER for c in COLOURS[name]] for name in _LIGHT]
    colours = np.array([*COLOURS.values(), *light]).round().astype(np.uint8)
    materials: Seen = perceived(colours[None])[0]
    return materials


def coarse(image: Seen, known: Mask, room: Seen, bank: Bank) -> tuple[NDArray[np.intp], Numbers]:
    """Upper left corners worth a look in the small picture, and what each thing explains there.

    Returns:
        Rows and columns, shape (N, 2), negative where the picture's edge cuts the box; and gains
        over the empty room, shape (N, things).
    """
    scale = len(bank.drawn[0].mask) / COARSE
    shape = (round(image.shape[1] / scale), round(image.shape[0] / scale))
    weight = known.astype(np.float32)[..., None]
    planes = np.concatenate([weight, image * weight], axis=2)
    small = cv2.resize(planes, shape, interpolation=cv2.INTER_AREA)
    foreign = np.where(room > _ALMOST, np.maximum(room, _NOT_ROOM), room)
    off = cv2.resize((foreign**2 * known).astype(np.float32), shape, interpolation=cv2.INTER_AREA)
    colour = small[..., 1:] / np.maximum(small[..., :1], 1e-6)
    square = (colour**2).sum(axis=2) * small[..., 0]
    stack = np.dstack([small, square, 2 * off])
    margin = COARSE - 3
    padded = np.pad(stack, ((margin, margin), (margin, margin), (0, 0)))
    other = padded[..., 5]
    windows = np.lib.stride_tricks.sliding_window_view(padded, (COARSE, COARSE), axis=(0, 1))
    filled = cv2.boxFilter(
        other,
        -1,
        (COARSE, COARSE),
        anchor=(0, 0),
        normalize=False,
        borderType=cv2.BORDER_ISOLATED,
    )[: windows.shape[0], : windows.shape[1]]
    rows, columns = np.nonzero(filled >= _LEAST_FOREIGN)
    chosen = windows[rows, columns].transpose(0, 2, 3, 1)
    cost = chosen[..., :5].reshape(len(rows), len(bank.cost)) @ bank.cost
    empty = np.ascontiguousarray(chosen[..., 5]).reshape(len(rows), len(bank.mask)) @ bank.mask
    return np.stack([rows, columns], axis=1) - margin, empty - cost


def peaks(places: NDArray[np.intp], values: Numbers) -> list[int]:
    """Places that explain more than those around them, the best first."""
    left = np.argsort(-values, kind="stable")
    left = left[values[left] > 0]
    found: list[int] = []
    while len(left):
        best = left[0]
        found.append(int(best))
        left = left[np.abs(places[left] - places[best]).max(axis=1) > COARSE // 2]
    return found
