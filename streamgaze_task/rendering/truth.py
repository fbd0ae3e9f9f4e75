"""The gaze of a rendered video as it was planned, without drawing anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from streamgaze_task.rendering import world
from streamgaze_task.rendering.scanpath import script_of
from streamgaze_task.rendering.videos import BY_ID

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from streamgaze_task.rendering.videos import Video


@dataclass(frozen=True)
class Fixation:
    """One look at one thing."""

    start: float
    """Seconds."""
    end: float
    """Seconds, exclusive."""
    thing: str
    """Name of what is looked at."""
    x: float
    """Mean gaze over its valid frames, [0, 1] of the width."""
    y: float
    """Mean gaze over its valid frames, [0, 1] of the height."""
    moving: bool
    """Whether the thing is being moved: a pursuit, whose x and y are an average over a path."""


@dataclass(frozen=True)
class Truth:
    """Gaze of every frame, and the scanpath that it follows."""

    video: Video
    """Size, rate and length of the video."""
    seconds: NDArray[np.float64]
    """When each frame is shown, shape (N,), k / fps."""
    x: NDArray[np.float64]
    """Shape (N,), [0, 1) of the width; NaN where `valid` is False."""
    y: NDArray[np.float64]
    """Shape (N,), [0, 1) of the height; NaN where `valid` is False."""
    valid: NDArray[np.bool_]
    """Shape (N,): whether there is gaze, which is whether the overlay is drawn."""
    fixations: tuple[Fixation, ...]
    """In order; what lies between them are saccades, turns and losses."""


def truth(video_id: str, *, seed: int = 0) -> Truth:
    """The true gaze of one video of the sample release.

    Args:
        video_id: its name without suffix, one of streamgaze_task.rendering.videos.BY_ID.
        seed: the seed that the release was made with.

    Raises:
        KeyError: the release has no such video.
    """
    return truth_of(script_of(BY_ID[video_id], seed))


def truth_of(script: world.Script) -> Truth:
    """The true gaze of a script."""
    video = script.video
    times = frame_times(video)
    gaze = [world.gaze(script, at) for at in times]
    found = np.array([(np.nan, np.nan) if at is None else at for at in gaze], np.float64)
    x, y = found[:, 0] / video.width, found[:, 1] / video.height
    seconds, valid = np.array(times, np.float64), ~np.isnan(found[:, 0])
    fixations = []
    for look in script.looks:
        inside = (seconds >= look.start) & (seconds < look.end) & valid
        place = (float(x[inside].mean()), float(y[inside].mean()))
        fixations.append(Fixation(look.start, look.end, look.thing, *place, look.moving))
    return Truth(video, seconds, x, y, valid, tuple(fixations))


def frame_times(video: Video) -> list[float]:
    """When each frame is shown, seconds."""
    return [float(k / video.fps) for k in range(video.frame_count)]
