"""HoloAssist: the gaze as rays in the room, with the camera's moving pose and its intrinsics.

The files are those of PyHoloAssist's exporter, as step 0 of daeunni/StreamGaze reads them. The
head turns and walks a little all the time. A sample's ray starts at the eyes, which are beside the
camera, and ends where the camera sees the gaze, EYE_DISTANCE metres from the eyes; so projecting
that point with the pose of the nearest frame gives the signal back to a millionth of a pixel. That
holds for trackers at least as fast as the video; of a slower one a ray serves several
frames, and its pixels move as the head does, as in a real recording.

Samples without a position have valid 0 and no direction. Types are lost; gaze outside the frame is
a ray that leads there.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from streamgaze_task.cameras import camera_of
from streamgaze_task.rendering.raw.clip import Clip, write_text
from streamgaze_task.rendering.raw.egoexolearn import nearest
from streamgaze_task.rendering.signals import NO_PLACE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from streamgaze_task.rendering.signals import Signal

EYE_DISTANCE = 0.5
"""Metres from the eyes to the point that is projected (``--eye_dist`` of step 0)."""
TICKS = 10_000_000
"""Ticks a second: 100 ns each."""
START_TICKS = 637_938_000_000_000_000
"""Of the first frame: a morning of July 2022 in .NET's count, as in the dataset."""
ANNOTATIONS = "data-annnotation-trainval-v1_1.json"
"""The file of all actions; the dataset's own spelling."""

_EYES = np.array([0.0, 0.05, -0.03])
"""Where the eyes are in the camera's frame (right, down, ahead), metres: below and behind it."""
_AXES = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
"""Right, down, ahead -> ahead, left, up, the axes of the poses."""
_OFF_CENTRE = (0.013, -0.021)
"""How far the optical axis is off the middle, parts of width and height: it never is there."""


def write(folder: Path, clip: Clip, signal: Signal) -> None:
    """Write the five files of ``full/<v>/Export_py/`` but the video."""
    session = folder / "full" / clip.name / "Export_py"
    matrix = intrinsics(clip)
    _table(session / "Video" / "Intrinsics.txt", [[*matrix.ravel(), clip.width, clip.height]])
    frames = math.ceil(clip.seconds * clip.fps - 1e-6)
    times = np.arange(frames) / clip.fps
    poses = [pose(at) for at in times.tolist()]
    _table(
        session / "Video" / "Pose_sync.txt",
        [[*_clock(at), *each.ravel()] for at, each in zip(times.tolist(), poses, strict=True)],
    )
    ends = START_TICKS, START_TICKS + round(clip.seconds * TICKS)
    write_text(session / "Video" / "VideoMp4Timing.txt", "".join(f"{tick}\n" for tick in ends))
    _table(session / "Eyes" / "Eyes_sync.txt", _rays(clip, signal, matrix, times, poses))


def intrinsics(clip: Clip) -> NDArray[np.float64]:
    """The matrix of the camera for the video's size, shape (3, 3)."""
    focal = camera_of("holoassist").focal_widths * clip.width
    across, down = _OFF_CENTRE
    middle = clip.width * (0.5 + across), clip.height * (0.5 + down)
    return np.array([[focal, 0.0, middle[0]], [0.0, focal * 1.002, middle[1]], [0.0, 0.0, 1.0]])


def pose(at: float) -> NDArray[np.float64]:
    """From the camera's axes (ahead, left, up) to the room at a time, shape (4, 4).

    The head turns by up to 35 degrees and 30 degrees a second, nods, tilts and walks half a metre.
    """
    yaw = 0.6 * math.sin(0.8 * at)
    pitch = 0.25 * math.sin(1.1 * at + 1)
    roll = 0.08 * math.sin(0.7 * at + 2)
    made = np.eye(4)
    made[:3, :3] = _turn(0, 1, yaw) @ _turn(2, 0, pitch) @ _turn(1, 2, roll)
    made[:3, 3] = (
        0.5 * math.sin(0.3 * at),
        0.3 * math.cos(0.4 * at),
        1.6 + 0.02 * math.sin(6 * at),
    )
    return made


def write_actions(folder: Path, name: str, actions: Sequence[tuple[float, float, str]]) -> None:
    """Write ``full/data-annnotation-trainval-v1_1.json``; what it said of other videos stays."""
    path = folder / "full" / ANNOTATIONS
    said: list[dict[str, Any]] = json.loads(path.read_bytes()) if path.exists() else []
    ours = {
        "video_name": name,
        "taskType": "kitchen",
        "events": [_event(k, *action) for k, action in enumerate(actions)],
    }
    all_of_them = sorted(
        [each for each in said if each["video_name"] != name] + [ours],
        key=lambda each: str(each["video_name"]),
    )
    write_text(path, json.dumps(all_of_them, indent=1, ensure_ascii=False) + "\n")


def _event(number: int, start: float, end: float, text: str) -> dict[str, Any]:
    verb, _, noun = text.partition(" ")
    return {
        "id": f"{number:04d}",
        "label": "Fine grained action",
        "start": start,
        "end": end,
        "attributes": {
            "Action Correctness": "Correct Action",
            "Incorrect Action Explanation": "none",
            "Incorrect Action Corrected by": "none",
            "Verb": verb,
            "Adjective": "none",
            "Noun": noun or "none",
            "adverbial": "none",
        },
    }


def _turn(first: int, second: int, angle: float) -> NDArray[np.float64]:
    """A turn from one axis towards another, radians."""
    made = np.eye(3)
    made[first, first] = made[second, second] = math.cos(angle)
    made[first, second], made[second, first] = -math.sin(angle), math.sin(angle)
    return made


def _rays(
    clip: Clip,
    signal: Signal,
    matrix: NDArray[np.float64],
    times: NDArray[np.float64],
    poses: Sequence[NDArray[np.float64]],
) -> list[list[Any]]:
    """Rows of ``Eyes_sync.txt``: clock, origin, direction, valid."""
    known = ~np.isin(signal.types, NO_PLACE)
    made = []
    # By ticks: half way between two frames, whole numbers leave no doubt which one is nearer.
    for k, frame in enumerate(nearest(_ticks(times), _ticks(signal.seconds)).tolist()):
        turn, place = poses[frame][:3, :3] @ _AXES, poses[frame][:3, 3]
        direction = np.zeros(3)
        if known[k]:
            pixel = np.array([signal.x[k] * clip.width, signal.y[k] * clip.height, 1.0])
            direction = turn @ _from_eyes(np.linalg.solve(matrix, pixel))
        origin = place + turn @ _EYES
        made.append([*_clock(float(signal.seconds[k])), *origin, *direction, int(known[k])])
    return made


def _from_eyes(sight: NDArray[np.float64]) -> NDArray[np.float64]:
    """From the eyes to a point in sight of the camera: the direction, of length 1.

    The point is on the camera's line of sight, ``s * sight``, EYE_DISTANCE from the eyes.
    """
    a, b, c = sight @ sight, sight @ _EYES, _EYES @ _EYES - EYE_DISTANCE**2
    along = (b + math.sqrt(b * b - a * c)) / a
    return np.asarray((along * sight - _EYES) / EYE_DISTANCE, np.float64)


def _clock(at: float) -> tuple[float, int]:
    """Seconds and ticks of a time."""
    return at, START_TICKS + round(at * TICKS)


def _ticks(seconds: NDArray[np.float64]) -> NDArray[np.int64]:
    """Ticks since the first frame."""
    return np.asarray(np.rint(seconds * TICKS), np.int64)


def _table(path: Path, rows: Sequence[Sequence[Any]]) -> None:
    """Tabs between the numbers.

    They have ten decimals: the last digits of a sine are not the same on every machine.
    """
    lines = (
        "\t".join(str(v) if isinstance(v, int) else f"{float(v):.10f}" for v in row) for row in rows
    )
    write_text(path, "".join(line + "\n" for line in lines))
