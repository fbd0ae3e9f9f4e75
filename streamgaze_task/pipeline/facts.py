"""What the first stage finds out about a recording."""

from __future__ import annotations

from dataclasses import dataclass

from streamgaze_task.cameras import Camera
from streamgaze_task.pipeline.records import Action, VideoFacts  # noqa: TC001 (read by lines.py)


@dataclass(frozen=True)
class RecordingFacts:
    """What is known of one recording before anything is looked for in it."""

    recording_id: str
    category: str
    """What ``video_categories`` says of it."""
    source: str
    """Name of its camera."""
    hfov_degrees: float
    """Horizontal field of view of its camera."""
    video: VideoFacts
    video_digest: str
    """Of its size, its first and its last MiB: videos are too large to be read for this alone."""
    gaze_digest: str
    """SHA-256 of the gaze file that this stage wrote."""
    samples: int
    valid: int
    """Samples, and how many of them are valid."""
    actions: tuple[Action, ...]
    notes: tuple[str, ...] = ()
    """What does not quite fit between gaze and video."""

    @property
    def camera(self) -> Camera:
        """The scene camera."""
        aspect = self.video.width / self.video.height
        return Camera(self.hfov_degrees, aspect, self.source)
