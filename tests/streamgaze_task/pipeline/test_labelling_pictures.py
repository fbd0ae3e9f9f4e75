"""What labellers are shown: crop and mask, the dot, the published variant, and which frames."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamgaze_task.cameras import Camera
from streamgaze_task.pipeline.labelling import pictures
from streamgaze_task.pipeline.labelling.moments import (
    MOST_REFERENCE_FRAMES,
    fixation_frames,
    reference_frames,
    view_frames,
)


def noise(width, height, seed=0):
    """A frame without a black pixel."""
    return np.random.default_rng(seed).integers(1, 256, (height, width, 3), np.uint8)


@given(
    width=st.integers(1, 60),
    height=st.integers(1, 60),
    x=st.floats(0, 1),
    y=st.floats(0, 1),
    radius=st.floats(0.5, 45),
)
def test_crop_and_mask_share_no_pixel_and_lose_none(width, height, x, y, radius):
    """For any frame, gaze and radius."""
    frame = noise(width, height)
    circle = pictures.circle_at((x, y), radius, (width, height))
    square, masked = pictures.crop(frame, circle), pictures.mask(frame, circle)
    reach = circle.reach
    assert square.shape == (2 * reach + 1, 2 * reach + 1, 3)
    # The crop laid over an empty frame with a margin, its middle on the gaze.
    laid = np.zeros((height + 2 * reach, width + 2 * reach, 3), np.uint8)
    laid[circle.y : circle.y + 2 * reach + 1, circle.x : circle.x + 2 * reach + 1] = square
    inner = laid[reach : reach + height, reach : reach + width]
    assert laid.any(axis=2).sum() == inner.any(axis=2).sum()  # nothing beyond the frame
    assert not (inner.any(axis=2) & masked.any(axis=2)).any()
    assert (inner + masked == frame).all()
    rows, columns = np.nonzero(inner.any(axis=2))
    away = np.hypot(rows - circle.y, columns - circle.x)
    assert (away <= radius).all()
    assert inner[circle.y, circle.x].all()


def test_the_input_is_left_as_it_is():
    """Frames are shared."""
    frame = noise(50, 40)
    before = frame.copy()
    circle = pictures.circle_at((0.9, 0.1), 12.0, (50, 40))
    pictures.shown_crop(frame, circle, 0)
    pictures.shown_mask(frame, circle, 1000)
    assert (frame == before).all()


def test_the_circle_covers_the_angle():
    """The formula of a pinhole camera, counted in pixels."""
    camera = Camera(60.0)
    radius = camera.radius_px(13.0, 640)
    assert radius == pytest.approx(320 * math.tan(math.radians(13)) / math.tan(math.radians(30)))
    circle = pictures.circle_at((0.5, 0.5), radius, (640, 480))
    row = pictures.crop(noise(640, 480), circle)[circle.reach].any(axis=1)
    assert row.sum() == 2 * math.floor(radius) + 1


@pytest.mark.parametrize("x", [0.0, 0.5, 1.0])
def test_the_gaze_is_in_the_middle_of_the_crop_at_the_border_too(x):
    """So that one centre holds for all crops."""
    frame = noise(64, 48)
    circle = pictures.circle_at((x, 0.5), 10.0, (64, 48))
    shown = pictures.shown_crop(frame, circle, 0)
    assert shown.centre == (10, 10)
    assert shown.image.size == (21, 21)
    assert pictures.crop(frame, circle)[10, 10].tolist() == frame[circle.y, circle.x].tolist()


@pytest.mark.parametrize("width", [64, 640, 1920])
def test_the_dot_is_small_and_red_with_a_white_rim(width):
    """About one percent of the frame's width."""
    square = np.full((201, 201, 3), 90, np.uint8)
    drawn = pictures.marked(square, width)
    changed = (drawn != square).any(axis=2)
    radius = max(1, round(0.005 * width))
    assert tuple(drawn[100, 100]) == (255, 0, 0)
    assert tuple(drawn[100, 100 + radius]) == (255, 0, 0)
    assert tuple(drawn[100, 100 + radius + 1]) == (255, 255, 255)
    assert not changed[100, 100 + radius + 2]
    assert changed.sum() <= math.pi * (radius + 2) ** 2
    assert (square == 90).all()


def test_places_follow_the_picture_when_it_is_scaled():
    """Labellers that read pixels are told where things are."""
    frame = np.full((400, 800, 3), 120, np.uint8)
    frame[300, 600] = (255, 255, 255)
    circle = pictures.Circle(600, 300, 40.0)
    masked = pictures.shown_mask(frame, circle, 400)
    assert masked.image.size == (400, 200)
    assert masked.centre == pytest.approx((299.75, 149.75))
    assert masked.radius == pytest.approx(20.0)
    assert masked.frame_width == pytest.approx(400.0)
    grown = pictures.shown_crop(frame, circle, 448)
    assert grown.image.size == (448, 448)
    assert grown.centre == pytest.approx((223.5, 223.5))
    assert grown.radius == pytest.approx(40 * 448 / 81)
    assert grown.frame_width == pytest.approx(800 * 448 / 81)


def test_a_frame_that_fits_is_not_touched():
    """Scaling costs sharpness."""
    masked = pictures.shown_mask(noise(64, 48), pictures.Circle(5, 5, 3.0), 64)
    assert masked.image.size == (64, 48)
    image = masked.image
    assert pictures.shrunk(image, 64) is image
    assert pictures.shrunk(image, 32).size == (32, 24)


def test_the_published_crop_is_a_square_cut_at_the_border_without_a_dot():
    """With its corners in both pictures, as published."""
    frame = np.full((480, 640, 3), 120, np.uint8)
    radius = pictures.reference_radius(640, 90.0)
    assert radius == 92
    circle = pictures.circle_at((0.05, 0.5), radius, (640, 480))
    crop, masked = pictures.reference_crop(frame, circle), pictures.reference_mask(frame, circle)
    assert crop.image.size == masked.image.size == (448, 448)
    pixels = np.asarray(crop.image)
    assert (pixels == 120).all()  # corners are seen, nothing is drawn
    assert crop.centre[0] == pytest.approx((32 + 0.5) * 448 / (32 + 92) - 0.5)
    assert np.asarray(masked.image)[224, round(masked.centre[0])].tolist() == [0, 0, 0]


TIMES = [k / 10 for k in range(100)]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (1.0, 1.2, [11]),
        (1.0, 1.6, [11, 14]),
        (1.0, 9.0, [20, 40, 60, 80]),
        (9.8, 30.0, [99]),
        (-5.0, -4.0, [0]),
        (3.0, 2.0, [30]),
    ],
)
def test_frames_of_a_fixation_are_spread_inside_it(start, end, expected):
    """More of them the longer it lasts."""
    assert fixation_frames(TIMES, start, end, most=4, apart=0.25) == expected


@given(
    start=st.floats(0, 9),
    lasting=st.floats(0.15, 20),
    most=st.integers(1, 9),
    first=st.floats(0, 3),
)
def test_frames_of_a_fixation_never_lie_far_outside_it(start, lasting, most, first):
    """At most by the frame that is on screen when it starts."""
    times = [first + at for at in TIMES]
    found = fixation_frames(times, start, start + lasting, most=most, apart=0.25)
    assert 1 <= len(found) <= most
    assert found == sorted(set(found))
    for index in found:
        early = times[index] > start - 0.1 - 1e-9 or index == len(times) - 1
        assert early
        assert times[index] < start + lasting or index == 0


def test_views_are_the_nearest_frames_and_none_twice():
    """At any rate of the video."""
    assert view_frames([0.0, 0.4, 0.6, 1.1, 2.5], 1.0) == [0, 3, 4]
    assert view_frames([0.5], 1.0) == [0]
    assert view_frames(TIMES, 0.05) == list(range(100))
    assert view_frames([0.0, 2.0], 1.0) == [0, 1]


def test_the_published_frames_are_counted_by_whole_frames_a_second():
    """Slow videos and ends included."""
    assert reference_frames(1000, 24.46, 2.0, 5.0) == [48, 72, 96, 120]
    assert reference_frames(50, 24.46, 100.0, 105.0) == [49]
    assert len(reference_frames(10**6, 1.0, 0.0, 10**6)) == MOST_REFERENCE_FRAMES
    assert reference_frames(10, 0.5, 0.0, 4.0) == [0, 1, 2]
