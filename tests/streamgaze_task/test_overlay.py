"""The drawn-in gaze: colours, places, borders, and how near it comes to OpenCV's circles."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from streamgaze_task.cameras import Camera, camera_of
from streamgaze_task.overlay import (
    BLACK,
    GREEN,
    RED,
    OverlayStyle,
    degrees_style,
    disc_mask,
    draw_overlay,
    published_style,
    ring_mask,
)

GREY = (90, 91, 92)


def plain(width=64, height=48):
    """A grey frame."""
    return Image.new("RGB", (width, height), GREY)


def drawn(point, style, size=(64, 48)):
    """The pixels after drawing."""
    return np.asarray(draw_overlay(plain(*size), point, style))


# --- what is drawn ------------------------------------------------------------------------------


def test_dot_ring_and_circle_have_their_colours():
    """From the gaze outwards: green, black, the frame, red, the frame."""
    row = drawn((0.5, 0.5), OverlayStyle(30), (200, 200))[100]
    assert tuple(row[100]) == GREEN
    assert tuple(row[108]) == GREEN
    assert tuple(row[109]) == BLACK
    assert tuple(row[111]) == BLACK
    assert tuple(row[112]) == GREY
    assert [tuple(row[100 + i]) for i in (27, 28, 30, 32, 33)] == [GREY, RED, RED, RED, GREY]


def test_the_dot_lies_over_the_ring_and_the_ring_over_the_circle():
    """Drawn in that order, so a small circle does not hide the dot."""
    row = drawn((0.5, 0.5), OverlayStyle(9), (200, 200))[100]
    assert tuple(row[108]) == GREEN
    assert tuple(row[111]) == BLACK
    assert RED not in {tuple(pixel) for pixel in row}


@pytest.mark.parametrize(
    ("point", "pixel"),
    [
        ((0, 0), (0, 0)),
        ((0.5, 0.25), (32, 12)),
        ((0.999, 0.999), (63, 47)),
        ((0.51, 0.51), (32, 24)),
    ],
)
def test_the_centre_is_the_pixel_that_holds_the_point(point, pixel):
    """Rounded down, as the original does."""
    where = np.argwhere((drawn(point, OverlayStyle(200)) == GREEN).all(axis=2))
    y, x = (where.max(axis=0) + where.min(axis=0)) / 2
    inside = [8 <= place < size - 8 for place, size in zip(pixel, (64, 48), strict=True)]
    assert not inside[0] or x == pixel[0]
    assert not inside[1] or y == pixel[1]
    assert (drawn(point, OverlayStyle(200))[pixel[1], pixel[0]] == GREEN).all()


@pytest.mark.parametrize(
    "point",
    [None, (-0.001, 0.5), (0.5, -0.2), (1.0, 0.5), (0.5, 1.0), (math.nan, 0.5), (0.5, math.inf)],
)
def test_a_gaze_outside_the_frame_draws_nothing(point):
    """Neither the circle that would reach into the frame."""
    assert (drawn(point, OverlayStyle(20)) == GREY).all()


def test_the_input_is_not_changed_and_the_result_is_new():
    """Also when nothing is drawn."""
    image = plain()
    for point in (None, (0.5, 0.5)):
        result = draw_overlay(image, point, OverlayStyle(20))
        assert result is not image
        result.putpixel((0, 0), (1, 2, 3))
        assert (np.asarray(image) == GREY).all()


@pytest.mark.parametrize("mode", ["L", "RGBA", "P"])
def test_other_modes_become_rgb(mode):
    """A grey frame gets a green dot too."""
    result = draw_overlay(plain().convert(mode), (0.5, 0.5), OverlayStyle(20))
    assert result.mode == "RGB"
    assert result.getpixel((32, 24)) == GREEN


@given(st.floats(0, 0.999), st.floats(0, 0.999), st.integers(1, 90), st.integers(1, 70))
def test_only_what_lies_inside_the_frame_is_drawn(x, y, width, height):
    """The same picture as a cut out of a large one, at any border of any size."""
    style, margin = OverlayStyle(25), 120
    small = drawn((x, y), style, (width, height))
    centre = int(x * width) + margin, int(y * height) + margin
    size = width + 2 * margin, height + 2 * margin
    point = (centre[0] + 0.5) / size[0], (centre[1] + 0.5) / size[1]
    large = drawn(point, style, size)
    assert np.array_equal(small, large[margin:-margin, margin:-margin])


# --- radii --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "width", "radius"),
    [
        ("egtea", 640, 100),
        ("egtea", 320, 50),
        ("ego4d", 1088, 170),
        ("egoexolearn", 1088, 169),
        ("holoassist", 896, 139),
        (None, 640, 99),
        ("egoexolearn", 1, 1),
    ],
)
def test_published_radii(source, width, radius):
    """The pixels of the pipeline, and its rule for the rest."""
    assert published_style(source, width) == OverlayStyle(radius)


def test_a_radius_in_degrees_goes_through_the_camera():
    """13 degrees are 128 px for EGTEA's camera and 74 px for the one that the pipeline assumes."""
    assert degrees_style(640, camera_of("egtea")).radius == 128
    assert degrees_style(640, camera_of(None)).radius == 74
    assert degrees_style(640, Camera(90), radius_degrees=45).radius == 320


def test_a_radius_below_one_is_refused():
    """There is no such circle."""
    with pytest.raises(ValueError, match=r"radius \(0\) must be >= 1"):
        OverlayStyle(0)


def test_masks_cannot_be_changed():
    """They are shared by all frames."""
    with pytest.raises(ValueError, match="read-only"):
        ring_mask(5, 2)[0] = True
    with pytest.raises(ValueError, match="read-only"):
        disc_mask(5)[0] = True


# --- OpenCV -------------------------------------------------------------------------------------


def _opencv(size, centre, radius, thickness):
    cv2 = pytest.importorskip("cv2", reason="OpenCV comes with lmms-eval")
    pixels = np.zeros((size[1], size[0]), np.uint8)
    cv2.circle(pixels, centre, radius, 255, thickness)
    return pixels > 0


def _ours(size, centre, mask):
    pixels = np.zeros((size[1] + 2 * len(mask), size[0] + 2 * len(mask)), bool)
    corner = [place + len(mask) - len(mask) // 2 for place in centre]
    pixels[corner[1] : corner[1] + len(mask), corner[0] : corner[0] + len(mask)] = mask
    return pixels[len(mask) : -len(mask), len(mask) : -len(mask)]


@given(st.integers(0, 199), st.integers(0, 149), st.integers(1, 20))
def test_the_dot_is_opencvs_to_the_pixel(x, y, radius):
    """Of any radius, at any place, borders included."""
    ours = _ours((200, 150), (x, y), disc_mask(radius))
    assert np.array_equal(ours, _opencv((200, 150), (x, y), radius, -1))


def _compare(size, centre, radius, thickness):
    """Pixels of our ring, pixels that differ, and how far from the ring's edge the farthest is."""
    mask = ring_mask(radius, thickness)
    ours, theirs = _ours(size, centre, mask), _opencv(size, centre, radius, thickness)
    differs = np.argwhere(ours != theirs)
    distances = np.hypot(differs[:, 1] - centre[0], differs[:, 0] - centre[1])
    half = (thickness + 1) // 2 + 0.5
    return mask.sum(), len(differs), np.abs(np.abs(distances - radius) - half).max(initial=0)


@pytest.mark.parametrize("radius", range(13, 241))
def test_circles_differ_from_opencvs_by_little(radius):
    """At most 8 % of the circle's pixels, within 0.6 px of its edge."""
    pixels, differ, distance = _compare((520, 520), (260, 259), radius, 3)
    assert differ <= 0.08 * pixels
    assert distance <= 0.6


@pytest.mark.parametrize("centre", [(0, 0), (639, 10), (30, 479), (100, 400), (320, 240)])
@pytest.mark.parametrize(("radius", "thickness"), [(24, 3), (99, 3), (100, 3), (139, 3), (10, 2)])
def test_circles_at_borders_differ_by_no_more(centre, radius, thickness):
    """Cut off by the frame, on every side."""
    pixels, differ, distance = _compare((640, 480), centre, radius, thickness)
    assert differ <= 0.08 * pixels
    assert distance <= 0.6


def test_a_whole_overlay_is_opencvs_but_for_the_edges_of_the_rings():
    """Three calls of OpenCV in the original's order and colours: under 0.1 % of pixels differ."""
    cv2 = pytest.importorskip("cv2", reason="OpenCV comes with lmms-eval")
    theirs = np.array(plain(640, 480))
    centre = int(0.3 * 640), int(0.6 * 480)
    for radius, colour, thickness in ((100, RED, 3), (10, BLACK, 2), (8, GREEN, -1)):
        cv2.circle(theirs, centre, radius, colour, thickness)
    ours = drawn((0.3, 0.6), published_style("egtea", 640), (640, 480))
    assert (ours != theirs).any(axis=2).sum() <= 0.001 * 640 * 480
