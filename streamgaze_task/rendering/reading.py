"""Finds the named things in a picture of the rendered world, from its pixels alone.

Every kind of thing in every colour that it may have is drawn once (by the painter) and looked for:
first in a small picture, where all are tried at every place that is not wall; then to the pixel,
for the few best of every place.
What a thing explains is measured against the empty room: a pixel speaks for a thing by as much as
it is nearer to the thing's colour than to the room's large areas. Nothing is known here of what a
video shows, only of how things look and how large they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from streamgaze_task.rendering.reading_bank import COARSE, away_from, bank_of, perceived
from streamgaze_task.rendering.reading_leftover import arm_in, is_arm, may_be, unexplained
from streamgaze_task.rendering.reading_search import CAP, coarse, peaks, room_distance
from streamgaze_task.rendering.world import CLEARLY_SEEN, THING

if TYPE_CHECKING:
    from streamgaze_task.rendering.reading_bank import Bank, Drawn, Mask, Pixels, Seen

    Slices = tuple[slice, slice]

VERSION = 2
"""Counts changes of what is found; part of the labeller's identity."""
LARGEST = 64
"""Larger things are looked for in a picture made smaller, pixels (ours: seconds per picture)."""
_LEAST_PART = 0.2
"""Smallest part of a thing, and of its box, that is worth looking at."""
_RIVAL = 0.25
"""What explains less than this part of what the best explains at a place is not looked at."""
_FEW = 10
"""How many things are compared to the pixel at one place (ours: of six, all may be other things
in the colour that one of them has)."""
_STEPS = 3
"""So often a thing is moved to where it fits better (ours: nothing moved a fourth time)."""
_SURE, _MAYBE = 0.9, 0.6
"""Part of a thing's visible pixels that must look right for it to be clear, or to be named."""
_SHOWN = 0.9
"""Part of a thing's pixels that must be shown for it to be clear (ours: the edge may cut a
twentieth of its box, where it may have twice as many)."""
_EXPLAINED = 0.5
"""Where less of a thing is in the picture than this part, it may be another one as well."""
_SAMPLES = 150
"""Pixels of a thing that are compared to find its place."""
_SHARED = 0.3
"""Largest part of a thing that another one, in front of it, may explain as well."""
_TELLING, _TELLING_CUT = 0.06, 0.25
"""Smallest mean gain over the empty room, parts of CAP, of something that is named: whole, or
cut by the picture's edge, where plain wood may look like the upper end of many things."""


@dataclass(frozen=True)
class Reading:
    """One thing found in a picture."""

    name: str
    """A key of streamgaze_task.rendering.kinds.KINDS."""
    colour: str
    """A key of streamgaze_task.rendering.kinds.COLOURS."""
    x: float
    """Centre of its box, pixels from the left edge."""
    y: float
    """Centre of its box, pixels from the top edge."""
    size: float
    """Width and height of its box, pixels."""
    part: float
    """How much of its box is in the picture, [0, 1]."""
    shown: float
    """How much of its pixels is in the picture and not ignored, [0, 1]."""
    score: float
    """Part of its visible pixels that look as they should, [0, 1]."""
    covered: bool
    """Whether it does not look as it should: something hides a part of it, or it is tilted. What
    is ignored does not make it covered."""

    @property
    def clear(self) -> bool:
        """Whether it is clearly in view, neither cut nor covered nor ignored."""
        return self.part >= CLEARLY_SEEN and self.shown >= _SHOWN and not self.covered

    def holds(self, x: float, y: float) -> bool:
        """Whether a place in the picture is inside its box."""
        return max(abs(x - self.x), abs(y - self.y)) <= self.size / 2


@dataclass(frozen=True)
class _Found:
    """A thing at a place, before it is decided which things there are."""

    thing: Drawn
    left: int
    top: int
    gain: float
    right: float
    """Part of the visible pixels that look right."""


@dataclass(frozen=True)
class Scene:
    """All that a picture shows."""

    readings: tuple[Reading, ...]
    """The things that can be named, from left to right."""
    doubtful: frozenset[str]
    """Names of what may be there as well: tips at the edge, and what a hand holds."""


def read_frame(
    image: Pixels, *, ignore: Mask | None = None, size: float | None = None
) -> tuple[Reading, ...]:
    """The things in a picture that can be named; see :func:`read_scene`."""
    return read_scene(image, ignore=ignore, size=size, doubts=False).readings


def read_scene(
    image: Pixels, *, ignore: Mask | None = None, size: float | None = None, doubts: bool = True
) -> Scene:
    """What is in a picture.

    Args:
        image: shape (height, width, 3), RGB.
        ignore: shape (height, width): pixels that say nothing, such as a blacked circle or a
            drawn marker.
        size: width of a thing's box, pixels; None: of a whole frame, THING of its width.
        doubts: whether to look for what may be there as well, too.

    Returns:
        Each thing with its box in pixels of `image`; of what is less than a fifth in view, names.
        Things that a hand tilts or hides are covered, doubtful, or not found at all.

    Raises:
        ValueError: the picture is no RGB picture, or things are too small to be told apart.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:  # noqa: PLR2004 (RGB)
        raise ValueError(f"expected RGB bytes (height, width, 3), got {image.shape}, {image.dtype}")
    size = THING * image.shape[1] if size is None else size
    if not 2 * COARSE <= size <= max(image.shape) * 2:
        raise ValueError(f"things must be {2 * COARSE} px wide or more, and fit: {size:.1f}")
    known = np.ones(image.shape[:2], np.bool_) if ignore is None else ~ignore
    factor = max(1.0, size / LARGEST)
    if factor > 1:
        shape = (round(image.shape[1] / factor), round(image.shape[0] / factor))
        image = np.asarray(cv2.resize(image, shape, interpolation=cv2.INTER_AREA), np.uint8)
        part = cv2.resize(known.astype(np.float32), shape, interpolation=cv2.INTER_AREA)
        known = np.asarray(part > 0.99)  # noqa: PLR2004 (wholly)
    seen, bank = perceived(image), bank_of(round(min(size, LARGEST)))
    room = room_distance(seen, known, len(bank.drawn[0].mask))
    found = [one for one in _candidates(seen, known, room, bank) if not _is_hand(seen, one)]
    decided = _decided(found, known)
    readings = (_reading(one, known, factor) for one in decided)
    return Scene(
        tuple(sorted(readings, key=lambda reading: (reading.x, reading.y))),
        _doubtful(seen, known, room, decided, bank) if doubts else frozenset(),
    )


def _doubtful(
    seen: Seen, known: Mask, room: Seen, decided: list[_Found], bank: Bank
) -> frozenset[str]:
    """What the patches may be that are left when all that is named is taken away."""
    arm = arm_in(seen, room)
    taken = arm.copy()
    for one in decided:
        there, own = _box(one, known.shape)
        mask = one.thing.mask[own]
        arm[there] &= ~mask
        if mask.sum() >= _EXPLAINED * one.thing.mask.sum():
            taken[there] |= mask
    return may_be(seen, unexplained(room, known, taken), bank, arm)


def _candidates(image: Seen, known: Mask, room: Seen, bank: Bank) -> list[_Found]:
    """The few best things of every place that may hold one, compared to the pixel."""
    scale = len(bank.drawn[0].mask) / COARSE
    places, gains = coarse(image, known, room, bank)
    found = []
    for k in peaks(places, gains.max(axis=1)):
        near = np.flatnonzero(np.abs(places - places[k]).max(axis=1) <= 1)
        best = gains[near].argmax(axis=0)
        values = gains[near[best], np.arange(gains.shape[1])]
        for thing in np.argsort(-values, kind="stable")[:_FEW]:
            if values[thing] > _RIVAL * values.max():
                row, column = places[near[best[thing]]]
                corner = (round(float(row) * scale), round(float(column) * scale))
                found.append(_fine(image, known, room, bank.drawn[int(thing)], corner))
    return [one for one in found if one is not None]


def _fine(
    image: Seen, known: Mask, room: Seen, thing: Drawn, corner: tuple[int, int]
) -> _Found | None:
    """A thing near a place, put where it fits best; None where too little of it is known."""
    top, left = corner
    for _ in range(_STEPS):  # the small picture's peak may belong to another thing of that colour
        before, (top, left) = (top, left), _best_corner(image, known, thing, (top, left))
        if (top, left) == before:
            break
    there, own = _box(_Found(thing, left, top, 0.0, 0.0), known.shape)
    valid = known[there] & thing.mask[own]
    if valid.sum() < _LEAST_PART * thing.mask.sum():
        return None
    seen = image[there]
    away = away_from(seen, thing.seen[own])[valid]
    gain = float((room[there][valid] - np.minimum(away, CAP)).sum()) / CAP
    fits = np.all((seen >= thing.low[own]) & (seen <= thing.high[own]), axis=2)
    inner = known[there] & thing.inner[own]
    right = float(np.mean(fits, where=inner)) if inner.any() else 0.0
    return _Found(thing, left, top, gain, right)


def _is_hand(image: Seen, one: _Found) -> bool:
    """Whether what seems to be a thing is mostly an arm: not if all of it is there and fits."""
    there, own = _box(one, image.shape)
    part = one.thing.mask[own]
    fits = one.right >= _SURE and part.sum() == one.thing.mask.sum()
    return not fits and is_arm(image[there][part])


def _best_corner(
    image: Seen, known: Mask, thing: Drawn, corner: tuple[int, int]
) -> tuple[int, int]:
    """The corner within a small picture's pixel of this one where a thing differs least."""
    pixels = len(thing.mask)
    reach = -(-pixels // COARSE) - 1
    steps = np.arange(-reach, reach + 1)
    rows, columns = np.nonzero(thing.mask)
    some = slice(0, None, max(1, len(rows) // _SAMPLES))
    rows, columns = rows[some], columns[some]
    y = corner[0] + steps[:, None, None] + rows
    x = corner[1] + steps[None, :, None] + columns
    inside = (y >= 0) & (y < image.shape[0]) & (x >= 0) & (x < image.shape[1])
    y, x = np.clip(y, 0, image.shape[0] - 1), np.clip(x, 0, image.shape[1] - 1)
    inside &= known[y, x]
    away = away_from(image[y, x], thing.seen[rows, columns])
    cost = np.where(inside, np.minimum(away, CAP), 0).sum(axis=2)
    mean = cost / np.maximum(inside.sum(axis=2), 1) + np.where(inside.any(axis=2), 0, CAP)
    row, column = np.unravel_index(int(mean.argmin()), mean.shape)
    return corner[0] + int(steps[row]), corner[1] + int(steps[column])


def _box(one: _Found, shape: tuple[int, ...]) -> tuple[Slices, Slices]:
    """Where a thing is in the picture, and which part of its drawing that is."""
    rows = _inside(one.top, one.thing, shape[0])
    columns = _inside(one.left, one.thing, shape[1])
    there = (
        slice(one.top + rows.start, one.top + rows.stop),
        slice(one.left + columns.start, one.left + columns.stop),
    )
    return there, (rows, columns)


def _inside(start: int, thing: Drawn, length: int) -> slice:
    """Which rows or columns of a thing are in the picture."""
    return slice(max(0, -start), max(0, min(len(thing.mask), length - start)))


def _decided(found: list[_Found], known: Mask) -> list[_Found]:
    """What explains most comes first; what is left must explain pixels of its own."""
    taken = np.zeros(known.shape, np.bool_)
    kept = []
    order = sorted(found, key=lambda one: (one.right < _SURE, -one.gain, _named(one)))
    for one in order:
        box, own = _box(one, known.shape)
        mask = one.thing.mask[own] & known[box]
        whole = mask.sum() == one.thing.mask.sum()
        telling = _TELLING if whole else _TELLING_CUT
        weak = one.right < _MAYBE or one.gain < telling * mask.sum()
        if weak or (taken[box] & mask).sum() > _SHARED * mask.sum():
            continue
        taken[box] |= mask
        kept.append(one)
    return kept


def _named(one: _Found) -> tuple[str, str, int, int]:
    return one.thing.name, one.thing.colour, one.top, one.left


def _reading(one: _Found, known: Mask, factor: float) -> Reading:
    there, own = _box(one, known.shape)
    mask, pixels = one.thing.mask, len(one.thing.mask)
    return Reading(
        name=one.thing.name,
        colour=one.thing.colour,
        x=(one.left + pixels / 2) * factor,
        y=(one.top + pixels / 2) * factor,
        size=pixels * factor,
        part=mask[own].size / mask.size,
        shown=float((mask[own] & known[there]).sum() / mask.sum()),
        score=one.right,
        covered=one.right < _SURE,
    )
