"""The columns of the dataset's configs: what the builder writes and the tasks read."""

from __future__ import annotations

from datasets import Features, Image, List, Value


def features() -> dict[str, Features]:
    """Columns per config, for the Parquet footers; fresh ones, which may be changed.

    `questions`: one row per question, the release's own field names where the release has the
    field, `clips` for its `video_list` and `frames_list`. `frames`: one row per released frame,
    one row group per clip. `videos`: one row per mp4.
    """
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


FIELDS: dict[str, dict[str, str]] = {"questions": {}, "frames": {}, "videos": {}, "gaze": {}}
"""Config -> column -> what it is, with unit and range; see `sightline.dataset_rules.Config`."""
