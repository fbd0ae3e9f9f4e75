"""What only a StreamGaze dataset must keep: tasks, answers, moments, and the gaze of each video."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from sightline.checking.answers import check_answer
from sightline.checking.columns import chunks, shown, text_columns
from sightline.checking.gathered import Gathered
from sightline.findings import Finding
from sightline.sampling import window
from streamgaze_task.gaze import KINDS, GazeTable
from streamgaze_task.task_names import BY_CODE, CODES, SOURCES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sightline.checking.columns import Row
    from sightline.checking.opened import OpenedDataset
    from sightline.progress import Progress

    Videos = Mapping[str, Mapping[str, Any]]

_REBUILD = "build the dataset again"


def check(dataset: OpenedDataset, progress: Progress) -> Iterator[Finding]:
    """Find what is wrong with videos, questions and gaze.

    Args:
        dataset: the dataset.
        progress: told the configs that are done.
    """
    progress.start("questions and gaze", 3)
    videos: dict[str, Mapping[str, Any]] = {}
    found = Gathered()
    for row in _rows(dataset, "videos", found):
        videos[row.values["video_id"]] = row.values
        _check_video(found, row)
    progress.advance(1)
    for row in _rows(dataset, "questions", found):
        _check_task(found, row)
        _check_same_video(found, row, videos)
        _check_moments(found, row)
    progress.advance(1)
    _check_gaze(dataset, found, videos)
    progress.advance(1)
    yield from found


def _rows(dataset: OpenedDataset, name: str, found: Gathered) -> Iterator[Row]:
    config = dataset.rules.config(name)
    for item in chunks(dataset, config, text_columns(config), "what it means"):
        if isinstance(item, Finding):
            found.add("unreadable tables", item)
        else:
            yield from item.rows()


def _check_video(found: Gathered, row: Row) -> None:
    source, duration, gaze = (row.values[n] for n in ("source", "duration_seconds", "gaze"))
    if source is not None and source not in SOURCES:
        what = f"must be one of {', '.join(SOURCES)}, but is {shown(source)}"
        found.error("unknown sources", what, _REBUILD, row.where("source"))
    if duration is None or not 0 < duration < math.inf:
        what = f"must be above 0 and finite, but is {duration}"
        found.error("durations", what, _REBUILD, row.where("duration_seconds"))
    if gaze not in KINDS:
        what = f"must be one of {', '.join(KINDS)}, but is {shown(gaze)}"
        found.error("unknown kinds of gaze", what, _REBUILD, row.where("gaze"))


def _check_task(found: Gathered, row: Row) -> None:
    task = BY_CODE.get(row.values["task"])
    if task is None:
        what = f"must be one of {', '.join(CODES)}, but is {shown(row.values['task'])}"
        found.error("unknown tasks", what, _REBUILD, row.where("task"))
        return
    for column, value in (("task_name", task.paper), ("family", task.family)):
        if row.values[column] != value:
            what = f"must be {value} for the task {task.code}, but is {shown(row.values[column])}"
            found.error(f"wrong {column}", what, _REBUILD, row.where(column))
    if task.family == "proactive":
        _check_points(found, row)
    else:
        check_answer(found, row, "options", "answer")
        if row.values["test_points"]:
            what = "only proactive questions have test points"
            found.error("unexpected test points", what, _REBUILD, row.where("test_points"))


def _check_points(found: Gathered, row: Row) -> None:
    points, first = row.values["test_points"] or [], row.values["first_appearance_seconds"]
    if not points:
        what = "a proactive question must have test points"
        found.error("missing test points", what, _REBUILD, row.where("test_points"))
    if row.values["answer"] is not None or row.values["options"]:
        what = "a proactive question has no options and no answer, but labels of test points"
        found.error("unexpected answers", what, _REBUILD, row.where("answer"))
    for i, point in enumerate(points):
        label = None if point is None else point["label"]
        if point is None or label not in (0, 1):
            what = f"must be 0 or 1, but is {label}"
            found.error("labels", what, _REBUILD, row.where(f"test_points[{i}].label"))
            continue
        seconds = point["seconds"]
        seen = None if first is None or seconds is None else int(seconds >= first)
        if point["already_seen"] != seen:
            what = f"must be {seen} by first_appearance_seconds, but is {point['already_seen']}"
            where = row.where(f"test_points[{i}].already_seen")
            found.error("wrong already_seen", what, _REBUILD, where)


def _check_same_video(found: Gathered, row: Row, videos: Videos) -> None:
    """What a question says of its video is what `videos` says; a missing one is told elsewhere."""
    video = row.values["video"] or {}
    there = videos.get(video.get("video_id") or "")
    if there is None:
        return
    for name, value in video.items():
        if value != there[name]:
            what = f"must be {shown(there[name])} as in `videos`, but is {shown(value)}"
            found.error("videos that are told twice", what, _REBUILD, row.where(f"video.{name}"))


def _check_moments(found: Gathered, row: Row) -> None:
    """Whether something of the video can be shown at every moment that is asked about."""
    task = BY_CODE.get(row.values["task"])
    duration = (row.values["video"] or {}).get("duration_seconds")
    if task is None or duration is None:
        return  # told elsewhere
    moments = {"time_seconds": row.values["time_seconds"]}
    if task.family == "proactive":
        points = enumerate(row.values["test_points"] or [])
        moments |= {f"test_points[{i}].seconds": (p or {}).get("seconds") for i, p in points}
    for column, seconds in moments.items():
        if seconds is None or not 0 <= seconds < math.inf:
            what = f"must be at least 0 and finite, but is {seconds}"
            found.error("moments", what, _REBUILD, row.where(column))
        elif seconds > 0 and window(task.family, seconds)[0] >= duration:
            what = f"asks about {seconds:g} s and the minute before, but the video ends at "
            found.error("late moments", f"{what}{duration:g} s", _REBUILD, row.where(column))


def _check_gaze(dataset: OpenedDataset, found: Gathered, videos: Videos) -> None:
    """Each row group against what `videos` says of its gaze, and every video's promise."""
    config = dataset.rules.config("gaze")
    seen, whole = set[str](), True
    for item in chunks(dataset, config, list(config.features), "its gaze"):
        if isinstance(item, Finding):
            found.add("unreadable tables", item)
            whole = False
            continue
        for video_id in item.table.column("video_id").unique().to_pylist():
            rows = item.table.filter(pc.equal(item.table.column("video_id"), video_id))
            where = f"{item.file} row group {item.group} ({shown(video_id)})"
            _check_table(found, rows.to_pydict(), videos.get(video_id), where)
            seen.add(video_id)
    for video_id, video in videos.items():
        promised = video["gaze"] in KINDS and video["gaze"] != "none"
        if whole and promised and video_id not in seen:
            what = f"{shown(video_id)} has gaze {video['gaze']}, but the config has no rows of it"
            found.error("missing gaze", what, _REBUILD, "gaze")


def _check_table(
    found: Gathered, columns: Mapping[str, Any], video: Mapping[str, Any] | None, where: str
) -> None:
    """The gaze rows of one video."""
    faults = list(_order_faults(columns))
    if not faults:
        faults = list(_content_faults(columns, video))
    for kind, what in faults:
        found.error(kind, what, _REBUILD, where)


def _order_faults(columns: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What each row must be for itself, and that they stand in the order of time."""
    seconds, valid = columns["seconds"], columns["valid"]
    if any(value is None or not math.isfinite(value) for value in seconds):
        yield "gaze times", "seconds must be finite in every row"
    elif any(later < earlier for earlier, later in itertools.pairwise(seconds)):
        yield "gaze order", "rows must stand in the order of their seconds"
    if any(value is None or not 0 <= value < math.inf for value in columns["duration_seconds"]):
        yield "gaze durations", "duration_seconds must be at least 0 and finite in every row"
    if None in valid:
        yield "gaze validity", "valid must not be null"
    for axis in "xy":
        pairs = zip(columns[axis], valid, strict=True)
        wrong = sum(bool(ok) != (value is not None and 0 <= value <= 1) for value, ok in pairs)
        if wrong:
            what = f"{axis} must be in [0, 1] where valid and null elsewhere; {wrong} rows differ"
            yield "gaze positions", what


def _content_faults(
    columns: Mapping[str, Any], video: Mapping[str, Any] | None
) -> Iterator[tuple[str, str]]:
    """Whether the rows are the ones that `videos` speaks of."""
    try:
        table = GazeTable.from_columns(columns)
    except ValueError as error:
        yield "gaze tables", str(error)
        return
    if video is None:
        return  # a reference without a row: told elsewhere
    if video["gaze"] != table.kind:
        what = f"kind is {shown(table.kind)}, but `videos` says gaze {shown(video['gaze'])}"
        yield "kinds of gaze", what
    elif video["gaze_sha256"] != table.sha256():
        what = f"`videos` says gaze_sha256 {shown(video['gaze_sha256'])}, but the rows give"
        yield "checksums of gaze", f"{what} {table.sha256()}"
