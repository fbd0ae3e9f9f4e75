"""Which fixations show one steady scene, from the pictures during them.

The paper's rule (arXiv 2512.01707, section 3): the least Pearson correlation between the
hue-saturation histograms of consecutive frames must reach a threshold. One walk through the video;
only the last picture of the current fixation is held.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from sightline.video import scan
from streamgaze_task.gaze import CLOCK_SECONDS
from streamgaze_task.pipeline.fixating.pictures import by_owner, correlation

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sightline.progress import Progress
    from sightline.video import Scan
    from streamgaze_task.pipeline.fixating.pictures import Picture
    from streamgaze_task.pipeline.fixating.settings import SceneSettings
    from streamgaze_task.pipeline.records import FoundFixation

OUTSIDE = "outside the video"
"""The fixation begins before the video does, or ends later."""
UNREADABLE = "pictures cannot be read"
"""At least one of its pictures, or there are fewer than two."""
BLACK = "black pictures"
CHANGES = "scene changes"


def judge_scenes(
    video: Path,
    fixations: Sequence[FoundFixation],
    settings: SceneSettings,
    progress: Progress,
    *,
    threads: int = 1,
) -> tuple[FoundFixation, ...]:
    """The fixations, each with how alike its pictures are, or why it is not used further.

    Those that are dropped already stay as they are. A turn of the head at an edge is cut off: the
    fixation then begins (or ends) at the first (last) picture of its steady part, whose correlation
    is the one told; its centre stays, which lies within the dispersion of every part.

    Args:
        video: an mp4.
        fixations: in order of time.
        settings: the thresholds.
        progress: told about every picture.
        threads: of the decoder; one, because recordings run in parallel.

    Raises:
        DatasetError: the video is missing or cannot be opened.
    """
    scanned = scan(video)
    judged = list(fixations)
    seen: dict[int, _Seen] = {}
    wanted = [_wanted(fixation, scanned, settings) for fixation in fixations]
    for place, fixation in enumerate(fixations):
        if not fixation.dropped and not wanted[place]:
            judged[place] = replace(fixation, dropped=OUTSIDE)
    for place, index, picture in by_owner(video, scanned, wanted, progress, threads=threads):
        watched = seen.setdefault(place, _Seen())
        watched.add(scanned.pts_seconds[index], picture, settings.black_level)
        if index == wanted[place][-1]:
            judged[place] = _judged(fixations[place], seen.pop(place), settings)
    return tuple(judged)


@dataclass
class _Seen:
    """What was seen of one fixation so far: numbers, and its last picture."""

    times: list[float] = field(default_factory=list)
    correlations: list[float] = field(default_factory=list)
    black: int = 0
    unread: int = 0
    last: Picture | None = None

    def add(self, seconds: float, picture: Picture | None, black_level: float) -> None:
        if picture is None:
            self.unread += 1
            return
        if self.last is not None:
            self.correlations.append(correlation(self.last, picture))
        self.times.append(seconds)
        self.black += picture.grey < black_level
        self.last = picture


def _wanted(fixation: FoundFixation, scanned: Scan, settings: SceneSettings) -> list[int]:
    """Positions of the frames to look at, ascending; none where the fixation leaves the video."""
    if fixation.dropped:
        return []
    times = scanned.pts_seconds
    frame = 1 / scanned.fps if scanned.fps else 0.0
    begin, end = fixation.start_seconds, fixation.end_seconds
    if begin < times[0] - frame or end > scanned.duration_seconds + frame:
        return []
    count = int(np.ceil((end - begin) * settings.frames_per_second)) + 1
    moments = np.linspace(begin, end, max(count, settings.least_frames)).tolist()
    last = max(bisect_left(times, end - CLOCK_SECONDS) - 1, 0)
    shown = [bisect_right(times, moment + CLOCK_SECONDS) - 1 for moment in moments]
    return sorted({min(max(index, 0), last) for index in shown})


def _judged(fixation: FoundFixation, seen: _Seen, settings: SceneSettings) -> FoundFixation:
    """The fixation as its pictures leave it."""
    if seen.unread or not seen.correlations:
        return replace(fixation, dropped=UNREADABLE)
    least = min(seen.correlations)
    if seen.black >= settings.black_share * len(seen.times):
        return replace(fixation, dropped=BLACK, scene_correlation=least)
    if least >= settings.min_correlation:
        return replace(fixation, scene_correlation=least)
    first, last = _steady(seen.correlations, settings.min_correlation)
    begin = seen.times[first] if first else fixation.start_seconds
    end = seen.times[last] if last < len(seen.correlations) else fixation.end_seconds
    cut = max(begin - fixation.start_seconds, fixation.end_seconds - end)
    if cut > settings.edge_seconds or end - begin < settings.min_seconds or first == last:
        return replace(fixation, dropped=CHANGES, scene_correlation=least)
    return replace(
        fixation,
        start_seconds=begin,
        end_seconds=end,
        scene_correlation=min(seen.correlations[first:last]),
    )


def _steady(correlations: Sequence[float], least: float) -> tuple[int, int]:
    """First and last picture of the longest part without a change, the earliest of equal ones."""
    changes = [place for place, value in enumerate(correlations) if value < least]
    firsts = [0, *(place + 1 for place in changes)]
    lasts = [*changes, len(correlations)]
    return max(zip(firsts, lasts, strict=True), key=lambda part: (part[1] - part[0], -part[0]))
