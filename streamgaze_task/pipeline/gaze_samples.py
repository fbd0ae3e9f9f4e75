"""Gaze as recordings have it: with what the tracker said of each sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from streamgaze_task.gaze import GazeTable
from streamgaze_task.pipeline.records import GAZE_TYPES

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEVER_VALID = ("blink", "untracked", "outside")
"""Types of samples that hold no gaze inside the frame."""


@dataclass(frozen=True, eq=False)
class GazeSamples:
    """The gaze of one recording, in order of time; arrays of shape (N,) that cannot be written to.

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
    types: NDArray[np.str_]
    """One of streamgaze_task.pipeline.records.GAZE_TYPES each."""

    def __post_init__(self) -> None:
        """Check and freeze."""
        columns = {
            name: np.asarray(getattr(self, name), np.float64) for name in ("seconds", "x", "y")
        }
        types = np.asarray(self.types, np.str_)
        valid = np.asarray(self.valid, np.bool_)
        if len({column.shape for column in (*columns.values(), types, valid)}) != 1:
            raise ValueError("columns must have one shape (N,)")
        if not np.isfinite(columns["seconds"]).all() or (np.diff(columns["seconds"]) < 0).any():
            raise ValueError("seconds must be finite and ascend")
        unknown = set(np.unique(types).tolist()) - set(GAZE_TYPES)
        if unknown:
            raise ValueError(f"types must be of {', '.join(GAZE_TYPES)}, not {sorted(unknown)}")
        x, y = columns["x"], columns["y"]
        inside = (x >= 0) & (x <= 1) & (y >= 0) & (y <= 1)
        frozen = {**columns, "valid": valid & inside & ~np.isin(types, NEVER_VALID), "types": types}
        for name, column in frozen.items():
            kept = column.copy()
            kept.setflags(write=False)
            object.__setattr__(self, name, kept)

    def __len__(self) -> int:
        return len(self.seconds)

    def table(self) -> GazeTable:
        """The same as the table that prompts and fixations are made from, kind ``samples``."""
        columns = {name: getattr(self, name) for name in ("seconds", "x", "y", "valid")}
        kind = "samples" if len(self) else "none"
        return GazeTable.from_columns({**columns, "kind": kind})
