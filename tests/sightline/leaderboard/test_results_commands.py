"""`sightline leaderboard seed`, `add`, `list`, `verify` as a maintainer meets them."""

from __future__ import annotations

import argparse
import json
import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import huggingface_hub
import pytest

from sightline.errors import SightlineError
from sightline.leaderboard.results import results_commands
from sightline.leaderboard.results.entries import read_entries

packages = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("results_packages.py"))))
toys = packages.toys
LIGHT = """
import argparse, sys
from sightline.leaderboard.results import results_commands
results_commands.add(argparse.ArgumentParser().add_subparsers())
print([n for n in ("pyarrow", "datasets", "huggingface_hub", "rich", "yaml") if n in sys.modules])
"""


@pytest.fixture(autouse=True)
def board(monkeypatch):
    """The toy is the only benchmark."""
    return toys.register(monkeypatch)


@pytest.fixture
def data(tmp_path):
    """The toy's dataset."""
    return packages.dataset(tmp_path / "dataset")


@pytest.fixture
def say(capsys):
    """Run a command; its status and what it printed."""
    parser = argparse.ArgumentParser()
    results_commands.add(parser.add_subparsers(required=True))

    def run(*words):
        arguments = parser.parse_args([str(word) for word in words])
        status = arguments.run(arguments)
        shown = capsys.readouterr()
        return status, shown.out + shown.err

    return run


def test_a_repository_from_nothing(say, data, tmp_path):
    """Seeded, two runs added, listed with the best first, verified."""
    folder = tmp_path / "results-repository"
    assert say("seed", folder) == (0, f"{folder}: 6 printed rows written, 0 as they were\n")
    assert say("seed", folder) == (0, f"{folder}: 0 printed rows written, 6 as they were\n")
    one = packages.package(tmp_path / "one", data)
    two = packages.package(tmp_path / "two", data, list("ABCDAB"), model="lab/best")
    status, told = say("add", folder, one, two, "--dataset", data)
    assert (status, told.count("wrote ")) == (0, 5), told
    assert "this very run is there already" in say("add", folder, one, "--dataset", data)[1]
    status, told = say("list", folder)
    assert status == 0
    order = ["lab/best", "Human", "org/toy-1b", "Random guessing"]
    assert sorted(order, key=told.index) == order
    assert "toy, toy_plain" in told
    assert "toy, toy_wide" in told
    status, told = say("verify", folder, "--dataset", data)
    assert (status, told.count("follows from its samples"), told.count("is printed so")) == (
        0,
        2,
        6,
    )


def test_a_refused_package_does_not_stop_the_others(say, data, tmp_path):
    """All are looked at; the status says that one was refused."""
    folder = tmp_path / "results-repository"
    forged = packages.package(tmp_path / "one", data, scores={"overall": {"accuracy": 99.0}})
    good = packages.package(tmp_path / "two", data, model="lab/good")
    status, told = say("add", folder, forged, good, "--dataset", data)
    assert status == 1
    assert "is refused" in told
    assert [one.model for one in read_entries(folder).entries] == ["lab/good"]


def test_a_forged_entry_fails(say, data, tmp_path):
    """The status is 1, and the line says what would follow."""
    folder = tmp_path / "results-repository"
    say("add", folder, packages.package(tmp_path / "one", data), "--dataset", data)
    (path,) = folder.glob("results/toy/org__toy-1b/*.json")
    values = json.loads(path.read_text())
    path.write_text(json.dumps(values | {"value": 99.0}))
    status, told = say("verify", folder, "--dataset", data)
    assert status == 1
    assert "value follows as 50.0 from the responses, but is 99.0" in told
    path.write_text("{")
    status, told = say("list", folder)
    assert status == 1
    assert "not JSON" in told


def test_a_place_that_is_none_is_told(say, tmp_path, monkeypatch):
    """Neither a folder nor a repository; or a repository that cannot be asked for."""
    with pytest.raises(SightlineError, match="ORG/NAME"):
        say("verify", tmp_path / "absent folder")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(SightlineError, match="HF_HUB_OFFLINE"):
        say("verify", "org/results@refs/pr/1")
    with pytest.raises(SightlineError, match="must be a folder"):
        say("list", tmp_path / "absent")


def test_every_command_has_an_example(capsys):
    """And its help needs nothing heavy."""
    parser = argparse.ArgumentParser()
    results_commands.add(parser.add_subparsers())
    for name in ("seed", "add", "list", "verify"):
        with pytest.raises(SystemExit):
            parser.parse_args([name, "--help"])
        assert f"example:\n  sightline leaderboard {name} " in capsys.readouterr().out
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
