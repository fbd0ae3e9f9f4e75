"""What `sightline eval` makes of a run: all results, or an error that says what is missing."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from importlib.util import find_spec
from types import SimpleNamespace

import pytest

from sightline.errors import DatasetError, EvaluationError, UsageError
from sightline.launching import evaluate, run_request
from sightline.launching.launch import Ended
from sightline.lmms import results, source
from sightline.records import ERROR_MARK

if find_spec("lmms_eval") is None:
    pytest.skip("needs sightline[eval]", allow_module_level=True)

TASK = "mmsi_video"
RECORD = {
    "results": {TASK: {"alias": TASK, "accuracy,none": 25.0, "accuracy_stderr,none": "N/A"}},
    "group_subtasks": {TASK: []},
    "n-samples": {TASK: {"original": 4, "effective": 2}},
}
SAMPLES = [{"doc_id": i, "filtered_resps": "A"} for i in range(2)]

HOST = """
import json, os, signal, sys
from pathlib import Path
plan = json.loads(sys.argv[1])
print("arguments", sys.argv[2:])
names = ["SIGHTLINE_TASKS", "ACCELERATE_USE_CPU", "SIGHTLINE_ANSWERS", "MALLOC_MMAP_MAX_"]
names += ["RANK", "WORLD_SIZE", "OMP_NUM_THREADS", "GLOO_SOCKET_IFNAME"]
print("environment", *(os.environ.get(name) for name in names))
rank = os.environ.get("RANK", "0")
print("\\x1b[31mlast words\\x1b[0m", file=sys.stderr)
if plan["record"] is not None and rank == "0":
    out = Path(sys.argv[sys.argv.index("--output_path") + 1]) / "model"
    out.mkdir(parents=True, exist_ok=True)
    (out / "1_results.json").write_text(json.dumps(plan["record"]))
    if plan["samples"] is not None:
        lines = "".join(json.dumps(row) + "\\n" for row in plan["samples"])
        (out / "1_samples_mmsi_video.jsonl").write_text(lines)
if rank in plan["dies"]:
    os.kill(os.getpid(), signal.SIGKILL)
sys.exit(plan["status"])
"""


@pytest.fixture
def host(monkeypatch):
    """A stand-in for lmms-eval that leaves what the test wants; always status 0, like it."""

    def install(record=RECORD, samples=SAMPLES, status=0, dies=()):
        plan = json.dumps(
            {"record": record, "samples": samples, "status": status, "dies": list(dies)}
        )
        command = [sys.executable, "-c", HOST, plan]
        monkeypatch.setattr(evaluate, "_program", lambda: command)

    folder = SimpleNamespace(repository=None, revision=None)
    monkeypatch.setattr(source, "resolve", lambda _: folder)
    install()
    return install


def test_a_whole_run_is_status_0(host, tmp_path, capfd):
    """Everything is there: its place is said, and the output was passed on."""
    del host
    assert evaluate.run(tasks=[TASK], output=tmp_path / "new" / "out") == 0
    said = capfd.readouterr().err
    assert "last words" in said
    assert f"sightline: 2 answers, results in {tmp_path}/new/out/model/1_results.json\n" in said


def test_what_lmms_eval_is_asked(host, tmp_path, capfd):
    """Arguments become flags, further flags come last, and only our tasks are indexed."""
    del host
    evaluate.run(
        tasks=[TASK, TASK],
        output=tmp_path,
        model="m",
        model_args="pretrained=x",
        limit=2,
        extra=["--seed", "1"],
    )
    said = capfd.readouterr().err
    expected = ["--model", "m", "--tasks", f"{TASK},{TASK}", "--batch_size", "1"]
    expected += ["--model_args", "pretrained=x", "--output_path", str(tmp_path)]
    expected += ["--log_samples", "--limit", "2", "--seed", "1"]
    assert f"arguments {expected}" in said
    assert "environment only None None 0 None None" in said


def test_several_ranks_on_the_cpu(host, tmp_path, capfd, monkeypatch):
    """Without a GPU the ranks talk over gloo, which accelerate must be told; cores are shared."""
    del host
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    cores = max(1, len(os.sched_getaffinity(0)) // 2)
    evaluate.run(tasks=[TASK], output=tmp_path, model_args="a=1,device=cpu", ranks=2)
    said = capfd.readouterr().err
    assert f"environment only true {tmp_path}/answers 0 0 2 {cores} None\n" in said
    assert "environment only true" in (tmp_path / "logs" / "rank-1.log").read_text()


def test_our_models_keep_their_answers(host, tmp_path, capfd, monkeypatch):
    """In a folder that the ranks are told and the user too; the one that is named, if any is."""
    del host
    (tmp_path / "answers").mkdir()
    evaluate.run(tasks=[TASK], output=tmp_path)
    said = capfd.readouterr().err
    assert f"environment only None {tmp_path}/answers 0 None None" in said
    assert f"sightline: each answer as it came in {tmp_path}/answers\n" in said
    monkeypatch.chdir(tmp_path)
    evaluate.run(tasks=[TASK], output=tmp_path / "2", model_args="pretrained=x, answers=here")
    assert f"environment only None {tmp_path}/here 0 None None" in capfd.readouterr().err


def test_fresh_puts_earlier_answers_aside(host, tmp_path, capfd):
    """Nothing is deleted, and twice is no clash."""
    del host
    for text in ("first", "second"):
        (tmp_path / "answers").mkdir()
        (tmp_path / "answers" / "answers-0.jsonl").write_text(text)
        assert evaluate.run(tasks=[TASK], output=tmp_path, fresh=True) == 0
        assert not (tmp_path / "answers").exists()
        shutil.rmtree(tmp_path / "model")
    kept = sorted(tmp_path.glob("answers.*"))
    assert [(folder / "answers-0.jsonl").read_text() for folder in kept] == ["first", "second"]
    assert f"earlier answers are kept in {kept[1]}" in capfd.readouterr().err
    assert evaluate.run(tasks=[TASK], output=tmp_path, fresh=True) == 0


def test_memory_settings_of_the_user_stay(host, tmp_path, capfd, monkeypatch):
    """Ours are a default, and there is a switch."""
    del host
    monkeypatch.setenv("MALLOC_MMAP_MAX_", "7")
    evaluate.run(tasks=[TASK], output=tmp_path, model="m")
    assert "environment only None None 7 None None" in capfd.readouterr().err
    monkeypatch.delenv("MALLOC_MMAP_MAX_")
    monkeypatch.setenv("SIGHTLINE_MALLOC", "0")
    evaluate.run(tasks=[TASK], output=tmp_path / "2", model="m")
    assert "environment only None None None None None" in capfd.readouterr().err


def test_a_lost_rank_is_named(host, tmp_path):
    """With what ended it, what is kept, and what that signal mostly means."""
    host(record=None, dies="1")
    with pytest.raises(EvaluationError, match=r"(?s)rank 1 was killed by SIGKILL") as error:
        evaluate.run(tasks=[TASK], output=tmp_path, model_args="device=cpu", ranks=2)
    text = str(error.value)
    assert "rank 0 ended with status 0" in text
    assert "the last lines of rank 1:\n" in text
    assert "last words" in text
    assert f"what is answered in {tmp_path}/answers is not asked again" in text
    assert "ran out of memory" in text


def test_a_rank_lost_after_the_end_is_said(host, tmp_path, capfd):
    """All results are there: that is what the status tells; the loss is no secret either."""
    host(dies="1")
    assert evaluate.run(tasks=[TASK], output=tmp_path, model_args="device=cpu", ranks=2) == 0
    said = capfd.readouterr().err
    assert "all results are there, though rank 1 was killed by SIGKILL" in said


@pytest.mark.parametrize("status", [0, 3])
def test_other_nodes_write_no_results(host, tmp_path, capfd, status):
    """There the ranks' own status is all there is to tell."""
    host(status=status)
    asked = {"tasks": [TASK], "output": tmp_path, "model_args": "device=cpu", "nodes": 2}
    asked |= {"ranks": 2, "node_rank": 1, "main_address": "127.0.0.1:29511"}
    if status:
        with pytest.raises(EvaluationError, match=r"without status 0 of its ranks: rank \d "):
            evaluate.run(**asked)
        return
    assert evaluate.run(**asked) == 0
    said = capfd.readouterr().err
    assert "sightline: node 1 is done; whether all results are there, node 0 tells" in said
    assert f"environment only true {tmp_path}/answers 0 2 4 " in said
    assert " lo\n" in said


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_has_its_status(host, tmp_path, monkeypatch, number, status):
    """As a shell expects it, with the way to go on; Python callers get an exception."""
    del host

    def stopped(*_, **__):
        return Ended({0: 1}, {0: ""}, {}, number)

    monkeypatch.setattr(evaluate, "launch", stopped)
    assert evaluate.run(tasks=[TASK], output=tmp_path) == status
    expected = rf"stopped by {number.name}\n.*the same command again goes on"
    with pytest.raises(evaluate.StoppedError, match=expected):
        evaluate.evaluate(tasks=[TASK], output=tmp_path)


@pytest.mark.parametrize("wrapped", [False, True], ids=["as text", "in a list"])
def test_errors_of_the_run_are_counted(host, tmp_path, capfd, wrapped):
    """A sample that failed is no reason to fail the run, but it is said."""
    text = ERROR_MARK + "OSError: x"
    host(samples=[SAMPLES[0], {"doc_id": 1, "filtered_resps": [text] if wrapped else text}])
    assert evaluate.run(tasks=[TASK], output=tmp_path) == 0
    assert "sightline: 1 of them are errors of the run" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("record", "samples", "expected"),
    [
        (None, None, "ended without a results file: rank 0 ended with status 0;.*last words.*mend"),
        ({**RECORD, "results": {}}, SAMPLES, "has no metric of task mmsi_video"),
        (
            {**RECORD, "results": {TASK: {"alias": TASK, "accuracy_stderr,none": 1.0}}},
            SAMPLES,
            "has no metric of task mmsi_video",
        ),
        (RECORD, None, "no samples file 1_samples_mmsi_video.jsonl"),
        (RECORD, SAMPLES[:1], "must have 2 samples, but .* has 1\n.*a rank was lost"),
        (RECORD, SAMPLES[:1] * 2, "must have 2 samples, but .* has 1"),
        ({**RECORD, "n-samples": {}}, SAMPLES, "was run on no document"),
    ],
    ids=["no file", "no task", "no metric", "no samples", "one lost", "one twice", "nothing run"],
)
def test_a_run_that_is_not_whole_is_an_error(host, tmp_path, record, samples, expected):
    """Status 0 of lmms-eval proves nothing; what is missing is named."""
    host(record, samples)
    with pytest.raises(EvaluationError, match=f"(?s){expected}"):
        evaluate.run(tasks=[TASK], output=tmp_path)


@pytest.mark.parametrize("name", ["1_results.json", "1_samples_mmsi_video.jsonl"])
def test_a_file_cut_short_is_an_error(host, tmp_path, name):
    """lmms-eval goes on when the disk is full; what it wrote is then not whole."""
    del host
    evaluate.run(tasks=[TASK], output=tmp_path)
    path = tmp_path / "model" / name
    path.write_text(path.read_text()[:-3])
    with pytest.raises(EvaluationError, match=rf"(?s){name} is not whole: .*the disk has room"):
        results.check(tmp_path / "model" / "1_results.json", [TASK])


def test_results_of_an_earlier_run_do_not_count(host, tmp_path):
    """A run that left nothing fails, though the folder holds older results."""
    evaluate.run(tasks=[TASK], output=tmp_path)
    host(record=None)
    with pytest.raises(EvaluationError, match="without a results file"):
        evaluate.run(tasks=[TASK], output=tmp_path)


def test_groups_are_checked_task_by_task(tmp_path):
    """The members of a group must each have their metric and samples."""
    record = {
        "results": {"a": {"m,none": 1.0}, "b": {}},
        "group_subtasks": {"all": ["a", "b"], "a": [], "b": []},
        "n-samples": {"a": {"effective": 2}, "b": {"effective": 2}},
    }
    path = tmp_path / "1_results.json"
    path.write_text(json.dumps(record))
    (tmp_path / "1_samples_a.jsonl").write_text("".join(f"{json.dumps(s)}\n" for s in SAMPLES))
    with pytest.raises(EvaluationError, match="no metric of task b"):
        results.check(path, ["all"])
    assert results.check(path, ["a", "a"]).documents == 2


def test_tasks_of_an_include_path_are_let_through(host, tmp_path, capfd):
    """Another folder may hold any task; then the whole index is made."""
    del host
    with pytest.raises(EvaluationError, match="no metric of task other"):
        evaluate.run(tasks=["other"], output=tmp_path, extra=["--include_path=x"])
    assert "environment None None " in capfd.readouterr().err


def test_the_dataset_is_looked_for_first(host, tmp_path, monkeypatch, capfd):
    """A missing dataset is said at once, not after the model was loaded."""
    del host

    def resolve(_):
        raise DatasetError("no dataset")

    monkeypatch.setattr(source, "resolve", resolve)
    with pytest.raises(DatasetError, match="no dataset"):
        evaluate.run(tasks=[TASK], output=tmp_path)
    assert "arguments" not in capfd.readouterr().err


def test_without_lmms_eval_the_extra_is_named(host, tmp_path, monkeypatch):
    """The base install has no lmms-eval; the message says how to get it."""
    del host
    monkeypatch.setattr(run_request.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(UsageError, match=r"pip install '\.\[eval\]' in the clone"):
        evaluate.run(tasks=[TASK], output=tmp_path)


# Groups and tables


def test_an_unknown_pattern_is_refused(tmp_path):
    """The message has the names worth listing, not the hundred of all variants."""
    with pytest.raises(
        UsageError, match=r"--tasks has no nothing\*; ours are: mmsi_video"
    ) as error:
        evaluate.evaluate(tasks=["nothing*"], output=tmp_path)
    assert "streamgaze_nogaze" in str(error.value)
    assert "streamgaze_nogaze_oie" not in str(error.value)


def test_a_group_needs_all_its_tasks(host, tmp_path):
    """Whatever the results say of the group: its own table says which tasks it has."""
    group = "streamgaze_proactive"
    done = {f"streamgaze_{code}": {"streamgaze_accuracy,none": 50.0} for code in ("gta",)}
    host(
        {
            "results": {group: {"streamgaze_accuracy,none": 50.0}, **done},
            "group_subtasks": {group: ["streamgaze_gta"]},
            "n-samples": {name: {"effective": 2} for name in done},
        },
        SAMPLES,
    )
    with pytest.raises(EvaluationError, match="task streamgaze_gta has results but no samples"):
        evaluate.evaluate(tasks=[group], output=tmp_path / "one")
    host({"results": {group: {"streamgaze_accuracy,none": 50.0}}, "group_subtasks": {}})
    with pytest.raises(EvaluationError, match="has no metric of task streamgaze_gta"):
        evaluate.evaluate(tasks=[group], output=tmp_path / "two")
