"""The record of one question.

A Sample has no ``hint``: the annotator's rationale gives the answer away, so the code that
writes prompts cannot even reach it. The dataset keeps it, as the release does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mmsi_video import categories

if TYPE_CHECKING:
    from collections.abc import Mapping


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
