"""NFI and OTP on recordings made by hand."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

from streamgaze_task.pipeline.questions import nfi, otp
from streamgaze_task.pipeline.questions.rules import Rules, chance
from streamgaze_task.pipeline.records import Action

made = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("scanpaths.py"))))
look, scanpath, view, in_row = made.look, made.scanpath, made.view, made.in_row


def ask(maker, recording, **settings):
    """All questions; every word may be asked for."""
    rules = Rules(made.rules_for(recording, **settings).settings)
    return list(maker.make(recording, rules, chance(0)))


def views(seen, partly="", *, start=0, until=60):
    """One view a second that shows the same."""
    return tuple(view(float(second), seen, partly) for second in range(start, until))


THREE = in_row("pan", "pot", "cup")
"""Looks from 0 to 3, 3.2 to 6.2 and 6.4 to 9.4 s."""


# NFI


def test_nfi_it_is_what_was_in_view_and_never_looked_at():
    """Three things were looked at, the fourth only was in view."""
    (question,) = ask(nfi, scanpath(*THREE, views=views("pan pot cup jar")))
    assert question.id == "rec/nfi/0000"
    assert question.answer == "jar"
    assert set(question.wrong) == {"pan", "pot", "cup"}
    assert question.asked_seconds == 8, "the third look starts at 6.4 s"
    assert question.text == "Among {options}, which did the user never gaze at?"
    assert question.extras == {"answer_object": "jar"}


def test_nfi_what_is_looked_at_later_may_be_asked_for_before():
    """Never means: not so far."""
    recording = scanpath(*THREE, look("jar", 10.5, 13), views=views("pan jar"))
    assert [(q.answer, q.asked_seconds) for q in ask(nfi, recording)] == [("jar", 8)]


@pytest.mark.parametrize(
    "recording",
    [
        scanpath(*THREE, views=(view(1, "jar"), view(2, "lid"), view(3, "jar"))),
        scanpath(*THREE, views=views("pan", partly="jar")),
        scanpath(*THREE),
        scanpath(*THREE[:2], look("cup", 6.4, 9.4, beside="jar"), views=views("jar")),
        scanpath(*THREE[:2], look("", 6.4, 8), look("cup", 8.2, 12), views=views("jar")),
        scanpath(
            *THREE[:2],
            look("lid", 6.4, 8, sure=False),
            look("cup", 8.2, 12),
            views=views("jar lid"),
        ),
        scanpath(*THREE, views=views("jar"), losses=((3.0, 4.2),)),
        scanpath(*THREE[:2], look("cup", 6.4, 7), views=views("jar")),
        scanpath(*THREE, views=views("jar"), seconds=7.9),
    ],
    ids=[
        "too short in view",
        "in view partly",
        "no views",
        "in a circle",
        "a look at nobody knows what",
        "an unsure look",
        "gaze lost",
        "a look too short to be seen",
        "video over",
    ],
)
def test_nfi_it_must_be_known(recording):
    """Whatever leaves it open whether the jar was looked at, or seen, forbids the question."""
    assert not ask(nfi, recording)


def test_nfi_a_blink_hides_no_look():
    """A loss shorter than a look that can be seen says nothing against the answer."""
    recording = scanpath(*THREE, views=views("jar"), losses=((3.0, 3.4),))
    assert [question.answer for question in ask(nfi, recording)] == ["jar"]


def test_nfi_what_was_out_of_view_while_gaze_was_lost_stays_possible():
    """The jar was out of view then; the lid was not."""
    seen = (*views("jar lid", until=4), *views("lid", start=4))
    recording = scanpath(*THREE, views=seen, losses=((6.2, 7.9),))
    assert [question.answer for question in ask(nfi, recording)] == ["jar"]


def test_nfi_a_word_that_nobody_looks_at_anywhere_is_no_answer():
    """With a vocabulary only its words are asked for."""
    recording = scanpath(*THREE, views=views("jar tap"))
    rules = Rules(vocabulary=("cup", "pan", "pot", "tap"))
    assert [q.answer for q in nfi.make(recording, rules, chance(0))] == ["tap"]


def test_nfi_with_circles_what_stands_in_one_counts_as_looked_at():
    """As an option, too; it never is an answer."""
    looks = [look("pan", 0, 3, beside="pot"), look("cup", 3.2, 6)]
    recording = scanpath(*looks, views=views("pan pot cup jar"))
    assert not ask(nfi, recording)
    (question,) = ask(nfi, recording, group="circle")
    assert set(question.wrong) == {"pan", "pot", "cup"}


def test_nfi_is_asked_while_a_look_lasts():
    """After it the gaze may be on the jar already, which nobody knows yet."""
    recording = scanpath(*THREE[:2], look("cup", 6.4, 9.0), views=views("jar"))
    assert [question.asked_seconds for question in ask(nfi, recording)] == [8]


def test_nfi_what_is_handled_may_have_been_in_the_circle():
    """Where the labels place it nowhere although it is in view."""
    busy = (Action(7.0, 8.0, "stir jar"),)
    recording = scanpath(*THREE, views=views("jar"), actions=busy)
    assert not ask(nfi, recording)
    third = look("cup", 6.4, 9.4, outside="jar")
    assert ask(nfi, scanpath(*THREE[:2], third, views=views("jar"), actions=busy))


# OTP


def test_otp_it_is_what_was_looked_at_next():
    """The wording, the time and the fields of the release."""
    (question,) = ask(otp, scanpath(*in_row("pan", "pot", "cup", "jar", "lid")))
    assert question.text == "What object does the user gaze at next after looking at the {jar}?"
    assert question.answer == "lid"
    assert set(question.wrong) == {"pan", "pot", "cup"}
    assert question.asked_seconds == 14, "the look at the lid starts at 12.8 s"
    assert question.episodes == (3, 4)
    assert question.extras == {
        "object_group": ["jar"],
        "object_group_timestamp": "(00:09, 00:12)",
        "answer_object": "lid",
        "answer_timestamp": "00:12",
    }


@pytest.mark.parametrize(
    ("names", "asked_after"),
    [
        (("tap", "pan", "pot", "cup", "jar", "pan", "lid"), ["cup", "jar"]),
        (("jar", "lid", "pan", "pot", "cup", "jar", "lid"), ["pot", "cup", "jar"]),
        (("tap", "pan", "pot", "cup", "lid", "", "jar"), ["cup"]),
        (("tap", "pan", "pot", "cup", "jar", "jar", "lid"), ["cup"]),
    ],
    ids=["another follower before", "the same follower before", "unknown", "twice the same"],
)
def test_otp_one_answer_only(names, asked_after):
    """A thing looked at several times must have had the same follower each time."""
    questions = ask(otp, scanpath(*in_row(*names)))
    assert [q.extras["object_group"][0] for q in questions] == asked_after


@pytest.mark.parametrize(
    "last",
    [
        [look("jar", 10, 13, sure=False), look("lid", 13, 16)],
        [look("jar", 10, 13), look("lid", 13, 16, sure=False)],
        [look("jar", 10, 10.5), look("lid", 10.6, 16)],
        [look("jar", 10, 13), look("lid", 13.5, 14.4)],
    ],
    ids=["unsure", "unsure follower", "too short", "too short follower"],
)
def test_otp_both_looks_must_be_sure_and_shown(last):
    """Neither unsure looks nor such as a video hardly shows."""
    assert not ask(otp, scanpath(*in_row("pan", "pot", "cup"), *last))


def test_otp_nothing_follows_across_a_loss():
    """In 0.2 s without gaze something else may have been next."""
    looks = in_row("pan", "pot", "cup", "jar", "lid")
    assert not ask(otp, scanpath(*looks, losses=((12.6, 12.8),)))


def test_otp_what_stood_beside_the_answer_is_no_option():
    """It was in the circle when the answer was looked at."""
    looks = [*in_row("pan", "pot", "cup", "jar"), look("lid", 12.8, 15, beside="pot")]
    assert not ask(otp, scanpath(*looks))


def test_otp_with_circles_a_part_of_the_group_counts():
    """A look at the jar beside the pan is a look at the jar."""
    looks = [
        look("pan", 0, 3, beside="jar"),
        *in_row("x", "pot", "cup", "tap")[1:],
        look("jar", 13, 16, beside="tin"),
        look("lid", 16, 19),
    ]
    recording = scanpath(*looks)
    assert [q.answer for q in ask(otp, recording)] == ["jar", "lid"]
    assert [q.answer for q in ask(otp, recording, group="circle")] == ["jar"]
