"""Where things lie in a release, and what names tell: kind and source of a video."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Literal

Kind = Literal["original", "overlay"]
"""A clean video, or one with the gaze drawn in."""

_TOPS = ("", "dataset/")
_ARCHIVES = (".tar.gz", ".tgz", ".tar", ".zip")
QA = tuple(f"{top}qa/*.json" for top in _TOPS)
"""Task files."""
TABLES = tuple(
    f"{top}{folder}/*.{suffix}"
    for top in _TOPS
    for folder in ("metadata", "gaze")
    for suffix in ("csv", "parquet")
)
"""Tables with metadata or gaze."""
VIDEO_ARCHIVES = tuple(
    f"{top}{folder}videos_*{suffix}"
    for top in _TOPS
    for folder in ("videos/", "")
    for suffix in _ARCHIVES
) + tuple(f"{top}videos/*{suffix}" for top in _TOPS for suffix in _ARCHIVES)
"""Archives of videos, ``videos/videos_egtea_viz.tar.gz``."""
VIDEO_FILES = tuple(
    f"{top}videos/{folder}/*.{suffix}"
    for top in _TOPS
    for folder in ("original_video", "gaze_viz_video")
    for suffix in ("mp4", "MP4")
)
"""Unpacked videos, as the authors' evaluation wants them."""
PATTERNS = (*QA, *TABLES, *VIDEO_ARCHIVES, *VIDEO_FILES)
"""Everything that is taken from a release, where it is there."""

METADATA_COLUMNS = (
    "video_name",
    "source_file",
    "fixation_ids",
    "episode_start_time",
    "episode_end_time",
    "duration",
    "representative_object",
    "other_objects_in_cropped_area",
    "other_objects_outside_fov",
    "captions",
    "action_captions",
)
"""What the authors' pipeline writes (its step 2.5) and reads again (step 3). Times are seconds."""

ABILITIES = {
    "nfi": "scanpath_reasoning",
    "otp": "scanpath_reasoning",
    "sr": "episodic_memory",
    "gsm": "temporal_reasoning",
    "oie": "object_grounding",
    "oih": "object_grounding",
    "oar": "object_grounding",
    "fap": "predictive_reasoning",
    "gta": "object_tracking",
    "oaa": "object_tracking",
}
"""Code of a task -> what the authors' pipeline writes into ``required_ability``."""

_KIND_WORDS: tuple[tuple[Kind, str], ...] = (
    ("overlay", "viz"),
    ("overlay", "overlay"),
    ("original", "original"),
)
_SOURCE_WORDS = (("egtea", "egtea"), ("egoexo", "egoexolearn"), ("holo", "holoassist"))
_PATTERNS = (
    (re.compile(r"(?:OP|P)\d{2}-R\d{2}\b.*"), "egtea"),
    (re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE), "egoexolearn"),
    (re.compile(r"[0-9a-f]{32}", re.IGNORECASE), "egoexolearn"),
    (re.compile(r"[zR]\d{3}\b.*", re.IGNORECASE), "holoassist"),
)


def is_video(name: str) -> bool:
    """Whether a file in an archive is called like a video that we open."""
    return name.lower().endswith(".mp4")


def kind_of_video(archive: str, member: str) -> Kind:
    """What a video is by its folder, else by its archive's name; clean when neither tells.

    Args:
        archive: name of the archive in the release; "" for an unpacked video.
        member: its path in there, or in the release.
    """
    for text in (str(PurePosixPath(member).parent), archive):
        for kind, word in _KIND_WORDS:
            if word in text.lower():
                return kind
    return "original"


def source_by_file(name: str) -> str | None:
    """The source that the name of an archive or a table speaks of."""
    stem = name.rpartition("/")[2].lower()
    return next((source for word, source in _SOURCE_WORDS if word in stem), None)


def source_by_pattern(video_id: str) -> str | None:
    """The source whose videos are called like this one; None when none is.

    EGTEA Gaze+ has sessions (``OP03-R01-PastaSalad``, ``P10-R01-Pizza``), EgoExoLearn has UUIDs,
    HoloAssist has ``z143-june-21-22-trebuchet`` and ``R007-7July-DSLR``.
    """
    return next((source for pattern, source in _PATTERNS if pattern.fullmatch(video_id)), None)
