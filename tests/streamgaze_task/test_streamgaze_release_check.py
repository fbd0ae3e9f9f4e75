from __future__ import annotations

import copy
import json
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamgaze_task.release.check import check_documents
from streamgaze_task.release.records import duplicates

tiny = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "tiny_streamgaze.py")))

OIE = "present_object_identification_easy"
GTA = "proactive_gaze_triggered_alert"


def _checked(question, file=OIE, **entry):
    """One question in one file."""
    return check_documents({f"{file}.json": [tiny.entry("a", question, **entry)]})


def _record(question, file=OIE, **entry):
    checked = _checked(question, file, **entry)
    assert [str(problem) for problem in checked.problems] == []
    (record,) = checked.records
    return record


def _problems(question, file=OIE, **entry):
    checked = _checked(question, file, **entry)
    assert checked.records == []
    return [str(problem) for problem in checked.problems]


def test_an_entry_may_have_any_number_of_questions():
    """The generator writes one, the evaluator takes all; none is legal too."""
    questions = [tiny.question(OIE, i) for i in range(3)]
    document = [tiny.entry("a", *questions), tiny.entry("b"), tiny.entry("c", questions[0])]
    checked = check_documents({f"{OIE}.json": document})
    assert [(record.entry, record.number) for record in checked.records] == [
        (0, 0), (0, 1), (0, 2), (2, 0),
    ]  # fmt: skip
    assert checked.empty_entries == 1
    assert checked.problems == []


@pytest.mark.parametrize("path", ["", "/", ".mp4", 3, None])
def test_an_entry_without_a_video_is_refused(path):
    """The place names the field."""
    (problem,) = _problems(tiny.question(OIE), video_path=path)
    assert problem.startswith(f"{OIE}.json[0].questions[0] oie-0001 video_path: must ")


def test_an_entry_without_any_video_field_is_refused():
    """The usual field is the one that is missing."""
    entry = tiny.entry("a", tiny.question(OIE))
    del entry["video_path"]
    (problem,) = check_documents({f"{OIE}.json": [entry]}).problems
    assert str(problem).endswith("oie-0001 video_path: is missing; the evaluation needs it")


@pytest.mark.parametrize(
    ("stamp", "seconds", "spelling"),
    [
        ("04:36", 276.0, "MM:SS"),
        ("75:10", 4510.0, "MM:SS"),
        ("01:02:03", 3723.0, "HH:MM:SS"),
        ("03:36.5", 216.5, "MM:SS.s"),
        ("42", 42.0, "seconds"),
        ("42.5", 42.5, "seconds.s"),
        (276, 276.0, "number"),
        (276.5, 276.5, "number"),
    ],
)
def test_time_stamps_come_in_several_spellings(stamp, seconds, spelling):
    """Each is counted by what it looks like and kept as it was."""
    record = _record(tiny.question(OIE, time_stamp=stamp))
    assert (record.stamp.seconds, record.stamp.spelling) == (seconds, spelling)
    assert record.stamp.text == str(stamp)


@pytest.mark.parametrize("stamp", ["soon", "", "1:2:3:4", -1, True, None, [], 1e300, float("nan")])
def test_what_is_no_time_stamp_is_refused_with_its_place(stamp):
    """The message says what it must be."""
    (problem,) = _problems(tiny.question(OIE, time_stamp=stamp))
    assert problem.startswith(f"{OIE}.json[0].questions[0] oie-0001 time_stamp: must be a time")


@pytest.mark.parametrize(
    ("answer", "options", "letter", "spelling"),
    [
        ("C", ["A. x", "B. y", "C. z"], "C", "letter"),
        ("c", ["A. x", "B. y", "C. z"], "C", "letter"),
        ("C.", ["A. x", "B. y", "C. z"], "C", "letter"),
        ("(C)", ["A. x", "B. y", "C. z"], "C", "letter"),
        ("C. knife", ["A. x", "B. y", "C. knife"], "C", "letter and text"),
        ("C: Knife ", ["A. x", "B. y", "C. knife"], "C", "letter and text"),
        ("B. knife", ["A. x", "B. y", "C. knife"], "B", "letter and other text"),
        ("a red  knife", ["A. a pan", "B. A red knife"], "B", "text"),
        ("B. y", ["x", "y"], "B", "letter and text"),
        ("y", ["x", "y"], "B", "text"),
        ("B", ["x", "y"], "B", "letter"),
        ("A", ["B. x", "A. y"], "A", "letter"),
        ("y", ["B. x", "A. y"], "A", "text"),
        ("J", [f"{letter}. x" for letter in "ABCDEFGHIJ"], "J", "letter"),
        ("E", ["v", "w", "x", "y", "z"], "E", "letter"),
    ],
)
def test_a_key_names_an_option_by_letter_or_text(answer, options, letter, spelling):
    """A letter in front wins, as in the authors' scorer; else the exact text."""
    record = _record(tiny.question(OIE, answer=answer, options=options))
    assert (record.key.letter, record.key.spelling, record.key.released) == (
        letter, spelling, answer,
    )  # fmt: skip
    assert record.options == tuple(options)


@pytest.mark.parametrize(
    ("answer", "options"),
    [
        ("D", ["A. x", "B. y", "C. z"]),
        ("kni", ["A. knife", "B. pan"]),
        ("knife", ["A. knife", "B. knife"]),
        ("A pot", ["x", "y"]),
        ("F. x", ["x", "y"]),
    ],
)
def test_a_key_that_names_no_option_is_refused(answer, options):
    """Neither a letter of theirs nor one text."""
    (problem,) = _problems(tiny.question(OIE, answer=answer, options=options))
    assert "oie-0001 answer: must name one of the options A to " in problem
    assert problem.endswith(repr(answer))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["A. x"], "options: must be 2 to 10, but are 1"),
        ([f"{i}" for i in range(11)], "options: must be 2 to 10, but are 11"),
        ([], "options: must have at least one entry"),
        ("A. x B. y", "options: must be a list, but is a text"),
        (["A. x", 3], "options[1]: must be a text, but is a number"),
        (["A. x", " "], "options[1]: must not be empty"),
        (["A. x", "A. y"], "options: must have the letters from A on, but have A, A"),
        (["B. x", "C. y"], "options: must have the letters from A on, but have B, C"),
        (["A. x", "\ud800"], "options[1]: must be valid Unicode"),
    ],
)
def test_options_that_cannot_be_asked_are_refused(options, message):
    """Two to ten texts."""
    (problem,) = _problems(tiny.question(OIE, options=options))
    assert f"oie-0001 {message}" in problem


def test_options_by_letter_are_a_list():
    """An object from A on says the same."""
    record = _record(tiny.question(OIE, options={"A": "x", "B": "y"}, answer="B"))
    assert record.options == ("A. x", "B. y")


@pytest.mark.parametrize("field", ["question", "time_stamp", "options", "answer"])
def test_what_the_evaluator_needs_must_be_there(field):
    """Each missing field has its own message."""
    question = tiny.question(OIE)
    del question[field]
    assert f"{OIE}.json[0].questions[0] oie-0001 {field}: is missing; the evaluation needs it" in (
        _problems(question)
    )


@pytest.mark.parametrize("field", ["task_type", "required_ability"])
def test_what_it_does_not_read_may_be_missing(field):
    """Nobody is turned away for it."""
    question = tiny.question(OIE)
    del question[field]
    entry = tiny.entry("a", question)
    del entry["response_time"], entry["video_categories"]
    (record,) = check_documents({f"{OIE}.json": [entry]}).records
    assert record.response_time is None


def test_unknown_fields_are_kept_and_counted():
    """As JSON with sorted keys; those that nobody documents are told."""
    question = tiny.question(OIE, object="cup", zebra=[1, {"b": 2, "a": None}])
    checked = _checked(question, new="x", video_path="/long/way/a.mp4")
    (record,) = checked.records
    assert json.loads(record.extra) == {
        "entry": {"video_categories": "EGTEA", "new": "x", "video_path": "/long/way/a.mp4"},
        "question": {
            "object": "cup",
            "required_ability": "object_grounding",
            "task_type": "Object_Identification",
            "zebra": [1, {"a": None, "b": 2}],
        },
    }
    assert checked.undocumented == {("entry", "new"): 1, ("question", "zebra"): 1}


def test_fields_that_nest_too_deeply_are_refused():
    """JSON can nest deeper than Python writes."""
    deep = []
    for _ in range(100_000):
        deep = [deep]
    (problem,) = _problems(tiny.question(OIE, deep=deep))
    assert "unknown fields: nests too deeply" in problem


def test_a_proactive_question_has_its_points():
    """Both readings of the label, and no letter."""
    record = _record(tiny.alert(), GTA)
    assert record.task.code == "gta"
    assert (record.key, record.options) == (None, ())
    points = [(p.stamp.text, p.label, record.already_seen(p)) for p in record.points]
    assert points == [("00:04", 0, 0), ("00:10", 1, 1), ("00:18", 0, 1)]
    assert record.target_object == "plate"
    assert json.loads(record.extra)["test_info"][1] == {"input_video_clip": [0, 10]}


@pytest.mark.parametrize(
    ("value", "label"),
    [(0, 0), (1, 1), ("0", 0), ("1", 1), (True, 1), (False, 0), (1.0, 1), (" 1 ", 1)],
)
def test_a_label_is_zero_or_one_in_any_spelling(value, label):
    """Numbers, texts and truth values."""
    alert = tiny.alert(test_info=[{"realtime": "00:04", "type": value}])
    assert [point.label for point in _record(alert, GTA).points] == [label]


@pytest.mark.parametrize("value", [2, -1, "yes", [], {}, 0.5, float("nan")])
def test_any_other_label_is_refused(value):
    """The scorer would take all of them for 0."""
    alert = tiny.alert(test_info=[{"realtime": "00:04", "type": value}])
    (problem,) = _problems(alert, GTA)
    assert "gta-0001 test_info[0].type: must be 0 or 1, but is " in problem


def test_a_point_without_a_label_is_left_out_and_counted():
    """Nobody scores it."""
    points = [
        {"realtime": "00:04"},
        {"realtime": "00:05", "type": None},
        *tiny.alert()["test_info"],
    ]
    record = _record(tiny.alert(test_info=points), GTA)
    assert (len(record.points), record.points_without_type) == (3, 2)


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (None, "test_info: must be a list, but is null"),
        ([{"type": 1}], "test_info[0].realtime: is missing; the evaluation needs it"),
        ([{"type": 1, "realtime": "soon"}], "test_info[0].realtime: must be a time stamp"),
        (["00:04"], "test_info[0]: must be an object, but is a text"),
        ({"realtime": "00:04", "type": 1}, "test_info: must be a list, but is an object"),
    ],
)
def test_points_that_cannot_be_asked_are_refused(points, message):
    """With their place in the question."""
    problems = _problems(tiny.alert(test_info=points), GTA)
    assert any(f"gta-0001 {message}" in problem for problem in problems)


@pytest.mark.parametrize("points", [[], [{"realtime": "00:04"}]])
def test_a_question_without_scored_points_is_kept_and_asks_nothing(points):
    """As the authors' evaluator, which skips it, and their scorer, which counts nothing of it."""
    record = _record(tiny.alert(test_info=points), GTA)
    assert (record.points, record.points_without_type) == ((), len(points))


@pytest.mark.parametrize("field", ["time_stamp", "first_appearance", "target_object"])
def test_a_proactive_question_needs_only_its_points(field):
    """The evaluator prints the others and uses none."""
    alert = tiny.alert()
    del alert[field]
    record = _record(alert, GTA)
    if field == "first_appearance":
        assert record.already_seen(record.points[0]) is None
    if field == "time_stamp":
        assert (record.stamp.text, record.stamp.seconds) == ("", 0.0)


def test_a_first_appearance_that_is_no_time_is_kept_aside():
    """It is unknown then, not wrong."""
    record = _record(tiny.alert(first_appearance="never"), GTA)
    assert record.first_appearance is None
    assert json.loads(record.extra)["question"]["first_appearance"] == "never"


def test_the_words_of_a_question_tell_its_task():
    """Where the file says otherwise, the disagreement is told."""
    file = "past_object_transition_prediction"
    question = tiny.question("past_gaze_sequence_matching")
    record = _record(question, file)
    assert (record.task.code, record.told_by, record.id) == ("gsm", "text", "gsm-0001")
    assert record.disagreement == "text says GSM, file says OTP, taken: GSM"


def test_what_a_question_has_outweighs_its_words():
    """Options and no test points: it is none of the proactive tasks, whatever it says."""
    words = tiny.alert()["question"]
    record = _record(tiny.question(OIE, question=words))
    assert (record.task.code, record.told_by) == ("oie", "file")
    assert record.disagreement == "text says GTA, file says OI-E, taken: OI-E"
    record = _record(tiny.alert(question="Which object did the user never gaze at?"), GTA)
    assert (record.task.code, record.told_by) == ("gta", "file")


def test_words_that_tell_nothing_leave_it_to_the_file():
    """Nothing disagrees then."""
    record = _record(tiny.question(OIE, question="Hm?"))
    assert (record.task.code, record.told_by, record.disagreement) == ("oie", "file", "")


@pytest.mark.parametrize(
    ("document", "where"),
    [
        ({}, f"{OIE}.json"),
        ("x", f"{OIE}.json"),
        ([3], f"{OIE}.json[0]"),
        ([{}], f"{OIE}.json[0] questions"),
        ([{"questions": {}}], f"{OIE}.json[0] questions"),
        ([{"questions": [3]}], f"{OIE}.json[0].questions[0] oie-0001"),
        ([{"questions": [{}]}], f"{OIE}.json[0].questions[0] oie-0001 question"),
    ],
)
def test_any_json_value_is_told_with_its_place(document, where):
    """Nothing crashes on it."""
    checked = check_documents({f"{OIE}.json": document})
    assert checked.records == []
    assert checked.problems[0].where == where


def test_a_broken_question_keeps_its_number():
    """So that the others have the same id with and without it."""
    document = tiny.qa()["past_object_transition_prediction"]
    whole = check_documents({"past_object_transition_prediction.json": document})
    broken = copy.deepcopy(document)
    del broken[0]["questions"][0]["answer"]
    checked = check_documents({"past_object_transition_prediction.json": broken})
    assert [r.id for r in whole.records] == ["otp-0001", "otp-0002"]
    assert [r.id for r in checked.records] == ["otp-0002"]


def test_identical_questions_are_found_and_kept():
    """The denominator is the release's."""
    document = [tiny.entry("a", tiny.question(OIE), tiny.question(OIE)), tiny.entry("b")]
    records = check_documents({f"{OIE}.json": document}).records
    assert [(a.id, b.id) for a, b in duplicates(records)] == [("oie-0001", "oie-0002")]


_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 80) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)


@given(st.data())
def test_any_value_in_any_field_is_a_record_or_a_problem(data):
    """Never an error, and never both."""
    question = data.draw(st.sampled_from([tiny.question(OIE), tiny.alert()]))
    entry = tiny.entry("a", copy.deepcopy(question))
    target = data.draw(st.sampled_from([entry, entry["questions"][0]]))
    target[data.draw(st.sampled_from(sorted(target)))] = data.draw(_values)
    name = data.draw(st.sampled_from([OIE, GTA, "new"]))
    checked = check_documents({f"{name}.json": [entry]})
    broken = {problem.sample for problem in checked.problems}
    assert not broken & {record.id for record in checked.records}
    assert all(str(problem) for problem in checked.problems)
