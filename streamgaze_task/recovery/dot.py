"""Finds the green gaze dot in one frame; knows nothing of files.

The release's overlay is a filled green disc of radius 8 px on a black ring of radius 10 px, its
centre on a whole pixel (the drawing of gaze in daeunni/StreamGaze). The search asks of every
place near a strongly green pixel: is the frame explained better by "the original with a dot here"
than by "the original"? Both answers are sums of squares, so no shape has to be cut out first, and a
dot that the border cuts needs no rule of its own: pixels outside the frame have no say.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Plane = NDArray[np.uint8]
    Colours = NDArray[np.float32]
    Places = NDArray[np.int64]
    Mask = NDArray[np.bool_]

DISC_RADIUS = 8.0
"""Radius of the green disc, px of the overlay video."""
RING_RADII = (8.4, 11.4)
"""Inner and outer radius of what is seen of the black ring (radius 10, 2 thick), px."""
GREEN = (145, 54, 34)
"""Y, U and V of pure green as FFmpeg and OpenCV write it (BT.601, limited range)."""
BLACK = (16, 128, 128)
"""Y, U and V of black."""
CANDIDATE_U = 96
"""A pixel with less U may belong to the disc. Measured within discs: 70 at most, at CRF 40."""
CANDIDATE_V = 84
"""A pixel with less V may belong to the disc. Measured within discs: 45 at most, at CRF 40."""
RED_V = 152
"""What has more V than this was not drawn as the dot or its ring, but as the red circle."""
FEW_CANDIDATES = 70
"""A dot alone has up to 60 green pixels of chroma. With more than this there are other green things
in the frame, and it pays to look first where anything was drawn."""
BLOCK = 8
"""Side of the blocks that are searched or left out, in pixels of the chroma planes: the bits of a
byte."""
LEAST_CHANGE = 28
"""V that differs by more than this from the original's may have been drawn. The V of disc and ring
are 94 apart, so one of them differs by 47 from whatever was there. Coding alone rarely changes it
so far; where it does, a block too many is searched."""
MOST_CANDIDATES = 512
"""With more green pixels than this, the best of them by a rougher look go on."""
MOST_PEAKS = 4
"""How many places are looked at closely."""
PEAK_DISTANCE = 5
"""Places closer than this are one, in pixels of the chroma planes."""
REACH = 3
"""How far beyond the first guess, two pixels wide, the close look searches, px."""
UNKNOWN_ERROR = 60.0
"""Without an original: the error, levels per channel, that a pixel without a dot would have."""
MOST_COLOUR_ERROR = 46.0
"""Root mean square of (Y, U, V) against the drawn colour, in disc or ring, beyond which it is no
dot. Measured on dots at CRF 40 or 80 kbit/s: at most 32, 44 where the whole scene is green."""
LEAST_GAIN = 0.0
"""How much of the way from the original to "with a dot" a frame must have gone, in [-1, 1]: 1 when
the dot is there without any loss, -1 when the frame is the original."""


@dataclass(frozen=True)
class Planes:
    """One upright frame in YUV 4:2:0."""

    y: Plane
    """Luma, shape (H, W)."""
    u: Plane
    """Blue difference, shape (ceil(H / 2), ceil(W / 2))."""
    v: Plane
    """Red difference, as `u`."""


@dataclass(frozen=True)
class Fit:
    """A place that was looked at closely."""

    x: int
    """Column of the centre, px."""
    y: int
    """Row of the centre, px."""
    gain: float
    """How far the frame went from the original to "with a dot", in [-1, 1]; 1 without original."""
    disc_error: float
    """Root mean square against green within the disc, levels."""
    ring_error: float
    """Root mean square against black within the ring, levels."""

    @property
    def is_dot(self) -> bool:
        """Whether both colours are right, and the original does not show the same."""
        error = max(self.disc_error, self.ring_error)
        return error <= MOST_COLOUR_ERROR and self.gain >= LEAST_GAIN


def find_dot(overlay: Planes, original: Planes | None) -> tuple[int, int] | None:
    """The centre of the gaze dot as (column, row) in px; None where there is none.

    Args:
        overlay: the frame with, perhaps, a dot.
        original: the same frame as it was before the drawing, of the same size; None when it is
            not known: then the dot's own look decides alone.
    """
    fits = [_fit(overlay, original, peak) for peak in _peaks(overlay, original)]
    dots = [fit for fit in fits if fit.is_dot]
    if not dots:
        return None
    best = min(dots, key=lambda fit: fit.disc_error + fit.ring_error)
    return best.x, best.y


@dataclass(frozen=True)
class _Box:
    """A part of a frame that may reach beyond it, in pixels of luma (step 1) or chroma (step 2)."""

    top: int
    left: int
    height: int
    width: int
    step: int

    def colours(self, planes: Planes) -> Colours:
        """Y, U and V, shape (3, height, width); 0 outside the frame."""
        found = np.zeros((3, self.height, self.width), dtype=np.float32)
        (top, bottom), (left, right) = self._within(planes)
        inside = found[:, top - self.top : bottom - self.top, left - self.left : right - self.left]
        if self.step == 1:
            inside[0] = planes.y[top:bottom, left:right]
            for place, plane in enumerate((planes.u, planes.v), 1):
                halved = plane[top // 2 : (bottom + 1) // 2, left // 2 : (right + 1) // 2]
                doubled = halved.repeat(2, axis=0).repeat(2, axis=1)
                inside[place] = doubled[top % 2 :, left % 2 :][: bottom - top, : right - left]
        else:
            inside[0] = planes.y[2 * top : 2 * bottom : 2, 2 * left : 2 * right : 2]
            inside[1] = planes.u[top:bottom, left:right]
            inside[2] = planes.v[top:bottom, left:right]
        return found

    def inside(self, planes: Planes) -> Mask:
        """Which pixels lie within the frame, shape (height, width)."""
        (top, bottom), (left, right) = self._within(planes)
        found = np.zeros((self.height, self.width), dtype=np.bool_)
        found[top - self.top : bottom - self.top, left - self.left : right - self.left] = True
        return found

    def _within(self, planes: Planes) -> tuple[tuple[int, int], tuple[int, int]]:
        """First and end row, first and end column of the part that lies within the frame."""
        height, width = (planes.y if self.step == 1 else planes.u).shape
        return (
            (max(self.top, 0), min(self.top + self.height, height)),
            (max(self.left, 0), min(self.left + self.width, width)),
        )


def _peaks(overlay: Planes, original: Planes | None) -> list[tuple[int, int]]:
    """Places worth a close look, best first, as (row, column) of the chroma planes."""
    is_green = (overlay.v < CANDIDATE_V) & (overlay.u < CANDIDATE_U)
    rows, columns = np.divmod(np.flatnonzero(is_green), is_green.shape[1])
    if original is not None and rows.size > FEW_CANDIDATES:
        kept = _near_changes(overlay.v, original.v)[rows // BLOCK, columns // BLOCK]
        rows, columns = rows[kept], columns[kept]
    if not rows.size:
        return []
    disc, ring = _masks(2)
    reach = len(disc) // 2
    top, left = int(rows.min()) - reach, int(columns.min()) - reach
    height, width = int(rows.max()) + reach + 1 - top, int(columns.max()) + reach + 1 - left
    box = _Box(top, left, height, width, step=2)
    before = None if original is None else box.colours(original)
    green, black = _costs(box.colours(overlay), before, box.inside(overlay))
    rows, columns = rows - top, columns - left
    if rows.size > MOST_CANDIDATES:
        rough = _rough(green, black)[rows - reach, columns - reach]
        best = np.argpartition(rough, MOST_CANDIDATES)[:MOST_CANDIDATES]
        rows, columns = rows[best], columns[best]
    cost = _sums(green, disc, rows, columns) + _sums(black, ring, rows, columns)
    peaks: list[tuple[int, int]] = []
    for place in np.argsort(cost, kind="stable"):
        if cost[place] >= 0 or len(peaks) == MOST_PEAKS:
            break
        row, column = int(rows[place]) + top, int(columns[place]) + left
        if all(max(abs(row - r), abs(column - c)) >= PEAK_DISTANCE for r, c in peaks):
            peaks.append((row, column))
    return peaks


def _near_changes(shown: Plane, before: Plane) -> Mask:
    """Which blocks of BLOCK pixels lie at or next to one in which something was drawn.

    Wherever a dot is drawn V changes: what has the V of the disc has not that of the ring.
    """
    changed = np.maximum(shown, before) - np.minimum(shown, before) > LEAST_CHANGE
    changed &= shown < RED_V
    # A byte holds the bits of BLOCK columns, which is the fastest way to join them.
    joined = np.packbits(changed, axis=1)
    joined = np.bitwise_or.reduceat(joined, range(0, len(joined), BLOCK), axis=0)
    near = np.pad(joined > 0, 1)
    near = near[:-2] | near[1:-1] | near[2:]
    found: Mask = near[:, :-2] | near[:, 1:-1] | near[:, 2:]
    return found


def _fit(overlay: Planes, original: Planes | None, peak: tuple[int, int]) -> Fit:
    """The best centre within REACH of a pixel of the chroma planes, to the pixel of luma."""
    disc, ring = _masks(1)
    side = len(disc)
    top, bottom = _range(peak[0], overlay.y.shape[0])
    left, right = _range(peak[1], overlay.y.shape[1])
    box = _Box(top - side // 2, left - side // 2, bottom - top + side, right - left + side, step=1)
    shown, inside = box.colours(overlay), box.inside(overlay)
    before = None if original is None else box.colours(original)
    cost = sum(
        np.lib.stride_tricks.sliding_window_view(costs, mask.shape).reshape(-1, mask.size)
        @ mask.ravel().astype(np.float32)
        for costs, mask in zip(_costs(shown, before, inside), (disc, ring), strict=True)
    )
    row, column = divmod(int(np.argmin(cost)), right - left + 1)
    place = np.s_[..., row : row + side, column : column + side]
    seen = None if before is None else before[place]
    return _judged(left + column, top + row, shown[place], seen, inside[place])


def _judged(x: int, y: int, shown: Colours, before: Colours | None, inside: Mask) -> Fit:
    """Say how well a dot in the middle of these pixels explains them."""
    errors: list[float] = []
    gained = possible = 0.0
    for mask, colour in zip(_masks(1), (GREEN, BLACK), strict=True):
        region = shown[:, mask & inside]
        drawn = np.array(colour, dtype=np.float32)[:, None]
        squares = (region - drawn) ** 2
        errors.append(float(np.sqrt(squares.mean())))
        if before is not None:
            bare = before[:, mask & inside]
            gained += float(((region - bare) ** 2 - squares).sum())
            possible += float(((drawn - bare) ** 2).sum())
    return Fit(x, y, gained / possible if possible else 1.0, *errors)


def _range(chroma: int, size: int) -> tuple[int, int]:
    """The first and the last centre to try along one axis, px."""
    return max(2 * chroma - REACH, 0), min(2 * chroma + 1 + REACH, size - 1)


def _costs(shown: Colours, before: Colours | None, inside: Mask) -> tuple[Colours, Colours]:
    """Per pixel: how much worse green, or black, explains it than the original does.

    Negative where the drawn colour is the better explanation; 0 outside the frame.
    """
    rest = ((shown - before) ** 2).sum(axis=0) if before is not None else 3 * UNKNOWN_ERROR**2
    green, black = (
        (((shown - np.array(colour, dtype=np.float32)[:, None, None]) ** 2).sum(axis=0) - rest)
        * inside
        for colour in (GREEN, BLACK)
    )
    return green, black


def _sums(cost: Colours, mask: Mask, rows: Places, columns: Places) -> Colours:
    """The sum of `cost` under `mask` laid on each place, shape (places,)."""
    down, right = np.nonzero(mask)
    reach = len(mask) // 2
    offsets = (down - reach) * cost.shape[1] + right - reach
    places = rows * cost.shape[1] + columns
    total: Colours = cost.ravel()[places[:, None] + offsets].sum(axis=1)
    return total


def _rough(green: Colours, black: Colours) -> Colours:
    """Like the sums of disc and ring, with squares for circles: some additions per pixel.

    Shape: that of the maps without the reach of the mask at each border.
    """
    outer = len(_masks(2)[0])
    inner = int(DISC_RADIUS) - 1  # odd as the other, so that both have a middle
    edge = (outer - inner) // 2
    return _squares(black, outer) + _squares(green - black, inner)[edge:-edge, edge:-edge]


def _squares(values: Colours, side: int) -> Colours:
    """The sum over each square of `side` pixels that lies within, to some tens of units."""
    for _ in range(2):  # along the columns, then along the rows
        running = np.cumsum(np.pad(values, ((1, 0), (0, 0))), axis=0)
        values = (running[side:] - running[:-side]).T
    return values


@lru_cache(maxsize=2)
def _masks(step: int) -> tuple[Mask, Mask]:
    """Disc and ring as square masks with the centre in the middle; a pixel is `step` px wide."""
    reach = int(np.ceil(RING_RADII[1] / step))
    rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    distance = np.hypot(rows, columns) * step
    return distance <= DISC_RADIUS, (distance > RING_RADII[0]) & (distance <= RING_RADII[1])
