"""`sightline gaze`: pictures, videos and words from files of one's own and from a dataset."""

from __future__ import annotations

import argparse
import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from sightline.errors import DatasetError, UsageError
from sightline.video import frames_at, scan
from streamgaze_task import gaze_command, gaze_files, overlay_video
from streamgaze_task.gaze import GazeTable
from streamgaze_task.overlay import OverlayStyle, draw_overlay

_TESTS = Path(__file__).parents[1]
stamped = SimpleNamespace(**runpy.run_path(str(_TESTS / "stamped_video.py")))
tiny = SimpleNamespace(**runpy.run_path(str(_TESTS / "tiny_streamgaze.py")))

SIZE = (160, 128)
CSV = "seconds,x,y,valid\n" + "".join(
    f"{i / 10},{i / 30:.4f},0.5,{int(i < 20)}\n" for i in range(30)
)


@pytest.fixture(scope="module")
def own(tmp_path_factory) -> SimpleNamespace:
    """A video of 3 s whose frames show their number, and a gaze that moves to the right for 2 s."""
    folder = tmp_path_factory.mktemp("own")
    stamped.write_stamped(folder / "own.mp4", size=SIZE)
    (folder / "own.csv").write_text(CSV)
    return SimpleNamespace(
        video=folder / "own.mp4",
        csv=folder / "own.csv",
        arguments=("--video", str(folder / "own.mp4"), "--gaze", str(folder / "own.csv")),
    )


@pytest.fixture(scope="module")
def tiny_dataset(tmp_path_factory) -> Path:
    """A dataset of three small videos."""
    from streamgaze_task.builder import build

    folder = tmp_path_factory.mktemp("tiny")
    tiny.make(folder / "release")
    build(folder / "release", folder / "dataset")
    return folder / "dataset"


def run(*words):
    """The command's exit status; what the command line would catch is raised."""
    parser = argparse.ArgumentParser(prog="sightline")
    gaze_command.add(parser.add_subparsers())
    arguments = parser.parse_args(["gaze", *map(str, words)])
    return arguments.run(arguments)


def pixels(path):
    """The pixels of a picture file."""
    with Image.open(path) as image:
        return np.array(image)


def dot(image):
    """Column and row of the middle of what is green; None when nothing is."""
    red, green, blue = np.moveaxis(np.asarray(image).astype(int), -1, 0)
    green = (green > 180) & (red < 90) & (blue < 90)
    return np.argwhere(green).mean(axis=0)[::-1] if green.any() else None


# --- overlay ------------------------------------------------------------------------------------


def test_one_moment_is_the_frame_with_its_gaze(own, tmp_path, capsys):
    """The frame on screen at that time, drawn exactly as in Python."""
    out = tmp_path / "frame.png"
    assert run("overlay", *own.arguments, "--at", "1.25", "--out", out) == 0
    (frame,) = frames_at(own.video, [12])
    expected = draw_overlay(frame.image, (0.4, 0.5), OverlayStyle(int(0.156 * 160)))
    assert np.array_equal(pixels(out), np.asarray(expected))
    assert capsys.readouterr().out == f"{out}: 1 frame(s), circle of 24 px\n"


def test_a_span_is_a_video_of_its_frames(own, tmp_path):
    """Half open, with the frames' own distances, and the dot where the gaze is."""
    out = tmp_path / "span.mp4"
    assert run("overlay", *own.arguments, "--from", "1", "--to", "00:02.5", "--out", out) == 0
    written = scan(out)
    assert written.pts_seconds == pytest.approx([i / 10 for i in range(15)])
    assert (written.width, written.height) == SIZE
    frames = frames_at(out, range(15))
    for number, frame in enumerate(frames):
        place = dot(frame.image)
        if number < 10:
            assert place == pytest.approx(((10 + number) / 30 * SIZE[0], SIZE[1] / 2), abs=2)
        else:
            assert place is None, "the gaze is lost from 2.0 s on"
    assert stamped.index_of(frames[14].image) == 24


def test_the_whole_video_is_the_default_span(own, tmp_path):
    """All its frames."""
    run("overlay", *own.arguments, "--out", tmp_path / "all.mp4")
    assert scan(tmp_path / "all.mp4").frame_count == 30


def test_odd_sizes_grow_by_a_copy_of_the_last_row_and_column(tmp_path):
    """The codec wants even ones; frames of a turned video are upright."""
    clip = tmp_path / "odd.mp4"
    stamped.write_stamped(clip, size=(161, 121), options={}, codec="mpeg4", rotation=90)
    subject = gaze_files.Subject(clip, GazeTable.empty(), None, scan(clip))
    out = tmp_path / "out.mp4"
    assert overlay_video.write_video(out, subject, (0, 9), OverlayStyle(9)) == 30
    assert (scan(out).width, scan(out).height) == (122, 162)
    assert stamped.index_of(frames_at(out, [7])[0].image) == 7


def test_frames_of_a_variable_rate_keep_their_times(tmp_path):
    """The first is at 0."""
    clip = tmp_path / "variable.mp4"
    times = [0.5, 0.54, 0.9, 1.0, 1.7]
    stamped.write_stamped(clip, size=SIZE, pts=times)
    subject = gaze_files.Subject(clip, GazeTable.empty(), None, scan(clip))
    overlay_video.write_video(tmp_path / "out.mp4", subject, (0.52, 9), OverlayStyle(9))
    assert scan(tmp_path / "out.mp4").pts_seconds == pytest.approx([0, 0.36, 0.46, 1.16], abs=1e-4)


def test_progress_is_told_about_every_frame(own, tmp_path):
    """Once at the start, and once a frame."""
    told = []
    progress = SimpleNamespace(
        start=lambda what, total: told.append((what, total)), advance=told.append
    )
    subject = gaze_files.from_files(own.video, own.csv)
    target = tmp_path / "out.mp4"
    overlay_video.write_video(target, subject, (0, 0.5), OverlayStyle(9), progress=progress)
    assert told == [("overlay", 5), 1, 1, 1, 1, 1]


@pytest.mark.parametrize(
    ("words", "radius"),
    [
        ((), 24),
        (("--source", "egtea"), 25),
        (("--style", "degrees"), 18),
        (("--style", "degrees", "--source", "egtea"), 32),
        (("--style", "degrees", "--hfov", "60"), 32),
        (("--style", "degrees", "--hfov", "90", "--radius-degrees", "45"), 80),
    ],
)
def test_styles_set_the_radius(own, tmp_path, capsys, words, radius):
    """As published, or from an angle and the camera."""
    run("overlay", *own.arguments, "--at", "0", "--out", tmp_path / "a.png", *words)
    assert capsys.readouterr().out.endswith(f"circle of {radius} px\n")


# --- salience and text --------------------------------------------------------------------------


def test_salience_is_a_picture_of_the_span(own, tmp_path, capsys):
    """White where the gaze was, black where it went later."""
    out = tmp_path / "map.png"
    assert run("salience", *own.arguments, "--from", "0", "--to", "0.5", "--out", out) == 0
    picture = pixels(out)
    assert picture.shape == (*SIZE[::-1], 3)
    assert picture[64, :22].max(axis=0).tolist() == [255, 255, 255]
    assert not picture[:, 80:].any()
    assert capsys.readouterr().out == f"{out}: 160 x 128, 0 to 0.5 s\n"


def test_a_wider_gaussian_reaches_farther(own, tmp_path):
    """The angle is an option."""
    lit = []
    for sigma in ("1", "8"):
        out = tmp_path / f"{sigma}.png"
        run("salience", *own.arguments, "--to", "0.5", "--sigma-degrees", sigma, "--out", out)
        lit.append(int(pixels(out).any(axis=2).sum()))
    assert lit[1] > 5 * lit[0]


def test_text_prints_what_a_model_gets(own, capsys):
    """With the loss at the end."""
    assert run("text", *own.arguments, "--from", "1.5") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Gaze of the person wearing the camera from 00:01.5 to 00:03.0.")
    assert lines[-1].startswith("No gaze was recorded at 00:02.0-00:03.0.")


# --- a dataset ----------------------------------------------------------------------------------


def test_a_video_of_a_dataset_is_found_by_its_name(tiny_dataset, tmp_path):
    """Its own video, gaze and source; the dot of ours lies where the released overlay has it."""
    video_id, source = next(iter(tiny.VIDEOS.items()))
    subject = gaze_files.from_dataset(tiny_dataset, video_id)
    assert subject.source == source
    assert subject.gaze.kind == "recovered"
    out = tmp_path / "frame.png"
    assert run("overlay", video_id, "--dataset", tiny_dataset, "--at", "3", "--out", out) == 0
    released = tiny_dataset / "media" / "videos" / "overlay" / f"{video_id}.mp4"
    theirs = dot(frames_at(released, [3 * tiny.FPS])[0].image)
    assert dot(pixels(out)) == pytest.approx(theirs, abs=2)


def test_an_unknown_video_is_refused_with_names_that_are_near(tiny_dataset):
    """Instead of a list of hundreds."""
    name = next(iter(tiny.VIDEOS))
    with pytest.raises(UsageError, match=f"must be one of the 3 videos of .*\n.*{name}"):
        gaze_files.from_dataset(tiny_dataset, name[:-1])
    with pytest.raises(UsageError, match="must be one of the 3 videos"):
        gaze_files.from_dataset(tiny_dataset, "?")


def _with_video(monkeypatch, **changes):
    fields = {"video_id": "a", "video_path": "media/a.mp4", "gaze": "samples", "source": None}
    video = SimpleNamespace(**{**fields, **changes})
    found = (SimpleNamespace(video=video),)
    monkeypatch.setattr("streamgaze_task.questions.read_samples", lambda _: found)


def test_a_video_without_gaze_says_how_to_get_it(monkeypatch, tmp_path):
    """It was built without recovery."""
    _with_video(monkeypatch, gaze="none")
    with pytest.raises(DatasetError, match=r"video a has no gaze in (.|\n)*--no-gaze-recovery"):
        gaze_files.from_dataset(tmp_path, "a")


@pytest.mark.parametrize("path", ["../a.mp4", "/etc/a.mp4", "a\\..\\b.mp4"])
def test_a_dataset_cannot_point_outside_itself(monkeypatch, tmp_path, path):
    """Its rows come from strangers."""
    _with_video(monkeypatch, video_path=path)
    with pytest.raises(DatasetError, match="video a must lie inside"):
        gaze_files.from_dataset(tmp_path, "a")


# --- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--out", "o.png"), "--out \\(o.png\\) must end in .mp4\n.*--at TIME makes a PNG"),
        (("--at", "1", "--out", "o.mp4"), "--out \\(o.mp4\\) must end in .png"),
        (("--at", "1", "--from", "0", "--out", "o.png"), "--at stands for --from and --to"),
        (("--at", "3", "--out", "o.png"), "--at \\(3\\) must be inside the video of 3.000 seconds"),
        (("--from", "2", "--to", "1", "--out", "o.mp4"), "--from \\(2\\) must be before --to"),
        (("--from", "5", "--out", "o.mp4"), "must be before --to and the video's end \\(3 sec"),
        (("--from", "1.01", "--to", "1.02", "--out", "o.mp4"), "must hold a frame of the video"),
        (("--out", "no/o.mp4"), "must lie in a folder that exists"),
        (("--out", "folder.mp4"), "must be a file, but is a folder"),
        (("--source", "gopro", "--out", "o.mp4"), "--source \\('gopro'\\) must be one of: egtea"),
        (("--hfov", "200", "--out", "o.mp4"), "--hfov: hfov_degrees \\(200.0\\) must be between"),
        (("--radius-degrees", "8", "--out", "o.mp4"), "--radius-degrees needs --style degrees"),
        (
            ("--style", "degrees", "--radius-degrees", "0", "--out", "o.mp4"),
            "--radius-degrees: degrees \\(0.0\\) must be between 0 and 90",
        ),
        (("--dataset", "d", "--out", "o.mp4"), "VIDEO_ID --dataset DATASET is needed, or --video"),
    ],
)
def test_commands_that_cannot_work_are_refused(own, tmp_path, monkeypatch, words, message):
    """Before any file is written; the message names the option."""
    monkeypatch.chdir(tmp_path)
    Path("folder.mp4").mkdir()
    with pytest.raises(UsageError, match=message):
        run("overlay", *own.arguments, *words)
    assert [path.name for path in tmp_path.iterdir()] == ["folder.mp4"]


@pytest.mark.parametrize("words", [(), ("a",), ("--dataset", "d"), ("--video", "v.mp4")])
def test_a_subject_is_needed(words):
    """One of the two ways to name it."""
    with pytest.raises(
        UsageError, match=r"VIDEO_ID --dataset DATASET is needed, or --video FILE\.mp4"
    ):
        run("text", *words)


def test_a_sigma_must_be_an_angle(own, tmp_path):
    """The message names the option."""
    with pytest.raises(UsageError, match="--sigma-degrees: degrees"):
        run("salience", *own.arguments, "--sigma-degrees", "0", "--out", tmp_path / "a.png")


def test_times_must_be_times(own, capsys):
    """Seconds, or minutes and seconds."""
    with pytest.raises(SystemExit, match="2"):
        run("text", *own.arguments, "--from", "soon")
    assert "time stamp ('soon') must be MM:SS" in capsys.readouterr().err


def test_a_file_is_overwritten_only_by_force(own, tmp_path):
    """What lies there may be somebody's work."""
    out = tmp_path / "o.png"
    out.write_text("mine")
    words = ("overlay", *own.arguments, "--at", "0", "--out", out)
    with pytest.raises(UsageError, match=r"exists\n.*--force"):
        run(*words)
    assert out.read_text() == "mine"
    run(*words, "--force")
    assert pixels(out).shape == (*SIZE[::-1], 3)


def test_the_video_that_is_read_is_never_overwritten(own):
    """Not by force either."""
    before = own.video.read_bytes()
    with pytest.raises(UsageError, match="must not be the video that is read"):
        run("overlay", *own.arguments, "--out", own.video, "--force")
    assert own.video.read_bytes() == before


def test_a_run_that_fails_leaves_nothing(own, tmp_path):
    """No half a video, and no draft of it."""
    broken = tmp_path / "broken.mp4"
    data = bytearray(own.video.read_bytes())
    start = data.index(b"mdat") + 200
    data[start : start + 2000] = b"\xff" * 2000
    broken.write_bytes(data)
    out = tmp_path / "o.mp4"
    with pytest.raises(DatasetError, match=r"cannot be decoded|must be an mp4"):
        run("overlay", "--video", broken, "--gaze", own.csv, "--out", out)
    assert [path.name for path in tmp_path.iterdir()] == ["broken.mp4"]


def test_a_draft_vanishes_when_the_work_fails(tmp_path):
    """Whatever went wrong; what lay there before stays."""
    out = tmp_path / "o.mp4"
    out.write_text("before")

    def interrupted():
        with gaze_command._replacing(out) as draft:
            draft.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [path.name for path in tmp_path.iterdir()] == ["o.mp4"]
    assert out.read_text() == "before"


@pytest.mark.parametrize("name", ["overlay", "salience", "text"])
def test_every_command_shows_an_example(name, capsys):
    """In its help, together with what it does."""
    with pytest.raises(SystemExit, match="0"):
        run(name, "--help")
    text = capsys.readouterr().out
    assert f"example:\n  sightline gaze {name}" in text
