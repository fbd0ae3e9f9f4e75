"""Cameras: degrees to pixels, and the facts about each source."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamgaze_task.cameras import PUBLISHED, Camera, camera_names, camera_of
from streamgaze_task.task_names import SOURCES


@pytest.mark.parametrize("source", [*SOURCES, "ego4d", PUBLISHED])
def test_every_source_has_a_camera_with_its_origin(source):
    """No number without a place where it comes from."""
    camera = camera_of(source)
    assert camera.name == source
    assert len(camera.origin) > 40
    assert isinstance(camera.checked, bool)
    assert source in camera_names()


@pytest.mark.parametrize(
    ("source", "hfov", "vfov"),
    [("egtea", 60, 46), ("egoexolearn", 82, 82), ("holoassist", 64.69, 39)],
)
def test_square_pixels_give_the_vertical_angle_of_the_data_sheet(source, hfov, vfov):
    """The horizontal number and the shape of the frame agree with the vertical number."""
    camera = camera_of(source)
    assert camera.hfov_degrees == hfov
    assert camera.vfov_degrees(1000, round(1000 / camera.aspect)) == pytest.approx(vfov, abs=1)


@pytest.mark.parametrize("source", [None, "", "somebody", "EGTEA"])
def test_an_unknown_source_gets_the_assumption_of_the_pipeline(source):
    """90 degrees, and a name that says so."""
    camera = camera_of(source)
    assert (camera.hfov_degrees, camera.name) == (90, PUBLISHED)


@pytest.mark.parametrize("hfov", [0, -1, 180, 200, math.nan, math.inf])
def test_a_field_of_view_must_be_possible(hfov):
    """Between nothing and half a turn."""
    with pytest.raises(ValueError, match=r"hfov_degrees \(.*\) must be between 0 and 180"):
        Camera(hfov)


@pytest.mark.parametrize("aspect", [0, -1, math.nan, math.inf])
def test_an_aspect_must_be_possible(aspect):
    """Width over height of a frame."""
    with pytest.raises(ValueError, match=r"aspect \(.*\) must be > 0"):
        Camera(60, aspect)


def test_half_the_field_of_view_is_half_the_frame():
    """The formula at the two places where everybody knows the answer."""
    assert Camera(90).radius_px(45, 640) == pytest.approx(320)
    assert camera_of("egtea").radius_px(30, 640) == pytest.approx(320)


@pytest.mark.parametrize("degrees", [0, -1, 90, 120, math.nan])
def test_a_radius_must_be_an_angle_before_the_camera(degrees):
    """Nothing beside or behind the camera is in the frame."""
    with pytest.raises(ValueError, match=r"degrees \(.*\) must be between 0 and 90"):
        Camera(90).radius_px(degrees, 640)


POINTS = st.tuples(st.floats(0, 1), st.floats(0, 1))


def degrees_apart(camera, x, y):
    """The true angle between two points of the frame, and their distance in the plane."""
    u, v = camera.angles(x, y)
    right = (x - 0.5) / camera.focal_widths
    down = (y - 0.5) / camera.aspect / camera.focal_widths
    one, two = np.stack([right, down, np.ones(2)], axis=1)
    true = math.degrees(math.atan2(np.linalg.norm(np.cross(one, two)), one @ two))
    return true, math.hypot(u[1] - u[0], v[1] - v[0])


@given(st.sampled_from(SOURCES), POINTS, st.floats(-0.02, 0.02), st.floats(-0.02, 0.02))
def test_distances_in_the_plane_are_degrees(source, point, right, down):
    """Near each other, anywhere in the frame: within 11 % of the true angle, at the corners too."""
    x, y = np.array([point[0], point[0] + right]), np.array([point[1], point[1] + down])
    true, plane = degrees_apart(camera_of(source), x, y)
    assert plane == pytest.approx(true, rel=0.115, abs=1e-6)


@given(st.sampled_from(SOURCES), st.floats(0, 20), st.floats(0, 360), st.floats(0, 360))
def test_distances_near_the_axis_are_right(source, away, turn, heading):
    """Within 20 degrees of the axis: to 1.6 %, in every direction."""
    camera = camera_of(source)
    reach, step = camera.focal_widths * math.tan(math.radians(away)), 1e-4
    x = 0.5 + reach * math.cos(math.radians(turn)) + step * np.array([0, math.cos(heading)])
    y = 0.5 + reach * camera.aspect * math.sin(math.radians(turn))
    y = y + step * camera.aspect * np.array([0, math.sin(heading)])
    true, plane = degrees_apart(camera, x, y)
    assert plane == pytest.approx(true, rel=0.016)


def test_the_middle_of_the_frame_is_the_origin():
    """No division by zero there, and a degree is a degree."""
    camera = camera_of("egtea")
    u, v = camera.angles(
        np.array([0.5, 0.5 + camera.focal_widths * math.tan(0.0174533)]), np.full(2, 0.5)
    )
    assert (u[0], v[0]) == (0, 0)
    assert u[1] == pytest.approx(1.0, rel=1e-4)


def test_the_shape_of_the_frame_counts():
    """The same part of the height is more degrees in a taller frame."""
    _, low = Camera(60).angles(np.array([0.5]), np.array([0.9]), aspect=2.0)
    _, high = Camera(60).angles(np.array([0.5]), np.array([0.9]), aspect=1.0)
    assert high[0] > 1.5 * low[0]
