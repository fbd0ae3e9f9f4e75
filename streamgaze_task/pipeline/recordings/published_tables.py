"""The published table out of CSV and Parquet: pipeline step 1's rule for Ego4D."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sightline.errors import DatasetError
from streamgaze_task.pipeline.recordings.begaze import MAX_FRAME
from streamgaze_task.pipeline.recordings.formats import format_of
from streamgaze_task.pipeline.recordings.reading import published_table
from streamgaze_task.pipeline.recordings.tables import read_columns, read_table, running_means

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from streamgaze_task.pipeline.gaze_samples import GazeSamples
    from streamgaze_task.pipeline.recordings.spec import TableColumns
    from streamgaze_task.pipeline.records import VideoFacts

SURE, HALF_SURE = 0.9, 0.5
"""Confidences from which a frame is a ``fixation``, and a ``saccade`` (pipeline step 1)."""


def read_published_ego4d(path: Path) -> GazeSamples:
    """Ego4D as published: y not turned over, 30 frames a second whatever the video has.

    Frame int(seconds * 30), up to that of the file's last line; samples without a place skipped;
    the type by the confidence of a frame's last sample; frames without samples at (0, 0). Samples
    before the video's start, which the published code puts at its end, are left out.

    Raises:
        DatasetError: the file cannot be read.
    """
    known = format_of("ego4d")
    names = [str(known.gaze[name]) for name in ("time", "x", "y", "confidence")]
    columns, _ = read_columns(path, names, {}, ",")
    seconds, x, y, confidence = (columns[name] for name in names)
    told = np.isfinite(seconds)
    fps = float(known.reference_fps or 0)
    if not told.any():
        raise DatasetError(f"{path} must have times in {names[0]!r}, but has none")
    frames = _frames(path, float(seconds[told][-1]), fps)
    kinds = np.where(confidence >= SURE, 1, np.where(confidence >= HALF_SURE, 2, 3))
    return _table(seconds, x, y, kinds, frames=frames, fps=fps)


def read_published_own(path: Path, about: TableColumns, video: VideoFacts) -> GazeSamples:
    """A table of one's own by the same rule, at the video's rate; nothing is published for it.

    The description of the table holds, so y is the right way up. Types are the tracker's; a valid
    sample of unknown type is a fixation, as step 1 has it for trackers that tell none.

    Raises:
        DatasetError: the file cannot be read.
    """
    samples = read_table(path, about, video).samples
    kinds = np.full(len(samples), 3)
    kinds[samples.valid] = 1
    kinds[samples.is_type("saccade")] = 2
    frames = _frames(path, float(samples.seconds[-1]), video.fps)
    return _table(samples.seconds, samples.x, samples.y, kinds, frames=frames, fps=video.fps)


def _frames(path: Path, last_seconds: float, fps: float) -> int:
    last = last_seconds * fps
    if not 0 <= last <= MAX_FRAME:
        raise DatasetError(
            f"{path} must end inside a video, but its last sample is at {last_seconds:g} s"
        )
    return int(last) + 1


def _table(
    seconds: NDArray[np.float64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    kinds: NDArray[np.int64],
    *,
    frames: int,
    fps: float,
) -> GazeSamples:
    place = np.where(np.isfinite(seconds), seconds, -1.0) * fps
    kept = np.flatnonzero((place >= 0) & (place < frames) & ~np.isnan(x) & ~np.isnan(y))
    at = place[kept].astype(np.int64)
    mean_x, mean_y, _ = running_means(at, x[kept], y[kept], frames)
    codes = np.zeros(frames, np.int64)
    codes[at] = kinds[kept]  # of several samples of one frame the last one stays
    codes[(mean_x < 0) | (mean_x > 1) | (mean_y < 0) | (mean_y > 1)] = 4
    return published_table(np.clip(mean_x, 0, 1), np.clip(mean_y, 0, 1), codes, fps)
