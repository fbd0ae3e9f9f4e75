"""Gaze read back from the overlay videos, for releases without gaze coordinates.

Each frame is read on its own: its coordinates come from that frame of the overlay and the same
frame of the original, never from its neighbours. So no look into the future can leak into a row.

Measured by ``scripts/bench/recovery.py`` on the sample release: the very pixel in every frame, and
no frame with the wrong validity. Known limits: the dot is expected at the size at which it was
drawn, so an overlay video that was scaled afterwards by more than a tenth is not read; a video
whose header asks for a mirror is read unmirrored (turns are obeyed).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from streamgaze_task.gaze import GazeTable
from streamgaze_task.recovery.dot import find_dot
from streamgaze_task.recovery.pairing import pairs

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def recover(overlay: Path, original: Path | None) -> GazeTable:
    """The gaze that was drawn into a video.

    Both videos are decoded once, side by side, a frame of each in memory. Frames go together as
    :func:`streamgaze_task.recovery.pairing.partners` says; where the original has none, or is not
    given, the look of the dot decides alone, and a real object that looks like the dot (a green
    disc of radius 8 px with a black rim) would be taken for it.

    Args:
        overlay: the mp4 with the green dot drawn in.
        original: the mp4 without it; another size is scaled to the overlay's.

    Returns:
        One row for each frame of the overlay, kind ``recovered``: `seconds` is its time on the
        original's clock, the duration lasts until the next frame. A valid row's x and y name the
        middle of the dot's central pixel, so that ``(int(x * width), int(y * height))`` is that
        pixel. A row is not valid where no dot was found.

    Raises:
        DatasetError: a file is missing, is no mp4 with a video stream, or cannot be decoded to
            its end.
    """
    seconds: list[float] = []
    places: list[tuple[float, float]] = []
    for at, shown, before in pairs(overlay, original):
        found = find_dot(shown, before)
        height, width = shown.y.shape
        seconds.append(at)
        places.append(
            ((found[0] + 0.5) / width, (found[1] + 0.5) / height) if found else (np.nan, np.nan)
        )
    return _table(np.array(seconds), np.array(places).reshape(-1, 2))


def _table(seconds: NDArray[np.float64], places: NDArray[np.float64]) -> GazeTable:
    steps = np.diff(seconds)
    last = np.median(steps) if steps.size else 0.0
    x, y = places.T
    return GazeTable(
        seconds=seconds,
        duration_seconds=np.append(steps, last)[: len(seconds)],
        x=x,
        y=y,
        valid=~np.isnan(x),
        kind="recovered",
    )
