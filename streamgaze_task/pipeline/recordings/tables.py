"""Tables of gaze samples, CSV or Parquet, of which a description says what they mean."""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from sightline.errors import DatasetError
from streamgaze_task.pipeline.recordings.parquet import parquet_names, parquet_rows
from streamgaze_task.pipeline.recordings.reading import (
    BLINK,
    OUTSIDE,
    UNKNOWN,
    UNTRACKED,
    Reading,
    in_order,
    samples_of,
)
from streamgaze_task.pipeline.recordings.spec import PER_SECOND, TableColumns
from streamgaze_task.pipeline.recordings.text import (
    Malformed,
    cells,
    columns_at,
    needed,
    number,
    other_separator,
)
from streamgaze_task.pipeline.records import GAZE_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from streamgaze_task.pipeline.records import VideoFacts

Marks: TypeAlias = Callable[[str], float]
"""Turns a cell into a number."""

Columns: TypeAlias = Mapping[str, "NDArray[np.float64]"]
"""Name -> values; shape (N,)."""


def read_table(path: Path, about: TableColumns, video: VideoFacts) -> Reading:
    """The samples of a table, invalid where it says so or the tracker was not sure enough.

    Args:
        path: ``.parquet``, or a CSV.
        about: what its columns mean.
        video: whose size and rate serve where the description gives none.

    Raises:
        DatasetError: the file cannot be read, lacks a column, or has too many malformed lines.
    """
    columns, notes = _described(path, about)
    seconds = _seconds(columns[about.time], about, video)
    order, more = in_order(seconds, path.name)
    x, y = _places(columns, about, video)
    codes, sure = _codes(columns, about, x, y), _is_sure(columns, about)
    samples = samples_of(seconds[order], x[order], y[order], codes[order], sure=sure[order])
    return Reading(samples, (*notes, *more))


def _described(path: Path, about: TableColumns) -> tuple[Columns, tuple[str, ...]]:
    """The columns that are there; those that may be missing only if nobody named them."""
    names = column_names(path, about.separator)
    marks: dict[str, Marks] = {about.time: lambda text: needed(text, about.time)}
    wanted = [about.time, about.x, about.y]
    for given, usual, mark in (
        (about.valid, "valid", lambda text: float(text.strip().lower() in about.valid_values)),
        (about.type, "type", _type),
        (about.confidence, None, number),
    ):
        name = given or (usual if usual in names else None)
        if name is not None and name not in wanted:
            wanted.append(name)
            marks[name] = mark
    return read_columns(path, wanted, marks, about.separator)


def _type(text: str) -> float:
    word = text.strip().lower()
    return float(GAZE_TYPES.index(word) if word in GAZE_TYPES else UNKNOWN)


def _seconds(
    times: NDArray[np.float64], about: TableColumns, video: VideoFacts
) -> NDArray[np.float64]:
    per_second = about.rate or video.fps if about.units == "frames" else PER_SECOND[about.units]
    zero = float(times.min()) if about.zero == "first" else 0.0
    made: NDArray[np.float64] = (times - zero) / per_second + about.offset_seconds
    return made


def _places(
    columns: Columns, about: TableColumns, video: VideoFacts
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    width, height = about.size or (video.width, video.height)
    if about.positions == "normalised":
        width, height = 1, 1
    x, y = columns[about.x] / width, columns[about.y] / height
    return x, 1 - y if about.y_axis == "up" else y


def _codes(
    columns: Columns, about: TableColumns, x: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.int8]:
    """What the table says; what it calls invalid is untracked, or outside if it lies there."""
    told = columns.get(about.type or "type", np.full(len(x), UNKNOWN))
    codes: NDArray[np.int8] = told.astype(np.int8)
    invalid = columns.get(about.valid or "valid", np.ones(len(x), np.int8)) != 1
    if about.confidence is not None:
        invalid |= ~(columns[about.confidence] > 0)
    beyond = (x < 0) | (x > 1) | (y < 0) | (y > 1)
    invalid &= (codes != BLINK) & (codes != OUTSIDE)
    codes[invalid] = np.where(beyond[invalid], OUTSIDE, UNTRACKED)
    return codes


def _is_sure(columns: Columns, about: TableColumns) -> NDArray[np.bool_]:
    if about.confidence is None:
        return np.ones(len(columns[about.time]), np.bool_)
    made: NDArray[np.bool_] = columns[about.confidence] >= about.min_confidence
    return made


def column_names(path: Path, separator: str) -> tuple[str, ...]:
    """The names of a table's columns, stripped."""
    if _is_parquet(path):
        return parquet_names(path)
    return tuple(next((row for _, row in cells(path, separator)), []))


def read_columns(
    path: Path, names: Sequence[str], marks: Mapping[str, Marks], separator: str
) -> tuple[Columns, tuple[str, ...]]:
    """Some columns of a table as numbers, and what is to be told of malformed lines.

    Args:
        path: the table; a CSV has the names of its columns in its first line.
        names: which columns.
        marks: what turns the cells of a column into numbers, where it is not ``number``.
        separator: between the cells of a CSV.

    Raises:
        DatasetError: a column is missing or there twice, too many lines are malformed, or there
            are no rows.
    """
    there = column_names(path, separator)
    other = "" if _is_parquet(path) else other_separator(there)
    step = f"separator: {json.dumps(other)}" if other else "what they are called"
    at = columns_at(path, names, there, f"say in columns: {step}")
    values = [array("d") for _ in names]
    turns = [marks.get(name, number) for name in names]
    malformed = Malformed(path)
    rows = parquet_rows(path, names) if _is_parquet(path) else _rows(path, at, there, separator)
    for place, row in rows:
        try:
            if len(row) < len(names):
                raise ValueError("the line is too short")  # noqa: TRY301 (counted like any other)
            made = [turn(cell) for turn, cell in zip(turns, row, strict=True)]
        except ValueError as error:
            malformed.add(place, error)
            continue
        for column, value in zip(values, made, strict=True):
            column.append(value)
    notes = malformed.notes(len(values[0]))
    if not values[0]:
        raise DatasetError(
            f"{path} must hold gaze samples, but has no rows",
            next_step="export the samples again; without the file its video is left out",
        )
    return {name: np.frombuffer(c) for name, c in zip(names, values, strict=True)}, notes


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() == ".parquet"


def _rows(
    path: Path, at: Sequence[int], there: Sequence[str], separator: str
) -> Iterator[tuple[int, list[str]]]:
    """The cells of these columns of a CSV, line by line; fewer when the line is too short.

    Raises:
        DatasetError: as :func:`~.text.cells`, or most lines have more cells than the first.
    """
    rows = cells(path, separator)
    next(rows, None)
    count = longer = 0
    for place, row in rows:
        yield place, [row[i] for i in at] if len(row) > max(at) else []
        count += 1
        longer += any(row[len(there) :])
    if longer > count / 2:
        raise DatasetError(
            f"{path} must have a name for every column, but {longer} of {count} lines have more "
            f"than {len(there)} cells",
            next_step="check whether its numbers have decimal commas, or a name is missing",
        )


def running_means(
    frame: NDArray[np.int64], x: NDArray[np.float64], y: NDArray[np.float64], frames: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
    """Per frame the running (old + new) / 2 of pipeline step 1: added in float64, kept in float32.

    Args:
        frame: of each sample, 0 to `frames` - 1; shape (N,).
        x: shape (N,), no NaN.
        y: as `x`.
        frames: how many there are.

    Returns:
        x, y (0 where there is no sample) and whether there was one; each of shape (frames,).
    """
    places, seen = np.zeros((frames, 2), np.float32), np.zeros(frames, np.bool_)
    for at, one_x, one_y in zip(frame.tolist(), x.tolist(), y.tolist(), strict=True):
        if seen[at]:
            old_x, old_y = places[at].tolist()
            places[at] = (old_x + one_x) / 2, (old_y + one_y) / 2
        else:
            places[at], seen[at] = (one_x, one_y), True
    return places[:, 0], places[:, 1], seen
