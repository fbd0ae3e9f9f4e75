"""The video that a raw gaze file belongs to."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamgaze_task.rendering.signals import Signal

if TYPE_CHECKING:
    from pathlib import Path

CLOCK_SECONDS = 1e-6
"""A time this little before a frame belongs to it: ``k / fps`` in floating point may be just below
what it should be."""


@dataclass(frozen=True)
class Clip:
    """Name, size, rate and length of a video.

    Raises:
        ValueError: one of the numbers is not above 0.
    """

    name: str
    """Without suffix."""
    width: int
    """Pixels."""
    height: int
    """Pixels."""
    fps: float
    """Frames a second."""
    seconds: float
    """Length."""

    def __post_init__(self) -> None:
        """Refuse what is no video."""
        for what in ("width", "height", "fps", "seconds"):
            value = getattr(self, what)
            if not (math.isfinite(value) and value > 0):
                raise ValueError(f"{what} ({value}) must be above 0")

    def cut(self, signal: Signal) -> Signal:
        """The signal without what lies at or after the video's end."""
        kept = signal.seconds < self.seconds
        return Signal(
            signal.seconds[kept],
            signal.x[kept],
            signal.y[kept],
            signal.valid[kept],
            signal.types[kept],
        )


def write_text(path: Path, text: str) -> None:
    """Write a text file and the folders above it: the same bytes on every system."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8"))
