"""Whole runs: dataset -> lmms-eval -> samples, results and reports, with tiny checkpoints."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path
from statistics import mean
from types import SimpleNamespace

import pytest

from sightline.errors import EvaluationError
from sightline.launching import evaluate
from sightline.lmms import results
from sightline.records import Outcome, Score
from streamgaze_task.task_names import CODES, FAMILIES

pytest.importorskip("lmms_eval", reason="needs sightline[eval]")
pytestmark = pytest.mark.slow

hand = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "hand_streamgaze.py")))

METRIC = "streamgaze_accuracy"
ANSWERED = {Outcome.RIGHT, Outcome.WRONG, Outcome.UNPARSED}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two videos, one with a released overlay; on each, every task is asked at 4 and at 9 s."""
    streams = {
        "drawn": hand.Stream(gaze=hand.resting(12), source="egtea"),
        "released": hand.Stream(
            gaze=hand.resting(12), overlay={"fps": 5, "seconds": 12}, source="holoassist"
        ),
    }
    rows = [
        {**row, "id": f"{row['id']}{name[0]}"}
        for name in streams
        for row in hand.questions(name, [4.0, 9.0])
    ]
    return hand.make(tmp_path_factory.mktemp("end-to-end"), streams, rows)


@pytest.fixture(autouse=True)
def _dataset_variable(folder, monkeypatch):
    """Every run reads that dataset."""
    monkeypatch.setenv("STREAMGAZE_DATASET", str(folder))


def model_args(path, **more):
    """The text of --model_args for a tiny checkpoint on the CPU."""
    values = {"pretrained": path, "device": "cpu", **more}
    return ",".join(f"{name}={value}" for name, value in values.items())


def samples(path):
    """Request id -> line of a samples file."""
    rows = [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]
    return {row[METRIC]["question_id"]: row for row in rows}


def scores(path):
    """The score records of a samples file."""
    return [Score.from_dict(row[METRIC]) for row in samples(path).values()]


def run(command, folder):
    """A command's output, both streams; it must end with status 0."""
    done = subprocess.run(
        command,
        env={**os.environ, "STREAMGAZE_DATASET": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=1800,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def one_rank(folder, tiny_model, tmp_path_factory):
    """`python -m lmms_eval --tasks streamgaze`, as the README has it, on one process."""
    out = tmp_path_factory.mktemp("one-rank")
    command = [sys.executable, "-m", "lmms_eval", "--model", "sightline", "--model_args"]
    command += [model_args(tiny_model("qwen2_5_vl")), "--tasks", "streamgaze"]
    command += ["--batch_size", "1", "--output_path", str(out), "--log_samples"]
    output = run(command, folder)
    found = list(out.glob("*/*_results.json"))
    assert len(found) == 1, output
    return found[0], output


TEN = [f"streamgaze_{code}" for code in CODES]


def test_the_readmes_command_runs_all_ten(one_rank):
    """Every task has its metric and all its sample lines: 4 questions, or 12 test points."""
    finished = results.check(one_rank[0], TEN)
    assert (finished.documents, finished.failed) == (8 * 4 + 2 * 12, 0)
    for task, path in finished.samples.items():
        assert {score.outcome for score in scores(path)} <= ANSWERED, task


def test_the_group_is_the_mean_of_the_ten(one_rank):
    """And each family that of its own tasks, whatever their sizes."""
    said = json.loads(one_rank[0].read_text())["results"]
    value = {name: said[name][f"{METRIC},none"] for name in said}
    assert value["streamgaze"] == pytest.approx(mean(value[task] for task in TEN))
    assert value["streamgaze_past"] == pytest.approx(mean(value[task] for task in TEN[:4]))
    assert {f"streamgaze_{family}" for family in FAMILIES} < set(value)
    finished = results.check(one_rank[0], TEN)
    for task, path in finished.samples.items():
        right = [score.outcome is Outcome.RIGHT for score in scores(path)]
        assert value[task] == pytest.approx(100 * sum(right) / len(right))


def test_one_table_for_the_group(one_rank):
    """The report of the group is printed once and saved, beside those of its tasks."""
    path, output = one_rank
    assert output.count("> mean of the tasks") == 1
    saved = {found.name for found in path.parent.glob("*_report.json")}
    assert saved == {f"{name}_report.json" for name in ["streamgaze", *TEN]}
    report = json.loads((path.parent / "streamgaze_report.json").read_text())
    assert list(report["tasks"]) == list(CODES)


def test_every_sample_says_what_was_shown(one_rank):
    """Frames before the window's end, where the dot comes from, and the hash of the message."""
    finished = results.check(one_rank[0], TEN)
    for score in [one for path in finished.samples.values() for one in scores(path)]:
        details = score.details
        assert details["overlay"] == score.cluster
        assert all(index / 10 < details["window"][1] for index in details["frame_indices"])
        assert len(details["message_hash"]) == 64
        assert (details["gaze_prompt"], details["sampling"]) == ("visual", "grid")


def test_the_results_say_which_dataset_it_was(one_rank, folder):
    """Origin and checksums stand in results.json, with every task of the table."""
    configs = json.loads(one_rank[0].read_text())["configs"]
    for task in TEN:
        assert configs[task]["metadata"]["dataset"]["origin"] == str(folder)


def test_two_ranks_give_the_same_samples(one_rank, tiny_model, tmp_path):
    """On two CPU processes every line is the same, in whatever order they come."""
    done = evaluate.evaluate(
        tasks=["streamgaze"],
        output=tmp_path,
        model_args=model_args(tiny_model("qwen2_5_vl")),
        ranks=2,
    )
    alone = results.check(one_rank[0], TEN)
    assert set(done.samples) == set(TEN)
    for task in TEN:
        assert samples(done.samples[task]) == samples(alone.samples[task])


def test_the_other_gaze_prompts_and_a_reference_run_together(tiny_model, tmp_path):
    """Each with its own ten tasks, its own messages and its own report."""
    groups = ["streamgaze_nogaze", "streamgaze_text", "streamgaze_salience"]
    groups.append("streamgaze_reference_1fps")
    done = evaluate.evaluate(
        tasks=groups,
        output=tmp_path,
        model_args=model_args(tiny_model("qwen2_5_vl")),
        limit=2,
    )
    assert (done.documents, done.failed) == (4 * 10 * 2, 0)
    found = [one for path in done.samples.values() for one in scores(path)]
    assert len({one.details["message_hash"] for one in found}) == len(found)
    saved = {path.name for path in done.results.parent.glob("*_report.json")}
    assert {f"{group}_report.json" for group in groups} < saved


@pytest.mark.parametrize("family", ["qwen3_vl", "llava_onevision", "internvl"])
def test_other_families_run_our_tasks(family, tiny_model, tmp_path):
    """Any checkpoint of AutoModelForImageTextToText answers, the heat map included."""
    tasks = ["streamgaze_gta", "streamgaze_salience_oie"]
    done = evaluate.evaluate(
        tasks=tasks, output=tmp_path, model_args=model_args(tiny_model(family)), limit=2
    )
    assert (done.documents, done.failed) == (4, 0)


def test_the_published_text_is_refused_where_it_would_be_misread(tiny_model, tmp_path, capfd):
    """InternVL's processor takes the literal <video> for a video: the run says so and stops."""
    with pytest.raises(EvaluationError, match="without a results file"):
        evaluate.evaluate(
            tasks=["streamgaze_reference_gta"],
            output=tmp_path,
            model_args=model_args(tiny_model("internvl")),
            limit=2,
        )
    assert "holds '<video>', which InternVLProcessor takes for one" in capfd.readouterr().err


def test_upstreams_own_backend_runs_our_task(tiny_model, tmp_path):
    """lmms-eval's qwen2_5_vl, unchanged, on one CPU process."""
    pytest.importorskip("decord", reason="needs sightline[upstream]")
    done = evaluate.evaluate(
        tasks=["streamgaze_oie"],
        output=tmp_path,
        model="qwen2_5_vl",
        model_args=model_args(
            tiny_model("qwen2_5_vl"), device_map="cpu", min_pixels=3136, max_pixels=12544
        ),
        limit=2,
    )
    assert {score.outcome for score in scores(done.samples["streamgaze_oie"])} <= ANSWERED


def test_wildcards_and_lists_work_in_lmms_eval(folder):
    """`--tasks list` has our names, and a pattern that finds groups with their members runs."""
    output = run([sys.executable, "-c", PATTERN], folder)
    told = dict(line.split(" ", 1) for line in output.splitlines() if line.startswith("TOLD_"))
    assert told["TOLD_list"] == "True True True"
    assert int(told["TOLD_matched"]) > 100
    assert told["TOLD_tops"] == str(
        sorted(["streamgaze_past", "streamgaze_present", "streamgaze_proactive",
                "streamgaze_nogaze", "streamgaze_text", "streamgaze_salience",
                "streamgaze_stream", "streamgaze_stream_nogaze",
                "streamgaze_reference", "streamgaze_reference_qwen",
                "streamgaze_reference_internvl", "streamgaze_reference_1fps"])
    )  # fmt: skip
    assert told["TOLD_leaves"] == "100"


PATTERN = """
import os
os.environ["SIGHTLINE_TASKS"] = "only"
from lmms_eval.evaluator import TaskManager
from lmms_eval.evaluator_utils import get_subtask_list
from lmms_eval.tasks import get_task_dict
manager = TaskManager(model_name="sightline")
names = manager.all_tasks
print("TOLD_list", *(name in names for name in
      ("streamgaze", "streamgaze_text_oie", "streamgaze_reference_qwen_past")))
listed = manager.list_all_tasks()
assert "streamgaze_nogaze_oie" in listed and "generate_until" in listed
matched = manager.match_tasks(["streamgaze_*"])
print("TOLD_matched", len(matched))
loaded = get_task_dict(matched, manager, "chat")
print("TOLD_tops", sorted(getattr(group, "group_name", group) for group in loaded))
groups = get_subtask_list(loaded)
leaves = [name for members in groups.values() for name in members if name not in groups]
print("TOLD_leaves", len(set(leaves)))
"""

SIMPLE_EVALUATE = """
import sys
from lmms_eval.evaluator import simple_evaluate
results = simple_evaluate(
    model="sightline", model_args=sys.argv[1], tasks=["streamgaze_proactive"], limit=2, batch_size=1
)
print("GROUP", "streamgaze_accuracy,none" in results["results"]["streamgaze_proactive"])
print("METADATA", sorted(results["configs"]["streamgaze_gta"]["metadata"]))
"""


def test_simple_evaluate_runs_our_group(folder, tiny_model, monkeypatch):
    """A Python caller gets our groups too, with the dataset recorded."""
    monkeypatch.setenv("SIGHTLINE_TASKS", "only")
    command = [sys.executable, "-c", SIMPLE_EVALUATE, model_args(tiny_model("qwen2_5_vl"))]
    output = run(command, folder)
    assert "GROUP True" in output
    assert "METADATA ['dataset', 'version']" in output
