"""The gaze in a built dataset: recovered, or from the tables of the release."""

from __future__ import annotations

import os
import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import load_dataset

from sightline.errors import DatasetError
from sightline.parquet import ClipReader
from streamgaze_task.builder import build, check
from streamgaze_task.gaze import GazeTable
from streamgaze_task.questions import read_gaze
from streamgaze_task.release import recovered

builds = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("tiny_builds.py"))))
tiny = builds.tiny
EGTEA, EGOEXO, HOLO = tiny.VIDEOS
release, built = builds.release, builds.built


def test_gaze_is_recovered_where_only_the_overlay_shows_it(built):
    """One row a frame, near the drawn place, invalid where nothing was drawn."""
    for number, video in enumerate(tiny.VIDEOS):
        table = read_gaze(built, video)
        assert (table.kind, len(table)) == ("recovered", 100)
        drawn = (table.seconds < tiny.LOST[0] - 1e-6) | (table.seconds >= tiny.LOST[1] - 1e-6)
        assert (table.valid == drawn).all()
        wanted = np.array([tiny.gaze_at(at, number) for at in table.seconds])[drawn]
        away = np.hypot(*((np.stack([table.x, table.y], 1)[drawn] - wanted) * (160, 120)).T)
        assert np.median(away) <= 2.0


def test_a_row_group_of_gaze_is_a_video(built):
    """Only it is read; its checksum stands with the video."""
    reader = ClipReader(built / "gaze", key="video_id")
    assert reader.keys == tuple(sorted(tiny.VIDEOS))
    for row in builds.rows(built, "videos"):
        table = read_gaze(built, row["video_id"])
        assert row["gaze"] == table.kind == "recovered"
        assert row["gaze_sha256"] == table.sha256()


def test_recovery_in_further_processes_gives_the_same(release, built, tmp_path, monkeypatch):
    """However many cores there are."""
    monkeypatch.setattr(recovered, "POOL_FROM_BYTES", 0)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    build(release, tmp_path / "out")
    assert builds.tree(tmp_path / "out") == builds.tree(built)


def test_without_recovery_there_is_no_gaze(tmp_path):
    """The videos say so, the file has no rows, and the card does not offer it."""
    out, _ = builds.built_without_gaze(tmp_path)
    assert {row["gaze"] for row in builds.rows(out, "videos")} == {"none"}
    assert read_gaze(out, EGTEA) == GazeTable.empty()
    assert builds.rows(out, "gaze") == []
    with pytest.raises(ValueError, match="BuilderConfig 'gaze' not found"):
        load_dataset(str(out), "gaze", split="test", cache_dir=str(tmp_path / "cache"))


def test_a_dataset_with_other_switches_is_refused(release, built):
    """With and without recovered gaze are two datasets."""
    with pytest.raises(DatasetError, match="was built with other switches"):
        build(release, built, no_gaze_recovery=True)


def _samples_csv(video, rows=200):
    head = "video_name,frame_idx,time_seconds,px,py,type\n"
    lines = [f"{video}.mp4,{i},{i / 10:.3f},0.5,{i / 200},1" for i in range(rows - 1)]
    return head + "\n".join([*lines, f"{video}.mp4,{rows},{(rows - 1) / 10},,,untracked"]) + "\n"


def test_gaze_samples_of_the_release_come_before_its_overlays(tmp_path):
    """They are what was measured; a row without gaze is invalid."""
    release = tiny.make(tmp_path / "r", metadata={"egtea": _samples_csv(EGTEA)})
    report = build(release, tmp_path / "out")
    kinds = {row["video_id"]: row["gaze"] for row in builds.rows(tmp_path / "out", "videos")}
    assert kinds == {EGTEA: "samples", EGOEXO: "recovered", HOLO: "recovered"}
    table = read_gaze(tmp_path / "out", EGTEA)
    assert len(table) == 200
    assert table.at(10.05) == (0.5, 0.5)
    assert not table.valid[-1]
    assert "gaze: recovered x 2, samples x 1 videos" in report.text()
    assert "metadata/egtea.csv: samples, 200 rows, 1 videos" in report.text()


def test_one_table_may_hold_the_samples_of_many_videos(tmp_path):
    """Each gets its own; rows of videos that are not there do no harm."""
    head = "video,seconds,x,y\n"
    lines = (f"{video},{i}.0,0.{i},0.5\n" for i in (1, 2) for video in (EGTEA, HOLO, "other"))
    out, _ = builds.built_without_gaze(tmp_path, metadata={"all": head + "".join(lines)})
    for video in (EGTEA, HOLO):
        assert read_gaze(out, video).x.tolist() == [0.1, 0.2]
    assert read_gaze(out, EGOEXO).kind == "none"


def test_fixations_are_taken_where_there_is_nothing_better(tmp_path):
    """Rows with a centre, a start and an end."""
    tables = {"egtea": tiny.metadata(EGTEA, centre=True), "egoexo": tiny.metadata(EGOEXO)}
    out, _ = builds.built_without_gaze(tmp_path, metadata=tables)
    table = read_gaze(out, EGTEA)
    assert (table.kind, len(table)) == ("fixations", 2)
    assert (table.seconds.tolist(), table.duration_seconds.tolist()) == ([1.0, 5.0], [3.0, 3.0])
    assert table.at(2.0) == (0.25, 0.75)
    assert table.at(4.5) is None
    assert read_gaze(out, EGOEXO).kind == "none"


def test_a_check_looks_at_the_gaze_in_tables_too(tmp_path):
    """Rows and how many of them are valid."""
    release = tiny.make(tmp_path / "r", metadata={"egtea": tiny.metadata(EGTEA, centre=True)})
    report = check(release, no_gaze_recovery=True)
    assert "gaze: fixations x 1, none x 2 videos; 2 rows, 100.0 % of them valid" in report.text()


def test_recovery_can_be_interrupted(tmp_path, monkeypatch):
    """What has not begun is given up; what fails is told by video."""
    monkeypatch.setattr(recovered, "POOL_FROM_BYTES", 0)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    jobs = [
        recovered.Job(str(i), tmp_path / "no.mp4", tmp_path / "no.mp4", tmp_path / f"x/{i}.npy", 1)
        for i in range(3)
    ]
    running = recovered._done(jobs)
    job, fault = next(running)
    assert job in jobs
    assert fault.startswith("no.mp4 must be an mp4 that can be decoded")
    running.close()
    assert list(running) == []


def test_recovered_gaze_comes_before_fixations(tmp_path):
    """It is gaze, frame by frame, and they are a summary."""
    release = tiny.make(tmp_path / "r", metadata={"egtea": tiny.metadata(EGTEA, centre=True)})
    assert check(release).facts["survey"]["videos"]["gaze"]["videos"] == {"recovered": 3}


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("a.csv", "Video,Timestamp_S,Norm_Pos_X,Norm_Pos_Y,Confidence"),
        ("a.csv", "session;time_ms;gaze_x;gaze_y;valid"),
        (f"{HOLO}.csv", "timestamp_sec,u,v,valid,in_frame"),
        (f"{HOLO}_gaze_2d.csv", "frame_idx,timestamp_sec,u,v"),
        ("a.parquet", "video_id,seconds,x,y,valid"),
    ],
)
def test_tables_of_samples_are_known_by_their_columns(tmp_path, name, columns):
    """In upper or lower case; seconds or milliseconds, shares or pixels; one file per video."""
    release = tiny.make(tmp_path / "r")
    (release / "gaze").mkdir()
    separator = ";" if ";" in columns else ","
    names = columns.split(separator)
    values = {"video": HOLO, "session": HOLO, "video_id": HOLO, "frame_idx": 0}
    values |= {"timestamp_s": 2.0, "timestamp_sec": 2.0, "time_ms": 2000, "seconds": 2.0}
    values |= {"u": 40, "v": 90, "valid": 1, "in_frame": 1, "confidence": 0.9}
    row = [values.get(key.lower(), 0.25 if key.lower().endswith("x") else 0.75) for key in names]
    if name.endswith("parquet"):
        pq.write_table(
            pa.table({k: [v] for k, v in zip(names, row, strict=True)}), release / f"gaze/{name}"
        )
    else:
        lines = [columns, separator.join(map(str, row))]
        (release / f"gaze/{name}").write_text("\n".join(lines) + "\n")
    build(release, tmp_path / "out", no_gaze_recovery=True)
    table = read_gaze(tmp_path / "out", HOLO)
    assert (table.kind, table.seconds.tolist()) == ("samples", [2.0])
    assert (table.x.tolist(), table.y.tolist(), table.valid.tolist()) == ([0.25], [0.75], [True])


@pytest.mark.parametrize(
    "cells",
    ["1.5,0.5,1,1,1", "-0.1,0.5,1,1,1", "nan,0.5,1,1,1", ",,1,1,1", "x,0.5,1,1,1",
     "0.5,0.5,0,1,1", "0.5,0.5,False,1,1", "0.5,0.5,1,untracked,1", "0.5,0.5,1,4,1",
     "0.5,0.5,1,1,0"],
)  # fmt: skip
def test_gaze_that_was_not_measured_is_invalid(tmp_path, cells):
    """Outside the frame, not a number, lost, or not trusted at all."""
    text = f"video,seconds,x,y,valid,type,confidence\n{EGTEA},1.0,{cells}\n{EGTEA},,0.5,0.5,1,1,1\n"
    out, _ = builds.built_without_gaze(tmp_path, metadata={"egtea": text})
    (row,) = builds.rows(out, "gaze")
    assert row["valid"] is False
    assert row["x"] is None
    assert row["y"] is None
    assert row["kind"] == "samples"


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"PAR1nonsense", b""], ids=repr)
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_table_that_cannot_be_read_is_told_and_left_aside(tmp_path, data, suffix):
    """No evaluation needs it."""
    release = tiny.make(tmp_path / "r", metadata={})
    (release / "gaze").mkdir()
    (release / f"gaze/a.{suffix}").write_bytes(data)
    text = build(release, tmp_path / "out", no_gaze_recovery=True).text()
    assert f"table not read: a.{suffix} cannot be read" in text or "gaze/a.csv: other" in text
    assert "gaze: none x 3 videos" in text


def test_a_release_without_tables_is_whole(tmp_path):
    """The metadata is optional; the source of a video is told by its archive."""
    out, _ = builds.built_without_gaze(tmp_path, metadata={})
    assert [row["source"] for row in builds.rows(out, "videos")] == [
        "egoexolearn",
        "egtea",
        "holoassist",
    ]
