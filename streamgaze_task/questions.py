"""Questions and gaze out of a built dataset."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from sightline.errors import DatasetError
from streamgaze_task.schema import Sample

if TYPE_CHECKING:
    from pathlib import Path

    from sightline.parquet_reader import ClipReader
    from streamgaze_task.gaze import GazeTable

_COLUMNS = (
    "id",
    "task",
    "question",
    "options",
    "answer",
    "released_answer",
    "time_seconds",
    "video",
    "test_points",
    "first_appearance_seconds",
)
"""What a Sample needs."""

_GAZE_COLUMNS = ("seconds", "duration_seconds", "x", "y", "valid", "kind")
_BUILD = "make it with `sightline build streamgaze --release RELEASE --out DATASET`"


def read_samples(dataset: Path) -> tuple[Sample, ...]:
    """Every question of a built dataset, in its order.

    Raises:
        DatasetError: there is no such dataset, or it is another one.
    """
    from sightline.parquet_reader import read_rows  # noqa: PLC0415 (pyarrow is heavy)

    try:
        rows = read_rows(dataset / "questions", _COLUMNS, next_step=_BUILD)
        return tuple(Sample.from_row(row) for row in rows)
    except (KeyError, TypeError) as error:
        raise DatasetError(f"{dataset} cannot be read: {error}", next_step=_BUILD) from error


def read_gaze(dataset: Path, video_id: str) -> GazeTable:
    """The gaze of one video; no other video's rows are read.

    Returns:
        The rows; an empty table of kind ``none`` when the dataset has none of this video.

    Raises:
        DatasetError: there is no such dataset, or it is another one.
    """
    from streamgaze_task.gaze import GazeTable  # noqa: PLC0415 (numpy; see above)

    reader = _reader(dataset)
    if video_id not in reader:
        return GazeTable.empty()
    rows = reader.read(video_id, columns=_GAZE_COLUMNS)
    columns = dict(zip(_GAZE_COLUMNS, map(list, zip(*rows, strict=True)), strict=True))
    return GazeTable.from_columns(columns)


@lru_cache(maxsize=8)
def _reader(dataset: Path) -> ClipReader:
    """A reader of the `gaze` config; it keeps the footers, so it is kept."""
    from sightline.parquet_reader import ClipReader  # noqa: PLC0415 (pyarrow is heavy)

    files = sorted((dataset / "gaze").glob("*.parquet"))
    if not files:
        raise DatasetError(f"{dataset} has no gaze/*.parquet", next_step=_BUILD)
    return ClipReader(files, key="video_id")
