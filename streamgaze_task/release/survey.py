"""What a release holds, measured: the answers that nobody could give without its files.

Published numbers stand beside the measured ones: 8,521 questions and 285 videos (the authors'
README), and the questions per task as third parties counted them in a repack without 4 videos.
"""

from __future__ import annotations

from collections import Counter
from statistics import mean
from typing import TYPE_CHECKING, Any

from streamgaze_task.release.fields import has_letters, order_is_kept
from streamgaze_task.release.records import duplicates
from streamgaze_task.release.survey_media import survey_media
from streamgaze_task.release.times import time_survey
from streamgaze_task.task_names import FAMILIES, TASKS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from streamgaze_task.release.media import MediaFacts
    from streamgaze_task.release.opened import OpenedRelease
    from streamgaze_task.release.records import Record
    from streamgaze_task.task_names import TaskName

USUAL_OPTIONS = 4
"""Options of nearly every question; others get another prompt from the authors' evaluator."""

_PLACES = 5
_KEPT_CHARACTERS = 200


def survey(
    source: OpenedRelease,
    records: Sequence[Record],
    media: MediaFacts,
    gaze: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """Everything worth knowing about a release, as plain JSON types.

    Args:
        source: the release.
        records: the questions that are used, at least one; their videos are usable.
        media: the videos.
        gaze: video -> facts of its gaze; a video without gaze is absent.
    """
    choice = [record for record in records if record.key is not None]
    return {
        "questions": len(records),
        "tasks": [_task(task, source, records) for task in TASKS],
        "families": {f: sum(r.task.family == f for r in records) for f in FAMILIES},
        "told_by": counted(record.told_by for record in records),
        "disagreements": _placed((r.disagreement, r.place) for r in records if r.disagreement),
        "duplicates": [
            f"{again.place} repeats {first.place}" for first, again in duplicates(records)
        ],
        "options": _options(choice),
        "answers": counted(record.key.letter for record in choice if record.key),
        "answer_spellings": counted(record.key.spelling for record in choice if record.key),
        "stamps": counted(stamp.spelling for record in records for stamp in record.times),
        "times": time_survey(records, media),
        "points": {
            task.code: _points([record for record in records if record.task is task])
            for task in TASKS
            if task.family == "proactive"
        },
        "fields": _fields(source, records),
        "videos": survey_media(source, records, media, gaze),
    }


def counted(values: Iterable[Any]) -> dict[str, int]:
    """How often each value comes, by value."""
    return {str(key): count for key, count in sorted(Counter(values).items())}


def _placed(found: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """Messages with how often and where first."""
    places: dict[str, list[str]] = {}
    for message, place in found:
        places.setdefault(message, []).append(place)
    return [
        {"what": message, "count": len(where), "places": where[:_PLACES]}
        for message, where in sorted(places.items())
    ]


def _task(task: TaskName, source: OpenedRelease, records: Sequence[Record]) -> dict[str, Any]:
    mine = [record for record in records if record.task is task]
    texts = Counter(record.question for record in mine)
    most = min(texts, key=lambda text: (-texts[text], text), default="")
    return {
        "code": task.code,
        "count": len(mine),
        "left_out": source.checked.numbers[task.code] - len(mine),
        "counted": task.counted,
        "chance_percent": _chance(mine),
        "texts": len(texts),
        "most_often": most[:_KEPT_CHARACTERS],
    }


def _chance(records: Sequence[Record]) -> float | None:
    """What guessing gives, percent: the mean of 1 / number of options; of 2 for test points."""
    levels = [1 / len(r.options) if r.options else 1 / 2 for r in records]
    return 100 * mean(levels) if levels else None


def _options(records: Sequence[Record]) -> dict[str, Any]:
    return {
        "counts": counted(len(record.options) for record in records),
        "unusual_places": [r.place for r in records if len(r.options) != USUAL_OPTIONS][:_PLACES],
        "without_letters": sum(not has_letters(record.options) for record in records),
        "out_of_order": sum(not order_is_kept(record.options) for record in records),
    }


def _points(records: Sequence[Record]) -> dict[str, Any]:
    """Test points of a task, and both readings of their labels."""
    pairs = [(point.label, r.already_seen(point)) for r in records for point in r.points]
    return {
        "questions": len(records),
        "points": len(pairs),
        "per_question": counted(len(record.points) for record in records),
        "without_type": sum(record.points_without_type for record in records),
        "published": counted(label for label, _ in pairs),
        "already_seen": counted("unknown" if seen is None else seen for _, seen in pairs),
        "differ": sum(seen is not None and seen != label for label, seen in pairs),
    }


def _fields(source: OpenedRelease, records: Sequence[Record]) -> dict[str, Any]:
    checked = source.checked
    return {
        "video": counted(record.video_field for record in records),
        "undocumented": {
            f"{level} {name}": count for (level, name), count in checked.undocumented.items()
        },
        "empty_entries": checked.empty_entries,
        "proactive_without_time_stamp": sum(r.stamp.spelling == "absent" for r in records),
        "proactive_without_first_appearance": sum(
            record.key is None and record.first_appearance is None for record in records
        ),
    }
