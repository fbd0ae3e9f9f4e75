"""Fixations: one look stays one look, whatever the tracker loses; nothing comes from nothing."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sightline.errors import UsageError
from streamgaze_task.cameras import camera_of
from streamgaze_task.pipeline.fixating.find import find_fixations
from streamgaze_task.pipeline.fixating.settings import FixationSettings, SceneSettings
from streamgaze_task.pipeline.fixating.smoothing import MOST_SAMPLES, running_median
from streamgaze_task.pipeline.gaze_samples import GazeSamples, codes_of
from streamgaze_task.pipeline.records import VideoFacts
from streamgaze_task.pipeline.settings import settings_from
from streamgaze_task.rendering.signals import known_fixations

CAMERA = camera_of("egtea")
VIDEO = VideoFacts(seconds=60.0, frames=1800, fps=30.0, width=640, height=480)
ONE_DEGREE = CAMERA.focal_widths * math.tan(math.radians(1))
"""In frame widths, in the middle of the frame."""
BOTH = pytest.mark.parametrize("rule", ["dispersion", "velocity"])


def gaze(*parts, rate=30, noise=0.0, seed=0):
    """Samples that stay at each (seconds, x, y) in turn; a text instead of x is a loss."""
    rng = np.random.default_rng(seed)
    columns = {"seconds": [], "x": [], "y": [], "valid": [], "codes": []}
    for seconds, *place in parts:
        for _ in range(round(seconds * rate)):
            lost = isinstance(place[0], str)
            x, y = (0.0, 0.0) if lost else np.array(place) + rng.normal(0, noise, 2)
            row = (len(columns["x"]) / rate, x, y, not lost, place[0] if lost else "unknown")
            for column, value in zip(columns.values(), row, strict=True):
                column.append(value)
    columns["codes"] = codes_of(columns["codes"])
    return GazeSamples(**{name: np.array(column) for name, column in columns.items()})


def found(samples, **chosen):
    """What is found with these settings."""
    return find_fixations(samples, CAMERA, VIDEO, FixationSettings(**chosen))


def frames(fixations):
    """Start and end of each, in frames of 30 a second (the last sample lasts half a frame more)."""
    return [(round(f.start_seconds * 30), math.floor(f.end_seconds * 30 + 0.25)) for f in fixations]


@BOTH
def test_each_look_is_found_and_short_ones_are_not_used(rule):
    """Three looks, of which the second is a glance: kept, numbered, dropped."""
    looks = found(gaze((2, 0.2, 0.2), (0.5, 0.5, 0.6), (1.5, 0.8, 0.3)), rule=rule)
    assert frames(looks) == [(0, 60), (60, 75), (75, 120)]
    assert [look.number for look in looks] == [0, 1, 2]
    assert [look.dropped for look in looks] == ["", "short", ""]
    places = [(look.x, look.y) for look in looks]
    assert np.allclose(places, [(0.2, 0.2), (0.5, 0.6), (0.8, 0.3)], atol=1e-9)


@BOTH
@pytest.mark.parametrize(("lost", "count"), [(3, 1), (9, 1), (12, 2)])
def test_a_blink_does_not_end_a_look_and_a_loss_does(rule, lost, count):
    """100 to 300 ms are a blink; after 400 ms nobody knows."""
    looks = found(gaze((2, 0.5, 0.5), (lost / 30, "blink"), (2, 0.5, 0.5)), rule=rule)
    assert len(looks) == count
    assert frames(looks)[-1][1] == 120 + lost


@BOTH
def test_a_blink_after_which_the_gaze_is_elsewhere_ends_the_look(rule):
    """Blinks often go with a saccade."""
    looks = found(gaze((2, 0.3, 0.5), (0.2, "blink"), (2, 0.6, 0.5)), rule=rule)
    assert frames(looks) == [(0, 60), (66, 126)]


@BOTH
@pytest.mark.parametrize("outliers", [1, 2])
def test_outliers_take_no_part(rule, outliers):
    """A sample or two far off: the look goes on, and its centre does not move."""
    far = (outliers / 30, 0.9, 0.9)
    looks = found(gaze((1, 0.5, 0.5), far, (1, 0.5, 0.5), far, (1, 0.5, 0.5)), rule=rule)
    assert frames(looks) == [(0, 90 + 2 * outliers)]
    assert (looks[0].x, looks[0].y) == pytest.approx((0.5, 0.5), abs=1e-9)


@BOTH
def test_a_glance_away_ends_a_look(rule):
    """0.2 s elsewhere is long enough to see something there."""
    looks = found(gaze((1.5, 0.4, 0.5), (0.2, 0.7, 0.5), (1.5, 0.4, 0.5)), rule=rule)
    assert frames(looks) == [(0, 45), (45, 51), (51, 96)]


@BOTH
def test_gaze_that_wanders_off_and_back_ends_a_look(rule):
    """0.2 s all over the frame, nowhere long: no outlier, though it returns to the same place."""
    places = [(0.8, 0.2), (0.2, 0.8), (0.9, 0.9), (0.1, 0.1), (0.8, 0.6), (0.2, 0.3)]
    away = [(1 / 30, *place) for place in places]
    for count, spans in ((2, [(0, 122)]), (6, [(0, 60), (66, 126)])):
        samples = gaze((2, 0.5, 0.5), *away[:count], (2, 0.5, 0.5))
        assert frames(found(samples, rule=rule, smooth_seconds=0.0)) == spans


@BOTH
def test_half_closed_lids_around_a_blink_are_bridged_with_it(rule):
    """A wrong sample, the blink, a wrong sample."""
    wrong = (1 / 30, 0.5, 0.95)
    looks = found(gaze((2, 0.5, 0.5), wrong, (0.2, "untracked"), wrong, (2, 0.5, 0.5)), rule=rule)
    assert frames(looks) == [(0, 128)]


@BOTH
@pytest.mark.parametrize("lost", ["untracked", "blink", "outside"])
def test_lost_samples_are_no_gaze(rule, lost):
    """Four seconds at the tracker's (0, 0) are nothing at all."""
    assert found(gaze((4, lost)), rule=rule) == ()
    assert frames(found(gaze((2, 0.5, 0.5), (4, lost), (2, 0.5, 0.5)), rule=rule)) == [
        (0, 60),
        (180, 240),
    ]


@BOTH
def test_samples_without_a_place_are_no_gaze(rule):
    """NaN and infinity, whatever the tracker says of them."""
    samples = gaze((2, 0.5, 0.5), (1, 0.5, 0.5), (2, 0.5, 0.5))
    x = samples.x.copy()
    x[60:90] = [math.nan, math.inf, -math.inf] * 10
    looks = found(replace(samples, x=x), rule=rule)
    assert frames(looks) == [(0, 60), (90, 150)]
    assert all(math.isfinite(look.x) for look in looks)


@pytest.mark.parametrize("rule", ["dispersion", "velocity", "reference"])
@pytest.mark.parametrize("count", [0, 1, 2])
def test_nearly_no_samples(rule, count):
    """None, one, two."""
    assert found(gaze((count / 30, 0.5, 0.5)), rule=rule) == ()


@BOTH
def test_many_samples_of_one_time_are_no_fixation(rule):
    """A broken clock: the work stays small, nothing is found."""
    count = 20_000
    full = np.full(count, 0.5)
    samples = GazeSamples(full, full, full, np.ones(count), codes_of(["unknown"] * count))
    assert found(samples, rule=rule) == ()


def test_dispersion_ends_where_the_gaze_drifts_away_and_velocity_does_not():
    """5 degrees a second for 4 s."""
    x = 0.3 + np.arange(120) / 30 * 5 * ONE_DEGREE
    samples = gaze((4, 0.5, 0.5))
    samples = replace(samples, x=x)
    assert len(found(samples, rule="dispersion")) > 4
    assert frames(found(samples, rule="velocity")) == [(0, 120)]


@BOTH
def test_a_look_does_not_creep_across_the_frame(rule):
    """Twenty stretches, each half a degree further, blinks between: no look spans them all."""
    parts = []
    for step in range(20):
        parts += [(0.5, 0.3 + 0.5 * step * ONE_DEGREE, 0.5), (0.2, "blink")]
    looks = found(gaze(*parts), rule=rule)
    assert len(looks) >= 3
    assert max(look.seconds for look in looks) < 7


@BOTH
def test_noise_of_a_degree_does_not_break_a_look(rule):
    """Ten seconds, and where it was."""
    samples = gaze((10, 0.4, 0.5), (5, 0.7, 0.5), noise=ONE_DEGREE, seed=3)
    used = [look for look in found(samples, rule=rule) if not look.dropped]
    assert np.allclose(frames(used), [(0, 300), (300, 450)], atol=3)
    assert np.allclose([look.x for look in used], [0.4, 0.7], atol=0.3 * ONE_DEGREE)


def messy(seed, seconds=40):
    """Gaze with every fault, and what its fixations are."""
    return known_fixations(
        seed,
        seconds,
        30,
        noise_degrees=0.5,
        dropout_share=0.05,
        drift_degrees_per_second=0.3,
        blinks_per_minute=15,
        outliers_per_minute=10,
    )


def samples_of(signal, shift=0.0, *, mirrored=False):
    """A signal as samples, moved in time, seen in a mirror."""
    x = 1 - signal.x if mirrored else signal.x
    return GazeSamples(signal.seconds + shift, x, signal.y, signal.valid, codes_of(signal.types))


@BOTH
@given(seed=st.integers(0, 50), shift=st.sampled_from([1.0, 64.0, 4096.0]))
@settings(max_examples=15, deadline=None)
def test_later_gaze_gives_later_fixations(rule, seed, shift):
    """Nothing but the times changes."""
    signal, _ = messy(seed)
    before, after = (found(samples_of(signal, by), rule=rule) for by in (0.0, shift))
    assert [f.dropped for f in after] == [f.dropped for f in before]
    assert np.allclose([(f.x, f.y) for f in after], [(f.x, f.y) for f in before], atol=1e-9)
    starts = [(f.start_seconds + shift, f.end_seconds + shift) for f in before]
    assert np.allclose([(f.start_seconds, f.end_seconds) for f in after], starts, atol=1e-9)


@BOTH
@given(seed=st.integers(0, 50))
@settings(max_examples=15, deadline=None)
def test_a_mirror_changes_nothing_but_sides(rule, seed):
    """Left and right are alike."""
    signal, _ = messy(seed)
    plain, mirrored = (found(samples_of(signal, mirrored=m), rule=rule) for m in (False, True))
    assert frames(mirrored) == frames(plain)
    assert np.allclose([1 - f.x for f in mirrored], [f.x for f in plain], atol=1e-9)


@BOTH
@given(seed=st.integers(0, 50), cut=st.floats(2, 39))
@example(seed=13, cut=34.0)
@settings(max_examples=40, deadline=None)
def test_what_comes_later_has_no_influence(rule, seed, cut):
    """Gaze that is cut off gives the same fixations up to shortly before the cut."""
    signal, _ = messy(seed)
    samples = samples_of(signal)
    kept = samples.seconds < cut
    names = ("seconds", "x", "y", "valid", "codes")
    part = GazeSamples(*(getattr(samples, name)[kept] for name in names))
    ahead = FixationSettings().look_ahead_seconds
    whole, known = (list(found(s, rule=rule)) for s in (samples, part))
    settled = [f for f in whole if f.end_seconds + ahead <= cut]
    assert known[: len(settled)] == settled


@BOTH
@given(seed=st.integers(0, 200))
@settings(max_examples=25, deadline=None)
def test_fixations_ascend_and_hold_gaze(rule, seed):
    """In order, apart, inside the frame, and at least as long as the shortest stretch."""
    signal, _ = messy(seed)
    last = 0.0
    for number, look in enumerate(found(samples_of(signal), rule=rule)):
        assert look.number == number
        assert last <= look.start_seconds < look.end_seconds
        assert look.seconds >= 0.1 - 1e-6
        assert 0 <= look.x <= 1
        assert 0 <= look.y <= 1
        assert (look.dropped == "short") == (look.seconds < 1.0 - 1e-9)
        last = look.end_seconds


@pytest.mark.parametrize("rule", ["dispersion", "velocity"])
@pytest.mark.parametrize("rate", [24, 30, 60, 120])
def test_known_fixations_are_found_at_every_rate(rule, rate):
    """Noise, blinks and outliers: each look of 1.25 s, to two samples or 40 ms."""
    signal, known = known_fixations(
        7, 120, rate, noise_degrees=0.3, blinks_per_minute=10, outliers_per_minute=10
    )
    used = [f for f in found(samples_of(signal), rule=rule) if not f.dropped]
    limit = max(2.5 / rate, 0.04)
    for look in known:
        if look.end - look.start >= 1.25:
            near = min(used, key=lambda f, look=look: abs(f.start_seconds - look.start))
            assert abs(near.start_seconds - look.start) <= limit
            assert abs(near.end_seconds - look.end) <= limit


def test_a_running_median_keeps_steps_and_takes_out_outliers():
    """Of samples within half the window to either side."""
    values = np.array([0, 0, 0, 9, 0, 0, 5, 5, 5, 5], float)
    seconds = np.arange(10) / 30
    smooth = running_median(seconds, values, 0.1)
    assert smooth.tolist() == [0, 0, 0, 0, 0, 0, 5, 5, 5, 5]
    assert running_median(seconds, values, 0.0).tolist() == values.tolist()
    assert running_median(np.empty(0), np.empty(0), 0.1).size == 0


def test_a_running_median_looks_at_no_more_than_its_most():
    """Equal times: the nearest samples count, not all."""
    values = np.arange(1000.0)
    smooth = running_median(np.zeros(1000), values, 0.1)
    around = MOST_SAMPLES // 2
    assert smooth[500] == 500
    assert smooth[0] == around / 2


@pytest.mark.parametrize(
    ("given_settings", "words"),
    [
        ({"rule": "dispersal"}, "must be one of dispersion, velocity, reference"),
        ({"dispersion_degrees": 0}, "must be > 0"),
        ({"min_seconds": -1}, "must be >= 0"),
        ({"velocity_degrees": math.nan}, "must be finite"),
        ({"smooth_second": 0.1}, "did you mean smooth_seconds"),
    ],
)
def test_settings_that_cannot_be(given_settings, words):
    """A configuration hears what is wrong."""
    with pytest.raises(UsageError, match=words):
        settings_from(FixationSettings, given_settings, "fixations")


@pytest.mark.parametrize(
    "chosen",
    [
        {"min_correlation": 1.1},
        {"frames_per_second": 0},
        {"least_frames": 1},
        {"black_share": 1.5},
        {"black_share": 0},
        {"edge_seconds": -0.1},
    ],
)
def test_scene_settings_that_cannot_be(chosen):
    """The same of pictures."""
    with pytest.raises(ValueError, match="must be"):
        SceneSettings(**chosen)
