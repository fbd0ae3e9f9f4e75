"""Raw gaze files in the datasets' own formats: what stands in them, read without any reader."""

from __future__ import annotations

import csv
import json
from fractions import Fraction

import numpy as np
import pyarrow.parquet as pq
import pytest

from sightline.errors import UsageError
from streamgaze_task.rendering.raw import WRITERS, video_path, write_actions, write_gaze
from streamgaze_task.rendering.signals import Signal

KINDS = ("fixation", "saccade", "unknown", "blink", "untracked", "outside")
"""The sample of every kind, one after the other."""
X = (0.25, 0.5, 0.75, np.nan, np.nan, 1.25)
Y = (0.125, 0.5, 1.0, np.nan, np.nan, 0.5)


def _signal(rate=30.0):
    seconds = np.arange(len(KINDS)) / rate
    valid = [kind in {"fixation", "saccade", "unknown"} for kind in KINDS]
    return Signal(seconds, np.array(X), np.array(Y), np.array(valid), np.array(KINDS))


def _write(folder, gaze_format, signal=None, **video):
    video = {"width": 320, "height": 240, "fps": 24, "seconds": 10.0, **video}
    write_gaze(gaze_format, folder, "one", _signal() if signal is None else signal, **video)
    return folder


def _curve(seconds, rate):
    """A gaze that wanders over the frame and beyond its right edge."""
    at = np.arange(round(seconds * rate)) / rate
    x, y = 0.5 + 0.55 * np.sin(0.9 * at), 0.5 + 0.45 * np.cos(1.3 * at)
    inside = (x >= 0) & (x <= 1)
    return Signal(at, x, y, inside, np.where(inside, "fixation", "outside"))


# --- EGTEA ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("gaze_format", "place"), [("egtea:v1", 9), ("egtea:v2", 10)])
def test_begaze_header(tmp_path, gaze_format, place):
    """34 lines; the fifth word of the tenth or eleventh is the number of samples."""
    text = (_write(tmp_path, gaze_format) / "gaze_data" / "one.txt").read_text("utf-8")
    lines = text.splitlines()
    assert lines[place].startswith("## Number of Samples:")
    assert [k for k, line in enumerate(lines) if "Number of Samples" in line] == [place]
    assert int(lines[place].split()[4]) == len(lines) - 34
    assert all(line.startswith("##") for line in lines[:33])
    assert lines[33].split("\t")[-2:] == ["Frame", "B Event Info"]
    assert text.endswith("\n")


def test_begaze_first_version_rows(tmp_path):
    """Seven columns: pixels of 1280 x 960, the frame at 24 a second, the event."""
    lines = (_write(tmp_path, "egtea:v1") / "gaze_data" / "one.txt").read_text().splitlines()
    assert [line.split()[3:] for line in lines[34:]] == [
        ["320.00", "120.00", "0", "Fixation"],
        ["640.00", "480.00", "0", "Saccade"],
        ["960.00", "960.00", "1", "-"],
        ["0.00", "0.00", "2", "Blink"],
        ["1600.00", "480.00", "4", "Fixation"],  # the untracked sample has no row
    ]
    assert {len(line.split()) for line in lines[34:]} == {7}


def test_begaze_second_version_rows(tmp_path):
    """26 columns: x is the sixth, y the seventh, the frame the last but one."""
    lines = (_write(tmp_path, "egtea") / "gaze_data" / "one.txt").read_text().splitlines()
    rows = [line.split() for line in lines[34:]]
    assert {len(row) for row in rows} == {26}
    assert len(lines[33].split("\t")) == 26
    assert [(row[5], row[6], row[-2], row[-1]) for row in rows] == [
        ("320.00", "120.00", "00:00:00:00", "Fixation"),
        ("640.00", "480.00", "00:00:00:00", "Saccade"),
        ("960.00", "960.00", "00:00:00:01", "-"),
        ("0.00", "0.00", "00:00:00:02", "Blink"),
        ("1600.00", "480.00", "00:00:00:04", "Fixation"),
    ]


def test_begaze_stamps_count_frames_over_hours(tmp_path):
    """HH:MM:SS:FF of a frame after an hour, a minute and a second; k / 24 belongs to frame k."""
    at = np.array([3661.0, 3661.0 + 23 / 24])
    signal = Signal(at, np.full(2, 0.5), np.full(2, 0.5), np.ones(2, bool), ["fixation"] * 2)
    folder = _write(tmp_path, "egtea:v2", signal, seconds=4000.0)
    rows = (folder / "gaze_data" / "one.txt").read_text().splitlines()[34:]
    assert [row.split()[-2] for row in rows] == ["01:01:01:00", "01:01:01:23"]


def test_egtea_frames_follow_the_trackers_rate(tmp_path):
    """30 samples a second on 24 frames: one frame in four has two, none has three or none."""
    folder = _write(tmp_path, "egtea:v1", _curve(10.0, 30.0))
    rows = (folder / "gaze_data" / "one.txt").read_text().splitlines()[34:]
    frames = np.array([int(row.split()[5]) for row in rows])
    assert np.bincount(frames).tolist() == [2, 1, 1, 1] * 60


def test_egtea_actions(tmp_path):
    """A blank after each semicolon, also in the header; milliseconds; all videos in one file."""
    write_actions("egtea", tmp_path, "two", [(1.0, 2.5, "pour bottle,bowl")])
    write_actions("egtea:v1", tmp_path, "one", [(0.5, 1.25, "wait")])
    write_actions("egtea:v2", tmp_path, "two", [(61.0, 62.0, "cut bread")])  # said anew
    lines = (tmp_path / "raw_annotations" / "action_labels.csv").read_text().splitlines()
    assert lines[0] == (
        "# Clip ID (unique); Clip Prefix (Unique); Video Session; Starting Time (ms); "
        "Ending Time (ms); Action Label; Verb Label; Noun Label(s)"
    )
    assert lines[1:] == [
        "1; one-500-1250-F000012-F000030; one; 500; 1250; wait; wait; ",
        "2; two-61000-62000-F001464-F001488; two; 61000; 62000; cut bread; cut; bread",
    ]


# --- Ego4D and the plain table ----------------------------------------------------------------


def test_ego4d_counts_y_from_below(tmp_path):
    """Positions from the lower left corner; the confidence stands for the type."""
    with (_write(tmp_path, "ego4d") / "v2" / "gaze" / "one.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {"canonical_timestamp_s", "norm_pos_x", "norm_pos_y", "confidence"} <= set(rows[0])
    assert [(row["norm_pos_x"], row["norm_pos_y"], row["confidence"]) for row in rows] == [
        ("0.25", "0.875", "1.0"),
        ("0.5", "0.5", "0.7"),
        ("0.75", "0.0", "0.3"),
        ("", "", "0.0"),
        ("", "", "0.0"),
        ("1.25", "0.5", "1.0"),
    ]
    assert [float(row["canonical_timestamp_s"]) for row in rows] == _signal().seconds.tolist()


def test_plain_csv(tmp_path):
    """Seconds, x, y and valid, with nothing where there is no position."""
    lines = (_write(tmp_path, "table") / "gaze" / "one.csv").read_text().splitlines()
    assert lines[:2] == ["seconds,x,y,valid", "0.0,0.25,0.125,1"]
    assert [line.split(",", 1)[1] for line in lines[4:]] == [",,0", ",,0", "1.25,0.5,0"]


def test_plain_parquet(tmp_path):
    """The same as columns with types; nulls where there is no position."""
    table = pq.read_table(_write(tmp_path, "table:parquet") / "gaze" / "one.parquet")
    assert table.to_pydict() == {
        "seconds": _signal().seconds.tolist(),
        "x": [0.25, 0.5, 0.75, None, None, 1.25],
        "y": [0.125, 0.5, 1.0, None, None, 0.5],
        "valid": [True, True, True, False, False, False],
    }


@pytest.mark.parametrize("gaze_format", ["table", "ego4d"])
def test_plain_actions(tmp_path, gaze_format):
    """Start, end and text, with quotes where the text needs them."""
    write_actions(gaze_format, tmp_path, "one", [(1.0, 2.5, 'lift, "gently"'), (3.0, 4.0, "wait")])
    with (tmp_path / "actions" / "one.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [
            ["start", "end", "text"],
            ["1.0", "2.5", 'lift, "gently"'],
            ["3.0", "4.0", "wait"],
        ]


# --- EgoExoLearn ------------------------------------------------------------------------------


def _rows(folder):
    return np.load(folder / "full" / "gazes_30fps_npy" / "one.npy", allow_pickle=False)


def test_egoexolearn_has_one_row_a_frame(tmp_path):
    """x, y, valid for every frame at 30 a second, zeros where there is nothing."""
    rows = _rows(_write(tmp_path, "egoexolearn", seconds=0.3))
    nothing = [0.0, 0.0, 0.0]
    assert rows.dtype == np.float64
    assert rows.tolist() == [
        [0.25, 0.125, 1.0],
        [0.5, 0.5, 1.0],
        [0.75, 1.0, 1.0],
        nothing,
        nothing,
        [1.25, 0.5, 1.0],
        nothing,  # a whole frame after the last sample
        nothing,
        nothing,
    ]


@pytest.mark.parametrize("rate", [30.0, 60.0, 120.0])
def test_egoexolearn_takes_the_nearest_sample(tmp_path, rate):
    """Every tracker that has a sample at the frames gives these."""
    signal = _curve(2.0, rate)
    rows = _rows(_write(tmp_path, "egoexolearn", signal, seconds=2.0))
    assert rows[:, 0].tolist() == signal.x[:: round(rate / 30)].tolist()


def test_egoexolearn_without_samples(tmp_path):
    """A tracker that said nothing: frames without gaze."""
    nothing = Signal(np.empty(0), np.empty(0), np.empty(0), np.empty(0, bool), np.empty(0, "U1"))
    assert not _rows(_write(tmp_path, "egoexolearn", nothing, seconds=1.0)).any()


def test_egoexolearn_actions(tmp_path):
    """A list of start, end and text."""
    write_actions("egoexolearn", tmp_path, "one", [(1.0, 2.5, "cut bread")])
    said = json.loads((tmp_path / "annotations" / "one.json").read_bytes())
    assert said == [{"start": 1.0, "end": 2.5, "textAttribute_en": "cut bread"}]


# --- HoloAssist -------------------------------------------------------------------------------


def _numbers(path):
    return [[float(cell) for cell in line.split("\t")] for line in path.read_text().splitlines()]


def _projected(session, *, by_frame=True):
    """Where the ray's point is seen, as step 0 of daeunni/StreamGaze defines it.

    Frame by frame with the nearest ray, or ray by ray with the nearest pose; of two, the earlier.
    """
    cells = _numbers(session / "Video" / "Intrinsics.txt")
    matrix = np.array(cells[0][:9]).reshape(3, 3)
    axes = np.linalg.inv([[0, 0, 1, 0], [-1, 0, 0, 0], [0, -1, 0, 0], [0, 0, 0, 1]])
    rays, poses = (
        _ticked(session / name) for name in ("Eyes/Eyes_sync.txt", "Video/Pose_sync.txt")
    )
    pairs = [
        (min(rays, key=lambda ray, at=tick: abs(ray - at)), tick)
        if by_frame
        else (tick, min(poses, key=lambda pose, at=tick: abs(pose - at)))
        for tick in (poses if by_frame else rays)
    ]
    for ray, pose in pairs:
        point = np.append(np.array(rays[ray][2:5]) + 0.5 * np.array(rays[ray][5:8]), 1.0)
        seen = axes @ np.linalg.inv(np.array(poses[pose][2:]).reshape(4, 4)) @ point
        u, v, _ = matrix @ seen[:3] / seen[2]
        yield rays[ray][0], u, v, rays[ray][8]


def _ticked(path):
    """Tick -> numbers of its row; as whole numbers, for floats of that size are 64 ticks apart."""
    ticks = [int(line.split("\t")[1]) for line in path.read_text().splitlines()]
    return dict(zip(ticks, _numbers(path), strict=True))


@pytest.mark.parametrize(("fps", "rate"), [(Fraction(1223, 50), 30.0), (30, 30.0), (24, 120.0)])
def test_holoassist_projects_back(tmp_path, fps, rate):
    """Rays in the room and moving poses give the pixels of the signal, also outside the frame."""
    signal = _curve(4.0, rate)
    _write(tmp_path, "holoassist", signal, width=426, fps=fps, seconds=4.0)
    found = list(_projected(tmp_path / "full" / "one" / "Export_py"))
    assert len(found) == np.ceil(4.0 * float(fps))
    for at, u, v, valid in found:
        k = round(at * rate)
        assert (u / 426, v / 240) == pytest.approx((signal.x[k], signal.y[k]), abs=1e-8)
        assert valid == 1
    assert max(u for _, u, *_ in found) > 426


def test_holoassist_projects_back_half_way_between_frames(tmp_path):
    """The sample at 25 s lies exactly between two frames at 24.46 a second."""
    signal = _curve(25.5, 30.0)
    _write(tmp_path, "holoassist", signal, width=426, fps=Fraction(1223, 50), seconds=25.5)
    found = list(_projected(tmp_path / "full" / "one" / "Export_py", by_frame=False))
    assert [at for at, *_ in found] == pytest.approx(signal.seconds.tolist())
    assert [u / 426 for _, u, *_ in found] == pytest.approx(signal.x.tolist(), abs=1e-8)
    assert [v / 240 for _, _, v, _ in found] == pytest.approx(signal.y.tolist(), abs=1e-8)


def test_holoassist_head_moves(tmp_path):
    """A reader that takes one pose for all, or forgets it, is off by far."""
    _write(tmp_path, "holoassist", _curve(4.0, 30.0), fps=30, seconds=4.0)
    session = tmp_path / "full" / "one" / "Export_py"
    poses = np.array(_numbers(session / "Video" / "Pose_sync.txt"))[:, 2:].reshape(-1, 4, 4)
    turned = np.degrees(np.arccos((np.trace(poses[60, :3, :3] @ poses[0, :3, :3].T) - 1) / 2))
    assert turned > 20
    assert np.linalg.norm(poses[60, :3, 3] - poses[0, :3, 3]) > 0.2
    assert poses[:, :3, :3] @ poses[:, :3, :3].swapaxes(1, 2) == pytest.approx(
        np.broadcast_to(np.eye(3), (len(poses), 3, 3)), abs=1e-8
    )


def test_holoassist_files(tmp_path):
    """Tabs; sizes last in the intrinsics; ticks of 100 ns, the video's start the first."""
    _write(tmp_path, "holoassist", width=426, fps=30, seconds=2.0)
    session = tmp_path / "full" / "one" / "Export_py"
    text = (session / "Video" / "Intrinsics.txt").read_text()
    assert len(text.split("\t")) == 11
    assert text.split("\t")[-2:] == ["426", "240\n"]
    start, end = map(int, (session / "Video" / "VideoMp4Timing.txt").read_text().split("\n")[:2])
    assert end - start == 20_000_000
    poses = (session / "Video" / "Pose_sync.txt").read_text().splitlines()
    assert len(poses) == 60
    assert [int(row.split("\t")[1]) - start for row in poses[:2]] == [0, 333_333]
    rays = [row.split("\t") for row in (session / "Eyes" / "Eyes_sync.txt").read_text().split("\n")]
    assert [row[-1] for row in rays[:-1]] == ["1", "1", "1", "0", "0", "1"]
    lengths = [np.linalg.norm([float(cell) for cell in row[5:8]]) for row in rays[:-1]]
    assert lengths == pytest.approx([1, 1, 1, 0, 0, 1])


def test_holoassist_actions(tmp_path):
    """Events of all videos in one file, whose verb and noun make the text."""
    write_actions("holoassist", tmp_path, "two", [(1.0, 2.5, "cut bread")])
    write_actions("holoassist", tmp_path, "one", [(3.0, 4.0, "wait")])
    write_actions("holoassist", tmp_path, "two", [(5.0, 6.0, "move cup")])  # said anew
    said = json.loads((tmp_path / "full" / "data-annnotation-trainval-v1_1.json").read_bytes())
    assert [each["video_name"] for each in said] == ["one", "two"]
    events = [event for each in said for event in each["events"]]
    assert {event["label"] for event in events} == {"Fine grained action"}
    assert [
        (e["start"], e["end"], e["attributes"]["Verb"], e["attributes"]["Noun"]) for e in events
    ] == [(3.0, 4.0, "wait", "none"), (5.0, 6.0, "move", "cup")]


# --- all of them ------------------------------------------------------------------------------


@pytest.mark.parametrize("gaze_format", WRITERS)
def test_equal_signals_give_equal_bytes(tmp_path, gaze_format):
    """Twice the same, and no sample from beyond the video's end."""
    for name, seconds in (("a", 5.0), ("b", 9.0)):
        _write(tmp_path / name, gaze_format, _curve(seconds, 30.0), seconds=5.0)
    files = [sorted(p for p in (tmp_path / name).rglob("*") if p.is_file()) for name in "ab"]
    assert files[0]
    assert [p.name for p in files[0]] == [p.name for p in files[1]]
    assert [p.read_bytes() for p in files[0]] == [p.read_bytes() for p in files[1]]


@pytest.mark.parametrize("name", ["", "..", "../up", "a/b", "a\\b", ".hidden", "a\n", "x" * 200])
def test_names_that_leave_the_folder_are_refused(tmp_path, name):
    """Nothing is written anywhere."""
    folder = tmp_path / "in"
    with pytest.raises(UsageError, match="name"):
        write_gaze("table", folder, name, _signal(), width=4, height=4, fps=30, seconds=1.0)
    with pytest.raises(UsageError, match="name"):
        write_actions("holoassist", folder, name, [(0.0, 1.0, "wait")])
    with pytest.raises(UsageError, match="name"):
        video_path("egtea", folder, name)
    assert list(tmp_path.iterdir()) == []


def test_unknown_format(tmp_path):
    """The message names the formats that there are."""
    with pytest.raises(UsageError, match="egtea:v1"):
        write_gaze("aria", tmp_path, "one", _signal(), width=4, height=4, fps=30, seconds=1.0)
    with pytest.raises(UsageError, match="holoassist"):
        write_actions("egtea:v3", tmp_path, "one", [])


@pytest.mark.parametrize(
    "video", [{"width": 0}, {"height": -1}, {"fps": 0}, {"seconds": 0.0}, {"fps": float("nan")}]
)
def test_a_video_without_extent_is_refused(tmp_path, video):
    """Before anything is written."""
    with pytest.raises(ValueError, match="must be above 0"):
        _write(tmp_path / "in", "egtea", **video)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "action", [(2.0, 1.0, "cut"), (-1.0, 1.0, "cut"), (0.0, 1.0, " "), (0.0, 1.0, "a\nb")]
)
@pytest.mark.parametrize("gaze_format", ["egtea", "ego4d", "egoexolearn", "holoassist", "table"])
def test_what_is_no_action_is_refused(tmp_path, gaze_format, action):
    """Backwards in time, before the video, without words, or with a line break."""
    with pytest.raises(ValueError, match="not an action"):
        write_actions(gaze_format, tmp_path, "one", [action])
    assert list(tmp_path.iterdir()) == []
