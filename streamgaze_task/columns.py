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


_VIDEO = {
    "video_id": "name of the video file without its suffix",
    "source": "`egtea`, `egoexolearn` or `holoassist`; null where nothing tells",
    "video_path": "path of the clean mp4 in this dataset: `media/videos/original/...`",
    "overlay_path": "path of the copy with the gaze drawn in; null where the release has none",
    "sha256": "SHA-256 of the clean file, hex",
    "overlay_sha256": "SHA-256 of the overlay file, hex, or null",
    "duration_seconds": "end of the last frame, s, by the packets of the file and not its header",
    "width": "pixels, as shown",
    "height": "pixels, as shown",
    "gaze": "`samples` (in the release), `recovered` (read out of the overlay video), `fixations` "
    "(in the release) or `none`",
    "gaze_sha256": "SHA-256 over the video's rows in `gaze`, hex; null without gaze",
}

FIELDS: dict[str, dict[str, str]] = {
    "questions": {
        "id": "code of the task and number within it: `sr-0004`",
        "task": "one of ten codes, see the counts",
        "task_name": "the paper's abbreviation: `OI-E`",
        "family": "`past`, `present` or `proactive`: which part of the stream it is about",
        "question": "the question's text",
        "options": "the options as released; empty for proactive questions",
        "answer": "letter of the right option; null for proactive questions; must not reach a "
        "model",
        "released_answer": "the key as the authors wrote it, or null; must not reach a model",
        "time_stamp": "when it is asked, as released: `MM:SS` or `HH:MM:SS`",
        "time_seconds": "the same moment, s of the video, from 0",
        "response_time": "a span given in the release; the authors' evaluation ignores it",
        **{f"video.{name}": what for name, what in _VIDEO.items()},
        "test_points.realtime": "when a proactive question is asked, as released",
        "test_points.seconds": "the same moment, s of the video, from 0",
        "test_points.label": "published label, 1 for `should alert`: whether the object is gazed "
        "at (GTA) or visible (OAA) at that instant; must not reach a model",
        "test_points.already_seen": "the other reading of the prompt: 1 from the object's first "
        "appearance on; null where that is not known; must not reach a model",
        "first_appearance_seconds": "when the object of a proactive question first appears, s, or "
        "null; must not reach a model",
        "target_object": "the object of a proactive question, or null",
        "release_file": "file of the release that the question comes from",
        "release_entry": "position of its entry in that file, from 0",
        "release_question": "position of the question in the entry, from 0",
        "extra": "every other field of the release, as JSON; must not reach a model",
    },
    "videos": {
        **_VIDEO,
        "bytes": "size of the clean file, bytes",
        "overlay_bytes": "size of the overlay file, bytes, or null",
        "fps": "average frame rate of the clean file, 1/s",
        "frame_count": "number of its frames, counted by its packets",
        "variable_rate": "whether its frames come at unequal distances",
        "rotation": "clockwise degrees by which its frames are turned to be upright: 0, 90, 180 "
        "or 270",
        "overlay_frame_count": "number of frames of the overlay file, or null",
        "overlay_fps": "average frame rate of the overlay file, 1/s, or null",
    },
    "gaze": {
        "video_id": "the video; all its rows stand together, in one row group",
        "seconds": "from when on this row holds, s of the video",
        "duration_seconds": "for how long, s",
        "x": "where the wearer looks, 0 to 1 of the width from the left; null where `valid` is "
        "false",
        "y": "likewise, 0 to 1 of the height from the top",
        "valid": "whether the gaze was measured",
        "kind": "`samples`, `recovered` (one row per frame) or `fixations` (one row per fixation)",
    },
}
"""Config -> column -> what it is, with unit and range; see `sightline.dataset_rules.Config`."""
