"""Chat messages -> what the model's processor gets: texts, images and videos with their times.

A message's content items are ``{"type": "text", "text"}``, ``{"type": "image", "url"}`` and
``{"type": "video", "url", "start_time", "end_time", "frame_times"}``. An image is a PIL image or
a file. A video is a file, of which ``[start_time, end_time]`` (seconds) is shown, or a list of
frames: then ``frame_times`` are their times in seconds, or ``start_time`` and ``end_time`` those
of the first and the last with the others evenly between.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from sightline import video
from sightline.errors import UsageError
from sightline.sampling import proportional_indices

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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


@dataclass(frozen=True)
class Prompt:
    """One sample's messages, with the media taken out in reading order."""

    messages: list[dict[str, Any]]
    """For the chat template: content items are text, or a bare image or video mark."""
    images: list[Image.Image]
    """One per image mark, RGB."""
    videos: list[Video]
    """One per video mark."""


def read_prompt(
    messages: Sequence[Mapping[str, Any]], *, max_frames: int, fps: float | None = None
) -> Prompt:
    """Take the media out of a task's messages, and decode them.

    Args:
        messages: ``{"role", "content"}``; content is a string or a list of items.
        max_frames: taken from a video file, at most.
        fps: frames per second taken from a video file; None spreads max_frames evenly.

    Raises:
        OSError: a file cannot be opened or decoded.
        ValueError: an item or a video is not what is described above.
    """
    prompt = Prompt([], [], [])
    for message in messages:
        content = message["content"]
        items = [{"type": "text", "text": content}] if isinstance(content, str) else content
        marks = [_take(item, prompt, max_frames, fps) for item in items]
        prompt.messages.append({"role": message["role"], "content": marks})
    return prompt


def _take(
    item: Mapping[str, Any], prompt: Prompt, max_frames: int, fps: float | None
) -> dict[str, Any]:
    kind = item["type"]
    if kind == "text":
        return {"type": "text", "text": item["text"]}
    if kind == "image":
        prompt.images.append(_image(item["url"]))
    elif kind == "video":
        prompt.videos.append(_video(item, max_frames, fps))
    else:
        raise ValueError(f"content type ({kind!r}) must be text, image or video")
    return {"type": kind}


def _image(value: Any) -> Image.Image:
    if isinstance(value, Image.Image):
        return _rgb(value)
    with Image.open(value) as image:
        return _rgb(image)


def _rgb(image: Image.Image) -> Image.Image:
    rgb: Image.Image = image.convert("RGB")
    return rgb


def _video(item: Mapping[str, Any], max_frames: int, fps: float | None) -> Video:
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
    frames = [np.asarray(_image(value)) for value in values]
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


def tensors(prompt: Prompt, processor: Any, *, image_size: Mapping[str, int] | None = None) -> Any:
    """Apply the checkpoint's chat template and processor to one sample.

    Frames are used as they are, never resampled: plain calls of a processor would assume 24
    frames per second and drop most of them.

    Args:
        prompt: the sample.
        processor: the checkpoint's, from AutoProcessor.
        image_size: replaces the processor's own `size` for images; None leaves it.

    Returns:
        A BatchFeature with ``input_ids`` of shape (1, tokens) and the family's pixel tensors.

    Raises:
        UsageError: a text holds the processor's own mark of an image or a video, so it would be
            counted as one.
    """
    _check_texts(prompt, processor)
    text = processor.apply_chat_template(
        prompt.messages, tokenize=False, add_generation_prompt=True
    )
    media: dict[str, Any] = {}
    if prompt.images:
        media["images"] = prompt.images
        if image_size is not None:
            media["images_kwargs"] = {"size": dict(image_size)}
    if prompt.videos:
        media["videos"] = [clip.frames for clip in prompt.videos]
        media["video_metadata"] = [clip.metadata() for clip in prompt.videos]
        media["do_sample_frames"] = False
    return processor(text=[text], return_tensors="pt", **media)


def _check_texts(prompt: Prompt, processor: Any) -> None:
    """Refuse what some processors count as media: `<video>` is plain text for others."""
    marks = [getattr(processor, f"{kind}_token", None) for kind in ("image", "video")]
    texts = [item["text"] for m in prompt.messages for item in m["content"] if "text" in item]
    for mark in marks:
        if isinstance(mark, str) and mark and any(mark in text for text in texts):
            raise UsageError(
                f"a text of this sample holds {mark!r}, which {type(processor).__name__} takes for "
                "one of its media",
                next_step="use a task that does not send that mark, or another family of models",
            )
