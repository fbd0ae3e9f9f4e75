"""The published rules of NFI, OTP, SR and GSM, faults included, on cases worked out by hand."""

from __future__ import annotations

import runpy
from pathlib import Path
from random import Random
from types import SimpleNamespace

import pytest
from hypothesis import given, settings

from streamgaze_task.pipeline.questions import gsm as ours_gsm
from streamgaze_task.pipeline.questions.reference import PAST, gsm, nfi, otp, sr
from streamgaze_task.pipeline.questions.reference.timeline import published_random, timeline
from streamgaze_task.pipeline.questions.rules import chance
from streamgaze_task.pipeline.records import Action, SeenObject

made = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("scanpaths.py"))))
look, scanpath, in_row = made.look, made.scanpath, made.in_row
MODULES = {"otp": otp, "nfi": nfi, "gsm": gsm, "sr": sr}


def ask(module, recording, rng=None):
    """All questions by the published rule."""
    return list(module.make_reference(recording, rng or published_random()))


def test_the_generator_is_the_published_one():
    """Seed 42."""
    assert published_random().random() == Random(42).random()  # noqa: S311 (compared only)
    assert set(PAST) == set(MODULES)


def test_timeline_has_lists_in_lower_case_without_repetitions():
    """The thing looked at first; what is beside and outside may overlap."""
    one = look("pan", 1, 4, beside="pot cup pot", outside="jar jar pan")
    one = type(one)(**{**vars(one), "gazed": SeenObject("Pan")})
    (entry,) = timeline(scanpath(one))
    assert entry.fov == ("pan", "pot", "cup")
    assert entry.outside == ("jar", "pan")
    assert entry.is_look


def test_actions_stand_in_the_timeline_unless_a_look_stands_there():
    """By start and end; of two actions in one place the first stays."""
    actions = (
        Action(0.0, 3.0, "has the look's very place"),
        Action(1.0, 2.0, "wash pan"),
        Action(1.0, 2.0, "second there"),
    )
    entries = timeline(scanpath(*in_row("pan", "pot"), actions=actions))
    assert [entry.action or entry.fov[0] for entry in entries] == ["pan", "wash pan", "pot"]


# OTP


def test_otp_answer_is_first_in_the_list_that_is_not_in_the_group():
    """The pan is looked at next, but it stood in the circle already, so the pot is "next"."""
    looks = [
        look("cup", 10, 13, beside="pan", outside="jar"),
        look("pan", 13.9, 17.5, beside="pot", outside="lid tap"),
    ]
    (question,) = ask(otp, scanpath(*looks))
    assert question.answer == "pot"
    assert set(question.wrong) == {"jar", "lid", "tap"}
    assert question.text.endswith("after looking at the {cup, pan}?")
    assert question.asked_seconds == 13, "rounded down: the look at the pan has not begun"
    assert question.span_seconds == (8.0, 19.5)
    assert question.extras == {
        "object_group": ["cup", "pan"],
        "object_group_timestamp": "(00:10, 00:13)",
        "answer_object": "pot",
        "answer_timestamp": "00:13",
    }


def test_otp_neighbours_are_parted_by_actions_only():
    """Not by lost gaze; an action between each two looks leaves no question."""
    looks = in_row("pan", "pot", "cup", "jar", "lid")
    lost = tuple((one.end_seconds, one.end_seconds + 0.2) for one in looks)
    assert len(ask(otp, scanpath(*looks, losses=lost))) == 4
    actions = tuple(Action(one.start_seconds + 1, one.end_seconds, "wash") for one in looks)
    assert ask(otp, scanpath(*looks, actions=actions)) == []
    assert len(ask(otp, scanpath(*looks, actions=actions[1:2]))) == 3


def test_otp_takes_wrong_options_from_the_future_and_asks_twice_after_one_thing():
    """All wrong options of the first question come into view later; the pan has two followers."""
    looks = in_row("pan", "pot", "pan", "cup", "lid", "tap")
    questions = ask(otp, scanpath(*looks))
    assert set(questions[0].wrong) == {"cup", "lid", "tap"}
    after_pan = [q.answer for q in questions if q.extras["object_group"] == ["pan"]]
    assert after_pan == ["pot", "cup"]


def test_otp_of_a_look_without_labels_has_an_empty_group():
    """What failed to be labelled is an empty list, which is a list."""
    questions = ask(otp, scanpath(*in_row("pan", "", "cup", "jar", "lid", "tap")))
    assert [q.extras["object_group"] for q in questions] == [[], ["cup"], ["jar"], ["lid"]]


# NFI


def test_nfi_never_is_told_from_the_whole_video():
    """The tap comes into view at last only, the jar is looked at later only."""
    looks = [
        look("pan", 0, 3, outside="jar"),
        look("pot", 3.2, 6),
        look("cup", 6.7, 9),
        look("jar", 10, 13),
        look("lid", 14, 17, outside="tap"),
    ]
    first, second, third = ask(nfi, scanpath(*looks))
    assert {q.answer for q in (first, second, third)} == {"tap"}
    assert first.asked_seconds == 6, "the start of the third look, rounded down"
    assert set(first.wrong) == {"pan", "pot", "cup"}, "with the look that only starts then"
    assert first.span_seconds == (0.0, 11.0)
    assert [q.asked_seconds for q in (second, third)] == [10, 14]


def test_nfi_has_three_questions_at_most_and_counts_actions_as_positions():
    """With two actions before all looks the third look is at position 4."""
    looks = in_row(*"abcdefg", pause=0.5)
    looks[0] = look("a", 0, 3, outside="tap")
    assert [q.asked_seconds for q in ask(nfi, scanpath(*looks))] == [7, 10, 14]
    actions = (Action(7.5, 9.0, "wash"),)
    asked = [q.asked_seconds for q in ask(nfi, scanpath(*looks, actions=actions))]
    assert asked == [7, 7, 10], "an action sets the time, too"


def test_nfi_needs_something_that_is_in_no_circle():
    """And three things that are in one by then."""
    assert ask(nfi, scanpath(*in_row("pan", "pot", "cup", "jar"))) == []
    looks = [look("pan", 0, 3, outside="tap"), *in_row("x", "pan", "pan", "pan")[1:]]
    assert ask(nfi, scanpath(*looks)) == []


# GSM


@given(recording=made.scanpaths())
@settings(max_examples=60, deadline=None)
def test_gsm_has_two_distractors_of_pairs(recording):
    """Whatever the true groups are; the third is of the true groups."""
    questions = ask(gsm, recording)
    assert len(questions) <= 5
    for question in questions:
        groups = question.extras["correct_sequence"]
        assert question.answer == ours_gsm.arrows(tuple(map(tuple, groups)))
        first, *pairs = question.wrong
        assert sorted(first.split(">")) == sorted(question.answer.split(">"))
        for text in pairs:
            assert [part.count(",") for part in text.split(">")] == [1, 1, 1]
        assert len({question.answer, *question.wrong}) == 4
        last = recording.episodes[question.episodes[-1]]
        assert question.asked_seconds == int(last.start_seconds)


def test_gsm_loses_a_sixth_of_the_draws_and_draws_again():
    """Where all three looks differ; duplicates come up."""
    recording = scanpath(*in_row("pan", "pot", "cup", "jar"))
    runs = [ask(gsm, recording, chance(seed)) for seed in range(300)]
    assert sum(map(len, runs)) / 1500 == pytest.approx(5 / 6, abs=0.03)
    assert any(len({q.answer for q in run}) < len(run) for run in runs)


def test_gsm_needs_three_looks_in_a_row():
    """An action between them is one entry of the three."""
    looks = in_row("pan", "pot", "cup")
    actions = (Action(3.1, 6.0, "wash"),)
    assert ask(gsm, scanpath(*looks, actions=actions)) == []
    assert ask(gsm, scanpath(*looks[:2])) == []
    assert ask(gsm, scanpath(*looks))


# SR


def test_sr_answer_is_what_is_not_named_outside():
    """It may be what is looked at; the first looks that will do, three at most."""
    looks = [
        look("pan", 0.5, 3, outside="jar lid tap"),
        look("pot", 3.2, 6, outside="jar lid tap pan"),
        look("tap", 6.4, 9, outside="jar lid pan"),
        look("cup", 10, 13, outside="jar lid tap"),
        look("tin", 14, 17, outside="jar lid tap"),
    ]
    questions = ask(sr, scanpath(*looks))
    assert [(q.answer, q.asked_seconds) for q in questions] == [("pan", 0), ("tap", 6), ("pan", 10)]
    assert questions[0].extras["gazed_objects"] == ["pan"], "the pan is in the circle"
    assert questions[1].extras["gazed_objects"] == ["tap"]
    assert questions[0].span_seconds == (0.0, 5.5)
    assert set(questions[0].wrong) == {"jar", "lid", "tap"}


def test_sr_needs_four_things_outside_in_the_video():
    """And three at the look."""
    assert ask(sr, scanpath(*[look("pan", 0, 3, outside="jar lid tap")])) == []
    looks = [look("pan", 0, 3, outside="jar lid"), look("pot", 4, 7, outside="tap cup")]
    assert ask(sr, scanpath(*looks)) == []


@pytest.mark.parametrize("code", MODULES)
@given(recording=made.scanpaths())
@settings(max_examples=40, deadline=None)
def test_published_questions_have_four_options_and_can_be_repeated(code, recording):
    """The same generator, the same questions."""
    questions = ask(MODULES[code], recording)
    assert questions == ask(MODULES[code], recording)
    for number, question in enumerate(questions):
        assert question.id == f"{recording.recording_id}/{code}/{number:04d}"
        assert len({question.answer, *question.wrong}) == 4
        assert question.span_seconds[0] >= 0
