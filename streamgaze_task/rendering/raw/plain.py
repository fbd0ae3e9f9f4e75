"""A plain table, as anyone can write it: seconds, x, y, valid; and actions: start, end, text.

Samples without a position have an empty x and y. ``outside`` keeps its position and is not valid;
other types are lost. Numbers are exact.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from streamgaze_task.rendering.raw.clip import Clip, write_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from streamgaze_task.rendering.signals import Signal

COLUMNS = ("seconds", "x", "y", "valid")
"""Of the gaze."""
ACTION_COLUMNS = ("start", "end", "text")
"""Of the actions."""


def write_csv(folder: Path, clip: Clip, signal: Signal) -> None:
    """Write ``gaze/<v>.csv``; valid is 1 or 0."""
    lines = [",".join(COLUMNS)]
    columns = (signal.seconds, signal.x, signal.y, signal.valid)
    for at, x, y, valid in zip(*(column.tolist() for column in columns), strict=True):
        place = f"{x!r},{y!r}" if x == x else ","  # noqa: PLR0124 (only NaN is not itself)
        lines.append(f"{at!r},{place},{int(valid)}")
    write_text(folder / "gaze" / f"{clip.name}.csv", "\n".join(lines) + "\n")


def write_parquet(folder: Path, clip: Clip, signal: Signal) -> None:
    """Write ``gaze/<v>.parquet``; valid is a boolean, an unknown position is null."""
    import pyarrow as pa  # noqa: PLC0415 (the other formats do without)
    import pyarrow.parquet as pq  # noqa: PLC0415 (see above)

    columns = {name: pa.array(getattr(signal, name), from_pandas=True) for name in COLUMNS}
    path = folder / "gaze" / f"{clip.name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)


def write_actions(folder: Path, name: str, actions: Sequence[tuple[float, float, str]]) -> None:
    """Write ``actions/<v>.csv``."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(ACTION_COLUMNS)
    table.writerows(actions)
    write_text(folder / "actions" / f"{name}.csv", text.getvalue())
