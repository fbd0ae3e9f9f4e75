"""The published rules of GTA and OAA, on cases worked out by hand, faults included."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings

from streamgaze_task.pipeline.questions.alerts import already_seen
from streamgaze_task.pipeline.questions.reference import gta, oaa
from streamgaze_task.pipeline.questions.reference.gta import merged, published_points
from streamgaze_task.pipeline.questions.rules import chance
from streamgaze_task.pipeline.records import TestPoint

made = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("scanpaths.py"))))
look, scanpath = made.look, made.scanpath


def ask(maker, recording, seed=0, **more):
    """All questions of a recording."""
    return list(maker.make_reference(recording, chance(seed), **more))


def labels(found):
    """Seconds -> label."""
    return {point.seconds: point.alert for point in found}


class TestPoints:
    """The five published points."""

    def test_the_middle_point_shows_the_thing_not_yet_and_is_an_alert(self):
        """142.6 is rounded down: a window that ends at 142 s ends before the thing appears."""
        found = published_points(((142.6, 146.0),), 8.0)
        assert found == (
            TestPoint(122, alert=False),
            TestPoint(132, alert=False),
            TestPoint(142, alert=True),
            TestPoint(152, alert=False),
            TestPoint(162, alert=False),
        )

    def test_labels_are_those_of_the_unrounded_time(self):
        """Ten seconds later is 30.9, within the second look; the stamp says 30, before it."""
        found = published_points(((20.9, 23.0), (30.5, 33.0)), 0.0)
        assert labels(found) == {0: False, 10: False, 20: True, 30: True, 40: False}

    def test_both_ends_count(self):
        """Both ends count."""
        assert labels(published_points(((20.0, 30.0),), 0.0))[30] is True

    @pytest.mark.parametrize(
        ("start", "seconds"),
        [
            (22.5, [32, 42, 52, 62]),  # 22.4 lies before the first look
            (22.4, [22, 32, 42, 52, 62]),
            (42.4, [42, 52, 62]),
        ],
    )
    def test_none_lies_before_the_first_look(self, start, seconds):
        """None lies before the first look."""
        found = published_points(((42.4, 50.0),), start)
        assert [point.seconds for point in found] == seconds

    def test_none_lies_later_than_five_minutes(self):
        """None lies later than five minutes."""
        found = published_points(((305.0, 310.0),), 0.5)
        assert [point.seconds for point in found] == [285, 295]

    def test_stated_spans_swallow_gaps_of_ten_seconds(self):
        """Stated spans swallow gaps of ten seconds."""
        spans = ((1.0, 2.0), (12.0, 30.0), (13.0, 14.0), (40.1, 41.0))
        assert merged(spans) == ((1.0, 30.0), (40.1, 41.0))


LOOKS = (
    look("table", 8.7, 12.0, outside="pan wall"),
    look("pan", 142.6, 146.0, beside="jar", outside="lid table"),
    look("lid", 150.0, 153.0, outside="pan"),
)


class TestGaze:
    """GTA."""

    def test_it_asks_for_one_thing_in_the_circle_that_is_no_furniture(self):
        """It asks for one thing in the circle that is no furniture."""
        drawn = {
            question.extras["target_object"]
            for seed in range(40)
            for question in ask(gta, scanpath(*LOOKS), seed)
        }
        assert drawn == {"pan", "jar", "lid"}
        assert len(ask(gta, scanpath(*LOOKS))) == 1

    def test_the_question(self):
        """The question."""
        recording = scanpath(LOOKS[0], look("pan", 142.6, 146.0), look("pan", 150.0, 153.0))
        (question,) = ask(gta, recording)
        assert question.id == "rec/gta/0000"
        assert question.asked_seconds == 8
        assert question.text == "Monitor my gaze and alert me when I gaze on the <pan>."
        assert labels(question.points) == {
            122: False,
            132: False,
            142: True,
            152: True,
            162: False,
        }
        assert question.span_seconds == (8.0, 162.0)
        assert question.label_means == "now"
        assert question.extras["first_appearance"] == "02:22"
        assert question.extras["fixation_intervals"] == [{"start": "02:22", "end": "02:33"}]

    def test_the_prompt_asks_for_what_the_labels_do_not_say(self):
        """Who has already seen the pan should say so at 162 s; the label says no."""
        recording = scanpath(LOOKS[0], look("pan", 142.6, 146.0))
        (question,) = ask(gta, recording)
        assert labels(question.points)[162] is False
        assert labels(already_seen(question).points)[162] is True

    def test_with_furniture_alone_there_is_none(self):
        """With furniture alone there is none."""
        assert ask(gta, scanpath(LOOKS[0])) == []
        assert ask(gta, scanpath()) == []


class TestAppearance:
    """OAA."""

    def test_it_asks_for_everything_outside_the_circle_but_the_one_thing_of_gta(self):
        """The pan too, though it is gazed at."""
        recording = scanpath(*LOOKS)
        names = [one.extras["target_object"] for one in ask(oaa, recording)]
        assert names == ["pan", "lid"]
        found = ask(oaa, recording, gta_target="pan")
        assert [(one.id, one.extras["target_object"]) for one in found] == [("rec/oaa/0000", "lid")]

    def test_it_first_appears_where_a_look_lists_it_outside_the_circle(self):
        """Though it stood in the circle of the look before."""
        looks = [look("box", 5.0, 40.0, beside="jar"), look("box", 41.5, 44.0, outside="jar")]
        (question,) = ask(oaa, scanpath(*looks))
        assert question.text == "Watch the scene and alert me when the <jar> first appears."
        assert question.extras["first_appearance"] == "00:41"
        assert question.extras["appearance_intervals"] == [{"start": "00:41", "end": "00:44"}]
        assert labels(question.points) == {21: False, 31: False, 41: True, 51: False, 61: False}
        assert question.points[-1].seconds > scanpath(*looks).video_seconds


@settings(deadline=None)
@given(made.scanpaths())
def test_labels_follow_the_published_rule(recording):
    """By brute force over looks, for every thing outside the circle."""
    for question in ask(oaa, recording):
        name = question.extras["target_object"]
        spans = [
            (one.start_seconds, one.end_seconds)
            for one in recording.episodes
            if name in {thing.name for thing in one.outside}
        ]
        times = [spans[0][0] + offset for offset in (-20, -10, 0, 10, 20)]
        true = {int(t): any(a <= t <= b for a, b in spans) for t in times if t >= 0}
        assert labels(question.points).items() <= true.items()
        assert labels(question.points)[int(spans[0][0])] is True or spans[0][0] > 300
