"""The edge between a plan and real media: which frames of which file, and their pixels.

First a request is looked at (:func:`look`): numbers only, so that the frames of many requests on
one video are known before any is decoded. Then its message is made (:func:`chat_messages`).

Nothing from the window's end on is used: frames are chosen by their presentation times, those of a
released overlay video included, and the gaze table is cut at the end before anything reads it.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sightline.errors import DatasetError
from streamgaze_task import prompts
from streamgaze_task.cameras import camera_of
from streamgaze_task.frames import STREAM, choose
from streamgaze_task.gaze_text import describe_frames, describe_gaze
from streamgaze_task.overlay import draw_overlay, published_style
from streamgaze_task.salience import SIGMA_DEGREES, map_size, salience_map

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from PIL.Image import Image

    from sightline.frame_store import FrameStore
    from streamgaze_task.gaze import GazeTable
    from streamgaze_task.schema import Request, Video
    from streamgaze_task.tasks.settings import Settings

RELEASED = "released"
"""Where a drawn-in gaze comes from: the release's own overlay video."""

DRAWN = "drawn"
"""Where a drawn-in gaze comes from: our own hand, over the clean frames."""

_UNUSED_MAX_FRAMES = 1
"""What the frame rule is told where a published sampling decides by itself."""


@dataclass(frozen=True)
class Media:
    """Where the media of a dataset are."""

    frames: FrameStore
    """Decodes; shared by all requests of a machine."""
    path: Callable[[str], Path]
    """The dataset's relative path of a video -> a file on this machine."""
    gaze: Callable[[str], GazeTable]
    """Video id -> its gaze."""


@dataclass(frozen=True)
class Look:
    """Which frames a request is shown, and from where."""

    request: Request
    """What is asked."""
    settings: Settings
    """How it is shown."""
    file: Path
    """The video whose pixels are shown: the clean one, or the released overlay."""
    indices: tuple[int, ...]
    """Frames of that file, rising; empty when the window holds none."""
    clean_indices: tuple[int, ...]
    """The frames of the clean video that were chosen, as many."""
    clean_seconds: tuple[float, ...]
    """Their presentation times, all before the window's end."""
    origin: str | None
    """Where the drawn-in gaze comes from, ``released`` or ``drawn``; None when none is."""


def look(request: Request, settings: Settings, media: Media) -> Look:
    """Choose the frames of a request; nothing is decoded.

    Raises:
        DatasetError: a video is missing or broken, or the gaze is to be shown and there is none.
    """
    video = request.sample.video
    clean_path = media.path(video.video_path)
    clean = media.frames.scan(clean_path)
    chosen = choose(
        clean.pts_seconds,
        clean.fps,
        request.window,
        sampling=settings.sampling,
        max_frames=settings.max_frames or _UNUSED_MAX_FRAMES,
    )
    seconds = tuple(clean.pts_seconds[index] for index in chosen)
    path, indices, origin = clean_path, list(chosen), None
    if settings.gaze_prompt == "visual" and video.overlay_path is not None:
        path, origin = media.path(video.overlay_path), RELEASED
        indices = overlay_indices(
            clean.pts_seconds, media.frames.scan(path).pts_seconds, chosen, request.window
        )
    elif settings.gaze_prompt == "visual":
        origin = DRAWN
    if settings.gaze_prompt not in ("visual", "nogaze") or origin == DRAWN:
        _check_gaze(request, settings)
    return Look(request, settings, path, tuple(indices), tuple(chosen), seconds, origin)


def overlay_indices(
    clean: Sequence[float],
    overlay: Sequence[float],
    chosen: Sequence[int],
    window: tuple[float, float],
) -> list[int]:
    """The frames of an overlay video that show what the chosen frames of the clean one show.

    The nearest in time within the window: the two may have other rates. Where they have equally
    many frames, the overlay was drawn frame by frame, and the same position is the same picture
    even when its file was written at another rate (the authors' drawing step writes a configured
    one), so the position counts. Never a frame at or after the window's end, by either clock.

    Args:
        clean: presentation times of the clean video, seconds, rising.
        overlay: those of the overlay video.
        chosen: frames of the clean video, all before the end of the window.
        window: ``[start, end)``, seconds.

    Returns:
        As many positions as there are chosen, unless the overlay has no frame before the end:
        then none.
    """
    start, end = window
    stop = bisect_left(overlay, end)  # this one and all after it are the future
    if not stop:
        return []
    if len(overlay) == len(clean):
        return [min(index, stop - 1) for index in chosen]
    first = min(bisect_left(overlay, start), stop - 1)
    return [_nearest(overlay, clean[index], first, stop) for index in chosen]


def plan(view: Look, media: Media) -> tuple[prompts.Part, ...]:
    """The plan of a request's message, with the words of a text prompt."""
    words = ""
    if view.settings.gaze_prompt == "text":
        video = view.request.sample.video
        aspect = video.width / video.height
        gaze = describe_gaze(_past(view, media), *view.request.window, _camera(view), aspect=aspect)
        words = f"{describe_frames(view.clean_seconds)}\n{gaze}"
    return prompts.plan(
        view.request,
        len(view.indices),
        view.settings.gaze_prompt,
        gaze_words=words,
        published=view.settings.published_text,
        frames_first=view.settings.sampling == STREAM,
    )


def chat_messages(view: Look, media: Media) -> list[dict[str, Any]]:
    """The message of a request, as lmms-eval's chat models take it.

    Returns:
        One message of the user, its content ``{"type": "text", "text"}`` and ``{"type": "image",
        "url": PIL image}``.

    Raises:
        DatasetError: a video cannot be decoded.
    """
    parts = plan(view, media)
    images = _images(view, media)
    content: list[dict[str, Any]] = []
    for part in parts:
        if isinstance(part, prompts.Text):
            content.append({"type": "text", "text": part.text})
        elif isinstance(part, prompts.FrameImage):
            content.append({"type": "image", "url": images[part.number]})
        else:
            content.append({"type": "image", "url": _salience(view, media)})
    return [{"role": "user", "content": content}]


def released_sha256(view: Look) -> str | None:
    """SHA-256 of the file whose pixels are shown, as the dataset says."""
    return _digest(view.request.sample.video, view.origin)


def details(view: Look, media: Media) -> dict[str, Any]:
    """What a record says about the input: frames, window, and the hash of all that is shown."""
    start, end = view.request.window
    return {
        "window": [start, end],
        "frames": len(view.indices),
        "frame_indices": list(view.clean_indices),
        "overlay": view.origin,
        "overlay_indices": list(view.indices) if view.origin == RELEASED else None,
        "message_hash": message_hash(view, plan(view, media)),
    }


def message_hash(view: Look, parts: Sequence[prompts.Part]) -> str:
    """The hash of all that is shown: of the parts of its plan, and of what is in the pictures."""
    return prompts.message_hash(parts, _shown(view))


def _check_gaze(request: Request, settings: Settings) -> None:
    video = request.sample.video
    if video.gaze == "none":
        raise DatasetError(
            f"{request.id}: gaze prompt {settings.gaze_prompt!r} needs the gaze of video "
            f"{video.video_id}, but the dataset has none",
            next_step="build the dataset from a release with its overlay videos, without "
            "--no-gaze-recovery, or use streamgaze_nogaze",
        )


def _nearest(times: Sequence[float], at: float, first: int, stop: int) -> int:
    """The position in [first, stop) whose time is nearest; of two, the earlier."""
    after = bisect_left(times, at, first, stop)
    around = [place for place in (after - 1, after) if first <= place < stop]
    return min(around, key=lambda place: abs(times[place] - at))


def _images(view: Look, media: Media) -> list[Image]:
    frames = media.frames.frames(view.file, view.indices, released_sha256(view))
    if view.origin != DRAWN:
        return [frame.image for frame in frames]
    past = _past(view, media)
    video = view.request.sample.video
    style = published_style(video.source, video.width)
    return [draw_overlay(frame.image, past.at(frame.pts_seconds), style) for frame in frames]


def _salience(view: Look, media: Media) -> Image:
    video = view.request.sample.video
    size = map_size(video.width, video.height)
    return salience_map(_past(view, media), *view.request.window, size, _camera(view))


def _past(view: Look, media: Media) -> GazeTable:
    """The gaze up to the window's end. From the start: a fixation may reach into the window."""
    return media.gaze(view.request.sample.video.video_id).window(0.0, view.request.window[1])


def _camera(view: Look) -> Any:
    return camera_of(view.request.sample.video.source)


def _shown(view: Look) -> dict[str, Any]:
    """What the pictures are made of, for the hash."""
    video = view.request.sample.video
    shown: dict[str, Any] = {
        "video": _digest(video, view.origin),
        "indices": list(view.indices),
    }
    if view.origin == DRAWN:
        shown["style"] = asdict(published_style(video.source, video.width))
    if view.settings.gaze_prompt == "salience":
        shown["salience"] = {
            "window": list(view.request.window),
            "size": list(map_size(video.width, video.height)),
            "sigma_degrees": SIGMA_DEGREES,
            "camera": asdict(_camera(view)),
        }
    if view.origin == DRAWN or view.settings.gaze_prompt in ("salience", "text"):
        shown["gaze"] = video.gaze_sha256
    return shown


def _digest(video: Video, origin: str | None) -> str | None:
    return video.overlay_sha256 if origin == RELEASED else video.sha256
