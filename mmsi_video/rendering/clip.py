"""A clip: what one camera records of one world, frame by frame, with capture times."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from mmsi_video.rendering.painter import render, with_label

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL import Image

    from mmsi_video.rendering.world import Pose, World


@dataclass(frozen=True)
class Rate:
    """A base rate of the benchmark (paper, Table 7)."""

    fps: float
    """Frames a second as the release states it; 0.66 stands for one frame in 1.5 seconds."""
    interval_cs: int
    """Hundredths of a second between two frames: integers, so that no time is ever rounded."""


RATES: dict[float, Rate] = {
    rate.fps: rate
    for rate in (Rate(1.0, 100), Rate(0.66, 150), Rate(2.0, 50), Rate(4.0, 25), Rate(5.0, 20))
}
"""The base rates that the sample release uses."""

NORMAL = (320, 240)
"""Width and height of most frames, pixels."""
SMALL = (160, 120)
"""Width and height of clips with very many frames, pixels."""


@dataclass(frozen=True)
class Clip:
    """One camera, one stretch of time."""

    key: str
    """Folder of the frames and path of the mp4 without its ending."""
    count: int
    """Number of base-rate frames."""
    rate: Rate
    first_id: int
    """Index of the first frame in the original recording at the base rate; 0 when the clip
    starts with the recording."""
    world: Callable[[float], World]
    """Progress in [0, 1] -> what is there."""
    pose: Callable[[float], Pose]
    """Progress in [0, 1] -> where the camera is."""
    size: tuple[int, int] = NORMAL
    """Width and height in pixels."""
    video_factor: int = 2
    """Frames of the mp4 per base-rate frame."""

    def time_cs(self, frame: int) -> int:
        """Capture time of a frame in the original recording, hundredths of a second."""
        return (self.first_id + frame) * self.rate.interval_cs

    def label(self, frame: int) -> str:
        """The time as it is drawn into a frame: ``00m 06.00s``."""
        return time_label(self.time_cs(frame))

    def frame_name(self, frame: int) -> str:
        """The frame's path below ``frames/``: ``tour/00:06.00_frame_1.50_4.jpg``."""
        minutes, rest = divmod(self.time_cs(frame), 6000)
        interval = self.rate.interval_cs / 100
        stamp = f"{minutes:02d}:{rest // 100:02d}.{rest % 100:02d}"
        return f"{self.key}/{stamp}_frame_{interval:.2f}_{self.first_id + frame}.jpg"

    @property
    def start_seconds(self) -> float:
        """Capture time of the first frame."""
        return self.time_cs(0) / 100

    @property
    def end_seconds(self) -> float:
        """Capture time of the last frame."""
        return self.time_cs(self.count - 1) / 100

    @property
    def video_count(self) -> int:
        """Number of frames of the mp4: the base-rate frames and those between them."""
        return (self.count - 1) * self.video_factor + 1

    @property
    def video_fps(self) -> Fraction:
        """Rate of the mp4."""
        return Fraction(100 * self.video_factor, self.rate.interval_cs)

    def progress(self, frame: int) -> float:
        """How much of the clip has passed at a base-rate frame, in [0, 1]."""
        return frame / (self.count - 1)

    def picture(self, video_frame: int) -> Image.Image:
        """A frame of the mp4; every `video_factor`-th is a base-rate frame."""
        done = video_frame / (self.video_count - 1)
        image = render(self.world(done), self.pose(done), self.size)
        past = video_frame * self.rate.interval_cs // self.video_factor
        return with_label(image, time_label(self.time_cs(0) + past))


def time_label(time_cs: int) -> str:
    """Hundredths of a second -> ``00m 06.00s``."""
    minutes, rest = divmod(time_cs, 6000)
    return f"{minutes:02d}m {rest // 100:02d}.{rest % 100:02d}s"
