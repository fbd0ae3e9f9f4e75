"""Decisions: read with suspicion, merged whatever the order, applied to what was seen alone."""

from __future__ import annotations

import json
import runpy
import types
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.errors import UsageError
from streamgaze_task.pipeline import lines
from streamgaze_task.pipeline.records import Judged, LabelledFixation, SeenObject
from streamgaze_task.pipeline.review.applying import REJECTED, simple_name
from streamgaze_task.pipeline.review.decisions import (
    Decision,
    Decisions,
    apply_to_labels,
    apply_to_questions,
    merge,
    read_decisions,
    stale,
    write_decisions,
)
from streamgaze_task.pipeline.review.merging import kappa
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
    edits = {"gazed": "Spoon ", "outside": ("plate", "tea  POT")}
    (label,) = apply_to_labels([unsure], said(unsure, "edit", edits=edits), "r")
    assert (label.gazed, label.beside, label.sure) == (SeenObject("spoon"), CUP.beside, True)
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


IMPOSSIBLE = {
    "same options": (ASKED, {"answer": "Kettle "}, "4 different"),
    "two wrong": (ASKED, {"wrong": ("a", "b")}, "4 different"),
    "points of options": (ASKED, {"points": ((1, True),)}, "test points"),
    "options of points": (ALERT, {"answer": "x"}, "no options"),
    "no points": (ALERT, {"points": ()}, "test points"),
    "falling points": (ALERT, {"points": ((4, False), (2, True))}, "ascend"),
    "seen and gone": (ALERT, {"points": ((2, True), (4, False))}, "stays seen"),
    "no place": (made.question(0, "r", text="Which? {options}"), {"text": "Which?"}, "must keep"),
}


@pytest.mark.parametrize("what", IMPOSSIBLE)
def test_an_edit_that_makes_no_question_is_refused(what):
    """With its question."""
    record, edits, told = IMPOSSIBLE[what]
    with pytest.raises(UsageError, match=told) as caught:
        apply_to_questions([record], said(record, "edit", edits=edits), "r")
    assert record.question.id in str(caught.value)


def test_a_decision_about_what_has_changed_is_stale_and_not_applied():
    """As is one about a record that is gone; other recordings are none of its business."""
    for record, apply in ((CUP, apply_to_labels), (ASKED, apply_to_questions)):
        decided = said(record, "reject")
        changed = made.fixation(0, "mug") if record is CUP else replace(ASKED, reason="new")
        assert apply([changed], decided, "r") == (changed,)
        assert stale([changed], decided, "r") == decided.decisions
        assert stale([record], decided, "r") == ()
        assert apply([record], decided, "other") == (record,)
        assert stale([changed], decided, "other") == ()


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
        assert stale([ASKED], both, "r") == ()
        again = said(ASKED, "edit", edits={"answer": "mug"}, at="2026-11-23T10:00:00Z")
        assert apply_to_questions([ASKED], merge([both, again]), "r") == (mug,)


def test_the_digest_outlives_the_file(tmp_path):
    """A record that was written and read is the same one; any other field makes another."""
    for kind, record in ((LabelledFixation, CUP), (Judged, ALERT)):
        lines.write(tmp_path / "x.jsonl", {"key": "k"}, [record])
        assert seen_digest(lines.read(tmp_path / "x.jsonl", kind)[0]) == seen_digest(record)
    assert seen_digest(CUP) != seen_digest(replace(CUP, sure=False))


verdicts = st.sampled_from(["accept", "reject"])
decisions = st.builds(
    lambda number, verdict, minute, who, seen: Decision(
        "fixation", "r", number, seen * 64, verdict, f"2026-11-21T10:{minute:02}:00Z", {}, "", who
    ),
    st.integers(0, 3),
    verdicts,
    st.integers(0, 59),
    st.sampled_from(["Ada", "Bo", ""]),
    st.sampled_from("ab"),
)
files = st.lists(decisions, max_size=8, unique_by=lambda one: one.key).map(
    lambda some: Decisions("n", "", "", tuple(some))
)


@given(st.lists(files, min_size=1, max_size=4), st.randoms())
def test_merging_does_not_know_the_order(many, rng):
    """The latest of each record stays; merging again changes no decision."""
    found = merge(many)
    mixed = sorted(many, key=lambda _: rng.random())
    assert merge(mixed) == found
    assert merge([found]).decisions == found.decisions
    everything = [one for file in many for one in file.decisions]
    assert {one.key for one in found.decisions} == {one.key for one in everything}
    for one in found.decisions:
        assert one.moment == max(other.moment for other in everything if other.key == one.key)


def test_conflicts_and_agreement_of_two_people():
    """Ada changed her mind before; that is no conflict."""

    def file(who: str, minute: int, *verdicts: str) -> Decisions:
        return Decisions(
            "n",
            "",
            who,
            tuple(
                Decision(
                    "fixation", "r", k, "a" * 64, v, f"2026-11-21T10:{minute}:00Z", {}, "", who
                )
                for k, v in enumerate(verdicts)
            ),
        )

    early = file("Ada", 10, "reject")
    ada = file("Ada", 20, "accept", "accept", "reject", "reject")
    bo = file("Bo", 30, "accept", "reject", "reject", "reject", "accept")
    found = merge([bo, early, ada])
    assert [one.verdict for one in found.decisions] == [
        "accept",
        "reject",
        "reject",
        "reject",
        "accept",
    ]
    (conflict,) = found.conflicts
    assert (conflict.kept.id, conflict.kept.reviewer) == (1, "Bo")
    assert [one.reviewer for one in conflict.others] == ["Ada"]
    (both,) = found.agreements
    assert (both.first, both.second, both.records, both.same) == ("Ada", "Bo", 4, 3)
    assert both.kappa == pytest.approx((3 / 4 - 1 / 2) / (1 - 1 / 2))
    assert found.text().splitlines() == [
        "5 decisions by Ada, Bo",
        "  fixations: accept 2, edit 0, reject 3",
        "  questions: accept 0, edit 0, reject 0",
        "  conflicts, where the latest counts: 1",
        "  Ada and Bo agree on 3 of 4, Cohen's kappa 0.50",
    ]
    assert merge([found, ada]).reviewer == "Ada, Bo"


def test_kappa_knows_chance():
    """Always the same is no evidence; the opposite is below chance."""
    assert kappa([]) is None
    assert kappa([("accept", "accept")] * 3) is None
    assert kappa([("accept", "reject"), ("reject", "accept")]) == -1
    assert kappa([("accept", "accept"), ("reject", "reject")]) == 1


def test_benchmarks_are_not_mixed():
    """Nor is nothing merged."""
    with pytest.raises(UsageError, match="of one benchmark"):
        merge([])
    with pytest.raises(UsageError, match="of one benchmark"):
        merge([Decisions("a", "", "", ()), Decisions("b", "", "", ())])


@pytest.mark.parametrize(
    ("name", "simple"), [("Tea\u202e  Pot ", "tea pot"), ("\u200b", ""), ("Öl", "öl")]
)
def test_simple_names(name, simple):
    """Lower case, single spaces, nothing invisible."""
    assert simple_name(name) == simple
