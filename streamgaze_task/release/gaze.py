"""The gaze of each video: from the release's samples, its overlays, or its fixations.

In this order: samples are what was measured; the overlay shows one of them a frame, which
:mod:`streamgaze_task.recovery` reads back; fixations are a summary of them.
"""

from __future__ import annotations

import math
from array import array
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.archives import JUNK
from streamgaze_task.gaze import GazeTable
from streamgaze_task.release.tables import (
    Cells,
    Table,
    UnreadableTableError,
    look_through,
    read_rows,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sightline.release import Release
    from streamgaze_task.release.media import MediaFacts

_COLUMNS = ("seconds", "duration_seconds", "x", "y", "valid")
_UNTRACKED = {"untracked", "truncated", "0", "4", "blink"}
_FALSE = {"0", "0.0", "false", "no", ""}


@dataclass
class GazeSources:
    """Which table or overlay tells the gaze of which video."""

    tables: list[Table] = field(default_factory=list)
    """All tables of the release that can be read."""
    unread: list[str] = field(default_factory=list)
    """Why others cannot."""
    samples: dict[str, list[Table]] = field(default_factory=dict)
    """Video -> the tables with its samples."""
    fixations: dict[str, list[Table]] = field(default_factory=dict)
    """Video -> the tables with its fixations."""

    def source(self, video_id: str) -> str | None:
        """Name of the table that lists the video; None when none does."""
        return next((table.name for table in self.tables if video_id in table.videos), None)


def find_tables(release: Release) -> GazeSources:
    """Look through all tables of a release."""
    found = GazeSources()
    for file in release.files:
        if file.name.endswith((".csv", ".parquet")) and not JUNK.search(file.name):
            try:
                found.tables.append(look_through(file))
            except UnreadableTableError as error:
                found.unread.append(str(error))
    return found


def gaze_kinds(sources: GazeSources, media: MediaFacts, *, recovery: bool) -> dict[str, str]:
    """Where the gaze of each clean video comes from; a video without gaze is absent.

    Args:
        sources: the tables of the release; which have gaze of which video is noted in them.
        media: the videos.
        recovery: whether overlays may be read.
    """
    videos = media.ids("original")
    _assign(sources, videos)
    kinds = {}
    for video_id in videos:
        if video_id in sources.samples:
            kinds[video_id] = "samples"
        elif recovery and media.overlay(video_id) is not None:
            kinds[video_id] = "recovered"
        elif video_id in sources.fixations:
            kinds[video_id] = "fixations"
    return kinds


def gaze_facts(table: GazeTable) -> dict[str, Any]:
    """What is worth knowing about the gaze of one video, as plain JSON types."""
    return {
        "kind": table.kind,
        "sha256": table.sha256(),
        "rows": len(table),
        "valid": int(table.valid.sum()),
    }


def look_at(reader: TableReader, video_id: str, kind: str) -> dict[str, Any]:
    """The same before a build: what is to be recovered has no rows yet."""
    if kind == "recovered":
        return {"kind": kind, "sha256": None, "rows": 0, "valid": 0}
    return gaze_facts(reader.read(video_id, kind))


def _assign(sources: GazeSources, video_ids: Iterable[str]) -> None:
    """Say which tables have gaze of which of these videos.

    A table without a video column speaks of the video that its file is called after.
    """
    known = sorted(video_ids, key=len, reverse=True)
    for table in sources.tables:
        if table.content == "other":
            continue
        target = sources.samples if table.content == "samples" else sources.fixations
        stem = PurePosixPath(table.name).stem
        owner = next((video for video in known if stem.startswith(video)), None)
        named = [video for video in known if table.videos.get(video)]
        alone = [owner] if owner and not table.videos and table.timed_rows else []
        for video in named or alone:
            target.setdefault(video, []).append(table)


class TableReader:
    """Reads the gaze of single videos out of tables; a table is read once while it is asked for.

    Args:
        sources: the tables, after :func:`gaze_kinds`.
        media: the videos, whose size in pixels some tables need.
    """

    def __init__(self, sources: GazeSources, media: MediaFacts) -> None:
        self._sources = sources
        self._media = media
        self._last: tuple[str, dict[str, array[float]]] = ("", {})

    def read(self, video_id: str, kind: str) -> GazeTable:
        """The gaze of one video; `kind` is ``samples`` or ``fixations``."""
        video = self._media.original(video_id)
        size = video["width"], video["height"]
        tables = (self._sources.samples if kind == "samples" else self._sources.fixations)[video_id]
        parts = [self._rows(table, video_id, size) for table in tables]
        rows = np.concatenate(parts)
        columns = dict(zip(_COLUMNS, rows.T.tolist(), strict=True))
        return GazeTable.from_columns({**columns, "kind": [kind] * len(rows)})

    def _rows(self, table: Table, video_id: str, size: tuple[int, int]) -> Any:
        if self._last[0] != table.name:
            self._last = table.name, _gathered(table)
        gathered = self._last[1]
        rows = np.array(gathered.get(video_id if table.videos else "", ()), np.float64)
        rows = rows.reshape(-1, len(_COLUMNS)).copy()
        if "pixel_x" in table.roles and not {"x", "centre_x"} & table.roles.keys():
            rows[:, 2:4] /= size
        return rows


def _gathered(table: Table) -> dict[str, array[float]]:
    """All rows of a table as numbers, by video; those of a table about one video under ``""``."""
    found: dict[str, array[float]] = {}
    with closing(read_rows(table.path)) as rows:
        next(rows, None)
        for row in rows:
            cells = Cells(row, table.roles)
            values = _gaze_of(cells, table.content)
            if values is not None:
                video = cells.video if table.videos else ""
                found.setdefault(video, array("d")).extend(values)
    return found


def _gaze_of(cells: Cells, content: str) -> tuple[float, ...] | None:
    """Seconds, duration, x, y and validity of a row; None when it has no time."""
    seconds = cells.seconds
    if math.isnan(seconds):
        return None
    fixations = content == "fixations"
    duration = max(cells.number("end") - seconds, 0.0) if fixations else math.nan
    order = ("centre", "", "pixel") if fixations else ("", "centre", "pixel")
    x, y = (cells.number(*(f"{kind}_{axis}" if kind else axis for kind in order)) for axis in "xy")
    return seconds, duration, x, y, float(_is_valid(cells))


def _is_valid(cells: Cells) -> bool:
    """Whether the tracker saw the eye, as far as the row says; positions are judged later."""
    if cells.text("type") in _UNTRACKED:
        return False
    if any(cells.text(role) in _FALSE for role in ("valid", "in_frame")):
        return False
    return cells.number("confidence") != 0.0
