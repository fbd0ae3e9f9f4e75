"""HoloAssist: gaze rays, head poses and intrinsics of a session, or gaze projected before.

Of the two the rays are read where they are whole, by :func:`~.projection.project`, whose faults are
mended; the published table takes the projected file first, as pipeline step 1 does.
"""

from __future__ import annotations

import math
from array import array
from typing import TYPE_CHECKING

import numpy as np

from sightline.errors import DatasetError
from streamgaze_task.cameras import Camera
from streamgaze_task.pipeline.recordings.begaze import MAX_FRAME
from streamgaze_task.pipeline.recordings.formats import format_of
from streamgaze_task.pipeline.recordings.projection import (
    TICKS_PER_SECOND,
    Intrinsics,
    Poses,
    Published,
    Rays,
    frame_ticks,
    project,
    project_published,
)
from streamgaze_task.pipeline.recordings.reading import (
    OUTSIDE,
    UNKNOWN,
    UNTRACKED,
    Reading,
    published_table,
    samples_of,
)
from streamgaze_task.pipeline.recordings.tables import Marks, read_columns, read_table
from streamgaze_task.pipeline.recordings.text import Malformed, lines, needed, number

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from streamgaze_task.pipeline.gaze_samples import GazeSamples
    from streamgaze_task.pipeline.recordings.source import Source
    from streamgaze_task.pipeline.records import VideoFacts

POSE_CELLS, EYE_CELLS, INTRINSICS_CELLS = 18, 9, 11
"""Fewest cells in a line of Pose_sync, Eyes_sync and Intrinsics (pipeline step 0)."""

MAX_TICK = 1 << 62
MOST_LENGTHS = 1000
"""A picture's side in focal lengths, at most, and one over it at least; ours: fields of view from
0.06 to 179.8 degrees, beyond any lens, and away from 0 and 180, which are none."""
_CENTRE = 0.5
_YES = ("1", "1.0", "true")


def read_samples(source: Source, video: VideoFacts) -> Reading:
    """Ours: each gaze sample at its own time, by the pose nearest to it.

    Untracked: the device saw no eyes, or there is no pose within the largest gap. Outside: beyond
    the frame, or behind the camera.

    Raises:
        DatasetError: a file cannot be read.
    """
    projected = source.file("gaze")
    if source.file("eyes") is None and projected is not None and source.table is not None:
        return read_table(projected, source.table, video)
    rays, poses, camera, start, notes = _session(source, exact=True)
    x, y, posed = project(
        rays,
        poses,
        camera.scaled(video.width, video.height),
        metres=source.eye_distance_metres,
        max_gap_seconds=source.max_gap_seconds,
    )
    tracked = rays.valid & posed
    codes = np.where(tracked, np.where(np.isfinite(x), UNKNOWN, OUTSIDE), UNTRACKED)
    seconds = (rays.ticks - start) / TICKS_PER_SECOND
    if lost := int((rays.valid & ~posed).sum()):
        notes = (*notes, _lost_poses(lost, len(rays.ticks), source.max_gap_seconds))
    if camera.width * video.height != camera.height * video.width:
        notes = (*notes, _other_shape(camera, video))
    return Reading(samples_of(seconds, x, y, codes.astype(np.int8)), notes)


def read_published(source: Source, video: VideoFacts) -> GazeSamples:
    """The published table (pipeline steps 0 and 1 of daeunni/StreamGaze), faults included.

    At 24.46 frames a second whatever the video has; without a projection in the middle of the
    frame; never clipped.

    Raises:
        DatasetError: a file cannot be read.
    """
    projected = source.file("gaze")
    made = _from_file(projected) if projected is not None else _from_rays(source, video)
    nowhere = np.isnan(made.u) | np.isnan(made.v)
    with np.errstate(over="ignore"):  # a place behind all numbers of float32 is infinitely far
        x = np.where(nowhere, _CENTRE, made.u / video.width).astype(np.float32)
        y = np.where(nowhere, _CENTRE, made.v / video.height).astype(np.float32)
    codes = np.where(made.valid & ~nowhere, np.where(made.in_frame, 1, 4), 0)
    # Frames that the file leaves out stay as the array was made: zeros.
    absent = np.isinf(made.u)
    x, y = (np.where(absent, np.float32(0), column) for column in (x, y))
    fps = format_of(source.format).reference_fps or video.fps
    return published_table(x, y, np.where(absent, 0, codes), fps)


def _lost_poses(lost: int, samples: int, gap: float) -> str:
    return (
        f"{lost} of {samples} gaze samples have no head pose within {gap:g} s; "
        "they count as untracked"
    )


def _other_shape(camera: Intrinsics, video: VideoFacts) -> str:
    return (
        f"the intrinsics are for pictures of {camera.width} x {camera.height}, but the video has "
        f"{video.width} x {video.height}: another shape, so places are scaled unequally"
    )


def camera_from(intrinsics: Path) -> Camera | None:
    """The session's own camera, 2 atan(width / (2 fx)); None when the file cannot be read.

    Whoever reads the gaze meets the same file, and says what is wrong with it.
    """
    try:
        camera = _intrinsics(intrinsics)
    except DatasetError:
        return None
    return Camera(
        math.degrees(2 * math.atan(camera.width / (2 * camera.fx))),
        aspect=camera.width / camera.height,
        name="holoassist",
        origin="the session's intrinsics",
        checked=True,
    )


def _session(
    source: Source, *, exact: bool
) -> tuple[Rays, Poses, Intrinsics, int, tuple[str, ...]]:
    files = [source.file(role) for role in ("eyes", "poses", "intrinsics", "timing")]
    eyes, poses, intrinsics, timing = files
    if eyes is None or poses is None or intrinsics is None or timing is None:
        raise DatasetError(f"recording {source.recording_id} must have eyes, poses and timing")
    rays, ray_notes = _rays(eyes, exact=exact)
    moments, pose_notes = _poses(poses, exact=exact)
    return rays, moments, _intrinsics(intrinsics), _start(timing), ray_notes + pose_notes


def _rays(path: Path, *, exact: bool) -> tuple[Rays, tuple[str, ...]]:
    ticks, values, notes = _matrix(path, EYE_CELLS, exact=exact)
    directions = values[:, 3:6]
    lengths = (
        np.sqrt(directions[:, 0] ** 2 + directions[:, 1] ** 2 + directions[:, 2] ** 2)
        if exact
        else np.linalg.norm(directions, axis=1)
    )
    lengths = np.where(lengths == 0, 1.0, lengths)
    unit = directions / lengths[:, None]
    order = np.argsort(ticks, kind="stable" if exact else None)
    valid = values[:, 6] == 1
    return Rays(ticks[order], values[order, 0:3], unit[order], valid[order]), notes


def _poses(path: Path, *, exact: bool) -> tuple[Poses, tuple[str, ...]]:
    ticks, values, notes = _matrix(path, POSE_CELLS, exact=exact)
    order = np.argsort(ticks, kind="stable" if exact else None)
    return Poses(ticks[order], values[order, :16].reshape(-1, 4, 4)), notes


def _matrix(
    path: Path, fewest: int, *, exact: bool
) -> tuple[NDArray[np.int64], NDArray[np.float64], tuple[str, ...]]:
    """Ticks and what follows them of a tab separated file.

    Args:
        path: the file.
        fewest: cells that a line must have.
        exact: ours, which reads ticks as whole numbers and goes on after an empty line; False:
            as published, through float64 and up to the first empty line.
    """
    ticks, values = array("q"), array("d")
    malformed = Malformed(path)
    for place, line in lines(path):
        if not line.strip():
            if exact:
                continue
            break
        try:
            tick, row = _row(line, fewest, exact=exact)
        except (ValueError, OverflowError) as error:
            malformed.add(place, error)
        else:
            ticks.append(tick)
            values.extend(row)
    notes = malformed.notes(len(ticks))
    if not ticks:
        raise DatasetError(f"{path} must have lines of {fewest} numbers, but is empty")
    rows = np.frombuffer(values).reshape(len(ticks), -1)
    return np.frombuffer(ticks, np.int64), rows, notes


def _row(line: str, fewest: int, *, exact: bool) -> tuple[int, list[float]]:
    cells = line.strip().split("\t")
    if len(cells) < fewest:
        raise ValueError(f"must have {fewest} cells between tabs, but has {len(cells)}")
    whole = exact and cells[1].strip().isdigit()
    tick = int(cells[1].strip()[:30]) if whole else int(needed(cells[1], "tick"))
    if abs(tick) > MAX_TICK:
        raise ValueError(f"tick {cells[1][:40]} is too large")
    return tick, [number(cell) for cell in cells[2:fewest]]


def _intrinsics(path: Path) -> Intrinsics:
    """Nine numbers of the matrix row by row first, width and height last, on one line."""
    text = next((line for _, line in lines(path) if line.strip()), "")
    cells = text.strip().split("\t")
    try:
        values = [needed(cell, "number") for cell in cells]
    except ValueError as error:
        raise DatasetError(f"{path} must hold numbers between tabs: {error}") from error
    if len(values) < INTRINSICS_CELLS:
        raise DatasetError(f"{path} must have {INTRINSICS_CELLS} numbers, but has {len(values)}")
    width, height = int(values[-2]), int(values[-1])
    fx, cx, fy, cy = values[0], values[2], values[4], values[5]
    sides = ((width, fx), (height, fy))
    if min(width, height) < 1 or min(fx, fy) <= 0:
        raise DatasetError(f"{path} must have focal lengths, a width and a height above 0")
    if not all(1 / MOST_LENGTHS < size / length < MOST_LENGTHS for size, length in sides):
        raise DatasetError(
            f"{path} must have a width and a height between 1/{MOST_LENGTHS} and {MOST_LENGTHS} "
            f"focal lengths, not {width:.3g} x {height:.3g} with {fx:.3g} and {fy:.3g}"
        )
    return Intrinsics(fx, fy, cx, cy, width, height)


def _start(path: Path) -> int:
    """Tick of the video's first frame: the first line that is not empty."""
    text = next((line.strip() for _, line in lines(path) if line.strip()), "")
    if not text.isdigit() or int(text[:30]) > MAX_TICK:
        raise DatasetError(f"{path} must start with the tick of the first frame, not {text[:40]!r}")
    return int(text)


def _from_rays(source: Source, video: VideoFacts) -> Published:
    rays, poses, camera, start, _ = _session(source, exact=False)
    return project_published(
        rays,
        poses,
        camera,
        metres=source.eye_distance_metres,
        ticks=frame_ticks(start, video.fps, video.frames),
        size=(video.width, video.height),
    )


def _from_file(path: Path) -> Published:
    """A projected file by its frame numbers; frames that it leaves out have infinity for u."""
    marks: dict[str, Marks] = {"valid": _yes, "in_frame": _yes}
    columns, _ = read_columns(path, ("frame_idx", "u", "v", "valid", "in_frame"), marks, ",")
    frame = columns["frame_idx"]
    kept = np.isfinite(frame) & (frame >= 0) & (frame <= MAX_FRAME)
    if not kept.any():
        raise DatasetError(f"{path} must have frame numbers from 0 to {MAX_FRAME} in frame_idx")
    at = frame[kept].astype(np.int64)
    frames = int(at.max()) + 1
    u, v = np.full(frames, np.inf), np.full(frames, np.inf)
    valid, inside = np.zeros(frames, np.bool_), np.zeros(frames, np.bool_)
    u[at], v[at] = columns["u"][kept], columns["v"][kept]
    valid[at], inside[at] = columns["valid"][kept] == 1, columns["in_frame"][kept] == 1
    return Published(u, v, valid, inside)


def _yes(text: str) -> float:
    return float(text.lower() in _YES)
