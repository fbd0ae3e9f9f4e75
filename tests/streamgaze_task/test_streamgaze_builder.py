from __future__ import annotations

import hashlib
import json
import runpy
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from datasets import load_dataset

from sightline.errors import DatasetError
from streamgaze_task.builder import build, check
from streamgaze_task.columns import features
from streamgaze_task.questions import read_gaze, read_samples
from streamgaze_task.release.rows import card
from streamgaze_task.schema import Sample
from streamgaze_task.task_names import CODES

builds = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("tiny_builds.py"))))
tiny, OIE = builds.tiny, builds.OIE
EGTEA, EGOEXO, HOLO = tiny.VIDEOS
release, built = builds.release, builds.built

_TESTS = Path(__file__).parents[1]
hub = runpy.run_path(str(_TESTS / "hub/load.py"))["hub"]


def test_the_dataset_has_the_layout_that_the_others_rely_on(built):
    """Parquet per config, loose mp4, a card and what it was built from."""
    assert sorted(builds.tree(built)) == [
        "README.md",
        "build.json",
        "gaze/test-00000-of-00001.parquet",
        *(
            f"media/videos/{k}/{v}.mp4"
            for k in ("original", "overlay")
            for v in sorted(tiny.VIDEOS)
        ),
        "questions/test-00000-of-00001.parquet",
        "videos/test-00000-of-00001.parquet",
    ]


@pytest.mark.parametrize(
    ("config", "rows"), [("questions", 13), ("videos", 3), ("gaze", 300)], ids=str
)
@pytest.mark.parametrize("streaming", [False, True], ids=["plain", "streaming"])
def test_load_dataset_opens_every_config(built, tmp_path, config, rows, streaming):
    """Rows and features are ours, plain and streaming."""
    found = load_dataset(
        str(built), config, split="test", streaming=streaming, cache_dir=str(tmp_path)
    )
    assert found.features == features()[config]
    assert sum(1 for _ in found) == rows


def test_load_dataset_without_a_config_gives_the_questions(built, tmp_path):
    """The default config; each row makes a Sample, and they are those that are read directly."""
    found = load_dataset(str(built), split="test", cache_dir=str(tmp_path))
    samples = tuple(Sample.from_row(row) for row in found)
    assert samples == read_samples(built)
    assert {sample.task for sample in samples} == set(CODES)


def test_a_question_knows_its_place_in_the_release(built):
    """File, entry and question; the words as released."""
    row = next(row for row in builds.rows(built) if row["id"] == "otp-0002")
    assert row["release_file"] == "past_object_transition_prediction.json"
    assert (row["release_entry"], row["release_question"]) == (1, 0)
    assert (row["task_name"], row["family"]) == ("OTP", "past")
    assert row["options"] == ["A. cup", "B. pan", "C. knife", "D. jar"]
    assert (row["answer"], row["released_answer"]) == ("C", "C")
    assert (row["time_stamp"], row["time_seconds"]) == ("00:12", 12.0)
    assert row["response_time"] == "[00:00 - 00:10]"


def test_a_proactive_question_has_both_readings_of_its_labels(built):
    """In the order of the release."""
    row = next(row for row in builds.rows(built) if row["id"] == "gta-0001")
    assert row["test_points"] == [
        {"realtime": "00:04", "seconds": 4.0, "label": 0, "already_seen": 0},
        {"realtime": "00:10", "seconds": 10.0, "label": 1, "already_seen": 1},
        {"realtime": "00:18", "seconds": 18.0, "label": 0, "already_seen": 1},
    ]
    assert row["answer"] is None
    assert (row["target_object"], row["first_appearance_seconds"]) == ("plate", 9.0)


def test_videos_are_copied_and_measured(built):
    """The bytes of the archive; length and rate by the packets."""
    row = next(row for row in builds.rows(built, "videos") if row["video_id"] == EGTEA)
    clean, drawn = (built / row[key] for key in ("video_path", "overlay_path"))
    assert clean.read_bytes() == tiny.original(0)
    assert drawn.read_bytes() == tiny.overlay(0)
    assert row["sha256"] == hashlib.sha256(tiny.original(0)).hexdigest()
    assert row["overlay_sha256"] == hashlib.sha256(tiny.overlay(0)).hexdigest()
    assert (row["bytes"], row["overlay_bytes"]) == (len(tiny.original(0)), len(tiny.overlay(0)))
    assert (row["width"], row["height"], row["rotation"]) == (160, 120, 0)
    assert (row["fps"], row["frame_count"], row["duration_seconds"]) == (5.0, 100, 20.0)
    assert (row["overlay_fps"], row["overlay_frame_count"]) == (5.0, 100)
    assert row["source"] == "egtea"
    assert not row["variable_rate"]


def test_a_question_carries_what_the_videos_config_says(built):
    """The same columns, the same values."""
    videos = {row["video_id"]: row for row in builds.rows(built, "videos")}
    for row in builds.rows(built):
        video = videos[row["video"]["video_id"]]
        assert row["video"] == {key: video[key] for key in row["video"]}


@pytest.mark.parametrize(
    ("count", "category"),
    [(13, "n<1K"), (1000, "1K<n<10K"), (8521, "1K<n<10K"), (10_000, "10K<n<100K")],
)
def test_the_card_tells_the_size_of_the_dataset(built, count, category):
    """In the words of the Hub; everything else in it is filled in."""
    facts = json.loads((built / "build.json").read_text())
    facts["rows"]["questions"] = count
    text = card(facts)
    assert f"size_categories:\n- {category}\n" in text
    assert f"| `questions` | {count:,} |" in text


@pytest.mark.parametrize(
    "changes",
    [{"unpacked": True}, {"suffix": ".tar"}, {"below": "dataset"}, {"prefix": "./videos/x/"},
     {"unpacked": True, "below": "dataset"}],
    ids=str,
)  # fmt: skip
def test_other_layouts_give_the_same_dataset(built, tmp_path, changes):
    """Unpacked, below `dataset`, plain tar, folders inside: only what names the files differs."""
    build(tiny.make(tmp_path / "r", **changes), tmp_path / "out")
    first, second = builds.tree(built), builds.tree(tmp_path / "out")
    assert first.keys() == second.keys()
    changed = [name for name, data in first.items() if second[name] != data]
    assert changed == ["build.json"]


def test_zip_archives_are_read_too(built, tmp_path):
    """Named like the others."""
    release = tiny.make(tmp_path / "r", media={})
    (release / "videos").mkdir()
    for kind, members in tiny.media().items():
        with zipfile.ZipFile(release / f"videos/videos_{kind}.zip", "w") as archive:
            for name, data in {**members, "__MACOSX/._a.mp4": b"", "notes.txt": b""}.items():
                archive.writestr(name, data)
    report = build(release, tmp_path / "out")
    assert builds.rows(tmp_path / "out") == builds.rows(built)
    assert "other files in the archives: .txt x 6" in report.text()


def test_the_source_of_an_unpacked_video_is_told_by_tables_or_names(tmp_path):
    """Archives tell it no more."""
    tables = {"holoassist": tiny.metadata(EGTEA)}
    out, report = builds.built_without_gaze(tmp_path, metadata=tables, unpacked=True)
    assert {row["video_id"]: row["source"] for row in builds.rows(out, "videos")} == {
        EGTEA: "holoassist", EGOEXO: "egoexolearn", HOLO: "holoassist",
    }  # fmt: skip
    assert "holoassist: 2 videos, 8 questions; told by name x 1, table x 1" in report.text()


def test_a_missing_overlay_is_allowed(tmp_path):
    """The clean video is what the evaluator asks for; the report counts."""
    media = tiny.media()
    media["egtea_viz"] = {}
    media["holoassist_viz"]["alone.mp4"] = tiny.overlay(0)
    out, report = builds.built_without_gaze(tmp_path, media=media)
    row = next(row for row in builds.rows(out, "videos") if row["video_id"] == EGTEA)
    assert (row["overlay_path"], row["overlay_sha256"], row["overlay_bytes"]) == (None, None, None)
    assert "with overlay: 2; overlays without a clean video, left out: 1" in report.text()
    assert not (out / "media/videos/overlay/alone.mp4").exists()


def test_an_overlay_that_is_another_cut_is_told(tmp_path):
    """Size, number of frames and length are compared."""
    media = tiny.media()
    media["egtea_viz"] = {f"{EGTEA}.mp4": tiny.encode(tiny.frames(0, 10, (80, 60)))}
    _, report = builds.built_without_gaze(tmp_path, media=media)
    assert "overlay differs in size x 1, frame_count x 1, length x 1" in report.text()
    assert f"size: {EGTEA}" in report.text()


def test_a_video_that_no_question_asks_about_is_part_of_the_release(tmp_path):
    """It is counted."""
    media = tiny.media()
    media["egtea_original"]["P99-R99-Nobody.mp4"] = tiny.original(1)
    out, report = builds.built_without_gaze(tmp_path, media=media)
    assert len(builds.rows(out, "videos")) == 4
    assert "videos: 4 (published 285), 3 asked about, 1 not" in report.text()


def test_the_same_video_twice_is_one(tmp_path):
    """Same name, same bytes."""
    media = tiny.media()
    media["holoassist_original"] |= media["egtea_original"]
    out, report = builds.built_without_gaze(tmp_path, media=media)
    assert len(builds.rows(out, "videos")) == 3
    assert "in the release more than once: 1" in report.text()


def test_a_second_run_does_nothing(release, built):
    """It says so, and no file is touched."""
    before = {path: path.stat().st_mtime_ns for path in built.rglob("*")}
    report = build(release, built)
    assert not report.built
    assert "already built from the same files, nothing to do" in report.text()
    assert {path: path.stat().st_mtime_ns for path in built.rglob("*")} == before


def test_equal_releases_give_equal_datasets(built, tmp_path):
    """Byte for byte, wherever they lie."""
    build(tiny.make(tmp_path / "elsewhere"), tmp_path / "out")
    assert builds.tree(tmp_path / "out") == builds.tree(built)


def test_nothing_in_the_dataset_tells_where_it_was_built(built):
    """No path of this machine."""
    text = (built / "build.json").read_text() + (built / "README.md").read_text()
    assert str(built.parent) not in text
    facts = json.loads((built / "build.json").read_text())
    assert facts["skipped"] == facts["problems"] == []
    assert facts["rows"] == {"questions": 13, "videos": 3, "gaze": 300}


def test_a_check_reports_and_writes_nothing(release, built):
    """The same survey as the build's, but for the rows of gaze that it does not read."""
    before = sorted(release.parent.rglob("*"))
    found = check(release).facts["survey"]
    facts = json.loads((built / "build.json").read_text())["survey"]
    assert found["videos"]["gaze"]["videos"] == facts["videos"]["gaze"]["videos"]
    assert found["videos"].pop("gaze") != facts["videos"].pop("gaze")
    assert found == facts
    assert sorted(release.parent.rglob("*")) == before


def test_the_report_answers_what_nobody_knew_without_the_files(release):
    """Counts against the published ones, options, chance, times, labels, videos and gaze."""
    text = check(release).text()
    for line in (
        "questions: 13 (published 8,521)",
        "      2        0          638  25.0 %  NFI: 1 texts; most often 'Which",
        "families: past x 6, present x 4, proactive x 3",
        "task told by: text x 13",
        "text and file tell different tasks: 0",
        "identical questions: 0 (kept)",
        "options per question: 4 x 10",
        "answers: A x 2, B x 3, C x 3, D x 2",
        "  written as: letter x 10",
        "time stamps written as: MM:SS x 19",
        "beyond the end of the video (clamped): 0 of 19",
        "test points of OAA: 6 in 2 questions; per question: 3 x 2",
        "  published label (alert at this instant): 0 x 4, 1 x 2",
        "  other reading (seen by now): 0 x 2, 1 x 4; 2 differ",
        "video named by: video_path x 13",
        "videos: 3 (published 285), 3 asked about, 0 not",
        "egtea: 1 videos, 4 questions; told by archive x 1",
        "length: 20.0 to 20.0 s, median 20.0, mean 20.0 (published 815)",
        "sizes: 160x120 x 3; odd: 0",
        "frames per second: 5.00 x 3; variable: 0",
        "gaze: recovered x 3 videos",
    ):
        assert line in text


def test_the_report_counts_every_legal_oddity(tmp_path):
    """Spellings, options, disagreements, duplicates, clamped and empty windows."""
    odd = [
        tiny.question(OIE, options=["cup", "pan", "jar", "pot", "mug"], answer="mug"),
        tiny.question(OIE, options=["cup", "pan"], answer="B. pan", time_stamp="00:00:12"),
        tiny.question(OIE, time_stamp="00:25", answer="C. knife", strange=1),
        tiny.question(OIE, time_stamp="00:00"),
        tiny.question("past_scene_recall"),
        tiny.question("past_scene_recall"),
    ]
    points = [{"realtime": "00:00", "type": 0}, {"realtime": "00:30"}]
    alert = tiny.alert("appearance", test_info=points)
    del alert["first_appearance"]
    qa = {
        OIE: [tiny.entry(EGTEA, *odd)],
        "proactive_object_appearance_alert": [tiny.entry(EGTEA, alert)],
    }
    _, report = builds.built_without_gaze(tmp_path, qa=qa)
    text = report.text()
    for line in (
        "text and file tell different tasks: 2",
        f"2 x text says SR, file says OI-E, taken: SR, first at {OIE}.json[0].questions[4] sr-0001",
        "identical questions: 1 (kept)",
        f"{OIE}.json[0].questions[5] sr-0002 repeats {OIE}.json[0].questions[4] sr-0001",
        "options per question: 2 x 1, 4 x 4, 5 x 1",
        "  without letters: 2; letters not in order: 0",
        "  written as: letter x 3, letter and text x 2, text x 1",
        "time stamps written as: HH:MM:SS x 1, MM:SS x 6",
        "beyond the end of the video (clamped): 1 of 7, by 5.0 s at most",
        f"  - {OIE}.json[0].questions[2] oie-0003 time_stamp 00:25: 5.0 s",
        "before the first frame (nothing to show): 2",
        "  other reading (seen by now): unknown x 1; 0 differ",
        "  without a label, left out: 1",
        "fields that nobody documents (kept in `extra`): question strange x 1",
    ):
        assert line in text, text


def test_something_else_at_out_is_refused(release, tmp_path):
    """Nobody's files are replaced."""
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(DatasetError, match="must be empty or a built dataset"):
        build(release, tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_release_on_the_hub_is_built_at_its_commit(release, tmp_path):
    """The dataset knows the repository and the commit."""
    program = (
        "import sys; from streamgaze_task.builder import build;"
        "build(sys.argv[1], sys.argv[2], no_gaze_recovery=True)"
    )
    with hub.LocalHub() as running:
        commit = running.add("org/gaze", release, tag="v1")
        command = [sys.executable, "-c", program, "org/gaze@v1", str(tmp_path / "out")]
        environment = hub.environment(running.url, tmp_path / "home")
        subprocess.run(command, env=environment, check=True)
    facts = json.loads((tmp_path / "out/build.json").read_text())
    assert facts["release"]["repository"] == "org/gaze"
    assert facts["release"]["revision"] == commit
    build(release, tmp_path / "plain", no_gaze_recovery=True)
    first, second = builds.tree(tmp_path / "plain"), builds.tree(tmp_path / "out")
    changed = [name for name, data in first.items() if second[name] != data]
    assert changed == ["README.md", "build.json"]


@pytest.mark.parametrize("content", [None, "x"], ids=["absent", "foreign"])
def test_reading_what_is_no_dataset_says_how_to_make_one(tmp_path, content):
    """Questions and gaze alike."""
    if content:
        for config in ("questions", "gaze"):
            (tmp_path / config).mkdir()
            (tmp_path / f"{config}/test.parquet").write_text(content)
    for read in (read_samples, lambda folder: read_gaze(folder, "x")):
        with pytest.raises(DatasetError, match="build"):
            read(tmp_path)


@pytest.mark.slow
def test_the_sample_release_is_built_whole(streamgaze_dataset):
    """All ten tasks, nothing left out, the gaze of every video."""
    facts = json.loads((streamgaze_dataset / "build.json").read_text())
    assert facts["skipped"] == []
    assert all(task["count"] for task in facts["survey"]["tasks"])
    assert facts["survey"]["videos"]["gaze"]["videos"].get("none") is None
