"""Fixations: found where they were put, in degrees, whatever the tracker loses."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamgaze_task.cameras import Camera, camera_of
from streamgaze_task.fixations import (
    _NOTHING,
    DISPERSION_DEGREES,
    Fixation,
    _dispersions,
    detect_fixations,
)
from streamgaze_task.gaze import GazeTable

CAMERA = camera_of("egtea")
ONE_DEGREE = CAMERA.focal_widths * math.tan(math.radians(1))
"""In frame widths, in the middle of the frame."""


def steps(*parts, rate=30, noise=0.0, seed=0):
    """Gaze that stays at each (seconds, x, y) in turn and jumps in between; x None is a loss."""
    rng = np.random.default_rng(seed)
    columns = {"seconds": [], "x": [], "y": []}
    for seconds, x, y in parts:
        for _ in range(round(seconds * rate)):
            columns["seconds"].append(len(columns["seconds"]) / rate)
            shaken = (None, None) if x is None else np.array([x, y]) + rng.normal(0, noise, 2)
            columns["x"].append(shaken[0])
            columns["y"].append(shaken[1])
    lasting = [1 / rate] * len(columns["x"])
    return GazeTable.from_columns({**columns, "duration_seconds": lasting})


def spans(found):
    """Start and end of each, in frames of 30 a second."""
    return [(round(f.start_seconds * 30), round(f.end_seconds * 30)) for f in found]


def test_each_place_is_one_fixation():
    """Three looks: their times and places."""
    gaze = steps((1, 0.2, 0.2), (0.5, 0.5, 0.6), (2, 0.8, 0.3), noise=0.1 * ONE_DEGREE)
    found = detect_fixations(gaze, CAMERA)
    assert spans(found) == [(0, 30), (30, 45), (45, 105)]
    for fixation, place in zip(found, [(0.2, 0.2), (0.5, 0.6), (0.8, 0.3)], strict=True):
        assert (fixation.x, fixation.y) == pytest.approx(place, abs=0.003)
    assert found[0].seconds == pytest.approx(1.0)


def test_a_moving_gaze_is_no_fixation():
    """40 degrees a second: no place holds for 0.15 s."""
    count = 60
    x = 0.5 + (np.arange(count) - 30) / 30 * 40 * ONE_DEGREE
    gaze = GazeTable.from_columns(
        {"seconds": np.arange(count) / 30, "x": x, "y": np.full(count, 0.5)}
    )
    assert detect_fixations(gaze, CAMERA) == ()


@pytest.mark.parametrize(("frames", "count"), [(4, 0), (5, 1), (6, 1)])
def test_the_shortest_fixation(frames, count):
    """0.15 s are 5 frames of 30 a second."""
    gaze = steps((frames / 30, 0.5, 0.5), (1, None, None))
    assert len(detect_fixations(gaze, CAMERA)) == count


@pytest.mark.parametrize(("degrees", "frames"), [(1.45, 31), (1.6, 30)])
def test_the_threshold_is_the_distance_from_the_centroid(degrees, frames):
    """30 samples at one place, then one that far away (the centroid hardly moves)."""
    assert DISPERSION_DEGREES == 1.5
    gaze = steps((1, 0.5, 0.5), (1 / 30, 0.5 + degrees * ONE_DEGREE, 0.5))
    assert spans(detect_fixations(gaze, CAMERA)) == [(0, frames)]


def test_no_sample_is_ever_far_from_the_centroid_of_a_fixation():
    """A slow drift does not stretch a fixation without end."""
    x = 0.3 + np.arange(300) * 0.02 * ONE_DEGREE
    gaze = GazeTable.from_columns({"seconds": np.arange(300) / 30, "x": x, "y": [0.5] * 300})
    found = detect_fixations(gaze, CAMERA)
    assert len(found) == 2
    for fixation in found:
        inside = (gaze.seconds >= fixation.start_seconds) & (gaze.seconds < fixation.end_seconds)
        assert np.abs(gaze.x[inside] - fixation.x).max() <= 1.6 * ONE_DEGREE


@pytest.mark.parametrize(("lost", "count"), [(1, 1), (2, 1), (3, 2), (9, 2)])
def test_short_losses_are_bridged_and_blinks_are_not(lost, count):
    """Up to 75 ms: two frames of 30 a second."""
    gaze = steps((1, 0.5, 0.5), (lost / 30, None, None), (1, 0.5, 0.5))
    found = detect_fixations(gaze, CAMERA)
    assert len(found) == count
    assert spans(found)[-1][1] == 60 + lost


def test_lost_samples_are_no_gaze_at_the_corner():
    """The tracker's (0, 0) of lost samples does not become a fixation."""
    gaze = GazeTable.from_columns(
        {"seconds": np.arange(120) / 30, "x": [0] * 120, "y": [0] * 120, "valid": [False] * 120}
    )
    assert detect_fixations(gaze, CAMERA) == ()


@pytest.mark.parametrize("turn", [0, 30, 45, 90])
def test_degrees_are_alike_in_all_directions(turn):
    """1.4 degrees away still belongs to it, 1.7 does not, sideways as upwards."""
    along = np.array([math.cos(math.radians(turn)), math.sin(math.radians(turn)) * CAMERA.aspect])
    for degrees, together in ((1.4, True), (1.7, False)):
        x, y = 0.5 + along * degrees * ONE_DEGREE
        gaze = steps((2, 0.5, 0.5), (1 / 30, x, y))
        assert (spans(detect_fixations(gaze, CAMERA))[0] == (0, 61)) is together


def test_the_frames_shape_can_be_told():
    """The same heights are fewer degrees in a wide frame."""
    gaze = steps((1, 0.5, 0.5), (1, 0.5, 0.5 + 2 * ONE_DEGREE))
    assert len(detect_fixations(gaze, CAMERA, aspect=1.0)) == 2
    assert len(detect_fixations(gaze, CAMERA, aspect=2.0)) == 1


def test_a_wider_camera_sees_fewer_pixels_per_degree():
    """What is one look through a narrow lens is two through a wide one."""
    gaze = steps((1, 0.5, 0.5), (1, 0.52, 0.5))
    assert len(detect_fixations(gaze, Camera(40))) == 1
    assert len(detect_fixations(gaze, Camera(120))) == 2


def test_published_fixations_are_taken_as_they_are():
    """Their valid rows, with their own times and centres."""
    columns = {
        "seconds": [1, 5, 9],
        "duration_seconds": [2, 0.01, 1],
        "x": [0.1, 0.2, 0.3],
        "y": [0.5, 0.5, 0.5],
        "valid": [True, True, False],
        "kind": "fixations",
    }
    found = detect_fixations(GazeTable.from_columns(columns), CAMERA)
    assert found == (Fixation(1, 3, 0.1, 0.5), Fixation(5, 5.01, 0.2, 0.5))


def test_no_gaze_no_fixations():
    """An empty table is no error."""
    assert detect_fixations(GazeTable.empty(), CAMERA) == ()


def test_a_duration_that_overlaps_the_next_sample_counts_once():
    """Two samples of a second each, 0.1 s apart, are no fixation of 2 s."""
    gaze = GazeTable.from_columns(
        {"seconds": [0, 0.1], "duration_seconds": [1, 1], "x": [0.5, 0.5], "y": [0.5, 0.5]}
    )
    assert detect_fixations(gaze, CAMERA) == (Fixation(0, 1.1, 0.5, 0.5),)


def test_a_fixation_ends_where_the_gaze_leaves():
    """Even when its last sample claims to last longer."""
    seconds, x = np.arange(20) / 10, [0.2] * 10 + [0.8] * 10
    columns = {"seconds": seconds, "duration_seconds": [5] * 20, "x": x, "y": [0.5] * 20}
    first, second = detect_fixations(GazeTable.from_columns(columns), CAMERA)
    assert (first.end_seconds, second.start_seconds) == (1.0, 1.0)


def test_the_first_samples_count_to_the_last():
    """The centroid wanders away from them until they are too far: then the fixation ends."""
    far = [0.5 + degrees * ONE_DEGREE for degrees in (0, 1.4, 2.4)]
    gaze = steps((1, far[0], 0.5), (3, far[1], 0.5), (20, far[2], 0.5))
    ((begin, end), *_) = spans(detect_fixations(gaze, CAMERA))
    # (90 * 1.4 + n * 2.4) / (120 + n) > 1.5 from n = 61 on.
    assert (begin, end) == (0, pytest.approx(120 + 60, abs=2))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dispersion_degrees": 0}, r"dispersion_degrees \(0\) must be > 0"),
        ({"min_seconds": -1}, "min_seconds and max_gap_seconds must be >= 0"),
        ({"max_gap_seconds": -1}, "min_seconds and max_gap_seconds must be >= 0"),
    ],
)
def test_thresholds_must_make_sense(options, message):
    """The message names the argument."""
    with pytest.raises(ValueError, match=message):
        detect_fixations(GazeTable.empty(), CAMERA, **options)


@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(-5, 5)), min_size=1, max_size=40))
def test_the_spread_is_the_distance_of_the_farthest_sample(points):
    """Within half a percent of the slow formula, for every number of samples, in two parts."""
    places, half = np.array(points), len(points) // 2
    first, extent, total = _dispersions(places[: half + 1], _NOTHING, np.zeros(2), 0)
    rest = np.empty(0)
    if len(places) > half + 1:
        rest, _, _ = _dispersions(places[half + 1 :], extent, total, half + 1)
    spread = np.concatenate([first, rest])
    for count in range(1, len(places) + 1):
        part = places[:count]
        true = np.hypot(*(part - part.mean(axis=0)).T).max()
        assert 0.995 * true - 1e-9 <= spread[count - 1] <= true + 1e-9


@given(st.integers(0, 2**32), st.integers(1, 400))
def test_fixations_are_in_order_apart_and_as_long_as_asked(seed, count):
    """Whatever the gaze does."""
    rng = np.random.default_rng(seed)
    walk = np.clip(0.5 + np.cumsum(rng.normal(0, 0.01, (count, 2)), axis=0), 0, 1)
    gaze = GazeTable.from_columns(
        {
            "seconds": np.cumsum(rng.exponential(0.03, count)),
            "x": walk[:, 0],
            "y": walk[:, 1],
            "valid": rng.random(count) > 0.05,
        }
    )
    found = detect_fixations(gaze, CAMERA)
    assert all(fixation.seconds >= 0.15 - 1e-6 for fixation in found)
    for one, two in pairwise(found):
        assert one.end_seconds <= two.start_seconds


def test_one_look_of_any_length_is_one_fixation():
    """Ten minutes at 200 samples a second, in blocks: no seam between them."""
    count = 120_000
    still = np.full(count, 0.5)
    gaze = GazeTable(np.arange(count) / 200, still / 100, still, still, still > 0, "samples")
    assert detect_fixations(gaze, CAMERA) == (Fixation(0.0, 600.0, 0.5, 0.5),)
