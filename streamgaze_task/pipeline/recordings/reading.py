"""What came out of the files of one recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from streamgaze_task.gaze import in_time
from streamgaze_task.pipeline.gaze_samples import GazeSamples, codes_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

PUBLISHED_TYPES = ("untracked", "fixation", "saccade", "unknown", "outside")
"""The published table's numbers 0 to 4 in our words (its ``truncated`` is our ``outside``)."""

_PUBLISHED = codes_of(PUBLISHED_TYPES)
BLINK, UNKNOWN, UNTRACKED, OUTSIDE = codes_of(("blink", "unknown", "untracked", "outside")).tolist()
"""Their codes, see :class:`GazeSamples`."""


@dataclass(frozen=True, eq=False)
class Reading:
    """Gaze, and what is to be told of how it was read."""

    samples: GazeSamples
    notes: tuple[str, ...] = ()
    """In words: malformed lines, times that went back, samples without a pose."""


def samples_of(
    seconds: NDArray[np.float64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    codes: NDArray[np.int8],
    *,
    sure: NDArray[np.bool_] | None = None,
) -> GazeSamples:
    """Ours: what was not seen has no place, what lies beyond the frame is outside, the rest valid.

    Args:
        seconds: ascending; shape (N,), as all columns. The columns are handed over: what has no
            place loses it there, and nothing else may be written to them any more.
        x: widths of the frame from its left edge; NaN where nothing was seen.
        y: heights of the frame from its top edge.
        codes: what the tracker says; a sample without a place becomes untracked, unless it is a
            blink or outside.
        sure: False for samples that keep their place but are not valid; None: all are.
    """
    known = np.isfinite(x) & np.isfinite(y)
    codes[~known & (codes != BLINK) & (codes != OUTSIDE)] = UNTRACKED
    placed = known & (codes != UNTRACKED) & (codes != BLINK)
    codes[placed & ((x < 0) | (x > 1) | (y < 0) | (y > 1))] = OUTSIDE
    x[~placed] = y[~placed] = np.nan
    for column in (seconds, x, y, codes):
        column.setflags(write=False)
    return GazeSamples(seconds, x, y, placed if sure is None else placed & sure, codes)


def in_order(
    seconds: NDArray[np.float64] | NDArray[np.int64], name: str
) -> tuple[slice | NDArray[np.intp], tuple[str, ...]]:
    """The order of time (equal times keep theirs), and a note when it was another."""
    back = int((seconds[1:] < seconds[:-1]).sum())
    return in_time(seconds), ((f"{name}: times go back {back} times; sorted",) if back else ())


def published_table(
    x: NDArray[np.float32], y: NDArray[np.float32], codes: NDArray[Any], fps: float
) -> GazeSamples:
    """The published pipeline's table: one row a frame, at frame / fps.

    Its places are float32, here widened without a change. Rows are valid where its type is
    neither untracked nor truncated; its own fixations never ask.

    Args:
        x: shape (frames,), as it has them, made-up places included.
        y: as `x`.
        codes: 0 to 4, see PUBLISHED_TYPES.
        fps: frames a second.
    """
    types = _PUBLISHED[codes.astype(np.intp)]
    seconds = np.arange(len(x), dtype=np.float64) / fps
    valid = (types != UNTRACKED) & (types != OUTSIDE)
    return GazeSamples(seconds, x.astype(np.float64), y.astype(np.float64), valid, types)
