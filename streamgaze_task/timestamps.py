"""Time stamps as the release writes them <-> seconds; the one place that turns one into the other.

A stamp is ``MM:SS`` or ``HH:MM:SS`` with whole numbers (minutes may exceed 59), as the authors'
evaluator reads them; fractions of a second (``MM:SS.s``), on which that one crashes, are read too.
A span is ``[MM:SS - MM:SS]``.
"""

from __future__ import annotations

import re

_STAMP = re.compile(r"(?:(\d{1,3}):)?(\d{1,4}):(\d{1,2}(?:\.\d{1,6})?)", re.ASCII)
_BARE = re.compile(r"\d{1,6}(?:\.\d{1,6})?", re.ASCII)
_SPAN = re.compile(r"[\[(]?\s*([\d:.]+)\s*(?:-|,|\u2013)\s*([\d:.]+)\s*[\])]?", re.ASCII)
_MINUTE, _HOUR = 60, 3600


def seconds(stamp: str) -> float:
    """A time stamp as seconds: ``"13:20"`` -> 800.0, ``"01:00:05"`` -> 3605.0, ``"12"`` -> 12.0.

    Raises:
        ValueError: it is no time stamp; the message says what is expected.
    """
    found = _STAMP.fullmatch(stamp.strip())
    if found is not None:
        hours, minutes, rest = found.groups()
        return _HOUR * int(hours or 0) + _MINUTE * int(minutes) + float(rest)
    if _BARE.fullmatch(stamp.strip()):
        return float(stamp)
    raise ValueError(f"time stamp ({stamp[:40]!r}) must be MM:SS or HH:MM:SS")


def span(text: str) -> tuple[float, float]:
    """A span as (start, end) in seconds: ``"[03:36 - 04:36]"`` -> (216.0, 276.0).

    Raises:
        ValueError: it is no span.
    """
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"span ({text[:60]!r}) must be [MM:SS - MM:SS]")
    return seconds(found[1]), seconds(found[2])


def stamp(time_seconds: float) -> str:
    """Seconds as the release's ``MM:SS``, rounded down; minutes may exceed 59.

    Raises:
        ValueError: the time is negative.
    """
    if time_seconds < 0:
        raise ValueError(f"time_seconds ({time_seconds}) must be >= 0")
    whole = int(time_seconds)
    return f"{whole // _MINUTE:02d}:{whole % _MINUTE:02d}"
