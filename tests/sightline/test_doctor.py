"""`sightline doctor` and the checks before a run, as far as no checkpoint is looked at."""

from __future__ import annotations

import json
import runpy
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from mmsi_video.benchmark import BENCHMARK
from mmsi_video.builder import build
from sightline.cli import main
from sightline.engine.costs import Costs
from sightline.findings import Finding, failed, summary
from sightline.preflight import data, past, requests, run
from sightline.preflight.subject import Subject

tiny = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "tiny_release.py")))


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A dataset of four questions."""
    out = tmp_path_factory.mktemp("doctor")
    build(tiny.make_release(out / "release"), out / "dataset")
    return out / "dataset"


@pytest.fixture
def folder(built, tmp_path, monkeypatch):
    """A copy that a test may break."""
    copy = shutil.copytree(built, tmp_path / "dataset")
    monkeypatch.setenv("MMSI_VIDEO_DATASET", str(copy))
    monkeypatch.setenv("SIGHTLINE_FRAME_STORE", str(tmp_path / "frames"))
    return copy


def of(found, severity):
    """What the findings of one severity say, with their mends."""
    return [f"{one.what} -> {one.mend}" for one in found if one.severity == severity]


def data_findings(*, thorough=False):
    """The findings about the dataset."""
    return list(data.check(BENCHMARK, data.locate(BENCHMARK, fetch=False), thorough=thorough))


def looked(task="mmsi_video", **options):
    """Findings and asking of a task."""
    made = list(
        requests.look(BENCHMARK, task, **{"model": "sightline", "seconds": None, **options})
    )
    asking = [one for one in made if not isinstance(one, Finding)]
    return [one for one in made if isinstance(one, Finding)], asking


# Findings


def test_a_finding_is_one_line_with_its_mend():
    """Whatever an error message looks like."""
    finding = Finding("error", "two\nlines", "mend\n  it")
    assert finding.line() == "error    two lines -> mend it"
    assert Finding("ok", "fine").line() == "ok       fine"


def test_only_errors_fail():
    """A warning is for the reader."""
    warned = [Finding("ok", "a"), Finding("warning", "b"), Finding("warning", "c")]
    assert not failed(warned)
    assert failed([*warned, Finding("error", "d")])
    assert summary(warned) == "2 warnings"
    assert summary([*warned, Finding("error", "d")]) == "1 error, 2 warnings"
    assert summary([]) == "nothing to mend"


# The data


def test_a_whole_dataset_is_found_whole(folder):
    """By its record, with all checksums too; the card is its owner's."""
    (folder / "README.md").write_text("my own words")
    assert [one.severity for one in data_findings(thorough=True)] == ["ok"]


def _cut(path):
    path.write_bytes(path.read_bytes()[:-1])


def _flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("harm", "what"),
    [(Path.unlink, "is missing"), (_cut, "bytes instead of"), (_flip, "another checksum")],
)
def test_a_broken_file_is_an_error_that_names_it(folder, harm, what):
    """Missing, cut short, or changed in place."""
    [path, *_] = sorted((folder / "media").rglob("*.mp4"))
    harm(path)
    [line] = of(data_findings(thorough=True), "error")
    assert path.name in line
    assert what in line
    assert "sightline build mmsi-video" in line


@pytest.mark.parametrize(
    "text", [None, "{", "[]", '{"files": {"a": 3}, "rows": {}, "skipped": []}']
)
def test_a_dataset_without_its_record_is_a_warning(folder, text):
    """It may be whole; nobody can tell."""
    (folder / "build.json").unlink()
    if text is not None:
        (folder / "build.json").write_text(text)
    [finding] = data_findings()
    assert finding.severity == "warning"


def test_samples_that_were_left_out_are_told(folder):
    """A result over the rest is not the benchmark's."""
    record = json.loads((folder / "build.json").read_text())
    (folder / "build.json").write_text(json.dumps({**record, "skipped": ["question_0001"]}))
    assert "1 samples were left out" in of(data_findings(), "warning")[0]


@pytest.mark.parametrize(
    ("value", "severity", "what"),
    [
        ("", "warning", "is not set"),
        ("org/name", "note", "is on the Hub"),
        ("/no/where", "error", "must be a folder"),
    ],
)
def test_a_dataset_that_is_not_here_is_not_fetched(monkeypatch, value, severity, what):
    """A look at an installation downloads and builds nothing."""
    monkeypatch.setenv("MMSI_VIDEO_DATASET", value)
    finding = data.locate(BENCHMARK, fetch=False)
    assert finding.severity == severity
    assert what in finding.what


# What will be asked


@pytest.mark.usefixtures("folder")
def test_requests_are_counted_and_one_is_decoded():
    """By the task's own functions, without lmms-eval."""
    found, [asking] = looked()
    assert of(found, "ok") == ["mmsi_video: 4 requests; at most 8 images, 4 of one decoded -> "]
    assert asking.count == len(asking.described) == 4
    assert asking.generation["max_new_tokens"] == 10_000
    assert asking.messages is not None


@pytest.mark.usefixtures("folder")
def test_no_time_leaves_most_requests_alone():
    """One is looked at in any case, and the finding says so."""
    found, [asking] = looked(seconds=0.0, decode=False)
    assert "4 requests, 1 of them looked at" in of(found, "ok")[0]
    assert asking.messages is None


@pytest.mark.usefixtures("folder")
def test_a_task_that_refuses_a_model_is_an_error():
    """As its configuration says."""
    found, asking = looked("mmsi_video_native", model="huggingface")
    assert asking == []
    assert failed(found) or pytest.skip("no task refuses this model any more")


def test_frames_that_are_gone_are_an_error(folder):
    """The questions alone look well."""
    shutil.rmtree(folder / "frames")
    found, asking = looked()
    assert asking == []
    assert "has no Parquet files" in of(found, "error")[0]


def test_a_dataset_that_is_none_is_an_error(tmp_path, monkeypatch):
    """Said once, with the mend of whoever found out."""
    monkeypatch.setenv("MMSI_VIDEO_DATASET", str(tmp_path))
    found, _ = looked()
    assert "must be a built dataset" in of(found, "error")[0]


@pytest.mark.usefixtures("folder")
def test_requests_that_cannot_be_described_are_told_with_their_reason(monkeypatch):
    """What is wrong is found by showing one."""
    from mmsi_video.tasks import hooks

    def fails(*_):
        raise OSError("the disk is gone")

    monkeypatch.setattr(hooks, "_plan", fails)
    found, asking = looked()
    assert asking == []
    assert (
        "4 of 4 requests looked at are broken: OSError: the disk is gone" in of(found, "warning")[0]
    )


# Earlier answers


def answer(**changes):
    """A line of the answers."""
    whole = {"key": "k", "task": "mmsi_video", "question_id": "q", "repeat": 0, "text": "A"}
    numbers = {"frames": 4, "pixels": 1024, "characters": 50}
    tokens = {"input_tokens": 100, "output_tokens": 2, "seconds": 3.0}
    return {**whole, **numbers, **tokens, **changes}


@pytest.mark.usefixtures("folder")
def test_answers_of_earlier_runs_are_counted_and_tell_the_time(tmp_path):
    """Errors, repeats of a line, other tasks and broken lines are no answers to be used again."""
    lines = [answer(question_id=f"q{i}") for i in range(9)]
    lines += [answer(question_id="q0"), answer(question_id="e", error="x"), answer(task="other")]
    text = "\n".join(map(json.dumps, lines)) + '\n{"cut": \n[]\n{"task": 3}\n'
    (tmp_path / "answers-0.jsonl").write_text(text)
    _, asking = looked()
    told = past.records(tmp_path)
    notes = of(past.check(tmp_path, told, asking, ranks=2), "note")
    assert "9 of mmsi_video" in notes[0]
    assert "hours on 2 rank(s)" in notes[1]
    # Three seconds each, give or take the two questions with more than one clip or image.
    assert 4 * 2 < past.hours(Costs.learn(told), asking) * 3600 < 4 * 6


@pytest.mark.usefixtures("folder")
def test_no_answers_claim_nothing(tmp_path):
    """Above all no time."""
    _, asking = looked()
    assert list(past.check(tmp_path, past.records(tmp_path / "none"), asking, ranks=1)) == []


# The command


@pytest.mark.usefixtures("folder")
def test_the_command_prints_a_line_per_finding_and_the_count(capsys):
    """And its status is that of the worst."""
    assert main(["doctor", "--tasks", "mmsi_video", "--model", "somebody_elses"]) in (0, 1)
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("ok       mmsi_video: 4 requests") for line in lines)
    assert all(line.split()[0] in ("ok", "note", "warning", "error") for line in lines[:-1])


def test_the_command_fails_when_there_is_an_error(folder, capsys):
    """As JSON too."""
    shutil.rmtree(folder / "media")
    assert main(["doctor", "--tasks", "mmsi_video", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert any(one["severity"] == "error" and "is missing" in one["what"] for one in found)
    assert {"severity", "what", "mend", "where"} == set(found[0])


@pytest.mark.parametrize("words", ["pretrained", "a=1,b"])
def test_arguments_that_cannot_be_read_are_an_error(words):
    """Not a traceback."""
    found = list(run.doctor(Subject(model_args=words)))
    assert "must be key=value" in of(found, "error")[-1]


def test_arguments_and_tasks_are_read_as_the_run_reads_them():
    """Commas in quotes and brackets are no ends, and patterns stand for our names."""
    about = Subject(
        ("mmsi_video_s*", "other"),
        model_args='a=1,b="x, y",c={"k": {"l": [1,2]},"m": 3},d=0.5,e=True',
    )
    assert about.arguments == {
        "a": 1,
        "b": '"x, y"',
        "c": '{"k": {"l": [1,2]},"m": 3}',
        "d": 0.5,
        "e": True,
    }
    assert about.names == ["mmsi_video_sc", "mmsi_video_single_input", "other"]
    assert [task for _, task in about.leaves] == ["mmsi_video_sc", "mmsi_video_single_input"]


@pytest.mark.usefixtures("folder")
def test_a_run_is_told_of_faults_only(tmp_path):
    """What is well is not repeated before every run."""
    found = run.before_run(["mmsi_video"], "other", "", 1, tmp_path)
    assert {one.severity for one in found} <= {"warning", "error"}


def test_a_fault_of_a_check_does_not_keep_a_run_from_starting(folder, tmp_path, monkeypatch):
    """It is a warning, and what was found before it still counts."""
    (folder / "questions").rename(folder / "gone")
    monkeypatch.setattr(run, "_model", lambda *_, **__: 1 / 0)
    found = run.before_run(["mmsi_video"], "other", "", 1, tmp_path)
    assert failed(found)
    assert "ZeroDivisionError" in of(found, "warning")[-1]


@pytest.mark.usefixtures("folder")
def test_a_frame_store_of_no_size_is_an_error(monkeypatch):
    """The run would stop at its first video."""
    monkeypatch.setenv("SIGHTLINE_FRAME_STORE_BYTES", "plenty")
    assert any("must be a size" in line for line in of(run.doctor(Subject()), "error"))
