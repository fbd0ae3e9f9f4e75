"""Decisions: read with suspicion, applied to what was seen alone, never in the way of a run."""

from __future__ import annotations

import json
import runpy
import types
from dataclasses import replace
from pathlib import Path

import pytest

from sightline.errors import UsageError
from streamgaze_task.pipeline import lines
from streamgaze_task.pipeline.records import Judged, LabelledFixation, SeenObject
from streamgaze_task.pipeline.review.applying import CHANGED, GONE, LONGEST_NOTE, REJECTED
from streamgaze_task.pipeline.review.decisions import (
    Decision,
    Decisions,
    apply_to_labels,
    apply_to_questions,
    merge,
    not_applied,
    read_decisions,
    write_decisions,
)
from streamgaze_task.pipeline.review.rows import seen_digest

_files = Path(__file__).with_name("test_review_page_files.py")
made = types.SimpleNamespace(**runpy.run_path(str(_files)))

CUP = made.fixation(0)
ASKED = made.question(0, "r")
ALERT = made.alert("r")
AT = "2026-11-21T10:00:00.000Z"


def entry(record=CUP, verdict: str = "accept", **fields) -> dict:
    """One decision as the page exports it."""
    kind = "question" if isinstance(record, Judged) else "fixation"
    identity = record.question.id if kind == "question" else record.number
    given = {"kind": kind, "recording_id": "r", "id": identity, "seen": seen_digest(record)}
    rest = {"verdict": verdict, "edits": {}, "note": "", "at": AT}
    return {**given, **rest, **fields}


def written(folder: Path, *entries: dict, **fields) -> Path:
    """A file of decisions."""
    top = {"schema_version": 1, "name": "n", "data": "a" * 64, "reviewer": "Ada"}
    path = folder / "decisions.json"
    path.write_text(json.dumps({**top, "decisions": list(entries), **fields}), encoding="utf-8")
    return path


def said(record, verdict: str, **fields) -> Decisions:
    """One decision."""
    return Decisions("n", "", "Ada", (Decision(**entry(record, verdict, **fields)),))


def test_a_file_is_read_as_it_was_written(tmp_path):
    """All fields, and the reviewer of the file on each decision."""
    edit = entry(ASKED, "edit", edits={"text": "What?", "wrong": ["a", "b", "c"]}, note="hm")
    found = read_decisions(written(tmp_path, entry(), edit))
    assert (found.name, found.data, found.reviewer) == ("n", "a" * 64, "Ada")
    assert [one.reviewer for one in found.decisions] == ["Ada", "Ada"]
    assert found.decisions[1].edits == {"text": "What?", "wrong": ("a", "b", "c")}
    write_decisions(tmp_path / "again.json", found)
    assert read_decisions(tmp_path / "again.json") == found


BAD = {
    "version": ({"schema_version": True}, "schema_version must be 1"),
    "field": ({"extra": 1}, "unknown field 'extra'"),
    "data": ({"data": "A" * 64}, "data must be a SHA-256"),
    "reviewer": ({"reviewer": None}, "reviewer must be a text, but is null"),
    "surrogate": ({"reviewer": "\ud800"}, "half a surrogate pair"),
    "long": ({"reviewer": "x" * 20_001}, "at most 20,000 characters"),
    "list": ({"decisions": {}}, "decisions must be a list"),
    "entry": ({"decisions": [3]}, r"decisions\[0\] must be an object"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_file_is_refused_with_the_place(tmp_path, what):
    """The message names the field."""
    fields, told = BAD[what]
    with pytest.raises(UsageError, match=told):
        read_decisions(written(tmp_path, **fields))


BAD_ENTRIES = {
    "kind": ({"kind": "view"}, r"\[0\].kind must be one of fixation, question"),
    "kind list": ({"kind": ["fixation"]}, r"\[0\].kind must be one of"),
    "id bool": ({"id": True}, r"\[0\].id must be a fixation's number"),
    "id text": ({"id": "0"}, r"\[0\].id must be a fixation's number"),
    "id negative": ({"id": -1}, r"\[0\].id must be"),
    "seen": ({"seen": "f" * 63}, r"\[0\].seen must be a SHA-256"),
    "verdict": ({"verdict": "maybe"}, r"\[0\].verdict must be one of"),
    "time": ({"at": "yesterday"}, r"\[0\].at must be a time"),
    "day": ({"at": "2026-02-30T10:00:00Z"}, r"\[0\].at must be a time"),
    "zone": ({"at": "2026-11-21T10:00:00"}, r"\[0\].at must be a time"),
    "early": ({"at": "0001-01-01T00:00:00+23:59"}, r"\[0\].at must be a time"),
    "unknown": ({"extra": 1}, r"\[0\] has an unknown field"),
    "edits of accept": ({"edits": {"gazed": "x"}}, r"\[0\].edits must be filled for an edit"),
    "edit without": ({"verdict": "edit"}, r"\[0\].edits must be filled for an edit"),
    "edits list": ({"edits": []}, r"\[0\].edits must be an object"),
    "edits field": ({"verdict": "edit", "edits": {"text": "x"}}, r"unknown field 'text'"),
    "gazed": ({"verdict": "edit", "edits": {"gazed": " "}}, r"edits.gazed must be a text with"),
    "beside": ({"verdict": "edit", "edits": {"beside": [1]}}, r"edits.beside\[0\] must be a text"),
    "many": ({"verdict": "edit", "edits": {"beside": ["x"] * 501}}, "at most 500 entries"),
}


@pytest.mark.parametrize("what", BAD_ENTRIES)
def test_a_bad_decision_is_refused_with_the_place(tmp_path, what):
    """The message names decision and field."""
    fields, told = BAD_ENTRIES[what]
    with pytest.raises(UsageError, match=told):
        read_decisions(written(tmp_path, entry(CUP, **fields)))


@pytest.mark.parametrize(
    "points", [[[1.0, True]], [[1, 1]], [[True, True]], [[1]], [[-1, True]], [[1e6 + 1, True]], [3]]
)
def test_bad_test_points_are_refused(tmp_path, points):
    """A second and whether it alerts, nothing like it."""
    with pytest.raises(UsageError, match=r"edits.points\[0\] must be \[seconds"):
        read_decisions(written(tmp_path, entry(ALERT, "edit", edits={"points": points})))


@pytest.mark.parametrize(
    "text",
    ["", "[]", "[" * 100_000, '{"a": NaN}', '{"a": 1, "a": 1}', "\x00", "9" * 5000, "\ufeff{}"],
)
def test_what_is_no_such_json_is_refused(tmp_path, text):
    """Whatever it is."""
    (tmp_path / "d.json").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError):
        read_decisions(tmp_path / "d.json")


def test_a_missing_file_and_a_record_twice_are_refused(tmp_path):
    """In words."""
    with pytest.raises(UsageError, match="cannot be read"):
        read_decisions(tmp_path / "none.json")
    with pytest.raises(UsageError, match=r"decisions\[1\] is about the same"):
        read_decisions(written(tmp_path, entry(), entry(verdict="reject")))


def test_labels_after_review():
    """Accepted: sure. Edited: new names, sure. Rejected: nobody knows."""
    unsure = replace(CUP, sure=False)
    assert apply_to_labels([unsure], said(unsure, "accept"), "r") == (replace(CUP, sure=True),)
    edits = {"gazed": "The Forks ", "outside": ("plate", "tea  POT", "spoons", "fork")}
    (label,) = apply_to_labels([unsure], said(unsure, "edit", edits=edits), "r")
    assert (label.gazed, label.beside, label.sure) == (SeenObject("fork"), CUP.beside, True)
    assert label.outside == (CUP.outside[1], SeenObject("tea pot"))
    (label,) = apply_to_labels([CUP], said(CUP, "reject"), "r")
    assert (label.gazed, label.problem) == (None, REJECTED)
    unknown = made.fixation(0, None, problem="no answer")
    (label,) = apply_to_labels([unknown], said(unknown, "edit", edits={"gazed": "cup"}), "r")
    assert (label.gazed, label.problem) == (SeenObject("cup"), "")


def test_a_renamed_object_keeps_what_was_said_of_that_name_alone():
    """The description of the wrong object does not go over to the right one."""
    (label,) = apply_to_labels([CUP], said(CUP, "edit", edits={"gazed": "kettle"}), "r")
    assert label.gazed == CUP.outside[0]
    (label,) = apply_to_labels([CUP], said(CUP, "edit", edits={"gazed": "jar"}), "r")
    assert label.gazed == SeenObject("jar")


def test_questions_after_review():
    """Rejected: dropped. Accepted: kept. Edited: new, and what repeats the answer too."""
    (one,) = apply_to_questions([ASKED], said(ASKED, "reject", note=" too easy "), "r")
    assert (one.dropped, one.reason) == ("review", "too easy")
    lost = replace(ASKED, dropped="text_only", reason="why")
    assert apply_to_questions([lost], said(lost, "accept"), "r") == (ASKED,)
    edits = {"answer": "mug", "wrong": ("a", "b", "c"), "text": "What\nis it?"}
    (one,) = apply_to_questions([lost], said(lost, "edit", edits=edits), "r")
    assert (one.dropped, one.question.text, one.question.answer) == ("", "What is it?", "mug")
    assert (one.question.wrong, one.question.extras) == (("a", "b", "c"), {"object": "mug"})
    edits = {"points": ((2, False), (4, True), (5, True))}
    (one,) = apply_to_questions([ALERT], said(ALERT, "edit", edits=edits), "r")
    assert [point.alert for point in one.question.points] == [False, True, True]


def test_what_a_person_typed_is_cleaned():
    """Options, text and note are one line of what can be seen; one that was there stays."""
    strange = made.question(0, "r", wrong=("a\u200bx", "plate", "spoon"))
    edits = {
        "text": " Which\x00 \u202eone\nis it? ",
        "answer": "A. \x00z",
        "wrong": ("a\u200bx", "a\nB. b", "e\u0301"),
    }
    (one,) = apply_to_questions([strange], said(strange, "edit", edits=edits), "r")
    assert one.question.text == "Which one is it?"
    assert one.question.answer == "A. z"
    assert one.question.wrong == ("a\u200bx", "a B. b", "\u00e9")
    note = "dark\x1b[31m\n" + "x" * 9000
    (one,) = apply_to_questions([ASKED], said(ASKED, "reject", note=note), "r")
    assert one.reason == "dark[31m " + "x" * (LONGEST_NOTE - 9)


def test_a_name_stands_at_one_place():
    """What is looked at is not beside it, too; what is in the circle is not outside."""
    edits = {"gazed": "Spoons", "beside": ("cup", "Kettles")}
    (label,) = apply_to_labels([CUP], said(CUP, "edit", edits=edits), "r")
    assert label.gazed == CUP.beside[0]
    assert [thing.name for thing in label.beside] == ["cup", "kettle"]
    assert [thing.name for thing in label.outside] == ["plate"]


def test_what_speaks_for_a_kept_question_is_no_part_of_what_was_seen():
    """A verifier's other words outdate no decision; they stay while the question does."""
    noted = replace(ASKED, reason="the verifier chose 'cup': it is under the dot")
    assert seen_digest(noted) == seen_digest(ASKED)
    assert apply_to_questions([noted], said(ASKED, "accept"), "r") == (noted,)
    (one,) = apply_to_questions([noted], said(ASKED, "edit", edits={"answer": "mug"}), "r")
    assert one.reason == ""
    assert seen_digest(replace(noted, dropped="verifier")) != seen_digest(
        replace(ASKED, dropped="verifier")
    )


IMPOSSIBLE = {
    "same options": (ASKED, {"answer": "Kettle "}, "4 different"),
    "two wrong": (ASKED, {"wrong": ("a", "b")}, "4 different"),
    "points of options": (ASKED, {"points": ((1, True),)}, "test points"),
    "options of points": (ALERT, {"answer": "x"}, "no options"),
    "no points": (ALERT, {"points": ()}, "test points"),
    "same when cleaned": (ASKED, {"wrong": ("\u200bCUP", "b", "c")}, "4 different"),
    "nothing seen": (ASKED, {"wrong": ("\u200b", "b", "c")}, "4 different"),
    "long option": (ASKED, {"answer": "x" * 501}, "at most 500"),
    "options in one": (ASKED, {"answer": "{options}"}, "no {options}"),
    "no text": (ASKED, {"text": "\u202e"}, "1 to 1000 characters"),
    "long text": (ALERT, {"text": "x" * 1001}, "1 to 1000 characters"),
    "falling points": (ALERT, {"points": ((4, False), (2, True))}, "ascend"),
    "point at the question": (ALERT, {"points": ((1, True),)}, "lie after 1 s"),
    "point long after": (ALERT, {"points": ((2, False), (302, True))}, "not after 301 s"),
    "seen and gone": (ALERT, {"points": ((2, True), (4, False))}, "stays seen"),
    "no place": (made.question(0, "r", text="Which? {options}"), {"text": "Which?"}, "must keep"),
}


@pytest.mark.parametrize("what", IMPOSSIBLE)
def test_an_edit_that_makes_no_question_is_not_applied(what):
    """It stops nothing, and is told with what is wrong."""
    record, edits, told = IMPOSSIBLE[what]
    decided = said(record, "edit", edits=edits)
    assert apply_to_questions([record], decided, "r") == (record,)
    ((one, why),) = not_applied([record], decided, "r")
    assert one == decided.decisions[0]
    assert told in why


@pytest.mark.parametrize(
    "name", ["\u200b", "The Object", "x" * 49, "b c d e f g h", "<script>", "!"]
)
def test_an_edit_that_names_nothing_is_not_applied(name):
    """Whatever was typed."""
    decided = said(CUP, "edit", edits={"gazed": "jar", "beside": (name,)})
    assert apply_to_labels([CUP], decided, "r") == (CUP,)
    ((_, why),) = not_applied([CUP], decided, "r")
    assert "is no name of an object" in why


def test_test_points_end_with_the_video():
    """One more second is too late; one point is enough, and needs no other label."""
    decided = said(ALERT, "edit", edits={"points": ((5, True),)})
    for seconds, count in ((5.9, 1), (5.0, 1), (4.9, 3)):
        (one,) = apply_to_questions([ALERT], decided, "r", seconds)
        assert len(one.question.points) == count
        assert len(not_applied([ALERT], decided, "r", seconds)) == (count == 3)


def test_what_was_decided_before_an_edit_that_cannot_be_applied_holds():
    """Only the later one is told."""
    early = said(ASKED, "edit", edits={"answer": "mug"})
    (mug,) = apply_to_questions([ASKED], early, "r")
    later = said(mug, "edit", edits={"answer": "plate"}, at="2026-11-22T10:00:00Z")
    both = merge([early, later])
    assert apply_to_questions([ASKED], both, "r") == (mug,)
    assert [one for one, _ in not_applied([ASKED], both, "r")] == list(later.decisions)


def test_a_decision_about_what_has_changed_is_not_applied():
    """As is one about a record that is gone; other recordings are none of its business."""
    for record, apply in ((CUP, apply_to_labels), (ASKED, apply_to_questions)):
        decided = said(record, "reject")
        changed = made.fixation(0, "mug") if record is CUP else made.question(0, "r", text="New?")
        assert apply([changed], decided, "r") == (changed,)
        assert not_applied([changed], decided, "r") == ((decided.decisions[0], CHANGED),)
        assert not_applied([], decided, "r") == ((decided.decisions[0], GONE),)
        assert not_applied([record], decided, "r") == ()
        assert apply([record], decided, "other") == (record,)
        assert not_applied([changed], decided, "other") == ()


def test_a_later_round_decides_about_what_the_earlier_one_left():
    """The page of a second round shows the edited question; what is said of that counts, if later.

    Taking it back to what it was does not run in a circle.
    """
    early = said(ASKED, "edit", edits={"answer": "mug"})
    (mug,) = apply_to_questions([ASKED], early, "r")
    later = "2026-11-22T10:00:00Z"
    for verdict in ("reject", "edit"):
        edits = {"answer": "cup"} if verdict == "edit" else {}
        second = said(mug, verdict, edits=edits, at=later)
        both = merge([early, second])
        (found,) = apply_to_questions([ASKED], both, "r")
        expected = ASKED if verdict == "edit" else replace(mug, dropped="review", reason=REJECTED)
        assert found == expected
        assert not_applied([ASKED], both, "r") == ()
        again = said(ASKED, "edit", edits={"answer": "mug"}, at="2026-11-23T10:00:00Z")
        assert apply_to_questions([ASKED], merge([both, again]), "r") == (mug,)


def test_the_digest_outlives_the_file(tmp_path):
    """A record that was written and read is the same one; any other field makes another."""
    for kind, record in ((LabelledFixation, CUP), (Judged, ALERT)):
        lines.write(tmp_path / "x.jsonl", {"key": "k"}, [record])
        assert seen_digest(lines.read(tmp_path / "x.jsonl", kind)[0]) == seen_digest(record)
    assert seen_digest(CUP) != seen_digest(replace(CUP, sure=False))


def test_a_reviewer_is_who_can_be_read(tmp_path):
    """Invisible characters make no other person."""
    ada = read_decisions(written(tmp_path, entry(), reviewer=" A\u202eda\n"))
    assert (ada.reviewer, ada.decisions[0].reviewer) == ("Ada", "Ada")
