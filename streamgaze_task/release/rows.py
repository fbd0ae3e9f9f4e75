"""What stands in the dataset beside videos and gaze: question rows, video rows, card and facts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sightline.dataset_cards.render import render_card
from streamgaze_task.dataset_rules import rules
from streamgaze_task.release.media import media_name
from streamgaze_task.release.survey import survey

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sightline.errors import Problem
    from streamgaze_task.release.media import MediaFacts
    from streamgaze_task.release.opened import OpenedRelease
    from streamgaze_task.release.records import Record

BUILDER_VERSION = 2
"""Goes up when the same release gives other bytes: then a dataset is built anew."""


@dataclass(frozen=True)
class Content:
    """Everything that goes into the tables of a dataset."""

    source: OpenedRelease
    """The release."""
    records: Sequence[Record]
    """The questions that are used."""
    media: MediaFacts
    """What its videos are."""
    gaze: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Video -> kind, sha256, rows, valid (rows) and seconds (spoken for) of its gaze; a video
    without gaze is absent."""

    def video(self, video_id: str) -> dict[str, Any]:
        """The columns that both `videos` and a question's `video` have."""
        original, overlay = self.media.original(video_id), self.media.overlay(video_id)
        gaze = self.gaze.get(video_id, {"kind": "none", "sha256": None})
        return {
            "video_id": video_id,
            "source": self.source.source(video_id, self.media)[0],
            "video_path": media_name("original", video_id),
            "overlay_path": None if overlay is None else media_name("overlay", video_id),
            "sha256": original["sha256"],
            "overlay_sha256": None if overlay is None else overlay["sha256"],
            "duration_seconds": original["duration_seconds"],
            "width": original["width"],
            "height": original["height"],
            "gaze": gaze["kind"],
            "gaze_sha256": gaze["sha256"],
        }


def video_row(content: Content, video_id: str) -> dict[str, Any]:
    """One row of the `videos` config."""
    original, overlay = content.media.original(video_id), content.media.overlay(video_id) or {}
    return {
        **content.video(video_id),
        "bytes": original["bytes"],
        "overlay_bytes": overlay.get("bytes"),
        "fps": original["fps"],
        "frame_count": original["frame_count"],
        "variable_rate": original["variable_rate"],
        "rotation": original["rotation"],
        "overlay_frame_count": overlay.get("frame_count"),
        "overlay_fps": overlay.get("fps"),
    }


def question_row(content: Content, record: Record) -> dict[str, Any]:
    """One row of the `questions` config."""
    first = None if record.first_appearance is None else record.first_appearance.seconds
    return {
        "id": record.id,
        "task": record.task.code,
        "task_name": record.task.paper,
        "family": record.task.family,
        "question": record.question,
        "options": list(record.options),
        "answer": None if record.key is None else record.key.letter,
        "released_answer": None if record.key is None else record.key.released,
        "time_stamp": record.stamp.text,
        "time_seconds": record.stamp.seconds,
        "response_time": record.response_time,
        "video": content.video(record.video_id),
        "test_points": [
            {
                "realtime": point.stamp.text,
                "seconds": point.stamp.seconds,
                "label": point.label,
                "already_seen": record.already_seen(point),
            }
            for point in record.points
        ],
        "first_appearance_seconds": first,
        "target_object": record.target_object,
        "release_file": record.file,
        "release_entry": record.entry,
        "release_question": record.number,
        "extra": record.extra,
    }


def build_facts(
    content: Content, problems: Sequence[Problem], options: Mapping[str, bool]
) -> dict[str, Any]:
    """What ``build.json`` says; `files` comes when they are written."""
    skipped = dict.fromkeys(problem.sample for problem in problems if problem.sample is not None)
    return {
        "benchmark": "streamgaze",
        "builder_version": BUILDER_VERSION,
        "options": dict(options),
        "release": content.source.release.as_dict(),
        "rows": {
            "questions": len(content.records),
            "videos": len(content.media.ids("original")),
            "gaze": sum(gaze["rows"] for gaze in content.gaze.values()),
        },
        "skipped": list(skipped),
        "problems": [str(problem) for problem in problems],
        "survey": survey(content.source, content.records, content.media, content.gaze),
    }


def card(facts: Mapping[str, Any]) -> str:
    """The README.md of the dataset: its configs as YAML, and what people should know."""
    return render_card(rules(), facts)
