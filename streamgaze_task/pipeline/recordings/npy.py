"""EgoExoLearn: numpy files of x, y and validity, one row a frame at 30 a second."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.errors import DatasetError
from streamgaze_task.pipeline.recordings.formats import format_of
from streamgaze_task.pipeline.recordings.reading import (
    UNKNOWN,
    UNTRACKED,
    Reading,
    published_table,
    samples_of,
)
from streamgaze_task.pipeline.recordings.text import MAX_ROWS

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from streamgaze_task.pipeline.gaze_samples import GazeSamples

COLUMNS = 3


def read_samples(path: Path) -> Reading:
    """Ours: row i is the gaze at i / 30 s; invalid rows are untracked.

    Raises:
        DatasetError: the file holds no such array.
    """
    rows = _rows(path)
    x, y = (rows[:, column].astype(np.float64) for column in range(COLUMNS - 1))
    codes = np.where(rows[:, -1] == 1, UNKNOWN, UNTRACKED).astype(np.int8)
    seconds = np.arange(len(rows)) / format_of("egoexolearn").gaze["fps"]
    return Reading(samples_of(seconds, _finite(x), _finite(y), codes))


def _finite(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(np.isfinite(values), values, np.nan)


def read_published(path: Path) -> GazeSamples:
    """The published table (pipeline step 1 of daeunni/StreamGaze): clipped to the frame.

    Raises:
        DatasetError: the file holds no such array.
    """
    rows = _rows(path)
    x, y, flag = rows[:, 0], rows[:, 1], rows[:, 2]
    inside = (x >= 0) & (x <= 1) & (y >= 0) & (y <= 1)
    codes = np.where(flag == 1, np.where(inside, 1, 4), 0)
    known = format_of("egoexolearn")
    x32, y32 = (np.clip(column, 0, 1).astype(np.float32) for column in (x, y))
    return published_table(x32, y32, codes, float(known.reference_fps or known.gaze["fps"]))


def _rows(path: Path) -> NDArray[Any]:
    """The array as it lies on disk, mapped and never unpickled; shape (N, 3)."""
    try:
        rows: NDArray[Any] = np.lib.format.open_memmap(path, mode="r")
    except Exception as error:  # numpy hands the header to Python's parser, which raises anything
        raise DatasetError(
            f"{path} must be a numpy file (.npy) of plain numbers, but cannot be read: {error}"
        ) from error
    if (
        rows.ndim != len(("row", "column"))
        or rows.shape[1] != COLUMNS
        or rows.dtype.kind not in "fiub"
    ):
        raise DatasetError(
            f"{path} must hold numbers in rows of x, y, valid, but holds {rows.dtype} of shape "
            f"{rows.shape}"
        )
    if not 0 < len(rows) <= MAX_ROWS:
        raise DatasetError(f"{path} must have 1 to {MAX_ROWS} rows, but has {len(rows)}")
    return rows
