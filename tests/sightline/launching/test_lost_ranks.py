"""A rank is killed in the middle of a real run: the others finish, and a rerun completes it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

if find_spec("lmms_eval") is None:
    pytest.skip("needs sightline[eval]", allow_module_level=True)

pytestmark = pytest.mark.slow

QUESTIONS = 24
LONG = 1200
"""Seconds after which nothing is waited for any more; machines may be slow."""
HOLD = """
import os, time
from sightline.engine.answers import AnswerLog

append = AnswerLog.append

def held(self, *told):
    append(self, *told)
    while self.written >= 3 and os.path.exists(os.environ["HOLD"]):
        time.sleep(0.02)

AnswerLog.append = held
"""
"""What Python runs first in each process: no rank gives a fourth answer while a file is there,
so none is done before it is killed."""


@pytest.fixture
def evaluation(tmp_path, dataset, tiny_model, monkeypatch):
    """Starts `sightline eval` on the sample; the processes it starts are killed with it."""
    monkeypatch.setenv("MMSI_VIDEO_DATASET", str(dataset))
    (tmp_path / "first").mkdir()
    (tmp_path / "first" / "sitecustomize.py").write_text(HOLD)
    before = os.environ.get("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path / 'first'}{os.pathsep}{before}".rstrip(os.pathsep))
    monkeypatch.setenv("HOLD", str(tmp_path / "hold"))
    model_args = f"pretrained={tiny_model('qwen2_5_vl')},device=cpu,dtype=float32"
    command = [sys.executable, "-m", "sightline.cli", "eval", "--tasks", "mmsi_video"]
    command += ["--model-args", model_args, "--limit", str(QUESTIONS)]

    def start(name, *flags):
        log = (tmp_path / f"{name}.log").open("a")
        with log:
            return subprocess.Popen(
                [*command, "--output", str(tmp_path / name), *flags], stderr=log, stdout=log
            )

    return start


def answers(output: Path) -> list[dict]:
    """The answers on disk that are whole."""
    files = [path.read_text() for path in output.glob("answers/*.jsonl")]
    lines = [line for text in files for line in text.splitlines(keepends=True)]
    return [json.loads(line) for line in lines if line.endswith("\n")]


def samples(output: Path) -> list[str]:
    """The sample lines of the only run that got so far, in the order of the questions."""
    (path,) = output.glob("*/*_samples_mmsi_video.jsonl")
    return sorted(path.read_text().splitlines())


def rank_process(starter: int, rank: int) -> int | None:
    """The process of a rank below `starter`, found as a user would: by its environment."""
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            variables = (folder / "environ").read_bytes().split(b"\0")
        except (OSError, IndexError):  # it has just ended
            continue
        if parent == starter and b"RANK=%d" % rank in variables:
            return int(folder.name)
    return None


def wait_until(condition, process) -> None:
    """Poll a condition while a process runs."""
    end = time.monotonic() + LONG
    while not condition():
        assert process.poll() is None, "the run ended too early"
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.02)


@pytest.mark.parametrize("lost", [0, 1])
def test_a_killed_rank_costs_only_what_was_in_flight(evaluation, tmp_path, lost):
    """The run ends non-zero by itself; the same command again gives the undisturbed samples."""
    whole = evaluation("whole")
    assert whole.wait(LONG) == 0
    (tmp_path / "hold").touch()
    run = evaluation("cut", "--ranks", "2")
    out = tmp_path / "cut"
    wait_until(lambda: len(answers(out)) >= 2, run)
    victim = rank_process(run.pid, lost)
    os.kill(victim, signal.SIGKILL)
    (tmp_path / "hold").unlink()
    assert run.wait(LONG) == 1
    said = (tmp_path / "cut.log").read_text()
    assert f"sightline: rank {lost} was killed by SIGKILL" in said
    assert "is not asked again" in said
    before = answers(out)
    assert 2 <= len(before) < QUESTIONS
    assert evaluation("cut", "--ranks", "3").wait(LONG) == 0
    assert samples(out) == samples(tmp_path / "whole")
    # Each question has one answer; what was there was not asked again.
    assert len(answers(out)) == QUESTIONS
    assert [line for line in before if line not in answers(out)] == []


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_run_goes_on(evaluation, tmp_path, number, status):
    """Ctrl-C and SIGTERM end it with the status of a shell; nothing stays behind."""
    (tmp_path / "hold").touch()
    run = evaluation("out", "--ranks", "2")
    out = tmp_path / "out"
    wait_until(lambda: len(answers(out)) >= 1, run)
    ranks = [rank_process(run.pid, rank) for rank in (0, 1)]
    run.send_signal(number)
    assert run.wait(LONG) == status
    (tmp_path / "hold").unlink()
    assert not any(Path(f"/proc/{pid}").exists() for pid in ranks)
    kept = len(answers(out))
    assert 1 <= kept < QUESTIONS
    assert evaluation("out").wait(LONG) == 0
    assert len(answers(out)) == QUESTIONS
