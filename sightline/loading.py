"""One clip's frames, or one video, of a published dataset, without the rest of it.

Released frames are read from the Hub by range requests: the footers of the ``frames`` files once
per process, then the one row group of the clip. A video is fetched whole, once, into the Hub's
cache: players, decoders and models want a file.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from difflib import get_close_matches
from math import isfinite
from typing import TYPE_CHECKING, Any

from sightline.dataset_places import opened
from sightline.errors import DatasetError, UsageError
from sightline.forward_pass import ForwardPass
from sightline.media_choice import MediaChoice
from sightline.media_left_out import Absent, build_instead, explained, sources_of
from sightline.sampling import grid_indices
from sightline.video import MAX_PIXELS, scan

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from PIL.Image import Image

    from sightline.dataset_places import FolderPlace, HubPlace

DEFAULT_FPS = 1.0
"""Frames per second of a video that are given when nobody says how many."""

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF")
"""Kinds of pictures that are opened; strangers make them."""

_COLUMNS = ("clip_id", "index", "timestamp_seconds", "frame_path", "image")
_VIDEO_COLUMNS = ("video_id", "source", "video_path", "overlay_path")
_FOLDER = "media/videos/"
_SHOWN = 3


@dataclass(frozen=True)
class ClipFrame:
    """One frame of a clip."""

    index: int
    """Position from 0: in the clip for a released frame, in the video for a decoded one."""
    seconds: float | None
    """Time of a released frame in the original recording, None where the release does not tell;
    presentation time within the file for a frame of a video."""
    path: str
    """Path of a released frame in the release; empty for a frame of a video."""
    data: bytes | None = field(repr=False)
    """Bytes of a released frame as the authors made them, mostly a JPEG; None for a frame of a
    video."""
    image: Image | None = field(repr=False, compare=False)
    """The picture, RGB, upright; None where it was not to be decoded."""


@dataclass(frozen=True)
class Clip:
    """Frames of one clip, in the order of time."""

    clip_id: str
    """What it was asked for by."""
    origin: str
    """The dataset: its folder, or ``org/name@commit``."""
    frames: tuple[ClipFrame, ...]
    """At least one."""
    video: Path | None = None
    """The mp4 that frames were decoded from; None for released frames."""


def load_clip(
    dataset: str | Path,
    clip: str,
    *,
    revision: str | None = None,
    start_seconds: float | None = None,
    end_seconds: float | None = None,
    fps: float | None = None,
    decode: bool = True,
) -> Clip:
    """Frames of one clip, without reading the rest of the dataset.

    Where the dataset has released frames (MMSI-Video-Bench) they are given as released, all of the
    clip. Otherwise (StreamGaze), or when `fps` or the path of an mp4 is given, they are decoded
    from the clean video, on the grid of times that the tasks use: the first frame at or after each
    ``k / fps`` seconds. All pictures of the clip are in memory at once.

    Args:
        dataset: a folder, or ``org/name`` or ``org/name@revision`` on the Hub. A branch or a tag is
            looked up once per process.
        clip: clip id, video id, or path of an mp4 in the dataset.
        revision: branch, tag or commit on the Hub.
        start_seconds: frames from this time on, see :class:`ClipFrame` for what it counts from.
        end_seconds: frames before this time.
        fps: grid times per second of the video, 1/s; 1 by default.
        decode: whether pictures are made. Without, released frames have their bytes, and frames of
            a video say which they are.

    Raises:
        UsageError: an argument is out of its range.
        DatasetError: there is no such dataset or clip, its recordings were not published, or the
            Hub cannot be read. The message says what to do.
    """
    start, end = _window(start_seconds, end_seconds, fps)
    place = opened(dataset, revision)
    released = None if fps is not None or clip.endswith(".mp4") else _released(place, clip, decode)
    if released is None:
        path = _media(place, clip, overlay=False)
        frames = _of_video(path, start, end, fps or DEFAULT_FPS, decode=decode)
        return Clip(clip, place.origin, frames, path)
    frames = tuple(frame for frame in released if _within(frame, start, end))
    if not frames:
        times = [frame.seconds for frame in released if frame.seconds is not None]
        span = f"from {min(times)} s to {max(times)} s" if times else "without times"
        raise UsageError(f"{clip} has no frame in [{start}, {end}) s: its frames are {span}")
    return Clip(clip, place.origin, frames)


def media_path(
    dataset: str | Path, name: str, *, revision: str | None = None, overlay: bool = False
) -> Path:
    """One video as a file on this machine; from the Hub it alone is fetched, once.

    Args:
        dataset: a folder, or ``org/name`` or ``org/name@revision`` on the Hub. A branch or a tag is
            looked up once per process.
        name: clip id, video id, or path of an mp4 in the dataset.
        revision: branch, tag or commit on the Hub.
        overlay: the copy with the gaze drawn in (StreamGaze).

    Raises:
        UsageError: two revisions are named, or one of a folder.
        DatasetError: there is no such dataset or video, it was not published, or the Hub cannot be
            read. The message says what to do.
    """
    return _media(opened(dataset, revision), name, overlay=overlay)


def _released(
    place: FolderPlace | HubPlace,
    clip: str,
    decode: bool,  # noqa: FBT001 (private)
) -> tuple[ClipFrame, ...] | None:
    """All released frames of a clip; None where the dataset has no released frames at all."""
    reader = place.clips()
    if reader is None:
        return None
    if clip not in reader.keys:
        raise _no_clip(place, clip, reader.keys)
    frames = []
    for clip_id, index, seconds, path, data in reader.read(clip, _COLUMNS):
        if clip_id != clip:
            raise DatasetError(f"{place.origin}: the row group of {clip} holds {clip_id!r}")
        image = _picture(data, f"{clip} frame {index}") if decode and data is not None else None
        frames.append(ClipFrame(index, seconds, path or "", data, image))
    return tuple(sorted(frames, key=lambda frame: frame.index))


def _no_clip(place: FolderPlace | HubPlace, clip: str, known: Iterable[str]) -> DatasetError:
    """Left out, or spelt wrongly: what is left out has a source that was not published."""
    facts = place.facts()
    absent = Absent(f"frames of {clip}", "frames", {"clip_id": clip})
    listed = {one["clip_id"] for row in place.rows("questions", ("clips",)) for one in row["clips"]}
    if clip in listed and not MediaChoice.of_facts(facts).allows(sources_of(absent, facts)):
        return explained(absent, place.origin, facts)
    return _unknown("clip", clip, [*known, *listed], place.origin)


def _of_video(
    path: Path, start: float, end: float, fps: float, *, decode: bool
) -> tuple[ClipFrame, ...]:
    scanned = scan(path)
    times = scanned.pts_seconds
    chosen = grid_indices(times, start, min(end, times[-1] + 1), rate=fps)
    if not chosen:
        raise UsageError(
            f"the video has no frame in [{start}, {end}) s: it lasts from {times[0]:.2f} s to "
            f"{scanned.duration_seconds:.2f} s"
        )
    if not decode:
        return tuple(ClipFrame(index, times[index], "", None, None) for index in chosen)
    return tuple(
        ClipFrame(frame.index, frame.pts_seconds, "", None, frame.image)
        for frame in ForwardPass(path, scanned).frames(chosen)
    )


def _media(place: FolderPlace | HubPlace, name: str, *, overlay: bool) -> Path:
    row = _video(place, name)
    column = "overlay_path" if overlay or name == row.get("overlay_path") else "video_path"
    path = row.get(column)
    if not isinstance(path, str) or not path:
        raise DatasetError(
            f"{place.origin} has no {'overlay' if overlay else 'clean'} video of {name}",
            next_step="leave out overlay=True" if overlay else "see the `videos` config",
        )
    return place.media(path, Absent(path, "videos", row))


def _video(place: FolderPlace | HubPlace, name: str) -> dict[str, Any]:
    """The row of `videos` that a name means."""
    rows = place.rows("videos", _VIDEO_COLUMNS)
    if not rows:
        raise DatasetError(
            f"{place.origin} must be a built dataset, but its config `videos` has no rows",
            next_step=build_instead(place.facts()),
        )
    by_name = {
        row[column]: row
        for row in rows
        for column in ("overlay_path", "video_path", "video_id")
        if isinstance(row.get(column), str)
    }
    # A clip is mostly called like its video, without folder and suffix. Where two videos share
    # that name, or a video has several clips, only the questions know.
    called = [_called(row.get("video_path")) for row in rows]
    if name and called.count(name) == 1:
        by_name.setdefault(name, rows[called.index(name)])
    if name not in by_name:
        for clip in _asked_clips(place):
            if (row := by_name.get(clip.get("video_path"))) is not None:
                by_name.setdefault(str(clip.get("clip_id")), row)
    if name not in by_name:
        raise _unknown("video", name, by_name, place.origin)
    return by_name[name]


def _called(path: object) -> str:
    """The path of a video without folder and suffix; empty where it has none."""
    if not isinstance(path, str) or not path.startswith(_FOLDER):
        return ""
    return path.removeprefix(_FOLDER).rpartition(".")[0]


def _asked_clips(place: FolderPlace | HubPlace) -> list[dict[str, Any]]:
    """The clips that questions name, where they name any."""
    rows = place.rows("questions", ("clips",))
    return [clip for row in rows for clip in row["clips"] or () if isinstance(clip, dict)]


def _unknown(kind: str, name: str, known: Iterable[str], origin: str) -> DatasetError:
    names = sorted(set(known))
    close = get_close_matches(name, names, _SHOWN) or names[:_SHOWN]
    return DatasetError(
        f"{kind} ({name!r}) must be one of the {len(names)} names of {origin}",
        next_step=f"did you mean {' or '.join(map(repr, close))}?",
    )


def _window(start: float | None, end: float | None, fps: float | None) -> tuple[float, float]:
    first, last = 0.0 if start is None else start, float("inf") if end is None else end
    if not (isfinite(first) and 0 <= first < last):
        raise UsageError(f"start_seconds ({start}) must be >= 0 and below end_seconds ({end})")
    if fps is not None and not (isfinite(fps) and fps > 0):
        raise UsageError(f"fps ({fps}) must be above 0")
    return first, last


def _within(frame: ClipFrame, start: float, end: float) -> bool:
    """Whether a frame is in the window; one without a time only in the window of everything."""
    if frame.seconds is None:
        return start == 0 and end == float("inf")
    return start <= frame.seconds < end


def _picture(data: bytes, where: str) -> Image:
    """The picture as `load_dataset` gives it: turned as EXIF says, RGB."""
    from PIL import Image, ImageOps  # noqa: PLC0415 (heavy; not needed with decode=False)

    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise DatasetError(f"{where} must have at most {MAX_PIXELS} pixels")
            return ImageOps.exif_transpose(image).convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DatasetError(
            f"{where} must be a picture that can be decoded: {error}",
            next_step="decode=False gives its bytes",
        ) from error
