"""The columns of the dataset's configs: what the builder writes and the tasks read."""

from __future__ import annotations

from datasets import Features, List, Value


def features() -> dict[str, Features]:
    """Columns per config, for the Parquet footers; fresh ones, which may be changed.

    `questions`: one row per question, proactive test points as a list. `videos`: one row per video.
    `gaze`: one row per gaze sample or fixation, one row group per video.
    """
    text, number, count = Value("string"), Value("float64"), Value("int32")
    video = {
        "video_id": text,
        "source": text,
        "video_path": text,
        "overlay_path": text,
        "sha256": text,
        "overlay_sha256": text,
        "duration_seconds": number,
        "width": count,
        "height": count,
        "gaze": text,
        "gaze_sha256": text,
    }
    point = {"realtime": text, "seconds": number, "label": count, "already_seen": count}
    return {
        "questions": Features(
            {
                "id": text,
                "task": text,
                "task_name": text,
                "family": text,
                "question": text,
                "options": List(text),
                "answer": text,
                "released_answer": text,
                "time_stamp": text,
                "time_seconds": number,
                "response_time": text,
                "video": video,
                "test_points": List(point),
                "first_appearance_seconds": number,
                "target_object": text,
                "release_file": text,
                "release_entry": count,
                "release_question": count,
                "extra": text,
            }
        ),
        "videos": Features(
            {
                **video,
                "bytes": Value("int64"),
                "overlay_bytes": Value("int64"),
                "fps": number,
                "frame_count": count,
                "variable_rate": Value("bool"),
                "rotation": count,
                "overlay_frame_count": count,
                "overlay_fps": number,
            }
        ),
        "gaze": Features(
            {
                "video_id": text,
                "seconds": number,
                "duration_seconds": number,
                "x": number,
                "y": number,
                "valid": Value("bool"),
                "kind": text,
            }
        ),
    }


FIELDS: dict[str, dict[str, str]] = {"questions": {}, "frames": {}, "videos": {}, "gaze": {}}
"""Config -> column -> what it is, with unit and range; see `sightline.dataset_rules.Config`."""
