"""What Slurm is handed, and what is refused; what the jobs do is in test_cluster_runs."""

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import dill
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sightline.cli import main
from sightline.errors import UsageError
from streamgaze_task.pipeline import cluster
from streamgaze_task.pipeline.cluster_settings import MOST_TASKS, OWN, ClusterSettings
from streamgaze_task.pipeline.config import read_config

FAKE = runpy.run_path(str(Path(__file__).with_name("fake_slurm.py")))
lines_of, commands_of = FAKE["lines_of"], FAKE["commands_of"]
JOBS = ("recordings", "questions", "judged", "release")
HOSTILE = ("a\nb", "$(touch x)", "`touch x`", *(f"a{sign}b" for sign in ";\"'\\<>#\x00\u2028"))


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    """Slurm's programs on PATH; they queue only."""
    fake = FAKE["FakeSlurm"](tmp_path / "slurm")
    monkeypatch.setenv("PATH", f"{fake.bin}:{os.environ['PATH']}")
    monkeypatch.delenv("SLURM_ARRAY_TASK_ID", raising=False)
    return fake


def _config(folder, *, cluster=None, **parts):
    """A configuration of three recordings, whose files nobody reads here."""
    (folder / "raw").mkdir(parents=True)
    for name in ("a.mp4", "a.csv", "b.mp4", "b.csv", "c.mp4", "c.csv"):
        (folder / "raw" / name).touch()
    given = {
        "name": "bench",
        "out": "made",
        "labeller": {"kind": "rendered"},
        "recordings": [{"format": "table", "folder": "raw"}],
        "cluster": {"partition": "cpu"} if cluster is None else cluster,
        **parts,
    }
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(given))
    return path


def _handed(slurm, folder, **parts):
    """Name of a job -> its script."""
    cluster.submit(read_config(_config(folder, **parts)))
    return dict(zip(JOBS, (job["script"] for job in slurm.jobs.values()), strict=True))


def test_the_scripts_say_what_the_configuration_says(slurm, tmp_path):
    """Nothing more is handed over: four jobs."""
    scripts = _handed(
        slurm,
        tmp_path / "x",
        cluster={
            "partition": "gpu,big",
            "time": "2-12:00:00",
            "qos": "high",
            "cpus_per_task": 4,
            "mem_per_cpu_gb": 6,
            "gpus_per_task": 1,
            "workers": 2,
            "sbatch": {
                "account": "lab-7",
                "constraint": "a100|h100",
                "exclusive": True,
                "overcommit": False,
                "nice": 0,
            },
        },
    )
    work = tmp_path / "x/made/work/cluster"
    for name, script in scripts.items():
        last = name == "release"
        assert lines_of(script) == {
            "partition": "gpu,big",
            "time": "2-12:00:00",
            "qos": "high",
            "cpus-per-task": "4",
            "mem-per-cpu": "6G",
            "nodes": "1",
            "job-name": f"bench-{name}",
            "array": "0-0%1" if last else "0-2%2",
            "output": f"{work}/{name}/slurm/%A_%a.out",
            "error": f"{work}/{name}/slurm/%A_%a.out",
            "requeue": "",
            "kill-on-invalid-dep": "yes",
            "account": "lab-7",
            "constraint": "a100|h100",
            "exclusive": "",
            "nice": "0",
            **({"gpus": "1"} if name == "recordings" else {}),
        }
        assert commands_of(script) == [
            f'echo "Starting data processing job bench-{name}"',
            f'export PATH={Path(sys.executable).parent}:"$PATH"',
            "set -xe",
            "export PYTHONUNBUFFERED=TRUE",
            f"srun --cpus-per-task=4 -l -n 1 launch_pickled_pipeline {work}/{name}/executor.pik",
        ]


@pytest.mark.parametrize(
    ("parts", "asking"),
    [
        ({}, ["recordings"]),
        ({"quality": {"verify": True}}, ["recordings", "judged"]),
        ({"method": "reference"}, ["recordings", "questions"]),
    ],
)
def test_a_gpu_goes_to_the_jobs_that_ask_the_labeller(slurm, tmp_path, parts, asking):
    """And to no other."""
    settings = {"partition": "gpu", "gpus_per_task": 1}
    scripts = _handed(slurm, tmp_path / "x", cluster=settings, **parts)
    assert [name for name, script in scripts.items() if "gpus" in lines_of(script)] == asking


@pytest.mark.parametrize(
    ("tasks", "array"), [(0, "0-2"), (1, "0-0"), (2, "0-1"), (MOST_TASKS, "0-2")]
)
def test_no_task_is_without_a_recording(slurm, tmp_path, tasks, array):
    """However many are asked for."""
    scripts = _handed(slurm, tmp_path / "x", cluster={"partition": "cpu", "tasks": tasks})
    arrays = [lines_of(script)["array"] for script in scripts.values()]
    assert arrays == [array, array, array, "0-0"]


def test_a_virtual_environment_of_the_nodes(slurm, tmp_path, monkeypatch):
    """In quotes; the home folder is known here."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    settings = {"partition": "cpu", "venv": "~/my env/bin/activate"}
    script = _handed(slurm, tmp_path / "x", cluster=settings)["recordings"]
    assert f"source '{tmp_path}/home/my env/bin/activate'" in commands_of(script)


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("place", ["partition", "qos", "time", "venv", "sbatch", "name of sbatch"])
def test_no_value_can_hold_a_command(place, value):
    """Refused before anything is written."""
    settings = {place: value}
    if "sbatch" in place:
        settings = {"sbatch": {"comment": value} if place == "sbatch" else {value: "x"}}
    with pytest.raises(ValueError, match=re.escape(place.split()[-1])):
        ClusterSettings(**settings)


@given(st.text(), st.sampled_from(["partition", "qos", "time", "venv", "sbatch"]))
def test_whatever_is_accepted_is_one_line_without_substitution(text, place):
    """Of texts of all kinds."""
    try:
        ClusterSettings(**{place: {"comment": text} if place == "sbatch" else text})
    except ValueError:
        return
    assert text.splitlines() in ([], [text])
    assert not set(text) & set("$`;\"'\\<>#\x00")


@given(st.text(min_size=1))
def test_a_name_becomes_a_plain_one(name):
    """It stands between the quotes of a shell."""
    assert re.fullmatch(r"[A-Za-z0-9_.-]{1,40}", cluster._plain(name))


def test_a_hostile_name_of_a_benchmark_starts_nothing(slurm, tmp_path):
    """The script runs, and what the name says does not."""
    name = '"; touch "$HOME/owned" #\n$(touch owned)`touch owned`'
    script = _handed(slurm, tmp_path / "x", name=name)["recordings"]
    assert lines_of(script)["job-name"] == "touch-HOME-owned-touch-owned-touch-owne-recordings"
    assert len(commands_of(script)) == 5
    (slurm.bin / "srun").write_text("#!/bin/sh\necho started\n")
    home = tmp_path / "home"
    home.mkdir()
    done = subprocess.run(
        ["bash"],
        input=script,
        cwd=home,
        env={**os.environ, "HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.endswith("started\n")
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("out", ["a b", "$(touch x)", "a;b", "a%j", "a::b", "a\nb", "it's"])
def test_a_folder_that_a_script_cannot_hold(slurm, tmp_path, out):
    """Said with what to do; nothing is handed over."""
    path = _config(tmp_path / "x", out=out)
    with pytest.raises(UsageError, match="a plainer name"):
        cluster.submit(read_config(path))
    assert slurm.jobs == {}


@pytest.mark.parametrize(
    "settings",
    [
        *({"sbatch": {name: "1"}} for name in OWN),
        {"sbatch": {"account": ["a", "b"]}},
        {"sbatch": {"--account": "a"}},
        {"sbatch": {3: "a"}},
        {"tasks": -1},
        {"tasks": MOST_TASKS + 1},
        {"cpus_per_task": 0},
        {"mem_per_cpu_gb": 0},
        {"workers": 0},
        {"workers": -2},
        {"gpus_per_task": -1},
        {"time": ""},
        {"time": "soon"},
        {"time": "1-"},
        {"engine": "moon"},
    ],
)
def test_settings_out_of_range(tmp_path, settings):
    """As every part of a configuration."""
    path = _config(tmp_path / "x", cluster=settings)
    with pytest.raises(UsageError, match="cluster"):
        read_config(path)


@pytest.mark.parametrize("time", ["30", "30:00", "12:00:00", "2-0", "2-12:00", "2-12:00:00"])
def test_times_as_slurm_reads_them(time):
    """In all forms of sbatch's manual."""
    assert ClusterSettings(time=time).time == time


def test_the_order_is_slurms(slurm, tmp_path):
    """Each job waits for the whole one before."""
    _handed(slurm, tmp_path / "x")
    waits = [job["options"][1:] for job in slurm.jobs.values()]
    assert waits == [[], *([f"--dependency=afterok:{number}"] for number in (100, 101, 102))]


def test_what_is_pickled_is_ours_and_lies_in_our_folder(slurm, tmp_path):
    """One file a job, which names our step, and the configuration by its path."""
    _handed(slurm, tmp_path / "x")
    work = tmp_path / "x/made/work/cluster"
    assert sorted(path.parent.name for path in work.rglob("*.pik")) == sorted(JOBS)
    with (work / "questions/executor.pik").open("rb") as file:
        loaded = dill.load(file)  # noqa: S301 (written a moment ago)
    expected = cluster.ClusterStep(str(tmp_path / "x/config.yaml"), "questions")
    assert loaded.pipeline == [expected]
    assert loaded.depends is None
    assert not loaded.skip_completed


def _without(monkeypatch, *names):
    for name in [*sys.modules]:
        if name.partition(".")[0] in names or name.endswith(".cluster_executors"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr(sys.modules["streamgaze_task.pipeline"], "cluster_executors", raising=False)
    for name in names:
        monkeypatch.setitem(sys.modules, name, None)


def test_without_datatrove(slurm, tmp_path, monkeypatch, capsys):
    """How to have it."""
    path = _config(tmp_path / "x")
    _without(monkeypatch, "datatrove")
    assert main(["gaze", "run", str(path), "--cluster"]) != 0
    assert "pip install '.[pipeline]' in the clone" in capsys.readouterr().err
    assert slurm.jobs == {}


def test_without_ray(tmp_path, monkeypatch):
    """The extra does not bring it."""
    path = _config(tmp_path / "x", cluster={"engine": "ray"})
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UsageError, match="pip install ray"):
        cluster.submit(read_config(path))


def test_without_slurm(tmp_path, monkeypatch):
    """No program, or one that refuses."""
    config = read_config(_config(tmp_path / "x"))
    monkeypatch.delenv("SLURM_ARRAY_TASK_ID", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="where sbatch works"):
        cluster.submit(config)
    sbatch = tmp_path / "sbatch"
    sbatch.write_text("#!/bin/sh\nexit 1\n")
    sbatch.chmod(0o755)
    with pytest.raises(UsageError, match="where sbatch works"):
        cluster.submit(config)


def test_without_a_partition(slurm, tmp_path):
    """Slurm's own default is not guessed at."""
    with pytest.raises(UsageError, match=r"cluster\.partition"):
        cluster.submit(read_config(_config(tmp_path / "x", cluster={})))
    assert slurm.jobs == {}


def test_inside_a_task_of_slurm(slurm, tmp_path, monkeypatch):
    """Where datatrove would take itself for the task."""
    monkeypatch.setenv("SLURM_ARRAY_TASK_ID", "0")
    with pytest.raises(UsageError, match="where you type sbatch"):
        cluster.submit(read_config(_config(tmp_path / "x")))
    assert slurm.jobs == {}


@pytest.mark.parametrize("words", [["--workers", "2"], ["--until", "labels"], ["--skip-failed"]])
def test_what_the_cluster_does_not_heed_is_refused(slurm, tmp_path, capsys, words):
    """Not left out in silence."""
    path = _config(tmp_path / "x")
    assert main(["gaze", "run", str(path), "--cluster", *words]) != 0
    assert words[0] in capsys.readouterr().err
    assert slurm.jobs == {}


@pytest.mark.parametrize(
    ("printed", "number"),
    [("Submitted batch job 12\n", "12"), ("Submitted batch job 7 on cluster c3\n", "7")],
)
def test_the_number_of_a_job(printed, number):
    """Also where a cluster's name follows."""
    assert cluster.job_id_of(printed) == number


def test_no_number_of_a_job():
    """Without it no order."""
    with pytest.raises(UsageError, match="number"):
        cluster.job_id_of("queued")


def test_the_terminal_is_ours(slurm, tmp_path, capsys):
    """The log of datatrove stays out of it, and later logs of others are not silenced for good."""
    from loguru import logger

    _handed(slurm, tmp_path / "x")
    assert capsys.readouterr() == ("", "")
    heard = []
    number = logger.add(heard.append, level="INFO")
    logger.patch(lambda record: record.update(name="datatrove.x")).info("heard")
    logger.remove(number)
    assert len(heard) == 1


def test_reading_a_configuration_needs_no_datatrove():
    """Nor does the module of the jobs, until they are handed over."""
    code = (
        "import streamgaze_task.pipeline.cluster, sys; "
        "assert not {'datatrove', 'dill', 'loguru'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
