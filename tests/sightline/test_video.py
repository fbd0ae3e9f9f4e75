import gc
import io
import runpy
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest
from PIL import Image

from sightline import video
from sightline.errors import DatasetError
from sightline.forward_pass import ForwardPass
from sightline.video import frames_at, frames_at_times, probe, scan

RATE, COUNT = 4, 12

stamped = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "stamped_video.py")))


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


CLIPS = {
    "plain": {},
    "ntsc, frames that look ahead": {
        "fps": Fraction(30000, 1001),
        "b_frames": 3,
        "key_frames": 12,
    },
    "mpeg4": {"codec": "mpeg4", "b_frames": 2, "key_frames": 12},
    "starts late": {"start": 1.5},
    "starts before its edit": {"start": -0.5, "b_frames": 2},
    "variable rate": {"pts": [0, 0.1, 0.15, 0.4, 1.0, 1.2, 3.0], "b_frames": 2},
    "one frame": {"seconds": 0.1},
}


@pytest.mark.parametrize("shape", CLIPS.values(), ids=CLIPS)
def test_scan_agrees_with_decoding(tmp_path, shape):
    """Frame i of plain decoding has the i-th time of a scan."""
    path = tmp_path / "clip.mp4"
    stamped.write_stamped(path, **shape)
    with av.open(str(path)) as container:
        times = [frame.time for frame in container.decode(video=0)]
    scanned = scan(path)
    assert scanned.pts_seconds == tuple(times)
    assert scanned.frame_count == len(times)


def test_scan_tells_times_as_written(tmp_path):
    """A scan gives back the times of a variable rate, and the end of the last frame."""
    path = tmp_path / "clip.mp4"
    times = stamped.write_stamped(path, pts=[0, 0.1, 0.15, 0.4, 1.0, 1.2, 3.0])
    scanned = scan(path)
    assert scanned.pts_seconds == pytest.approx(times)
    assert scanned.variable_rate
    assert scanned.duration_seconds > 3.0


def test_scan_of_a_constant_rate(tmp_path):
    """Rate, length, size and key frames of a video are those it was written with."""
    path = tmp_path / "clip.mp4"
    stamped.write_stamped(path, fps=Fraction(30000, 1001), seconds=2, key_frames=20)
    scanned = scan(path)
    assert scanned.fps == 30000 / 1001
    assert scanned.duration_seconds == pytest.approx(60 * 1001 / 30000)
    assert (scanned.width, scanned.height, scanned.rotation) == (160, 128, 0)
    assert set(scanned.key_frames) >= {0, 20, 40}
    assert not scanned.variable_rate
    assert not scanned.truncated


def test_coarse_clock_is_a_constant_rate(tmp_path):
    """Times rounded to a millisecond are no variable rate."""
    path = tmp_path / "clip.mp4"
    stamped.write_stamped(path, pts=[round(k / 30, 3) for k in range(30)])
    assert not scan(path).variable_rate


def test_scan_of_an_open_file(clip):
    """A scan reads an open file as it reads a path."""
    assert scan(io.BytesIO(clip.read_bytes()), name="clip") == scan(clip)


def test_file_cut_short(tmp_path):
    """Of a file that ends too early the whole frames count, and they can be decoded."""
    path = tmp_path / "clip.mp4"
    stamped.write_stamped(path, seconds=10, b_frames=2, fast_start=True)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 7 // 10])
    scanned = scan(path)
    assert scanned.truncated
    assert probe(path).frame_count == 100
    assert 10 < scanned.frame_count < 100
    last = scanned.frame_count - 1
    (frame,) = frames_at(path, [last])
    assert stamped.index_of(frame.image) == round(10 * frame.pts_seconds)
    assert frame.pts_seconds == scanned.pts_seconds[last]


def test_file_cut_before_its_header(tmp_path, clip):
    """A file whose header is cut away is refused."""
    path = tmp_path / "cut.mp4"
    path.write_bytes(clip.read_bytes()[:-500])
    with pytest.raises(DatasetError, match=r"cut\.mp4 must hold video that can be decoded"):
        scan(path)


def test_no_whole_frame(tmp_path):
    """A file that ends within its first frame is refused."""
    path = tmp_path / "clip.mp4"
    stamped.write_stamped(path, seconds=0.2, fast_start=True)
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"mdat") + 300])
    with pytest.raises(DatasetError, match=r"clip\.mp4 must hold frames, but has none"):
        scan(path)
    with pytest.raises(DatasetError, match=r"clip\.mp4 has no frames"):
        frames_at_times(path, [0])


def test_no_video_stream(tmp_path):
    """A file with sound only is refused."""
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        sound.sample_rate = 8000
        container.mux(stream.encode(sound))
        container.mux(stream.encode())
    with pytest.raises(DatasetError, match="must hold a video stream, but has none"):
        scan(path)


def test_huge_pictures(clip, monkeypatch):
    """A header that promises pictures beyond the limit is refused before decoding."""
    monkeypatch.setattr(video, "MAX_PIXELS", 64 * 48 - 1)
    with pytest.raises(DatasetError, match="must have at most 3071 pixels, has 3072"):
        scan(clip)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270, "mirrored"])
def test_frames_are_upright(tmp_path, rotation):
    """The rotation or mirror that the header asks for is applied to every picture."""
    path = tmp_path / "clip.mp4"
    stamped.write_stamped(path, rotation=rotation)
    turned = rotation in (90, 270)
    scanned = scan(path)
    assert scanned.rotation == (0 if rotation == "mirrored" else rotation)
    assert (scanned.width, scanned.height) == ((128, 160) if turned else (160, 128))
    shown = frames_at(path, [3, 21]) + frames_at_times(path, [0.5])
    assert [stamped.index_of(frame.image) for frame in shown] == [3, 21, 5]
    assert shown[0].image.size == (scanned.width, scanned.height)


def test_stamp_tells_a_turned_picture():
    """The stamp of these tests is no stamp when turned or mirrored in any way."""
    upright = stamped.stamp(12_345, (160, 128))
    assert stamped.index_of(upright) == 12_345
    for turn in Image.Transpose:
        with pytest.raises(ValueError, match="an upright stamp"):
            stamped.index_of(upright.transpose(turn))


@pytest.mark.parametrize("rotation", [0, 90])
def test_no_frame_of_the_decoder_outlives_its_use(tmp_path, rotation):
    """Python would find them late: hundreds of videos would fill the memory."""
    path = tmp_path / "clip.mp4"
    stamped.write_stamped(path, rotation=rotation)
    gc.collect()
    gc.disable()
    try:
        facts = video.scan(path)
        video.frames_at(path, [3, 7])
        list(ForwardPass(path, facts).frames([1, 5]))
        # Not isinstance: some objects of other libraries warn when they are looked at.
        assert not [one for one in gc.get_objects() if type(one) is av.VideoFrame]
    finally:
        gc.enable()
