"""The gaze in words: the text prompt.

The paper names such a prompt (fixation coordinates as text) and its code has none, so these words
are ours. Fixed English, made from the fixations of the window and nothing else: no sample at or
after the window's end can change a character of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamgaze_task.fixations import Fixation, detect_fixations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamgaze_task.cameras import Camera
    from streamgaze_task.gaze import GazeTable

MAX_FIXATIONS = 32
"""How many fixations are told: as many as the frames that a model is shown by default."""

MAX_LOSSES = 8
"""How many spans without gaze are told."""

LOSS_SECONDS = 1.0
"""A span without gaze is told from this length on; blinks and short losses are not worth a line."""

_LOWEST, _HIGHEST = 0, 100
_MILLI, _TENTH = 1000, 100
_MINUTE = 600


def describe_gaze(
    table: GazeTable,
    start: float,
    end: float,
    camera: Camera,
    *,
    aspect: float | None = None,
    max_fixations: int = MAX_FIXATIONS,
) -> str:
    """What the gaze did in ``[start, end)``, in English, without a line end after the last line.

    Example::

        Gaze of the person wearing the camera from 01:00.0 to 02:00.0. Each line is one fixation:
        its time span, and its position in percent of the frame from the left and from the top.
        01:00.2-01:01.6: 48 % from the left, 61 % from the top
        01:02.0-01:04.9: 20 % from the left, 55 % from the top
        No gaze was recorded at 01:05.0-01:09.5.

    (The first two lines are one line.)

    Args:
        table: the gaze of the video.
        start: begin of the window, seconds.
        end: its end; only what starts before it has an influence.
        camera: of the video, to find fixations in samples.
        aspect: width over height of the frame; the camera's own by default.
        max_fixations: at least 1; where there are more, the last one is told, which present
            questions ask about, and the longest of the others, in order of time; the text says how
            many are left out. Of equally long ones the earlier is told.

    Raises:
        ValueError: `max_fixations` is below 1.
    """
    if max_fixations < 1:
        raise ValueError(f"max_fixations ({max_fixations}) must be >= 1")
    seen = table.window(start, end)
    span = f"from {clock(start)} to {clock(end)}"
    if not seen.valid.any():
        return f"No gaze was recorded {span}."
    found = detect_fixations(seen, camera, aspect=aspect)
    told = _chosen(found, max_fixations)
    head = f"Gaze of the person wearing the camera {span}."
    lines = [f"{head} {_EXPLAINED}" if told else f"{head} It did not rest on any place."]
    lines += [_line(fixation) for fixation in told]
    if len(told) < len(found):
        lines.append(f"{len(found) - len(told)} other fixations are left out.")
    losses = _losses(seen, start, end)
    if losses:
        lines.append(_told_losses(losses))
    return "\n".join(lines)


def describe_frames(seconds: Sequence[float]) -> str:
    """When the frames that are shown were taken: without it the fixations' times mean nothing.

    Args:
        seconds: time of each frame, in the order in which they are shown.
    """
    if not seconds:
        return "No frame is shown."
    return f"The frames shown were taken at {', '.join(clock(at) for at in seconds)}."


_EXPLAINED = (
    "Each line is one fixation: its time span, and its position in percent of the frame "
    "from the left and from the top."
)


def clock(seconds: float) -> str:
    """A time of the video as ``MM:SS.s``, rounded down to a tenth; minutes may exceed 59."""
    tenths = round(max(0.0, seconds) * _MILLI) // _TENTH
    return f"{tenths // _MINUTE:02d}:{tenths % _MINUTE // 10:02d}.{tenths % 10}"


def _line(fixation: Fixation) -> str:
    span = f"{clock(fixation.start_seconds)}-{clock(fixation.end_seconds)}"
    x, y = _percent(fixation.x), _percent(fixation.y)
    return f"{span}: {x} % from the left, {y} % from the top"


def _percent(part: float) -> int:
    return min(_HIGHEST, max(_LOWEST, round(part * _HIGHEST)))


def _chosen(fixations: Sequence[Fixation], count: int) -> list[Fixation]:
    """The last one and the longest of the others, in order of time.

    The window's end cuts the last one short, so by its length alone it would seldom be told.
    """
    last = len(fixations) - 1
    by_worth = sorted(range(len(fixations)), key=lambda i: (i != last, -fixations[i].seconds, i))
    return [fixations[i] for i in sorted(by_worth[:count])]


def _losses(seen: GazeTable, start: float, end: float) -> list[tuple[float, float]]:
    """Spans of the window without gaze; none for fixations, which leave out what lies between."""
    if seen.kind == "fixations":
        return []
    left = [start, *seen.ends[seen.valid].tolist()]
    right = [*seen.seconds[seen.valid].tolist(), end]
    spans = zip(left, right, strict=True)
    return [(a, b) for a, b in spans if b - a >= LOSS_SECONDS]


def _told_losses(losses: Sequence[tuple[float, float]]) -> str:
    by_length = sorted(range(len(losses)), key=lambda i: (losses[i][0] - losses[i][1], i))
    told = [losses[i] for i in sorted(by_length[:MAX_LOSSES])]
    spans = ", ".join(f"{clock(a)}-{clock(b)}" for a, b in told)
    rest = len(losses) - len(told)
    return f"No gaze was recorded at {spans}" + (f" and {rest} shorter spans." if rest else ".")
