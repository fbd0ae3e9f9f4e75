"""The command line: help with examples, exit status, errors that say what to do next."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from sightline import cli
from sightline.errors import ReleaseError, UsageError

COMMANDS = (
    *("sample", "build", "tasks", "eval", "score", "doctor", "prepare", "check", "publish"),
    *("submit", "compare", "report", "export"),
    *(f"leaderboard {name}" for name in ("check", "seed", "add", "list", "verify", "build")),
)


def run(capsys, *argv: str) -> tuple[int, str, str]:
    """Run a command: exit status, what it printed, what it said on stderr."""
    status = cli.main(argv)
    shown = capsys.readouterr()
    return status, shown.out, shown.err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command, capsys):
    """`--help` shows how a real call looks."""
    with pytest.raises(SystemExit) as ended:
        cli.main([*command.split(), "--help"])
    assert ended.value.code == 0
    assert re.search(rf"examples?:\n  sightline {command}\b", capsys.readouterr().out)


def test_module_and_command_are_the_same():
    """`python -m sightline.cli` is `sightline`."""
    command = [sys.executable, "-m", "sightline.cli", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("sightline ")


def test_tasks_lists_ours_without_lmms_eval():
    """The list needs no lmms-eval import, one line a task."""
    code = (
        "import sys; from sightline import cli; cli.main(['tasks']);"
        "sys.exit('lmms_eval' in sys.modules or 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    names = [line.split()[0] for line in done.stdout.splitlines()]
    assert names[:3] == ["mmsi_video", "mmsi_video_u50", "mmsi_video_sc"]


def test_unknown_benchmark_lists_the_known_ones(capsys, tmp_path):
    """A wrong name is told the right ones, with exit status 2."""
    status, _, error = run(capsys, "sample", "mmsi-vdieo", str(tmp_path / "out"))
    assert status == 2
    assert "benchmark ('mmsi-vdieo') must be one of: mmsi-video" in error


def test_unknown_variant_lists_the_known_ones(capsys, tmp_path):
    """A wrong variant is told the right ones."""
    out = str(tmp_path / "out")
    status, _, error = run(capsys, "sample", "mmsi-video", out, "--variant", "zip")
    assert status == 2
    assert "--variant ('zip') must be one of: official, rearranged" in error


def test_build_without_out_says_what_is_needed(capsys):
    """Nothing is downloaded before the arguments make sense."""
    status, _, error = run(capsys, "build", "mmsi-video")
    assert status == 2
    assert "--out FOLDER is needed" in error
    assert "--dry-run" in error


@pytest.mark.parametrize(("error", "status"), [(UsageError, 2), (ReleaseError, 1)])
def test_errors_become_a_message_and_an_exit_status(error, status, capsys, monkeypatch):
    """What went wrong and what to do next go to stderr; no traceback."""

    def fail(_):
        raise error("expected a, got b", next_step="do c")

    monkeypatch.setattr(cli, "_tasks", fail)
    code, out, shown = run(capsys, "tasks")
    assert (code, out) == (status, "")
    assert shown == "sightline: expected a, got b\n  next: do c\n"


def test_interrupt_ends_with_130(capsys, monkeypatch):
    """Ctrl-C is not a crash."""

    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_tasks", interrupt)
    code, _, shown = run(capsys, "tasks")
    assert code == 130
    assert "run the same command again" in shown


def test_sample_build_and_score_work_one_after_the_other(capsys, sample_release, dataset, tmp_path):
    """The commands a newcomer types, on the sample release."""
    status, out, _ = run(
        capsys, "build", "mmsi-video", "--release", str(sample_release), "--dry-run"
    )
    assert status == 0
    assert "questions" in out
    status, out, _ = run(
        capsys, "build", "mmsi-video", "--release", str(sample_release), "--out", str(dataset)
    )
    assert status == 0
    answers = tmp_path / "responses.jsonl"
    question = json.loads((sample_release / "mmsivideo.json").read_text(encoding="utf-8"))[0]
    row = {"question_id": question["id"], "text": question["ground_truth"]}
    answers.write_text(json.dumps(row) + "\n", encoding="utf-8")
    report = tmp_path / "report.json"
    status, out, _ = run(
        capsys, "score", str(answers), "--dataset", str(dataset), "--json", str(report)
    )
    assert status == 0
    assert "MMSI-Video-Bench" in out
    assert json.loads(report.read_text(encoding="utf-8"))
