"""EGTEA Gaze+: exports of SMI BeGaze in two versions, and one table of all actions.

Both versions begin with 34 lines that are no samples, the last of which names the columns. The
number of samples stands in the tenth line of version 1 and in the eleventh of version 2, each as
the line's fifth word (parse_gtea_gaze, which EGTEA's authors give with the dataset).

A sample of the tracker (30 a second) names the frame that it belongs to, at 24 frames a second, so
some frames have two. Type -> ``B Event Info``: fixation ``Fixation``, saccade ``Saccade``, blink
``Blink`` at 0, 0, unknown ``-``, outside ``Fixation`` at pixels outside 1280 x 960. Untracked
samples have no row. Pixels have two decimals, so a position is exact to 0.005 pixels.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from streamgaze_task.rendering.raw.clip import CLOCK_SECONDS, Clip, write_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from streamgaze_task.rendering.signals import Signal

WIDTH, HEIGHT = 1280, 960
"""Pixels of the scene camera, in which the gaze is given whatever size the video has."""
FPS = 24
"""Frames a second of EGTEA's videos."""
HEADER_LINES = 34
"""Lines before the first sample."""

_EVENTS = {
    "fixation": "Fixation",
    "saccade": "Saccade",
    "blink": "Blink",
    "unknown": "-",
    "outside": "Fixation",
}
_TRIAL_STARTS = 1_000_000
"""Microseconds of the tracker's clock at the video's start; the clock does not start with it."""
_V1 = ("Time", "Type", "Trial", "B POR X [px]", "B POR Y [px]", "Frame", "B Event Info")
_EYES = tuple(
    f"{eye} {what} {axis}" for what in ("EPOS", "GVEC") for eye in ("L", "R") for axis in "XYZ"
)
_V2 = (
    "Time",
    "Type",
    "Trial",
    "L Pupil Diameter [mm]",
    "R Pupil Diameter [mm]",
    "B POR X [px]",
    "B POR Y [px]",
    "L POR X [px]",
    "L POR Y [px]",
    "R POR X [px]",
    "R POR Y [px]",
    *_EYES,
    "Trigger",
    "Frame",
    "B Event Info",
)
_ACTION_COLUMNS = (
    "# Clip ID (unique)",
    "Clip Prefix (Unique)",
    "Video Session",
    "Starting Time (ms)",
    "Ending Time (ms)",
    "Action Label",
    "Verb Label",
    "Noun Label(s)",
)


def write_v1(folder: Path, clip: Clip, signal: Signal) -> None:
    """Write ``gaze_data/<v>.txt`` as BeGaze's first version exports it: 7 columns."""
    rows = [
        (micros, "SMP", "1", x, y, str(frame), event)
        for micros, x, y, frame, event in _rows(signal)
    ]
    _write(folder, clip, _header(clip, len(rows), _V1, older=True), rows)


def write_v2(folder: Path, clip: Clip, signal: Signal) -> None:
    """Write ``gaze_data/<v>.txt`` as BeGaze's second version exports it: 26 columns."""
    rows = [
        (micros, "SMP", "1", "3.52", "3.48", *(x, y) * 3, *["0.00"] * 12, "0", _stamp(frame), event)
        for micros, x, y, frame, event in _rows(signal)
    ]
    _write(folder, clip, _header(clip, len(rows), _V2, older=False), rows)


def write_actions(folder: Path, name: str, actions: Sequence[tuple[float, float, str]]) -> None:
    """Write ``raw_annotations/action_labels.csv``.

    A blank follows every semicolon, also in the header; times are whole milliseconds. What
    the file said of other videos stays, and it is in order of the videos' names.
    """
    path = folder / "raw_annotations" / "action_labels.csv"
    said = path.read_text("utf-8").splitlines()[1:] if path.exists() else []
    others = [tuple(line.split("; ")[1:]) for line in said]
    ours = [_action(name, start, end, text) for start, end, text in actions]
    kept = [row for row in others if row[1] != name] + ours
    kept.sort(key=lambda row: (row[1], int(row[2])))
    lines = [_ACTION_COLUMNS, *((str(k), *row) for k, row in enumerate(kept, 1))]
    write_text(path, "".join("; ".join(row) + "\n" for row in lines))


def _action(name: str, start: float, end: float, text: str) -> tuple[str, ...]:
    first, last = round(start * 1000), round(end * 1000)
    verb, _, nouns = text.replace(";", ",").partition(" ")
    frames = "-".join(f"F{math.floor(ms * FPS / 1000):06d}" for ms in (first, last))
    prefix = f"{name}-{first}-{last}-{frames}"
    return prefix, name, str(first), str(last), f"{verb} {nouns}".strip(), verb, nouns


def _rows(signal: Signal) -> list[tuple[str, str, str, int, str]]:
    """Time, x, y, frame and event of every sample that has a row."""
    found = []
    columns = (signal.seconds, signal.x, signal.y, signal.types)
    for at, x, y, kind in zip(*(column.tolist() for column in columns), strict=True):
        if kind == "untracked":
            continue
        place = (0.0, 0.0) if kind == "blink" else (x * WIDTH, y * HEIGHT)
        micros = str(_TRIAL_STARTS + round(at * 1e6))
        frame = math.floor((at + CLOCK_SECONDS) * FPS)
        found.append((micros, f"{place[0]:.2f}", f"{place[1]:.2f}", frame, _EVENTS[kind]))
    return found


def _stamp(frame: int) -> str:
    """A frame as HH:MM:SS:FF."""
    seconds, rest = divmod(frame, FPS)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}:{rest:02d}"


def _header(clip: Clip, samples: int, columns: tuple[str, ...], *, older: bool) -> list[str]:
    """The 34 lines."""
    lines = [
        "## [BeGaze]",
        f"## Converted from:\t{clip.name}.idf",
        "## Date:\t01.06.2015 10:00:00",
        f"## Version:\tBeGaze {'3.4.52' if older else '3.5.101'}",
        "## IDF Version:\t9",
        "## Sample Rate:\t30",
        "## Separator Type:\tMsg",
        "## Trial Count:\t1",
        "## Uses Plane File:\tFalse",
        *([] if older else ["## Export Mode:\tBinocular"]),
        f"## Number of Samples:\t{samples}",
        "## Reversed:\tnone",
        "## [Run]",
        f"## Subject:\t{clip.name}",
        "## Description:\t",
        "## [Calibration]",
        f"## Calibration Area:\t{WIDTH}\t{HEIGHT}",
    ]
    missing = HEADER_LINES - 1 - len(lines)
    points = [f"## Calibration Point {k}:\tPosition({64 * k};{48 * k})" for k in range(missing)]
    return [*lines, *points, "\t".join(columns)]


def _write(folder: Path, clip: Clip, header: list[str], rows: Sequence[tuple[str, ...]]) -> None:
    lines = [*header, *("\t".join(row) for row in rows)]
    write_text(folder / "gaze_data" / f"{clip.name}.txt", "\n".join(lines) + "\n")
