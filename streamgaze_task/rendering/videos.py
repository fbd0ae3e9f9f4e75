"""Which videos the sample release holds, one table."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

RADIUS_OF_WIDTH = 0.156
"""Radius of the released field-of-view circle by the video's width (the pipeline of
daeunni/StreamGaze, for EgoExoLearn and HoloAssist)."""
EGTEA_RADIUS, EGTEA_WIDTH = 100, 640
"""EGTEA's circle has 100 px in frames 640 wide (same source). Ours are narrower, so the circle
shrinks with the width and encloses the same part of the scene."""


@dataclass(frozen=True)
class Video:
    """One video of the sample release."""

    video_id: str
    """The file's name without suffix, in its source's style."""
    source: str
    """One of streamgaze_task.task_names.SOURCES."""
    category: str
    """What ``video_categories`` says."""
    width: int
    """Pixels, even."""
    height: int
    """Pixels, even."""
    fps: Fraction
    """Frames a second."""
    seconds: float
    """Length."""
    wall: tuple[int, int, int]
    """Colour of the room's wall, RGB."""
    board: tuple[int, int, int]
    """Colour of its shelf and counter, RGB."""

    @property
    def frame_count(self) -> int:
        """How many frames it has."""
        return round(self.seconds * self.fps)

    @property
    def radius(self) -> int:
        """Radius of its field-of-view circle, pixels."""
        if self.source == "egtea":
            return round(EGTEA_RADIUS * self.width / EGTEA_WIDTH)
        return int(RADIUS_OF_WIDTH * self.width)


VIDEOS: tuple[Video, ...] = (
    Video(
        video_id="OP01-R01-PastaSalad",
        source="egtea",
        category="EGTEA",
        width=320,
        height=240,
        fps=Fraction(10),
        seconds=240.0,
        wall=(222, 214, 196),
        board=(150, 108, 70),
    ),
    Video(
        video_id="P13-R05-Cheeseburger",
        source="egtea",
        category="EGTEA",
        width=320,
        height=240,
        fps=Fraction(10),
        seconds=190.0,
        wall=(198, 214, 216),
        board=(116, 96, 84),
    ),
    Video(
        video_id="bee9d8dc-2a60-4a3f-9c1e-5d1f0c7a64b2",
        source="egoexolearn",
        category="EgoExoLearn",
        width=320,
        height=240,
        fps=Fraction(10),
        seconds=330.0,
        wall=(214, 204, 214),
        board=(134, 134, 140),
    ),
    Video(
        video_id="z001-june-17-22-toolbench",
        source="holoassist",
        category="HoloAssist",
        width=426,
        height=240,
        fps=Fraction(1223, 150),  # a third of HoloAssist's 24.46
        seconds=210.0,
        wall=(206, 212, 190),
        board=(170, 136, 92),
    ),
)
"""The videos, with names in their sources' styles. Lengths are 3 to 6 minutes."""

BY_ID = {video.video_id: video for video in VIDEOS}
"""Name -> video."""
