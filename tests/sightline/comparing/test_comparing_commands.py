"""`sightline compare` and `sightline report` as their user meets them."""

import argparse
import json
import os
import runpy
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from sightline.comparing import compare_command, report_command
from sightline.errors import (
    ResponsesError,
    SightlineError,
    SubmissionError,
    UsageError,
)

TESTS = Path(__file__).parents[2]
TOY = runpy.run_path(str(TESTS / "leaderboard_fixtures.py"))
COMMAND = """
import argparse, sys
from sightline.comparing import compare_command, report_command
parser = argparse.ArgumentParser()
commands = parser.add_subparsers(required=True)
for command in (compare_command, report_command):
    command.add(commands)
arguments = parser.parse_args()
sys.exit(arguments.run(arguments))
"""


@pytest.fixture(autouse=True)
def _toy(monkeypatch):
    TOY["register"](monkeypatch)


def run(*words):
    """One of the commands in this process: its exit status."""
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(required=True)
    compare_command.add(commands)
    report_command.add(commands)
    arguments = parser.parse_args([str(word) for word in words])
    return arguments.run(arguments)


@pytest.fixture
def two(tmp_path):
    """Two finished runs of the toy on disk."""
    TOY["toy_run"](tmp_path / "a", TOY["toy_scores"](["A", "B", "C", "D", "A", "B"]))
    TOY["toy_run"](tmp_path / "b", TOY["toy_scores"]("A"))
    return tmp_path / "a", tmp_path / "b"


@pytest.fixture
def toy_dataset(tmp_path):
    """A folder; the toy's board looks at none."""
    folder = tmp_path / "dataset"
    folder.mkdir()
    return folder


def test_two_run_folders_are_compared(two, tmp_path, capsys):
    """A has all six, B the two whose key is A: too few to test, and that is said."""
    files = [tmp_path / name for name in ("c.json", "c.html")]
    assert run("compare", *two, "--flips", 9, "--json", files[0], "--html", files[1]) == 0
    told = capsys.readouterr().out
    assert "all questions" in told
    assert "n = 6: too few to test" in told
    assert "all 4" in told
    found = json.loads(files[0].read_text())
    assert (found["headline"]["first"], found["headline"]["second"]) == (
        100.0,
        pytest.approx(100 / 3),
    )
    assert len(found["flips"]) == 4
    assert files[1].read_text().startswith("<!doctype html>")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "c.html", "c.json"]


def test_a_dataset_gives_the_texts_and_scores_again(two, tmp_path, toy_dataset):
    """A score that was changed by hand in a samples file counts for nothing."""
    (file,) = two[1].glob("*samples*")
    file.write_text(file.read_text().replace('"wrong"', '"right"'))
    page, record = tmp_path / "page.html", tmp_path / "record.json"
    assert run("compare", *two, "--json", record) == 0
    assert json.loads(record.read_text())["headline"]["second"] == 100
    words = ("--dataset", toy_dataset, "--html", page, "--json", record)
    assert run("compare", *two, *words) == 0
    assert json.loads(record.read_text())["headline"]["second"] == pytest.approx(100 / 3)
    assert "Where does thing 1 go?" in page.read_text()


def test_samples_files_and_folders_are_the_same_run(two, capsys):
    """A file named by hand is read as the folder is: no question flips."""
    (file,) = two[0].glob("*samples*")
    assert run("compare", two[0], file, "--flips", 1) == 0
    assert "Questions that only one run has right: all 0" in capsys.readouterr().out


def test_responses_without_keys_need_the_dataset(tmp_path, toy_dataset, capsys):
    """Lines of question_id and text, the rest not asked: partial, and it is told."""
    file = tmp_path / "responses.jsonl"
    lines = [{"question_id": f"q-{n}", "text": "A"} for n in range(4)]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with pytest.raises(ResponsesError, match="add --dataset"):
        run("report", file, "--benchmark", "toy")
    assert run("report", file, "--benchmark", "toy", "--dataset", toy_dataset) == 0
    assert "A partial run: 2 of 6 questions are missing" in " ".join(
        capsys.readouterr().out.split()
    )


def package(folder, text="A", **changes):
    """A package of the toy."""
    import hashlib

    folder.mkdir()
    lines = [
        {"question_id": f"q-{n}", "response": text, "error": None, "details": {}} for n in range(6)
    ]
    content = "".join(json.dumps(line) + "\n" for line in lines).encode()
    (folder / "responses.jsonl").write_bytes(content)
    responses = {
        "file": "responses.jsonl",
        "sha256": hashlib.sha256(content).hexdigest(),
        "count": 6,
    }
    manifest = {**TOY["manifest"](responses=responses), **changes}
    (folder / "submission.json").write_text(json.dumps(manifest))
    return folder


def test_packages_are_scored_here(tmp_path, two, toy_dataset, capsys):
    """A folder and a zip; without the dataset they are refused; a broken one says what is wrong."""
    folder = package(tmp_path / "package")
    archive = tmp_path / "package.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in folder.iterdir():
            file.write(path, path.name)
    with pytest.raises(UsageError, match="add --dataset"):
        run("compare", folder, two[0])
    for one in (folder, archive):
        assert run("compare", one, two[0], "--dataset", toy_dataset) == 0
        told = capsys.readouterr().out
        assert "org/toy-1b" in told
        assert "33.3" in told
    (folder / "responses.jsonl").write_text("{}\n")
    with pytest.raises(SubmissionError, match="cannot be read as a package"):
        run("compare", folder, two[0], "--dataset", toy_dataset)
    with pytest.raises(SubmissionError, match="lacks benchmark, setting or model"):
        run("report", package(tmp_path / "x", model=None), "--dataset", toy_dataset)


def test_a_report_names_failures_and_writes_its_files(tmp_path, capsys):
    """One unreadable response, one failure: counted, shown, linked to `sightline score`."""
    TOY["toy_run"](tmp_path / "a", TOY["toy_scores"](["A", "?", None, "D", "A", "B"]))
    files = [tmp_path / f"r.{kind}" for kind in ("json", "html", "png")]
    flags = [word for file in files for word in (f"--{file.suffix[1:]}", file)]
    pytest.importorskip("matplotlib", reason="needs sightline[publish]")
    assert run("report", tmp_path / "a", *flags) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "4 right, 1 unparsed, 1 error" in told
    assert "`sightline score` prints" in told
    assert json.loads(files[0].read_text())["counts"]["error"] == 1
    assert "out of memory" in files[1].read_text()
    assert files[2].read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty"),
        ("not json\n", "not JSON"),
        ('{"doc_id": 0}\n', "neither a sample of our tasks nor a response"),
        ('{"toy_accuracy": {"question_id": 1}}\n', "is not a score of ours"),
        ('{"toy_accuracy": []}\n', "is not a score of ours"),
    ],
)
def test_broken_files_are_refused_with_their_place(tmp_path, content, said):
    """Strangers' files: the name and the line, no traceback."""
    file = tmp_path / "samples.jsonl"
    file.write_text(content)
    with pytest.raises(ResponsesError, match=said):
        run("report", file, "--benchmark", "toy")


def test_arguments_that_cannot_work_are_refused(two, tmp_path):
    """A path that is not there, a negative number, three settings, a folder that is not there."""
    for words, said in (
        (("compare", two[0], tmp_path / "none"), "does not exist"),
        (("compare", *two, "--flips", -1), "at least 0"),
        (("compare", *two, "--setting", "a,b,c"), "one setting, or two"),
        (("compare", *two, "--setting", "toy_other"), "must be one of: toy_plain, toy_wide"),
        (("compare", *two, "--setting", "toy_wide"), "must hold one run of toy_wide"),
        (("compare", *two, "--json", tmp_path / "none/c.json"), "cannot be written"),
    ):
        with pytest.raises(UsageError, match=said):
            run(*words)


def test_an_empty_folder_is_no_run(tmp_path):
    """The next step names what to give."""
    with pytest.raises(SightlineError, match="holds no"):
        run("report", tmp_path)


def process(*words, **environment):
    """A command in a process of its own, with the benchmarks that are installed."""
    command = [sys.executable, "-c", COMMAND, *map(str, words)]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )


def samples(file, rights, number=40):
    """A samples file of MMSI-Video-Bench with made-up questions."""
    made = runpy.run_path(str(TESTS / "scored_runs.py"))
    from mmsi_video.scoring import score
    from sightline.records import Response

    lines = []
    for index in range(number):
        question = made["sample"](index)
        text = question.answer if rights(index) else "Z"
        details = {"task": "mmsi_video", "protocol": "Uniform-50", "expected": number}
        one = score(question, Response(question.id, text), details=details)
        lines.append(json.dumps({"doc_id": index, "mmsi_video_accuracy": one.as_dict()}))
    file.write_text("\n".join(lines) + "\n")
    return file


def test_the_commands_run_as_programs(tmp_path):
    """On a real benchmark, in a narrow terminal: a difference is found, told and written."""
    first = samples(tmp_path / "a_samples_mmsi_video.jsonl", lambda index: index % 4 != 0)
    second = samples(tmp_path / "b_samples_mmsi_video.jsonl", lambda index: index % 4 == 1)
    done = process("compare", first, second, "--html", tmp_path / "c.html", COLUMNS="60")
    assert done.returncode == 0, done.stderr
    assert "A is better by 50.0 points" in " ".join(done.stdout.split())
    assert max(map(len, done.stdout.splitlines()[:-1])) <= 60
    again = process("compare", first, second, COLUMNS="60")
    assert again.stdout == done.stdout.replace(f"written: {tmp_path / 'c.html'}\n", "")
    done = process("report", first, "--json", tmp_path / "r.json")
    assert done.returncode == 0, done.stderr
    assert "people" in done.stdout
    assert json.loads((tmp_path / "r.json").read_text())["counts"]["right"] == 30
    help_text = process("compare", "--help").stdout
    assert "example:" in help_text


@pytest.mark.slow
def test_two_tiny_models_on_the_sample_release(dataset, tiny_model, tmp_path):
    """The whole way: two checkpoints that answer in two styles, two runs, compared and shown."""
    environment = {"MMSI_VIDEO_DATASET": str(dataset)}
    runs = []
    for style in ("letter", "talkative"):
        model = tiny_model("qwen2_5_vl", style)
        command = [
            *(sys.executable, "-m", "sightline.cli", "eval", "--tasks", "mmsi_video"),
            *("--model-args", f"pretrained={model},device=cpu", "--output", str(tmp_path / style)),
        ]
        done = subprocess.run(
            command, capture_output=True, text=True, env={**os.environ, **environment}, check=False
        )
        assert done.returncode == 0, done.stderr[-3000:]
        runs.append(tmp_path / style)
    files = ["--json", tmp_path / "c.json", "--html", tmp_path / "c.html"]
    done = process("compare", *runs, "--dataset", dataset, "--flips", "5", *files)
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "c.json").read_text())
    whole = found["headline"]
    assert whole["questions"] == 42
    assert whole["only_first"] + whole["only_second"] == len(found["flips"])
    assert whole["first"] == pytest.approx(found["accuracies"][0]["value"], abs=1e-3)
    for path in runs:
        done = process("report", path, "--dataset", dataset, "--html", tmp_path / "r.html")
        assert done.returncode == 0, done.stderr
