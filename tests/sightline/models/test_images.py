import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

torch = pytest.importorskip("torch", reason="needs sightline[eval]")
pytest.importorskip("cv2", reason="needs sightline[eval]")

from sightline.models.images import rgb_tensor  # noqa: E402 (after the skip)

ORIENTATION = 0x0112


def picture(size=(33, 21), mode="RGB"):
    """Noise, smooth enough to be a photograph, with odd sides."""
    noise = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC).convert(mode)


def encoded(mode="RGB", kind="JPEG", size=(33, 21), **options):
    """Its file."""
    buffer = io.BytesIO()
    picture(size, mode).save(buffer, format=kind, **options)
    return buffer.getvalue()


def pillow(data):
    """What Pillow makes of a file."""
    with Image.open(io.BytesIO(data)) as image:
        return torch.from_numpy(np.array(image.convert("RGB"))).permute(2, 0, 1)


def turned():
    """A JPEG whose EXIF asks for a quarter turn."""
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    return encoded(exif=exif)


FILES = {
    "4:2:0": encoded(subsampling=2),
    "4:2:2": encoded(subsampling=1),
    "4:4:4": encoded(subsampling=0),
    "poor": encoded(quality=5),
    "progressive": encoded(progressive=True),
    "RGB without YCbCr": encoded(keep_rgb=True),
    "grey": encoded("L"),
    "CMYK": encoded("CMYK"),
    "turned": turned(),
    "restart markers": encoded(restart_marker_blocks=2),
    "one pixel": encoded(size=(1, 1)),
    "PNG": encoded(kind="PNG"),
    "PNG with alpha": encoded("RGBA", "PNG"),
    "PNG with palette": encoded("P", "PNG"),
    "WebP": encoded(kind="WEBP"),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("form", [bytes, bytearray, memoryview])
def test_pixels_are_those_of_pillow(name, form):
    """Identical, for every kind of file."""
    found = rgb_tensor(form(FILES[name]))
    assert found.dtype == torch.uint8
    assert found.is_contiguous()
    assert torch.equal(found, pillow(FILES[name]))


def test_exif_orientation_is_not_applied():
    """As Pillow without exif_transpose: the sides stay."""
    assert rgb_tensor(FILES["turned"]).shape == (3, 21, 33)


@pytest.mark.parametrize("form", [str, Path])
def test_a_path(tmp_path, form):
    """Read and decoded."""
    path = tmp_path / "x.jpg"
    path.write_bytes(FILES["4:2:0"])
    assert torch.equal(rgb_tensor(form(path)), pillow(FILES["4:2:0"]))


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P"])
def test_a_decoded_image(mode):
    """Its pixels, in a tensor that may be written to without touching the image."""
    image = picture(mode=mode)
    before = np.array(image.convert("RGB"))
    found = rgb_tensor(image)
    assert np.array_equal(found.permute(1, 2, 0).numpy(), before)
    found.zero_()
    assert np.array_equal(np.array(image.convert("RGB")), before)


def test_an_image_with_its_file_is_decoded_from_there(monkeypatch):
    """Pillow does not decode it."""
    image = Image.open(io.BytesIO(FILES["4:2:0"]))
    image.undecoded = FILES["4:2:0"]
    expected = pillow(FILES["4:2:0"])
    monkeypatch.setattr(type(image), "load", None)
    assert torch.equal(rgb_tensor(image), expected)


def test_a_missing_file(tmp_path):
    """As open() says it."""
    with pytest.raises(FileNotFoundError):
        rgb_tensor(tmp_path / "none.jpg")


@pytest.mark.parametrize("data", [b"", b"no picture", b"\xff\xd8\xff", b"\xff\xd8\xff\xe0 more"])
def test_what_is_no_picture(data):
    """OSError, as Pillow raises."""
    with pytest.raises(OSError, match=r"cannot identify image file|Truncated"):
        rgb_tensor(data)


@pytest.mark.parametrize("name", ["4:2:0", "progressive", "grey", "CMYK", "PNG"])
def test_a_file_that_was_cut(name):
    """Half of a file is an error, not a half grey picture."""
    with pytest.raises(OSError, match=r"(?i)truncated|broken|cannot identify"):
        rgb_tensor(FILES[name][: len(FILES[name]) // 2])


@given(st.sampled_from(["4:2:0", "4:4:4", "progressive", "grey"]), st.integers(0, 10_000))
def test_a_cut_file_is_what_it_is_for_pillow(name, place):
    """Wherever it is cut: the same pixels, or an error by both."""
    data = FILES[name][: place % len(FILES[name])]
    try:
        expected = pillow(data)
    except (OSError, SyntaxError):
        with pytest.raises(OSError, match=r"\w"):
            rgb_tensor(data)
    else:
        assert torch.equal(rgb_tensor(data), expected)


# PIL tells of EXIF data that were hit; what counts here are the pixels.
@pytest.mark.filterwarnings("ignore:Corrupt EXIF data:UserWarning")
@given(st.sampled_from(list(FILES)), st.integers(0, 10_000), st.integers(0, 255))
def test_a_garbled_file_never_gives_other_pixels(name, place, byte):
    """One byte changed: where Pillow gives pixels they are ours, and every error is one of two."""
    data = bytearray(FILES[name])
    data[place % len(data)] = byte
    try:
        expected = pillow(data)
    except (OSError, SyntaxError, ValueError):
        expected = None
    try:
        found = rgb_tensor(data)
    except (OSError, ValueError):
        assert expected is None
    else:
        assert expected is None or torch.equal(found, expected)


def test_a_syntax_error_of_pillow_is_an_unreadable_file(monkeypatch):
    """It is no mistake in the code, although Pillow calls it so."""

    def load(_):
        raise SyntaxError("broken PNG file")

    image = picture(mode="L")
    monkeypatch.setattr(type(image), "load", load)
    with pytest.raises(OSError, match="broken picture: broken PNG file"):
        rgb_tensor(image)


def test_a_bomb_is_refused_before_it_is_decoded(monkeypatch):
    """Pillow's own limit holds for torchvision too."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(Image.DecompressionBombError):
        rgb_tensor(FILES["4:2:0"])
