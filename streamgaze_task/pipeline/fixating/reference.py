"""The authors' own fixations, faults included: pipeline step 1 of daeunni/StreamGaze.

Their README calls it I-VT; what runs is an anchor rule. The first sample of a span is its anchor,
and the first sample that lies outside a disc around the anchor ends the span. The disc is measured
in widths across and in heights down, so in pixels it is an ellipse. What the tracker says of a
sample is not asked: lost samples, which their tables put at the frame's corner, form fixations
there.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from streamgaze_task.pipeline.records import FoundFixation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from streamgaze_task.pipeline.gaze_samples import GazeSamples
    from streamgaze_task.pipeline.records import VideoFacts

MIN_SECONDS = 2.0
"""Shortest span (pipeline step 1)."""
GAP_SECONDS = 0.01
"""A sample outside the disc that comes so soon after the one before is passed over (pipeline step
1). Their tables have one row a frame, further apart than that, so it never happens there."""
RADII = {"egtea": 0.15, "ego4d": 0.088}
"""Of the disc, by the recording's format (pipeline step 1)."""
RADIUS_PX = 96
"""Of the disc in all other formats, over the frame's width in pixels: step 1 says so of EgoExoLearn
and HoloAssist. The two of RADII are 96 over 640 and, rounded, over 1088."""
MADE_UP = {"holoassist": (0.5, 0.5)}
"""Where their tables put lost samples: the middle for HoloAssist, the corner (0, 0) for others."""


def reference_fixations(
    samples: GazeSamples,
    video: VideoFacts,
    format: str,  # noqa: A002 (what a recording's configuration calls it)
) -> tuple[FoundFixation, ...]:
    """The spans that the published rule takes for fixations, in order of time; none is dropped.

    Unlike elsewhere ``end_seconds`` is the time of the last sample, as published.

    Args:
        samples: the table as their step 1 writes it, made-up places included. Places that are
            missing (NaN) are put where that step puts lost samples.
        video: its width, where the disc depends on it.
        format: ``egtea``, ``ego4d``, ``egoexolearn``, ``holoassist`` or one that they do not have.
    """
    made_up = MADE_UP.get(format, (0.0, 0.0))
    x = np.where(np.isnan(samples.x), made_up[0], samples.x)
    y = np.where(np.isnan(samples.y), made_up[1], samples.y)
    radius = RADII.get(format, RADIUS_PX / video.width)
    return tuple(
        FoundFixation(
            number=number,
            start_seconds=float(samples.seconds[first]),
            end_seconds=float(samples.seconds[last]),
            x=float(x[first : last + 1].mean()),
            y=float(y[first : last + 1].mean()),
        )
        for number, (first, last) in enumerate(_spans(samples.seconds, x, y, radius))
    )


def _spans(
    seconds: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64], radius: float
) -> list[tuple[int, int]]:
    """First and last sample of each span that lasts long enough."""
    times, across, down = seconds.tolist(), x.tolist(), y.tolist()
    found: list[tuple[int, int]] = []
    anchor = 0
    for i in range(1, len(times)):
        away_x, away_y = across[i] - across[anchor], down[i] - down[anchor]
        if math.sqrt(away_x * away_x + away_y * away_y) <= radius:
            continue
        if times[i] - times[i - 1] <= GAP_SECONDS:
            continue
        if times[i - 1] - times[anchor] >= MIN_SECONDS:
            found.append((anchor, i - 1))
        anchor = i
    if times and times[-1] - times[anchor] >= MIN_SECONDS:
        found.append((anchor, len(times) - 1))
    return found
