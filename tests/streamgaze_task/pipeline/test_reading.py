"""The reader of rendered pictures finds what is there, and says when it is not sure."""

import runpy
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from streamgaze_task.rendering.reading import read_frame
from streamgaze_task.rendering.videos import VIDEOS

_CLIP = runpy.run_path(str(Path(__file__).with_name("rendered_clip.py")))
_frames, _times, _things = _CLIP["frames"], _CLIP["calm_times"], _CLIP["clear_things"]
_IDS = [video.video_id for video in VIDEOS]
_EASY = _IDS[1]


@pytest.fixture(scope="module")
def still():
    """One compressed frame, and what it shows."""
    at = _times(_EASY, 4)[0]
    return _frames(_EASY, [at])[0], _things(_EASY, at)


@pytest.mark.parametrize("video_id", _IDS)
def test_it_finds_what_is_clearly_in_view_and_nothing_else(video_id):
    """Names, colours and places, in every room."""
    times = _times(video_id, 6)
    true = found = 0
    for at, image in zip(times, _frames(video_id, times), strict=True):
        things = _things(video_id, at)
        clear = {one.name: one for one in read_frame(image) if one.clear}
        true += len(things)
        for name, one in clear.items():
            colour, x, y = things[name]
            assert one.colour == colour
            assert max(abs(one.x - x), abs(one.y - y)) <= 2
            found += 1
    assert true > 15
    assert found >= true - 1


def test_an_empty_room_has_nothing():
    """A plain wall, and noise on it."""
    rng = np.random.default_rng(0)
    wall = np.full((240, 320, 3), (222, 214, 196), np.uint8)
    noisy = (wall + rng.integers(-6, 7, wall.shape)).astype(np.uint8)
    assert read_frame(wall) == ()
    assert read_frame(noisy) == ()


def test_what_is_half_hidden_is_not_clear(still):
    """A grey bar over the right half of each thing in turn."""
    image, things = still
    for name, (_, x, y) in things.items():
        hidden = image.copy()
        hidden[int(y) - 23 : int(y) + 23, int(x) : int(x) + 23] = (90, 90, 190)
        assert name not in {one.name for one in read_frame(hidden) if one.clear}


def test_what_is_ignored_does_not_count(still):
    """Ignored pixels may hold anything; what they cut is not clear, the rest is found as before."""
    image, things = still
    name, (_, x, y) = next(iter(things.items()))
    ignore = np.zeros(image.shape[:2], np.bool_)
    ignore[int(y) - 30 : int(y) + 30, int(x) - 30 : int(x)] = True
    spoilt = image.copy()
    spoilt[ignore] = 0
    found = {one.name: one for one in read_frame(spoilt, ignore=ignore)}
    others = {other for other in things if other != name}
    assert others <= {one.name for one in found.values() if one.clear}
    assert name not in {one.name for one in found.values() if one.clear}
    if name in found:
        assert found[name].shown < 0.95
        assert not found[name].covered


def test_a_thing_that_the_edge_cuts_is_only_partly_there(still):
    """The picture's left part is taken away up to the middle of its leftmost thing."""
    image, things = still
    name, (_, x, _) = min(things.items(), key=lambda item: item[1][1])
    cut = np.ascontiguousarray(image[:, int(x) :])
    found = {one.name: one for one in read_frame(cut, size=44.8)}
    assert name not in {one.name for one in found.values() if one.clear}
    if name in found:
        assert found[name].part < 0.7


@pytest.mark.parametrize("scale", [2, 4])
def test_larger_pictures_give_the_same_things(still, scale):
    """As a labeller may get them, and wider videos have them."""
    image, things = still
    size = (image.shape[1] * scale, image.shape[0] * scale)
    large = np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BICUBIC))
    clear = {one.name: one for one in read_frame(large) if one.clear}
    assert set(clear) == set(things)
    for name, (_, x, y) in things.items():
        assert max(abs(clear[name].x - x * scale), abs(clear[name].y - y * scale)) <= 3 * scale


def test_the_same_picture_is_read_the_same(still):
    """Also from a copy."""
    image, _ = still
    assert read_frame(image) == read_frame(image.copy())


@pytest.mark.parametrize(
    ("image", "size"),
    [
        (np.zeros((240, 320), np.uint8), None),
        (np.zeros((240, 320, 3), np.float32), None),
        (np.zeros((48, 64, 3), np.uint8), None),
        (np.zeros((240, 320, 3), np.uint8), float("nan")),
        (np.zeros((240, 320, 3), np.uint8), 5.0),
    ],
)
def test_what_cannot_be_read_is_refused(image, size):
    """No RGB bytes, or things too small to be told apart."""
    with pytest.raises(ValueError, match=r"expected RGB|things must be"):
        read_frame(image, size=size)
