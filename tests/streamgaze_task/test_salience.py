"""The salience map: against a slow formula, in degrees, in its colours, without a future."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamgaze_task.cameras import Camera, camera_of
from streamgaze_task.gaze import GazeTable
from streamgaze_task.salience import colours, map_size, salience_array, salience_map

CAMERA = camera_of("egtea")
SIZE = (64, 48)


def gaze(*rows, kind="samples"):
    """Rows of (seconds, duration, x, y)."""
    names = ("seconds", "duration_seconds", "x", "y")
    columns = {name: [row[i] for row in rows] for i, name in enumerate(names)}
    return GazeTable.from_columns({**columns, "kind": kind if rows else "none"})


def slow(table, size, camera, sigma_degrees):
    """The formula itself: every Gaussian at every pixel."""
    width, height = size
    sigma = (
        width
        / 2
        * math.tan(math.radians(sigma_degrees))
        / math.tan(math.radians(camera.hfov_degrees) / 2)
    )
    heat = np.zeros((height, width))
    for x, y, weight in zip(table.x, table.y, table.duration_seconds, strict=True):
        column, row = min(int(x * width), width - 1), min(int(y * height), height - 1)
        for i in range(height):
            for j in range(width):
                square = (i - row) ** 2 + (j - column) ** 2
                heat[i, j] += weight * math.exp(-square / (2 * sigma**2))
    return heat / heat.sum()


POSITION = st.floats(0, 1)


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(st.floats(0, 9), st.floats(0.1, 2), POSITION, POSITION), min_size=1, max_size=4
    ),
    st.tuples(st.integers(1, 40), st.integers(1, 30)),
    st.floats(0.5, 8),
)
def test_the_map_is_the_slow_formula(rows, size, sigma):
    """Every pixel, at any size and width of the Gaussian; what is cut at 4 sigma is below 0.1 %."""
    table = gaze(*rows, kind="fixations").window(0, 20)
    ours = salience_array(table, 0, 20, size, CAMERA, sigma_degrees=sigma)
    theirs = slow(table, size, CAMERA, sigma)
    assert ours.sum() == pytest.approx(1)
    assert np.abs(ours - theirs).max() <= 1e-3 * theirs.max() + 1e-12


def test_weights_are_the_seconds_inside_the_window():
    """Two places: one looked at three times as long, of which the window cuts off two thirds."""
    table = gaze((0, 1, 0.25, 0.5), (1, 3, 0.75, 0.5), kind="fixations")
    whole = salience_array(table, 0, 4, SIZE, CAMERA)
    assert whole[24, 48] == pytest.approx(3 * whole[24, 16])
    cut = salience_array(table, 0, 2, SIZE, CAMERA)
    assert cut[24, 48] == pytest.approx(cut[24, 16])


def test_no_second_counts_twice():
    """A sample weighs no more than the time until the next one, whatever it claims."""
    table = gaze((0, 9, 0.25, 0.5), (1, 1, 0.75, 0.5))
    heat = salience_array(table, 0, 2, SIZE, CAMERA)
    assert heat[24, 48] == pytest.approx(heat[24, 16])


def test_sigma_is_an_angle():
    """The map falls to exp(-1/2) at sigma degrees from the gaze, through the camera's lens."""
    camera, size, sigma = Camera(90), (640, 480), 5.0
    heat = salience_array(gaze((0, 1, 0.5, 0.5)), 0, 1, size, camera, sigma_degrees=sigma)
    beside = 320 + round(320 * math.tan(math.radians(sigma)))
    assert heat[240, beside] / heat[240, 320] == pytest.approx(math.exp(-0.5), rel=0.02)


def test_it_is_as_high_as_it_is_wide():
    """One width in both directions, whatever the shape of the frame."""
    heat = salience_array(gaze((0, 1, 0.5, 0.5)), 0, 1, (101, 61), CAMERA)
    assert heat[30, 50 + 7] == pytest.approx(heat[30 + 7, 50])


def test_no_gaze_is_black():
    """An empty window, an empty table, and nothing valid."""
    lost = GazeTable.from_columns({"seconds": [0], "x": [None], "y": [None]})
    for table in (GazeTable.empty(), lost, gaze((5, 1, 0.5, 0.5))):
        assert not np.asarray(salience_map(table, 0, 2, SIZE, CAMERA)).any()
        assert not salience_array(table, 0, 2, SIZE, CAMERA).any()


def test_the_picture_has_the_size_asked_for_and_is_white_at_its_peak():
    """Width first; white where the gaze was longest, black far away."""
    picture = salience_map(gaze((0, 0.2, 0.25, 0.5)), 0, 1, (640, 480), CAMERA)
    assert (picture.size, picture.mode) == ((640, 480), "RGB")
    assert picture.getpixel((160, 240)) == (255, 255, 255)
    assert picture.getpixel((600, 20)) == (0, 0, 0)


def test_the_same_window_gives_the_same_picture():
    """Byte for byte."""
    table = gaze(*((i / 10, 0.1, (i * 7 % 10) / 10, 0.4) for i in range(100)))
    one, two = (salience_map(table, 1, 8, SIZE, CAMERA).tobytes() for _ in range(2))
    assert one == two


@pytest.mark.parametrize(
    ("heat", "colour"),
    [
        (0, (0, 0, 0)),
        (1 / 6, (128, 0, 0)),
        (1 / 3, (255, 0, 0)),
        (1 / 2, (255, 128, 0)),
        (2 / 3, (255, 255, 0)),
        (1, (255, 255, 255)),
    ],
)
def test_colours_go_from_black_over_red_and_yellow_to_white(heat, colour):
    """Straight in between."""
    assert tuple(colours(np.array(heat))) == colour


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((320, 240), (320, 240)),
        ((640, 360), (640, 360)),
        ((1088, 1080), (640, 635)),
        ((6400, 1), (640, 1)),
    ],
)
def test_the_default_size_is_the_videos_up_to_640_wide(size, expected):
    """With the same shape."""
    assert map_size(*size) == expected


def test_impossible_sizes_and_angles_are_refused():
    """The message names the argument."""
    with pytest.raises(ValueError, match="must be >= 1"):
        map_size(0, 5)
    with pytest.raises(ValueError, match="must be at least 1 by 1"):
        salience_map(GazeTable.empty(), 0, 1, (0, 5), CAMERA)
    with pytest.raises(ValueError, match=r"degrees \(0\) must be between 0 and 90"):
        salience_map(GazeTable.empty(), 0, 1, SIZE, CAMERA, sigma_degrees=0)


ROW = st.tuples(st.floats(0, 12), st.floats(0, 2), POSITION, POSITION)


@given(
    st.lists(ROW, max_size=20),
    st.lists(ROW, max_size=20),
    st.sampled_from(["samples", "recovered", "fixations"]),
    st.floats(0, 8),
    st.floats(0, 12),
)
def test_what_comes_at_or_after_the_end_changes_no_pixel(past, future, kind, start, end):
    """Other rows from the end on give the same picture."""
    early = [row for row in past if row[0] < end]
    late = [(end + row[0], *row[1:]) for row in future]
    pictures = [
        salience_map(gaze(*rows, kind=kind), start, end, (32, 24), CAMERA).tobytes()
        for rows in (early + late, early)
    ]
    assert pictures[0] == pictures[1]
