"""What `sightline eval` makes of a run: all results, or an error that says what is missing."""

from __future__ import annotations

import json
import os
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from sightline.errors import DatasetError, EvaluationError, UsageError
from sightline.lmms import evaluate, results, source
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
import json, os, sys
from pathlib import Path
plan = json.loads(sys.argv[1])
print("arguments", sys.argv[2:])
print("environment", os.environ.get("SIGHTLINE_TASKS"), os.environ.get("ACCELERATE_USE_CPU"))
print("\\x1b[31mlast words\\x1b[0m", file=sys.stderr)
if plan["record"] is not None:
    out = Path(sys.argv[sys.argv.index("--output_path") + 1]) / "model"
    out.mkdir(parents=True, exist_ok=True)
    (out / "1_results.json").write_text(json.dumps(plan["record"]))
    if plan["samples"] is not None:
        lines = "".join(json.dumps(row) + "\\n" for row in plan["samples"])
        (out / "1_samples_mmsi_video.jsonl").write_text(lines)
"""


@pytest.fixture
def host(monkeypatch):
    """A stand-in for lmms-eval that leaves what the test wants; always status 0, like it."""

    def install(record=RECORD, samples=SAMPLES):
        plan = json.dumps({"record": record, "samples": samples})
        command = [sys.executable, "-c", HOST, plan]
        monkeypatch.setattr(evaluate, "_launcher", lambda _: command)

    monkeypatch.setattr(source, "resolve", lambda _: None)
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
    assert "environment only None" in said


def test_several_ranks_on_the_cpu(host, tmp_path, capfd):
    """Without a GPU the ranks talk over gloo, which accelerate must be told."""
    del host
    evaluate.run(tasks=[TASK], output=tmp_path, model_args="a=1,device=cpu", ranks=2)
    assert "environment only true" in capfd.readouterr().err


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
        (None, None, r"ended \(exit status 0\) without a results file.*last words.*mend"),
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


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({"tasks": ["mmsi_vdeo"]}, r"--tasks has no mmsi_vdeo; ours are: mmsi_video, .*_native"),
        ({"tasks": [""]}, "must name at least one task"),
        ({"tasks": [TASK], "limit": 0}, r"--limit \(0\) must be >= 1"),
        ({"tasks": [TASK], "ranks": 0}, r"--ranks \(0\) must be >= 1"),
    ],
    ids=["unknown task", "no task", "limit", "ranks"],
)
def test_requests_that_cannot_work_are_refused(host, tmp_path, request_, expected):
    """Before anything is started, and with what is known."""
    del host
    with pytest.raises(UsageError, match=expected):
        evaluate.run(output=tmp_path / "out", **request_)
    assert not (tmp_path / "out").exists()


def test_tasks_of_an_include_path_are_let_through(host, tmp_path, capfd):
    """Another folder may hold any task; then the whole index is made."""
    del host
    with pytest.raises(EvaluationError, match="no metric of task other"):
        evaluate.run(tasks=["other"], output=tmp_path, extra=["--include_path=x"])
    assert "environment None None" in capfd.readouterr().err


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
    monkeypatch.setattr(evaluate.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(UsageError, match=r"pip install '\.\[eval\]' in the clone"):
        evaluate.run(tasks=[TASK], output=tmp_path)


def test_the_launcher_of_several_ranks():
    """One rank is a plain run; more are started by accelerate, on a free port."""
    assert evaluate._launcher(1) == [sys.executable, "-m", "lmms_eval"]
    words = " ".join(evaluate._launcher(3))
    assert "--multi_gpu --num_processes 3 --num_machines 1 --main_process_port 0" in words
    assert words.endswith("-m lmms_eval")


def test_an_interrupt_ends_the_run_too(tmp_path, monkeypatch):
    """No evaluation is left running behind the user's back."""
    marker = tmp_path / "pid"
    code = f"import os, time; open({str(marker)!r}, 'w').write(str(os.getpid()));"
    code += "print('started', flush=True); time.sleep(60)"

    def write(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(evaluate.sys.stderr, "write", write)
    with pytest.raises(KeyboardInterrupt):
        evaluate._stream([sys.executable, "-c", code], os.environ)
    assert not Path(f"/proc/{marker.read_text()}").exists()


# Groups and tables


@pytest.mark.parametrize(
    ("asked", "handed_on"),
    [
        (["streamgaze_o*"], ["streamgaze_otp", "streamgaze_oie", "streamgaze_oih",
                             "streamgaze_oar", "streamgaze_oaa"]),
        (["streamgaze"], ["streamgaze"]),
        ([TASK, TASK], [TASK, TASK]),
        (["nothing*"], ["nothing*"]),
    ],
    ids=["pattern", "name", "twice", "no fit"],
)  # fmt: skip
def test_patterns_become_names(asked, handed_on):
    """A pattern stands for our names that fit it; one that fits none is told as unknown later."""
    assert sorted(evaluate._without_wildcards(asked)) == sorted(handed_on)


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
