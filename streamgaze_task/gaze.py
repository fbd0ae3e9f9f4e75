"""Where the camera wearer looked: a table of gaze samples or fixations of one video.

A question may be answered from what lies before it only. So every prompt first takes
:meth:`GazeTable.window`, which holds nothing that starts at or after the window's end, and
:meth:`GazeTable.at` never looks at a row that starts later than the time asked for.

One thing cannot be mended here: where a release publishes fixations instead of samples, the centre
of a fixation that lasts beyond the window's end is the mean of the whole fixation. Its time is cut,
its centre stays. Samples and recovered gaze have no such leak.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

Kind = Literal["samples", "recovered", "fixations", "none"]
"""Where rows come from: the release's gaze samples, our reading of its overlay video (one row a
frame), the release's fixations, or nowhere: the video has no gaze."""

KINDS: tuple[str, ...] = get_args(Kind)
"""The names a `kind` may have."""

MAX_GAP_SECONDS = 1 / 8
"""How long a gaze sample stays on screen when no other follows. Three or four frames of the
released videos (24 to 30 a second): long enough for a late sample, too short for a blink (100 ms
and more of lost samples are told as invalid rows) to be covered by an old position. A constant and
not a multiple of the table's own rate, because that rate would be measured on rows of the future.
"""

CLOCK_SECONDS = 0.0005
"""A row that starts this little after a frame belongs to it: half a millisecond, the rounding of
time stamps that are written in milliseconds. Without it a row of 0.067 s misses the frame of
0.0666 s that it was made for, and every third frame shows the row before."""

_LONGEST_STEP = 1.5
"""How much later than the last time the next sample may come before there is a gap between."""

_NUMBERS = ("seconds", "duration_seconds", "x", "y")


@dataclass(frozen=True, eq=False)
class GazeTable:
    """Gaze of one video. Arrays are copies that cannot be written to.

    Raises:
        ValueError: the columns differ in length, a time is not finite, a duration is negative, the
            kind is unknown, or it is ``none`` although there are rows.
    """

    seconds: NDArray[np.float64]
    """Start of each row, seconds of the video; shape (N,), ascending."""
    duration_seconds: NDArray[np.float64]
    """How long each row speaks for, seconds, at least 0; shape (N,)."""
    x: NDArray[np.float64]
    """From the left edge, 0 to 1 of the frame's width; NaN where not valid; shape (N,)."""
    y: NDArray[np.float64]
    """From the top edge, 0 to 1 of the frame's height; NaN where not valid; shape (N,)."""
    valid: NDArray[np.bool_]
    """Whether the tracker saw a gaze inside the frame; shape (N,). Rows with a position that is
    missing or outside [0, 1] become invalid."""
    kind: str
    """One of KINDS."""

    def __post_init__(self) -> None:
        """Check, sort by time (equal times keep their order), and freeze."""
        if self.kind not in KINDS:
            raise ValueError(f"kind ({self.kind!r}) must be one of: {', '.join(KINDS)}")
        columns: dict[str, NDArray[Any]] = {
            name: np.asarray(getattr(self, name), np.float64) for name in _NUMBERS
        }
        columns["valid"] = np.asarray(self.valid, np.bool_)
        shapes = {name: column.shape for name, column in columns.items()}
        if len(set(shapes.values())) != 1 or columns["seconds"].ndim != 1:
            raise ValueError(f"columns must have one shape (N,), but have {shapes}")
        if self.kind == "none" and columns["seconds"].size:
            raise ValueError("kind ('none') must have no rows")
        if not np.isfinite(columns["seconds"]).all():
            raise ValueError("seconds must be finite")
        if not (columns["duration_seconds"] >= 0).all():
            raise ValueError("duration_seconds must be >= 0")
        x, y, order = columns["x"], columns["y"], in_time(columns["seconds"])
        columns["valid"] = columns["valid"] & (x >= 0) & (x <= 1) & (y >= 0) & (y <= 1)
        lost = ~columns["valid"][order]
        for name, column in columns.items():
            # Adding 0 turns a negative zero into the other one, which has other bytes.
            kept = column[order].copy() if name == "valid" else column[order] + 0.0
            if name in {"x", "y"}:
                kept[lost] = np.nan
            kept.setflags(write=False)
            object.__setattr__(self, name, kept)

    def __len__(self) -> int:
        return len(self.seconds)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, GazeTable) and self.sha256() == other.sha256()

    def __hash__(self) -> int:
        return hash(self.sha256())

    @classmethod
    def empty(cls, kind: str = "none") -> GazeTable:
        """A table without rows."""
        nothing = np.empty(0)
        return cls(nothing, nothing, nothing, nothing, np.empty(0, np.bool_), kind)

    @classmethod
    def from_columns(cls, columns: Mapping[str, Sequence[Any]]) -> GazeTable:
        """Read the columns of the `gaze` config, or what a stranger's table has of them.

        Args:
            columns: ``seconds``, ``x`` and ``y``; optionally ``duration_seconds``, ``valid`` and
                ``kind`` (one value for all rows; ``samples`` by default). Others are ignored.
                None and NaN are allowed: a row without a time is dropped, one without a position
                is invalid, one without validity is valid where it has a position, and a sample
                without a duration lasts until the next row, at most MAX_GAP_SECONDS and 1.5
                times its distance from the row before (a fixation without one lasts 0 s).

        Raises:
            ValueError: a column is missing, or its values are no numbers, or the kinds differ.
        """
        missing = [name for name in ("seconds", "x", "y") if name not in columns]
        if missing:
            raise ValueError(f"columns must have {', '.join(missing)}")
        seconds = _numbers(columns, "seconds")
        kind = _kind(columns.get("kind", ()), rows=len(seconds))
        unknown = np.full(len(seconds), np.nan)
        durations = _numbers(columns, "duration_seconds", unknown)
        valid = _truths(columns, "valid", len(seconds))
        x, y = _numbers(columns, "x"), _numbers(columns, "y")
        if len({len(seconds), len(durations), len(valid), len(x), len(y)}) != 1:
            raise ValueError("columns must all have the same number of rows")
        if not (told := np.isfinite(seconds)).all():
            seconds, durations, x, y = (each[told] for each in (seconds, durations, x, y))
            valid = valid[told]
        order = in_time(seconds)
        seconds = seconds[order]
        lasting = _durations(seconds, durations[order], kind)
        return cls(seconds, lasting, x[order], y[order], valid[order], kind)

    def columns(self, video_id: str) -> dict[str, list[Any]]:
        """The rows as columns of the `gaze` config; positions of invalid rows are None."""
        rows = len(self)
        return {
            "video_id": [video_id] * rows,
            "seconds": self.seconds.tolist(),
            "duration_seconds": self.duration_seconds.tolist(),
            "x": _with_nones(self.x),
            "y": _with_nones(self.y),
            "valid": self.valid.tolist(),
            "kind": [self.kind] * rows,
        }

    @property
    def ends(self) -> NDArray[np.float64]:
        """Until when each row speaks, seconds of the video; shape (N,).

        Its start and duration, but a sample no longer than until the next row, valid or not.
        """
        ends: NDArray[np.float64] = self.seconds + self.duration_seconds
        if self.kind != "fixations":
            ends[:-1] = np.minimum(ends[:-1], self.seconds[1:])
        return ends

    def window(self, start: float, end: float) -> GazeTable:
        """What is known of ``[start, end)``: never anything that starts at or after `end`.

        Rows that start inside are kept, their durations cut at `end`. A fixation that began before
        `start` and lasts into the window keeps its part inside.
        """
        seconds, ends = self.seconds, self.seconds + self.duration_seconds
        inside = (seconds >= start) & (seconds < end)
        if self.kind == "fixations":
            inside |= (seconds < start) & (ends > start) & (start < end)
        starts = np.maximum(seconds[inside], start)
        # Not `ends - starts`: a row that is not cut keeps its duration to the last bit.
        whole = (starts == seconds[inside]) & (ends[inside] <= end)
        cut = np.minimum(ends[inside], end) - starts
        lasting = np.where(whole, self.duration_seconds[inside], cut)
        return GazeTable(
            starts, lasting, self.x[inside], self.y[inside], self.valid[inside], self.kind
        )

    def at(self, seconds: float, *, max_gap: float = MAX_GAP_SECONDS) -> tuple[float, float] | None:
        """Where the gaze is at that time, (x, y) in [0, 1]; None when that is not known.

        Only rows that start at or before it count (within CLOCK_SECONDS). Of samples the latest
        one, if it is valid and no older than `max_gap` or its own duration; of fixations the
        latest that covers the time.
        """
        last = int(np.searchsorted(self.seconds, seconds + CLOCK_SECONDS, side="right"))
        if self.kind == "fixations":
            covering = self.seconds[:last] + self.duration_seconds[:last] > seconds
            found = np.flatnonzero(covering & self.valid[:last])
            return self._point(int(found[-1])) if found.size else None
        if last == 0 or not self.valid[last - 1]:
            return None
        age = seconds - self.seconds[last - 1]
        if age > max(max_gap, self.duration_seconds[last - 1]):
            return None
        return self._point(last - 1)

    def sha256(self) -> str:
        """Names the table: equal for equal rows of equal kind, on every machine."""
        digest = hashlib.sha256(f"{self.kind} {len(self)}\n".encode())
        for name in _NUMBERS:
            column = getattr(self, name)
            plain = np.where(np.isnan(column), np.nan, column)  # one bit pattern for every NaN
            digest.update(plain.astype("<f8").tobytes())
        digest.update(self.valid.astype("u1").tobytes())
        return digest.hexdigest()

    def _point(self, row: int) -> tuple[float, float]:
        return float(self.x[row]), float(self.y[row])


def in_time(seconds: NDArray[np.float64] | NDArray[np.int64]) -> slice | NDArray[np.intp]:
    """What puts rows into the order of their times; equal times keep theirs.

    A slice of everything where they are: hours of samples need not be copied.
    """
    if (seconds[1:] >= seconds[:-1]).all():
        return slice(None)
    return np.argsort(seconds, kind="stable")


def _numbers(
    columns: Mapping[str, Sequence[Any]], name: str, default: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """A column as float64, None as NaN."""
    if name not in columns and default is not None:
        return default
    given = columns[name]
    if isinstance(given, np.ndarray) and given.dtype.kind == "f":
        return given.astype(np.float64, copy=False)  # hours of samples: not one by one
    try:
        return np.array(
            [np.nan if value is None else float(value) for value in columns[name]], np.float64
        )
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{name} must hold numbers: {error}") from error


def _truths(columns: Mapping[str, Sequence[Any]], name: str, rows: int) -> NDArray[np.bool_]:
    """A column as bool, None as True; all True without one."""
    given = columns.get(name)
    if given is None:
        return np.ones(rows, np.bool_)
    if isinstance(given, np.ndarray) and given.dtype == np.bool_:
        return given
    return np.array([value is None or bool(value) for value in given], np.bool_)


def _kind(given: Sequence[Any], *, rows: int) -> str:
    kinds = [given] if isinstance(given, str) else sorted({str(value) for value in given})
    if len(kinds) > 1:
        raise ValueError(f"kind must be the same in all rows, but is {', '.join(kinds)}")
    if kinds:
        return kinds[0]
    return "samples" if rows else "none"


def _durations(
    seconds: NDArray[np.float64], durations: NDArray[np.float64], kind: str
) -> NDArray[np.float64]:
    """Durations with the unknown ones filled in.

    How long a row may last at most is told by rows before it alone, so that its part of a window
    is the same whatever follows the window.
    """
    known = np.isfinite(durations)
    if kind == "fixations":
        return np.where(known, durations, 0.0)
    distances = np.diff(seconds)
    lasting = np.full(len(seconds), MAX_GAP_SECONDS)
    until_next, after = lasting[:-1], lasting[1:]
    np.minimum(until_next, distances, out=until_next)
    np.minimum(after, _LONGEST_STEP * distances, out=after, where=distances > 0)
    lasting[known] = durations[known]
    return lasting


def _with_nones(values: NDArray[np.float64]) -> list[float | None]:
    return [None if np.isnan(value) else value for value in values.tolist()]
