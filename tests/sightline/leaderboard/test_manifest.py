"""What a manifest says of a run, what it is found to miss, and what its schema refuses."""

import copy
import json
import runpy
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from sightline.errors import SubmissionError
from sightline.leaderboard.submission.lines import in_order
from sightline.leaderboard.submission.manifest import (
    Declaration,
    manifest,
    missing,
    schema,
    validate,
)
from sightline.leaderboard.submission.submission_schema import DEEPEST, validate_line
from sightline.records import Response

toy = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[2] / "leaderboard_fixtures.py")))
BOARD = toy.toy_board()
SAID = Declaration("org/toy-1b", revision="e" * 40, access="open-weights")


def made(folder, scores=None, said=SAID, **results):
    """The manifest of a run of the toy."""
    run = toy.toy_run(folder, scores, **results)
    again = BOARD.rescore(
        folder,
        BOARD.settings[0],
        [Response(o.question_id, o.details["response"], o.error) for o in run.scores],
    )
    return manifest(in_order(run, again), BOARD, said, again)


def wanting(found):
    """Places of what is missing, with how bad it is."""
    return {one.where: one.severity for one in missing(found)}


def test_the_manifest_says_all_that_the_run_tells(tmp_path):
    """From results.json, the samples and the declaration; the schema holds."""
    found = made(tmp_path)
    assert validate(found) == []
    assert found["model"]["precision"] == "bfloat16"
    assert found["dataset"] == {**toy.DATASET, "questions": 6}
    run = found["run"]
    assert run["date"] == "2026-11-21T23:30:55+08:00"
    assert run["id"] == f"20261121-233055-{found['responses']['sha256'][:8]}"
    assert run["model_args"] == {
        "pretrained": "org/toy-1b",
        "dtype": "bfloat16",
        "device": "cuda",
    }
    assert run["generation"] == {"max_new_tokens": 16, "temperature": 0.0, "do_sample": False}
    assert run["seeds"] == {"random": 0, "numpy": 1234, "torch": 1234, "fewshot": 1234}
    assert (run["batch_size"], run["wall_seconds"], run["ranks"]) == (1, 60.5, None)
    assert {"sightline", "python"} <= set(run["libraries"])
    assert run["as_of_packing"] == ["libraries", "hardware"]
    assert found["inputs"]["frames"] == {"fewest": 2, "most": 2, "total": 12}
    assert found["responses"]["count"] == 6
    assert found["scores"]["overall"]["expected"] == 6


def test_the_time_zone_is_that_of_the_run(tmp_path):
    """lmms-eval names files in its own zone; another one says so in its arguments."""
    record = toy.toy_run(tmp_path / "x").results["config"]
    found = made(tmp_path, config={**record, "resolved_cli_args": {"timezone": "UTC"}})
    assert found["run"]["date"] == "2026-11-21T23:30:55+00:00"
    with pytest.raises(SubmissionError, match="time zone 'Moon/Base' cannot be read"):
        made(tmp_path, config={**record, "resolved_cli_args": {"timezone": "Moon/Base"}})


def test_a_dataset_in_a_folder_keeps_its_checksums_only(tmp_path):
    """Neither its path nor a revision that nobody can look up."""
    run = toy.toy_run(tmp_path)
    for origin in ("/data/me/toy", "toy", "build of org/toy"):
        local = replace(run, dataset={**toy.DATASET, "origin": origin, "revision": None})
        found = manifest(local, BOARD, SAID, run.scores)
        assert found["dataset"]["origin"] == "folder"
        assert found["dataset"]["checksums"] == toy.DATASET["checksums"]
        assert wanting(found)["dataset.revision"] == "warning"


def test_a_folder_of_weights_becomes_its_name_and_digest(tmp_path):
    """So that two runs of the same weights can be told to be so."""
    weights = tmp_path / "private" / "my-model"
    weights.mkdir(parents=True)
    (weights / "config.json").write_text("{}")
    config = toy.toy_run(tmp_path / "x").results["config"]
    found = made(tmp_path / "y", config={**config, "model_args": f"pretrained={weights}"})
    assert found["run"]["model_args"]["pretrained"] == "my-model"
    assert len(found["run"]["model_args"]["pretrained_sha256"]) == 64
    assert "run.model_args.pretrained" not in wanting(found)
    (weights / "config.json").unlink()
    weights.rmdir()
    gone = made(tmp_path / "z", config={**config, "model_args": f"pretrained={weights}"})
    assert gone["run"]["model_args"] == {"pretrained": "my-model"}
    assert wanting(gone)["run.model_args.pretrained"] == "warning"


def test_partial_runs_errors_and_loose_ends_are_found(tmp_path):
    """Only a partial run is an error; the rest is told."""
    partial = made(tmp_path / "a", toy.toy_scores(["A", None, "B"]), Declaration("org/toy-1b"))
    assert wanting(partial) == {
        "responses.count": "error",
        "responses.errors": "warning",
        "model.access": "warning",
        "model.revision": "warning",
        "run.tokens": "note",
        "run.libraries": "note",
    }
    texts = [one.what for one in missing(partial)]
    assert texts[0] == "partial run: 3 of 6 questions were not asked"
    assert texts[1].startswith("1 responses are errors")


def test_an_api_needs_its_dated_version(tmp_path):
    """No commit is asked of it."""
    found = made(tmp_path, said=Declaration("company/model", access="api", revision="2026-11-01"))
    assert "model.revision" not in wanting(found)
    found = made(tmp_path, said=Declaration("company/model", access="api"))
    assert wanting(found)["model.revision"] == "warning"


def test_a_run_without_its_dataset_is_worthless(tmp_path):
    """Nobody could say which questions it answers."""
    run = replace(toy.toy_run(tmp_path), dataset={})
    assert wanting(manifest(run, BOARD, SAID, run.scores))["dataset.checksums"] == "error"


def test_what_the_submitter_wrote_is_refused_and_not_mended(tmp_path):
    """Secrets and local paths in notes or addresses."""
    for said in (
        Declaration("org/m", notes="see /home/me/notes.txt"),
        Declaration("org/m", notes="my token is hf_" + "a" * 30),
        Declaration("org/m", url="https://me:password@host/x"),
    ):
        with pytest.raises(SubmissionError, match="holds a secret or a local path") as refused:
            made(tmp_path, said=said)
        assert "hf_" not in str(refused.value)


def test_a_run_without_a_date_is_refused(tmp_path):
    """It could not be named."""
    with pytest.raises(SubmissionError, match="must say the date of the run"):
        made(tmp_path, date="yesterday")


def test_the_schema_is_one_and_refers_to_nothing_elsewhere():
    """It is valid itself, and can be read without a network."""
    from jsonschema import Draft202012Validator

    whole = schema()
    Draft202012Validator.check_schema(whole)
    text = json.dumps(whole)
    assert text.count('"$ref"') == text.count('"$ref": "#/$defs/')


def broken(found, place, value):
    """The manifest with one value changed."""
    changed = copy.deepcopy(found)
    *path, last = place.split(".")
    inner = changed
    for part in path:
        inner = inner[part]
    inner[last] = value
    return changed


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("schema_version", 2),
        ("benchmark", "../x"),
        ("setting", "a\n"),
        ("extra", 1),
        ("model.name", "no-organisation"),
        ("model.name", "org/../../x"),
        ("model.name", "<script>/x"),
        ("model.access", "secret"),
        ("model.url", "javascript:alert(1)"),
        ("model.url", "https://x.org/\n"),
        ("dataset.origin", "/home/me/data"),
        ("dataset.revision", "main"),
        ("dataset.checksums", {"../x": "a" * 64}),
        ("dataset.checksums", {"x": "A" * 64}),
        ("dataset.questions", 0),
        ("dataset.questions", True),
        ("run.id", "x"),
        ("run.date", "2026-11-21"),
        ("run.date", "2026-13-21T00:00:00Z"),
        ("run.wall_seconds", -1),
        ("run.wall_seconds", float("nan")),
        ("run.wall_seconds", float("inf")),
        ("run.tokens", {"input": 1.5, "output": 1}),
        ("run.libraries", {"torch": "<b>"}),
        ("responses.file", "../responses.jsonl"),
        ("responses.sha256", "f" * 63),
        ("scores", []),
        ("scores", {"overall": float("-inf")}),
        ("notes", "x" * 10_000_000),
        ("notes", "\ud800"),
        ("protocol.parsers", ["x"] * 1000),
    ],
)
def test_the_schema_refuses_what_is_hostile_or_wrong(tmp_path, place, value):
    """With the place, and a message of a length for a screen."""
    found = validate(broken(made(tmp_path), place, value))
    assert found
    assert all(len(str(one)) < 500 for one in found)
    assert any(place.split(".")[0] in f"{one.where} {one.message}" for one in found)


def test_deep_and_endless_json_is_refused_before_any_rule_sees_it(tmp_path):
    """Rules recur; a value of a million levels must not take the process with it."""
    deep: object = 1
    for _ in range(100_000):
        deep = [deep]
    assert [str(one) for one in validate(deep)] == [f"$: must be at most {DEEPEST} deep"]
    many = broken(made(tmp_path), "scores.many", [[0] * 1000] * 1000)
    assert "at most 250,000 values" in str(validate(many)[0])
    while isinstance(deep, list):  # freed level by level: the interpreter's own way recurs
        deep = deep[0]


LINE = {"question_id": "q-1", "response": "A", "error": None, "details": {}}


@pytest.mark.parametrize(
    "change",
    [
        {"question_id": ""},
        {"question_id": "q 1\n"},
        {"question_id": 3},
        {"response": None},
        {"error": "both"},
        {"response": ["A"]},
        {"response": "x" * 10_000_000},
        {"response": "\udc00"},
        {"details": []},
        {"details": {"message_hash": "x"}},
        {"details": {"frame_indices": [1, -1]}},
        {"details": {"frame_indices": [[0, 1, 2, 3.5]]}},
        {"details": {"frame_indices": [0, 1, 2, 10**12]}},
        {"details": {"input_tokens": -1}},
        {"details": {"a b": 1}},
        {"details": {"x": float("nan")}},
        {"more": 1},
    ],
)
def test_lines_of_responses_have_a_schema_too(change):
    """Either a response or an error, plain details."""
    assert validate_line(LINE) == []
    assert validate_line({**LINE, "details": {"frame_indices": [[0, 5, 9], [3]]}}) == []
    assert validate_line(LINE | change)
    assert validate_line([LINE])
