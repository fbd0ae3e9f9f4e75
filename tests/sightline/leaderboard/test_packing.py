"""Packages: equal bytes, nothing half, and never a secret or a local path."""

import hashlib
import json
import runpy
import zipfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.errors import SubmissionError, UsageError
from sightline.leaderboard.submission.lines import in_order, submitted
from sightline.leaderboard.submission.manifest import Declaration, manifest
from sightline.leaderboard.submission.packing import pack
from sightline.leaderboard.submission.scrubbing import (
    Machine,
    clean_text,
    cleaned,
    leaks,
    this_machine,
)
from sightline.records import Response

toy = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[2] / "leaderboard_fixtures.py")))
BOARD = toy.toy_board()
SAID = Declaration("org/toy-1b", revision="e" * 40, access="open-weights")
SECRETS = (
    "hf_" + "AbCd" * 8,
    "sk-proj-" + "x1Y2" * 8,
    "AKIA" + "ABCDEFGH12345678",
    "ghp_" + "q" * 36,
    "Bearer abcdef0123456789",
    "-----BEGIN RSA PRIVATE KEY-----",
    "hunter2-hunter2",
)
PATHS = (
    "/home/ada/models/x",
    "/home/ida/.cache/huggingface",
    "/mnt/nfs/ada lovelace/weights",
    "C:\\Users\\ada\\models",
    "~/models/secret-project",
    "\\\\server\\share\\ada",
    "file:///home/ada/x.mp4",
)
HERE = Machine(
    secrets=("hunter2-hunter2",),
    places=("/mnt/nfs/ada lovelace/weights", "/home/ada", "/root"),
)


def ready(folder, scores=None, machine=HERE, **results):
    """A run in order with its manifest."""
    run = toy.toy_run(folder, scores, **results)
    said = [Response(one.question_id, one.response, one.error) for one in submitted(run, machine)]
    again = BOARD.rescore(folder, BOARD.settings[0], said)
    ordered = in_order(run, again)
    return ordered, manifest(ordered, BOARD, SAID, again, machine=machine)


def packed(folder, *args, out="package", machine=HERE, **options):
    """The package of a run of the toy."""
    run, made = ready(folder / "run", *args, machine=machine, **options)
    return pack(run, BOARD, made, folder / out, machine=machine)


def everything(package):
    """All bytes of a package, and of its zip's members."""
    files = [path.read_bytes() for path in sorted(package.folder.iterdir())]
    with zipfile.ZipFile(package.zip) as archive:
        files += [archive.read(name) for name in archive.namelist()]
    return b"\n".join(files).decode()


def test_a_package_holds_two_files_and_a_zip_the_same(tmp_path):
    """Responses in the dataset's order, verbatim, and nothing that the dataset tells."""
    scores = toy.toy_scores(["A", "sehr weit: Ä \u2028 <b>", None, "", " B\n", "C"])
    package = packed(tmp_path, scores[::-1])
    assert sorted(p.name for p in package.folder.iterdir()) == [
        "responses.jsonl",
        "submission.json",
    ]
    data = (package.folder / "responses.jsonl").read_bytes()
    lines = [json.loads(line) for line in data.decode().split("\n")[:-1]]
    assert [one["question_id"] for one in lines] == [f"q-{number}" for number in range(6)]
    said = ["A", "sehr weit: Ä \u2028 <b>", None, "", " B\n", "C"]
    assert [one["response"] for one in lines] == said
    assert lines[2]["error"] == "out of memory"
    assert lines[0]["details"] == {
        "frame_indices": [[0, 1]],
        "max_frames": 2,
        "message_hash": "0" * 64,
        "model": "org/toy-1b",
        "protocol": "plain",
        "task": "toy_plain",
    }
    made = json.loads((package.folder / "submission.json").read_text())
    assert made["responses"]["sha256"] == hashlib.sha256(data).hexdigest()
    with zipfile.ZipFile(package.zip) as archive:
        assert archive.namelist() == ["responses.jsonl", "submission.json"]
        assert archive.read("responses.jsonl") == data


def test_equal_input_gives_equal_bytes_and_packing_again_changes_nothing(tmp_path):
    """Dates, owners and order of files are not in it."""
    first, second = packed(tmp_path), packed(tmp_path, out="second")
    assert first.zip.read_bytes() == second.zip.read_bytes()
    before = first.zip.read_bytes()
    assert packed(tmp_path).zip.read_bytes() == before


def test_another_package_is_never_overwritten(tmp_path):
    """Nor a zip without its folder."""
    packed(tmp_path, toy.toy_scores("A"))
    with pytest.raises(UsageError, match="exists and is another package"):
        packed(tmp_path, toy.toy_scores("B"))
    (tmp_path / "alone.zip").write_bytes(b"mine")
    with pytest.raises(UsageError, match="without its folder"):
        packed(tmp_path, out="alone")
    assert (tmp_path / "alone.zip").read_bytes() == b"mine"


def test_a_partial_run_is_refused_unless_it_is_wanted(tmp_path):
    """And then it says so."""
    run, made = ready(tmp_path / "run", toy.toy_scores(["A", "B"]))
    with pytest.raises(SubmissionError, match="partial run: 4 of 6"):
        pack(run, BOARD, made, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    package = pack(run, BOARD, made, tmp_path / "out", allow_partial=True)
    assert [one.where for one in package.findings if one.severity == "error"] == ["responses.count"]


def test_a_manifest_of_other_responses_is_refused(tmp_path):
    """What is written must be one."""
    run, made = ready(tmp_path / "run")
    changed = replace(
        run, scores=(replace(run.scores[0], details={"response": "C"}), *run.scores[1:])
    )
    with pytest.raises(SubmissionError, match="the manifest is of"):
        pack(changed, BOARD, made, tmp_path / "out")


@pytest.mark.parametrize(
    "private", ["x hunter2-hunter2 y", "in /home/ada/x.mp4", "/mnt/nfs/ada lovelace/weights/a"]
)
@pytest.mark.parametrize("field", ["response", "thinking"])
def test_what_a_model_said_is_never_changed_but_refused(tmp_path, private, field):
    """The message has the place and repeats nothing of it; nothing is written."""
    text = private if field == "response" else "A"
    extra = {"thinking": private} if field == "thinking" else {}
    with pytest.raises(SubmissionError, match=rf"q-0\.(details\.)?{field}") as refused:
        packed(tmp_path, toy.toy_scores(text, **extra))
    assert private not in str(refused.value)
    assert not (tmp_path / "package").exists()
    assert not (tmp_path / "package.zip").exists()


def test_a_token_of_nobody_here_in_a_response_is_the_models_own(tmp_path):
    """Models make up such things; they stay verbatim."""
    text = f"A, not {SECRETS[0]} or /opt/x/y"
    assert text in everything(packed(tmp_path, toy.toy_scores(text)))


def test_half_a_surrogate_pair_is_refused_with_its_line(tmp_path):
    """No reader could decode the file."""
    with pytest.raises(SubmissionError, match=r"responses\.jsonl, line 1, \$\.response"):
        packed(tmp_path, toy.toy_scores("A \ud800"))


planted = st.tuples(
    st.sampled_from((*SECRETS, *PATHS)),
    st.sampled_from(("{}", "failed at {}: no such file", "x={}", '"{}"', "({})", "a\n{}\nb")),
)


@settings(max_examples=25)
@given(st.lists(planted, min_size=7, max_size=7))
def test_secrets_and_paths_planted_anywhere_are_not_packed(tmp_path_factory, plants):
    """In arguments by any name, errors, details, results, generation settings."""
    folder = tmp_path_factory.mktemp("planted")
    a, b, c, d, e, f, g = (form.format(what) for what, form in plants)
    config = toy.toy_run(folder / "x").results["config"]
    scores = toy.toy_scores(["A", None, "B", "C", "D", "A"], log=[a, {"deep": b}])
    scores[1] = replace(scores[1], error=c)
    arguments = {
        "pretrained": d,
        "api_key": "plain-looking-value",
        "extra": {"HF_TOKEN": "plain-looking-value", "headers": [e]},
        f"name {f}": 1,
    }
    results = toy.toy_run(folder / "y").results
    configs = {"toy_plain": {**results["configs"]["toy_plain"], "generation_kwargs": {"stop": g}}}
    package = packed(folder, scores, config={**config, "model_args": arguments}, configs=configs)
    text = everything(package)
    assert "plain-looking-value" not in text
    for what, _ in plants:
        assert what not in text
        assert json.dumps(what)[1:-1] not in text
    assert "/home/ada" not in text
    assert "lovelace" not in text
    assert "Users\\\\ada" not in text


@pytest.mark.parametrize(
    "text",
    [
        "and/or", "1/2 of 3/4", "official/easi", "org/name", "</think>", "https://x.org/a/b?c=d",
        "image/png", "a / b", "50 %", "12:30/13:00", "tokens: 5", "sk-8", "1.5 m/s", "~ 5 %", "\\n",
    ],
)  # fmt: skip
def test_innocent_texts_stay_as_they_are(text):
    """Not every stroke is a path."""
    assert clean_text(text, HERE) == text
    assert leaks(text, HERE) == []


def test_numbers_by_a_secrets_name_stay_and_what_is_left_out_is_told():
    """`max_tokens=5` is a setting."""
    told = []
    value = {"tokens": 5, "max_new_tokens": 7, "token": "abc", "pretrained": "/home/ada/m"}
    found = cleaned(value, HERE, told.append)
    assert found == {"tokens": 5, "max_new_tokens": 7, "pretrained": "m"}
    assert len(told) == 2
    assert "abc" not in str(told)
    assert "ada" not in str(told)


def test_this_machine_knows_its_secrets_and_its_places(tmp_path, monkeypatch):
    """Variables by their names, the token that `hf auth login` stored, home and work folders."""
    monkeypatch.setenv("SOME_API_KEY", "abcdefgh-ijkl")
    monkeypatch.setenv("TOKENIZERS_PARALLELISM", "false-or-true")
    monkeypatch.setenv("MY_PASSWORD", "short")
    monkeypatch.setenv("HF_TOKEN", "hf_stored_in_env_123456")
    here = this_machine(folders=[tmp_path])
    assert "abcdefgh-ijkl" in here.secrets
    assert "hf_stored_in_env_123456" in here.secrets
    assert not {"false-or-true", "short"} & set(here.secrets)
    assert {str(Path.home()), str(Path.cwd()), str(tmp_path)} <= set(here.places)
    assert leaks(f"see {tmp_path}/x.json", here) == ["a path of this machine"]
