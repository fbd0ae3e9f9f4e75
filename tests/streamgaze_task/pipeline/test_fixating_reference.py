"""The published fixation rule, faults included, against cases worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from streamgaze_task.cameras import camera_of
from streamgaze_task.pipeline.fixating.find import find_fixations
from streamgaze_task.pipeline.fixating.reference import reference_fixations
from streamgaze_task.pipeline.fixating.settings import FixationSettings
from streamgaze_task.pipeline.gaze_samples import GazeSamples, codes_of
from streamgaze_task.pipeline.records import FoundFixation, VideoFacts

VIDEO = VideoFacts(seconds=60.0, frames=1800, fps=30.0, width=640, height=480)


def table(*parts, fps=24):
    """One row a frame that stays at each (frames, x, y[, type]) in turn."""
    rows = [(x, y, *kind) for count, x, y, *kind in parts for _ in range(count)]
    types = [row[2] if len(row) > 2 else "fixation" for row in rows]
    return GazeSamples(
        seconds=np.arange(len(rows)) / fps,
        x=np.array([row[0] for row in rows]),
        y=np.array([row[1] for row in rows]),
        valid=np.array([kind == "fixation" for kind in types]),
        codes=codes_of(types),
    )


def spans(samples, fmt="egtea", video=VIDEO):
    """First and last frame of each, 24 a second."""
    fixations = reference_fixations(samples, video, fmt)
    return [(round(f.start_seconds * 24), round(f.end_seconds * 24)) for f in fixations]


def test_a_span_ends_with_its_last_sample_and_its_centre_is_the_mean():
    """50 frames at one place, 60 at another: the end is the last sample's time, not the next's."""
    samples = table((50, 0.25, 0.5), (60, 0.75, 0.25))
    assert reference_fixations(samples, VIDEO, "egtea") == (
        FoundFixation(0, 0.0, 49 / 24, 0.25, 0.5),
        FoundFixation(1, 50 / 24, 109 / 24, 0.75, 0.25),
    )


@pytest.mark.parametrize(("count", "kept"), [(48, False), (49, True)])
def test_two_seconds_from_first_to_last_sample(count, kept):
    """49 samples of 24 a second span 48/24 s."""
    assert bool(spans(table((count, 0.5, 0.5), (3, 0.9, 0.9)))) is kept


def test_the_distance_is_from_the_first_sample_and_not_from_the_centroid():
    """The first sample lies off: all the others are 0.16 from it, though near each other."""
    samples = table((1, 0.34, 0.5), (60, 0.5, 0.5))
    assert spans(samples) == [(1, 60)]
    near = table((1, 0.36, 0.5), (60, 0.5, 0.5))
    assert spans(near) == [(0, 60)]
    assert reference_fixations(near, VIDEO, "egtea")[0].x == pytest.approx((0.36 + 60 * 0.5) / 61)


def test_the_radius_itself_is_inside():
    """Outside is farther than the radius; 0.25 - 0.1 has no last digit to argue about."""
    at = 0.088
    assert spans(table((1, 0.0, 0.5), (60, at, 0.5)), "ego4d") == [(0, 60)]
    assert spans(table((1, 0.0, 0.5), (60, math.nextafter(at, 1), 0.5)), "ego4d") == [(1, 60)]


def test_the_disc_is_an_ellipse_in_pixels():
    """0.14 of the width (90 px) stays inside as 0.14 of the height (67 px) does; 80 px down not."""
    assert spans(table((30, 0.5, 0.5), (30, 0.64, 0.5))) == [(0, 59)]
    assert spans(table((30, 0.5, 0.5), (30, 0.5, 0.64))) == [(0, 59)]
    assert spans(table((30, 0.5, 0.5), (30, 0.5, 0.5 + 80 / 480))) == []
    assert spans(table((30, 0.5, 0.5), (30, 0.5 + 80 / 640, 0.5))) == [(0, 59)]


@pytest.mark.parametrize(
    ("fmt", "width", "radius"),
    [
        ("egtea", 1280, 0.15),
        ("ego4d", 1088, 0.088),
        ("egoexolearn", 1088, 96 / 1088),
        ("holoassist", 896, 96 / 896),
        ("plain", 1000, 0.096),
    ],
)
def test_the_radius_of_each_format(fmt, width, radius):
    """Just inside stays one, just outside parts."""
    video = VideoFacts(seconds=60.0, frames=1800, fps=30.0, width=width, height=480)
    for factor, count in ((0.999, 1), (1.001, 2)):
        samples = table((50, 0.5, 0.5), (50, 0.5 + factor * radius, 0.5))
        assert len(spans(samples, fmt, video)) == count


@pytest.mark.parametrize(("fmt", "place"), [("egtea", 0.0), ("holoassist", 0.5)])
def test_lost_samples_form_a_fixation_where_the_tables_put_them(fmt, place):
    """Four seconds of tracker loss, given as made-up places or as none at all."""
    for x in (place, math.nan):
        samples = table((60, 0.9, 0.9), (96, x, x, "untracked"), (60, 0.1, 0.9))
        fixations = reference_fixations(samples, VIDEO, fmt)
        assert len(fixations) == 3
        lost = fixations[1]
        assert (lost.start_seconds, lost.end_seconds) == (60 / 24, 155 / 24)
        assert (lost.x, lost.y) == (place, place)


@pytest.mark.parametrize(("before", "after", "count"), [(40, 40, 0), (60, 40, 1), (60, 60, 2)])
def test_a_blink_breaks_a_look_in_two_and_either_half_may_be_too_short(before, after, count):
    """Three frames at (0, 0) inside a look that ours finds whole."""
    samples = table((before, 0.5, 0.5), (3, 0.0, 0.0, "blink"), (after, 0.5, 0.5))
    assert len(spans(samples)) == count
    ours = find_fixations(samples, camera_of("egtea"), VIDEO, FixationSettings())
    assert len(ours) == 1
    assert ours[0].seconds == pytest.approx((before + 3 + after) / 24, abs=0.03)


def test_one_outlier_breaks_a_look():
    """The outlier becomes an anchor of its own."""
    assert spans(table((60, 0.5, 0.5), (1, 0.9, 0.9), (60, 0.5, 0.5))) == [(0, 59), (61, 120)]


def test_only_samples_10_ms_apart_and_less_are_passed_over():
    """At 120 a second the gap rule swallows everything after the first sample."""
    samples = table((200, 0.2, 0.2), (200, 0.8, 0.8), fps=120)
    fixations = reference_fixations(samples, VIDEO, "egtea")
    assert len(fixations) == 1
    assert (fixations[0].start_seconds, fixations[0].end_seconds) == (0.0, 399 / 120)
    assert fixations[0].x == pytest.approx(0.5)


def test_nothing_to_find():
    """No samples, one sample."""
    assert reference_fixations(table(), VIDEO, "egtea") == ()
    assert reference_fixations(table((1, 0.5, 0.5)), VIDEO, "egtea") == ()


@pytest.mark.parametrize(("source", "count"), [("egtea", 1), ("ego4d", 2)])
def test_find_fixations_takes_the_thresholds_of_the_camera(source, count):
    """Rule ``reference``: 0.1 apart is one for EGTEA and two for Ego4D."""
    samples = table((60, 0.5, 0.5), (60, 0.6, 0.5))
    chosen = FixationSettings(rule="reference")
    assert len(find_fixations(samples, camera_of(source), VIDEO, chosen)) == count


def test_it_agrees_with_a_plain_reading_of_the_rule():
    """Random walks, against the rule written down in the simplest way."""
    rng = np.random.default_rng(5)
    for _ in range(20):
        steps = rng.normal(0, 0.01, (800, 2)) * (rng.random((800, 1)) < 0.2)
        x, y = np.clip(0.5 + np.cumsum(steps, axis=0), 0, 1).T
        samples = GazeSamples(
            np.arange(800) / 24, x, y, np.ones(800, bool), codes_of(["fixation"] * 800)
        )
        assert spans(samples) == plain_reading(samples.seconds, np.stack([x, y], 1), 0.15)


def plain_reading(seconds, places, radius):
    """Spans that stay within the radius of their first sample, 2 s and longer."""
    made, first = [], 0
    while first < len(seconds):
        away = np.sqrt(((places[first:] - places[first]) ** 2).sum(axis=1)) > radius
        after = first + int(np.argmax(away)) if away.any() else len(seconds)
        if seconds[after - 1] - seconds[first] >= 2.0:
            made.append((first, after - 1))
        first = after
    return made
