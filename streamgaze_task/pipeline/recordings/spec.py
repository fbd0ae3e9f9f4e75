"""What a configuration says of a folder of recordings."""

from __future__ import annotations

import math
from collections.abc import Mapping  # noqa: TC003 (settings_from reads the hints)
from dataclasses import dataclass, field
from typing import Literal

from sightline.errors import UsageError
from streamgaze_task.cameras import camera_names
from streamgaze_task.pipeline.recordings.formats import format_names, format_of
from streamgaze_task.pipeline.recordings.patterns import check_pattern
from streamgaze_task.pipeline.settings import settings_from

Units = Literal["seconds", "milliseconds", "microseconds", "nanoseconds", "frames"]

PER_SECOND: Mapping[str, float] = {
    "seconds": 1.0,
    "milliseconds": 1e3,
    "microseconds": 1e6,
    "nanoseconds": 1e9,
}
"""How many of a unit make one second; frames depend on the rate."""

EYE_DISTANCE_METRES = 0.5
"""How far along the gaze ray the point lies that is shown in the picture: about where the hands
work (pipeline step 0 of daeunni/StreamGaze, ``--eye_dist``)."""

MAX_GAP_SECONDS = 0.1
"""How far a head pose may be from the gaze sample that it serves. Ours: three frames; the head
turns up to 100 degrees a second, and the published pipeline has no limit at all."""

_HALF_TURN = 180.0


@dataclass(frozen=True)
class TableColumns:
    """How to read a table of gaze samples; the defaults fit ``seconds,x,y[,valid][,type]``.

    Raises:
        ValueError: a value is out of its range.
    """

    time: str = "seconds"
    """Name of the column with the samples' times."""
    x: str = "x"
    y: str = "y"
    valid: str | None = None
    """Name of the column that says whether a sample holds gaze; None: ``valid``, if there."""
    type: str | None = None
    """Name of the column with the kind of a sample (fixation, saccade, blink, untracked, outside;
    anything else is unknown); None: ``type``, if there."""
    confidence: str | None = None
    """Name of the column with the tracker's confidence; None: no sample is refused for it."""
    units: Units = "seconds"
    """Of the times. Frames are counted from 0."""
    zero: Literal["video", "first"] = "video"
    """What time 0 is: the video's start, or whatever the first sample has (clocks that count from
    somewhere else, as trackers' do)."""
    offset_seconds: float = 0.0
    """Added to every time: how long after the video's start time 0 is."""
    positions: Literal["normalised", "pixels"] = "normalised"
    """Whether x and y are parts of the frame's width and height, or pixels."""
    size: tuple[float, ...] = ()
    """Width and height of the pictures whose pixels are meant; empty: the video's."""
    y_axis: Literal["down", "up"] = "down"
    """Where y grows to: ``up`` when its 0 is at the bottom (Pupil Labs' norm_pos)."""
    rate: float | None = None
    """Samples a second; for ``frames`` also frames a second. None: not stated, and the video's."""
    valid_values: tuple[str, ...] = ("1", "1.0", "true", "yes", "valid")
    """What counts as valid, in lower case."""
    min_confidence: float = 0.6
    """Least confidence of a valid sample (Pupil Player's default, for its own trackers)."""
    separator: str = ","
    """Between the cells of a CSV, one character."""

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if self.size and not (
            len(self.size) == len(("width", "height"))
            and all(math.isfinite(side) and side > 0 for side in self.size)
        ):
            raise ValueError("size must be a width and a height above 0")
        if self.rate is not None and not (math.isfinite(self.rate) and self.rate > 0):
            raise ValueError(f"rate ({self.rate}) must be > 0")
        if not math.isfinite(self.offset_seconds):
            raise ValueError("offset_seconds must be a finite number")
        if len(self.separator) != 1 or self.separator in '\r\n"':
            raise ValueError(f"separator ({self.separator!r}) must be one character")
        if not self.valid_values or any(one != one.lower() for one in self.valid_values):
            raise ValueError("valid_values must be texts in lower case, at least one")


@dataclass(frozen=True)
class RecordingsSettings:
    """One item of a configuration's list ``recordings``: a folder of recordings of one format.

    Raises:
        ValueError: a value is unknown or out of its range, or `columns` describes no table.
    """

    format: str
    """One of the formats of ``data/recordings.json``: egtea, ego4d, egoexolearn, holoassist,
    table."""
    folder: str
    """Where they lie; relative to the configuration."""
    category: str = ""
    """What ``video_categories`` of the release says; empty: as the format has it."""
    camera: str = ""
    """One of streamgaze_task.cameras.camera_names(); empty: the format's own."""
    hfov_degrees: float | None = None
    """Horizontal field of view of the scene camera; None: the camera's."""
    only: tuple[str, ...] = ()
    """Ids of the recordings to take; empty: all."""
    files: Mapping[str, object] = field(default_factory=dict)
    """Role (video, gaze, actions, ...) -> pattern, or list of patterns, in place of the format's
    own: ``{id}`` stands for the recording's name, ``*`` for anything within one folder's name."""
    columns: Mapping[str, object] = field(default_factory=dict)
    """Of the format ``table``: a :class:`TableColumns`."""
    eye_distance_metres: float = EYE_DISTANCE_METRES
    """Of HoloAssist: see EYE_DISTANCE_METRES."""
    max_gap_seconds: float = MAX_GAP_SECONDS
    """Of HoloAssist: see MAX_GAP_SECONDS."""

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if self.format not in format_names():
            raise ValueError(f"format ({self.format!r}) must be one of {', '.join(format_names())}")
        if not self.folder.strip() or "\0" in self.folder:
            raise ValueError("folder must name a folder")
        if self.camera and self.camera not in camera_names():
            raise ValueError(
                f"camera ({self.camera!r}) must be one of {', '.join(camera_names())}; "
                "give hfov_degrees for any other"
            )
        if self.hfov_degrees is not None and not 0 < self.hfov_degrees < _HALF_TURN:
            raise ValueError(f"hfov_degrees ({self.hfov_degrees}) must be between 0 and 180")
        for name in ("eye_distance_metres", "max_gap_seconds"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise ValueError(f"{name} ({value}) must be > 0")
        if self.columns and self.format != "table":
            raise ValueError(f"columns are for the format table, not for {self.format}")
        self.patterns()
        try:
            self.table()
        except UsageError as error:  # settings_from knows where in the configuration this is
            raise ValueError("; ".join(filter(None, (error.message, error.next_step)))) from error

    def table(self) -> TableColumns | None:
        """How its tables are read; None for formats that hold none."""
        known = format_of(self.format)
        if known.reader not in ("table", "holoassist"):
            return None
        return settings_from(TableColumns, {**known.gaze, **self.columns}, "columns")

    def patterns(self) -> dict[str, tuple[str, ...]]:
        """Role -> patterns, the format's own and those given in their place.

        Raises:
            ValueError: a role is unknown, or a pattern leaves the folder.
        """
        own = dict(format_of(self.format).files)
        for role, given in self.files.items():
            if role not in own:
                raise ValueError(f"files has no {role!r}; known: {', '.join(own)}")
            own[role] = _patterns(role, given)
        return own


def _patterns(role: str, given: object) -> tuple[str, ...]:
    listed = [given] if isinstance(given, str) else given
    if not isinstance(listed, list | tuple) or not listed:
        raise ValueError(f"files.{role} must be a pattern or a list of patterns")
    for pattern in listed:
        if not isinstance(pattern, str):
            raise ValueError(f"files.{role} must be a pattern or a list of patterns")  # noqa: TRY004 (one kind of error for one setting)
        check_pattern(pattern)
    return tuple(listed)
