"""Shrinking images until a prompt fits: the processor's own arithmetic, and never too much."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.models.fit import image_tokens, shrunken

SIZES = st.tuples(st.integers(28, 2000), st.integers(28, 2000))


def total(sizes, max_pixels, min_pixels=3136, factor=28):
    """Tokens of all images under a limit."""
    return sum(
        image_tokens(size, min_pixels=min_pixels, max_pixels=max_pixels, factor=factor)
        for size in sizes
    )


def test_the_usual_frame_has_as_many_tokens_as_the_model_sees():
    """640x480 becomes 644x476, as Qwen2.5-VL's processor makes it."""
    assert image_tokens((640, 480), min_pixels=3136, max_pixels=12845056, factor=28) == 23 * 17


@given(
    size=st.tuples(st.integers(8, 1500), st.integers(8, 1500)),
    least=st.integers(784, 20000),
    span=st.integers(0, 500_000),
    factor=st.sampled_from([28, 32]),
)
def test_tokens_are_those_of_transformers(size, least, span, factor):
    """The same arithmetic as the processor's, for any size and limits."""
    resize = pytest.importorskip(
        "transformers.models.qwen2_vl.image_processing_qwen2_vl"
    ).smart_resize
    ours = image_tokens(size, min_pixels=least, max_pixels=least + span, factor=factor)
    high, wide = resize(size[1], size[0], factor, least, least + span)
    assert ours == high * wide // factor**2


@given(sizes=st.lists(SIZES, min_size=1, max_size=6), room=st.integers(0, 3000))
def test_the_result_fits_and_is_the_largest_that_does(sizes, room):
    """One pixel more would be too much, or nothing had to shrink."""
    found = shrunken(sizes, room_tokens=room, min_pixels=3136, factor=28)
    if found is None:
        assert total(sizes, 3136) > room
        return
    assert found >= 3136
    assert total(sizes, found) <= room
    untouched = total(sizes, 10**9)
    assert total(sizes, found) == untouched or total(sizes, found + 1) > room


def test_300_frames_of_sufficient_coverage_fit_into_32768_tokens():
    """The case that the rule is for."""
    frames = [(640, 480)] * 300
    found = shrunken(frames, room_tokens=30_000, min_pixels=3136, factor=28)
    assert found is not None
    assert 25_000 < total(frames, found) <= 30_000


def test_no_images_need_no_room():
    """Nothing to shrink is not the same as no way to fit."""
    assert shrunken([], room_tokens=0, min_pixels=3136, factor=28) == 3136


def test_a_thin_picture_still_fits():
    """A side below the factor counts as one square, and the room is kept."""
    found = shrunken([(20, 3000)], room_tokens=60, min_pixels=784, factor=28)
    assert found is not None
    assert total([(20, 3000)], found, min_pixels=784) <= 60
