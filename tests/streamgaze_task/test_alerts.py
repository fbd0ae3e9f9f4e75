"""What kind of alarm a model is, by both readings of the labels."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.records import Response
from streamgaze_task import alerts
from streamgaze_task.scoring import score

runs = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "streamgaze_runs.py")))


def said(sample, *texts):
    """The scores of a proactive question, one text a test point; None was never asked."""
    asked = sample.requests()
    return [
        score(request, None if text is None else Response(request.id, text))
        for request, text in zip(asked, texts, strict=True)
    ]


def question(number=0, labels="00110", task="gta", **changes):
    """Asked 20 s and 10 s before the first appearance, at it, and 10 s and 20 s after it."""
    return runs.sample(task, number, points=runs.points(labels), **changes)


def judged(scores, reading="published", voice="strict", name="together"):
    """The numbers of one voice."""
    return alerts.report(scores)[name][reading]["by"][voice]


def test_every_number_of_a_small_run():
    """Ten points, four due: 2 right alerts, 1 false one, 5 right silences."""
    scores = said(question(0), "No", "Yes", "Yes", "No", "No")
    scores += said(question(2), "No", "No", "Yes", "no", "No")
    found = judged(scores)
    assert found["right"] == 7
    assert found["accuracy"] == 70
    assert found["balanced_accuracy"] == pytest.approx(100 * (2 / 4 + 5 / 6) / 2, abs=1e-3)
    assert found["precision"] == pytest.approx(100 * 2 / 3, abs=1e-3)
    assert found["recall"] == 50
    assert found["f1"] == pytest.approx(100 * 4 / 7, abs=1e-3)
    assert found["over_triggering"] == pytest.approx(100 / 6, abs=1e-3)
    assert (found["every_point_right"], found["questions"]) == (0, 2)
    low, high = found["interval"]
    assert low < 70 < high


def test_the_two_readings_judge_the_same_alert_differently():
    """At +20 s the object has left: "Yes" is wrong as published and right by the prompt's words."""
    scores = said(question(), "No", "No", "Yes", "Yes", "Yes")
    assert judged(scores)["accuracy"] == 80
    assert judged(scores)["every_point_right"] == 0
    assert judged(scores, "already_seen")["accuracy"] == 100
    assert judged(scores, "already_seen")["every_point_right"] == 100
    report = alerts.report(scores)["gta"]
    assert (report["published"]["due"], report["already_seen"]["due"]) == (2, 3)
    assert report["published"]["points"] == report["already_seen"]["points"] == 5


def test_constant_answers_are_scored_beside_the_model():
    """Always yes alerts everywhere, always no nowhere, whatever the model said."""
    scores = said(question(), *["hm"] * 5)
    yes, no = judged(scores, voice="always_yes"), judged(scores, voice="always_no")
    assert (yes["accuracy"], yes["recall"], yes["over_triggering"]) == (40, 100, 100)
    assert (no["accuracy"], no["recall"], no["over_triggering"]) == (60, 0, 0)
    assert yes["balanced_accuracy"] == no["balanced_accuracy"] == 50
    assert (no["precision"], no["f1"]) == (None, 0)
    timing = alerts.report(scores)["gta"]["timing"]
    assert timing["always_yes"]["median_delay_seconds"] == 0
    assert timing["always_yes"]["early_questions"] == 100
    assert timing["always_no"]["never_alerted"] == 100
    assert timing["always_no"]["median_delay_seconds"] is None


def test_unanswered_points_are_no_right_answer_and_neither_alert_nor_silence():
    """Unparsed, missing and failed points stay in every denominator."""
    asked = question().requests()
    scores = said(question(), "hm", None, None, None, "No")
    scores[2] = score(asked[2], Response(asked[2].id, None, error="boom"))
    found = judged(scores)
    assert (found["accuracy"], found["right"]) == (20, 1)
    assert (found["recall"], found["over_triggering"]) == (0, 0)
    assert found["balanced_accuracy"] == pytest.approx(100 * (0 + 1 / 3) / 2, abs=1e-3)
    assert alerts.report(scores)["gta"]["timing"]["strict"]["alerts_per_question"] == 0


def test_both_words_are_what_the_label_wants_by_the_reference_parser_only():
    """As in the authors' scorer; for timing its "yes" is an alert."""
    scores = said(question(), *["Yes, now it is visible"] * 5)
    assert judged(scores, voice="reference")["accuracy"] == 100
    assert judged(scores, voice="reference")["over_triggering"] == 0
    assert judged(scores, "already_seen", "reference")["accuracy"] == 100
    assert judged(scores)["accuracy"] == 40
    timing = alerts.report(scores)["gta"]["timing"]["reference"]
    assert timing["alerts_per_question"] == 5


def test_the_delay_is_from_the_first_appearance_to_the_first_alert_at_or_after_it():
    """10 s and 20 s; a question that never alerts afterwards counts as such."""
    scores = said(question(0), "No", "Yes", "No", "Yes", "Yes")
    scores += said(question(2), "No", "No", "No", "No", "Yes")
    scores += said(question(4), "Yes", "No", "No", "No", "No")
    timing = alerts.report(scores)["gta"]["timing"]["strict"]
    assert timing["questions"] == timing["can_be_timed"] == 3
    assert timing["median_delay_seconds"] == 15
    assert timing["never_alerted"] == pytest.approx(100 / 3, abs=1e-3)
    assert timing["early_points"] == pytest.approx(100 * 2 / 6, abs=1e-3)
    assert timing["early_questions"] == pytest.approx(100 * 2 / 3, abs=1e-3)
    assert timing["alerts_per_question"] == pytest.approx(5 / 3, abs=1e-3)


def test_points_without_a_first_appearance_are_left_out_of_the_other_reading_and_of_timing():
    """And counted as such."""
    bare = [
        point.__class__(p.realtime, p.seconds, p.label, None)
        for p in runs.points()
        for point in (p,)
    ]
    sample = runs.sample("oaa", 0, points=tuple(bare), first_appearance_seconds=None)
    part = alerts.report(said(sample, *["Yes"] * 5))["oaa"]
    assert (part["published"]["points"], part["published"]["unlabelled"]) == (5, 0)
    assert (part["already_seen"]["points"], part["already_seen"]["unlabelled"]) == (0, 5)
    assert part["already_seen"]["by"]["strict"]["accuracy"] is None
    assert part["timing"]["strict"]["can_be_timed"] == 0
    assert part["timing"]["strict"]["never_alerted"] is None


def test_the_tasks_are_apart_and_together():
    """Other tasks are left; a group without points has no numbers."""
    scores = said(question(0), *["No"] * 5) + said(question(0, task="oaa"), *["Yes"] * 5)
    scores += [score(runs.sample("oie", 0).requests()[0], None)]
    report = alerts.report(scores)
    assert [report[name]["published"]["points"] for name in report] == [5, 5, 10]
    assert judged(scores, name="gta")["accuracy"] == 60
    assert judged(scores, name="oaa")["accuracy"] == 40
    assert alerts.report([])["together"]["timing"]["strict"]["alerts_per_question"] is None


@given(
    st.lists(
        st.tuples(
            st.text("01", min_size=1, max_size=5),
            st.lists(st.sampled_from(["Yes", "No", "hm", None, "yes and no"]), min_size=5),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_shares_agree_with_a_plain_count(drawn):
    """Against the definitions, point by point."""
    scores, truth = [], []
    for number, (labels, texts) in enumerate(drawn):
        chosen = texts[: len(labels)]
        scores += said(question(number, labels), *chosen)
        truth += [(label == "1", text) for label, text in zip(labels, chosen, strict=True)]
    found = judged(scores)
    alerted = [text == "Yes" for _, text in truth]
    hits = sum(due and hit for (due, _), hit in zip(truth, alerted, strict=True))
    right = hits + sum(not due and text == "No" for due, text in truth)
    assert found["accuracy"] == pytest.approx(100 * right / len(truth), abs=1e-3)
    due = sum(due for due, _ in truth)
    assert found["recall"] == (pytest.approx(100 * hits / due, abs=1e-3) if due else None)
    total = sum(alerted)
    expected = pytest.approx(100 * hits / total, abs=1e-3) if total else None
    assert found["precision"] == expected
