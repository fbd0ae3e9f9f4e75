"""One recording: its video and the files that belong to it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from streamgaze_task.cameras import Camera
    from streamgaze_task.pipeline.recordings.spec import TableColumns


@dataclass(frozen=True)
class Source:
    """One recording that can be read."""

    recording_id: str
    """Safe as a file's name, unique in its folder: the stem of its video in the release."""
    name: str
    """As its dataset calls it: what annotations name it by."""
    format: str
    """One of the formats of ``data/recordings.json``."""
    category: str
    """What ``video_categories`` of the release says."""
    source: str | None
    """Name of its camera; None when that is not known."""
    camera: Camera
    """Its field of view."""
    video: Path
    gaze: tuple[Path, ...]
    """All files that the gaze is read from."""
    roles: tuple[str, ...]
    """What each of them is."""
    actions: Path | None
    """Annotated actions; None: there are none."""
    table: TableColumns | None = None
    """How its table is read, where it is one."""
    eye_distance_metres: float = 0.5
    """Of HoloAssist: where on the gaze ray the point lies."""
    max_gap_seconds: float = 0.1
    """Of HoloAssist: how far in time a pose may be from a gaze sample."""

    def file(self, role: str) -> Path | None:
        """The file of that role; None when there is none."""
        return next((p for r, p in zip(self.roles, self.gaze, strict=True) if r == role), None)

    def text(self) -> str:
        """Its id, its format and all its files in one line, for people."""
        files = [self.video, *self.gaze, *([self.actions] if self.actions else [])]
        inside = os.path.commonpath([path.parent for path in files])
        video, *gaze = (path.relative_to(inside).as_posix() for path in files)
        actions = gaze.pop() if self.actions else "none"
        return (
            f"{self.recording_id}  {self.format}  {video}, gaze: {', '.join(gaze)}, "
            f"actions: {actions}"
        )
