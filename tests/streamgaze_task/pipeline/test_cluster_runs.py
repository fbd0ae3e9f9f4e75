"""A cluster makes what `gaze run` makes: engine local, and Slurm with programs in its place."""

import runpy
import subprocess
from pathlib import Path

import pytest

SMALL = runpy.run_path(str(Path(__file__).with_name("small_recordings.py")))
FAKE = runpy.run_path(str(Path(__file__).with_name("fake_slurm.py")))
JOBS = ("recordings", "questions", "judged", "release")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    """Recordings, read-only."""
    return SMALL["made"](tmp_path_factory)


@pytest.fixture(scope="module")
def expected(raw, tmp_path_factory):
    """What one process on one machine makes."""
    config = SMALL["copy"](raw, tmp_path_factory.mktemp("alone") / "raw")
    SMALL["run"]("gaze", "run", config)
    return _made(config)


def _made(config):
    """Name -> digest of all files, but for the cluster's own logs."""
    found = SMALL["contents"](config.parent / "benchmark")
    return {name: said for name, said in found.items() if not name.startswith("work/cluster/")}


def _hand_over(config, env=None):
    return subprocess.run(
        SMALL["command"]("gaze", "run", config, "--cluster"),
        capture_output=True,
        text=True,
        env=env,
        check=False,
        timeout=1800,
    )


def _clustered(raw, folder, **cluster):
    config = SMALL["copy"](raw, folder / "raw")
    SMALL["change"](config, cluster=cluster)
    return config


def _break(config):
    """Make one recording unreadable; returns what mends it, its time too."""
    video = config.parent / "raw_gaze_dataset" / SMALL["VIDEOS"][SMALL["EGO4D"]]
    good = video.rename(video.with_name("good"))
    video.write_bytes(b"no video")
    return lambda: good.replace(video)


@pytest.mark.parametrize("settings", [{"workers": 2}, {"workers": 1, "tasks": 1}])
def test_local_makes_the_same(raw, expected, tmp_path, settings):
    """In several processes and in this one; datatrove's chatter is not on the terminal."""
    config = _clustered(raw, tmp_path, engine="local", **settings)
    done = _hand_over(config)
    assert done.returncode == 0, done.stderr
    assert _made(config) == expected
    assert done.stdout.startswith("made by local: ")
    assert done.stderr == ""
    logs = config.parent / "benchmark/work/cluster"
    assert "Processing done" in (logs / "recordings/logs/task_00000.log").read_text()


def test_local_goes_on_after_a_failure(raw, expected, tmp_path):
    """The other recordings are made, no later job is begun, and the same command goes on."""
    config = _clustered(raw, tmp_path, engine="local", workers=2)
    mend = _break(config)
    done = _hand_over(config)
    assert done.returncode != 0
    assert "1 of 3 tasks of the job recordings failed" in done.stderr
    work = config.parent / "benchmark/work"
    assert {path.stem for path in (work / "episodes").iterdir()} == {SMALL["EGTEA"], SMALL["TABLE"]}
    assert not (work / "questions").exists()
    mend()
    assert _hand_over(config).returncode == 0
    assert _made(config) == expected


def test_slurm_makes_the_same(raw, expected, tmp_path):
    """Four jobs, each after the one before, with nothing of our environment on PATH."""
    slurm = FAKE["FakeSlurm"](tmp_path / "slurm")
    config = _clustered(raw, tmp_path, partition="cpu", tasks=2)
    done = _hand_over(config, slurm.env)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("handed to Slurm: 4 jobs")
    assert done.stderr == ""
    assert not (config.parent / "benchmark/release").exists()  # nothing has run yet
    waits = [job["options"][1:] for job in slurm.jobs.values()]
    assert waits == [[], *([f"--dependency=afterok:{before}"] for before in (100, 101, 102))]
    assert slurm.run() == ["completed"] * 4
    assert _made(config) == expected


def test_slurm_stops_at_a_failure_and_goes_on(raw, expected, tmp_path):
    """Later jobs do not run; the log names what failed; handed over again, the rest is made."""
    slurm = FAKE["FakeSlurm"](tmp_path / "slurm")
    config = _clustered(raw, tmp_path, partition="cpu")
    mend = _break(config)
    assert _hand_over(config, slurm.env).returncode == 0
    assert slurm.run() == ["failed", "cancelled", "cancelled", "cancelled"]
    out = config.parent / "benchmark"
    assert not (out / "release").exists()
    assert not (out / "work/questions").exists()
    logs = [path.read_text() for path in (out / "work/cluster/recordings/slurm").iterdir()]
    assert sum(SMALL["EGO4D"] in log and "DatasetError" in log for log in logs) == 1
    before = SMALL["times"](out)
    mend()
    assert _hand_over(config, slurm.env).returncode == 0
    assert slurm.run()[4:] == ["completed"] * 4
    assert _made(config) == expected
    kept = [name for name in before if name.startswith("work/episodes/")]
    after = SMALL["times"](out)
    assert len(kept) == 2
    assert all(after[name] == before[name] for name in kept)
