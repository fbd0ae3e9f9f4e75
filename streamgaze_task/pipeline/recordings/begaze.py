"""EGTEA Gaze+: text exports of BeGaze in two versions, samples known by the frame they fall into.

Columns, header and rate stand in ``data/recordings.json``. A sample has no time of its own that
is known to be the video's, only its frame at 24 a second. Ours puts the samples of one frame at
equal distances into it, in the order of the file: the error is below one frame.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.errors import DatasetError
from streamgaze_task.pipeline.gaze_samples import codes_of
from streamgaze_task.pipeline.recordings.formats import format_of
from streamgaze_task.pipeline.recordings.reading import (
    Reading,
    in_order,
    published_table,
    samples_of,
)
from streamgaze_task.pipeline.recordings.text import Malformed, lines, number

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from streamgaze_task.pipeline.gaze_samples import GazeSamples

MAX_FRAME = 24 * 3600 * 24
"""A day of frames; a larger number is none, and the published table would need memory for it."""

_CLOCK_PARTS = 4
_TYPES = ("fixation", "saccade", "blink", "unknown", "untracked")
_CODES = codes_of(_TYPES)
_PUBLISHED_CODES = (1, 2, 3, 3, 3)
"""What the published pipeline makes of each of them."""


@dataclass(frozen=True, eq=False)
class Export:
    """The samples of one export, in the order of the file; arrays of shape (N,)."""

    frame: NDArray[np.int64]
    x: NDArray[np.float64]
    """Pixels; NaN where the export has none."""
    y: NDArray[np.float64]
    type: NDArray[np.int8]
    """Position in fixation, saccade, blink, unknown, untracked."""
    notes: tuple[str, ...]


def read_samples(path: Path) -> Reading:
    """Ours: every sample, invalid where the tracker saw nothing or the gaze left the frame.

    A sample at exactly (0, 0) has no place: BeGaze writes that where it has none.

    Raises:
        DatasetError: the file is no such export.
    """
    export, about = read_export(path), format_of("egtea").gaze
    width, height = about["size"]
    order, notes = in_order(export.frame, path.name)
    x, y = export.x[order], export.y[order]
    nowhere = (x == 0) & (y == 0)
    x /= width
    y /= height
    x[nowhere] = y[nowhere] = np.nan
    seconds = _spread(export.frame[order], about["fps"])
    samples = samples_of(seconds, x, y, _CODES[export.type[order]])
    return Reading(samples, (*export.notes, *notes))


def _spread(frame: NDArray[np.int64], fps: float) -> NDArray[np.float64]:
    """Times of samples whose frames ascend: sample k of n in frame f at (f + k / n) / fps."""
    starts = np.flatnonzero(np.append(True, frame[1:] != frame[:-1])).astype(np.int32)
    sizes = np.diff(starts, append=np.int32(len(frame)))
    made = np.arange(len(frame), dtype=np.float64)
    made -= np.repeat(starts, sizes)
    made /= np.repeat(sizes, sizes)
    made += frame
    made /= fps
    return made


def read_published(path: Path) -> GazeSamples:
    """The published table (pipeline step 1 of daeunni/StreamGaze), faults included.

    Per frame the running (old + new) / 2 of its samples, in float32 as the published arrays are
    (numpy 2; numpy 1 adds in float64 and may differ in the last bit); clamped to the picture less
    one pixel; frames without samples at (0, 0); the last sample's type, which it gives back over
    its own mark for gaze beyond the picture.

    Raises:
        DatasetError: the file is no such export.
    """
    export, about = read_export(path), format_of("egtea").gaze
    frames = int(export.frame.max()) + 1
    places, codes = np.zeros((frames, 2), np.float32), np.zeros(frames, np.int64)
    given = np.stack([export.x, export.y], axis=1).astype(np.float32)
    for frame, place, kind in zip(export.frame.tolist(), given, export.type.tolist(), strict=True):
        seen = codes[frame] > 0
        places[frame] = (places[frame] + place) / np.float32(2) if seen else place
        codes[frame] = _PUBLISHED_CODES[kind]
    size = np.array(about["size"], np.float32)
    # Python's max(0, NaN) is 0, and so is ours.
    clamped = np.clip(np.nan_to_num(places, nan=0.0), np.float32(0), size - np.float32(1))
    clamped = (clamped / size).astype(np.float32)
    return published_table(clamped[:, 0], clamped[:, 1], codes, about["fps"])


def read_export(path: Path) -> Export:
    """What the lines of an export say.

    Raises:
        DatasetError: it is of neither version, has a decimal comma, many malformed lines, or none
            that can be read.
    """
    about = format_of("egtea").gaze
    header: list[str] = []
    malformed = Malformed(path)
    columns: tuple[array[Any], ...] = (array("q"), array("d"), array("d"), array("b"))
    version: dict[str, int] | None = None
    for place, line in lines(path, lenient=True):
        if place <= about["header_lines"]:
            header.append(line)
        elif line.strip():
            version = version or _version(path, header)
            try:
                for column, value in zip(columns, _sample(line, version), strict=True):
                    column.append(value)
            except ValueError as error:
                malformed.add(place, error)
    if version is None:
        _version(path, header)
    notes = malformed.notes(len(columns[0]))
    if not columns[0]:
        raise DatasetError(f"{path} must hold gaze samples, but has none after its header")
    frame, x, y, kind = (np.frombuffer(column, column.typecode) for column in columns)
    return Export(frame, x, y, kind, notes)


def _version(path: Path, header: list[str]) -> dict[str, int]:
    """Which version the header has: by the line that counts the samples, as published."""
    about = format_of("egtea").gaze
    for version in about["versions"].values():
        at = version["count_line"]
        if len(header) > at and header[at].startswith(about["count_words"]):
            known: dict[str, int] = version
            return known
    raise DatasetError(
        f"{path} must be a BeGaze export with {about['count_words']!r} in line 10 or 11, "
        "but has it in neither",
        next_step="take the gaze_data files of EGTEA Gaze+ as they are",
    )


def _sample(line: str, version: dict[str, int]) -> tuple[int, float, float, int]:
    """Frame, x, y and type of one line.

    Raises:
        ValueError: it holds no sample.
    """
    tokens = line.split()
    if len(tokens) != version["tokens"]:
        raise ValueError(f"must have {version['tokens']} cells, but has {len(tokens)}")
    x, y = number(tokens[version["x"]]), number(tokens[version["y"]])
    frame = _frame(tokens[version["frame"]])
    if not 0 <= frame <= MAX_FRAME:
        raise ValueError(f"frame {frame} must be from 0 to {MAX_FRAME}")
    kinds = format_of("egtea").gaze["types"]
    return frame, x, y, _TYPES.index(kinds.get(tokens[version["type"]], "unknown"))


def _frame(text: str) -> int:
    """``123``, or ``HH:MM:SS:FF`` at 24 frames a second."""
    parts = text.split(":")
    if not all(part.isascii() and part.isdigit() for part in parts):
        raise ValueError(f"frame {text[:40]!r} must be digits, or HH:MM:SS:FF")
    if len(parts) == 1:
        return int(text[:20])
    if len(parts) != _CLOCK_PARTS:
        raise ValueError(f"frame {text[:40]!r} must be HH:MM:SS:FF")
    hours, minutes, seconds, frames = (int(part[:20]) for part in parts)
    fps: int = format_of("egtea").gaze["fps"]
    return (3600 * hours + 60 * minutes + seconds) * fps + frames
