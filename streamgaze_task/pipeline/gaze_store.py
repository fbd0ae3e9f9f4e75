"""The gaze of a recording as a Parquet file between two stages."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from sightline.errors import DatasetError
from streamgaze_task.pipeline.gaze_samples import GazeSamples

if TYPE_CHECKING:
    from streamgaze_task.pipeline.config import Config

_COLUMNS = ("seconds", "x", "y", "valid", "types")


def path_of(config: Config, recording_id: str) -> Path:
    """Where the gaze of a recording lies."""
    return config.work / "gaze" / f"{recording_id}.parquet"


def write(path: Path, samples: GazeSamples) -> None:
    """Write all samples; the file appears at once, equal samples give equal bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}-{os.getpid()}")
    table = pa.table({name: getattr(samples, name) for name in _COLUMNS})
    try:
        pq.write_table(table, unfinished, compression="zstd")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def read(path: Path) -> GazeSamples:
    """The samples of a recording.

    Raises:
        DatasetError: the file is missing or damaged.
    """
    try:
        table = pq.read_table(path, columns=list(_COLUMNS))
        return GazeSamples(**{name: table[name].to_numpy() for name in _COLUMNS})
    except (OSError, ValueError, pa.ArrowException) as error:
        raise DatasetError(
            f"{path} cannot be read: {error}",
            next_step=f"remove {Path(path.parent.name, path.name)} and run the same command again",
        ) from error
