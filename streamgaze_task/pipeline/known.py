"""What is known of a recording, out of the files of the stages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamgaze_task.gaze import MAX_GAP_SECONDS
from streamgaze_task.pipeline import gaze_store
from streamgaze_task.pipeline.facts import RecordingFacts
from streamgaze_task.pipeline.records import Episode, View
from streamgaze_task.pipeline.review.decisions import Decisions, read_decisions
from streamgaze_task.pipeline.scanpath import LOSS_SECONDS, Scanpath, losses_of

if TYPE_CHECKING:
    from streamgaze_task.gaze import GazeTable
    from streamgaze_task.pipeline.gaze_samples import GazeSamples
    from streamgaze_task.pipeline.stage import Task


def facts_of(task: Task) -> RecordingFacts:
    """What the first stage found out."""
    return task.read("recordings", RecordingFacts)[0]


def gaze_of(task: Task) -> GazeTable:
    """The gaze of the recording."""
    return _samples(task).table()


def decisions_of(task: Task) -> Decisions:
    """What reviewers decided, about any recording."""
    path = task.config.decisions
    return read_decisions(path) if path.is_file() else Decisions("", "", "", ())


def scanpath_of(task: Task) -> Scanpath:
    """Everything that is known of a recording when its questions are made."""
    facts = facts_of(task)
    return Scanpath(
        recording_id=facts.recording_id,
        category=facts.category,
        video_seconds=facts.video.seconds,
        episodes=tuple(task.read("episodes", Episode)),
        actions=facts.actions,
        views=tuple(task.read("views", View)),
        losses=losses_in(_samples(task), facts.video.seconds),
    )


def losses_in(samples: GazeSamples, video_seconds: float) -> tuple[tuple[float, float], ...]:
    """:func:`losses_of` of the whole, found in pieces, between which there is always a loss."""
    pieces = list(samples.pieces(LOSS_SECONDS + MAX_GAP_SECONDS))
    # Every piece but the first begins with valid gaze; what lies before is the former one's.
    begins = [0.0, *(float(each.seconds[each.valid][0]) for each in pieces[1:])]
    ends = [*begins[1:], video_seconds]
    return tuple(
        loss
        for piece, begin, end in zip(pieces, begins, ends, strict=True)
        for loss in losses_of(piece.table(), end)
        if loss[0] >= begin
    )


def _samples(task: Task) -> GazeSamples:
    return gaze_store.read(gaze_store.path_of(task.config, task.source.recording_id))
