"""Which pieces of a video the review page cuts."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.video import Scan
from streamgaze_task.pipeline.records import LabelledFixation, Question, TestPoint
from streamgaze_task.pipeline.review.clips import (
    Clip,
    Wanted,
    clip_of,
    of_fixation,
    of_question,
    passes,
    thinned,
)


def scan_of(times) -> Scan:
    """A video whose frames have these times, a tenth of a second each."""
    times = tuple(times)
    return Scan(
        pts_seconds=times,
        fps=10.0,
        frame_count=len(times),
        duration_seconds=times[-1] + 0.1,
        width=64,
        height=48,
        rotation=0,
        variable_rate=False,
        key_frames=(0,),
        truncated=False,
    )


SCAN = scan_of(k / 10 for k in range(300))
ALL = tuple(range(300))


def question(task: str, asked: int, points=()) -> Question:
    """The fields that matter here."""
    return Question("q", task, "r", asked, "?", points=points)


def test_a_fixation_is_shown_with_a_second_around_it():
    """Its still picture is its middle; of a very long one the beginning is shown."""
    (wanted,) = of_fixation(LabelledFixation(0, 5.0, 5.4, 0.5, 0.5))
    assert (wanted.start, wanted.end, wanted.still) == pytest.approx((4.0, 6.4, 5.2))
    (wanted,) = of_fixation(LabelledFixation(0, 5.0, 500.0, 0.5, 0.5))
    assert (wanted.start, wanted.end) == (4.0, 24.0)
    assert wanted.still <= wanted.end


@pytest.mark.parametrize("task", ["nfi", "oie", "unheard of"])
def test_a_question_is_shown_with_what_comes_before_it(task):
    """At most twenty seconds, and nothing from the moment it is asked on."""
    (wanted,) = of_question(question(task, 90))
    assert (wanted.start, wanted.end) == (70.0, 90.0)
    clip = clip_of(of_question(question(task, 12))[0], SCAN, ALL)
    assert (clip.frames[0], clip.frames[-1], clip.still) == (0, 119, 119)


def test_each_test_point_has_a_clip():
    """Of what the model has seen by then."""
    points = (TestPoint(3, alert=False), TestPoint(20, alert=True))
    wanted = of_question(question("gta", 1, points))
    assert [(one.start, one.end) for one in wanted] == [(-5.0, 3.0), (12.0, 20.0)]


@pytest.mark.parametrize(
    "span", [(30.1, 40.0), (-5.0, 0.0), (3.0, 3.0), (5.0, 4.0), (math.nan, 1.0), (0.0, math.nan)]
)
def test_outside_the_video_there_is_no_clip(span):
    """And a span that is none has none either."""
    assert clip_of(Wanted("x", *span, still=1.0), SCAN, ALL) is None


def test_between_two_frames_the_frame_on_screen_is_shown():
    """A slow camera has nothing else."""
    slow = scan_of([0.0, 2.0, 4.0])
    clip = clip_of(Wanted("x", 2.5, 3.0, 2.7), slow, (0, 1, 2))
    assert (clip.frames, clip.still) == ((1,), 1)


@given(
    st.lists(st.floats(0, 60), min_size=1, max_size=80, unique=True),
    st.floats(-5, 70),
    st.floats(0, 30),
    st.floats(0, 1),
)
def test_a_clip_has_frames_of_its_span_alone(times, start, length, part):
    """For any frame times: ascending, its still among them, none from the end on."""
    scan = scan_of(sorted(times))
    kept = thinned(scan.pts_seconds)
    end = start + length
    clip = clip_of(Wanted("x", start, end, start + part * length), scan, kept)
    if clip is None:
        assert end <= max(start, 0) or start >= scan.duration_seconds
        return
    assert clip.still in clip.frames
    assert list(clip.frames) == sorted(set(clip.frames))
    assert set(clip.frames) <= set(kept)
    inside = [i for i in kept if max(start, 0) <= scan.pts_seconds[i] < end]
    assert list(clip.frames) == inside or (not inside and len(clip.frames) == 1)


@given(st.lists(st.floats(0, 10), max_size=200, unique=True))
def test_thinned_frames_come_at_most_fifteen_times_a_second(times):
    """The first is always there, and every frame has a kept one less than a fifteenth before."""
    times = sorted(times)
    kept = thinned(times)
    assert kept[:1] == ((0,) if times else ())
    assert len(kept) <= 151 + 1
    for index, at in enumerate(times):
        last = max(k for k in kept if k <= index)
        assert at - times[last] <= 1 / 15 + 1e-6


def test_ten_frames_a_second_are_all_kept_and_thirty_halved():
    """Rounding of the clock loses none."""
    assert len(thinned([k / 10 for k in range(1000)])) == 1000
    assert thinned([k / 30 for k in range(3000)]) == tuple(range(0, 3000, 2))


spans = st.tuples(st.integers(0, 50), st.integers(0, 20)).map(lambda s: (s[0], s[0] + s[1]))


@given(st.lists(spans, max_size=60), st.integers(1, 6))
def test_no_walk_has_more_open_than_allowed(given_spans, most):
    """Every clip in exactly one walk, and no more walks than the busiest frame needs."""
    clips = [Clip(0.0, 1.0, tuple(range(a, b + 1)), a) for a, b in given_spans]
    parts = passes(clips, most)
    assert sorted(number for part in parts for number in part) == list(range(len(clips)))

    def busiest(numbers) -> int:
        counts = [sum(frame in clips[n].frames for n in numbers) for frame in range(71)]
        return max(counts, default=0)

    assert all(busiest(part) <= most for part in parts)
    assert len(parts) == math.ceil(busiest(range(len(clips))) / most)
