"""What is known of a recording, out of the files of the stages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamgaze_task.pipeline import gaze_store
from streamgaze_task.pipeline.facts import RecordingFacts
from streamgaze_task.pipeline.labelling.log import AnswerLog
from streamgaze_task.pipeline.records import Episode, View
from streamgaze_task.pipeline.review.decisions import Decisions, read_decisions
from streamgaze_task.pipeline.scanpath import Scanpath, losses_of

if TYPE_CHECKING:
    from streamgaze_task.gaze import GazeTable
    from streamgaze_task.pipeline.stage import Task


def facts_of(task: Task) -> RecordingFacts:
    """What the first stage found out."""
    return task.read("recordings", RecordingFacts)[0]


def gaze_of(task: Task) -> GazeTable:
    """The gaze of the recording."""
    path = gaze_store.path_of(task.config, task.source.recording_id)
    return gaze_store.read(path).table()


def log_of(task: Task) -> AnswerLog:
    """What the labeller answered so far."""
    return AnswerLog(task.config.work / "answers" / f"{task.source.recording_id}.jsonl")


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
        losses=losses_of(gaze_of(task), facts.video.seconds),
    )
