"""The authors' own filter of fixations: pipeline step 1.5 of daeunni/StreamGaze.

Differs from ours in that pictures that cannot be read let a fixation pass, in the length, and in
that nothing is cut off.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from sightline.errors import DatasetError
from sightline.video import scan
from streamgaze_task.pipeline.fixating.pictures import by_owner, correlation

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sightline.progress import Progress
    from streamgaze_task.pipeline.fixating.pictures import Picture
    from streamgaze_task.pipeline.records import FoundFixation

MIN_CORRELATIONS = {"holoassist": 0.5}
"""By the recording's format."""
MIN_CORRELATION = 0.9
"""Of all other formats."""
MIN_SECONDS = 2.5
BLACK_LEVEL = 10
"""Mean grey, 0 to 255."""
BLACK_LOOKS, BLACK_FRAMES = 5, 3
"""Of so many frames, so many must be black."""
LEAST_FRAMES = 5
FRAMES_PER_SECOND = 2

BLACK, CHANGES, SHORT = "black pictures", "scene changes", "short"


def reference_scenes(
    video: Path,
    fixations: Sequence[FoundFixation],
    format: str,  # noqa: A002 (what a recording's configuration calls it)
    progress: Progress,
    *,
    threads: int = 1,
) -> tuple[FoundFixation, ...]:
    """The fixations as the published filter leaves them.

    In its order: black pictures, pictures that change, and shorter than 2.5 s. Frames are counted,
    second times frame rate, as there; one that is not there is passed over. A video that cannot be
    opened, and a fixation of which fewer than two frames can be read, drop nothing.

    Args:
        video: an mp4.
        fixations: of :func:`streamgaze_task.pipeline.fixating.reference.reference_fixations`.
        format: ``egtea``, ``ego4d``, ``egoexolearn``, ``holoassist`` or one that they do not have.
        progress: told about every picture.
        threads: of the decoder.
    """
    seen = [_Seen() for _ in fixations]
    try:
        scanned = scan(video)
    except DatasetError:
        scanned = None
    if scanned is not None:
        plans = [_Plan.of(fixation, scanned.fps) for fixation in fixations]
        inside = [
            sorted({i for i in (*plan.scene, *plan.black) if 0 <= i < scanned.frame_count})
            for plan in plans
        ]
        for place, index, picture in by_owner(video, scanned, inside, progress, threads=threads):
            if picture is not None:
                seen[place].add(plans[place], index, picture)
            if index == inside[place][-1]:
                seen[place].last = None
    least = MIN_CORRELATIONS.get(format, MIN_CORRELATION)
    return tuple(_judged(*pair, least) for pair in zip(fixations, seen, strict=True))


@dataclass(frozen=True)
class _Plan:
    """Positions of the frames that the two tests look at; they may repeat."""

    scene: tuple[int, ...]
    black: tuple[int, ...]

    @classmethod
    def of(cls, fixation: FoundFixation, fps: float) -> _Plan:
        def at(count: int) -> tuple[int, ...]:
            times = np.linspace(fixation.start_seconds, fixation.end_seconds, count)
            return tuple(int(seconds * fps) for seconds in times.tolist())

        return cls(
            at(max(LEAST_FRAMES, int(FRAMES_PER_SECOND * fixation.seconds))), at(BLACK_LOOKS)
        )


@dataclass
class _Seen:
    """What was seen of one fixation so far."""

    black: int = 0
    score: float | None = None
    last: Picture | None = field(default=None, repr=False)

    def add(self, plan: _Plan, index: int, picture: Picture) -> None:
        if picture.grey < BLACK_LEVEL:
            self.black += plan.black.count(index)
        for _ in range(plan.scene.count(index)):
            if self.last is not None:
                alike = correlation(self.last, picture)
                self.score = alike if self.score is None else min(self.score, alike)
            self.last = picture


def _judged(fixation: FoundFixation, seen: _Seen, least: float) -> FoundFixation:
    dropped = ""
    if seen.black >= BLACK_FRAMES:
        dropped = BLACK
    elif seen.score is not None and seen.score < least:
        dropped = CHANGES
    elif fixation.seconds < MIN_SECONDS:
        dropped = SHORT
    return replace(fixation, dropped=fixation.dropped or dropped, scene_correlation=seen.score)
