"""What holds for the proactive tasks on any recording."""

from __future__ import annotations

import runpy
from itertools import chain
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamgaze_task.pipeline.questions import gta, oaa
from streamgaze_task.pipeline.questions.alerts import already_seen
from streamgaze_task.pipeline.questions.even_points import even_points
from streamgaze_task.pipeline.questions.rules import Rules, chance, spread
from streamgaze_task.pipeline.records import TestPoint

made = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("scanpaths.py"))))
scanpaths = made.scanpaths
BOTH = (gta, oaa)


def ask(maker, recording, seed=0):
    """All questions of a recording."""
    return list(maker.make(recording, Rules(), chance(seed)))


@settings(deadline=None)
@given(scanpaths(), st.sampled_from(BOTH), st.integers(0, 9))
def test_questions_are_whole(recording, maker, seed):
    """Questions are whole."""
    found = ask(maker, recording, seed)
    assert ask(maker, recording, seed) == found
    task = maker.__name__.rpartition(".")[2]
    for number, question in enumerate(found):
        assert question.id == f"{recording.recording_id}/{task}/{number:04d}"
        seconds = [point.seconds for point in question.points]
        assert 3 <= len(seconds) <= 5
        assert seconds == sorted(set(seconds))
        assert question.asked_seconds < seconds[0]
        assert (question.asked_seconds - min(one.asked_seconds for one in found)) % 260 == 0
        assert seconds[-1] <= min(recording.video_seconds, question.asked_seconds + 300)
        assert {point.alert for point in question.points} == {True, False}
    rows = [[point.alert for point in question.points] for question in found]
    assert all(abs(excess) <= 1 for excess in excesses(rows))


@settings(deadline=None)
@given(scanpaths(looks=30))
def test_gaze_labels_are_true(recording):
    """By brute force: who looks at what at that moment, and three quarters of a second around."""
    for question in ask(gta, recording):
        name = question.extras["target_object"]
        early = [e for e in recording.episodes if e.start_seconds <= question.asked_seconds]
        assert all(name != one.name for one in early)
        for point in question.points:
            for at in (point.seconds - 0.74, point.seconds, point.seconds + 0.74):
                now = [e for e in recording.episodes if e.start_seconds <= at < e.end_seconds]
                assert (name in {one.name for one in now}) is point.alert
            assert not any(a <= point.seconds < b for a, b in recording.losses)
            for action in recording.actions:
                if action.start_seconds <= point.seconds < action.end_seconds:
                    assert name not in action.text.split()
            now = [
                e for e in recording.episodes if e.start_seconds <= point.seconds < e.end_seconds
            ]
            assert all(one.sure and one.gazed for one in now)
            if not point.alert:
                assert all(name not in recording.group(one, "circle") for one in now)


@settings(deadline=None)
@given(scanpaths(looks=30, every=1.0))
def test_appearance_labels_are_true(recording):
    """By brute force: the views on both sides of a moment say the same."""
    for question in ask(oaa, recording):
        name = question.extras["target_object"]
        first = next(v.seconds for v in recording.views if name in v.seen)
        assert not any(name in v.partly for v in recording.views if v.seconds < first)
        assert question.asked_seconds < first
        for point in question.points:
            around = [v for v in recording.views if abs(v.seconds - point.seconds) <= 1]
            assert around
            assert {name in v.seen for v in around} == {point.alert}
            assert not any(name in v.partly for v in around)


@settings(deadline=None)
@given(scanpaths(looks=30, every=1.0), st.sampled_from(BOTH))
def test_the_other_reading_agrees_before_the_first_appearance_and_at_alerts(recording, maker):
    """The other reading agrees before the first appearance and at alerts."""
    for question in ask(maker, recording):
        other = already_seen(question)
        assert [p.seconds for p in other.points] == [p.seconds for p in question.points]
        for was, now in zip(question.points, other.points, strict=True):
            assert now.alert or not was.alert
        assert [p.alert for p in other.points] == sorted(p.alert for p in other.points)


@pytest.mark.parametrize("maker", BOTH)
@pytest.mark.parametrize(("recordings", "looks"), [(30, 80), (60, 20)])
def test_who_looks_at_nothing_is_right_at_about_half_of_the_points(maker, recordings, looks):
    """With a constant reply, or with the best one for every place."""
    asked = []
    for seed in range(recordings):
        found = ask(maker, made.random_scanpath(seed, looks=looks), seed)
        asked += [found[i] for i in spread(found, 10, chance(seed))]
    rows = [[point.alert for point in question.points] for question in asked]
    assert len(rows) > 100
    *places, whole = excesses(rows)
    points = sum(map(len, rows))
    assert abs(whole) / points <= 0.1
    assert 0.5 + sum(map(abs, places)) / points / 2 <= 0.55


def possible(text, at=10):
    """Possible points of these labels, every other second: Y alerts."""
    return tuple(TestPoint(at + 2 * k, letter == "Y") for k, letter in enumerate(text))


def chosen(*texts, seed=0):
    """Label rows of the things that are asked for."""
    kept = even_points([possible(text) for text in texts], chance(seed))
    return [tuple(point.alert for point in found) for found in kept.values()]


def excesses(rows):
    """Alerts less others: at every place, and in all."""
    places = [[row[place] for row in rows if len(row) > place] for place in range(5)]
    return [2 * sum(each) - len(each) for each in [*places, [*chain(*rows)]]]


class TestBalance:
    """As many alerts as others, at every place."""

    @given(st.lists(st.text("YN", max_size=12), max_size=12), st.integers(0, 9))
    def test_no_place_tells_the_label(self, texts, seed):
        """Whatever points are possible; and none is made up."""
        found = [possible(text) for text in texts]
        kept = even_points(found, chance(seed))
        assert even_points(found, chance(seed)) == kept
        for place, points_of in kept.items():
            assert {*points_of} <= {*found[place]}
            assert [*points_of] == sorted({*points_of}, key=lambda point: point.seconds)
            assert 3 <= len(points_of) <= 5
            assert {point.alert for point in points_of} == {True, False}
        rows = [[point.alert for point in points_of] for points_of in kept.values()]
        assert all(abs(excess) <= 1 for excess in excesses(rows))
        can = [text for text in texts if len(text) > 2 and {*text} == {"Y", "N"}]
        assert len(kept) <= len(can)
        assert bool(kept) == bool(can)

    @given(st.integers(0, 25), st.integers(0, 9))
    def test_what_can_be_asked_either_way_is_never_left_out(self, count, seed):
        """NNY and YYN, NYY and YNN even each other out."""
        assert len(chosen(*["NNYYNN"] * count, seed=seed)) == count

    def test_a_target_that_would_tip_the_labels_is_left_out(self):
        """A target that would tip the labels is left out."""
        assert chosen(*["YNN"] * 4) == [(True, False, False)]

    def test_another_may_make_room_for_it(self):
        """Two alerts too few, and one that has one too many."""
        assert len(chosen("NNY", "NNY", "YYN")) == 3

    @pytest.mark.parametrize("text", ["YN", "YYY", "NNNNN", ""])
    def test_a_question_has_three_points_and_both_labels(self, text):
        """A question has three points and both labels."""
        assert chosen(text) == []

    def test_and_five_at_most(self):
        """And five at most."""
        (row,) = chosen("YYYYYYYYNNNNNNNN")
        assert len(row) == 5

    def test_where_one_is_over_it_is_not_always_the_same_label(self):
        """With one question a recording, who always said no first would be right too often."""
        first = [chosen("NNYYNN", seed=seed)[0][0] for seed in range(200)]
        assert 70 < sum(first) < 130
