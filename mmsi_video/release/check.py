"""The authors' records, checked: JSON in, records and problems out, no file touched.

Strict about what the official loader relies on, and about nothing else: nobody should be turned
away for a field that no evaluation reads. Every problem is reported with its place; a record with
a problem is left out, whatever JSON value it is.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from mmsi_video import categories
from sightline.choices import LETTERS, options_in_text
from sightline.errors import Problem
from sightline.fields import (
    Found,
    is_text,
    kind_of,
    read_list,
    read_number,
    read_path,
    read_paths,
    read_text,
    shown,
)

VIDEO_MARK, IMAGE_MARK = "<video>", "<image>"
PROMPT_FIELDS = ("system_prompt", "task_prompt", "user_prompt", "format_prompt")
"""The four pieces of a prompt, in the order in which the official loader joins them."""
_FIELDS = {
    *("id", "type", "video_list", "frames_list", "ref_images", "ori_question", "ground_truth"),
    *(*PROMPT_FIELDS, "options", "hint"),
}
_LONGEST_ID = 100
_VIDEO_FIELDS = {"path", "start", "end", "base_fps"}


@dataclass(frozen=True)
class Video:
    """One entry of ``video_list`` with its entry of ``frames_list``."""

    path: str
    """The mp4, relative to ``videos/``."""
    start: float
    """Capture time of the first frame in the original recording, seconds."""
    end: float
    """Capture time of the last frame in the original recording, seconds."""
    base_fps: float
    """Rate of the released frames, 1/s."""
    frames: tuple[str, ...]
    """The released frames in time order, relative to ``frames/``; at least one."""


@dataclass(frozen=True)
class Record:
    """One question of ``mmsivideo.json`` that keeps its promises."""

    place: str
    """Where it stands: ``mmsivideo.json[3] question_0003``."""
    id: str
    """Its id, unique in the release."""
    type: str
    """One of the 13 type strings, as :mod:`mmsi_video.categories` spells it."""
    question: str
    """``ori_question``: question and options, with `<image>` marks."""
    options: tuple[str, ...]
    """In order of their letters, 2 to 10."""
    options_from_text: bool
    """True when the release gave no options and they were read from the question."""
    ground_truth: str
    """The gold letter, one of the options."""
    hint: str | None
    """The annotator's rationale, which gives the answer away."""
    prompts: dict[str, str]
    """The four prompt pieces by field name."""
    videos: tuple[Video, ...]
    """One per `<video>` mark."""
    ref_images: tuple[str, ...]
    """One per `<image>` mark, relative to ``ref_images/``."""
    extra: str
    """Fields that we do not know, as a JSON object with sorted keys."""


def check_records(document: Any, *, file: str) -> tuple[list[Record], list[Problem]]:
    """Check everything that stands in the annotation file by itself.

    Args:
        document: the value of the JSON file; any JSON value is allowed.
        file: its name, for the places.

    Returns:
        The records without a problem, in order, and all problems of the others.
    """
    if not isinstance(document, list):
        return [], [Problem(file, f"must be a list of questions, but is {kind_of(document)}")]
    if not document:
        return [], [Problem(file, "must have questions, but the list is empty")]
    records: list[Record] = []
    problems: list[Problem] = []
    places: dict[str, str] = {}
    for i, value in enumerate(document):
        record, found = _check_record(value, f"{file}[{i}]")
        if found.sample is not None and found.sample in places:
            found.add(f"must be unique, but stands in {places[found.sample]} too", "id")
        elif found.sample is not None:
            places[found.sample] = found.place
        problems += found.problems
        if record is not None and not found.problems:
            records.append(record)
    repeated = {problem.sample for problem in problems}
    return [record for record in records if record.id not in repeated], problems


def _check_record(value: Any, place: str) -> tuple[Record | None, Found]:
    if not isinstance(value, dict):
        # A sample of its own: it has no name, but it alone is broken by it.
        found = Found(place, place)
        found.add(f"must be an object, but is {kind_of(value)}")
        return None, found
    name = _usable_id(value)
    found = Found(f"{place} {name[:_LONGEST_ID]}" if name else place, name or place)
    read_text(found, value, "id")
    if len(name) > _LONGEST_ID:
        found.add(f"must have at most {_LONGEST_ID} characters, but has {len(name)}", "id")
    texts = {key: read_text(found, value, key, empty=True) for key in PROMPT_FIELDS}
    question = read_text(found, value, "ori_question")
    kind = _type(found, value)
    videos = _videos(found, value)
    images = _ref_images(found, value)
    options, from_text = _options(found, value, [question, texts["user_prompt"]])
    answer = _answer(found, value, options)
    if not found.problems:
        _marks(found, question, texts, videos=len(videos), images=len(images))
    extra = _extra(found, value, keep_options=from_text)
    if found.problems:
        return None, found
    record = Record(
        place=found.place,
        id=name,
        type=kind,
        question=question,
        options=tuple(options),
        options_from_text=from_text,
        ground_truth=answer,
        hint=_hint(value.get("hint")),
        prompts=texts,
        videos=tuple(videos),
        ref_images=tuple(images),
        extra=extra,
    )
    return record, found


def _usable_id(value: dict[str, Any]) -> str:
    name = value.get("id")
    return name if isinstance(name, str) and name.strip() and is_text(name) else ""


def _type(found: Found, value: dict[str, Any]) -> str:
    before = len(found.problems)
    name = read_text(found, value, "type")
    try:
        return categories.question_type(name).name
    except KeyError:
        if len(found.problems) == before:
            known = "one of the 13 types"
            found.add(f"must be {known}, but is {shown(name)}", "type")
    return ""


def _videos(found: Found, value: dict[str, Any]) -> list[Video]:
    entries, frames = read_list(found, value, "video_list"), read_list(found, value, "frames_list")
    if entries and frames and len(entries) != len(frames):
        found.add(
            f"must have one list per video, but has {len(frames)} for {len(entries)} videos",
            "frames_list",
        )
    paths = [_frame_paths(found, item, f"frames_list[{i}]") for i, item in enumerate(frames)]
    # The official loader reads the rate of the first video only, for all of a question's.
    rate = entries[0].get("base_fps") if entries and isinstance(entries[0], dict) else None
    videos = [
        _video(found, {"base_fps": rate, **entry} if isinstance(entry, dict) else entry, i)
        for i, entry in enumerate(entries)
    ]
    return [
        Video(**fields, frames=tuple(names))
        for fields, names in zip(videos, paths, strict=False)
        if fields
    ]


def _video(found: Found, entry: Any, index: int) -> dict[str, Any]:
    """One entry; what its numbers mean is not checked: the loader only calculates with them."""
    at = f"video_list[{index}]"
    if not isinstance(entry, dict):
        found.add(f"must be an object, but is {kind_of(entry)}", at)
        return {}
    path = read_path(found, entry.get("path"), f"{at}.path")
    start, end, fps = (read_number(found, entry, key, at) for key in ("start", "end", "base_fps"))
    return {"path": path, "start": start, "end": end, "base_fps": fps}


def _ref_images(found: Found, value: dict[str, Any]) -> list[str]:
    if "ref_images" not in value:
        found.add("is missing; the evaluation needs it", "ref_images")
        return []
    return read_paths(found, value["ref_images"], "ref_images")


def _frame_paths(found: Found, value: Any, at: str) -> list[str]:
    paths = read_paths(found, value, at)
    if value == []:
        found.add("must have at least one frame, but is empty", at)
    return paths


def _options(found: Found, value: dict[str, Any], texts: list[str]) -> tuple[list[str], bool]:
    """The options, and whether they come from the text: the loader reads none of its own."""
    given = value.get("options")
    if isinstance(given, dict) and len(given) > 1 and [*given] == [*LETTERS[: len(given)]]:
        # {"A": "left", "B": "right"} says the same as ["A. left", "B. right"].
        given = [f"{letter}. {text}" for letter, text in given.items()]
    if isinstance(given, list) and given and all(isinstance(item, str) for item in given):
        options, from_text = [str(item) for item in given], False
    else:
        options = next((read for text in texts if (read := options_in_text(text))), [])
        from_text = True
    if not 1 < len(options) <= len(LETTERS):
        found.add(
            f"must be 2 to {len(LETTERS)}, given or written in the question as `A. ...`, "
            f"but {len(options)} were found",
            "options",
        )
    elif not all(is_text(option) for option in options):
        found.add("must be valid Unicode, but has half a surrogate pair", "options")
    return options, from_text


def _answer(found: Found, value: dict[str, Any], options: list[str]) -> str:
    before = len(found.problems)
    answer = read_text(found, value, "ground_truth")
    letters = LETTERS[: len(options)]
    if len(found.problems) == before and letters and (len(answer) != 1 or answer not in letters):
        found.add(f"must be one letter of {letters}, but is {shown(answer)}", "ground_truth")
    return answer


def _marks(found: Found, question: str, texts: dict[str, str], *, videos: int, images: int) -> None:
    prompt = "".join(texts[key] for key in PROMPT_FIELDS)
    checks = (
        ("the four prompts", prompt, VIDEO_MARK, videos, "video_list"),
        ("the four prompts", prompt, IMAGE_MARK, images, "ref_images"),
        ("ori_question", question, IMAGE_MARK, images, "ref_images"),
    )
    for name, text, mark, wanted, key in checks:
        count = text.count(mark)
        if count != wanted:
            found.add(
                f"must have one {mark} for each of the {wanted} in {key}, but has {count}", name
            )


def _hint(value: Any) -> str | None:
    if value is None or (isinstance(value, str) and is_text(value)):
        return value
    return json.dumps(value, sort_keys=True)


def _extra(found: Found, value: dict[str, Any], *, keep_options: bool) -> str:
    extra = {key: item for key, item in value.items() if key not in _FIELDS}
    if keep_options and value.get("options"):
        extra["options"] = value["options"]
    entries = value.get("video_list")
    more = [
        {key: item for key, item in entry.items() if key not in _VIDEO_FIELDS}
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, dict)
    ]
    if any(more):
        extra["video_list"] = more
    try:
        return json.dumps(extra, sort_keys=True)
    except RecursionError:
        found.add("nests too deeply", "unknown fields")
        return "{}"
