"""The gaze of a recording as a Parquet file between two stages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sightline.errors import DatasetError
from streamgaze_task.pipeline.gaze_samples import GazeSamples, codes_of
from streamgaze_task.pipeline.records import GAZE_TYPES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from streamgaze_task.pipeline.config import Config

_COLUMNS = {"seconds": np.float64, "x": np.float64, "y": np.float64, "valid": np.bool_}
_TYPES = "types"
_BATCH_ROWS = 1 << 14
_GROUP_ROWS = 1 << 15
"""Of a row group, which is decoded as a whole: 18 minutes of 30 samples a second."""


def path_of(config: Config, recording_id: str) -> Path:
    """Where the gaze of a recording lies."""
    return config.work / "gaze" / f"{recording_id}.parquet"


def write(path: Path, samples: GazeSamples) -> None:
    """Write all samples; the file appears at once, equal samples give equal bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # The recording's lock is held; what a killed run left under this name is written over.
    unfinished = path.with_name(f".{path.name}")
    columns = {name: getattr(samples, name) for name in _COLUMNS}
    types = pa.array(GAZE_TYPES).take(pa.array(samples.codes))
    try:
        # A dictionary of numbers that hardly repeat would need far more memory than they do.
        pq.write_table(
            pa.table({**columns, _TYPES: types}),
            unfinished,
            compression="zstd",
            use_dictionary=[_TYPES],
            row_group_size=_GROUP_ROWS,
        )
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def read(path: Path) -> GazeSamples:
    """The samples of a recording.

    Raises:
        DatasetError: the file is missing or damaged.
    """
    try:
        with pq.ParquetFile(path, read_dictionary=[_TYPES]) as file:
            return _samples(file)
    except (OSError, ValueError, KeyError, pa.ArrowException) as error:
        raise DatasetError(
            f"{path} cannot be read: {error}",
            next_step=f"remove {Path(path.parent.name, path.name)} and run the same command again",
        ) from error


def _samples(file: Any) -> GazeSamples:
    """Batch by batch into arrays of the final length: nothing else grows with the file."""
    rows = file.metadata.num_rows
    columns: dict[str, NDArray[Any]] = {name: np.empty(rows, t) for name, t in _COLUMNS.items()}
    codes, begin = np.empty(rows, np.int8), 0
    names = [*_COLUMNS, _TYPES]
    for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=names, use_threads=False):
        here = slice(begin, begin := begin + len(batch))
        for name, column in columns.items():
            column[here] = batch.column(name).to_numpy(zero_copy_only=False)
        types = batch.column(_TYPES)
        known = codes_of(types.dictionary.to_pylist())
        codes[here] = known[types.indices.to_numpy()]
    for column in (*columns.values(), codes):
        column.setflags(write=False)  # handed over, not copied
    return GazeSamples(**columns, codes=codes)
