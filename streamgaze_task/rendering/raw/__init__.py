"""Writes recordings as the datasets publish them, from a gaze signal that is known.

For tests and samples: what a reader of the pipeline makes of these files can be compared with the
signal. The layouts are those that the pipeline of daeunni/StreamGaze (README, steps 0, 1 and 3)
wants to find below ``raw_gaze_dataset/<dataset>/``; `folder` is that folder.

==============  ==================================================================================
format          layout below the dataset's folder
==============  ==================================================================================
``egtea``       ``videos/<v>.mp4``; ``gaze_data/<v>.txt``, an export of BeGaze, pixels of
                1280 x 960, rows at the tracker's own rate that name their frame at 24 frames a
                second; ``raw_annotations/action_labels.csv`` of all videos, ``;`` between the
                fields, milliseconds. The two versions of BeGaze are ``egtea:v1`` (7 columns, frame
                as a number) and ``egtea:v2`` (26 columns, frame as HH:MM:SS:FF).
``ego4d``       ``v2/gaze_videos/v2/full_scale/<v>.mp4``; ``v2/gaze/<v>.csv``, positions from the
                lower left corner, with confidence; ``actions/<v>.csv`` (ours: its annotations
                have another format, which the authors' pipeline does not read).
``egoexolearn`` ``full/<v>.mp4``; ``full/gazes_30fps_npy/<v>.npy``, N x 3 (x, y, valid), one row
                for every frame at 30 a second; ``annotations/<v>.json``.
``holoassist``  ``full/<v>/Export_py/``: ``Video_pitchshift.mp4``, ``Video/Intrinsics.txt``,
                ``Video/Pose_sync.txt``, ``Video/VideoMp4Timing.txt``, ``Eyes/Eyes_sync.txt``:
                rays in the room, which the camera's pose turns into pixels;
                ``full/data-annnotation-trainval-v1_1.json`` (its spelling) of all videos.
``table``       ours, for anyone's tracker: ``videos/<v>.mp4``; ``gaze/<v>.csv`` (also
                ``table:csv``) or ``gaze/<v>.parquet`` (``table:parquet``) with seconds, x, y,
                valid; ``actions/<v>.csv`` with start, end, text.
==============  ==================================================================================

What a format cannot say is lost: ``egtea`` has no rows for untracked samples, ``egoexolearn`` and
``table`` know no types, ``ego4d`` has a confidence for one (0.9 and more: fixation; 0.5 and more:
saccade). Each module says more.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sightline.errors import UsageError
from sightline.fields import shown
from streamgaze_task.rendering.raw import ego4d, egoexolearn, egtea, holoassist, plain
from streamgaze_task.rendering.raw.clip import Clip

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction
    from pathlib import Path

    from streamgaze_task.rendering.signals import Signal

WRITERS = {
    "egtea": egtea.write_v2,
    "egtea:v1": egtea.write_v1,
    "egtea:v2": egtea.write_v2,
    "ego4d": ego4d.write,
    "egoexolearn": egoexolearn.write,
    "holoassist": holoassist.write,
    "table": plain.write_csv,
    "table:csv": plain.write_csv,
    "table:parquet": plain.write_parquet,
}
"""Format -> what writes its gaze."""
_ACTIONS = {
    "egtea": egtea.write_actions,
    "ego4d": plain.write_actions,
    "egoexolearn": egoexolearn.write_actions,
    "holoassist": holoassist.write_actions,
    "table": plain.write_actions,
}
_VIDEOS = {
    "egtea": "videos/{}.mp4",
    "ego4d": "v2/gaze_videos/v2/full_scale/{}.mp4",
    "egoexolearn": "full/{}.mp4",
    "holoassist": "full/{}/Export_py/Video_pitchshift.mp4",
    "table": "videos/{}.mp4",
}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")


def write_gaze(
    format: str,  # noqa: A002 (the word that everyone uses for it)
    folder: Path,
    name: str,
    signal: Signal,
    *,
    width: int,
    height: int,
    fps: float | Fraction,
    seconds: float,
) -> None:
    """Write the gaze of one recording, with all that its format needs beside it.

    Args:
        format: one of WRITERS.
        folder: the dataset's folder; folders below it are made.
        name: of the recording, without suffix.
        signal: the gaze; samples at or after `seconds` are left out.
        width: of the video, pixels.
        height: of the video, pixels.
        fps: frames a second of the video.
        seconds: length of the video.

    Raises:
        UsageError: there is no such format, or the name cannot be a file's name.
        ValueError: the video has no extent, no rate or no length.
    """
    if format not in WRITERS:
        raise UsageError(f"format ({shown(format)}) must be one of: {', '.join(WRITERS)}")
    clip = Clip(_checked(name), width, height, float(fps), seconds)
    WRITERS[format](folder, clip, clip.cut(signal))


def write_actions(
    format: str,  # noqa: A002 (as above)
    folder: Path,
    name: str,
    actions: Sequence[tuple[float, float, str]],
) -> None:
    """Write what the wearer did in one recording, as the format annotates it.

    In files that hold all recordings of a dataset, what they said of this one is replaced; such
    files must not be written by two threads at once.

    Args:
        format: as for :func:`write_gaze`; what follows a colon does not matter.
        folder: as for :func:`write_gaze`.
        name: of the recording.
        actions: (start, end, text) in seconds. For ``egtea`` and ``holoassist`` the text is a verb
            and its nouns, the verb first.

    Raises:
        UsageError: as for :func:`write_gaze`.
        ValueError: an action ends before it starts, or its text is empty or has line breaks.
    """
    kind = dataset(format)
    for start, end, text in actions:
        if not 0 <= start < end < float("inf") or not text.strip() or not text.isprintable():
            raise ValueError(f"not an action: {shown([start, end, text])}")
    _ACTIONS[kind](folder, _checked(name), actions)


def video_path(format: str, folder: Path, name: str) -> Path:  # noqa: A002 (as above)
    """Where the format has the video of a recording.

    Raises:
        UsageError: as for :func:`write_gaze`.
    """
    return folder / _VIDEOS[dataset(format)].format(_checked(name))


def dataset(format: str) -> str:  # noqa: A002 (as above)
    """The format without its version.

    Raises:
        UsageError: there is no such format.
    """
    if format not in WRITERS:
        raise UsageError(f"format ({shown(format)}) must be one of: {', '.join(WRITERS)}")
    return format.partition(":")[0]


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise UsageError(f"name ({shown(name)}) must be letters, digits, _ . and - only")
    return name
