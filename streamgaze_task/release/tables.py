"""Tables of strangers: CSV or Parquet with metadata, gaze samples or fixations.

Columns are recognised by their names, in upper or lower case. Nobody outside the authors' group
documents these tables; the names are those that their pipeline writes and reads (pipeline steps 0
to 3) and the usual ones of gaze data. No evaluation needs a table, so one that cannot be read is
reported and left aside.
"""

from __future__ import annotations

import csv
import math
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from pathlib import Path

    from sightline.release import ReleaseFile

Content = Literal["samples", "fixations", "other"]
"""What the rows of a table are."""

_START = (
    "episode_start_time",
    "start_time_seconds",
    "start_time",
    "start_seconds",
    "start_sec",
    "start",
)
_NAMES: dict[str, tuple[str, ...]] = {
    "video": (
        *("video_name", "video_source", "video_id", "source_file"),
        *("video", "video_path", "video_uid", "session"),
    ),
    "seconds": (
        *("time_seconds", "seconds", "timestamp_seconds", "timestamp_sec", "timestamp_s"),
        *("canonical_timestamp_s", "time_sec", "time_s"),
    ),
    "milliseconds": ("time_ms", "timestamp_ms", "milliseconds"),
    "start": _START,
    "end": tuple(name.replace("start", "end") for name in _START),
    "x": ("x", "norm_pos_x", "gaze_x", "norm_x", "x_norm", "px"),
    "y": ("y", "norm_pos_y", "gaze_y", "norm_y", "y_norm", "py"),
    "pixel_x": ("u", "x_px", "pixel_x", "gaze_x_px"),
    "pixel_y": ("v", "y_px", "pixel_y", "gaze_y_px"),
    "centre_x": ("center_x", "centre_x", "centroid_x", "mean_x"),
    "centre_y": ("center_y", "centre_y", "centroid_y", "mean_y"),
    "valid": ("valid", "validity", "is_valid"),
    "in_frame": ("in_frame",),
    "type": ("type", "gaze_type", "event_type"),
    "confidence": ("confidence",),
}
"""What a column means -> its names, the first that is there counts."""


@dataclass(frozen=True)
class Table:
    """One table, seen through once."""

    name: str
    """Its name in the release."""
    path: Path
    """Where it lies."""
    content: Content
    """What its rows are."""
    roles: dict[str, int]
    """What a column means -> its position."""
    columns: tuple[str, ...]
    """Names of its columns, as they are written."""
    rows: int
    """Number of rows."""
    videos: Mapping[str, int]
    """The videos that its rows name -> how many of these rows have a time."""
    timed_rows: int
    """How many rows have a time."""


@dataclass(frozen=True)
class Cells:
    """One row of a table, by meaning."""

    row: Sequence[Any]
    """Its cells."""
    roles: Mapping[str, int]
    """Meaning -> position."""

    @property
    def video(self) -> str:
        """The video that it names; "" without one."""
        place = self.roles.get("video", len(self.row))
        return name_of(self.row[place]) if place < len(self.row) else ""

    @property
    def seconds(self) -> float:
        """When it starts; NaN when it does not say."""
        if {"start", "end"} <= self.roles.keys():
            return self.number("start")
        seconds = self.number("seconds")
        return self.number("milliseconds") / 1000 if math.isnan(seconds) else seconds

    def text(self, role: str) -> str | None:
        """A cell in lower case; None when the row has none."""
        place = self.roles.get(role, len(self.row))
        return str(self.row[place]).strip().lower() if place < len(self.row) else None

    def number(self, *roles: str) -> float:
        """The first of these cells that is there, as a number; NaN when it is none."""
        for role in roles:
            text = self.text(role)
            if text is not None:
                try:
                    number = float(text)
                except ValueError:
                    return math.nan
                return number if math.isfinite(number) else math.nan
        return math.nan


class UnreadableTableError(ValueError):
    """A table that is none; the message says why."""


def look_through(file: ReleaseFile) -> Table:
    """Read a table once, and say what it is.

    Raises:
        UnreadableTableError: it is no CSV or Parquet file.
    """
    videos: Counter[str] = Counter()
    count = timed = 0
    with closing(read_rows(file.path)) as rows:
        columns = tuple(str(name) for name in next(rows, ()))
        roles = roles_of(columns)
        for row in rows:
            cells = Cells(row, roles)
            has_time = not math.isnan(cells.seconds)
            count += 1
            timed += has_time
            videos[cells.video] += has_time
    videos.pop("", None)
    content = _content(roles)
    return Table(file.name, file.path, content, roles, columns, count, videos, timed)


def roles_of(columns: Sequence[str]) -> dict[str, int]:
    """What the columns of a table mean: meaning -> position."""
    places = {name.strip().lower(): i for i, name in reversed([*enumerate(columns)])}
    return {
        role: next(places[name] for name in names if name in places)
        for role, names in _NAMES.items()
        if any(name in places for name in names)
    }


def name_of(value: Any) -> str:
    """The video that a cell names: without folders, ``.mp4``, ``.csv`` and blanks."""
    name = str(value or "").strip().replace("\\", "/").rstrip("/").rpartition("/")[2]
    for suffix in (".mp4", ".csv", ".json", ".txt"):
        if name.lower().endswith(suffix):
            return name[: -len(suffix)]
    return name


def read_rows(path: Path) -> Generator[Sequence[Any], None, None]:
    """The header, then the rows, one by one; close it when it is not read to the end.

    Raises:
        UnreadableTableError: it is no such file, or breaks off.
    """
    try:
        yield from _parquet(path) if path.suffix.lower() == ".parquet" else _csv(path)
    except (csv.Error, UnicodeDecodeError, pa.ArrowException, OSError) as error:
        raise UnreadableTableError(f"{path.name} cannot be read: {error}") from error


def _csv(path: Path) -> Generator[Sequence[Any], None, None]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        start = file.readline(1 << 16)
        file.seek(0)
        # EGTEA's own lists are separated by semicolons.
        separator = max(",;\t", key=start.count)
        yield from csv.reader(file, delimiter=separator)


def _parquet(path: Path) -> Generator[Sequence[Any], None, None]:
    with pq.ParquetFile(path) as file:
        yield tuple(file.schema_arrow.names)
        for batch in file.iter_batches(batch_size=1 << 14):
            columns = [column.to_pylist() for column in batch.columns]
            yield from zip(*columns, strict=True)


def _content(roles: dict[str, int]) -> Content:
    place = any({f"{kind}x", f"{kind}y"} <= roles.keys() for kind in ("", "pixel_", "centre_"))
    if place and {"start", "end"} <= roles.keys():
        return "fixations"
    if place and ("seconds" in roles or "milliseconds" in roles):
        return "samples"
    return "other"
