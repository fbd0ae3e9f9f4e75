import itertools
import runpy
from pathlib import Path
from types import SimpleNamespace

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.errors import DatasetError
from sightline.forward_pass import MIN_SKIP, ForwardPass, runs
from sightline.video import frames_at, scan

stamped = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "stamped_video.py")))

SHAPES = {
    "frames that look ahead": {"b_frames": 3, "options": {"b-pyramid": "normal"}},
    "open groups": {"b_frames": 2, "options": {"x264-params": "open-gop=1"}},
    "mpeg4": {"codec": "mpeg4", "b_frames": 2},
    "no key frame but the first": {"key_frames": 1000},
    "variable rate": {"pts": [(k * k + 7 * k) / 400 for k in range(120)], "b_frames": 2},
    "starts before its edit": {"start": -0.7, "b_frames": 2},
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_jumping_gives_the_frames_of_plain_decoding(tmp_path, shape):
    """Frames far apart are those that decoding everything gives, pixel for pixel."""
    path = tmp_path / "clip.mp4"
    stamped.write_stamped(path, **{"seconds": 12, "key_frames": 30, **shape})
    scanned = scan(path)
    wanted = [0, 1, 34, 63, 64, 90, scanned.frame_count - 1]
    walk = ForwardPass(path, scanned)
    for frame, plain in zip(walk.frames(wanted), frames_at(path, wanted), strict=True):
        assert (frame.index, frame.pts_seconds) == (plain.index, plain.pts_seconds)
        assert frame.image.tobytes() == plain.image.tobytes()


def test_jumps_decode_less(tmp_path):
    """What nobody asked for is jumped over where key frames allow it."""
    path = tmp_path / "clip.mp4"
    stamped.write_stamped(path, seconds=30, key_frames=30)
    walk = ForwardPass(path, scan(path))
    shown = [stamped.index_of(frame.image) for frame in walk.frames([271, 3, 3])]
    assert shown == [3, 271]
    assert walk.decoded <= 6


def test_frame_that_never_comes(tmp_path):
    """Packets without a frame shift no other frame, and are refused when they are needed."""
    whole, path = tmp_path / "whole.mp4", tmp_path / "clip.mp4"
    stamped.write_stamped(whole, codec="mpeg4", seconds=4, key_frames=10)
    with av.open(str(whole)) as source, av.open(str(path), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for number, read in enumerate(source.demux(video=0)):
            packet = read
            if read.dts is None:
                continue
            if number in (14, 15):
                # A picture header of MPEG-4 part 2 that says "not coded".
                packet = av.Packet(b"\x00\x00\x01\xb6\x50\xbf")
                packet.pts, packet.dts, packet.time_base = read.pts, read.dts, read.time_base
                packet.duration = read.duration
            packet.stream = stream
            target.mux(packet)
    scanned = scan(path)
    shown = list(ForwardPass(path, scanned).frames([12, 13, 16, 30]))
    assert [stamped.index_of(frame.image) for frame in shown] == [12, 13, 16, 30]
    with pytest.raises(
        DatasetError, match=r"40 frames, but 2 of .* the first is frame 14 at 1\.400 s"
    ):
        list(ForwardPass(path, scanned).frames([12, 14, 15, 16]))


def test_file_cut_short(tmp_path):
    """Of a file that ends too early every whole frame can be had."""
    path = tmp_path / "clip.mp4"
    stamped.write_stamped(path, seconds=10, b_frames=2, fast_start=True)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 7 // 10])
    scanned = scan(path)
    shown = list(ForwardPass(path, scanned).frames(range(scanned.frame_count)))
    assert [frame.pts_seconds for frame in shown] == list(scanned.pts_seconds)
    assert [stamped.index_of(frame.image) for frame in shown] == [
        round(10 * time) for time in scanned.pts_seconds
    ]


def test_broken_data(tmp_path):
    """Data that the decoder refuses is told by the name of the file."""
    path = tmp_path / "clip.mp4"
    stamped.write_stamped(path, seconds=4)
    scanned = scan(path)
    path.write_bytes(b"no video")
    with pytest.raises(DatasetError, match=r"clip\.mp4 must be an mp4 that can be decoded"):
        list(ForwardPass(path, scanned).frames([0]))


positions = st.sets(st.integers(0, 3000), max_size=60).map(sorted)


@given(positions, positions)
def test_runs(key_frames, wanted):
    """Each wanted frame is in one stretch, which starts at or before it, at a key frame or at 0."""
    stretches = runs(key_frames, wanted)
    assert [index for _, targets in stretches for index in targets] == wanted
    for start, targets in stretches:
        assert start in (0, *key_frames)
        assert start <= targets[0]
    for (_, before), (start, _) in itertools.pairwise(stretches):
        assert start - before[-1] > MIN_SKIP
