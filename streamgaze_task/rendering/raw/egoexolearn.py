"""EgoExoLearn: one row (x, y, valid) for every frame at 30 a second, and a JSON list of actions.

Row k holds the sample that is nearest to k / 30 s, when it is less than one frame away: a tracker
of 30 samples a second that starts with the video comes back as it was. Samples outside the frame
are valid there; those without a position, and frames without a sample, are 0, 0, 0.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from streamgaze_task.rendering.raw.clip import CLOCK_SECONDS, Clip, write_text
from streamgaze_task.rendering.signals import NO_PLACE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from streamgaze_task.rendering.signals import Signal

FPS = 30
"""Rows a second."""


def write(folder: Path, clip: Clip, signal: Signal) -> None:
    """Write ``full/gazes_30fps_npy/<v>.npy``, float64."""
    path = folder / "full" / "gazes_30fps_npy" / f"{clip.name}.npy"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        np.save(file, rows(clip, signal), allow_pickle=False)


def rows(clip: Clip, signal: Signal) -> NDArray[np.float64]:
    """What the file holds, shape (rows, 3)."""
    times = np.arange(round(clip.seconds * FPS)) / FPS
    made = np.zeros((len(times), 3), np.float64)
    if not len(signal):
        return made
    found = nearest(signal.seconds, times)
    known = ~np.isin(signal.types, NO_PLACE)[found]
    known &= np.abs(signal.seconds[found] - times) < 1 / FPS - CLOCK_SECONDS
    made[known, 0] = signal.x[found[known]]
    made[known, 1] = signal.y[found[known]]
    made[known, 2] = 1
    return made


def nearest(among: NDArray[Any], times: NDArray[Any]) -> NDArray[np.intp]:
    """For each time the place of the nearest one among others that ascend; of two, the earlier."""
    after = np.clip(np.searchsorted(among, times), 1, max(len(among) - 1, 1))
    after = np.minimum(after, len(among) - 1)
    before = np.maximum(after - 1, 0)
    return np.where(np.abs(among[after] - times) < np.abs(times - among[before]), after, before)


def write_actions(folder: Path, name: str, actions: Sequence[tuple[float, float, str]]) -> None:
    """Write ``annotations/<v>.json``: a list of start, end and text.

    The authors' README and step 3 have the folder there, their step 1 in ``full/annotation``.
    """
    said = [{"start": start, "end": end, "textAttribute_en": text} for start, end, text in actions]
    text = json.dumps(said, indent=1, ensure_ascii=False) + "\n"
    write_text(folder / "annotations" / f"{name}.json", text)
