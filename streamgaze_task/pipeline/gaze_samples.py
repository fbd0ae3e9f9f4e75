"""Gaze as recordings have it: with what the tracker said of each sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from streamgaze_task.gaze import GazeTable
from streamgaze_task.pipeline.records import GAZE_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

NEVER_VALID = ("blink", "untracked", "outside")
"""Types of samples that hold no gaze inside the frame."""

PIECE_ROWS = 1 << 14
"""So many samples a piece of a recording has at least: 9 minutes of 30 a second (ours: what is made
of a piece has some 300 bytes a sample, 5 MB)."""

_NEVER_VALID = np.isin(GAZE_TYPES, NEVER_VALID)


@dataclass(frozen=True, eq=False)
class GazeSamples:
    """The gaze of one recording, in order of time; arrays of shape (N,) that cannot be written to.

    26 bytes a sample. Arrays that could be written to are copied, others are taken as they are.

    Raises:
        ValueError: the columns differ in length, a time is not finite or goes back, or a type is
            unknown.
    """

    seconds: NDArray[np.float64]
    """Of the video, >= 0 where the video runs."""
    x: NDArray[np.float64]
    """From the left edge, in widths of the frame. May lie outside [0, 1] or be NaN; by the
    published rules also a made-up place where nothing was seen."""
    y: NDArray[np.float64]
    """From the top edge, in heights of the frame; as `x`."""
    valid: NDArray[np.bool_]
    """Whether there is gaze inside the frame: never for NEVER_VALID, NaN and outside [0, 1]."""
    codes: NDArray[np.int8]
    """What the tracker said: a position in streamgaze_task.pipeline.records.GAZE_TYPES each."""

    def __post_init__(self) -> None:
        """Check and freeze."""
        seconds, x, y = (np.asarray(each, np.float64) for each in (self.seconds, self.x, self.y))
        valid, codes = np.asarray(self.valid, np.bool_), np.asarray(self.codes, np.int8)
        if len({column.shape for column in (seconds, x, y, valid, codes)}) != 1:
            raise ValueError("columns must have one shape (N,)")
        if not np.isfinite(seconds).all() or (seconds[1:] < seconds[:-1]).any():
            raise ValueError("seconds must be finite and ascend")
        if codes.size and not 0 <= codes.min() <= codes.max() < len(GAZE_TYPES):
            raise ValueError(f"codes must be from 0 to {len(GAZE_TYPES) - 1}")
        inside = (x >= 0) & (x <= 1) & (y >= 0) & (y <= 1)
        inside &= valid & ~_NEVER_VALID[codes]
        frozen = {"seconds": seconds, "x": x, "y": y, "valid": inside, "codes": codes}
        for name, column in frozen.items():
            kept = column.copy() if column.flags.writeable and name != "valid" else column
            kept.setflags(write=False)
            object.__setattr__(self, name, kept)

    def __len__(self) -> int:
        return len(self.seconds)

    @property
    def types(self) -> NDArray[np.str_]:
        """What the tracker said in words, one of GAZE_TYPES each; made anew each time."""
        return np.array(GAZE_TYPES)[self.codes]

    def is_type(self, name: str) -> NDArray[np.bool_]:
        """Which samples are of a type."""
        told: NDArray[np.bool_] = self.codes == GAZE_TYPES.index(name)
        return told

    def part(self, begin: int, end: int) -> GazeSamples:
        """Some samples by their positions, without a copy."""
        seconds, x, y = (column[begin:end] for column in (self.seconds, self.x, self.y))
        return GazeSamples(seconds, x, y, self.valid[begin:end], self.codes[begin:end])

    def pieces(self, gap_seconds: float, *, rows: int = PIECE_ROWS) -> Iterator[GazeSamples]:
        """All samples in pieces, cut only where there is no valid one for longer than a gap.

        What joins no valid samples further apart than `gap_seconds` is found piece by piece as it
        is in the whole. A piece begins with its first valid sample, or the invalid one before it,
        so that valid samples last as long as in the whole (see
        :meth:`streamgaze_task.gaze.GazeTable.from_columns`).

        Args:
            gap_seconds: between the starts of two valid samples; more than
                :data:`streamgaze_task.gaze.MAX_GAP_SECONDS`.
            rows: length from which on pieces are cut. Without a gap they grow.
        """
        begin = 0
        for cut in self._gaps(gap_seconds, rows):
            if cut - begin >= rows:
                yield self.part(begin, cut)
                begin = cut if self.valid[cut - 1] else cut - 1
        yield self.part(begin, len(self))

    def _gaps(self, gap_seconds: float, rows: int) -> Iterator[int]:
        """Valid samples that come later after the last one than the gap."""
        last = np.nan
        for begin in range(0, len(self), rows):
            found = begin + np.flatnonzero(self.valid[begin : begin + rows])
            times = self.seconds[found]
            yield from found[np.diff(times, prepend=last) > gap_seconds].tolist()
            last = times[-1] if times.size else last

    def table(self) -> GazeTable:
        """The same as the table that prompts and fixations are made from, kind ``samples``."""
        columns = {name: getattr(self, name) for name in ("seconds", "x", "y", "valid")}
        kind = "samples" if len(self) else "none"
        return GazeTable.from_columns({**columns, "kind": kind})


def codes_of(names: Sequence[str] | NDArray[np.str_]) -> NDArray[np.int8]:
    """Positions of types in GAZE_TYPES.

    Raises:
        ValueError: there is no such type.
    """
    told: Any = np.asarray(names, np.str_)
    if unknown := set(np.unique(told).tolist()) - set(GAZE_TYPES):
        raise ValueError(f"types must be of {', '.join(GAZE_TYPES)}, not {sorted(unknown)}")
    order = np.argsort(GAZE_TYPES)
    found: NDArray[np.int8] = order[np.searchsorted(GAZE_TYPES, told, sorter=order)].astype(np.int8)
    return found
