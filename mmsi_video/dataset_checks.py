"""What only a MMSI-Video-Bench dataset must keep: its frames, reference images and answers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mmsi_video import categories
from sightline.checking.allowed import allowed
from sightline.checking.answers import check_answer
from sightline.checking.columns import chunks, shown
from sightline.checking.gathered import Gathered
from sightline.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sightline.checking.columns import Chunk, Row
    from sightline.checking.opened import OpenedDataset
    from sightline.progress import Progress

_REBUILD = "build the dataset again"
_JPEG = b"\xff\xd8\xff"
_IMAGES = (_JPEG, b"\x89PNG\r\n\x1a\n", b"RIFF", b"BM", b"GIF8")
"""How the formats begin that reference images may have."""


@dataclass
class _Clip:
    """What the `frames` config has of one clip."""

    frames: int = 0
    """Rows so far."""
    digest: Any = field(default_factory=hashlib.sha256)
    """Of the SHA-256 digests of its pictures, in the order of the rows."""


def check(dataset: OpenedDataset, progress: Progress) -> Iterator[Finding]:
    """Find what is wrong with frames and questions.

    Args:
        dataset: the dataset.
        progress: told the bytes of the frames that are read.
    """
    clips: dict[str, _Clip] = {}
    yield from _check_frames(dataset, clips, progress)
    config, found = dataset.rules.config("questions"), Gathered()
    for item in chunks(dataset, config, list(config.features), "its answers and pictures"):
        if isinstance(item, Finding):
            yield item
            continue
        for row in item.rows():
            _check_type(found, row)
            check_answer(found, row, "options", "ground_truth")
            _check_clips(found, row, clips)
            _check_images(found, row, there=allowed(dataset, config, row.values))
    yield from found


def _check_frames(
    dataset: OpenedDataset, clips: dict[str, _Clip], progress: Progress
) -> Iterator[Finding]:
    """Read every frame, a row group at a time, and note what each clip has."""
    config, found = dataset.rules.config("frames"), Gathered()
    files = dataset.tables("frames")
    progress.start("frames", sum(path.stat().st_size for path in files))
    for item in chunks(dataset, config, ["clip_id", "index", "image"], "its frames"):
        if isinstance(item, Finding):
            yield item
        else:
            _read_group(found, item, clips)
            progress.advance(item.table.nbytes)
    yield from found


def _read_group(found: Gathered, chunk: Chunk, clips: dict[str, _Clip]) -> None:
    for row in chunk.rows():
        clip = clips.setdefault(row.values["clip_id"], _Clip())
        if row.values["index"] != clip.frames:
            what = f"must be {clip.frames}: frames count from 0, in order"
            found.error("frames out of order", what, _REBUILD, row.where("index"))
        clip.frames += 1
        data = _bytes(row.values["image"])
        if not data.startswith(_JPEG):
            what = f"must be a JPEG, but starts with {data[:4]!r}" if data else "has no picture"
            found.error("frames that are no JPEG", what, _REBUILD, row.where("image"))
        clip.digest.update(hashlib.sha256(data).digest())


def _check_clips(found: Gathered, row: Row, clips: Mapping[str, _Clip]) -> None:
    """Counts and checksums of a question's clips; missing clips are told elsewhere."""
    told = row.values["clips"] or []
    if not told:
        found.error("no clips", "must have at least one clip", _REBUILD, row.where("clips"))
    for i, clip in enumerate(told):
        there = None if clip is None else clips.get(clip["clip_id"])
        if there is None:
            continue
        if clip["frame_count"] != there.frames:
            what = f"must be {there.frames}, as many as there are, but is {clip['frame_count']}"
            where = row.where(f"clips[{i}].frame_count")
            found.error("frame counts", what, _REBUILD, where)
        elif clip["frames_sha256"] != there.digest.hexdigest():
            what = f"{shown(clip['frames_sha256'])} must be {there.digest.hexdigest()}, that of "
            where = row.where(f"clips[{i}].frames_sha256")
            found.error("checksums of frames", f"{what}the frames", _REBUILD, where)


def _check_images(found: Gathered, row: Row, *, there: bool) -> None:
    """The reference images against their checksums; without media there are only these."""
    paths, sums = row.values["ref_image_paths"] or [], row.values["ref_image_sha256"] or []
    images = row.values["ref_images"] or []
    if len(paths) != len(sums):
        what = f"has {len(sums)} checksums of {len(paths)} images"
        found.error("image counts", what, _REBUILD, row.where("ref_image_sha256"))
    if not there:
        return
    if len(images) != len(sums):
        what = f"has {len(images)} images, and checksums of {len(sums)}"
        found.error("image counts", what, _REBUILD, row.where("ref_images"))
        return
    for i, (image, told) in enumerate(zip(images, sums, strict=True)):
        data, where = _bytes(image), row.where(f"ref_images[{i}]")
        if not data.startswith(_IMAGES):
            what = f"must be an image, but starts with {data[:4]!r}" if data else "has no picture"
            found.error("reference images", what, _REBUILD, where)
        elif hashlib.sha256(data).hexdigest() != told:
            what = f"has another SHA-256 than ref_image_sha256 says: {shown(told)}"
            found.error("checksums of reference images", what, _REBUILD, where)


def _check_type(found: Gathered, row: Row) -> None:
    """Type, and everything that follows from type and id."""
    name = row.values["type"]
    try:
        kind = categories.question_type(name)
    except KeyError:
        what = f"must be one of the {len(categories.TYPES)} types, but is {shown(name)}"
        found.error("unknown types", what, _REBUILD, row.where("type"))
        return
    member = categories.sub_benchmarks(row.values["id"] or "")
    axes = ("difficulty", *categories.SUB_BENCHMARKS)
    wanted = {"category": kind.category, "level": kind.level}
    for column, value in (wanted | {axis: member.get(axis) for axis in axes}).items():
        if row.values[column] != value:
            what = f"must be {shown(value)} by its type and id, but is {shown(row.values[column])}"
            found.error(f"wrong {column}", what, _REBUILD, row.where(column))


def _bytes(picture: object) -> bytes:
    """The content of a picture; empty where there is none."""
    data = picture.get("bytes") if isinstance(picture, dict) else None
    return data if isinstance(data, bytes) else b""
