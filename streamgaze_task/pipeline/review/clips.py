"""Which pieces of a recording's video the page needs: decided here, cut in `cutting`.

A fixation is shown with a second before and after it. A question of options is shown with the last
seconds before it is asked, as long as they belong to its window. Of a proactive question every test
point is judged on its own, so every one of them has a clip.
"""

from __future__ import annotations

import heapq
import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamgaze_task.task_names import BY_CODE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sightline.video import Scan
    from streamgaze_task.pipeline.records import LabelledFixation, Question

AROUND_SECONDS = 1.0
"""Shown before and after a fixation (ours: what the eyes came from and went to)."""
LONGEST_SECONDS = 20.0
"""Of a clip (ours: a person who judges thousands cannot watch more of each)."""
POINT_SECONDS = 8.0
"""Shown before a test point (ours: five of them are watched for one question)."""
PRESENT_SECONDS = 60.0
"""Window of a question about the present (src/ of daeunni/StreamGaze: ``[t - 60, t]``)."""
MOST_FPS = 15
"""Frames a second of a clip (ours: enough to follow a hand, half of the encoder's work)."""
MOST_OPEN = 48
"""Clips that are written at the same time; where more overlap, the video is walked again. Questions
of whole seconds and fixations of 100 ms and more overlap less."""


@dataclass(frozen=True)
class Wanted:
    """A piece of the video that an item wants to show. Seconds of the video."""

    label: str
    """What it is, in words: ``before it is asked``."""
    start: float
    end: float
    """Exclusive."""
    still: float
    """The moment of its still picture."""


@dataclass(frozen=True)
class Clip:
    """A piece of the video as positions of its frames."""

    start: float
    """Seconds of its first frame."""
    end: float
    """Seconds at which it ends."""
    frames: tuple[int, ...]
    """Positions of what is written, ascending, at least one."""
    still: int
    """Which of them is its still picture."""


def of_fixation(fixation: LabelledFixation) -> tuple[Wanted, ...]:
    """The fixation and a second around it; of a long one its beginning."""
    start, end = fixation.start_seconds, fixation.end_seconds
    first = start - AROUND_SECONDS
    last = min(end + AROUND_SECONDS, first + LONGEST_SECONDS)
    return (Wanted("the fixation", first, last, min((start + end) / 2, last)),)


def of_question(question: Question) -> tuple[Wanted, ...]:
    """What comes before the moment it is asked; of a proactive one, before each test point."""
    if question.points:
        return tuple(
            Wanted(f"before {point.seconds} s", at - POINT_SECONDS, at, at)
            for point in question.points
            for at in [float(point.seconds)]
        )
    at = float(question.asked_seconds)
    task = BY_CODE.get(question.task)
    window = PRESENT_SECONDS if task and task.family == "present" else math.inf
    return (Wanted("before it is asked", at - min(window, LONGEST_SECONDS), at, at),)


def clip_of(wanted: Wanted, scan: Scan, kept: Sequence[int]) -> Clip | None:
    """The frames of a piece; None when it lies outside the video.

    Args:
        wanted: the piece.
        scan: of the video.
        kept: positions of the frames that clips are made of, ascending; see :func:`thinned`.

    A piece between two frames shows the frame that is on screen then.
    """
    start, end = max(wanted.start, 0.0), min(wanted.end, scan.duration_seconds)
    if not (math.isfinite(start) and start < end):  # NaN is not either
        return None
    times = scan.pts_seconds
    first = bisect_left(kept, bisect_left(times, start))
    last = bisect_left(kept, bisect_left(times, end))
    if first == last:
        first = max(0, first - 1)
        last = first + 1
    frames = tuple(kept[first:last])
    on_screen = bisect_right(frames, bisect_right(times, wanted.still) - 1) - 1
    return Clip(times[frames[0]], end, frames, frames[max(0, on_screen)])


def thinned(seconds: Sequence[float], most_fps: int = MOST_FPS) -> tuple[int, ...]:
    """Positions of frames, at most one in each ``1 / most_fps`` of a second.

    The same for all clips of a video, so that each frame is drawn once.
    """
    found: list[int] = []
    last = -1
    for index, at in enumerate(seconds):
        slot = math.floor(at * most_fps + 1e-6)
        if slot > last or not found:
            found.append(index)
            last = slot
    return tuple(found)


def passes(clips: Iterable[Clip], most: int = MOST_OPEN) -> list[list[int]]:
    """Positions of clips, divided so that in no part more than `most` overlap.

    One part where that is possible: then one walk through the video makes all of them.
    """
    parts: list[list[int]] = []
    open_until: list[list[int]] = []
    numbered = sorted(enumerate(clips), key=lambda one: (one[1].frames[0], one[0]))
    for number, clip in numbered:
        place = next((i for i, ends in enumerate(open_until) if _has_room(ends, clip, most)), None)
        if place is None:
            place = len(parts)
            parts.append([])
            open_until.append([])
        parts[place].append(number)
        heapq.heappush(open_until[place], clip.frames[-1])
    return parts


def _has_room(ends: list[int], clip: Clip, most: int) -> bool:
    while ends and ends[0] < clip.frames[0]:
        heapq.heappop(ends)
    return len(ends) < most
