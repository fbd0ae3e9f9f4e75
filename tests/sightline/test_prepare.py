"""`sightline prepare`: which tasks are meant, what is decoded, and how it is told."""

from __future__ import annotations

import importlib
import runpy
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from sightline import cli
from sightline.benchmarks import Benchmark, all_benchmarks
from sightline.errors import DatasetError, SightlineError, UsageError
from sightline.frame_store import FrameStore, default_store
from sightline.prepare_command import chosen_tasks
from sightline.preparing import FilePlan, PrepareReport, each, file_plan, fill, those_that_fit
from sightline.progress import Silent

stamped = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "stamped_video.py")))


@pytest.fixture(autouse=True)
def _no_store_of_other_tests():
    default_store.cache_clear()
    yield
    default_store.cache_clear()


def of(*patterns):
    """The tasks that are meant."""
    return chosen_tasks(patterns, all_benchmarks())


def test_groups_and_wildcards():
    """Groups are taken apart, and nothing comes twice."""
    ten = of("streamgaze")["streamgaze"]
    assert len(ten) == 10
    assert of("streamgaze", "streamgaze_past", "streamgaze_g*") == {"streamgaze": ten}
    assert set(of("streamgaze_past")["streamgaze"]) < set(ten)
    assert of("mmsi_video*", "streamgaze_oie") == {
        "mmsi-video": (
            "mmsi_video",
            "mmsi_video_u50",
            "mmsi_video_sc",
            "mmsi_video_native",
            "mmsi_video_single_input",
        ),
        "streamgaze": ("streamgaze_oie",),
    }


@pytest.mark.parametrize("pattern", ["mme", "streamgaze_x*", ""])
def test_no_task_of_ours(pattern):
    """A pattern that means nothing is refused, even beside others."""
    with pytest.raises(
        UsageError, match=rf"task \('{pattern.replace('*', '.')}'\) is none of ours"
    ):
        of("streamgaze", pattern)


def test_the_command(tmp_path, monkeypatch, capsys):
    """It tells the benchmark what was asked for, and prints what comes back."""
    told = []

    def prepare(tasks, store, *, workers, dry_run, progress):
        told.append((tasks, store.folder, workers, dry_run))
        progress.start("x", 1)
        return PrepareReport("Title", dry_run, notes=("a note",), problems=("bad",) * told_bad)

    real = Benchmark.call

    def call(benchmark, role, *arguments, **options):
        done = prepare if role == "prepare" else partial(real, benchmark, role)
        return done(*arguments, **options)

    monkeypatch.setattr(Benchmark, "call", call)
    monkeypatch.setenv("SIGHTLINE_FRAME_STORE", str(tmp_path))
    told_bad = 0
    assert cli.main(["prepare", "streamgaze_oie,streamgaze_gta", "--dry-run"]) == 0
    assert "Title\n  a note\n" in capsys.readouterr().out
    told_bad = 2
    assert cli.main(["prepare", "streamgaze_oie", "--workers", "3"]) == 1
    assert "2 problem(s):\n    - bad\n    - bad\n" in capsys.readouterr().out
    assert told[0][0] == ("streamgaze_oie", "streamgaze_gta")
    assert told[0][1] == tmp_path
    assert told[0][3] is True
    assert told[1][2:] == (3, False)


def test_bad_commands(monkeypatch, capsys):
    """Nothing that lasts would come of them."""
    assert cli.main(["prepare", "streamgaze", "--workers", "0"]) == 2
    assert "--workers (0) must be at least 1" in capsys.readouterr().err
    monkeypatch.setenv("SIGHTLINE_FRAME_STORE", "0")
    assert cli.main(["prepare", "streamgaze"]) == 2
    assert "only as long as a process lives" in capsys.readouterr().err


def test_a_report():
    """Numbers for people; the list of problems is cut."""
    report = PrepareReport(
        "T",
        dry_run=False,
        videos=2,
        frames=1500,
        missing=1200,
        missing_bytes=10**9,
        decoded=1100,
        problems=tuple("abcdefghijklm"),
    )
    assert report.text().splitlines() == [
        "T",
        "  2 video file(s), 1,500 frames needed, 300 there",
        "  missing: 1,200 frames, about 1.00 GB",
        "  decoded and kept: 1,100",
        "  13 problem(s):",
        *[f"    - {problem}" for problem in "abcdefghij"],
        "    - and 3 more",
    ]
    assert "decoded and kept" not in replace(report, dry_run=True).text()


def plan(name, frames, missing, size):
    """A plan of a file that does not exist."""
    return FilePlan(Path(name), None, tuple(range(frames)), missing, size)


def test_what_fits():
    """In order; what is kept counts; a small one later may still fit."""
    plans = [plan("a", 10, 10, 100), plan("b", 10, 5, 50), plan("c", 10, 0, 0)]
    fit, left = those_that_fit(plans, 200)
    assert ([p.path.name for p in fit], left) == (["a", "b", "c"], [])
    fit, left = those_that_fit(plans, 199)
    assert [p.path.name for p in left] == ["b", "c"]


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Three videos."""
    folder = tmp_path_factory.mktemp("clips")
    paths = [folder / f"{name}.mp4" for name in "abc"]
    for number, path in enumerate(paths):
        stamped.write_stamped(path, seconds=3 + number)
    return paths


@pytest.mark.parametrize("workers", [1, 2])
def test_filling(clips, tmp_path, workers):
    """Afterwards a run decodes nothing, whoever decoded."""
    store = FrameStore(tmp_path)
    plans = [file_plan(store, path, [20, 3, 3], None) for path in clips]
    assert [(p.indices, p.missing) for p in plans] == [((3, 20), 2)] * 3
    assert all(p.missing_bytes > 0 for p in plans)
    assert fill(plans, store, workers=workers, progress=Silent()) == (6, [])
    run = FrameStore(tmp_path)
    for path in clips:
        assert [stamped.index_of(f.image) for f in run.frames(path, [20, 3])] == [20, 3]
    assert run.passes == 0
    assert file_plan(run, clips[0], [3, 20, 21], None).missing == 1


@pytest.mark.parametrize("workers", [1, 2])
def test_filling_what_is_broken(clips, tmp_path, workers):
    """It is told, and the others are filled."""
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"no video")
    store = FrameStore(tmp_path / "frames")
    plans = [FilePlan(bad, None, (1,), 1, 1), file_plan(store, clips[0], [3], None)]
    plans.append(FilePlan(clips[1], "0" * 64, (1,), 1, 1))
    kept, problems = fill(plans, store, workers=workers, progress=Silent())
    assert kept == 1
    assert len(problems) == 2
    assert any("bad.mp4 must be an mp4" in problem for problem in problems)
    assert any("b.mp4 must have the SHA-256 000000000000" in problem for problem in problems)


def test_filling_without_room(clips, tmp_path):
    """What is not kept is told as well."""
    store = FrameStore(tmp_path, budget_bytes=0)
    kept, problems = fill(
        [file_plan(store, clips[0], [3], None)], store, workers=1, progress=Silent()
    )
    assert kept == 0
    assert problems == [f"{clips[0]}: there is no room for its frames"]


@pytest.fixture
def work(tmp_path, monkeypatch):
    """A module that worker processes can import, too."""
    (tmp_path / "work_of_prepare.py").write_text(
        "import os, signal\n"
        "from sightline.errors import DatasetError\n"
        "def die(job, store):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "def fail(job, store):\n"
        "    raise DatasetError(f'of {job}')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    return importlib.import_module("work_of_prepare")


def test_a_worker_that_is_killed(tmp_path, work, capfd):
    """It is an error with a way on, not a hang; workers say nothing of their own."""
    with pytest.raises(SightlineError, match="fewer --workers"):
        list(each(work.die, [1, 2], FrameStore(tmp_path), workers=2))
    assert capfd.readouterr().err == ""


def test_an_error_of_a_worker(tmp_path, work):
    """It comes as it is."""
    with pytest.raises(DatasetError, match="of 1"):
        list(each(work.fail, [1, 1], FrameStore(tmp_path), workers=2))
