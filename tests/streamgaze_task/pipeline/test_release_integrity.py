"""A release that is changed, lost or half replaced is noticed and made again."""

from __future__ import annotations

import os
import runpy
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from sightline.errors import UsageError
from sightline.progress import Silent
from streamgaze_task.pipeline.release import write_release

HERE = Path(__file__).parent
small = SimpleNamespace(**runpy.run_path(str(HERE / "small_recordings.py")))
runs = SimpleNamespace(**runpy.run_path(str(HERE / "test_pipeline_run.py")))
whole, run, make, made_again = runs.whole, runs.run, runs.make, runs.made_again


def edited(path):
    """Another letter in the middle, the same size."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def truncated(path):
    """Its end is gone."""
    path.write_bytes(path.read_bytes()[:-7])


@pytest.mark.parametrize("harm", [edited, truncated, Path.unlink])
@pytest.mark.parametrize("name", ["qa", "metadata", "gaze", "videos/original_video"])
def test_a_harmed_release_is_made_again_and_that_is_told(run, name, harm):
    """Whatever became of one of its files; the run after that finds it whole."""
    out = run.parent / "benchmark"
    make(run)  # the copy's videos are no links, so that nothing else is harmed
    before = small.contents(out)
    harmed = next(path for path in sorted((out / "release" / name).iterdir()))
    shutil.copy2(harmed, harmed.with_suffix(".copy"))
    harmed.with_suffix(".copy").replace(harmed)
    make(run)
    harm(harmed)
    report = make(run)
    assert f"changed or removed: {name}/{harmed.name}" in report.said
    assert report.said in " ".join(report.text().split())
    assert small.contents(out) == before
    assert make(run).said == ""


def test_what_a_file_manager_leaves_there_is_nobodys(run):
    """The next run neither refuses it nor makes the release again for it."""
    (run.parent / "benchmark/release/qa/.DS_Store").write_bytes(b"x")
    make(run)
    assert make(run).said == ""


def test_a_video_that_is_written_into_is_noticed_in_its_release(run, monkeypatch):
    """Where the first stage does not look, too: a hard link has the time of its source."""
    monkeypatch.setattr("streamgaze_task.pipeline.intake._ENDS", 1 << 10)
    monkeypatch.setattr("streamgaze_task.pipeline.intake._PROBES", 0)
    source = run.parent / "raw_gaze_dataset" / small.VIDEOS[small.TABLE]
    shutil.rmtree(run.parent / "benchmark/release")
    make(run)
    released = run.parent / f"benchmark/release/videos/original_video/{small.TABLE}.mp4"
    assert released.samefile(source)
    before = source.stat().st_mtime_ns
    with source.open("r+b") as file:
        file.seek(source.stat().st_size // 2)
        file.write(b"?")
    assert source.stat().st_mtime_ns > before
    assert f"videos/original_video/{small.TABLE}.mp4" in make(run).said


def test_a_killed_release_brings_the_earlier_one_back(run, monkeypatch):
    """Killed between two names, and then nothing can be written."""
    out = run.parent / "benchmark"
    before = small.contents(out / "release")
    (out / "release").rename(out / ".release-old")
    monkeypatch.setattr("streamgaze_task.pipeline.release._write", no_room)
    with pytest.raises(UsageError, match="cannot write"):
        write_release(out / "release", [], seed=0, progress=Silent())
    assert small.contents(out / "release") == before


def test_what_a_killed_run_was_writing_goes_away(run):
    """Beside the release, and beside what is noted of it."""
    out = run.parent / "benchmark"
    before = small.contents(out)
    for left in ("work/.release.json-abc", ".release-new/qa/half"):
        (out / left).parent.mkdir(parents=True, exist_ok=True)
        (out / left).write_text("half")
    shutil.rmtree(out / "release")
    make(run)
    assert small.contents(out) == before


def no_room(*_):
    """As a full disk answers."""
    raise OSError(28, os.strerror(28))
