"""NFI, OTP, SR and GSM on recordings made by hand."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

from streamgaze_task.pipeline.questions import gsm, nfi, otp, sr
from streamgaze_task.pipeline.questions.rules import Rules, chance

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
    assert question.asked_seconds == 10
    assert question.text == "Among {options}, which did the user never gaze at?"
    assert question.extras == {"answer_object": "jar"}


def test_nfi_what_is_looked_at_later_may_be_asked_for_before():
    """Never means: not so far."""
    recording = scanpath(*THREE, look("jar", 10.5, 13), views=views("pan jar"))
    assert [(q.answer, q.asked_seconds) for q in ask(nfi, recording)] == [("jar", 10)]


@pytest.mark.parametrize(
    "recording",
    [
        scanpath(*THREE, views=(view(1, "jar"), view(2, "lid"), view(3, "jar"))),
        scanpath(*THREE, views=views("pan", partly="jar")),
        scanpath(*THREE),
        scanpath(*THREE[:2], look("cup", 6.4, 9.4, beside="jar"), views=views("jar")),
        scanpath(*THREE, look("", 9.6, 12), views=views("jar")),
        scanpath(*THREE, look("lid", 9.6, 12, sure=False), views=views("jar lid")),
        scanpath(*THREE, views=views("jar"), losses=((3.0, 4.2),)),
        scanpath(*THREE[:2], look("cup", 6.4, 7), views=views("jar")),
        scanpath(*THREE, views=views("jar"), seconds=9.6),
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


# SR

SEEN = (*views("pan jar", until=4), *views("pot cup lid tap", "tin", start=4))


def look_after_the_pan(looked, **more):
    """A recording with a look at the pan before that one."""
    return scanpath(look("pan", 0, 3), looked, **({"views": SEEN} | more))


def test_sr_it_is_what_was_in_view_at_another_time():
    """The wording, the time and the fields of the release."""
    (question,) = ask(sr, look_after_the_pan(look("pot", 5, 8, outside="cup lid tap")))
    assert question.answer in {"pan", "jar"}
    assert set(question.wrong) == {"cup", "lid", "tap"}
    assert question.asked_seconds == 9
    assert question.text == (
        "When the user was gazing at the {pot}, which background object was NOT visible?"
    )
    assert question.extras == {
        "gazed_objects": ["pot"],
        "answer_object": question.answer,
        "background_objects": ["cup", "lid", "tap"],
    }


def test_sr_what_was_seen_partly_never_is_the_answer():
    """The tin was cut by the edge of the frame all the time."""
    seen = (*views("tin", until=4), *views("pot cup lid tap", "tin", start=4))
    recording = look_after_the_pan(look("pot", 5, 8, outside="cup lid tap"), views=seen)
    assert [question.answer for question in ask(sr, recording)] == ["pan"]


@pytest.mark.parametrize(
    ("looked", "seen"),
    [
        (look("pot", 5, 8, outside="cup lid"), SEEN),
        (look("pot", 5, 8, outside="cup lid tap", sure=False), SEEN),
        (look("pot", 5, 8, outside="cup lid tap"), ()),
        (look("pot", 5, 8, outside="cup lid tap"), views("pan jar pot cup lid tap")),
        (look("pot", 5, 8, outside="cup lid tap"), views("pot cup lid tap", start=4)),
        (look("pot", 5, 8, outside="cup lid tap", beside="cup"), SEEN),
        (
            look("pot", 5, 8, outside="cup lid tap"),
            (*SEEN[:6], view(6, problem="failed"), *SEEN[7:]),
        ),
        (
            look("pot", 5, 8, outside="cup lid tap"),
            (*SEEN[:6], view(6, "pot cup tap", "lid"), *SEEN[7:]),
        ),
    ],
    ids=[
        "too little outside",
        "unsure",
        "no views",
        "all in view",
        "nothing in view before but the pan",
        "one beside",
        "a view failed",
        "one covered meanwhile",
    ],
)
def test_sr_it_must_be_known(looked, seen):
    """Whatever leaves it open what was in view forbids the question."""
    answers = [q.answer for q in ask(sr, look_after_the_pan(looked, views=seen))]
    assert answers == (["pan"] if seen == views("pot cup lid tap", start=4) else [])


def test_sr_in_view_just_before_the_look_is_not_out_of_view():
    """Within half a second."""
    looked = look("pot", 4.3, 8, outside="cup lid tap")
    seen = (view(3.9, "pan jar"), *views("pot cup lid tap", start=4))
    assert not ask(sr, look_after_the_pan(looked, views=seen))


def test_sr_in_view_just_after_the_look_is_not_out_of_view():
    """Within half a second."""
    looked = look("pot", 5, 8, outside="cup lid tap")
    seen = (*views("pan", until=4), *views("pot cup lid tap", start=4, until=8))
    assert ask(sr, look_after_the_pan(looked, views=(*seen, view(8.6, "pan"))))
    assert not ask(sr, look_after_the_pan(looked, views=(*seen, view(8.4, "pan"))))


def test_sr_of_several_looks_it_is_out_of_view_in_all():
    """The jar came into view with the second look at the pot."""
    looks = [
        look("pan", 0, 3),
        look("pot", 5, 8, outside="cup lid tap"),
        look("pot", 10, 13, outside="cup lid tap"),
    ]
    seen = (*SEEN[:10], *views("pot cup lid tap jar", start=10))
    first, second = ask(sr, scanpath(*looks, views=seen))
    assert first.answer in {"pan", "jar"}
    assert second.answer == "pan"
    assert second.episodes == (1, 2)


# GSM


def test_gsm_same_things_in_orders_that_did_not_happen():
    """The wording, the time and the fields of the release."""
    (question,) = ask(gsm, scanpath(*THREE))
    assert question.answer == "{pan}>{pot}>{cup}"
    orders = {tuple(sorted(text.split(">"))) for text in (question.answer, *question.wrong)}
    assert orders == {("{cup}", "{pan}", "{pot}")}
    assert len({question.answer, *question.wrong}) == 4
    assert question.asked_seconds == 8, "the third look starts at 6.4 s"
    assert question.extras == {"correct_sequence": [["pan"], ["pot"], ["cup"]]}
    assert question.episodes == (0, 1, 2)


@pytest.mark.parametrize(
    ("looks", "more"),
    [
        (in_row("pan", "pot", "pan"), {}),
        (in_row("pan", "", "cup"), {}),
        ([*THREE[:2], look("cup", 6.4, 7.3)], {}),
        ([THREE[0], look("pot", 3.2, 3.6), THREE[2]], {}),
        ([THREE[0], look("pot", 3.2, 6.2, sure=False), THREE[2]], {}),
        (THREE, {"losses": ((6.2, 6.4),)}),
        (THREE, {"seconds": 7.9}),
    ],
    ids=["a thing twice", "unknown", "third too short", "short", "unsure", "lost", "over"],
)
def test_gsm_three_known_looks_in_a_row(looks, more):
    """Different, sure and shown, and nothing lost between them."""
    assert not ask(gsm, scanpath(*looks, **more))


def test_gsm_what_happened_is_no_wrong_option():
    """Also what happened before the three looks."""
    names = ("pan", "pot", "cup", "pan", "pot")
    last = ask(gsm, scanpath(*in_row(*names)))[-1]
    assert last.answer == "{cup}>{pan}>{pot}"
    happened = {"{pan}>{pot}>{cup}", "{pot}>{cup}>{pan}", "{cup}>{pan}>{pot}"}
    assert not happened & set(last.wrong)


def test_gsm_what_may_have_happened_is_no_wrong_option():
    """The unknown look may have been at the pot."""
    looks = in_row("cup", "", "pan", "lid", "pan", "pot", "cup")
    options = {text for q in ask(gsm, scanpath(*looks)) for text in q.wrong}
    assert "{cup}>{pot}>{pan}" not in options
    assert "{pot}>{cup}>{pan}" in options


def test_gsm_with_circles_all_options_have_groups_of_the_same_sizes():
    """Three, one and two things, in some order."""
    looks = [
        look("pan", 0, 3, beside="tin can"),
        look("pot", 3.2, 6),
        look("cup", 6.2, 9, beside="lid"),
    ]
    (question,) = ask(gsm, scanpath(*looks), group="circle")
    assert question.answer == "{pan,tin,can}>{pot}>{cup,lid}"
    for text in question.wrong:
        assert sorted(part.count(",") for part in text.split(">")) == [0, 1, 2]


def test_gsm_with_circles_one_thing_in_two_groups_is_not_asked():
    """Orders of such groups would be hard to tell apart."""
    looks = [THREE[0], THREE[1], look("cup", 6.4, 9, beside="pan")]
    assert ask(gsm, scanpath(*looks))
    assert not ask(gsm, scanpath(*looks), group="circle")


def test_gsm_few_orders_are_filled_up_with_two_of_other_things():
    """Two orders of each set of things, so none stands out."""
    names = ("tap", "tin", "can", "pan", "pot", "cup", "pan", "pot", "lid", "cup", "pot", "pan")
    found = [q for q in ask(gsm, scanpath(*in_row(*names))) if len(_sets(q)) > 1]
    assert found
    for question in found:
        own = [text for text in question.wrong if _parts(text) == _parts(question.answer)]
        assert len(own) == 1
        assert len(_sets(question)) == 2, "two orders of each set of things"


def _parts(text):
    return frozenset(text.split(">"))


def _sets(question):
    return {_parts(text) for text in (question.answer, *question.wrong)}
