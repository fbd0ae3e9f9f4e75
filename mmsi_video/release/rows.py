"""What stands in the dataset beside the frames: question rows, the card and the build's facts."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from mmsi_video import categories
from mmsi_video.dataset_rules import rules
from mmsi_video.release.opened import OpenedRelease, needed_clips, needed_videos
from mmsi_video.release.report import survey
from sightline.dataset_cards.render import render_card

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mmsi_video.release.check import Record, Video
    from mmsi_video.release.media import ClipSource, MediaFacts
    from sightline.errors import Problem

BUILDER_VERSION = 2
"""Goes up when the same release gives other bytes: then a dataset is built anew."""


def video_path(path: str) -> str:
    """Where an mp4 of ``videos/`` lies in the dataset."""
    return f"media/videos/{path}"


def question_row(
    record: Record, clips: Mapping[Video, ClipSource], media: MediaFacts
) -> dict[str, Any]:
    """One row of the `questions` config."""
    kind = categories.question_type(record.type)
    images = [media.images[path] for path in record.ref_images]
    groups = ("difficulty", *categories.SUB_BENCHMARKS)
    member = categories.sub_benchmarks(record.id)
    return {
        "id": record.id,
        "type": record.type,
        "category": kind.category,
        "level": kind.level,
        **{axis: member.get(axis) for axis in groups},
        "ori_question": record.question,
        "options": list(record.options),
        "ground_truth": record.ground_truth,
        "hint": record.hint,
        **record.prompts,
        "clips": [
            {
                "clip_id": clips[video].clip_id,
                "video_path": video_path(video.path),
                "start_seconds": video.start,
                "end_seconds": video.end,
                "base_fps": video.base_fps,
                "frame_count": len(video.frames),
                "frames_sha256": media.clips[clips[video].clip_id]["frames_sha256"],
            }
            for video in record.videos
        ],
        "ref_images": [
            {"bytes": data, "path": f"ref_images/{path}"}
            for data, path in zip(images, record.ref_images, strict=True)
        ],
        "ref_image_paths": list(record.ref_images),
        "ref_image_sha256": [hashlib.sha256(data).hexdigest() for data in images],
        "extra": record.extra,
    }


def build_facts(
    source: OpenedRelease,
    records: Sequence[Record],
    media: MediaFacts,
    problems: Sequence[Problem],
) -> dict[str, Any]:
    """What ``build.json`` says; `files` comes when they are written."""
    clip_ids = [clip.clip_id for clip in needed_clips(records, source.clips)]
    skipped = dict.fromkeys(problem.sample for problem in problems if problem.sample is not None)
    return {
        "benchmark": "mmsi-video",
        "builder_version": BUILDER_VERSION,
        "release": source.release.as_dict(),
        "rows": {
            "questions": len(records),
            "frames": sum(len(clip.frames) for clip in needed_clips(records, source.clips)),
            "videos": len(needed_videos(records)),
        },
        "skipped": list(skipped),
        "problems": [str(problem) for problem in problems],
        "survey": survey(records, clip_ids, media),
    }


def card(facts: Mapping[str, Any]) -> str:
    """The README.md of the dataset: its configs as YAML, and what people should know."""
    return render_card(rules(), facts)
