"""The raw recordings: equal bytes for equal seeds, and what is in them is what happens in them."""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest
import yaml

from sightline.errors import UsageError
from streamgaze_task.rendering import world
from streamgaze_task.rendering.entries import MAKERS, drafts
from streamgaze_task.rendering.raw import WRITERS, video_path
from streamgaze_task.rendering.raw.recordings import (
    BY_ID,
    RECORDINGS,
    action_text,
    actions_of,
    script_of_recording,
    tracked,
)
from streamgaze_task.rendering.scanpath import script_of
from streamgaze_task.sample_recordings import choose, config_text, make_recordings, write

DATASETS = ("egtea", "ego4d", "egoexolearn", "holoassist", "table")
SEED = 3


def _slow(seconds):
    """All recordings, short, with few frames a second: drawing is what takes the time."""
    return [
        replace(each, video=replace(each.video, fps=Fraction(2), seconds=seconds))
        for each in RECORDINGS
    ]


def _digests(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """All recordings, 40 s of 2 frames a second."""
    folder = tmp_path_factory.mktemp("recordings")
    write(folder, _slow(40.0), seed=SEED)
    return folder


@pytest.fixture(scope="module", params=[0, 1])
def scripts(request):
    """What happens in the recordings as they are, for two seeds."""
    return [script_of_recording(name, request.param) for name in BY_ID]


# --- the files --------------------------------------------------------------------------------


def test_every_dataset_lies_as_it_is_published(made):
    """Gaze, video and actions of each format, a configuration, a text, and nothing else."""
    first, second, ego4d, exo, holo, table = (each.recording_id for each in RECORDINGS)
    session = f"holoassist/full/{holo}/Export_py"
    below = {
        f"egtea/videos/{first}.mp4",
        f"egtea/videos/{second}.mp4",
        f"egtea/gaze_data/{first}.txt",
        f"egtea/gaze_data/{second}.txt",
        "egtea/raw_annotations/action_labels.csv",
        f"ego4d/v2/gaze_videos/v2/full_scale/{ego4d}.mp4",
        f"ego4d/v2/gaze/{ego4d}.csv",
        f"ego4d/actions/{ego4d}.csv",
        f"egoexolearn/full/{exo}.mp4",
        f"egoexolearn/full/gazes_30fps_npy/{exo}.npy",
        f"egoexolearn/annotations/{exo}.json",
        f"{session}/Video_pitchshift.mp4",
        f"{session}/Video/Intrinsics.txt",
        f"{session}/Video/Pose_sync.txt",
        f"{session}/Video/VideoMp4Timing.txt",
        f"{session}/Eyes/Eyes_sync.txt",
        "holoassist/full/data-annnotation-trainval-v1_1.json",
        f"table/videos/{table}.mp4",
        f"table/gaze/{table}.csv",
        f"table/actions/{table}.csv",
    }
    expected = {"config.yaml", "README.txt", *(f"raw_gaze_dataset/{name}" for name in below)}
    assert set(_digests(made)) == expected


def test_equal_seeds_give_equal_bytes(made, tmp_path):
    """The same twice; another seed changes every gaze file and every video."""
    write(tmp_path / "again", _slow(40.0), seed=SEED)
    assert _digests(tmp_path / "again") == _digests(made)
    write(tmp_path / "other", _slow(40.0), seed=SEED + 1)
    other, ours = _digests(tmp_path / "other"), _digests(made)
    fixed = ("Intrinsics.txt", "Pose_sync.txt", "VideoMp4Timing.txt")
    seen = [name for name in ours if name.endswith((".mp4", ".txt", ".npy"))]
    seen = [name for name in seen if not name.endswith(fixed)]
    assert len(seen) > 10
    assert [name for name in seen if other[name] == ours[name]] == []


def test_videos_have_the_size_and_length_of_the_table(made):
    """Every frame is there."""
    for each in _slow(40.0):
        path = video_path(each.format, made / "raw_gaze_dataset" / each.dataset, each.recording_id)
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            assert (stream.width, stream.height) == (each.video.width, each.video.height)
            assert (stream.frames, stream.average_rate) == (80, 2)


def test_the_configuration_names_the_folders(made):
    """It is YAML, and every folder that it names is there, each dataset once."""
    config = yaml.safe_load((made / "config.yaml").read_text("utf-8"))
    assert config["labeller"] == {"kind": "rendered"}
    assert [each["format"] for each in config["recordings"]] == list(DATASETS)
    for each in config["recordings"]:
        assert (made / each["folder"]).is_dir()
    assert config["recordings"][-1]["hfov_degrees"] == 90
    assert (config["name"], config["seed"], config["method"]) == ("rendered-gaze", 0, "sightline")


def test_the_configuration_of_some_formats():
    """Folders that are not made are not named."""
    config = yaml.safe_load(config_text(choose(["ego4d", "egtea:v2"]), 0))
    assert [each["format"] for each in config["recordings"]] == ["egtea", "ego4d"]


def test_the_text_names_every_recording(made):
    """With its seed, and without braces that were never filled in."""
    text = (made / "README.txt").read_text("utf-8")
    assert all(each.recording_id in text for each in RECORDINGS)
    assert f"seed {SEED}" in text
    assert "{" not in text


def test_gaze_and_actions_are_those_of_the_script(made):
    """The plain table's gaze is near what the script says; the actions are the script's."""
    recording = _slow(40.0)[-1]
    script = script_of(recording.video, SEED)
    folder = made / "raw_gaze_dataset" / "table"
    name = f"{recording.recording_id}.csv"
    with (folder / "gaze" / name).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 40 * 60
    said = [float(row["x"]) if row["x"] else np.nan for row in rows]
    assert np.array_equal(said, tracked(script, rate_hz=60.0, seed=SEED).x, equal_nan=True)
    assert not np.array_equal(said, tracked(script, rate_hz=60.0, seed=0).x, equal_nan=True)
    for row in rows:
        true = world.gaze(script, float(row["seconds"]))
        assert (row["x"] == "") == (true is None)
        if true is not None:
            assert float(row["x"]) * 320 == pytest.approx(true[0], abs=4)
            assert float(row["y"]) * 240 == pytest.approx(true[1], abs=4)
    with (folder / "actions" / name).open(newline="") as file:
        said = [(float(r["start"]), float(r["end"]), r["text"]) for r in csv.DictReader(file)]
    assert said == actions_of(script)


def test_holoassist_annotations_are_those_of_the_script(made):
    """Verb and noun together are the text."""
    recording = next(each for each in _slow(40.0) if each.dataset == "holoassist")
    path = made / "raw_gaze_dataset/holoassist/full/data-annnotation-trainval-v1_1.json"
    (said,) = json.loads(path.read_bytes())
    texts = [f"{e['attributes']['Verb']} {e['attributes']['Noun']}" for e in said["events"]]
    assert texts == [text for *_, text in actions_of(script_of(recording.video, SEED))]


def test_a_short_one_by_the_public_function(tmp_path):
    """Only what was asked for, of the length that was asked for."""
    make_recordings(tmp_path / "raw", seconds=6.0, formats=["table"])
    names = set(_digests(tmp_path / "raw"))
    assert {name.split("/")[1] for name in names if "/" in name} == {"table"}
    (gaze,) = (tmp_path / "raw" / "raw_gaze_dataset" / "table" / "gaze").iterdir()
    assert len(gaze.read_text().splitlines()) == 1 + 6 * 60


# --- refusals ---------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [0.0, 4.9, 1e9, float("nan"), float("inf"), -5.0])
def test_impossible_lengths_are_refused(tmp_path, seconds):
    """Nothing is left behind."""
    with pytest.raises(UsageError, match="seconds"):
        make_recordings(tmp_path / "raw", seconds=seconds)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("formats", [["aria"], [], ["egtea", "egtea:v9"]])
def test_unknown_formats_are_refused(tmp_path, formats):
    """The message names those that there are."""
    with pytest.raises(UsageError, match="egtea:v1"):
        make_recordings(tmp_path / "raw", formats=formats)
    assert list(tmp_path.iterdir()) == []


def test_a_full_folder_is_refused(tmp_path):
    """And what is in it stays."""
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UsageError):
        make_recordings(tmp_path, seconds=5.0, formats=["table"])
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_failure_leaves_nothing(tmp_path, monkeypatch):
    """A disk that breaks while a video is written."""
    monkeypatch.setattr("streamgaze_task.rendering.painter.Painter.frame", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        make_recordings(tmp_path / "raw", seconds=5.0, formats=["table"])
    assert not (tmp_path / "raw").exists()


# --- what happens in them ---------------------------------------------------------------------


def test_the_table_has_every_format():
    """Both versions of BeGaze, and names that differ."""
    assert {each.dataset for each in RECORDINGS} == set(DATASETS)
    assert {"egtea:v1", "egtea:v2"} <= {each.format for each in RECORDINGS} <= set(WRITERS)
    assert len(BY_ID) == len(RECORDINGS)
    assert all(each.video.source == each.dataset for each in RECORDINGS)


def test_every_recording_has_questions_of_every_task(scripts):
    """The sample release's makers find some in each; of future actions in all but few."""
    for script in scripts:
        found = drafts([script], 0)
        assert set(found) == set(MAKERS)
        assert [code for code, asked in found.items() if not asked and code != "fap"] == []
    assert len(drafts(scripts, 0)["fap"]) >= 6


def test_a_script_is_recovered_by_name_seed_and_length():
    """The same as the one that was drawn; another length may be another story."""
    recording = RECORDINGS[0]
    assert script_of_recording(recording.recording_id, 5) == script_of(recording.video, 5)
    short = script_of_recording(recording.recording_id, 5, 30.0)
    assert short == script_of(replace(recording.video, seconds=30.0), 5)
    with pytest.raises(KeyError):
        script_of_recording("nobody", 0)


def test_texts_tell_jobs_apart(scripts):
    """No two jobs of a room have the same words; jobs of different rooms are called alike."""
    for script in scripts:
        assert len({action_text(job) for job in script.jobs}) == len(script.jobs)
    words = {action_text(job) for script in scripts for job in script.jobs}
    assert words == {
        "pour bottle", "stir pot", "cut bread", "wipe plate", "lift cup", "move cup",
    }  # fmt: skip
    assert sum(len(actions_of(script)) for script in scripts) >= 2 * len(scripts)


def test_the_tracker_says_what_the_eye_does():
    """Fixations inside looks, saccades between, blinks inside looks, untracked elsewhere."""
    script = script_of_recording("bench-01", 1, 600.0)
    signal = tracked(script, rate_hz=60.0, seed=1)
    assert len(signal) == 600 * 60
    looking = np.zeros(len(signal), bool)
    for look in script.looks:
        looking |= (signal.seconds >= look.start) & (signal.seconds < look.end)
    assert set(signal.types.tolist()) >= {"fixation", "saccade", "blink", "untracked"}
    assert set(signal.types[looking].tolist()) <= {"fixation", "blink", "outside"}
    assert set(signal.types[~looking].tolist()) <= {"saccade", "untracked", "outside"}


def test_noise_has_the_size_that_was_asked_for():
    """0.2 degrees of a camera that sees 90 are 0.56 of 320 pixels."""
    script = script_of_recording("bench-01", 1, 60.0)
    clean = tracked(script, rate_hz=60.0, seed=1, noise_degrees=0.0)
    noisy = tracked(script, rate_hz=60.0, seed=1)
    off = (noisy.x - clean.x)[clean.valid & noisy.valid] * 320
    assert np.std(off) == pytest.approx(160 * np.tan(np.radians(0.2)), rel=0.05)
