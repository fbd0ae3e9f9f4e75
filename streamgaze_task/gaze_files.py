"""Gaze and video from where they lie: a built dataset, or files of one's own."""

from __future__ import annotations

import csv
import difflib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sightline.archives import clean_name
from sightline.errors import DatasetError, UsageError
from sightline.video import scan
from streamgaze_task.gaze import GazeTable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from sightline.video import Scan

MAX_ROWS = 10_000_000
"""More rows than any recording has: 13 hours at 200 a second."""

_TRUE, _FALSE = {"1", "1.0", "true", "yes"}, {"0", "0.0", "false", "no"}
_SHOWN = 5
_NUMBERS = ("seconds", "x", "y", "duration_seconds")
_FORMAT = (
    "a gaze table is a CSV with the columns seconds, x, y and optionally valid and "
    "duration_seconds; x and y are parts of the frame's width and height, 0 to 1"
)


@dataclass(frozen=True)
class Subject:
    """One video and its gaze."""

    video: Path
    """The clean mp4."""
    gaze: GazeTable
    """Where the camera wearer looked."""
    source: str | None
    """One of streamgaze_task.task_names.SOURCES, or any other; None when it is not known."""
    scan: Scan
    """Times and size of the video's frames."""


def from_files(video: Path, table: Path, source: str | None = None) -> Subject:
    """A video and a gaze table of one's own; see :func:`read_csv`.

    Raises:
        DatasetError: one of them cannot be read.
    """
    return Subject(video, read_csv(table), source, scan(video))


def from_dataset(dataset: Path, video_id: str) -> Subject:
    """A video of a built dataset.

    Raises:
        UsageError: the dataset has no such video.
        DatasetError: the dataset cannot be read, or the video has no gaze.
    """
    # Reads Parquet, which `sightline gaze --video` never needs.
    from streamgaze_task.questions import (  # noqa: PLC0415 (see above)
        read_gaze,
        read_samples,
    )

    videos = {sample.video.video_id: sample.video for sample in read_samples(dataset)}
    if video_id not in videos:
        near = difflib.get_close_matches(video_id, videos, n=_SHOWN) or sorted(videos)[:_SHOWN]
        raise UsageError(
            f"VIDEO_ID ({video_id!r}) must be one of the {len(videos)} videos of {dataset}",
            next_step=f"for example: {', '.join(near)}",
        )
    video = videos[video_id]
    if video.gaze == "none":
        raise DatasetError(
            f"video {video_id} has no gaze in {dataset}",
            next_step="build the dataset without --no-gaze-recovery",
        )
    try:
        path = dataset / clean_name(video.video_path)
    except ValueError as error:
        raise DatasetError(f"video {video_id} must lie inside {dataset}: {error}") from error
    return Subject(path, read_gaze(dataset, video_id), video.source, scan(path))


def read_csv(path: Path) -> GazeTable:
    """A gaze table of one's own: CSV with a header line; kind ``samples``.

    Columns ``seconds``, ``x``, ``y`` and optionally ``valid`` (1 or 0, true or false, yes or no)
    and ``duration_seconds``; others are ignored. An empty cell or ``nan`` is an unknown value.

    Raises:
        DatasetError: the file cannot be read as such a table; the message names the line.
    """
    columns: dict[str, list[Any]] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            names = [name for name in (*_NUMBERS, "valid") if name in (reader.fieldnames or ())]
            missing = [name for name in _NUMBERS[:3] if name not in names]
            if missing:
                raise DatasetError(f"{path} has no column {missing[0]}", next_step=_FORMAT)
            columns = {name: [] for name in names}
            for place, row in _rows(path, reader):
                for name in names:
                    columns[name].append(_value(name, row[name], place))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{path} cannot be read: {error}", next_step=_FORMAT) from error
    table = _table(path, columns)
    if not table.valid.any() and any(value is not None for value in columns["x"]):
        raise DatasetError(
            f"{path} has no valid row with x and y inside [0, 1]",
            next_step="divide pixels by the size of the frame",
        )
    return table


def _table(path: Path, columns: Mapping[str, list[Any]]) -> GazeTable:
    try:
        return GazeTable.from_columns(columns)
    except ValueError as error:
        raise DatasetError(f"{path} is no gaze table: {error}", next_step=_FORMAT) from error


def _rows(path: Path, reader: csv.DictReader[str]) -> Iterator[tuple[str, dict[str, str | None]]]:
    for number, row in enumerate(reader):
        if number >= MAX_ROWS:
            raise DatasetError(f"{path} has more than {MAX_ROWS} rows")
        yield f"{path} line {reader.line_num}", dict(row)


def _value(name: str, text: str | None, place: str) -> float | bool | None:
    """A cell; None when it is empty or the line is too short."""
    text = (text or "").strip().lower()
    if not text:
        return None
    if name == "valid":
        if text not in _TRUE | _FALSE:
            raise DatasetError(f"{place}: valid ({text[:40]!r}) must be 1 or 0")
        return text in _TRUE
    try:
        value = float(text)
    except ValueError:
        raise DatasetError(
            f"{place}: {name} ({text[:40]!r}) must be a number", next_step=_FORMAT
        ) from None
    return value if math.isfinite(value) else None
