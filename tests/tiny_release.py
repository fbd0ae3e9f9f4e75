"""A release of four questions with 8x8 pictures, made in milliseconds, to be broken by tests."""

from __future__ import annotations

import io
import json
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

TYPES = (
    "Planning",
    "(Motion Understanding) Camera Motion",
    "(Cross-Video) Memoery Update",
    "Prediction",
)


@cache
def jpeg(shade: int) -> bytes:
    """An 8x8 JPEG of one grey."""
    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", (8, 8), (shade, shade, shade)).save(file, "JPEG")
    return file.getvalue()


@cache
def mp4(frames: int = 4) -> bytes:
    """A tiny mp4 of 2 frames per second."""
    import av
    import numpy as np

    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=2)
        stream.width = stream.height = 16
        for i in range(frames):
            picture = np.full((16, 16, 3), 10 * i, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return file.getvalue()


def frame_names(folder: str, count: int, start: float = 6.0) -> list[str]:
    """Names as the authors give them, two frames a second."""
    times = [start + i / 2 for i in range(count)]
    return [
        f"{folder}/{int(t // 60):02d}:{t % 60:05.2f}_frame_0.50_{int(t * 2)}.jpg" for t in times
    ]


def record(number: int) -> dict[str, Any]:
    """Question `number`: 0 to 3, the third with two videos, the second with an image."""
    kind = TYPES[number % len(TYPES)]
    videos = [f"src/clip{number}.mp4", "src/clip0.mp4"][: 2 if "Cross" in kind else 1]
    images = ["ref/a.jpg"] if number == 1 else []
    question = "What is this? " + "<image> " * len(images) + "A. left B. right C. up D. down"
    return {
        "id": f"question_{number:04d}",
        "type": kind,
        "video_list": [
            {"path": path, "start": 6.0, "end": 7.5, "base_fps": 2.0} for path in videos
        ],
        "frames_list": [frame_names(Path(path).stem, 4) for path in videos],
        "ref_images": images,
        "system_prompt": "The time is in the corner.",
        "task_prompt": "<video>" * len(videos),
        "user_prompt": question,
        "format_prompt": "Answer with the letter.",
        "ori_question": question,
        "options": ["A. left", "B. right", "C. up", "D. down"],
        "ground_truth": "ABCD"[number % 4],
        "hint": "it moves",
        "source": {"name": "test"},
    }


def content(records: list[dict[str, Any]]) -> dict[str, dict[str, bytes]]:
    """What the three archives must hold for these records."""
    frames, videos = {}, {}
    for item in records:
        for video, names in zip(item["video_list"], item["frames_list"], strict=True):
            videos[video["path"]] = mp4()
            frames.update({name: jpeg(len(name) + 20 * i) for i, name in enumerate(names)})
    images = {path: jpeg(200) for item in records for path in item["ref_images"]}
    return {"frames": frames, "videos": videos, "ref_images": images}


def write_zip(path: Path, members: dict[str, bytes], prefix: str = "") -> None:
    """A zip with these members, stored."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(prefix + name, data)


def make_release(
    folder: Path,
    records: list[dict[str, Any]] | None = None,
    *,
    members: dict[str, dict[str, bytes]] | None = None,
    repeat_folder: bool = False,
) -> Path:
    """Write a release; records and archive members may be given, whole by default."""
    records = [record(i) for i in range(4)] if records is None else records
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mmsivideo.json").write_text(json.dumps(records), encoding="utf-8")
    for name, files in (members or content(records)).items():
        write_zip(folder / f"{name}.zip", files, f"{name}/" if repeat_folder else "")
    return folder
