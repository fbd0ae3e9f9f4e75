"""One recording's video, gaze and actions, whatever its format."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sightline.errors import DatasetError
from sightline.video import scan
from streamgaze_task.pipeline.recordings import (
    actions,
    begaze,
    holoassist,
    npy,
    published_tables,
)
from streamgaze_task.pipeline.recordings.checks import check_against, within
from streamgaze_task.pipeline.recordings.formats import format_of
from streamgaze_task.pipeline.recordings.tables import read_table
from streamgaze_task.pipeline.records import VideoFacts

if TYPE_CHECKING:
    from streamgaze_task.pipeline.gaze_samples import GazeSamples
    from streamgaze_task.pipeline.recordings.reading import Reading
    from streamgaze_task.pipeline.recordings.source import Source
    from streamgaze_task.pipeline.records import Action

READ_SUFFIXES = (".mp4", ".mov", ".m4v")
"""The family of containers that is opened; a release holds mp4 alone."""

__all__ = (
    "check_against",
    "read_actions",
    "read_gaze",
    "read_reference_gaze",
    "reading_of",
    "video_facts",
    "within",
)


def video_facts(source: Source) -> VideoFacts:
    """What is known of a recording's video without decoding it.

    Raises:
        DatasetError: it is no mp4, or cannot be read.
    """
    try:
        found = scan(source.video)
    except DatasetError as error:
        # Its own next step speaks of a release, and this is somebody's own video.
        step = "check that a player shows it to its end, or export it again"
        if source.video.suffix.lower() not in READ_SUFFIXES:
            made = source.video.with_suffix(".mp4").name
            step = f"make an mp4 of it: ffmpeg -i {source.video.name} -c copy {made}"
        raise DatasetError(error.message, next_step=step) from error
    return VideoFacts(
        seconds=found.duration_seconds,
        frames=found.frame_count,
        fps=found.fps,
        width=found.width,
        height=found.height,
    )


def read_gaze(source: Source, video: VideoFacts) -> GazeSamples:
    """Ours: every sample at its time; what was not seen stays invalid, without a made-up place.

    Raises:
        DatasetError: the files cannot be read.
    """
    return _read(source, video).samples


def reading_of(source: Source, video: VideoFacts) -> Reading:
    """Ours, checked against the video and cut to it, with all that is to be told of it.

    Raises:
        DatasetError: the files cannot be read, or do not belong to the video.
    """
    read = _read(source, video)
    notes = (*read.notes, *check_against(read.samples, video, source))
    return replace(read, samples=within(read.samples, video), notes=notes)


def _read(source: Source, video: VideoFacts) -> Reading:
    reader = format_of(source.format).reader
    if reader == "holoassist":
        return holoassist.read_samples(source, video)
    if reader == "begaze":
        return begaze.read_samples(source.gaze[0])
    if reader == "npy":
        return npy.read_samples(source.gaze[0])
    if source.table is None:
        raise DatasetError(f"recording {source.recording_id} has no description of its table")
    return read_table(source.gaze[0], source.table, video)


def read_reference_gaze(source: Source, video: VideoFacts) -> GazeSamples:
    """The published table: one row a frame, made-up places and all (pipeline step 1).

    Raises:
        DatasetError: the files cannot be read.
    """
    if source.format == "holoassist":
        return holoassist.read_published(source, video)
    if source.format == "egtea":
        return begaze.read_published(source.gaze[0])
    if source.format == "egoexolearn":
        return npy.read_published(source.gaze[0])
    if source.format == "ego4d":
        return published_tables.read_published_ego4d(source.gaze[0])
    if source.table is None:
        raise DatasetError(f"recording {source.recording_id} has no description of its table")
    return published_tables.read_published_own(source.gaze[0], source.table, video)


def read_actions(source: Source) -> tuple[Action, ...]:
    """What the wearer did, in order of time; empty where nobody annotated it.

    Raises:
        DatasetError: the annotations cannot be read.
    """
    return actions.read_actions(source).actions
