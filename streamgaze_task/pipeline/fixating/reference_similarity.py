"""How alike the published merging takes two moments to be (pipeline step 2.5)."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from sightline.video import scan
from streamgaze_task.pipeline.fixating.pictures import correlation, pictures

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FRAMES = 5
"""Frames of a span, at equal distances from its start to its end (step 2.5)."""


def scene_similarity(video: Path) -> Callable[[float, float], float | None]:
    """The smallest correlation of neighbouring frames of a span; None where there are not two.

    Args:
        video: an mp4; it is scanned once.

    Raises:
        DatasetError: the video cannot be opened.
    """
    scanned = scan(video)

    def similarity(start: float, end: float) -> float | None:
        times = np.linspace(start, end, FRAMES).tolist()
        wanted = [int(at * scanned.fps) for at in times]
        inside = [index for index in wanted if 0 <= index < scanned.frame_count]
        found = dict(pictures(video, scanned, inside))
        seen = [picture for index in inside if (picture := found.get(index)) is not None]
        return min((correlation(*pair) for pair in pairwise(seen)), default=None)

    return similarity
