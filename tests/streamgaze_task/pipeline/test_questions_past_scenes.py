"""SR and GSM on recordings made by hand."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

from streamgaze_task.pipeline.questions import gsm, sr
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


def test_sr_what_is_gone_just_after_the_look_may_have_gone_during_it():
    """It is no wrong option: between two views nobody looked."""
    looked = look("pot", 5, 8, outside="cup lid tap")
    seen = (*SEEN[:4], *views("pot cup lid tap", start=4, until=8))
    assert ask(sr, look_after_the_pan(looked, views=(*seen, view(8.6, "pot cup lid"))))
    assert not ask(sr, look_after_the_pan(looked, views=(*seen, view(8.4, "pot cup lid"))))


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


def test_sr_a_failed_view_at_the_edge_of_the_look_tells_nothing():
    """The pan may have come into view then."""
    seen = (*SEEN[:9], view(8.4, problem="failed"), *SEEN[9:])
    assert not ask(sr, look_after_the_pan(look("pot", 5, 8, outside="cup lid tap"), views=seen))


def test_sr_what_the_labels_name_is_not_out_of_view():
    """Though no view shows the jar while the pot is looked at."""
    looked = look("pot", 5, 8, outside="cup lid tap jar")
    assert [question.answer for question in ask(sr, look_after_the_pan(looked))] == ["pan"]


def test_sr_an_unsure_look_at_the_same_thing_forbids_the_question():
    """What was in view then is not sure."""
    looks = [
        look("pan", 0, 3),
        look("pot", 3.2, 4.4, outside="cup lid tap", sure=False),
        look("pot", 5, 8, outside="cup lid tap"),
    ]
    seen = (*views("pan jar", until=2), *views("pot cup lid tap", start=3))
    assert not ask(sr, scanpath(*looks, views=seen))
    assert ask(sr, scanpath(looks[0], looks[2], views=seen))


@pytest.mark.parametrize("seed", range(8))
def test_sr_answers_that_belong_there_come_first(seed):
    """The jar stood beside the pot at another time, the pan and the tin are of another place."""
    seen = (*views("pan tin", until=3), view(3, "pot jar"), *views("pot cup lid tap", start=4))
    recording = look_after_the_pan(look("pot", 5, 8, outside="cup lid tap"), views=seen)
    assert [q.answer for q in sr.make(recording, Rules(), chance(seed))] == ["jar"]


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


def test_gsm_looks_apart_by_unknown_ones_may_have_been_in_a_row():
    """Nobody knows whether the unknown looks were looks at anything."""
    names = "jar tin can cup ? pot ? pan lid pan pot cup".replace("?", "").split(" ")
    recording = scanpath(*in_row(*names))
    found = [gsm.make(recording, Rules(), chance(seed)) for seed in range(20)]
    last = [q for run in found for q in run if q.episodes == (9, 10, 11)]
    own = {text for q in last for text in q.wrong if _parts(text) == _parts(q.answer)}
    assert own == {"{pan}>{cup}>{pot}", "{pot}>{pan}>{cup}"}, "not {cup}>{pot}>{pan}"


def test_gsm_every_new_order_may_be_a_wrong_option():
    """All five, over some seeds."""
    found = [gsm.make(scanpath(*THREE), Rules(), chance(seed)) for seed in range(30)]
    assert len({text for run in found for q in run for text in q.wrong}) == 5


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
