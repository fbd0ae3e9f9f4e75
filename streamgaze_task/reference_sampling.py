"""The frames that the published wrappers of StreamGaze show, as positions in the whole video.

Sources: src/model/ of daeunni/StreamGaze, one file per rule (`RULES`). Two of them cut the window
out with ffmpeg (``-ss start -t length``), encode it anew and sample the clip. ffmpeg starts the
clip at the first frame at or after the start and keeps what begins within the length, counted from
that frame, in microseconds; so does :class:`_Clip`. The pixels of the second encoding are not
reproduced, nor its rate where the video's is variable.

Two differences are deliberate. Positions are clamped to the video: there the wrappers fail, and
their answer is a blank. A frame at or after the end of the window is dropped: a cut that does not
begin on a frame may hold one such frame, and a wrapper that counts frames of a variable rate shows
the future. Of a constant rate from time 0, with ends on frames, none is dropped.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

UNIFORM_FRAMES = 16
"""How many frames the rule 16_uniform shows (GPT4o.py, also Claude and Gemini)."""

QWEN_RATES = ((30, 1.0), (60, 0.5), (300, 0.2), (float("inf"), 0.1))
"""Frames per second up to a length of the window in seconds (Qwen25VL.py)."""

QWEN_FACTOR, QWEN_FEWEST, QWEN_MOST = 2, 4, 768
"""qwen_vl_utils (smart_nframes): an even number of frames, and its bounds."""

INTERNVL_SEGMENTS = ((30, 8), (60, 16), (300, 32), (float("inf"), 64))
"""Number of frames up to a length of the window in seconds (InternVL35.py)."""

HALF_TICK = 5e-7
"""ffmpeg reads times in microseconds: less than half of one is no difference, seconds."""


@dataclass(frozen=True)
class _Clip:
    """What the rules know of a window."""

    fps: float
    """Average rate of the video, 1/s."""
    frame_count: int
    """Frames of the video."""
    first: int
    """First frame of the clip."""
    stop: int
    """First frame after the clip."""
    start: float
    """Seconds."""
    end: float
    """Seconds."""

    def counted(self) -> tuple[int, int]:
        """First frame and end as rate times seconds, the first one clamped to the video."""
        return min(int(self.start * self.fps), self.frame_count - 1), int(self.end * self.fps)

    def of(self, table: Sequence[tuple[float, float]]) -> float:
        """The value for the window's length."""
        return next(value for longest, value in table if self.end - self.start <= longest)


def reference_indices(
    rule: str,
    *,
    fps: float,
    frame_count: int,
    pts_seconds: Sequence[float],
    start: float,
    end: float,
) -> list[int]:
    """The frames that a published wrapper shows of a window.

    Args:
        rule: one of `RULES`.
        fps: average frame rate, 1/s.
        frame_count: number of frames of the video.
        pts_seconds: presentation time of each frame, ascending, seconds, shape (frame_count,).
        start: first time of the window, seconds.
        end: first time after the window, seconds.

    Returns:
        Ascending positions without repeats, all of them with a time before `end`.

    Raises:
        ValueError: no such rule, the rate is not positive, or the number of times is not
            `frame_count`.
    """
    if rule not in _RULES:
        raise ValueError(f"rule ({rule!r}) must be one of: {', '.join(RULES)}")
    if not fps > 0:
        raise ValueError(f"fps ({fps}) must be > 0")
    if len(pts_seconds) != frame_count:
        raise ValueError(f"pts_seconds has {len(pts_seconds)} times, frame_count is {frame_count}")
    start = max(start, 0.0)
    if not start < end or not frame_count:
        return []
    first = bisect_left(pts_seconds, start - HALF_TICK)
    origin = pts_seconds[first] if first < frame_count else start
    stop = bisect_left(pts_seconds, origin + (end - start) - HALF_TICK)
    chosen = _RULES[rule](_Clip(fps, frame_count, first, max(first, stop), start, end))
    future = bisect_left(pts_seconds, end)
    return sorted({index for index in chosen if index < future})


def linspace(start: int, stop: int, count: int) -> list[int]:
    """``numpy.linspace(start, stop, count, dtype=int)`` bit for bit, for count >= 2."""
    step = (stop - start) / (count - 1)
    return [int(j * step + start) for j in range(count - 1)] + [stop]


def _sixteen(clip: _Clip) -> list[int]:
    """GPT4o.py: positions from rate times seconds, 16 evenly spaced, all if there are fewer."""
    first, stop = clip.counted()
    stop = min(stop, clip.frame_count)
    if stop - first > UNIFORM_FRAMES:
        return linspace(first, stop - 1, UNIFORM_FRAMES)
    return list(range(first, stop))


def _one_per_second(clip: _Clip) -> list[int]:
    """FlashVstream_Streaming.py: a step of whole frames; the first frame when there is none.

    The last frame of the video is never shown: the end is clamped to it, and exclusive.
    """
    first, stop = clip.counted()
    stop = min(stop, clip.frame_count - 1)
    return list(range(first, stop, max(1, int(clip.fps)))) or [first]


def _qwen(clip: _Clip) -> list[int]:
    """Qwen25VL.py and the frame count of qwen_vl_utils: evenly spaced over the clip, both ends.

    There the spacing is computed by torch in 32-bit floats, in an order that depends on the
    processor: a position halfway between two frames may be the neighbour's.
    """
    total = clip.stop - clip.first
    count = min(max(total / clip.fps * clip.of(QWEN_RATES), QWEN_FEWEST), QWEN_MOST, total)
    count = int(count) // QWEN_FACTOR * QWEN_FACTOR
    if count < QWEN_FACTOR:
        return list(range(clip.first, clip.stop))
    step = Fraction(total - 1, count - 1)
    return [clip.first + round(j * step) for j in range(count)]


def _internvl(clip: _Clip) -> list[int]:
    """InternVL35.py: middles of equal segments of the clip without its last frame."""
    if clip.first == clip.stop:
        return []
    count = int(clip.of(INTERNVL_SEGMENTS))
    segment = (clip.stop - clip.first - 1) / count
    return [clip.first + int(segment / 2 + round(segment * j)) for j in range(count)]


_RULES: dict[str, Callable[[_Clip], list[int]]] = {
    "16_uniform": _sixteen,
    "qwen": _qwen,
    "internvl": _internvl,
    "1fps": _one_per_second,
}

RULES: tuple[str, ...] = tuple(_RULES)
"""Names of the rules."""
