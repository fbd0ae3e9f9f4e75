from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest
from PIL import Image

from sightline.errors import DatasetError
from sightline.video import scan
from streamgaze_task.overlay import OverlayStyle, draw_overlay
from streamgaze_task.recovery import recover

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SIZE = (320, 240)
STYLE = OverlayStyle(50)
GREEN, BLACK = (0, 255, 0), (0, 0, 0)
H264 = {"codec": "libx264", "options": {"crf": "28", "preset": "veryfast"}}
MPEG4 = {"codec": "mpeg4", "bit_rate": 150_000}

Point = tuple[int, int] | None


def scene(
    count: int, size: tuple[int, int] = SIZE, *, look_alike: bool = True
) -> list[Image.Image]:
    """A textured room that the camera pans over, with a green bottle and a look-alike."""
    width, height = size
    draw = np.random.default_rng(7)
    coarse = Image.fromarray(draw.integers(0, 256, (24, 32, 3), np.uint8))
    room = np.array(coarse.resize((2 * width, 2 * height), Image.Resampling.BICUBIC), np.int16)
    room = np.clip(room + draw.integers(-25, 26, room.shape), 0, 255).astype(np.uint8)
    frames = []
    for k in range(count):
        left = int(width * (0.5 + 0.5 * math.sin(k / 20)))
        top = int(height * (0.5 + 0.5 * math.sin(k / 27)))
        frame = room[top : top + height, left : left + width].copy()
        x, y = int(width * (0.5 + 0.4 * math.sin(k / 12))), int(height * 0.6)
        frame[y - 20 : y + 20, x - 9 : x + 9] = (10, 220, 20)
        if look_alike:
            rows, columns = np.mgrid[:height, :width]
            away = np.hypot(rows - height * 0.3, columns - width * (0.5 + 0.4 * math.cos(k / 9)))
            frame[away <= 11.5] = BLACK
            frame[away <= 8] = GREEN
        frames.append(Image.fromarray(frame))
    return frames


def scanpath(count: int, size: tuple[int, int] = SIZE) -> list[Point]:
    """Looks of some frames each, a third of them at the very border, and losses in between."""
    draw = np.random.default_rng(11)
    width, height = size
    path: list[Point] = []
    while len(path) < count:
        x, y = int(draw.integers(0, width)), int(draw.integers(0, height))
        kind = draw.integers(0, 9)
        x = (0, width - 1)[kind] if kind < 2 else x
        y = (0, height - 1)[kind - 2] if kind in {2, 3} else y
        path += [None if kind == 4 else (x, y)] * int(draw.integers(3, 9))
    return path[:count]


def drawn(frames: Sequence[Image.Image], path: Sequence[Point]) -> list[Image.Image]:
    """The frames with the gaze drawn in."""
    return [
        draw_overlay(frame, point and middle(point, frame.size), STYLE)
        for frame, point in zip(frames, path, strict=True)
    ]


def middle(point: tuple[int, int], size: tuple[int, int]) -> tuple[float, float]:
    """The middle of a pixel, in [0, 1]."""
    return (point[0] + 0.5) / size[0], (point[1] + 0.5) / size[1]


def write(
    path: Path,
    frames: Sequence[Image.Image],
    *,
    codec: str = "libx264",
    options: dict[str, str] | None = None,
    bit_rate: int | None = None,
    fps: int = 10,
    times: Sequence[int] | None = None,
    pixels: str = "yuv420p",
) -> Path:
    """An mp4 of the frames; `times` are in 1/1000 s."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=fps, options=options or {})
        stream.width, stream.height = frames[0].size
        stream.pix_fmt = pixels
        if bit_rate:
            stream.bit_rate = bit_rate
        if times:
            stream.codec_context.time_base = Fraction(1, 1000)
        for k, frame in enumerate(frames):
            native = av.VideoFrame.from_image(frame)
            if times:
                native.pts, native.time_base = times[k], Fraction(1, 1000)
            container.mux(stream.encode(native))
        container.mux(stream.encode())
    return path


def differences(table, path: Sequence[Point], size: tuple[int, int] = SIZE):
    """Errors in px where both have gaze, and the share of frames with the right validity."""
    assert len(table) == len(path)
    right = [
        bool(valid) == (point is not None) for valid, point in zip(table.valid, path, strict=True)
    ]
    errors = [
        math.hypot(int(x * size[0]) - point[0], int(y * size[1]) - point[1])
        for x, y, valid, point in zip(table.x, table.y, table.valid, path, strict=True)
        if valid and point is not None
    ]
    return np.array(errors), sum(right) / len(right)


@pytest.mark.parametrize("coding", [H264, MPEG4], ids=["h264", "mpeg4"])
def test_lossy_videos_give_the_gaze_back_to_the_pixel(tmp_path, coding):
    """Both codecs at low rates, with green things and losses: within a pixel, validity right."""
    frames, path = scene(120), scanpath(120)
    original = write(tmp_path / "o.mp4", frames, **H264)
    overlay = write(tmp_path / "v.mp4", drawn(frames, path), **coding)
    table = recover(overlay, original)
    errors, right = differences(table, path)
    assert table.kind == "recovered"
    assert np.median(errors) < 0.7
    assert np.percentile(errors, 95) <= 1
    assert right >= 0.99


def test_the_authors_own_drawing_and_writer_are_read(tmp_path):
    """OpenCV's circles in OpenCV's mp4v, as the released overlays were made."""
    cv2 = pytest.importorskip("cv2")
    frames, path = scene(60), scanpath(60)
    original = write(tmp_path / "o.mp4", frames, **H264)
    overlay = tmp_path / "v.mp4"
    writer = cv2.VideoWriter(str(overlay), cv2.VideoWriter_fourcc(*"mp4v"), 10, SIZE)
    for frame, point in zip(frames, path, strict=True):
        image = np.array(frame)[:, :, ::-1].copy()
        if point is not None:
            cv2.circle(image, point, 50, (0, 0, 255), 3)
            cv2.circle(image, point, 10, (0, 0, 0), 2)
            cv2.circle(image, point, 8, (0, 255, 0), -1)
        writer.write(image)
    writer.release()
    errors, right = differences(recover(overlay, original), path)
    assert errors.max() == 0
    assert right == 1


def test_a_dot_that_the_border_cuts_is_found_where_it_was_drawn(tmp_path):
    """Corners and edges: the centre is that of the whole disc, not of what is seen of it."""
    right, bottom = SIZE[0] - 1, SIZE[1] - 1
    path: list[Point] = [
        (0, 0), (right, 0), (0, bottom), (right, bottom),
        (160, 0), (0, 120), (right, 3), (5, bottom),
    ]  # fmt: skip
    frames = scene(len(path))
    original = write(tmp_path / "o.mp4", frames, **H264)
    errors, share = differences(
        recover(write(tmp_path / "v.mp4", drawn(frames, path), **H264), original), path
    )
    assert share == 1
    assert errors.max() <= 1


def test_a_video_without_a_dot_has_no_gaze(tmp_path):
    """Green things that both videos show are none, even one that looks like the dot."""
    frames = scene(20)
    table = recover(
        write(tmp_path / "v.mp4", frames, **MPEG4), write(tmp_path / "o.mp4", frames, **H264)
    )
    assert len(table) == 20
    assert not table.valid.any()
    assert np.isnan(table.x).all()


def test_a_dot_on_a_wholly_green_picture_is_found(tmp_path):
    """With more green pixels than are looked at one by one the dot is still among the best."""
    draw = np.random.default_rng(5)
    room = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    room[:, :, 1] = 120 + draw.integers(0, 100, (SIZE[1] // 16, SIZE[0] // 16)).repeat(
        16, 0
    ).repeat(16, 1)
    frames = [Image.fromarray(room)] * 20
    path = [*scanpath(17), None, None, None]
    original = write(tmp_path / "o.mp4", frames, **H264)
    errors, right = differences(
        recover(write(tmp_path / "v.mp4", drawn(frames, path), **H264), original), path
    )
    assert right == 1
    assert errors.max() <= 1


def test_without_an_original_the_look_of_the_dot_decides(tmp_path):
    """The dot is found, a green bottle is not taken for it."""
    frames, path = scene(60, look_alike=False), scanpath(60)
    errors, right = differences(
        recover(write(tmp_path / "v.mp4", drawn(frames, path), **H264), None), path
    )
    assert errors.max() <= 1
    assert right == 1


def test_an_original_that_ends_early_leaves_the_rest_readable(tmp_path):
    """Frames past its end are read without it."""
    frames, path = scene(40, look_alike=False), scanpath(40)
    original = write(tmp_path / "o.mp4", frames[:15], **H264)
    errors, right = differences(
        recover(write(tmp_path / "v.mp4", drawn(frames, path), **H264), original), path
    )
    assert errors.max() <= 1
    assert right == 1


def test_an_overlay_that_ends_early_has_a_row_for_each_of_its_frames(tmp_path):
    """What the original has beyond is of no concern."""
    frames, path = scene(40), scanpath(25)
    original = write(tmp_path / "o.mp4", frames, **H264)
    errors, right = differences(
        recover(write(tmp_path / "v.mp4", drawn(frames[:25], path), **H264), original), path
    )
    assert errors.max() <= 1
    assert right == 1


def test_another_rate_with_as_many_frames_goes_together_by_number(tmp_path):
    """The writer's configured rate says nothing: times in the table are the original's."""
    frames, path = scene(60), scanpath(60)
    original = write(tmp_path / "o.mp4", frames, fps=30, **H264)
    overlay = write(tmp_path / "v.mp4", drawn(frames, path), fps=24, **H264)
    table = recover(overlay, original)
    assert differences(table, path)[1] == 1
    assert table.seconds.tolist() == pytest.approx([k / 30 for k in range(60)], abs=1e-3)


def test_a_resampled_overlay_goes_together_by_time(tmp_path):
    """Every second frame at half the rate: the look-alike is compared with the right frame."""
    frames, path = scene(80), scanpath(80)
    original = write(tmp_path / "o.mp4", frames, fps=10, **H264)
    overlay = write(tmp_path / "v.mp4", drawn(frames, path)[::2], fps=5, **H264)
    errors, right = differences(recover(overlay, original), path[::2])
    assert errors.max() <= 1
    assert right == 1


def test_frames_at_unequal_distances_keep_their_times(tmp_path):
    """Rows are the overlay's frames with the original's times and durations up to the next."""
    times = [0, 40, 200, 230, 700, 740, 800, 1300]
    frames, path = scene(8), scanpath(8)
    original = write(tmp_path / "o.mp4", frames, times=times, **H264)
    overlay = write(tmp_path / "v.mp4", drawn(frames, path), **H264)
    table = recover(overlay, original)
    assert table.seconds.tolist() == pytest.approx([at / 1000 for at in times])
    assert table.duration_seconds[:-1].tolist() == pytest.approx(np.diff(times) / 1000)
    assert differences(table, path)[1] == 1


def test_odd_sizes_and_other_pixel_formats_are_read(tmp_path):
    """An odd width and height, and an original without subsampled chroma."""
    size = (213, 161)
    frames, path = scene(30, size), scanpath(30, size)
    original = write(tmp_path / "o.mp4", frames, codec="libx264", pixels="yuv444p")
    overlay = write(tmp_path / "v.mp4", drawn(frames, path), codec="mpeg4", bit_rate=400_000)
    errors, right = differences(recover(overlay, original), path, size)
    assert errors.max() <= 1
    assert right == 1


def test_an_original_of_another_size_is_scaled(tmp_path):
    """The overlay's size is the one that counts."""
    frames, path = scene(30), scanpath(30)
    small = [frame.resize((240, 180)) for frame in frames]
    original = write(tmp_path / "o.mp4", small, **H264)
    errors, right = differences(
        recover(write(tmp_path / "v.mp4", drawn(frames, path), **H264), original), path
    )
    assert errors.max() <= 1
    assert right == 1


@pytest.mark.parametrize(
    ("degrees", "matrix"),
    [(90, (0, 1, -1, 0)), (180, (-1, 0, 0, -1)), (270, (0, -1, 1, 0))],
)
def test_an_original_that_is_turned_by_its_header_is_compared_upright(tmp_path, degrees, matrix):
    """OpenCV turned the frames when the overlay was made."""
    frames, path = scene(20), scanpath(20)
    lying = [frame.rotate(degrees, expand=True) for frame in frames]  # against the clock
    original = write(tmp_path / "o.mp4", lying, **H264)
    turn(original, matrix)
    assert scan(original).rotation == degrees
    errors, right = differences(
        recover(write(tmp_path / "v.mp4", drawn(frames, path), **H264), original), path
    )
    assert errors.max() <= 1
    assert right == 1


def turn(video: Path, matrix: tuple[int, int, int, int]) -> None:
    """Write a display matrix into the track header (ISO 14496-12 8.3.2)."""
    data = bytearray(video.read_bytes())
    at = data.index(b"tkhd") + 4 + 40
    a, b, c, d = (value << 16 for value in matrix)
    for place, value in zip(range(9), (a, b, 0, c, d, 0, 0, 0, 1 << 30), strict=True):
        data[at + 4 * place : at + 4 * place + 4] = value.to_bytes(4, "big", signed=True)
    video.write_bytes(data)


@pytest.mark.parametrize("damaged", ["overlay", "original"])
def test_a_damaged_tail_is_told_with_the_name_of_the_file(tmp_path, damaged):
    """Not the other file's name, and no half table."""
    frames, path = scene(30), scanpath(30)
    videos = {
        "original": write(tmp_path / "o.mp4", frames, **H264),
        "overlay": write(tmp_path / "v.mp4", drawn(frames, path), **H264),
    }
    data = bytearray(videos[damaged].read_bytes())
    tail = slice(data.index(b"moov") // 2, data.index(b"moov") - 4)
    data[tail] = bytes(tail.stop - tail.start)
    videos[damaged].write_bytes(data)
    with pytest.raises(DatasetError, match=videos[damaged].name) as caught:
        recover(videos["overlay"], videos["original"])
    assert "can be decoded" in caught.value.message


def test_a_file_that_breaks_off_is_told(tmp_path):
    """With its index at the front it opens, but ends within a frame."""
    frames = scene(30)
    original = write(tmp_path / "o.mp4", frames, **H264)
    overlay = tmp_path / "v.mp4"
    with (
        av.open(str(original)) as source,
        av.open(str(overlay), "w", options={"movflags": "faststart"}) as target,
    ):
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    data = overlay.read_bytes()
    overlay.write_bytes(data[: len(data) * 3 // 4])
    with pytest.raises(DatasetError, match=r"v\.mp4 must be a whole mp4"):
        recover(overlay, original)


def test_frames_that_the_decoder_leaves_out_are_told(tmp_path, monkeypatch):
    """Fewer frames than packets: the table would have a hole that nobody sees."""
    video = write(tmp_path / "v.mp4", scene(10), **H264)
    promised = replace(scan(video), frame_count=20)
    monkeypatch.setattr("streamgaze_task.recovery.pairing.scan", lambda _: promised)
    with pytest.raises(DatasetError, match=r"v\.mp4 .* only 10 of 20 can"):
        recover(video, None)


def test_a_missing_file_is_told(tmp_path):
    """By its name."""
    with pytest.raises(DatasetError, match=r"gone\.mp4"):
        recover(tmp_path / "gone.mp4", None)
