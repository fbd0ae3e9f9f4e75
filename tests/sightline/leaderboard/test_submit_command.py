"""`sightline submit`: says what is missing before it packs, packs, and says what to do next."""

import argparse
import hashlib
import json
import os
import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from sightline.errors import DatasetError, SubmissionError, UsageError
from sightline.leaderboard.submission import submit_command, submitting
from sightline.leaderboard.submission.scoring_dataset import dataset_folder

toy = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[2] / "leaderboard_fixtures.py")))
PINNED = ["--model", "org/toy-1b", "--revision", "e" * 40, "--access", "open-weights"]


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An empty folder to work in, where the toy is the only benchmark."""
    monkeypatch.setattr(submitting, "all_boards", lambda: (toy.toy_board(),))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def finished(folder, scores=None, **results):
    """A run of the toy on a dataset that lies beside it."""
    dataset = folder / "dataset"
    dataset.mkdir(exist_ok=True)
    (dataset / "build.json").write_text("{}")
    said = {
        "origin": str(dataset),
        "revision": None,
        "checksums": {"build.json": hashlib.sha256(b"{}").hexdigest()},
    }
    run = toy.toy_run(folder / "results" / "org__toy", scores, **results)
    record = {**run.results}
    for config in record["configs"].values():
        config["metadata"] = {"version": 1.0, "dataset": said}
    (run.folder / "20261121_233055_results.json").write_text(json.dumps(record))
    return folder / "results"


def submit(*arguments):
    """The exit status of the command."""
    parser = argparse.ArgumentParser()
    submit_command.add(parser.add_subparsers())
    parsed = parser.parse_args(["submit", *map(str, arguments)])
    return parsed.run(parsed)


def test_a_run_becomes_a_package_named_after_model_setting_and_run(place, capsys):
    """With the score, what is missing, and the next command."""
    assert submit(finished(place), *PINNED) == 0
    said = capsys.readouterr().out
    (archive,) = (place / "submissions").glob("*.zip")
    assert archive.name.startswith("org__toy-1b-toy_plain-20261121-233055-")
    made = json.loads((archive.with_suffix("") / "submission.json").read_text())
    assert made["model"]["revision"] == "e" * 40
    assert f"scored again: {made['scores']['overall']['accuracy']:.2f} %" in said
    assert "the dataset was a folder" in said
    assert f"next: sightline leaderboard check submissions/{archive.name}" in said
    assert str(place) not in (archive.with_suffix("") / "submission.json").read_text()


def test_a_forged_score_in_the_run_does_not_reach_the_package(place):
    """The responses are scored again; the run's own outcomes are not looked at."""
    results = finished(place, toy.toy_scores("A"))
    path = results / "org__toy/20261121_233055_samples_toy_plain.jsonl"
    path.write_text(path.read_text().replace('"wrong"', '"right"'))
    assert submit(results, *PINNED, "--out", "forged") == 0
    made = json.loads((place / "forged/submission.json").read_text())
    assert made["scores"]["overall"]["right"] == 2


def test_a_dry_run_tells_and_writes_nothing(place, capsys):
    """Its exit status says whether packing would work."""
    assert submit(finished(place), "--model", "org/toy-1b", "--dry-run") == 0
    said = capsys.readouterr().out
    assert "model.revision: the model's revision is not pinned" in said
    assert "nothing was written" in said
    assert not (place / "submissions").exists()
    part = finished(place, toy.toy_scores(["A"]))
    with pytest.raises(SubmissionError, match="partial run: 5 of 6"):
        submit(part, *PINNED, "--dry-run")
    assert submit(part, *PINNED, "--dry-run", "--allow-partial") == 0


def test_a_partial_run_needs_to_be_wanted(place):
    """Then its questions count as missing."""
    results = finished(place, toy.toy_scores(["A"]))
    with pytest.raises(SubmissionError, match="partial run: 5 of 6"):
        submit(results, *PINNED)
    assert not (place / "submissions").exists()
    assert submit(results, *PINNED, "--allow-partial", "--out", "part") == 0
    made = json.loads((place / "part/submission.json").read_text())
    assert (made["responses"]["count"], made["dataset"]["questions"]) == (1, 6)
    assert made["scores"]["partial"] is True


def test_what_was_taken_out_is_told_without_being_repeated(place, capsys):
    """The place, not the secret."""
    config = toy.toy_run(place / "x").results["config"]
    arguments = "pretrained=org/toy-1b,api_key=very-secret,cache=/home/ada/cache"
    results = finished(place, config={**config, "model_args": arguments})
    assert submit(results, *PINNED, "--out", "out") == 0
    said = capsys.readouterr().out
    assert "$.run.model_args.api_key: left out" in said
    text = (place / "out/submission.json").read_text() + said
    assert "very-secret" not in text
    assert "ada" not in text


def test_several_settings_must_be_told_apart(place):
    """Each is a submission of its own."""
    results = finished(place)
    home = results / "org__toy"
    record = json.loads((home / "20261121_233055_results.json").read_text())
    wide = toy.toy_run(home, setting="toy_wide").results
    for key in ("results", "configs", "n-samples"):
        record[key] = {**record[key], **wide[key]}
    (home / "20261121_233055_results.json").write_text(json.dumps(record))
    for config in record["configs"].values():
        config["metadata"]["dataset"] = record["configs"]["toy_plain"]["metadata"]["dataset"]
    (home / "20261121_233055_results.json").write_text(json.dumps(record))
    with pytest.raises(UsageError, match="has 2 settings") as refused:
        submit(results, *PINNED)
    assert refused.value.next_step == "add --setting with one of: toy_plain, toy_wide"
    assert submit(results, *PINNED, "--setting", "toy_wide", "--out", "wide") == 0
    made = json.loads((place / "wide/submission.json").read_text())
    assert made["setting"] == "toy_wide"
    assert made["run"]["wall_seconds"] is None  # the time was that of both
    with pytest.raises(SubmissionError, match="no whole setting toy_other"):
        submit(results, *PINNED, "--setting", "toy_other")


@pytest.mark.parametrize("name", ["model", "a/b/c", "org/..", "org/m@main", "../x", "org/m\n"])
def test_a_model_is_named_org_and_name(place, name):
    """Before anything is read."""
    with pytest.raises(UsageError, match="must be ORG/NAME"):
        submit(place / "gone", "--model", name)


def test_the_dataset_must_be_that_of_the_run(place):
    """By its checksums; where it is gone, one must be named."""
    results = finished(place)
    other = place / "other"
    other.mkdir()
    with pytest.raises(
        SubmissionError, match=r"is not the dataset of the run: build\.json differs"
    ):
        submit(results, *PINNED, "--dataset", other)
    (place / "dataset").rename(place / "moved")
    with pytest.raises(DatasetError, match="neither a folder here nor") as refused:
        submit(results, *PINNED)
    assert "--dataset" in refused.value.next_step
    assert submit(results, *PINNED, "--dataset", place / "moved", "--out", "out") == 0


def test_names_of_checksums_do_not_leave_the_dataset(place):
    """Results files may come from strangers, too."""
    with pytest.raises(DatasetError, match="must stay inside the dataset"):
        dataset_folder(str(place), {"checksums": {"../../etc/passwd": "0" * 64}}, "toy")


def test_sending_takes_the_package_that_was_made(place, monkeypatch):
    """A pull request only where there is a repository to send it to."""
    sent = []
    pushing = SimpleNamespace(push=lambda *args, **options: sent.append((args, options)))
    monkeypatch.setitem(sys.modules, "sightline.leaderboard.results.pushing", pushing)
    results = finished(place)
    with pytest.raises(UsageError, match="--create-pr needs --push"):
        submit(results, *PINNED, "--create-pr")
    assert submit(results, *PINNED, "--out", "out", "--push", "org/results", "--create-pr") == 0
    ((package, repository), options) = sent[0]
    assert (package, repository) == (Path("out"), "org/results")
    assert options["create_pr"] is True
    assert options["dry_run"] is False


def test_help_shows_an_example(capsys):
    """As every command does."""
    with pytest.raises(SystemExit) as ended:
        submit("--help")
    assert ended.value.code == 0
    assert "sightline submit results --model org/model-7b" in capsys.readouterr().out


FETCH = """
import json, sys
from sightline.leaderboard.submission.scoring_dataset import dataset_folder
folder = dataset_folder(None, json.loads(sys.argv[1]), "mmsi-video")
print(json.dumps(sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.*"))))
"""


def test_of_a_dataset_on_the_hub_only_questions_are_fetched(local_hub, tmp_path):
    """At the commit of the run; recordings stay there."""
    for name in ("README.md", "build.json", "questions/a.parquet", "frames/b.parquet"):
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    local_hub.organisation("org", members=["alice"])
    commit = local_hub.add("org/toy", tmp_path / "data")
    said = {
        "origin": f"org/toy@{commit}",
        "checksums": {"questions/a.parquet": hashlib.sha256(b"{}").hexdigest()},
    }
    env = {**os.environ, "HF_ENDPOINT": local_hub.url, "HF_HUB_OFFLINE": "0"}
    env["HF_HOME"] = str(tmp_path / "home")
    command = [sys.executable, "-c", FETCH, json.dumps(said)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == ["README.md", "build.json", "questions/a.parquet"]
