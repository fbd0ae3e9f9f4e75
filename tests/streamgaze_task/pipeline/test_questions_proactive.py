"""GTA, OAA and their test points on recordings made by hand."""

from __future__ import annotations

import runpy
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamgaze_task.pipeline.questions import gta, oaa
from streamgaze_task.pipeline.questions.alerts import (
    Target,
    already_seen,
    asked_at,
    points,
)
from streamgaze_task.pipeline.questions.rules import QuestionSettings, Rules, chance
from streamgaze_task.pipeline.records import Action
from streamgaze_task.timestamps import seconds

made = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("scanpaths.py"))))
look, scanpath, view = made.look, made.scanpath, made.view


def ask(maker, recording, group="gazed"):
    """All questions of a recording."""
    return list(maker.make(recording, Rules(QuestionSettings(group=group)), chance(0)))


def labels(question):
    """Seconds -> label."""
    return {point.seconds: point.alert for point in question.points}


def of(name, questions):
    """The question about a thing; None without one."""
    return next((one for one in questions if one.extras["target_object"] == name), None)


PAN = Target("pan", ((42.6, 55.9),), ())


class TestPoints:
    """Where the points lie."""

    def test_they_lie_around_the_first_appearance_and_what_comes_of_it(self):
        """42.6 - 20 and so on, rounded down; the middle, the last second, and two after the end."""
        assert [(one.seconds, one.alert) for one in points(PAN, 5, 100.0)] == [
            *((22, False), (32, False)),
            *((44, True), (49, True), (52, True), (54, True)),
            *((57, False), (62, False)),
        ]

    def test_and_around_every_later_one(self):
        """It is gone, and comes back."""
        found = points(Target("pan", ((42.6, 46.0), (80.5, 90.0)), ()), 40, 100.0)
        assert [one.seconds for one in found if one.alert] == [44, 82, 85, 89]
        assert [one.seconds for one in found if not one.alert] == [48, 52, 62, 92]

    def test_a_question_at_the_start_has_no_point_at_the_start(self):
        """A window that ends there shows nothing."""
        found = points(Target("pan", ((10.3, 14.0),), ()), 0, 100.0)
        assert [one.seconds for one in found] == [12, 16, 20, 30]

    @pytest.mark.parametrize(
        ("asked", "length", "seconds"),
        [
            (33, 100.0, [44, 49, 52, 54, 57, 62]),
            (32, 61.5, [44, 49, 52, 54, 57]),
            (32, 62.0, [44, 49, 52, 54, 57, 62]),
            (31, 62.0, [32, 44, 49, 52, 54, 57, 62]),
        ],
    )
    def test_all_lie_after_the_question_and_inside_the_video(self, asked, length, seconds):
        """Before its own second is over a question was not asked."""
        assert [one.seconds for one in points(PAN, asked, length)] == seconds

    def test_none_lies_later_than_five_minutes(self):
        """None lies later than five minutes."""
        found = points(Target("pan", ((342.6, 355.9), (500.0, 600.0)), ()), 50, 900.0)
        assert [one.seconds for one in found] == [322, 332, 344, 349]

    def test_none_lies_before_the_beginning(self):
        """None lies before the beginning."""
        found = points(Target("pan", ((9.5, 16.0),), ()), 0, 100.0)
        assert [one.seconds for one in found] == [11, 15, 18, 29]

    @pytest.mark.parametrize(
        ("unknown", "seconds"),
        [
            ((31.0, 33.0), [22, 44, 49, 52, 54, 57, 62]),
            ((32.0, 32.0), [22, 44, 49, 52, 54, 57, 62]),
            ((32.1, 40.0), [22, 32, 44, 49, 52, 54, 57, 62]),
            ((43.0, 53.0), [22, 32, 54, 57, 62]),
            ((56.0, 58.5), [22, 32, 44, 49, 52, 54, 59, 62]),  # gone for sure a little later
            ((43.0, 47.5), [22, 32, 48, 52, 54, 57, 62]),  # and there for sure
            ((56.0, 90.0), [22, 32, 44, 49, 52, 54]),
        ],
    )
    def test_none_lies_where_nobody_knows(self, unknown, seconds):
        """None lies where nobody knows."""
        found = points(replace(PAN, unknown=(unknown,)), 5, 100.0)
        assert [one.seconds for one in found] == seconds

    @pytest.mark.parametrize(("end", "there"), [(44.7, False), (44.8, True)])
    def test_none_lies_close_to_a_border(self, end, there):
        """None lies close to a border."""
        found = points(Target("pan", ((42.6, end),), ()), 5, 100.0)
        assert (44 in [one.seconds for one in found]) is there

    def test_the_label_is_the_same_by_the_stated_seconds(self):
        """A second look from 52.9 on is stated as from 52 on, so 52 is dropped."""
        found = points(Target("pan", ((42.6, 46.0), (52.9, 56.0)), ()), 5, 100.0)
        assert [one.seconds for one in found] == [22, 32, 44, 48, 54, 58, 62]


class TestStarts:
    """When monitoring starts."""

    @pytest.mark.parametrize(
        ("first", "asked"),
        [(4.0, 3), (23.9, 3), (283.9, 3), (284.0, 263), (543.9, 263), (544.0, 523), (7200.0, 7023)],
    )
    def test_it_is_the_last_start_with_the_early_points_inside(self, first, asked):
        """Starts are at 3 s, and every 260 s after that."""
        assert asked_at(Target("pan", ((first, first + 5.0),), ()), 3) == asked

    @given(st.integers(0, 100), st.floats(0.1, 20_000))
    def test_all_points_around_the_first_appearance_lie_inside(self, begin, after):
        """Early ones too, but for what appears in the very first seconds."""
        target = Target("pan", ((begin + after, begin + after + 30.0),), ())
        asked = asked_at(target, begin)
        assert begin <= asked < target.first
        assert (asked - begin) % 260 == 0
        assert asked < int(target.first - 20) or asked == begin
        found = [one.seconds for one in points(target, asked, 1e6)]
        assert {int(target.first + 2), int(target.first + 10), int(target.first + 20)} <= {*found}

    def test_things_that_appear_at_any_time_are_asked_for(self):
        """In half an hour, each from the start before it."""
        names = [name for name in made.WORDS for _ in range(2)]
        looks = [look(name, 5.0 + 28 * i, 31.0 + 28 * i) for i, name in enumerate(names)]
        found = ask(gta, scanpath(*looks))
        assert len(found) > 20
        for one in found:
            first = seconds(one.extras["first_appearance"])
            assert one.asked_seconds == 5 + 260 * max((first - 21 - 5) // 260, 0)
            assert max(labels(one)) <= one.asked_seconds + 300
        assert len({one.asked_seconds for one in found}) == 7
        assert max(max(labels(one)) for one in found) > 1700


LOOKS = (
    look("pan", 2.5, 9.9),
    look("jar", 10.0, 19.9),
    look("pan", 20.0, 25.9),
    look("cup", 26.0, 39.9),
    look("jar", 40.0, 49.9),
    look("lid", 50.0, 60.0),
)


class TestGaze:
    """GTA."""

    def test_it_asks_for_what_is_looked_at_later_for_the_first_time(self):
        """It asks for what is looked at later for the first time."""
        found = ask(gta, scanpath(*LOOKS, seconds=70.0))
        assert of("pan", found) is None
        question = of("cup", found)
        assert question.id.startswith("rec/gta/")
        assert question.asked_seconds == 3
        assert question.text == "Monitor my gaze and alert me when I gaze on the <cup>."
        assert question.label_means == "now"
        assert (question.answer, question.wrong, question.episodes) == ("", (), (3,))
        assert all(alert is (26 <= at < 40) for at, alert in labels(question).items())
        assert question.span_seconds == (3.0, float(max(labels(question))))
        assert question.extras == {
            "first_appearance": "00:26",
            "target_object": "cup",
            "fixation_intervals": [{"start": "00:26", "end": "00:39"}],
            "difficulty": "easy",
            "gaze_area": "FOV",
            "label_semantics": "now",
        }

    @pytest.mark.parametrize(
        "more",
        [
            {"losses": ((27.5, 36.5),)},
            {"actions": (Action(27.5, 36.5, "wash cup"),)},
        ],
    )
    def test_points_where_nobody_knows_are_left_out(self, more):
        """What is done with the cup says nothing of the lid."""
        recording = scanpath(*LOOKS, seconds=70.0, **more)
        assert {at for at, alert in labels(of("cup", ask(gta, recording))).items() if alert} == {38}
        found = {one.name: one for one in gta.targets(recording, "gazed")}
        assert [found["cup"].alert(at) for at in (28, 36, 38)] == [None, None, True]
        others = [found["lid"].alert(at) for at in (28, 36, 38)]
        assert others == ([None, None, False] if "losses" in more else [False] * 3)

    def test_unsure_looks_and_long_pauses_are_unknown(self):
        """Unsure looks and long pauses are unknown."""
        unsure = [
            one if one.name != "cup" else look("cup", 26.0, 39.9, sure=False) for one in LOOKS
        ]
        assert "cup" not in [one.name for one in gta.targets(scanpath(*unsure), "gazed")]
        pause = [one for one in LOOKS if one.name != "cup"]
        (jar,) = [one for one in gta.targets(scanpath(*pause), "gazed") if one.name == "jar"]
        assert jar.alert(22) is False
        assert jar.alert(30) is None
        assert jar.alert(42) is True
        assert jar.alert(62) is None  # after the last look

    def test_a_view_that_lacks_the_thing_speaks_against_the_look(self):
        """The head turns at either end of a look, while the gaze rests in the frame."""
        views = watched("-" * 28 + "s" * 10 + "-" * 32)
        recording = scanpath(*LOOKS, views=views, seconds=70.0)
        (cup,) = [one for one in gta.targets(recording, "gazed") if one.name == "cup"]
        assert [cup.alert(at) for at in (27, 28, 29, 36, 37, 38)] == [
            *(None, None, True),
            *(True, None, None),
        ]
        assert cup.alert(24) is False

    def test_a_look_may_begin_early(self):
        """While the head turns the gaze may rest in the frame; and what ends, ends for sure."""
        targets = gta.targets(scanpath(*LOOKS, seconds=70.0), "gazed")
        (jar,) = [one for one in targets if one.name == "jar"]
        assert jar.spans[0] == (10.0, 19.9)
        assert [jar.alert(at) for at in (9.0, 10.8, 11.5, 11.6, 19.1)] == [
            *(False, None, None),
            *(True, True),
        ]

    def test_a_look_may_have_lasted_into_a_loss(self):
        """Points keep away from both ends of one."""
        recording = scanpath(*LOOKS, seconds=70.0, losses=((44.0, 46.0),))
        (jar,) = [one for one in gta.targets(recording, "gazed") if one.name == "jar"]
        assert [jar.alert(at) for at in (43.0, 43.5, 46.5, 47.0)] == [True, None, None, True]

    def test_beside_what_is_looked_at_it_is_a_matter_of_reading(self):
        """Beside what is looked at it is a matter of reading."""
        looks = [*LOOKS[:-1], look("lid", 50.0, 60.0, beside="cup")]
        recording = scanpath(*looks)
        (cup,) = [one for one in gta.targets(recording, "gazed") if one.name == "cup"]
        assert cup.spans == ((26.0, 39.9),)
        assert cup.alert(55) is None
        (cup,) = [one for one in gta.targets(recording, "circle") if one.name == "cup"]
        assert cup.spans == ((26.0, 39.9), (50.0, 60.0))
        assert cup.alert(55) is True

    def test_what_stood_in_the_circle_before_has_no_sure_first_look(self):
        """What stood in the circle before has no sure first look."""
        looks = [look("pan", 2.5, 9.9, beside="cup"), *LOOKS[1:]]
        assert "cup" not in [one.name for one in gta.targets(scanpath(*looks), "gazed")]

    def test_without_looks_there_is_no_question(self):
        """Without looks there is no question."""
        assert ask(gta, scanpath(seconds=60.0)) == []


def watched(*shown, every=1.0):
    """Views once a second: the name is `seen`, `partly`, absent or nothing is known, by letter."""
    kinds = {"s": ("cup", ""), "p": ("", "cup"), "-": ("", ""), "?": ("", "")}
    return tuple(
        view(i * every, *kinds[one], "no answer" if one == "?" else "")
        for i, one in enumerate("".join(shown))
    )


def seeing(shown, *looks, **more):
    """A recording with these views."""
    views = watched(shown)
    return scanpath(*looks, views=views, seconds=float(len(views)), **more)


class TestAppearance:
    """OAA."""

    def test_it_asks_for_what_comes_into_view_later(self):
        """It asks for what comes into view later."""
        recording = seeing("-" * 25 + "s" * 12 + "-" * 30, look("pan", 3.3, 6.0))
        (question,) = ask(oaa, recording)
        assert question.id == "rec/oaa/0000"
        assert question.asked_seconds == 4
        assert question.text == "Watch the scene and alert me when the <cup> first appears."
        assert all(alert is (25 <= at <= 36) for at, alert in labels(question).items())
        assert question.label_means == "now"
        assert question.extras == {
            "first_appearance": "00:25",
            "target_object": "cup",
            "appearance_intervals": [{"start": "00:25", "end": "00:36"}],
            "difficulty": "hard",
            "gaze_area": "Outside",
            "label_semantics": "now",
        }

    @pytest.mark.parametrize(
        "shown",
        [
            "s" * 10 + "-" * 20 + "s" * 20 + "-" * 20,  # in view from the beginning
            "-" * 25 + "ps" + "s" * 12 + "-" * 30,  # when does it appear?
            "-" * 10 + "?" + "-" * 14 + "s" * 12 + "-" * 30,  # perhaps it was there before
            "-" * 25 + "s" + "-" * 30 + "s" * 20,  # one view may be a mistake
            "-" * 60,
            "",
        ],
    )
    def test_what_has_no_sure_first_appearance_is_not_asked_for(self, shown):
        """What has no sure first appearance is not asked for."""
        assert list(oaa.targets(seeing(shown))) == []
        assert ask(oaa, seeing(shown)) == []

    def test_views_that_tell_nothing_are_unknown(self):
        """Views that tell nothing are unknown."""
        (cup,) = oaa.targets(seeing("-" * 25 + "ssss?ssssspssss--ss" + "-" * 20))
        told = {at: cup.alert(at) for at in (20, 27, 29, 32, 35, 38, 39, 41, 50, 70)}
        assert told == {
            20: False,
            27: True,
            29: None,
            32: True,
            35: None,
            38: True,
            39: None,  # the last view with it before it goes
            41: None,  # between two that differ
            50: False,
            70: None,  # after the last view
        }

    def test_views_far_apart_are_unknown_between(self):
        """Views far apart are unknown between."""
        views = [*watched("-" * 20 + "s" * 20)]
        del views[25:29]
        (cup,) = oaa.targets(scanpath(views=tuple(views), seconds=40.0))
        assert [cup.alert(at) for at in (22, 26, 33)] == [True, None, True]

    def test_between_views_far_apart_it_may_have_been_there_before(self):
        """Between views far apart it may have been there before."""
        views = [*watched("-" * 25 + "s" * 20)]
        del views[10:14]
        assert list(oaa.targets(scanpath(views=tuple(views), seconds=45.0))) == []

    def test_around_a_lone_view_it_may_be_half_in_view(self):
        """Cut by the edge all the while, and noticed but once."""
        (cup,) = oaa.targets(seeing("-" * 25 + "s" * 8 + "-" * 30 + "s" + "-" * 40))
        assert [cup.alert(at) for at in (30, 40, 60, 63, 70, 80)] == [
            True,
            False,
            *[None] * 3,
            False,
        ]

    def test_labels_of_looks_that_say_otherwise_are_believed_too(self):
        """Labels of looks that say otherwise are believed too."""
        shown = "-" * 25 + "s" * 12 + "-" * 30
        assert list(oaa.targets(seeing(shown, look("pan", 10.0, 12.0, outside="cup")))) == []
        (cup,) = oaa.targets(seeing(shown, look("cup", 44.0, 46.0)))
        assert (cup.alert(42), cup.alert(45)) == (False, None)
        (cup,) = oaa.targets(seeing(shown, look("cup", 27.0, 29.0)))
        assert cup.alert(28) is True

    def test_in_a_pause_between_two_looks_the_head_may_turn(self):
        """A thing may cross the frame between two views."""
        looks = (look("pan", 2.0, 11.0), look("jar", 14.0, 24.0))
        (cup,) = oaa.targets(seeing("-" * 25 + "s" * 12 + "-" * 30, *looks))
        assert [cup.alert(at) for at in (10, 12, 13, 15)] == [False, None, None, False]

    def test_what_comes_or_goes_while_something_is_done_may_be_in_a_hand(self):
        """Tilted and half covered it may be in view all the while."""
        shown = "-" * 25 + "s" * 10 + "-" * 20
        calm, away = Action(5.0, 9.0, "stir pot"), Action(33.0, 40.0, "stir pot")
        (cup,) = oaa.targets(replace(seeing(shown), actions=(calm,)))
        assert [cup.alert(at) for at in (7, 30, 37)] == [False, True, False]
        (cup,) = oaa.targets(replace(seeing(shown), actions=(calm, away)))
        assert [cup.alert(at) for at in (7, 30, 37, 40, 44)] == [False, True, None, None, False]


class TestOtherReading:
    """Alert from the first appearance on."""

    def test_every_point_after_the_first_appearance_is_an_alert(self):
        """Every point after the first appearance is an alert."""
        recording = seeing("-" * 25 + "s" * 12 + "-" * 30)
        (question,) = ask(oaa, recording)
        other = already_seen(question)
        assert other.label_means == other.extras["label_semantics"] == "already_seen"
        assert labels(other) == {at: at >= 25 for at in labels(question)}
        assert labels(other) != labels(question) or 45 not in labels(question)
        assert question.label_means == "now"
