"""The media of a release: which clips there are, and what is inside the archives.

A clip is an mp4 together with one list of released frames. Its id is the mp4's path without the
suffix; should the same mp4 come with another list of frames, that one is ``path#2`` and so on, in
the order of the records.
"""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, Any

from sightline.errors import DatasetError, Problem, ReleaseError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mmsi_video.release.check import Record, Video
    from sightline.archives import Archive

FRAMES, IMAGES, VIDEOS = "frames", "ref_images", "videos"
"""Folders of the release; each comes as ``<folder>.zip``."""

_TIME = re.compile(r"(\d{1,4}):(\d{2}(?:\.\d+)?)_frame_")
_JPEG_START, _JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"
_JPEG_TRAILER_BYTES = 4096
_BINARY_LIMIT = 2**31 - 1
_IMAGE_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF")


@dataclass(frozen=True)
class ClipSource:
    """One clip and who needs it."""

    clip_id: str
    """Key of the `frames` config."""
    video: str
    """The mp4, relative to ``videos/``."""
    frames: tuple[str, ...]
    """The released frames in time order, relative to ``frames/``."""


@dataclass
class MediaFacts:
    """What was found inside the archives."""

    clips: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Clip id -> frames_sha256, and width and height of its first frame."""
    videos: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Path of an mp4 -> the columns of its row in `videos`, as far as the file has them."""
    images: dict[str, bytes] = field(default_factory=dict)
    """Path of a reference image -> its bytes."""
    faults: dict[tuple[str, str], list[tuple[str, str]]] = field(default_factory=dict)
    """(folder, clip id or path) of what cannot be used -> places inside it and messages; none
    when the only fault is that a file is missing, which :func:`missing` tells."""


def plan_clips(records: Sequence[Record]) -> dict[Video, ClipSource]:
    """Name the clips of all records: each video of a record -> its clip."""
    named: dict[tuple[str, tuple[str, ...]], ClipSource] = {}
    taken: set[str] = set()
    clips = {}
    for video in (video for record in records for video in record.videos):
        key = (video.path, video.frames)
        if key not in named:
            stem = str(PurePosixPath(video.path).with_suffix(""))
            clip_id, number = stem, 1
            while clip_id in taken:
                number += 1
                clip_id = f"{stem}#{number}"
            taken.add(clip_id)
            named[key] = ClipSource(clip_id, video.path, video.frames)
        clips[video] = named[key]
    return clips


def timestamp_seconds(frame: str) -> float | None:
    """Capture time in the frame's name, ``00:06.00_frame_1.50_4.jpg`` -> 6.0; None without one."""
    found = _TIME.match(frame.rpartition("/")[2])
    return 60 * int(found[1]) + float(found[2]) if found else None


def missing(record: Record, archives: Mapping[str, Archive]) -> Iterator[Problem]:
    """Files that a record names and no archive has. An unreadable archive is not asked."""
    named = [(VIDEOS, f"video_list[{i}].path", v.path) for i, v in enumerate(record.videos)]
    named += [
        (FRAMES, f"frames_list[{i}][{j}]", frame)
        for i, video in enumerate(record.videos)
        for j, frame in enumerate(video.frames)
    ]
    named += [(IMAGES, f"ref_images[{i}]", path) for i, path in enumerate(record.ref_images)]
    for folder, at, path in named:
        archive = archives[folder]
        if archive.readable and path not in archive:
            message = f"{archive.path.name} has no {path!r}"
            yield Problem(f"{record.place} {at}", message, record.id)


def fault_problems(
    records: Sequence[Record], clips: Mapping[Video, ClipSource], facts: MediaFacts
) -> list[Problem]:
    """The faults as problems of each question that needs what cannot be used."""
    problems = []
    for record in records:
        used = [(IMAGES, path, f"ref_images[{i}]") for i, path in enumerate(record.ref_images)]
        for i, video in enumerate(record.videos):
            used.append((VIDEOS, video.path, f"video_list[{i}].path"))
            used.append((FRAMES, clips[video].clip_id, f"frames_list[{i}]"))
        problems += [
            Problem(f"{record.place} {at}{inside}", message, record.id)
            for folder, name, at in used
            for inside, message in facts.faults.get((folder, name), ())
        ]
    return problems


def clip_bytes(archive: Archive, clip: ClipSource) -> int:
    """Bytes of a clip's frames, as the archive's directory says; missing frames count nothing."""
    found = (archive.find(frame) for frame in clip.frames)
    return sum(member.size for member in found if member is not None)


def read_clip(
    archive: Archive, clip: ClipSource, facts: MediaFacts
) -> tuple[dict[str, list[Any]], dict[str, Any]] | None:
    """The rows of a clip as columns, and what is known of it; None when a frame is unusable."""
    faults: list[tuple[str, str]] = []
    if clip_bytes(archive, clip) > _BINARY_LIMIT:
        faults.append(("", "its frames have more than 2 GiB, which no row group can hold"))
    images: list[dict[str, Any]] = []
    digests: list[bytes] = []
    whole = all(frame in archive for frame in clip.frames)
    for i, frame in enumerate(() if faults else clip.frames):
        if not whole and frame not in archive:
            continue
        try:
            data = _jpeg(archive, frame)
        except ReleaseError as error:
            faults.append((f"[{i}]", error.message))
        else:
            images.append({"bytes": data, "path": f"{FRAMES}/{frame}"})
            digests.append(hashlib.sha256(data).digest())
    size = _size(images[0]["bytes"]) if images and not faults else None
    if images and not faults and size is None:
        faults.append(("[0]", f"{clip.frames[0]!r} must be a JPEG, but its header cannot be read"))
    if faults or size is None or not whole:
        facts.faults[FRAMES, clip.clip_id] = faults
        return None
    columns: dict[str, list[Any]] = {
        "clip_id": [clip.clip_id] * len(images),
        "index": list(range(len(images))),
        "frame_path": list(clip.frames),
        "timestamp_seconds": [timestamp_seconds(frame) for frame in clip.frames],
        "image": images,
    }
    digest = hashlib.sha256(b"".join(digests)).hexdigest()
    return columns, {"frames_sha256": digest, "width": size[0], "height": size[1]}


def read_image(archive: Archive, path: str) -> bytes:
    """The bytes of a reference image that can be opened.

    Raises:
        ReleaseError: it is damaged or no image.
    """
    data = archive.read(path)
    if _size(data, verify=True) is None:
        raise ReleaseError(
            f"{archive.path.name}:{path!r} must be one of {', '.join(_IMAGE_FORMATS)}, "
            f"but cannot be opened"
        )
    return data


def probe_video(file: IO[bytes], name: str) -> dict[str, Any]:
    """What a video file says about itself; a field it does not say is None.

    Raises:
        ReleaseError: it cannot be opened, or has no picture.
    """
    from sightline import video  # noqa: PLC0415 (brings PyAV: only a build opens videos)

    try:
        info = video.probe(file, name=repr(name))
    except DatasetError as error:
        raise ReleaseError(error.message) from error
    return {
        "fps": info.fps or None,
        "frame_count": info.frame_count or None,
        "duration_seconds": info.duration_seconds or None,
        "width": info.width,
        "height": info.height,
    }


def _jpeg(archive: Archive, frame: str) -> bytes:
    data = archive.read(frame)
    where = f"{archive.path.name}:{frame!r}"
    if not data.startswith(_JPEG_START):
        raise ReleaseError(f"{where} must be a JPEG, but starts with {data[:4]!r}")
    if data.rfind(_JPEG_END, -_JPEG_TRAILER_BYTES) < 0:
        raise ReleaseError(f"{where} must be a whole JPEG, but its end marker is missing")
    return data


def _size(data: bytes, *, verify: bool = False) -> tuple[int, int] | None:
    """Width and height, px; None when it is no image that we open."""
    from PIL import Image  # noqa: PLC0415 (heavy: only a build opens images)

    try:
        with Image.open(io.BytesIO(data), formats=_IMAGE_FORMATS) as image:
            size: tuple[int, int] = image.size
            if verify:
                image.verify()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        # PIL's own tree: UnidentifiedImageError is an OSError, broken PNG chunks a SyntaxError.
        return None
    return size
