from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmsi_video.release.check import check_records
from sightline.errors import Problem

tiny = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "tiny_release.py")))


def _problems(**changes):
    """The problems of one record with some fields changed; `...` removes a field."""
    record = tiny.record(1) | changes
    record = {key: value for key, value in record.items() if value is not ...}
    records, problems = check_records([record], file="mmsivideo.json")
    assert bool(records) != bool(problems)
    return [str(problem) for problem in problems]


def _video(**changes):
    return [tiny.record(1)["video_list"][0] | changes]


_MARKS = "must have one {} for each of the 1 in {}, but has {}"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"user_prompt": ...}, "user_prompt: is missing; the evaluation needs it"),
        ({"user_prompt": 3}, "user_prompt: must be a text, but is a number"),
        ({"system_prompt": None}, "system_prompt: must be a text, but is null"),
        ({"format_prompt": "\ud800"}, "format_prompt: must be valid Unicode, but has half a"),
        ({"type": "Juggling"}, "type: must be one of the 13 types, but is 'Juggling'"),
        ({"type": ...}, "type: is missing; the evaluation needs it"),
        ({"ori_question": ""}, "ori_question: must not be empty"),
        ({"ref_images": ...}, "ref_images: is missing; the evaluation needs it"),
        ({"ref_images": None}, "ref_images: must be a list of paths, but is null"),
        ({"ref_images": ["../x"]}, "ref_images[0]: must be a path inside the archive: path '../x'"),
        ({"video_list": []}, "video_list: must have at least one entry, but is empty"),
        ({"video_list": [7]}, "video_list[0]: must be an object, but is a number"),
        ({"video_list": _video(path=None)}, "video_list[0].path: must be a path, but is null"),
        ({"video_list": _video(end="x")}, "video_list[0].end: must be a number, but is a text"),
        ({"video_list": _video(end=True)}, "video_list[0].end: must be a number, but is true or"),
        ({"video_list": _video(end=10**400)}, "video_list[0].end: must be a finite number"),
        ({"frames_list": [["a"], ["b"]]}, "frames_list: must have one list per video, but has 2"),
        ({"frames_list": [[]]}, "frames_list[0]: must have at least one frame, but is empty"),
        ({"frames_list": [["a", 1]]}, "frames_list[0][1]: must be a path, but is a number"),
        ({"frames_list": "x"}, "frames_list: must be a list, but is a text"),
        ({"ground_truth": "E"}, "ground_truth: must be one letter of ABCD, but is 'E'"),
        ({"ground_truth": "b"}, "ground_truth: must be one letter of ABCD, but is 'b'"),
        ({"ground_truth": "AB"}, "ground_truth: must be one letter of ABCD, but is 'AB'"),
        ({"options": ["only one"]}, "options: must be 2 to 10, given or written in the question"),
        ({"task_prompt": "<video>" * 2}, _MARKS.format("<video>", "video_list", 2)),
        ({"task_prompt": ""}, _MARKS.format("<video>", "video_list", 0)),
        ({"user_prompt": "no mark"}, _MARKS.format("<image>", "ref_images", 0)),
        ({"ori_question": "no mark A. a B. b"}, _MARKS.format("<image>", "ref_images", 0)),
        ({"id": 5}, "id: must be a text, but is a number"),
        ({"id": "q" * 101}, "id: must have at most 100 characters, but has 101"),
    ],
)
def test_a_record_that_cannot_be_evaluated_is_told_with_its_place(changes, problem):
    """Place, what was expected, what came."""
    found = " | ".join(_problems(**changes))
    assert found.startswith("mmsivideo.json[0] ")
    assert problem in found


@pytest.mark.parametrize(
    "changes",
    [
        {"hint": ...},
        {"hint": ["a", "list"]},
        {"options": ...},
        {"options": {"A": "left"}},
        {"options": None},
        {"anything": {"else": [1]}},
        {"type": "(Cross-Video) Memory Update"},
        {"system_prompt": ""},
        {"video_list": _video(start=7.5, frames=100)},
        {"video_list": _video(start=9)},
        {"video_list": _video(base_fps=0)},
    ],
)
def test_what_no_evaluation_reads_may_be_anything(changes):
    """Nobody is turned away for a field that the official loader does not rely on."""
    assert _problems(**changes) == []


@pytest.mark.parametrize("document", [None, {}, "x", 3, []])
def test_annotations_that_are_no_list_of_questions_are_one_problem(document):
    """It concerns the release as a whole."""
    records, problems = check_records(document, file="mmsivideo.json")
    assert records == []
    assert [problem.sample for problem in problems] == [None]
    assert "mmsivideo.json: must " in str(problems[0])


def test_an_id_that_stands_twice_breaks_both_records():
    """Which of the two was meant?"""
    document = [tiny.record(0), tiny.record(1), tiny.record(0)]
    records, problems = check_records(document, file="m.json")
    assert [record.id for record in records] == ["question_0001"]
    assert [str(problem) for problem in problems] == [
        "m.json[2] question_0000 id: must be unique, but stands in m.json[0] question_0000 too"
    ]


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(), max_size=20)
    | st.sampled_from(["<video>", "<image>", "A", "Planning", "../x", "A. a B. b"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from([*tiny.record(0), "path", "start", "end", "base_fps", "x"]), inner
        )
    ),
    max_leaves=12,
)


@settings(max_examples=300)
@given(document=_json, changes=st.dictionaries(st.sampled_from([*tiny.record(1)]), _json))
def test_any_json_value_gives_records_and_problems_and_no_other_error(document, changes):
    """Whatever stands in a field, the checker answers."""
    for value in (document, [document], [tiny.record(1) | changes]):
        records, problems = check_records(value, file="mmsivideo.json")
        assert all(isinstance(problem, Problem) for problem in problems)
        assert not {record.id for record in records} & {problem.sample for problem in problems}
        if not problems:
            assert records


def test_the_rate_of_a_question_is_that_of_its_first_video():
    """The official loader reads it there only, so the second video may say none."""
    record = tiny.record(1)
    second = {key: value for key, value in record["video_list"][0].items() if key != "base_fps"}
    record["video_list"] = [*record["video_list"], second]
    record["frames_list"] = [*record["frames_list"], record["frames_list"][0]]
    record["user_prompt"] = "<video>" + record["user_prompt"]
    (checked,), problems = check_records([record], file="mmsivideo.json")
    assert problems == []
    assert [video.base_fps for video in checked.videos] == [record["video_list"][0]["base_fps"]] * 2


def test_options_may_be_given_by_letter():
    """An object of letters says the same as a list."""
    options = {"A": "left", "B": "right"}
    record = tiny.record(1) | {"options": options, "ground_truth": "B"}
    (checked,), problems = check_records([record], file="mmsivideo.json")
    assert problems == []
    assert (checked.options, checked.options_from_text) == (("A. left", "B. right"), False)
