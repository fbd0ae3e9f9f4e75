import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmsi_video.profiles import (
    Profile,
    Resize,
    profile,
    profiles,
    refused_profiles,
    target_size,
)
from sightline.errors import UsageError

GRID = Resize("grid", max_pixels=151_200, multiple=28)
SHRINK = Resize("shrink", max_pixels=153_600)
sides = st.integers(1, 4000)


def test_names():
    """The profiles are those that the task folder's README lists."""
    assert list(profiles()) == [
        *("frames", "api_low_detail", "api_low_detail_shrunk", "api", "api_shrunk"),
        *("internvl", "qwen_video", "llava_video", "native"),
    ]


def test_unknown_profile():
    """An unknown name is answered with the known ones."""
    with pytest.raises(
        UsageError, match=r"profile \('fraems'\) must be one of: frames, api_low_detail, "
    ):
        profile("fraems")


@pytest.mark.parametrize("name", ["internvideo", "qwen3_video"])
def test_refused_profile(name):
    """A form that lmms-eval cannot carry is refused with the reason and the nearest honest one."""
    with pytest.raises(UsageError, match=f"profile '{name}' cannot be honoured: .*use `"):
        profile(name)
    assert name in refused_profiles()


@pytest.mark.parametrize(
    ("width", "height", "size"),
    [
        (640, 480, (448, 336)),
        (1280, 720, (504, 280)),
        (100, 60, (112, 56)),
        (28, 28, (28, 28)),
    ],
)
def test_qwen_grid(width, height, size):
    """The grid step is the arithmetic of qwen_vl_utils, with the official 360 x 420 pixels."""
    assert target_size(width, height, GRID) == size


@pytest.fixture(scope="module")
def smart_resize():
    """The original that the grid step restates."""
    return pytest.importorskip(
        "qwen_vl_utils.vision_process", reason="needs sightline[eval]"
    ).smart_resize


@given(wide=st.integers(1, 40), high=st.integers(1, 40))
def test_grid_is_what_qwen_vl_utils_does(smart_resize, wide, high):
    """Frames that the grid step has made are left alone by qwen_vl_utils."""
    width, height = wide * 50, high * 50
    if max(width, height) / min(width, height) > 150:
        return
    expected = smart_resize(height, width, factor=28, min_pixels=1, max_pixels=151_200)
    made = target_size(width, height, GRID)
    assert made == (expected[1], expected[0])
    assert target_size(*made, GRID) == made


@given(sides, sides)
def test_shrink_never_enlarges(width, height):
    """The API step keeps small images as they are and brings large ones under the limit."""
    wide, high = target_size(width, height, SHRINK)
    assert wide <= width
    assert high <= height
    if width * height <= 153_600:
        assert (wide, high) == (width, height)
    elif min(wide, high) > 1:
        assert wide * high <= 153_600


def test_square():
    """The InternVL step makes one tile, whatever the aspect."""
    assert target_size(640, 480, Resize("square", side=448)) == (448, 448)


def test_empty_image():
    """A side of zero is refused."""
    with pytest.raises(ValueError, match=r"width \(0\) and height \(5\) must be >= 1"):
        target_size(0, 5, GRID)


@pytest.mark.parametrize(
    ("cap", "taken"),
    [(50, False), (51, True), (300, True), (None, False)],
)
def test_api_shrinks_above_fifty_frames(cap, taken):
    """The official API code touches images only when the cap is above 50."""
    assert (profile("api").resize_at(cap) is not None) is taken
    assert profile("api_shrunk").resize_at(cap) is not None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"video": "tape"}, r"x: video \('tape'\) must be images, frames or file"),
        ({"system": "none"}, r"x: system \('none'\) must be inline or message"),
        ({"image_bytes": "png"}, r"x: image_bytes \('png'\) must be decoded or original"),
        ({"detail": "high"}, r"x: detail \('high'\) must be low or absent"),
        ({"video": "file", "label": "F"}, "only the form `images` can carry text"),
    ],
)
def test_bad_profile(changes, message):
    """A profile with an impossible value is refused with field and finding."""
    fields = {"name": "x", "about": "", "video": "images", "system": "inline", **changes}
    with pytest.raises(ValueError, match=message):
        Profile(**fields)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"rule": "crop"}, r"resize rule \('crop'\) must be one of: square, grid, shrink"),
        ({"rule": "grid", "max_pixels": 9}, "resize rule grid needs multiple >= 1, but got None"),
        ({"rule": "square", "side": 0}, "resize rule square needs side >= 1, but got 0"),
    ],
)
def test_bad_resize(fields, message):
    """A resizing step without its numbers is refused."""
    with pytest.raises(ValueError, match=message):
        Resize(**fields)
