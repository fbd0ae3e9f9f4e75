"""A frame on disk gives the decoder's own picture, or is known to be damaged."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.frame_store import FrameStore
from sightline.frame_store.files import (
    PLANES,
    RGB,
    DamagedFileError,
    indices_in,
    packed,
    read_frames,
    unpacked,
    write_frames,
)
from sightline.video import frames_at

stamped = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "stamped_video.py")))

SOURCES = {
    "h264": {"pix_fmt": "yuv420p"},
    "full range": {"pix_fmt": "yuvj420p"},
    "bt709": {"pix_fmt": "yuv420p", "x264": "colormatrix=bt709:range=pc"},
    "bt2020": {"pix_fmt": "yuv420p", "x264": "colormatrix=bt2020nc:range=tv"},
    "10 bits": {"pix_fmt": "yuv420p10le"},
    "rgb": {"pix_fmt": "rgb24", "codec": "libx264rgb"},
    "4:4:4": {"pix_fmt": "yuv444p"},
    "4:2:2": {"pix_fmt": "yuv422p"},
    "mpeg4": {"pix_fmt": "yuv420p", "codec": "mpeg4"},
    "odd sides": {"pix_fmt": "yuv444p", "size": (63, 49)},
    "narrow": {"pix_fmt": "yuv420p", "size": (18, 34)},
}
KEPT_AS_PLANES = {"h264", "full range", "bt709", "bt2020", "mpeg4", "narrow"}


def write(path, *, pix_fmt, codec="libx264", size=(160, 128), x264=""):
    """A video of coloured noise."""
    draw = np.random.default_rng(0)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = *size, pix_fmt
        stream.options = {"x264-params": x264} if x264 else {}
        for number in range(12):
            picture = draw.integers(0, 256, (*size[::-1], 3), dtype=np.uint8) // 2 + number * 4
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def equal(path, store):
    """Whether the frames in the store are those of the decoder."""
    wanted = [0, 3, 7, 11]
    plain = frames_at(path, wanted)
    for frames in (store.frames(path, wanted), store.frames(path, wanted)):
        assert [f.image.size for f in frames] == [f.image.size for f in plain]
        assert [f.image.tobytes() for f in frames] == [f.image.tobytes() for f in plain]
        assert [f.pts_seconds for f in frames] == [f.pts_seconds for f in plain]
    assert store.passes == 1


@pytest.mark.parametrize("source", SOURCES)
def test_bit_for_bit(tmp_path, source):
    """Whatever the codec, the colours and the size."""
    path = tmp_path / "clip.mp4"
    write(path, **SOURCES[source])
    store = FrameStore(tmp_path / "frames")
    equal(path, store)
    (part,) = store.folder.rglob("*.arrow")
    layouts = {frame.layout for frame in read_frames(part, range(12))}
    assert layouts <= (set(PLANES) if source in KEPT_AS_PLANES else {RGB})


@pytest.mark.parametrize("rotation", stamped.MATRICES)
def test_upright(tmp_path, rotation):
    """Turned and mirrored videos come upright."""
    path = tmp_path / "clip.mp4"
    stamped.write_stamped(path, rotation=rotation)
    store = FrameStore(tmp_path / "frames")
    equal(path, store)
    assert [stamped.index_of(f.image) for f in store.frames(path, [3, 11])] == [3, 11]


def test_planes_that_would_give_another_picture(tmp_path, monkeypatch):
    """Where the proof fails, RGB is kept."""
    path = tmp_path / "clip.mp4"
    write(path, pix_fmt="yuv420p")
    from sightline.frame_store import files as frame_files

    monkeypatch.setattr(frame_files, "_native", lambda _: av.VideoFrame(160, 128, "yuv420p"))
    store = FrameStore(tmp_path / "frames")
    equal(path, store)


def native(number=0, size=(48, 32)):
    """A frame as a decoder has it."""
    draw = np.random.default_rng(number)
    rows = draw.integers(0, 256, (size[1] * 3 // 2, size[0]), dtype=np.uint8)
    return av.VideoFrame.from_ndarray(rows, format="yuv420p")


@given(st.integers(0, 2**31 - 1), st.integers(1, 40), st.integers(1, 40))
def test_any_pixels(seed, half_width, half_height):
    """Differences of rows wrap around, and come back."""
    frame = native(seed, (2 * half_width, 2 * half_height))
    assert unpacked(packed(0, frame)).tobytes() == frame.to_image().tobytes()


def test_only_the_wanted_frames(tmp_path):
    """They come in the order of the file."""
    path = tmp_path / "part"
    write_frames(path, [2, 5, 9], [packed(i, native(i)) for i in (2, 5, 9)])
    assert indices_in(path) == [2, 5, 9]
    assert [frame.index for frame in read_frames(path, [9, 2, 7])] == [2, 9]


def test_a_file_with_fewer_frames_than_promised(tmp_path):
    """It is known to be damaged when it is opened."""
    path = tmp_path / "part"
    write_frames(path, [2, 5], [packed(2, native())])
    with pytest.raises(DamagedFileError, match="1 frames instead of 2"):
        indices_in(path)


def test_frames_of_another_order_than_promised(tmp_path):
    """They would be shown as each other."""
    path = tmp_path / "part"
    write_frames(path, [2, 5], [packed(5, native(5)), packed(2, native(2))])
    with pytest.raises(DamagedFileError):
        list(read_frames(path, [2]))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The bytes of a file with two frames, and its pictures."""
    path = tmp_path_factory.mktemp("whole") / "part"
    frames = [packed(i, native(i)) for i in (3, 4)]
    write_frames(path, [3, 4], frames)
    return path.read_bytes(), {frame.index: unpacked(frame).tobytes() for frame in frames}


def shown(path):
    """The pictures of a file, by position; those that are read before the damage, too."""
    found = {}
    try:
        for frame in read_frames(path, indices_in(path)):
            found[frame.index] = unpacked(frame).tobytes()
    except DamagedFileError:
        pass
    return found


@given(place=st.integers(0, 10**9), bit=st.integers(0, 7))
def test_a_flipped_bit(whole, tmp_path_factory, place, bit):
    """Whatever is read is right; nothing crashes."""
    data, pictures = whole
    path = tmp_path_factory.getbasetemp() / "flipped"
    damaged = bytearray(data)
    damaged[place % len(data)] ^= 1 << bit
    path.write_bytes(damaged)
    assert all(pictures[index] == picture for index, picture in shown(path).items())


@given(st.integers(0, 10**9))
def test_a_file_cut_short(whole, tmp_path_factory, length):
    """Its end says what is in it, so nothing is read."""
    data, _ = whole
    path = tmp_path_factory.getbasetemp() / "short"
    path.write_bytes(data[: length % len(data)])
    with pytest.raises(DamagedFileError):
        indices_in(path)


def test_no_file(tmp_path):
    """A file that has gone is not damaged."""
    with pytest.raises(FileNotFoundError):
        indices_in(tmp_path / "gone")
