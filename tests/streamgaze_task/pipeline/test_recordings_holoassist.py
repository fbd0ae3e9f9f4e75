"""Rays, poses and pinhole: places computed by hand, gaps, other sizes, the published frames."""

import dataclasses
import math

import numpy as np
import pytest

from sightline.errors import DatasetError
from streamgaze_task.pipeline.recordings.find import find
from streamgaze_task.pipeline.recordings.projection import frame_ticks, nearest
from streamgaze_task.pipeline.recordings.read import read_gaze, read_reference_gaze, reading_of
from streamgaze_task.pipeline.recordings.spec import RecordingsSettings
from streamgaze_task.pipeline.records import VideoFacts

VIDEO = VideoFacts(seconds=0.4, frames=4, fps=10.0, width=200, height=100)
SECOND = 10**7
START = 637_938_000_000_000_000
STILL = "1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1"
"""A camera at the world's origin that looks along x; y is to the left, z up."""


def session(folder, eyes, poses=None, *, intrinsics=None, projected=None, name="R1"):
    """Eyes: (seconds, origin and direction, valid); poses: (seconds, matrix)."""
    base = folder / "full" / name / "Export_py"
    for part in ("Eyes", "Video"):
        (base / part).mkdir(parents=True)
    (base / "Video_pitchshift.mp4").touch()
    poses = [(i / 10, STILL) for i in range(4)] if poses is None else poses
    intrinsics = intrinsics or "100 0 100 0 100 50 0 0 1 200 100"
    lines = {
        "Eyes/Eyes_sync.txt": [[t, START + round(t * SECOND), *r.split(), v] for t, r, v in eyes],
        "Video/Pose_sync.txt": [[t, START + round(t * SECOND), *m.split()] for t, m in poses],
        "Video/Intrinsics.txt": [intrinsics.split()],
        "Video/VideoMp4Timing.txt": [[START], [START + 4 * SECOND]],
    }
    for file, rows in lines.items():
        text = "".join("\t".join(map(str, row)) + "\n" for row in rows)
        (base / file).write_text(text, encoding="utf-8")
    if projected is not None:
        (base / f"{name}_gaze_2d.csv").write_text(projected, encoding="utf-8")
    return source_of(folder)


def source_of(folder, **more):
    """The one recording of a folder."""
    (source,) = find(RecordingsSettings("holoassist", str(folder), **more), folder)
    return source


AHEAD, RIGHT_DOWN = "0 0 0 1 0 0", "0 0 0 2 -1 -0.5"
"""A ray to the middle; and one 1 to the right and 0.5 down for every 2 ahead (not of length 1)."""


def test_places_by_hand(tmp_path):
    """A pinhole of 100 pixels in pictures of 200 x 100."""
    # u = 100 * 1 / 2 + 100 = 150 of 200; v = 100 * 0.5 / 2 + 50 = 75 of 100.
    eyes = [(0.0, AHEAD, 1), (0.1, RIGHT_DOWN, 1), (0.2, AHEAD, 0), (0.3, "0 0 0 -1 0 0", 1)]
    samples = read_gaze(session(tmp_path, eyes), VIDEO)
    assert samples.seconds.tolist() == [0.0, 0.1, 0.2, 0.3]
    assert samples.x[:2] == pytest.approx([0.5, 0.75])
    assert samples.y[:2] == pytest.approx([0.5, 0.75])
    assert samples.types.tolist() == ["unknown", "unknown", "untracked", "outside"]
    assert np.isnan(samples.x[2:]).all()


def test_the_camera_moves_and_turns(tmp_path):
    """The pose is inverted, and the axes are turned the right way."""
    # Half a metre ahead of the origin; the camera stands at (0, 0.25, 0) and looks along x:
    # 0.25 to its right at 0.5 ahead, so u = 100 * 0.5 + 100 = 150.
    moved = "1 0 0 0 0 1 0 0.25 0 0 1 0 0 0 0 1"
    # Turned to the left by a quarter (its ahead is the world's y): the ray along y is its middle.
    turned = "0 -1 0 0 1 0 0 0 0 0 1 0 0 0 0 1"
    eyes = [(0.0, AHEAD, 1), (0.3, "0 0 0 0 1 0", 1)]
    samples = read_gaze(session(tmp_path, eyes, [(0.0, moved), (0.3, turned)]), VIDEO)
    assert samples.x == pytest.approx([0.75, 0.5])
    assert samples.y == pytest.approx([0.5, 0.5])


def test_the_depth_matters_when_eyes_and_camera_stand_apart(tmp_path):
    """Parallax, as configured."""
    # The eyes are 0.1 to the right: at depth 0.5, u = 100 * 0.1 / 0.5 + 100 = 120; at 1.0, 110.
    session(tmp_path, [(0.0, "0 -0.1 0 1 0 0", 1)])
    near = read_gaze(source_of(tmp_path), VIDEO)
    far = read_gaze(source_of(tmp_path, eye_distance_metres=1.0), VIDEO)
    assert (near.x[0], far.x[0]) == (pytest.approx(0.6), pytest.approx(0.55))


def test_a_pose_that_is_too_far_away_in_time_is_none(tmp_path):
    """The published pipeline takes any."""
    source = session(tmp_path, [(0.0, AHEAD, 1), (0.1, AHEAD, 1), (0.3, AHEAD, 1)], [(0.0, STILL)])
    samples = read_gaze(source, VIDEO)
    assert samples.types.tolist() == ["unknown", "unknown", "untracked"]
    notes = reading_of(source, VIDEO).notes
    assert any("1 of 3 gaze samples have no head pose within 0.1 s" in note for note in notes)
    patient = dataclasses.replace(source, max_gap_seconds=0.3)
    assert read_gaze(patient, VIDEO).valid.all()


def test_a_lost_pose_written_as_zeros_is_untracked(tmp_path):
    """And it ends no run."""
    zeros = " ".join(["0"] * 16)
    source = session(tmp_path, [(0.0, AHEAD, 1), (0.3, AHEAD, 1)], [(0.0, STILL), (0.3, zeros)])
    assert read_gaze(source, VIDEO).types.tolist() == ["unknown", "untracked"]
    assert read_reference_gaze(source, VIDEO).types.tolist()[-1] == "untracked"


def test_intrinsics_of_another_size_are_scaled_by_ours_alone(tmp_path):
    """The published ones are not."""
    source = session(
        tmp_path, [(0.0, RIGHT_DOWN, 1)], intrinsics="200 0 200 0 200 100 0 0 1 400 200"
    )
    assert read_gaze(source, VIDEO).x == pytest.approx([0.75])
    # 200 * 0.5 + 200 = 300 of the video's 200: the published place is outside the frame.
    published = read_reference_gaze(source, VIDEO)
    assert (published.x[0], published.types[0]) == (1.5, "outside")


def test_the_field_of_view_is_that_of_the_intrinsics(tmp_path):
    """Unless the configuration states one."""
    camera = session(tmp_path, [(0.0, AHEAD, 1)]).camera
    assert camera.hfov_degrees == pytest.approx(2 * math.degrees(math.atan(1)))
    assert camera.aspect == 2
    stated = source_of(tmp_path, hfov_degrees=70.0).camera
    assert stated.hfov_degrees == 70


@pytest.mark.parametrize(
    "numbers",
    [
        "9 0 9 0 9 9 0 0 1 9999999999999999999999999200 100",
        "1e-300 0 9 0 9 9 0 0 1 200 100",
        "1e9 0 9 0 9 9 0 0 1 200 100",
        "100 0 9 0 1e-9 9 0 0 1 200 100",
    ],
)
def test_intrinsics_of_no_camera_are_refused(tmp_path, numbers):
    """A field of view of 0 or 180 degrees; the recording is found with that of its device."""
    source = session(tmp_path, [(0.0, AHEAD, 1)], intrinsics=numbers)
    assert source.camera.hfov_degrees == 64.69
    for read in (read_gaze, read_reference_gaze):
        with pytest.raises(DatasetError, match="must have a width and a height between"):
            read(source, VIDEO)


def test_the_published_frames_by_hand(tmp_path):
    """Nearest gaze without a limit, the middle where there is none."""
    # Frames at 0.0 to 0.3 s. The gaze of 0.05 s is as near to frame 0 as to frame 1; frame 0 has
    # one of its own. Frame 1: of 0.05 and 0.15 s the earlier. Frame 3 looks back: no projection,
    # so the middle, untracked. An invalid sample is projected all the same.
    eyes = [
        (0.0, AHEAD, 1),
        (0.05, RIGHT_DOWN, 1),
        (0.15, AHEAD, 1),
        (0.2, RIGHT_DOWN, 0),
        (0.3, "0 0 0 -1 0 0", 1),
    ]
    made = read_reference_gaze(session(tmp_path, eyes), VIDEO)
    assert made.x.tolist() == [0.5, 0.75, 0.75, 0.5]
    assert made.types.tolist() == ["fixation", "fixation", "untracked", "untracked"]
    assert made.seconds.tolist() == [i / 24.46 for i in range(4)]


def test_projected_gaze_alone_and_before_rays_in_the_published_table(tmp_path):
    """As pipeline step 1 has it."""
    text = (
        "frame_idx,timestamp_sec,u,v,valid,in_frame\n"
        "0,0.0,50,25,True,True\n1,0.1,,,False,False\n3,0.3,300,50,True,False\n"
    )
    both = session(tmp_path / "both", [(0.0, AHEAD, 1)], projected=text)
    assert read_gaze(both, VIDEO).x.tolist() == [0.5]
    published = read_reference_gaze(both, VIDEO)
    # Frame 1 has no place: the middle. Frame 2 is not in the file: zeros. Frame 3 is not clipped.
    assert published.x.tolist() == [0.25, 0.5, 0.0, 1.5]
    assert published.types.tolist() == ["fixation", "untracked", "untracked", "outside"]
    alone = session(tmp_path / "alone", [(0.0, AHEAD, 1)], projected=text)
    alone.file("eyes").unlink()
    samples = read_gaze(source_of(tmp_path / "alone"), VIDEO)
    assert samples.seconds.tolist() == [0.0, 0.1, 0.3]
    assert samples.x[[0, 2]].tolist() == [0.25, 1.5]
    assert samples.types.tolist() == ["unknown", "untracked", "outside"]


def test_ticks_of_frames_do_not_drift():
    """Whole numbers, 1001 seconds of 29.97 frames a second."""
    assert frame_ticks(5, 30000 / 1001, 30001)[-1] == 5 + 30000 * 1001 * SECOND // 30000


def test_nearest_takes_the_earlier_of_two():
    """And stays inside the array."""
    ticks = np.array([0, 10, 20])
    assert nearest(ticks, np.array([-5, 4, 5, 6, 15, 99])).tolist() == [0, 0, 0, 1, 1, 2]


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("Eyes/Eyes_sync.txt", "", "is empty"),
        ("Eyes/Eyes_sync.txt", "1\t2\t3\n", "9 cells"),
        ("Video/Pose_sync.txt", "0.0\tnan" + "\t0" * 16 + "\n", "tick is missing"),
        ("Video/Pose_sync.txt", "0,0\t1,5" + "\t0" * 16 + "\n", "decimal comma"),
        ("Video/Intrinsics.txt", "1\t2\n", "11 numbers"),
        ("Video/Intrinsics.txt", "0\t" * 10 + "5\n", "above 0"),
        ("Video/VideoMp4Timing.txt", "soon\n", "first frame"),
        ("Video/VideoMp4Timing.txt", "9" * 40 + "\n", "first frame"),
    ],
)
def test_broken_files_end_in_one_sentence(tmp_path, file, text, words):
    """For ours and for the published table."""
    session(tmp_path, [(0.0, AHEAD, 1)])
    (tmp_path / "full" / "R1" / "Export_py" / file).write_text(text, encoding="utf-8")
    source = source_of(tmp_path)
    for read in (read_gaze, read_reference_gaze):
        with pytest.raises(DatasetError, match=words):
            read(source, VIDEO)
