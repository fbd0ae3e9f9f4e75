"""After `sightline prepare` a run of the same tasks decodes nothing."""

from __future__ import annotations

import runpy
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from sightline.frame_store import FrameStore
from sightline.progress import Silent
from streamgaze_task import prepare as module
from streamgaze_task.prepare import prepare
from streamgaze_task.tasks import hooks, runs, table

hand = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "hand_streamgaze.py")))
TASKS = table.entries()
TEN = table.members()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two videos; one with an overlay, one with a gaze; every task on both."""
    streams = {
        "a": hand.Stream(overlay={"fps": 5, "seconds": 12}),
        "b": hand.Stream({"fps": 10, "seconds": 11}, gaze=hand.resting(11)),
    }
    rows = [
        {**row, "id": f"{row['id']}{name}"}
        for name in streams
        for row in hand.questions(name, [8.0, 11.5])
    ]
    return hand.make(tmp_path_factory.mktemp("prepare"), streams, rows)


@pytest.fixture(autouse=True)
def _dataset(folder, monkeypatch):
    use(folder, monkeypatch)


def use(folder, monkeypatch):
    """Work on a dataset, in a process that has loaded nothing before."""
    monkeypatch.setenv("STREAMGAZE_DATASET", str(folder))
    monkeypatch.setattr(runs, "_runs", {})
    monkeypatch.setattr(hooks, "_announced", {})
    module._source.cache_clear()


def run(tasks, store, monkeypatch):
    """Ask for every message of the tasks."""
    monkeypatch.setattr(hooks, "default_store", lambda: store)
    for task in tasks:
        block = TASKS[task]["lmms_eval_specific_kwargs"]["default"]
        docs = list(hooks.process_docs(SimpleNamespace(split=TASKS[task]["test_split"])))
        for doc in docs:
            hooks.doc_to_text(doc, block)
        for doc in docs:
            assert hooks.doc_to_messages(doc, block)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_decodes_nothing(tmp_path, monkeypatch, workers):
    """Whatever the gaze prompt and the sampling: overlays and clean videos are filled."""
    tasks = [*TEN["streamgaze"], "streamgaze_nogaze_nfi", "streamgaze_reference_1fps_oie"]
    store = FrameStore(tmp_path)
    report = prepare(tasks, store, workers=workers, dry_run=False, progress=Silent())
    assert report.problems == ()
    assert report.videos == 3
    assert report.decoded == report.missing == report.frames > 30
    after = FrameStore(tmp_path)
    run(tasks, after, monkeypatch)
    assert after.passes == 0
    again = prepare(tasks, after, workers=1, dry_run=False, progress=Silent())
    assert (again.missing, again.decoded) == (0, 0)


def test_only_what_the_tasks_show(tmp_path):
    """A task without the overlay does not fill it."""
    report = prepare(
        ["streamgaze_nogaze_oie"], FrameStore(tmp_path), workers=1, dry_run=False, progress=Silent()
    )
    assert report.videos == 2
    assert report.frames <= 2 * 12


def test_a_dry_run_decodes_nothing(tmp_path):
    """It tells what is to do."""
    store = FrameStore(tmp_path)
    report = prepare(TEN["streamgaze"], store, workers=1, dry_run=True, progress=Silent())
    assert store.passes == 0
    assert report.missing == report.frames > 0
    assert report.missing_bytes > 0
    assert list(tmp_path.rglob("*.arrow")) == []


def test_what_is_broken_is_told_once(folder, tmp_path, monkeypatch):
    """A video that is gone, and one that is another; the others are filled."""
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    (copy / "media/videos/original/a.mp4").unlink()
    hand.stamped.write_stamped(copy / "media/videos/original/b.mp4", size=hand.SIZE, seconds=10)
    use(copy, monkeypatch)
    report = prepare(
        ["streamgaze_nogaze_oie", "streamgaze_nogaze_nfi"],
        FrameStore(tmp_path / "frames"),
        workers=1,
        dry_run=False,
        progress=Silent(),
    )
    assert len(report.problems) == 2
    assert any("has no file media/videos/original/a.mp4" in one for one in report.problems)
    assert any("b.mp4 must have the SHA-256" in one for one in report.problems)


def test_more_than_fits(tmp_path):
    """What would push out what was just filled is left to the run, and said."""
    small = FrameStore(tmp_path, budget_bytes=500_000)
    report = prepare(TEN["streamgaze"], small, workers=1, dry_run=False, progress=Silent())
    assert 0 < report.decoded < report.frames
    (note,) = report.notes
    assert "SIGHTLINE_FRAME_STORE_BYTES raises the cap" in note
    again = prepare(TEN["streamgaze"], small, workers=1, dry_run=True, progress=Silent())
    assert again.missing == report.frames - report.decoded


def test_videos_on_the_hub(tmp_path, monkeypatch):
    """A dry run downloads none of them, and says how many there are."""
    source = module.resolve(module.BENCHMARK)
    away = SimpleNamespace(folder=tmp_path, repository="org/name", media=lambda _: 1 / 0)
    monkeypatch.setattr(module, "_source", lambda: away)
    store = FrameStore(tmp_path / "frames")
    report = prepare(["streamgaze_nogaze_oie"], store, workers=1, dry_run=True, progress=Silent())
    assert (report.videos, report.problems) == (0, ())
    assert report.notes == ("2 video file(s) are to be downloaded; their frames are not counted",)
    away.media = lambda path: source.folder / path
    report = prepare(["streamgaze_nogaze_oie"], store, workers=1, dry_run=False, progress=Silent())
    assert (report.videos, report.missing) == (2, report.decoded)
