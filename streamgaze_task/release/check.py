"""The authors' task files, checked: JSON in, records and problems out, no file touched.

Strict about what the authors' evaluator relies on, and about nothing else. Every problem is
reported with its place; a question with a problem is left out, whatever JSON value it is. Where
the words of a question and the name of its file tell different tasks the words win, unless only
the file fits what the question has: test points, or options.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sightline.errors import Problem
from sightline.fields import Found, is_text, kind_of, read_list, read_text
from streamgaze_task.release.fields import (
    Stamp,
    optional_stamp,
    read_key,
    read_label,
    read_options,
    read_stamp,
)
from streamgaze_task.release.records import (
    ENTRY_FIELDS,
    POINT_FIELDS,
    QUESTION_FIELDS,
    VIDEO_FIELDS,
    Checked,
    Point,
    Record,
    video_id_of,
)
from streamgaze_task.task_names import TASKS, TaskName, by_file, by_text, task_of

if TYPE_CHECKING:
    from collections.abc import Mapping


def check_documents(documents: Mapping[str, Any]) -> Checked:
    """Check everything that stands in the task files by themselves.

    Args:
        documents: file name, without folder -> value of the JSON file; any JSON value is allowed.
    """
    checked = Checked()
    for file in sorted(documents):
        _check_document(checked, file, documents[file])
    return checked


def _check_document(checked: Checked, file: str, document: Any) -> None:
    if not isinstance(document, list):
        message = f"must be a list of entries, but is {kind_of(document)}"
        checked.problems.append(Problem(file, message))
        return
    before = len(checked.records)
    unknown: list[Problem] = []
    for number, entry in enumerate(document):
        unknown += _check_entry(checked, file, number, entry)
    if not unknown:
        return
    if by_file(file) is None and len(checked.records) == before:
        names = ", ".join(task.file for task in TASKS)
        message = (
            f"must be one of the task files ({names}), or hold questions that say their task, but "
            f"none of its {len(unknown)} questions does"
        )
        checked.problems.append(Problem(file, message, file))
    else:
        checked.problems += unknown


def _check_entry(checked: Checked, file: str, number: int, entry: Any) -> list[Problem]:
    """Check one entry; returns the problems of questions whose task nothing tells."""
    place = f"{file}[{number}]"
    found = Found(place, place)
    if not isinstance(entry, dict):
        found.add(f"must be an object, but is {kind_of(entry)}")
        checked.problems += found.problems
        return []
    checked.fields.update(("entry", name) for name in entry)
    if entry.get("questions") == []:
        checked.empty_entries += 1
        return []
    questions = read_list(found, entry, "questions")
    checked.problems += found.problems
    unknown = []
    for position, value in enumerate(questions):
        record, problems, told = _check_question(checked, entry, value, (file, number, position))
        if not told:
            unknown += problems
            continue
        checked.problems += problems
        if record is not None and not problems:
            checked.records.append(record)
    return unknown


def _check_question(
    checked: Checked, entry: dict[str, Any], value: Any, at: tuple[str, int, int]
) -> tuple[Record | None, list[Problem], bool]:
    """The question, its problems, and whether its task is known."""
    file, number, position = at
    place = f"{file}[{number}].questions[{position}]"
    task, told_by, disagreement = _task(value, file)
    if task is None:
        found = Found(place, place)
        what = (
            "whose words tell the task" if isinstance(value, dict) else f"but is {kind_of(value)}"
        )
        found.add(f"must be a question {what}, as its file name does not")
        return None, found.problems, False
    checked.numbers[task.code] += 1
    name = f"{task.code}-{checked.numbers[task.code]:04d}"
    found = Found(f"{place} {name}", name)
    if not isinstance(value, dict):
        found.add(f"must be an object, but is {kind_of(value)}")
        return None, found.problems, True
    checked.fields.update(("question", key) for key in value)
    text = read_text(found, value, "question")
    video_id, video_field = _video(found, entry)
    given = _proactive(checked, found, value) if _has_points(task) else _choice(found, value)
    extra = _extra(found, entry, value)
    if found.problems or given is None:
        return None, found.problems, True
    record = Record(
        place=found.place,
        id=name,
        task=task,
        told_by=told_by,
        disagreement=disagreement,
        file=file,
        entry=number,
        number=position,
        question=text,
        response_time=_optional_text(entry.get("response_time")),
        video_id=video_id,
        video_field=video_field,
        target_object=_optional_text(value.get("target_object")),
        first_appearance=optional_stamp(value.get("first_appearance")),
        extra=extra,
        **given,
    )
    return record, found.problems, True


def _has_points(task: TaskName) -> bool:
    return task.family == "proactive"


def _task(value: Any, file: str) -> tuple[TaskName | None, str, str]:
    """The task of a question, what told it, and what told otherwise."""
    filed = by_file(file)
    if not isinstance(value, dict):
        return filed, "file", ""
    question, kind = value.get("question"), value.get("task_type")
    spoken = by_text(question, filed) if isinstance(question, str) else None
    typed = task_of("", "", kind if isinstance(kind, str) else None)
    candidates = [("text", spoken), ("file", filed), ("task_type", typed)]
    told = [(by, task) for by, task in candidates if task is not None]
    points = "test_info" in value
    fitting = [(by, task) for by, task in told if _has_points(task) == points]
    if not told:
        return None, "", ""
    by, task = (fitting or told)[0]
    disagreement = ""
    if spoken is not None and filed is not None and spoken is not filed:
        disagreement = f"text says {spoken.paper}, file says {filed.paper}, taken: {task.paper}"
    return task, by, disagreement


def _video(found: Found, entry: dict[str, Any]) -> tuple[str, str]:
    key = next((key for key in VIDEO_FIELDS if key in entry), VIDEO_FIELDS[0])
    video_id = video_id_of(read_text(found, entry, key))
    if not video_id and not any(problem.where.endswith(f" {key}") for problem in found.problems):
        found.add("must name a file", key)
    return video_id, key


def _choice(found: Found, value: dict[str, Any]) -> dict[str, Any] | None:
    """What only questions with options have."""
    stamp = read_stamp(found, value, "time_stamp")
    options = read_options(found, value)
    key = read_key(found, value, options)
    if stamp is None or key is None:
        return None
    return {
        "stamp": stamp,
        "options": options,
        "key": key,
        "points": (),
        "points_without_type": 0,
    }


def _proactive(checked: Checked, found: Found, value: dict[str, Any]) -> dict[str, Any] | None:
    """What only proactive questions have. The evaluator does not read their ``time_stamp``.

    It asks nothing of a question without test points and scores none without a label, so such a
    question stays in the dataset and in the report's counts, and asks nothing here either.
    """
    entries = [] if value.get("test_info") == [] else read_list(found, value, "test_info")
    points, without = [], 0
    for i, entry in enumerate(entries):
        at = f"test_info[{i}]"
        if not isinstance(entry, dict):
            found.add(f"must be an object, but is {kind_of(entry)}", at)
            continue
        checked.fields.update(("test point", name) for name in entry)
        stamp = read_stamp(found, entry, "realtime", at)
        if entry.get("type") is None:
            without += 1
            continue
        label = read_label(found, entry["type"], f"{at}.type")
        if stamp is not None and label is not None:
            points.append(Point(stamp, label))
    return {
        "stamp": optional_stamp(value.get("time_stamp")) or Stamp("", 0.0, "absent"),
        "options": (),
        "key": None,
        "points": tuple(points),
        "points_without_type": without,
    }


def _optional_text(value: Any) -> str | None:
    if value is None:
        return None
    return value if isinstance(value, str) and is_text(value) else json.dumps(value, sort_keys=True)


def _extra(found: Found, entry: dict[str, Any], value: dict[str, Any]) -> str:
    """Everything that has no column of its own."""
    extra: dict[str, Any] = {
        "entry": _without(entry, ENTRY_FIELDS),
        "question": _without(value, QUESTION_FIELDS),
    }
    points = value.get("test_info")
    more = [_without(point, POINT_FIELDS) for point in _dicts(points)]
    if any(more):
        extra["test_info"] = more
    video = next((entry[key] for key in VIDEO_FIELDS if key in entry), None)
    if video != f"{video_id_of(str(video))}.mp4":
        extra["entry"]["video_path"] = video
    if value.get("first_appearance") and optional_stamp(value["first_appearance"]) is None:
        extra["question"]["first_appearance"] = value["first_appearance"]
    try:
        return json.dumps({key: item for key, item in extra.items() if item}, sort_keys=True)
    except RecursionError:
        found.add("nests too deeply", "unknown fields")
        return "{}"


def _without(value: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {key: item for key, item in value.items() if key not in names}


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
