"""Time stamps against the real length of their videos: what can be shown, and what is clamped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sightline.errors import Problem
from sightline.sampling import window

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from streamgaze_task.release.layout import Kind
    from streamgaze_task.release.media import MediaFacts
    from streamgaze_task.release.records import Record

_SHOWN_PLACES = 5
_KINDS: tuple[Kind, ...] = ("original", "overlay")


def media_problems(records: Sequence[Record], media: MediaFacts) -> list[Problem]:
    """What the questions need and the videos cannot give, each with its place."""
    return [problem for record in records for problem in _problems(record, media)]


def overlay_problems(records: Sequence[Record], faults: Mapping[str, str]) -> list[Problem]:
    """The questions whose overlay cannot be decoded.

    Args:
        records: questions.
        faults: video -> why.
    """
    return [
        Problem(f"{record.place} {record.video_field}", faults[record.video_id], record.id)
        for record in records
        if record.video_id in faults
    ]


def time_survey(records: Sequence[Record], media: MediaFacts) -> dict[str, Any]:
    """How many moments lie beyond the end of their video, or before its first frame.

    Args:
        records: questions whose videos are usable.
        media: their videos.
    """
    late: list[tuple[float, str]] = []
    empty: list[str] = []
    moments = 0
    for record in records:
        video = media.original(record.video_id)
        for at, stamp in _moments(record):
            moments += 1
            beyond = stamp - video["duration_seconds"]
            if beyond > 0:
                late.append((beyond, at))
            if window(record.task.family, stamp)[1] <= video["first_seconds"]:
                empty.append(at)
    late.sort(key=lambda item: -item[0])
    return {
        "moments": moments,
        "past_end": len(late),
        "past_end_worst_seconds": late[0][0] if late else 0.0,
        "past_end_places": [f"{at}: {beyond:.1f} s" for beyond, at in late[:_SHOWN_PLACES]],
        "empty": len(empty),
        "empty_places": empty[:_SHOWN_PLACES],
    }


def _moments(record: Record) -> Iterator[tuple[str, float]]:
    """Places and seconds of all moments at which a question is asked."""
    if record.task.family == "proactive":
        for point in record.points:
            yield f"{record.place} test_info realtime {point.stamp.text}", point.stamp.seconds
    else:
        yield f"{record.place} time_stamp {record.stamp.text}", record.stamp.seconds


def _problems(record: Record, media: MediaFacts) -> Iterator[Problem]:
    where = f"{record.place} {record.video_field}"
    for kind in _KINDS:
        fault = media.faults.get((kind, record.video_id))
        if fault is not None:
            yield Problem(where, fault, record.id)
    video = media.videos.get(("original", record.video_id))
    if video is not None:
        yield from _late(record, video["duration_seconds"])
    elif ("original", record.video_id) not in media.faults and not media.broken_off:
        name = f"{record.video_id}.mp4"
        only = " (only one with the gaze drawn in)" if media.overlay(record.video_id) else ""
        yield Problem(where, f"the release has no video {name!r}{only}", record.id)


def _late(record: Record, duration: float) -> Iterator[Problem]:
    for at, stamp in _moments(record):
        start, _ = window(record.task.family, stamp)
        if start >= duration and stamp > 0:
            message = (
                f"asks about {start:g} s to {stamp:g} s, but the video ends at {duration:.1f} s: "
                f"nothing can be shown"
            )
            yield Problem(at, message, record.id)
