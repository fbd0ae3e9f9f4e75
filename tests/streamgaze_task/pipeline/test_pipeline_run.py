"""What a run makes again, and what it leaves as it is."""

from __future__ import annotations

import json
import os
import runpy
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from sightline.errors import DatasetError, UsageError
from sightline.progress import Silent
from streamgaze_task.pipeline.config import read_config
from streamgaze_task.pipeline.make import make_benchmark, plan_text
from streamgaze_task.pipeline.release import write_release
from streamgaze_task.pipeline.run import forget_problems, sources_of

small = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("small_recordings.py"))))

BEHIND = {
    "fixations": set(small.STAGES[1:]),
    "labels": set(small.STAGES[2:]),
    "views": {"views", "questions", "judged"},
    "episodes": {"episodes", "questions", "judged"},
    "questions": {"questions", "judged"},
    "quality": {"judged"},
}
"""Part of a configuration -> the stages behind it."""
REPORTS = {"report.json", "report.html"}
CHANGES = {
    "fixations": {"min_seconds": 0.9},
    "labels": {"round": 7},
    "views": {"every_seconds": 3.0},
    "episodes": {"merge_seconds": 0.1},
    "questions": {"label_means": "already_seen"},
    "quality": {"filters": False},
}


def make(path, **more):
    """A whole run in this process."""
    settings = {"workers": 1, "until": "release", "skip_failed": False, "progress": Silent()}
    return make_benchmark(read_config(path), **{**settings, **more})


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A finished run, by the command; read-only."""
    path = small.copy(small.made(tmp_path_factory), tmp_path_factory.mktemp("whole") / "raw")
    small.run("gaze", "run", path)
    return path.parent


@pytest.fixture
def run(whole, tmp_path):
    """A copy of the finished run, with the times of its files; its configuration."""
    shutil.copytree(whole, tmp_path / "raw", copy_function=shutil.copy2)
    return tmp_path / "raw/config.yaml"


def made_again(path, action):
    """Names of the files of a run that an action wrote."""
    out = path.parent / "benchmark"
    before = small.times(out)
    action()
    after = small.times(out)
    return {name for name in {*before, *after} if before.get(name) != after.get(name)}


def stages_of(names):
    """Stages of which there is a file among these, and the recordings of the files."""
    found = [name.split("/") for name in names if name.startswith("work/")]
    pairs = [(parts[1], parts[2].removesuffix(".jsonl")) for parts in found if len(parts) == 3]
    known = [pair for pair in pairs if pair[0] in small.STAGES]
    return {stage for stage, _ in known}, {recording for _, recording in known}


def test_a_run_has_every_file_and_nothing_unfinished(whole):
    """All stages of all recordings, a release, a report; no file of another name."""
    out = whole / "benchmark"
    names = small.contents(out)
    assert stages_of(names) == (set(small.STAGES), set(small.VIDEOS))
    assert not [name for name in names if "/." in f"/{name}"]
    assert {name.split("/")[0] for name in names} == {"work", "release", *REPORTS}
    report = json.loads((out / "report.json").read_text())
    kept = sum(task["kept"] for task in report["questions"].values())
    assert (report["failed"], report["released"]) == ({}, True)
    assert kept > 20
    asked = [json.loads(path.read_text()) for path in (out / "release/qa").glob("*.json")]
    assert sum(map(len, asked)) == kept


def test_a_second_run_makes_nothing(run):
    """No file but the report is written, and that is the same."""
    before = small.contents(run.parent / "benchmark")
    assert made_again(run, lambda: make(run)) == REPORTS
    assert small.contents(run.parent / "benchmark") == before


def test_a_moved_folder_is_as_good(run, tmp_path):
    """No path is part of what a file is known by."""
    moved = tmp_path / "elsewhere/deep"
    shutil.copytree(run.parent, moved, copy_function=shutil.copy2)
    shutil.rmtree(run.parent)
    assert made_again(moved / "config.yaml", lambda: make(moved / "config.yaml")) == REPORTS


@pytest.mark.parametrize("part", CHANGES)
def test_a_changed_setting_makes_the_stages_behind_it_again(run, part):
    """And none before."""
    small.change(
        run, **{part: {**(yaml.safe_load(run.read_text()).get(part) or {}), **CHANGES[part]}}
    )
    again = made_again(run, lambda: make(run))
    assert stages_of(again) == (BEHIND[part], set(small.VIDEOS))
    kept = {name for name in again if name.startswith("work/gaze/")}
    assert kept == set()


def test_what_the_answers_do_not_depend_on_makes_nothing_again(run):
    """How a cluster is divided, say."""
    small.change(run, cluster={"tasks": 3})
    assert stages_of(made_again(run, lambda: make(run))) == (set(), set())


def test_another_gaze_file_makes_its_recording_again(run):
    """The others keep every file of their own up to where the words of all are needed."""
    gaze = run.parent / "raw_gaze_dataset/table/gaze" / f"{small.TABLE}.csv"
    lines = gaze.read_text().splitlines(keepends=True)
    gaze.write_text("".join(lines[:-60]))
    again = made_again(run, lambda: make(run))
    own = {name for name in again if stages_of([name])[0] & set(small.STAGES[:5])}
    assert stages_of(own)[1] == {small.TABLE}
    assert f"work/recordings/{small.TABLE}.jsonl" in own


def test_other_columns_are_another_gaze(run):
    """How a table is read is part of what is read."""
    given = yaml.safe_load(run.read_text())["recordings"]
    for one in given:
        if one["format"] == "table":
            one["columns"] = {"offset_seconds": 0.5}
    small.change(run, recordings=given)
    again = made_again(run, lambda: make(run, until="recordings"))
    assert f"work/recordings/{small.TABLE}.jsonl" in again
    assert stages_of(again)[1] == {small.TABLE}


def test_other_recorded_answers_make_labels_again(run):
    """Whatever the file's name is."""
    answers = run.parent / "answers.jsonl"
    answers.write_text(answers.read_text().replace("cup", "violin"))
    small.run("gaze", "run", run)
    labels = small.rows(small.of_stage(run.parent / "benchmark", "labels", small.TABLE))
    told = json.dumps(labels)
    assert "violin" in told
    assert "cup" not in told


def test_a_lost_or_damaged_file_is_made_again(run):
    """Any stage's, also one whose first line is no header."""
    out = run.parent / "benchmark"
    before = small.contents(out)
    small.of_stage(out, "views", small.EGTEA).unlink()
    small.of_stage(out, "episodes", small.TABLE).write_text("{}\n")
    (out / "release.unrelated").write_text("stays")
    make(run)
    assert small.changed(before, small.contents(out)) == {"release.unrelated"}


@pytest.mark.parametrize("how", ["lost", "damaged", "of another recording"])
def test_gaze_that_is_not_as_it_was_written_is_made_again(run, how):
    """By the same command, though the stage's own file is as it was."""
    out = run.parent / "benchmark"
    before = small.contents(out)
    gaze = out / f"work/gaze/{small.TABLE}.parquet"
    if how == "lost":
        gaze.unlink()
    elif how == "damaged":
        gaze.write_bytes(gaze.read_bytes()[:-50])
    else:
        shutil.copy(out / f"work/gaze/{small.EGTEA}.parquet", gaze)
    assert "recordings: 1 to make" in plan_text(read_config(run))
    make(run)
    assert small.changed(before, small.contents(out)) == set()


def test_until_stops_there(run):
    """Its report counts what there is by then."""
    shutil.rmtree(run.parent / "benchmark")
    report = make(run, until="episodes")
    assert stages_of(small.contents(run.parent / "benchmark"))[0] == set(small.STAGES[:5])
    assert report.facts["episodes"] > 0
    assert "questions" not in report.facts
    assert not (run.parent / "benchmark/release").exists()


def test_a_dry_run_writes_nothing(run):
    """Not even a lock; it tells which stages are to be made."""
    out = run.parent / "benchmark"
    assert "to make" not in plan_text(read_config(run))
    small.change(run, quality={"filters": False})
    told = plan_text(read_config(run))
    assert [line.strip() for line in told.splitlines() if "to make" in line] == [
        "judged: 3 to make"
    ]
    shutil.rmtree(out)
    told = small.run("gaze", "run", run, "--dry-run").stdout
    assert told.count("3 to make") == len(small.STAGES)
    assert not out.exists()


def test_out_that_is_a_file_is_refused(run):
    """In one sentence."""
    small.change(run, out="config.yaml")
    with pytest.raises(UsageError, match="out must be a folder"):
        make(run)


def test_what_a_killed_release_left_goes_away(run):
    """The folder that it was writing, and the release that it had put aside."""
    out = run.parent / "benchmark"
    before = small.contents(out)
    (out / "release").rename(out / ".release-old")
    (out / ".release-new").mkdir()
    (out / ".release-new/half").write_text("x")
    make(run)
    assert small.contents(out) == before


def test_a_video_that_is_a_link_is_a_file_in_the_release(run):
    """Data sets are often laid out by links."""
    video = run.parent / "raw_gaze_dataset" / small.VIDEOS[small.TABLE]
    store = video.parent / "store"
    store.mkdir()
    video.rename(store / "bytes")
    video.symlink_to(Path("store/bytes"))
    shutil.rmtree(run.parent / "benchmark/release")
    make(run)
    released = run.parent / "benchmark/release/videos/original_video" / f"{small.TABLE}.mp4"
    assert not released.is_symlink()
    assert released.read_bytes() == video.read_bytes()


def test_a_release_is_replaced_at_once_or_not_at_all(run, monkeypatch):
    """What cannot be written leaves the one before."""
    out = run.parent / "benchmark/release"
    before = small.contents(out)
    monkeypatch.setattr("streamgaze_task.pipeline.release._write", _no_room)
    with pytest.raises(UsageError, match="cannot write"):
        write_release(out, [], seed=0, progress=Silent())
    assert small.contents(out) == before


def _no_room(*_):
    raise OSError(28, os.strerror(28))


@pytest.fixture
def raw(tmp_path_factory, tmp_path):
    """Recordings of which nothing is made yet; their configuration."""
    return small.copy(small.made(tmp_path_factory), tmp_path / "raw")


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        (small.VIDEOS[small.EGO4D], b"\0" * 5000, "recordings: "),
        (small.VIDEOS[small.EGO4D], b"", "recordings: "),
        (f"ego4d/v2/gaze/{small.EGO4D}.csv", b"\xff\x00garbage\n" * 50, "recordings: "),
        (f"ego4d/v2/gaze/{small.EGO4D}.csv", b"", "recordings: "),
    ],
)
def test_a_broken_recording_is_named_and_the_others_finished(raw, name, data, said):
    """No release without it unless that is asked for, and no traceback."""
    (raw.parent / "raw_gaze_dataset" / name).write_bytes(data)
    report = make(raw)
    out = raw.parent / "benchmark"
    (why,) = report.failed.values()
    assert set(report.failed) == {small.EGO4D}
    assert why.startswith(said)
    assert "Traceback" not in why
    assert stages_of(small.contents(out))[1] == {small.EGTEA, small.TABLE}
    assert not (out / "release").exists()
    assert json.loads((out / "report.json").read_text())["failed"] == report.failed
    assert make(raw, skip_failed=True).released
    videos = {path.stem for path in (out / "release/videos/original_video").iterdir()}
    assert videos == {small.EGTEA, small.TABLE}


def test_when_all_fail_there_is_one_error(raw):
    """That names the first."""
    for name in small.VIDEOS.values():
        (raw.parent / "raw_gaze_dataset" / name).write_bytes(b"no video")
    with pytest.raises(DatasetError, match="all 3 recordings failed") as raised:
        make(raw)
    assert "Traceback" not in str(raised.value)


def test_the_command_ends_with_1_when_a_recording_fails(raw):
    """With its reason and what to do, in two processes too."""
    video = raw.parent / "raw_gaze_dataset" / small.VIDEOS[small.EGO4D]
    video.write_bytes(video.read_bytes()[:3000])
    done = subprocess.run(
        small.command("gaze", "run", raw), capture_output=True, text=True, check=False
    )
    told = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 1
    assert f"{small.EGO4D} was left behind: recordings:" in told
    assert "add --skip-failed" in told
    assert "Traceback" not in told
    assert small.run("gaze", "run", raw, "--skip-failed", check=False).returncode == 1
    assert (raw.parent / "benchmark/release/qa").is_dir()


def test_what_was_not_answered_is_asked_again(run):
    """The files with problems go away, no others; the answers that there are stay."""
    config = read_config(run)
    before = small.contents(config.out)
    sources = sources_of(config)
    assert forget_problems(config, sources) == 0
    labels = small.of_stage(config.out, "labels", sources[0].recording_id)
    header, first, *others = labels.read_text("utf-8").splitlines()
    failed = {**json.loads(first), "problem": "no connection", "gazed": None}
    labels.write_text("\n".join([header, json.dumps(failed), *others]) + "\n", "utf-8")
    assert forget_problems(config, sources) == 1
    assert not labels.exists()
    small.run("gaze", "run", run, "--retry-problems")
    assert small.changed(before, small.contents(config.out)) == set()


def test_a_question_that_was_not_verified_is_a_problem(run):
    """One that the verifier refused is none."""
    config = read_config(run)
    sources = sources_of(config)
    judged = small.of_stage(config.out, "judged", sources[0].recording_id)
    header, first, *others = judged.read_text("utf-8").splitlines()
    for reason, count in (("no option is right: dark", 0), ("not verified: no connection", 1)):
        told = {**json.loads(first), "dropped": "verifier", "reason": reason}
        judged.write_text("\n".join([header, json.dumps(told), *others]) + "\n", "utf-8")
        assert forget_problems(config, sources) == count
