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


FIELDS: dict[str, dict[str, str]] = {
    "questions": {
        "id": "`question_0000` to `question_1105`",
        "type": "one of the 13 types, spelt as in the release",
        "category": "the type's category, one of 5",
        "level": "the paper's level of the category, one of 4",
        "difficulty": "`hard`, `medium` or `easy`: the authors' level_1, level_2 and level_3",
        "robot": "sub-type in the Robot sub-benchmark; null when the question is not in it",
        "grounding": "sub-type in the Grounding sub-benchmark, or null",
        "indoor_scene_perception": "sub-type in the Indoor Scene Perception sub-benchmark, or null",
        "ori_question": "the question; each `<image>` stands for the next of `ref_images`",
        "options": "the options with their letters, as many as the question has",
        "ground_truth": "letter of the right option, `A` to `F`; must not reach a model",
        "hint": "the annotator's reason for the answer; it gives the answer away and must never "
        "reach a model",
        "system_prompt": "first part of the prompt: explains the time labels",
        "task_prompt": "second part: describes the task",
        "user_prompt": "third part: the question with its options",
        "format_prompt": "fourth part: how to answer. In all parts, each `<video>` stands for the "
        "next of `clips`",
        "clips.clip_id": "key of the clip in `frames`",
        "clips.video_path": "key of its mp4 in `videos`",
        "clips.start_seconds": "time of the first frame in the original recording, s, from 0",
        "clips.end_seconds": "time of the last frame in the original recording, s",
        "clips.base_fps": "frames released per second of recording, 1/s",
        "clips.frame_count": "number of frames released, from 1",
        "clips.frames_sha256": "SHA-256 of its frames' SHA-256 digests in order, hex",
        "ref_images": "pictures that the question refers to; may be empty",
        "ref_image_paths": "their paths in the release, in the same order",
        "ref_image_sha256": "their SHA-256, hex, in the same order",
        "extra": "every other field of the release, as JSON",
    },
    "frames": {
        "clip_id": "the clip; all its rows stand together, in one row group",
        "index": "position in the clip, from 0",
        "frame_path": "path in the release; its name has the time in it",
        "timestamp_seconds": "time in the original recording by that name, s; null where the name "
        "cannot be read",
        "image": "the JPEG as released; the time is drawn in its top left corner",
    },
    "videos": {
        "video_path": "path of the mp4 in this dataset: `media/videos/...`",
        "sha256": "SHA-256 of the file, hex",
        "bytes": "its size, bytes",
        "fps": "average frame rate by its header, 1/s; null, as the next two, where that is silent",
        "frame_count": "number of frames by its header, or null",
        "duration_seconds": "length of the video stream, s, or null",
        "width": "pixels",
        "height": "pixels",
    },
}
"""Config -> column -> what it is, with unit and range; see `sightline.dataset_rules.Config`."""
