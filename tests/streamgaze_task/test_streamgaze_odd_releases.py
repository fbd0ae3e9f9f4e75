"""Releases that are odd and legal: they are built."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace

import pyarrow.parquet as pq
import pytest

from streamgaze_task.builder import build
from streamgaze_task.questions import read_gaze, read_samples

builds = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("tiny_builds.py"))))
tiny, OIE = builds.tiny, builds.OIE
EGTEA, _, HOLO = tiny.VIDEOS


def test_a_variable_frame_rate_is_counted(tmp_path):
    """The length is the end of the last frame, wherever the others are."""
    times = [0, 100, 500, 600, 1500, 1600, 9000, 15000]
    release = builds.spoilt(tmp_path / "r", data=tiny.encode_at(tiny.frames(0)[:8], times))
    report = builds.quick_build(release, tmp_path / "out")
    assert "variable: 1" in report.text()
    video = next(s.video for s in read_samples(tmp_path / "out") if s.video.video_id == EGTEA)
    assert 15.0 < video.duration_seconds < 25.0


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_rotated_video_has_the_size_as_it_is_shown(tmp_path, degrees):
    """As telephones write it; it is counted."""
    data = tiny.encode(tiny.frames(0)[:20], rotation=degrees)
    release = builds.spoilt(tmp_path / "r", data=data, qa=builds.about(HOLO, tiny.question(OIE)))
    report = builds.quick_build(release, tmp_path / "out")
    assert "rotated: 1" in report.text()
    rows = pq.read_table(tmp_path / "out/videos/test-00000-of-00001.parquet").to_pylist()
    row = next(row for row in rows if row["video_id"] == EGTEA)
    upright = degrees == 180
    assert (row["width"], row["height"]) == ((160, 120) if upright else (120, 160))
    assert row["rotation"] == degrees


def test_odd_sizes_are_taken_as_they_are(tmp_path):
    """Width and height need not be even; the report counts."""
    data = tiny.encode(tiny.frames(0, 4, (75, 51)))
    release = builds.spoilt(tmp_path / "r", data=data, qa=builds.about(HOLO, tiny.question(OIE)))
    report = builds.quick_build(release, tmp_path / "out")
    assert "160x120 x 2, 75x51 x 1; odd: 1" in report.text()


def test_a_span_without_gaze_is_invalid(tmp_path):
    """It is a part of the table all the same."""
    build(tiny.make(tmp_path / "r"), tmp_path / "out")
    table = read_gaze(tmp_path / "out", EGTEA)
    assert table.at(sum(tiny.LOST) / 2) is None
    assert len(table.window(*tiny.LOST)) == 5
    assert not table.window(*tiny.LOST).valid.any()


@pytest.mark.parametrize(
    "changes",
    [
        {"options": ["cup", "pan", "knife", "jar"]},
        {"options": ["A. cup", "B. pan", "C. knife", "D. jar", "E. pot"], "answer": "E"},
        {"options": ["cup", "pan", "knife", "jar", "pot"], "answer": "pot"},
    ],
    ids=["without-letters", "five", "five-without-letters"],
)
def test_unusual_options_are_built(tmp_path, changes):
    """They stay as they are; the key is a letter."""
    question = tiny.question(OIE, **changes)
    builds.quick_build(
        tiny.make(tmp_path / "r", qa=builds.about(EGTEA, question)), tmp_path / "out"
    )
    (sample,) = read_samples(tmp_path / "out")
    assert list(sample.options) == question["options"]
    assert sample.answer == ("A" if len(sample.options) == 4 else "E")
    assert sample.released_answer == question["answer"]


def test_video_instead_of_video_path_is_built(tmp_path):
    """The other spelling of the schema."""
    entry = tiny.entry(EGTEA, tiny.question(OIE))
    entry["video"] = entry.pop("video_path")
    builds.quick_build(tiny.make(tmp_path / "r", qa={OIE: [entry]}), tmp_path / "out")
    assert read_samples(tmp_path / "out")[0].video.video_id == EGTEA


def test_a_member_with_a_dangerous_name_lands_where_all_do(tmp_path):
    """Only its base name is used, and that has no separator."""
    media = tiny.media()
    media["egtea_original"]["a/b/c/.hidden .mp4"] = tiny.original(1)
    builds.quick_build(tiny.make(tmp_path / "r", media=media), tmp_path / "out")
    assert (tmp_path / "out/media/videos/original/.hidden .mp4").is_file()


def test_what_macos_packs_beside_the_files_is_ignored(tmp_path):
    """In the archives and in the folders."""
    media = tiny.media()
    media["egtea_original"] |= {f"._{EGTEA}.mp4": b"x", "__MACOSX/a.mp4": b"x", "notes.md": b""}
    release = tiny.make(tmp_path / "r", media=media)
    (release / f"qa/._{OIE}.json").write_bytes(b"\0\5\x16")
    (release / "metadata/._egtea.csv").write_bytes(b"\0\5\x16\xff")
    report = builds.quick_build(release, tmp_path / "out")
    assert len(builds.ids(tmp_path / "out")) == 13
    assert report.facts["survey"]["videos"]["unread_tables"] == []
    assert "other files in the archives: .md x 1" in report.text()
