"""The record of one question, and the columns of the dataset's configs.

A Sample has no ``hint``: the annotator's rationale gives the answer away, so the code that
writes prompts cannot even reach it. The dataset keeps it, as the release does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mmsi_video import categories

if TYPE_CHECKING:
    from collections.abc import Mapping

    import datasets


@dataclass(frozen=True)
class Clip:
    """One video of a question."""

    clip_id: str
    """Key of the `frames` config."""
    video_path: str
    """The mp4, relative to the dataset folder: ``media/videos/...``; key of `videos`."""
    start_seconds: float
    """Capture time of the first frame in the original recording, seconds (often > 0)."""
    end_seconds: float
    """Capture time of the last frame in the original recording, seconds."""
    base_fps: float
    """Rate of the released frames, 1/s."""
    frame_count: int
    """Number of released frames, at least 1."""
    frames_sha256: str
    """SHA-256 over the SHA-256 digests of all frames in order: names the pixels."""


@dataclass(frozen=True)
class Sample:
    """One question, without its hint and without its media."""

    id: str
    """``question_0000`` and so on, as in the release."""
    type: str
    """One of the 13 type strings (mmsi_video.categories)."""
    question: str
    """The release's ``ori_question``: question and options, with `<image>` marks."""
    options: tuple[str, ...]
    """The options in order of their letters, 2 or more."""
    answer: str
    """The gold letter."""
    system_prompt: str
    task_prompt: str
    user_prompt: str
    format_prompt: str
    clips: tuple[Clip, ...]
    """One per `<video>` mark, in order."""
    ref_image_sha256: tuple[str, ...]
    """SHA-256 of the reference images' bytes, one per `<image>` mark, in order."""

    @property
    def slices(self) -> dict[str, str]:
        """Every slice of the benchmark this question belongs to: axis -> member."""
        return categories.slices(self.id, self.type)

    @property
    def cluster(self) -> str:
        """Names the video(s) asked about: questions on the same video are not independent."""
        return "|".join(clip.clip_id for clip in self.clips)

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Sample:
        """Read a row of the `questions` config; columns it does not need may be absent."""
        return cls(
            id=row["id"],
            type=row["type"],
            question=row["ori_question"],
            options=tuple(row["options"]),
            answer=row["ground_truth"],
            system_prompt=row["system_prompt"],
            task_prompt=row["task_prompt"],
            user_prompt=row["user_prompt"],
            format_prompt=row["format_prompt"],
            clips=tuple(Clip(**clip) for clip in row["clips"]),
            ref_image_sha256=tuple(row["ref_image_sha256"]),
        )


def features() -> dict[str, datasets.Features]:
    """Columns per config, for the Parquet footers. Imports `datasets`, hence a function.

    `questions`: one row per question, the release's own field names where the release has the
    field, `clips` for its `video_list` and `frames_list`. `frames`: one row per released frame,
    one row group per clip. `videos`: one row per mp4.
    """
    from datasets import Features, Image, List, Value  # noqa: PLC0415 (heavy, builder only)

    text, number, count = Value("string"), Value("float64"), Value("int32")
    clip = {
        "clip_id": text,
        "video_path": text,
        "start_seconds": number,
        "end_seconds": number,
        "base_fps": number,
        "frame_count": count,
        "frames_sha256": text,
    }
    return {
        "questions": Features(
            {
                "id": text,
                "type": text,
                "category": text,
                "level": text,
                "difficulty": text,
                "robot": text,
                "grounding": text,
                "indoor_scene_perception": text,
                "ori_question": text,
                "options": List(text),
                "ground_truth": text,
                "hint": text,
                "system_prompt": text,
                "task_prompt": text,
                "user_prompt": text,
                "format_prompt": text,
                "clips": List(clip),
                "ref_images": List(Image()),
                "ref_image_paths": List(text),
                "ref_image_sha256": List(text),
                "extra": text,
            }
        ),
        "frames": Features(
            {
                "clip_id": text,
                "index": count,
                "frame_path": text,
                "timestamp_seconds": number,
                "image": Image(),
            }
        ),
        "videos": Features(
            {
                "video_path": text,
                "sha256": text,
                "bytes": Value("int64"),
                "fps": number,
                "frame_count": count,
                "duration_seconds": number,
                "width": count,
                "height": count,
            }
        ),
    }
