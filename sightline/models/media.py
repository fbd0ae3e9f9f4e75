"""Content items of chat messages -> decoded images and videos with their times.

An image is a PIL image, a file, its encoded bytes or a uint8 tensor of shape (3, height, width).
A video is a file, of which ``[start_time, end_time]`` (seconds) is shown, or a list of images: then
``frame_times`` are their times in seconds, or ``start_time`` and ``end_time`` those of the first
and the last with the others evenly between.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from sightline import video
from sightline.sampling import proportional_indices

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import torch
    from numpy.typing import NDArray

UNKNOWN_INTERVAL_SECONDS = 0.5
"""Between two frames of unknown time: the 2 frames per second that qwen-vl-utils assumes too."""

TICKS_PER_SECOND = 1000
"""Processors take a frame's time as an index at a rate; with this rate an index is a
millisecond."""


@dataclass(frozen=True)
class Video:
    """One video, decoded."""

    frames: NDArray[np.uint8]
    """Shape (N, height, width, 3), RGB."""
    times: tuple[float, ...]
    """Seconds of each frame, N of them, rising."""

    def metadata(self) -> dict[str, Any]:
        """The fields of transformers' VideoMetadata, such that every family reads true times.

        Qwen3-VL writes ``frames_indices / fps`` before each pair of frames; Qwen2.5-VL takes the
        interval from ``len(frames_indices) / total_num_frames * fps``.
        """
        count = len(self.times)
        span = self.times[-1] - self.times[0]
        interval = span / (count - 1) if span > 0 else UNKNOWN_INTERVAL_SECONDS
        return {
            "total_num_frames": max(round(count * interval * TICKS_PER_SECOND), 1),
            "fps": float(TICKS_PER_SECOND),
            "frames_indices": [round(time * TICKS_PER_SECOND) for time in self.times],
            "duration": count * interval,
            "height": self.frames.shape[1],
            "width": self.frames.shape[2],
        }


def read_image(value: Any) -> Image.Image | torch.Tensor:
    """An image in any of its forms, decoded.

    Raises:
        OSError: it cannot be opened or decoded.
        ValueError: it is no image, or a tensor of another kind, or has far too many pixels.
    """
    if isinstance(value, Image.Image) and not hasattr(value, "undecoded"):
        rgb: Image.Image = value.convert("RGB")
        return rgb
    if isinstance(value, (Image.Image, str, Path, bytes, bytearray, memoryview)):
        return _decoded(value)
    kind, shape = str(getattr(value, "dtype", type(value))), tuple(getattr(value, "shape", ()))
    if kind != "torch.uint8" or len(shape) != 3 or shape[0] != 3:  # noqa: PLR2004
        raise ValueError(
            "an image must be a PIL image, a file, encoded bytes or a torch.uint8 tensor of shape "
            f"(3, height, width), but got {kind} {shape}"
        )
    tensor: torch.Tensor = value
    return tensor


def _decoded(value: Any) -> torch.Tensor:
    # Here, because models behind an API use this module too, without torch.
    from sightline.models.images import rgb_tensor  # noqa: PLC0415 (heavy)

    try:
        return rgb_tensor(value)
    except Image.DecompressionBombError as error:
        raise ValueError(str(error)) from error


def array(image: Image.Image | torch.Tensor) -> NDArray[np.uint8]:
    """The pixels of a decoded image: shape (height, width, 3)."""
    if isinstance(image, Image.Image):
        return np.asarray(image)
    pixels: NDArray[np.uint8] = image.permute(1, 2, 0).numpy()
    return pixels


def read_video(item: Mapping[str, Any], *, max_frames: int, fps: float | None) -> Video:
    """A video item, decoded.

    Args:
        item: a content item, see above.
        max_frames: taken from a file, at most.
        fps: frames per second taken from a file; None spreads max_frames evenly.

    Raises:
        OSError: the file cannot be opened or decoded.
        ValueError: the item is not what is described above.
    """
    value = item["url"]
    if isinstance(value, (list, tuple)):
        return _frame_list(item, value)
    return _video_file(Path(value), item.get("start_time"), item.get("end_time"), max_frames, fps)


def _video_file(
    path: Path, start: float | None, end: float | None, max_frames: int, fps: float | None
) -> Video:
    info = video.probe(path)
    indices = file_indices(info, start=start, end=end, max_frames=max_frames, fps=fps)
    frames = video.frames_at(path, indices)
    pixels = np.stack([np.asarray(frame.image) for frame in frames])
    return Video(pixels, tuple(frame.pts_seconds for frame in frames))


def file_indices(
    info: video.VideoInfo,
    *,
    start: float | None,
    end: float | None,
    max_frames: int,
    fps: float | None,
) -> list[int]:
    """Which frames of a video file are shown, evenly over a window.

    Args:
        info: rate and length of the file.
        start: of the window, seconds; None is the start of the file.
        end: of the window, seconds, included; None is the end of the file.
        max_frames: the most to take, at least 1.
        fps: frames per second to take; None takes as many as there may be.

    Returns:
        Rising positions, at least one.

    Raises:
        ValueError: the window has no frame, or the file does not say how long it is.
    """
    count = info.frame_count or round(info.duration_seconds * info.fps)
    if count < 1 or info.fps <= 0:
        raise ValueError("the video's header must say how many frames it has, and at what rate")
    first = math.ceil((start or 0.0) * info.fps)
    last = count - 1 if end is None else min(math.floor(end * info.fps), count - 1)
    available = last - first + 1
    if available < 1:
        length = count / info.fps
        raise ValueError(f"[{start}, {end}] s has no frame of a video of {length:.2f} s")
    wanted = max_frames if fps is None else min(max_frames, round(available / info.fps * fps))
    (chosen,) = proportional_indices([available], max(wanted, 1), rule="linspace")
    return [first + index for index in chosen]


def _frame_list(item: Mapping[str, Any], values: Sequence[Any]) -> Video:
    if not values:
        raise ValueError("a video must have at least one frame, but its list is empty")
    frames = [array(read_image(value)) for value in values]
    sizes = sorted({frame.shape[:2] for frame in frames})
    if len(sizes) > 1:
        raise ValueError(f"frames of one video must have one size, but got (height, width) {sizes}")
    times = item.get("frame_times")
    if times is None:
        times = even_times(len(frames), item.get("start_time"), item.get("end_time"))
    if len(times) != len(frames):
        raise ValueError(f"frame_times ({len(times)}) must be as many as frames ({len(frames)})")
    return Video(np.stack(frames), tuple(float(time) for time in times))


def even_times(count: int, start: float | None, end: float | None) -> list[float]:
    """Times of `count` frames, seconds: evenly from `start` to `end`, both included.

    Without an end, frames follow at the usual rate, 2 per second.
    """
    first = start or 0.0
    if end is None or count == 1:
        return [first + i * UNKNOWN_INTERVAL_SECONDS for i in range(count)]
    return [first + (end - first) * i / (count - 1) for i in range(count)]
