"""`sightline export`: runs, packages and entries to files, and the pull request on a model."""

import argparse
import json
import runpy
import zipfile
from pathlib import Path
from types import SimpleNamespace

import huggingface_hub.constants
import pytest
import yaml

from sightline.errors import PublishError, SubmissionError, UsageError
from sightline.leaderboard.exports import export_command
from sightline.leaderboard.exports.eval_results import as_yaml
from sightline.leaderboard.exports.pull_request import open_pull_request
from sightline.leaderboard.results.entries import from_json, to_json
from sightline.publishing.hub import Hub

TESTS = Path(__file__).parents[2]
toy = SimpleNamespace(**runpy.run_path(str(TESTS / "leaderboard_fixtures.py")))
packages = SimpleNamespace(**runpy.run_path(str(Path(__file__).parent / "toy_packages.py")))
local = runpy.run_path(str(TESTS / "hub/load.py"))["hub"]

# What huggingface_hub 2.4 says to its own HTTP library; it is not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
FILE = ".eval_results/toy.yaml"


@pytest.fixture(autouse=True)
def _board(monkeypatch):
    """Only the toy is installed."""
    toy.register(monkeypatch)


def export(*arguments):
    """The command, as the command line calls it."""
    parser = argparse.ArgumentParser()
    export_command.add(parser.add_subparsers())
    given = parser.parse_args(["export", *map(str, arguments)])
    return given.run(given)


@pytest.fixture
def entry_file(tmp_path):
    """An entry as a results repository has it."""
    path = tmp_path / "20261121-233055-1a2b3c4d.json"
    path.write_text(to_json(toy.entry()), encoding="utf-8")
    return path


@pytest.mark.parametrize("form", ["markdown", "latex", "csv"])
def test_a_run_an_entry_and_a_package_stand_in_one_table(form, tmp_path, entry_file, capsys):
    """Each by its own number: the package by our scores."""
    dataset = packages.make_dataset(tmp_path / "dataset")
    package = packages.ToyPackage(dataset, model="org/packed").zip(tmp_path / "p.zip")
    toy.toy_run(tmp_path / "run")
    export(entry_file, tmp_path / "run", package, "--dataset", dataset, "--format", form)
    text = capsys.readouterr().out
    assert all(name in text.replace("\\_", "_") for name in ("org/packed", "org/toy-1b"))
    assert text.count("33.3") >= 2


def test_a_run_exports_as_an_entry_that_reads_back(tmp_path):
    """Under the name that it is given."""
    toy.toy_run(tmp_path / "run")
    out = tmp_path / "entry.json"
    export(tmp_path / "run", "--model", "org/named", "--format", "json", "--out", out)
    entry = from_json(out.read_text(), "entry.json")
    assert (entry.model, entry.setting, entry.value) == ("org/named", "toy_plain", 33.3333)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["entry.json", "run"]


def test_a_run_that_asked_some_needs_its_dataset(tmp_path, capsys):
    """Its own scores cannot be the denominator; with the dataset what is missing counts."""
    toy.toy_run(tmp_path / "run", toy.toy_scores(["A", "B", "C"]))
    with pytest.raises(UsageError, match="--dataset"):
        export(tmp_path / "run", "--format", "csv")
    dataset = packages.make_dataset(tmp_path / "dataset")
    export(tmp_path / "run", "--dataset", dataset, "--format", "csv")
    assert ",50.0," in capsys.readouterr().out


def test_a_package_is_never_taken_at_its_word(tmp_path):
    """Without a dataset, or with a forged score, nothing is exported."""
    dataset = packages.make_dataset(tmp_path / "dataset")
    good = packages.ToyPackage(dataset)
    with pytest.raises(SubmissionError, match="dataset"):
        export(good.write(tmp_path / "good"), "--format", "csv")
    forged = packages.ToyPackage(dataset)
    forged.manifest["scores"]["overall"]["accuracy"] = 99.0
    with pytest.raises(SubmissionError, match="no package that can be exported"):
        export(forged.write(tmp_path / "forged"), "--dataset", dataset, "--format", "csv")


def test_a_setting_that_the_run_has_not_is_refused(tmp_path):
    """The message lists those it has."""
    toy.toy_run(tmp_path / "run")
    with pytest.raises(UsageError, match="it has: toy_plain"):
        export(tmp_path / "run", "--setting", "toy_wide", "--format", "csv")


def test_easi_writes_payload_and_zip_beside_each_other(tmp_path):
    """Nothing is sent; a row without responses gives a payload only."""
    toy.toy_run(tmp_path / "run")
    out = tmp_path / "easi_results.json"
    export(tmp_path / "run", "--model", "org/toy", "--format", "easi", "--out", out)
    payload = json.loads(out.read_text())
    assert (payload["modelName"], payload["scores"]["toy"]) == ("org/toy", 33.3333)
    with zipfile.ZipFile(tmp_path / "easi_results.zip") as archive:
        assert len(archive.read("toy_plain.jsonl").splitlines()) == 6


def test_easi_of_a_row_without_responses_needs_no_zip(entry_file, tmp_path):
    """The payload can still be written."""
    out = tmp_path / "easi_results.json"
    with pytest.raises(UsageError, match="--no-zip"):
        export(entry_file, "--format", "easi", "--out", out)
    assert not out.exists()
    export(entry_file, "--format", "easi", "--out", out, "--no-zip")
    assert json.loads(out.read_text())["modelName"] == "org/toy-1b"


def test_flags_of_another_format_are_refused(entry_file):
    """So that nobody believes something was sent."""
    with pytest.raises(UsageError, match="--create-pr goes with"):
        export(entry_file, "--format", "csv", "--create-pr")
    with pytest.raises(UsageError, match="--dry-run goes with"):
        export(entry_file, "--format", "eval_results", "--dry-run")
    with pytest.raises(UsageError, match="one run of a setting"):
        export(entry_file, entry_file, "--format", "eval_results")


def test_a_place_that_cannot_be_written_is_told(entry_file, tmp_path):
    """No half file stays."""
    with pytest.raises(UsageError, match="cannot be written"):
        export(entry_file, "--format", "csv", "--out", tmp_path / "nowhere" / "x.csv")


def test_help_has_an_example(capsys):
    """One for each kind of reader."""
    with pytest.raises(SystemExit):
        export("--help")
    assert "sightline export submission.zip --dataset mmsi-video" in capsys.readouterr().out


@pytest.fixture
def running(tmp_path, monkeypatch):
    """A Hub on which somebody else owns a model with results of another benchmark."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    with local.LocalHub(tmp_path / "hub") as server:
        # As HF_ENDPOINT would: huggingface_hub 1.0 reads addresses by it alone.
        files = f"{server.url}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
        monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", server.url)
        monkeypatch.setattr(huggingface_hub.constants, "HUGGINGFACE_CO_URL_TEMPLATE", files)
        server.organisation("org", members=["alice"])
        weights = tmp_path / "weights"
        weights.mkdir()
        (weights / "README.md").write_text("# a model")
        server.add("org/toy-1b", weights, repo_type="model")
        yield server
        huggingface_hub.close_session()


def stranger(server):
    """The way to a Hub of somebody who does not own the model, and does not wait."""
    return Hub(endpoint=server.url, token=server.token("bob"), patience_seconds=0)


OTHER = [{"dataset": {"id": "org/other", "task_id": "x"}, "value": 1.0}]
OURS = [{"dataset": {"id": "org/toy", "task_id": "toy_plain"}, "value": 33.33}]


def propose(server, results=OURS, model="org/toy-1b", *, dry_run=False):
    """Propose results as a stranger."""
    return open_pull_request(
        stranger(server), model, FILE, results, benchmark="Toy", dry_run=dry_run
    )


def test_a_pull_request_adds_results_beside_those_that_are_there(running):
    """The model stays as it is until its owner merges; then both results are there."""
    kind = {"repo_type": "model"}
    running.commit("org/toy-1b", "alice", {FILE: as_yaml(OTHER).encode()}, **kind)
    before = running.head("org/toy-1b", **kind)
    text, url = propose(running)
    assert url.endswith("/org/toy-1b/discussions/1")
    assert running.head("org/toy-1b", **kind) == before
    assert running.read("org/toy-1b", FILE, "refs/pr/1", **kind).decode() == text
    running.merge("org/toy-1b", 1, "alice", **kind)
    assert yaml.safe_load(running.read("org/toy-1b", FILE, **kind)) == OTHER + OURS
    assert propose(running) == (text, None)


def test_a_dry_run_sends_nothing(running):
    """The file is shown; there is no pull request."""
    text, url = propose(running, dry_run=True)
    assert (yaml.safe_load(text), url) == (OURS, None)
    assert not running.repository("org/toy-1b", "model").discussions


def test_a_model_that_is_not_there_is_told_where_its_results_go(running):
    """An API's model has no repository."""
    with pytest.raises(PublishError, match="no model org/closed") as caught:
        propose(running, model="org/closed")
    assert "sightline submit --push" in str(caught.value)


def test_a_broken_results_file_is_left_alone(running):
    """Nothing is proposed over what cannot be read."""
    running.commit("org/toy-1b", "alice", {FILE: b"a: [b"}, repo_type="model")
    with pytest.raises(UsageError, match="left alone"):
        propose(running)


def test_the_command_opens_the_pull_request(running, entry_file, monkeypatch, capsys):
    """By the account of the environment; the address is told beside the file."""
    monkeypatch.setenv("HF_TOKEN", running.token("bob"))
    export(entry_file, "--format", "eval_results", "--create-pr", "--dry-run")
    assert "nothing was sent" in capsys.readouterr().err
    export(entry_file, "--format", "eval_results", "--create-pr")
    said = capsys.readouterr()
    assert "/org/toy-1b/discussions/1" in said.err
    assert yaml.safe_load(said.out)[0]["dataset"]["task_id"] == "toy_plain"
    assert running.read("org/toy-1b", FILE, "refs/pr/1", repo_type="model").decode() == said.out
