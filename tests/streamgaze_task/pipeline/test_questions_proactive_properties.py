"""What holds for the proactive tasks on any recording."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamgaze_task.pipeline.questions import gta, oaa
from streamgaze_task.pipeline.questions.alerts import already_seen
from streamgaze_task.pipeline.questions.rules import Rules, chance, spread

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
        assert question.asked_seconds <= seconds[0]
        assert seconds[-1] <= min(recording.video_seconds, question.asked_seconds + 300)
        assert {point.alert for point in question.points} == {True, False}
    alerts = [point.alert for question in found for point in question.points]
    assert abs(2 * sum(alerts) - len(alerts)) <= 1


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
def test_constant_replies_are_right_at_about_half_of_the_points(maker):
    """Constant replies are right at about half of the points."""
    alerts = []
    for seed in range(30):
        found = ask(maker, made.random_scanpath(seed, looks=80))
        kept = [found[i] for i in spread(found, 10, chance(seed))]
        alerts += [point.alert for question in kept for point in question.points]
    assert len(alerts) > 150
    assert 0.42 <= sum(alerts) / len(alerts) <= 0.58
