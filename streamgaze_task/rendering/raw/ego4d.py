"""Ego4D: positions of Pupil Labs, whose y goes up from the lower left corner, with confidence.

Type -> confidence: fixation 1.0, saccade 0.7, unknown 0.3, outside 1.0 at a position outside
[0, 1]. Blinks and untracked samples keep their row, with empty positions and confidence 0. Times
and positions are exact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamgaze_task.rendering.raw.clip import Clip, write_text

if TYPE_CHECKING:
    from pathlib import Path

    from streamgaze_task.rendering.signals import Signal

COLUMNS = (
    "component_idx",
    "component_timestamp_s",
    "canonical_timestamp_s",
    "norm_pos_x",
    "norm_pos_y",
    "confidence",
)
"""Of the CSV; the first two are the same as in a recording of one part."""
_CONFIDENCE = {"fixation": 1.0, "saccade": 0.7, "unknown": 0.3, "outside": 1.0}


def write(folder: Path, clip: Clip, signal: Signal) -> None:
    """Write ``v2/gaze/<v>.csv``."""
    lines = [",".join(COLUMNS)]
    columns = (signal.seconds, signal.x, signal.y, signal.types)
    for at, x, y, kind in zip(*(column.tolist() for column in columns), strict=True):
        confidence = _CONFIDENCE.get(kind)
        place = f"{x!r},{1 - y!r}" if confidence else ","
        lines.append(f"0,{at!r},{at!r},{place},{confidence or 0.0!r}")
    write_text(folder / "v2" / "gaze" / f"{clip.name}.csv", "\n".join(lines) + "\n")
