"""One vocabulary for the ten tasks, and how the other two are read."""

from __future__ import annotations

import pytest

from streamgaze_task import task_names
from streamgaze_task.task_names import BY_CODE, TASKS, by_file, by_text, task_of

WORDS = {
    "nfi": ["Among {box, jar, knife, pan}, which did the user never gaze at?"],
    "otp": ["What object does the user gaze at next after looking at the {box, jar}?"],
    "gsm": ["Which transition best matches the user's gaze pattern?"],
    "sr": ["When the user was gazing at the {cup}, which background object was NOT visible?"],
    "oie": ["What is this?", "Which object is the user currently gazing at?"],
    "oar": [
        "What color is this object?",
        "What material is this object made of?",
        "What shape does this object have?",
        "What is the texture of this object?",
        "What is this object typically used for?",
    ],
    "fap": [
        "Based on the recent fixation pattern (a \u2192 b), what action will the user do next?"
    ],
    "gta": ["Monitor my gaze and alert me when I gaze on the <plate>."],
    "oaa": ["Watch the scene and alert me when the <plate> first appears."],
}


def test_there_are_ten_tasks_in_three_families():
    """Four past, four present, two proactive, with ten codes, abbreviations and files."""
    families = [task.family for task in TASKS]
    assert [families.count(name) for name in task_names.FAMILIES] == [4, 4, 2]
    for names in zip(*((t.code, t.paper, t.file) for t in TASKS), strict=True):
        assert len(set(names)) == 10
    assert sum(task.counted for task in TASKS) == 8473


@pytest.mark.parametrize(("code", "text"), [(c, text) for c, ts in WORDS.items() for text in ts])
def test_the_known_wordings_are_recognised(code, text):
    """The pipeline's sentences and the paper's, whatever file they stand in."""
    wrong = BY_CODE["oie"]
    found = by_text(text, wrong)
    assert found is not None
    assert found.code == code


def test_easy_and_hard_are_told_by_the_file():
    """Both ask the same question; only the file knows, and another file says nothing."""
    text = "Which object is the user currently gazing at?"
    assert by_text(text, BY_CODE["oih"]) is BY_CODE["oih"]
    assert by_text(text, BY_CODE["nfi"]) is None
    assert by_text(text, None) is None


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.code)
def test_a_released_file_name_tells_its_task(task):
    """With folder, suffix or as a result file."""
    for name in (task.file, f"qa/{task.file}.json", f"results/{task.file}_output.json"):
        assert by_file(name) is task


def test_the_pipelines_file_names_tell_their_task():
    """``{dataset}_..._tasks.json``, filtered or not; easy is no prefix of hard."""
    assert by_file("egtea_present_ident_tasks_hard_filtered.json") is BY_CODE["oih"]
    assert by_file("holoassist_present_ident_tasks.json") is BY_CODE["oie"]
    assert by_file("ego4d_past_next_after_group_tasks.json") is BY_CODE["otp"]
    assert by_file("something_else.json") is None


def test_the_words_win_over_the_file():
    """Two of the authors' scripts swap the names of these files."""
    words = WORDS["otp"][0]
    assert task_of(words, "past_gaze_sequence_matching.json") is BY_CODE["otp"]


def test_a_file_or_a_type_decides_where_words_do_not():
    """The type alone cannot tell easy from hard."""
    assert task_of("?", "past_scene_recall.json") is BY_CODE["sr"]
    assert task_of("?", "new.json", "Object_Attribute") is BY_CODE["oar"]
    assert task_of("?", "new.json", "Object_Identification") is None
    assert task_of("?", "new.json") is None
