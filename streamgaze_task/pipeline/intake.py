"""The first stage: a recording's own files -> its gaze, its actions, and what is known of it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from streamgaze_task.cameras import PUBLISHED, camera_of
from streamgaze_task.pipeline import gaze_store
from streamgaze_task.pipeline.facts import RecordingFacts
from streamgaze_task.pipeline.recordings.actions import read_actions
from streamgaze_task.pipeline.recordings.checks import check_actions
from streamgaze_task.pipeline.recordings.read import (
    read_reference_gaze,
    reading_of,
    video_facts,
)
from streamgaze_task.pipeline.stage import file_digest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from streamgaze_task.pipeline.recordings.find import Source
    from streamgaze_task.pipeline.stage import Task

_ENDS = 1 << 20
"""Bytes of a video's beginning and end that its digest covers."""
_PROBES, _PROBE = 64, 1 << 14
"""Places in between, and bytes at each: whole videos of hours would be read at every run."""


def take_in(task: Task) -> Iterator[RecordingFacts]:
    """Gaze and facts of a recording."""
    source, config = task.source, task.config
    video, actions = video_facts(source), read_actions(source)
    reading = reading_of(source, video)
    late = check_actions(actions.actions, video, source.recording_id)
    published = config.method == "reference"
    samples = read_reference_gaze(source, video) if published else reading.samples
    path = gaze_store.path_of(config, source.recording_id)
    gaze_store.write(path, samples)
    yield RecordingFacts(
        recording_id=source.recording_id,
        category=source.category,
        source=source.camera.name,
        hfov_degrees=_hfov(source, published=published),
        video=video,
        video_digest=_video_digest(source.video),
        gaze_digest=file_digest(path),
        samples=len(samples),
        valid=int(samples.valid.sum()),
        actions=actions.actions,
        notes=(*reading.notes, *actions.notes, *late),
    )


def _hfov(source: Source, *, published: bool) -> float:
    """The camera's field of view; by the published rules 90 degrees but for HoloAssist."""
    if published and source.format != "holoassist":
        return camera_of(PUBLISHED).hfov_degrees
    return source.camera.hfov_degrees


def _video_digest(path: Path) -> str:
    """SHA-256 over a video's size, its ends and some places in between."""
    size = path.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with path.open("rb") as file:
        digest.update(file.read(_ENDS))
        for place in range(_PROBES):
            file.seek(size * place // _PROBES)
            digest.update(file.read(_PROBE))
        file.seek(max(size - _ENDS, 0))
        digest.update(file.read(_ENDS))
    return digest.hexdigest()


def files_of(task: Task) -> dict[str, str]:
    """What a recording is read from."""
    source = task.source
    others = [*source.gaze, *([source.actions] if source.actions else [])]
    found = {str(number): file_digest(path) for number, path in enumerate(others)}
    return {**found, "video": _video_digest(source.video), "source": repr(_told(source))}


def _told(source: Any) -> dict[str, Any]:
    """What is said of a recording, without where it lies: moving it changes nothing."""
    camera = source.camera
    return {
        "id": source.recording_id,
        "name": source.name,
        "format": source.format,
        "category": source.category,
        "camera": (camera.name, camera.hfov_degrees),
        "roles": source.roles,
        "table": source.table,
        "projection": (source.eye_distance_metres, source.max_gap_seconds),
    }
