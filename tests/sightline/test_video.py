from fractions import Fraction

import av
import numpy as np
import pytest

from sightline.errors import DatasetError
from sightline.video import frames_at, frames_at_times, probe

RATE, COUNT = 4, 12


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """Twelve frames at 4 per second; frame k is grey of brightness 20 * k."""
    path = tmp_path_factory.mktemp("video") / "clip.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.time_base = Fraction(1, RATE)
        for k in range(COUNT):
            pixels = np.full((48, 64, 3), 20 * k, dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return path


def brightness(frame):
    """Which frame of the clip this is."""
    return round(float(np.asarray(frame.image).mean()) / 20)


def test_probe(clip):
    """A probe tells rate, length and size without decoding."""
    info = probe(clip)
    assert (info.fps, info.frame_count, info.width, info.height) == (RATE, COUNT, 64, 48)
    assert info.duration_seconds == pytest.approx(COUNT / RATE)


def test_frames_at_keeps_the_order_asked_for(clip):
    """Frames come in the order of the indices, repeats included, with their times."""
    shown = frames_at(clip, [7, 0, 7, 11])
    assert [frame.index for frame in shown] == [7, 0, 7, 11]
    assert [brightness(frame) for frame in shown] == [7, 0, 7, 11]
    assert [frame.pts_seconds for frame in shown] == [1.75, 0.0, 1.75, 2.75]


def test_frames_at_times(clip):
    """A time shows the frame on screen: the last that starts at or before it."""
    shown = frames_at_times(clip, [99.0, 0.0, 0.24, 0.25, 1.9])
    assert [frame.index for frame in shown] == [11, 0, 0, 1, 7]


def test_time_before_the_start(clip):
    """A time before the first frame shows the first frame."""
    assert frames_at_times(clip, [-1.0])[0].index == 0


def test_missing_index(clip):
    """An index beyond the end is refused with the number of frames there are."""
    with pytest.raises(DatasetError, match=r"has 12 frames, but \[12\] were asked for"):
        frames_at(clip, [0, 12])


def test_negative_index(clip):
    """A negative index is refused."""
    with pytest.raises(ValueError, match=r"indices \(\[-1\]\) must be >= 0"):
        frames_at(clip, [-1])


def test_no_video_at_all(tmp_path):
    """A file that is no mp4 is refused by name."""
    path = tmp_path / "clip.mp4"
    path.write_text("no video")
    with pytest.raises(DatasetError, match=r"clip\.mp4 must be an mp4 that can be decoded"):
        probe(path)


def test_playlist_is_not_followed(tmp_path, clip):
    """A playlist under the name of a video cannot make us open the file that it names."""
    path = tmp_path / "playlist.mp4"
    path.write_text(f"#EXTM3U\n#EXTINF:3,\n{clip}\n#EXT-X-ENDLIST\n")
    with pytest.raises(DatasetError, match="must be an mp4 that can be decoded"):
        frames_at(path, [0])
