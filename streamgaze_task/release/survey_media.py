"""What the videos and tables of a release are, measured."""

from __future__ import annotations

from collections import Counter
from statistics import mean, median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from streamgaze_task.release.media import MediaFacts
    from streamgaze_task.release.opened import OpenedRelease
    from streamgaze_task.release.records import Record

SAME_LENGTH_SECONDS = 0.5
"""Overlay and clean video may differ by this much before it is told: containers round."""

_SHOWN = 5
_COLUMNS_SHOWN = 40


def survey_media(
    source: OpenedRelease,
    records: Sequence[Record],
    media: MediaFacts,
    gaze: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """Everything worth knowing about videos and tables, as plain JSON types.

    Args:
        source: the release.
        records: the questions that are used, at least one.
        media: the videos, theirs among them.
        gaze: video -> facts of its gaze; a video without gaze is absent.
    """
    ids = media.ids("original")
    videos = [media.original(video_id) for video_id in ids]
    asked = {record.video_id for record in records}
    overlays = [video_id for video_id in ids if media.overlay(video_id) is not None]
    return {
        "count": len(ids),
        "asked_about": len(asked),
        "unused": len(set(ids) - asked),
        "sources": _sources(source, records, media, ids),
        "with_overlay": len(overlays),
        "overlay_alone": len(media.orphans),
        "overlay_differs": _differences(media, overlays),
        "repeated": media.repeated,
        "unusable": [f"{kind} {name}: {why}" for (kind, name), why in sorted(media.faults.items())],
        "other_files": dict(sorted(media.others.items())),
        "seconds": _lengths([video["duration_seconds"] for video in videos]),
        "sizes": _counted(f"{video['width']}x{video['height']}" for video in videos),
        "odd_sizes": sum(video["width"] % 2 or video["height"] % 2 for video in videos),
        "rates": _counted(f"{video['fps']:.2f}" for video in videos),
        "variable_rate": sum(video["variable_rate"] for video in videos),
        "rotated": sum(video["rotation"] != 0 for video in videos),
        "late_start": sum(video["first_seconds"] > 0 for video in videos),
        "gaze": _gaze(ids, gaze),
        "tables": [
            {
                "name": table.name,
                "content": table.content,
                "rows": table.rows,
                "videos": len(table.videos),
                "columns": list(table.columns[:_COLUMNS_SHOWN]),
            }
            for table in source.gaze.tables
        ],
        "unread_tables": source.gaze.unread,
    }


def _counted(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))


def _sources(
    source: OpenedRelease, records: Sequence[Record], media: MediaFacts, ids: Sequence[str]
) -> list[dict[str, Any]]:
    told = {video_id: source.source(video_id, media) for video_id in ids}
    names = sorted({name or "unknown" for name, _ in told.values()})
    rows = []
    for name in names:
        mine = [video_id for video_id in ids if (told[video_id][0] or "unknown") == name]
        row = {
            "source": name,
            "videos": len(mine),
            "questions": sum(record.video_id in mine for record in records),
            "told_by": _counted(told[video_id][1] for video_id in mine),
        }
        rows.append(row)
    return rows


def _differences(media: MediaFacts, overlays: Sequence[str]) -> dict[str, Any]:
    """Where the overlay copy is not the same video frame by frame."""
    found: dict[str, list[str]] = {"size": [], "frame_count": [], "length": []}
    for video_id in overlays:
        clean, drawn = media.original(video_id), media.videos["overlay", video_id]
        if (clean["width"], clean["height"]) != (drawn["width"], drawn["height"]):
            found["size"].append(video_id)
        if clean["frame_count"] != drawn["frame_count"]:
            found["frame_count"].append(video_id)
        if abs(clean["duration_seconds"] - drawn["duration_seconds"]) > SAME_LENGTH_SECONDS:
            found["length"].append(video_id)
    return {key: {"count": len(ids), "first": ids[:_SHOWN]} for key, ids in found.items()}


def _lengths(seconds: Sequence[float]) -> dict[str, float]:
    return {
        "least": min(seconds),
        "median": median(seconds),
        "mean": mean(seconds),
        "most": max(seconds),
        "all": sum(seconds),
    }


def _gaze(ids: Sequence[str], gaze: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    kinds = Counter(str(gaze[video_id]["kind"]) if video_id in gaze else "none" for video_id in ids)
    rows, valid = (sum(facts[key] for facts in gaze.values()) for key in ("rows", "valid"))
    return {
        "videos": dict(sorted(kinds.items())),
        "rows": rows,
        "valid_percent": 100 * valid / rows if rows else None,
    }
