"""`sightline prepare` sees that frames and clips are there, and decodes nothing."""

from __future__ import annotations

import shutil
from types import SimpleNamespace

import pytest

from mmsi_video import prepare as module
from mmsi_video.prepare import prepare
from mmsi_video.questions import read_questions, single_input
from sightline.lmms.source import resolve
from sightline.progress import Silent

FRAMES = ("mmsi_video", "mmsi_video_u50", "mmsi_video_sc")


@pytest.fixture(autouse=True)
def _dataset(dataset, monkeypatch):
    monkeypatch.setenv("MMSI_VIDEO_DATASET", str(dataset))


def prepared(*tasks, dry_run=False):
    """The report."""
    return prepare(tasks, None, workers=1, dry_run=dry_run, progress=Silent())


def test_frame_tasks():
    """Every frame is in the dataset already."""
    report = prepared(*FRAMES)
    assert report.problems == ()
    (note,) = report.notes
    assert "are read out of the dataset: nothing to decode" in note
    assert report.decoded == 0


def test_native_tasks(dataset):
    """Clips are counted, of the questions of the task only."""
    samples = read_questions(dataset)
    every = {clip.video_path for one in samples for clip in one.clips}
    alone = {clip.video_path for one in samples if single_input(one) for clip in one.clips}
    assert alone < every
    for task, clips in (("mmsi_video_native", every), ("mmsi_video_single_input", alone)):
        (note,) = prepared(task).notes
        assert note.startswith(
            f"{len(clips)} clips for models that decode themselves, 0 downloaded"
        )


def test_missing_media(dataset, tmp_path, monkeypatch):
    """A clip that is gone is a problem; frames that are gone, too."""
    copy = tmp_path / "copy"
    shutil.copytree(dataset, copy)
    monkeypatch.setenv("MMSI_VIDEO_DATASET", str(copy))
    clip = next((copy / "media" / "videos").rglob("*.mp4"))
    clip.unlink()
    for dry_run in (True, False):
        (problem,) = prepared("mmsi_video_native", dry_run=dry_run).problems
        assert clip.name in problem
    assert prepared("mmsi_video").problems == ()
    real = module.ClipReader
    short = {"row_count": lambda reader, clip: real.row_count(reader, clip) - 1}
    monkeypatch.setattr(module, "ClipReader", type("Short", (real,), short))
    problems = prepared("mmsi_video_sc").problems
    assert problems
    assert all("must have frame" in problem for problem in problems)


def test_clips_on_the_hub(dataset, tmp_path, monkeypatch):
    """They are fetched, but not in a dry run."""
    source = resolve(module.BENCHMARK)
    fetched = []
    folder = tmp_path / "hub"
    shutil.copytree(dataset, folder, ignore=shutil.ignore_patterns("media"))
    away = SimpleNamespace(folder=folder, repository="org/name", media=fetched.append)
    monkeypatch.setattr(module, "resolve", lambda _: away)
    (note,) = prepared("mmsi_video_native", dry_run=True).notes
    assert fetched == []
    count = len({c.video_path for one in read_questions(source.folder) for c in one.clips})
    assert note.endswith(f"{count} to be downloaded")
    (note,) = prepared("mmsi_video_native").notes
    assert len(fetched) == count
    assert note.endswith(f"{count} downloaded")
