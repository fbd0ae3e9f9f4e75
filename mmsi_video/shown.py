"""What a run must have shown its model, made again from the dataset: frames and message hashes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mmsi_video import prompts
from mmsi_video.profiles import profiles
from mmsi_video.questions import by_id, read_questions
from sightline.sampling import proportional_indices

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mmsi_video.profiles import Profile
    from mmsi_video.schema import Sample
    from sightline.leaderboard.board import Setting

CAPS = {"mmsi_video_u50": 50, "mmsi_video_sc": 300}
"""Setting -> frames of a question at most; others hand out the mp4 clips."""


def shown(
    dataset: Path, setting: Setting, details: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """What each response's model must have seen.

    The setting fixes the frames. The form of the messages is the run's own choice, but one of our
    profiles: of another one no hash is given.

    Args:
        dataset: the built dataset, from which the run was made or not.
        setting: of the board.
        details: question id -> what the run says of its response; only ``profile`` is read.

    Returns:
        Question id -> ``frame_indices`` and ``message_hash``, as far as they are known.
    """
    samples, forms = by_id(read_questions(dataset)), profiles()
    return {
        name: _shown(samples[name], CAPS.get(setting.name), forms.get(str(said.get("profile"))))
        for name, said in details.items()
        if name in samples
    }


def _shown(sample: Sample, cap: int | None, form: Profile | None) -> dict[str, Any]:
    indices: list[list[int]] = []
    must: dict[str, Any] = {}
    if cap is not None:
        counts = [clip.frame_count for clip in sample.clips]
        indices = proportional_indices(counts, cap, rule="official")
        must = {"frame_indices": indices}
    if form is None or (form.video == "file") is not (cap is None):
        return must
    plan = prompts.plan(sample, indices, form)
    return {**must, "message_hash": prompts.message_hash(plan, sample, form, max_frames=cap)}
