"""A StreamGaze release of three videos of 20 s at 160x120, made in a second, to be broken by tests.

A coloured box moves through each video; the overlay copy has the green dot and the red circle of
the authors' overlays, and none of them in the span :data:`LOST`, in which no gaze was measured.
"""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np

WIDTH, HEIGHT, FPS, SECONDS = 160, 120, 5, 20
LOST = (8.0, 9.0)
"""Seconds without gaze in every overlay."""
VIDEOS = {
    "OP01-R01-TinySalad": "egtea",
    "0b5e9a04-7d4e-4b57-9c7c-2f2f4b1f7a10": "egoexolearn",
    "z001-june-01-22-tiny": "holoassist",
}
"""Video id -> where it comes from."""
_EGTEA, _EGOEXO, _HOLO = VIDEOS
_SENTENCES = {
    "past_non_fixated_object_identification": (
        "Which object did the user never gaze at?",
        "Scanpath_Never_Gazed",
    ),
    "past_object_transition_prediction": (
        "What object does the user gaze at next after looking at {cup, pan}?",
        "Scanpath_Next_After_Group",
    ),
    "past_scene_recall": (
        "Which of these objects was in the background of the scene?",
        "Scene_Reconstruction",
    ),
    "past_gaze_sequence_matching": (
        "Which transition best matches the user's gaze pattern?",
        "Scanpath_Transition_Pattern",
    ),
    "present_object_identification_easy": (
        "Which object is the user currently gazing at?",
        "Object_Identification",
    ),
    "present_object_identification_hard": (
        "Which object is the user currently gazing at?",
        "Object_Identification",
    ),
    "present_object_attribute_recognition": (
        "What is the color of the object that the user is gazing at?",
        "Object_Attribute",
    ),
    "present_future_action_prediction": (
        "Which action will the user most likely do next?",
        "Future_Action_Prediction",
    ),
}
_OPTIONS = ["A. cup", "B. pan", "C. knife", "D. jar"]


def gaze_at(seconds: float, number: int = 0) -> tuple[float, float]:
    """Where the gaze of video `number` is, x and y in [0, 1] of the frame."""
    turn = 2 * np.pi * seconds / SECONDS
    return float(0.5 + 0.3 * np.cos(turn + number)), float(0.5 + 0.3 * np.sin(2 * turn))


def entry(video: str, *questions: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """One entry of a task file."""
    whole = {
        "response_time": "[00:00 - 00:10]",
        "questions": list(questions),
        "video_categories": "EGTEA",
        "video_path": f"{video}.mp4",
    }
    return {**whole, **changes}


def question(file: str, number: int = 0, **changes: Any) -> dict[str, Any]:
    """A question with options, as it stands in that file."""
    text, kind = _SENTENCES[file]
    whole = {
        "task_type": kind,
        "question": text,
        "time_stamp": f"00:{10 + number:02d}",
        "answer": "ABCD"[number % 4],
        "options": list(_OPTIONS),
        "required_ability": "object_grounding",
    }
    return {**whole, **changes}


def alert(kind: str = "gaze", **changes: Any) -> dict[str, Any]:
    """A proactive question with three test points; kind is gaze or appearance."""
    sentences = {
        "gaze": ("Monitor my gaze and alert me when I gaze on the <plate>.", "Object_Remind_Easy"),
        "appearance": (
            "Watch the scene and alert me when the <plate> first appears.",
            "Object_Remind_Hard",
        ),
    }
    text, name = sentences[kind]
    points = [("00:04", 0), ("00:10", 1), ("00:18", 0)]
    whole = {
        "task_type": name,
        "question": text,
        "time_stamp": "00:02",
        "first_appearance": "00:09",
        "target_object": "plate",
        "fixation_intervals": [{"start": "00:09", "end": "00:12"}],
        "test_info": [
            {"realtime": at, "type": label, "input_video_clip": [0, int(at[3:])]}
            for at, label in points
        ],
        "required_ability": "object_tracking",
        "difficulty": "easy",
        "gaze_area": "FOV",
    }
    return {**whole, **changes}


def qa() -> dict[str, list[dict[str, Any]]]:
    """The ten task files: name without suffix -> entries, one question each."""
    names = list(VIDEOS)
    documents = {
        file: [
            entry(names[(number + i) % 3], question(file, number + i))
            for i in range(2 if number < 2 else 1)
        ]
        for number, file in enumerate(_SENTENCES)
    }
    documents["proactive_gaze_triggered_alert"] = [entry(_EGTEA, alert("gaze"))]
    documents["proactive_object_appearance_alert"] = [
        entry(_HOLO, alert("appearance")),
        entry(_EGOEXO, alert("appearance", first_appearance="00:05")),
    ]
    return documents


def encode(frames: np.ndarray, *, fps: int = FPS, rotation: int = 0) -> bytes:
    """Frames of shape (N, H, W, 3) as an mp4, always the same bytes.

    Rotation, a multiple of 90, is only noted in the header, as telephones do.
    """
    file = io.BytesIO()
    with av.open(file, "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("mpeg4", rate=fps)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = 2_000_000
        stream.thread_count = 1
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    return _rotated(file.getvalue(), rotation) if rotation else file.getvalue()


def encode_at(frames: np.ndarray, milliseconds: list[int]) -> bytes:
    """Frames shown at these times: a variable frame rate."""
    from fractions import Fraction

    file = io.BytesIO()
    with av.open(file, "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("mpeg4", rate=FPS)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt, stream.thread_count = "yuv420p", 1
        stream.codec_context.time_base = Fraction(1, 1000)
        for frame, at in zip(frames, milliseconds, strict=True):
            native = av.VideoFrame.from_ndarray(frame, format="rgb24")
            native.pts, native.time_base = at, Fraction(1, 1000)
            container.mux(stream.encode(native))
        container.mux(stream.encode())
    return file.getvalue()


def _rotated(data: bytes, degrees: int) -> bytes:
    """The mp4 with another display matrix in its track header; nothing else is touched."""
    import struct

    cos, sin = {90: (0, 1), 180: (-1, 0), 270: (0, -1)}[degrees]
    at = data.index(b"tkhd") + 4 + 40  # version 0: 40 bytes stand before the matrix
    one = 1 << 16
    matrix = struct.pack(">9i", cos * one, sin * one, 0, -sin * one, cos * one, 0, 0, 0, 1 << 30)
    return data[:at] + matrix + data[at + 36 :]


@cache
def frames(number: int = 0, seconds: float = SECONDS, size: tuple[int, int] = (WIDTH, HEIGHT)):
    """The clean frames of video `number`, (N, H, W, 3): a box that moves on a still ground."""
    width, height = size
    count = int(seconds * FPS)
    rows, columns = np.mgrid[0:height, 0:width]
    ground = np.stack([columns % 97 + 60, rows % 89 + 60, (rows + columns) % 83 + 80], axis=2)
    video = np.repeat(ground[None].astype(np.uint8), count, axis=0)
    for i in range(count):
        left = (7 * number + 3 * i) % (width - 24)
        top = (11 * number + 2 * i) % (height - 24)
        video[i, top : top + 24, left : left + 24] = (200, 60 + 60 * number, 160)
    return video


@cache
def overlay_frames(number: int = 0, seconds: float = SECONDS) -> np.ndarray:
    """The same frames with the gaze drawn in, as the authors draw it."""
    video = frames(number, seconds).copy()
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    for i in range(len(video)):
        if LOST[0] <= i / FPS < LOST[1]:
            continue
        x, y = gaze_at(i / FPS, number)
        away = np.hypot(columns - int(x * WIDTH), rows - int(y * HEIGHT))
        video[i][np.abs(away - int(0.156 * WIDTH)) <= 1.5] = (255, 0, 0)
        video[i][np.abs(away - 10) <= 1] = (0, 0, 0)
        video[i][away <= 8] = (0, 255, 0)
    return video


@cache
def original(number: int = 0, seconds: float = SECONDS) -> bytes:
    """The clean mp4 of video `number`."""
    return encode(frames(number, seconds))


@cache
def overlay(number: int = 0, seconds: float = SECONDS) -> bytes:
    """The overlay mp4 of video `number`."""
    return encode(overlay_frames(number, seconds))


def media() -> dict[str, dict[str, bytes]]:
    """Kind of archive (``egtea_original`` and so on) -> member -> bytes."""
    found: dict[str, dict[str, bytes]] = {}
    for number, (video, source) in enumerate(VIDEOS.items()):
        found[f"{source}_original"] = {f"{video}.mp4": original(number)}
        found[f"{source}_viz"] = {f"{video}.mp4": overlay(number)}
    return found


def metadata(video: str, *, centre: bool = False) -> str:
    """A metadata CSV of one video with two episodes; with the gaze's centre when asked for."""
    names = "video_name,episode_start_time,episode_end_time,duration,representative_object"
    object_ = "\"{'object_identity': 'cup', 'detailed_caption': 'a cup, white'}\""
    lines = [f"{video},1.0,4.0,3.0,{object_}", f"{video},5.0,8.0,3.0,{object_}"]
    if centre:
        names += ",center_x,center_y"
        lines = [f"{line},0.25,0.75" for line in lines]
    return "\n".join([names, *lines, ""])


def write_tar(path: Path, members: dict[str, bytes], *, prefix: str = "") -> None:
    """A tar, gzipped when it is called so; always the same bytes."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(prefix + name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    zipped = path.name.endswith("gz")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(plain.getvalue(), 1, mtime=0) if zipped else plain.getvalue())


def write_unpacked(folder: Path, members: dict[str, dict[str, bytes]]) -> None:
    """The videos as the authors' evaluation wants them."""
    for kind, files in members.items():
        name = "gaze_viz_video" if kind.endswith("viz") else "original_video"
        for video, data in files.items():
            (folder / name).mkdir(parents=True, exist_ok=True)
            (folder / name / video).write_bytes(data)


def make(
    folder: Path,
    *,
    qa: dict[str, Any] | None = None,
    media: dict[str, dict[str, bytes]] | None = None,
    metadata: dict[str, str] | None = None,
    unpacked: bool = False,
    below: str = "",
    suffix: str = ".tar.gz",
    prefix: str = "",
) -> Path:
    """Write a release and return its folder; whole by default, every piece may be given.

    Args:
        folder: where.
        qa: file name without suffix -> document, :func:`qa` by default.
        media: as :func:`media` gives it.
        metadata: source -> text of its CSV; one without gaze by default.
        unpacked: mp4 files in two folders instead of six archives.
        below: ``dataset`` puts everything one folder deeper.
        suffix: of the archives, ``.tar.gz`` or ``.tar``.
        prefix: what the archives put in front of their members' names.
    """
    whole = globals()
    folder = Path(folder)
    root = folder / below if below else folder
    (root / "qa").mkdir(parents=True, exist_ok=True)
    for name, document in (whole["qa"]() if qa is None else qa).items():
        text = document if isinstance(document, str) else json.dumps(document, indent=1)
        (root / f"qa/{name}.json").write_text(text, encoding="utf-8")
    if metadata is None:
        metadata = {source: whole["metadata"](video) for video, source in VIDEOS.items()}
    for source, text in metadata.items():
        (root / "metadata").mkdir(exist_ok=True)
        (root / f"metadata/{source}.csv").write_text(text, encoding="utf-8")
    members = whole["media"]() if media is None else media
    if unpacked:
        write_unpacked(root / "videos", members)
    else:
        for kind, files in members.items():
            write_tar(root / f"videos/videos_{kind}{suffix}", files, prefix=prefix)
    return folder
