"""The pictures of a few fixations at a time, decoded from the video where they are needed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sightline.forward_pass import ForwardPass
from sightline.video import scan
from streamgaze_task.pipeline.labelling.moments import fixation_frames, reference_frames
from streamgaze_task.pipeline.labelling.pictures import (
    Circle,
    Picture,
    circle_at,
    reference_crop,
    reference_mask,
    reference_radius,
    shown_crop,
    shown_mask,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from sightline.video import Frame, Scan
    from streamgaze_task.cameras import Camera
    from streamgaze_task.gaze import GazeTable
    from streamgaze_task.pipeline.labelling.settings import LabelSettings
    from streamgaze_task.pipeline.records import FoundFixation, Method

DECODER_THREADS = 1
"""Recordings run beside each other in processes, and models need the cores more."""


@dataclass(frozen=True)
class Shown:
    """What a labeller is shown of one fixation, in order of time."""

    crops: tuple[Picture, ...]
    masks: tuple[Picture, ...]


class Footage:
    """One video.

    Args:
        path: an mp4.

    Raises:
        DatasetError: it cannot be decoded.
    """

    def __init__(self, path: Path) -> None:
        self.scan: Scan = scan(path)
        """What its packets say."""
        self._forward = ForwardPass(path, self.scan, threads=DECODER_THREADS)

    def frames(self, indices: Collection[int]) -> Iterator[Frame]:
        """Frames by their positions, in order of time.

        Raises:
            DatasetError: the video cannot be decoded.
        """
        return self._forward.frames(indices)


@dataclass(frozen=True)
class Showing:
    """How fixations are shown."""

    camera: Camera
    gaze: GazeTable | None
    """Where the gaze is at each frame; None takes the fixation's mean position for all."""
    settings: LabelSettings
    method: Method

    def frames_of(self, scanned: Scan, fixation: FoundFixation) -> list[int]:
        """Positions of the frames that are shown of a fixation."""
        start, end = fixation.start_seconds, fixation.end_seconds
        if self.method == "reference":
            return reference_frames(scanned.frame_count, scanned.fps, start, end)
        settings = self.settings
        most, apart = settings.frames_per_fixation, settings.apart_seconds
        return fixation_frames(scanned.pts_seconds, start, end, most=most, apart=apart)

    def pictures(self, frame: Frame, fixation: FoundFixation) -> tuple[Picture, Picture]:
        """Crop and mask of one frame."""
        pixels, settings = np.asarray(frame.image), self.settings
        circle = self._circle(frame, fixation)
        if self.method == "reference":
            return reference_crop(pixels, circle), reference_mask(pixels, circle)
        crop = shown_crop(pixels, circle, settings.crop_side)
        return crop, shown_mask(pixels, circle, settings.image_side)

    def _circle(self, frame: Frame, fixation: FoundFixation) -> Circle:
        size = frame.image.size
        centre = (fixation.x, fixation.y)
        if self.method == "reference":
            return circle_at(centre, reference_radius(size[0], self.camera.hfov_degrees), size)
        radius = self.camera.radius_px(self.settings.fov_degrees, size[0])
        middle = circle_at(centre, radius, size)
        point = self.gaze.at(frame.pts_seconds) if self.gaze else None
        there = circle_at(point, radius, size) if point else middle
        # Farther away it is an outlier that the fixation bridged, or before its start.
        away = math.hypot(there.x - middle.x, there.y - middle.y)
        return there if away <= radius else middle


def shown_of(footage: Footage, fixations: Sequence[FoundFixation], how: Showing) -> list[Shown]:
    """What is shown of these fixations; only their pictures are in memory.

    Raises:
        DatasetError: the video cannot be decoded.
    """
    wanted = [how.frames_of(footage.scan, fixation) for fixation in fixations]
    found: list[list[tuple[Picture, Picture]]] = [[] for _ in fixations]
    for frame in footage.frames({index for indices in wanted for index in indices}):
        for place, fixation in enumerate(fixations):
            if frame.index in wanted[place]:
                found[place].append(how.pictures(frame, fixation))
    return [
        Shown(tuple(crop for crop, _ in pairs), tuple(mask for _, mask in pairs)) for pairs in found
    ]
