"""Whole runs: release -> dataset -> lmms-eval -> samples and results, with tiny checkpoints."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sightline.errors import EvaluationError
from sightline.launching import evaluate
from sightline.lmms import results
from sightline.records import Outcome, Score

pytest.importorskip("lmms_eval", reason="needs sightline[eval]")
pytestmark = pytest.mark.slow

METRIC = "mmsi_video_accuracy"
LIMIT = 4


@pytest.fixture(autouse=True)
def _dataset_variable(dataset, monkeypatch):
    """Every run reads the dataset of the sample release."""
    monkeypatch.setenv("MMSI_VIDEO_DATASET", str(dataset))


def model_args(folder, **more):
    """The text of --model_args for a tiny checkpoint on the CPU."""
    values = {"pretrained": folder, "device": "cpu", **more}
    return ",".join(f"{name}={value}" for name, value in values.items())


def samples(path):
    """Question id -> line of a samples file."""
    rows = [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]
    return {row[METRIC]["question_id"]: row for row in rows}


def scores(path):
    """The score records of a samples file."""
    return [Score.from_dict(row[METRIC]) for row in samples(path).values()]


@pytest.fixture(scope="module")
def one_rank(dataset, tiny_model, tmp_path_factory):
    """`python -m lmms_eval --tasks mmsi_video`, as the README has it, on one process."""
    out = tmp_path_factory.mktemp("one-rank")
    command = [sys.executable, "-m", "lmms_eval", "--model", "sightline", "--model_args"]
    command += [model_args(tiny_model("qwen2_5_vl")), "--tasks", "mmsi_video"]
    command += ["--batch_size", "1", "--limit", str(LIMIT), "--output_path", str(out)]
    done = subprocess.run(
        [*command, "--log_samples"],
        env={**os.environ, "MMSI_VIDEO_DATASET": str(dataset)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=1800,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    found = list(out.glob("*/*_results.json"))
    assert len(found) == 1, done.stdout
    return found[0], done.stdout


def test_the_readmes_command_runs_our_task(one_rank):
    """Our task answers under upstream's name, and says so."""
    path, output = one_rank
    finished = results.check(path, ["mmsi_video"])
    assert (finished.documents, finished.failed) == (LIMIT, 0)
    assert "mmsi_video_u50 run Sightline's tasks instead of lmms-eval's own" in output


def test_every_sample_says_what_was_asked_and_answered(one_rank):
    """Each line has the question, the frames, the message's hash and each parser's letter."""
    path, _ = one_rank
    found = scores(results.check(path, ["mmsi_video"]).samples["mmsi_video"])
    for score in found:
        assert score.outcome in {Outcome.RIGHT, Outcome.WRONG}
        assert score.predictions["official"] == score.details["response"]
        assert len(score.details["message_hash"]) == 64
        assert sum(map(len, score.details["frame_indices"])) <= 51


def test_the_results_say_which_dataset_it_was(one_rank, dataset):
    """Origin and checksums stand in results.json."""
    path, _ = one_rank
    said = json.loads(path.read_text())["configs"]["mmsi_video"]["metadata"]["dataset"]
    assert said["origin"] == str(dataset)
    assert set(said["checksums"]) == {"build.json", "questions/test-00000-of-00001.parquet"}


def test_two_ranks_give_the_same_samples(one_rank, tiny_model, tmp_path):
    """On two CPU processes every line is the same, in whatever order they come."""
    done = evaluate.evaluate(
        tasks=["mmsi_video"],
        output=tmp_path,
        model_args=model_args(tiny_model("qwen2_5_vl")),
        limit=LIMIT,
        ranks=2,
    )
    alone = results.check(one_rank[0], ["mmsi_video"]).samples["mmsi_video"]
    assert samples(done.samples["mmsi_video"]) == samples(alone)


def test_upstreams_own_backend_runs_our_task(tiny_model, tmp_path):
    """lmms-eval's qwen2_5_vl, unchanged, on one CPU process."""
    pytest.importorskip("decord", reason="needs sightline[upstream]")
    folder = tiny_model("qwen2_5_vl")
    done = evaluate.evaluate(
        tasks=["mmsi_video"],
        output=tmp_path,
        model="qwen2_5_vl",
        model_args=model_args(folder, device_map="cpu", min_pixels=3136, max_pixels=12544),
        limit=2,
    )
    found = scores(done.samples["mmsi_video"])
    assert [score.outcome in {Outcome.RIGHT, Outcome.WRONG} for score in found] == [True, True]


@pytest.mark.parametrize("family", ["qwen3_vl", "llava_onevision", "internvl"])
def test_other_families_run_our_task(family, tiny_model, tmp_path):
    """Any checkpoint of AutoModelForImageTextToText answers through `--model sightline`."""
    done = evaluate.evaluate(
        tasks=["mmsi_video"],
        output=tmp_path,
        model_args=model_args(tiny_model(family)),
        limit=2,
    )
    assert (done.documents, done.failed) == (2, 0)


def test_all_tasks_run_together(tiny_model, tmp_path):
    """Sufficient-Coverage, native clips and the rest, in one run, each with its own samples."""
    tasks = ["mmsi_video_u50", "mmsi_video_sc", "mmsi_video_native", "mmsi_video_single_input"]
    done = evaluate.evaluate(
        tasks=tasks,
        output=tmp_path,
        model_args=model_args(tiny_model("qwen2_5_vl"), max_frames=8),
        limit=2,
    )
    assert (set(done.samples), done.documents, done.failed) == (set(tasks), 8, 0)


SIMPLE_EVALUATE = """
import sys
from lmms_eval.evaluator import simple_evaluate
results = simple_evaluate(
    model="sightline", model_args=sys.argv[1], tasks=["mmsi_video"], limit=2, batch_size=1
)
print("METADATA", sorted(results["configs"]["mmsi_video"]["metadata"]))
"""


def test_simple_evaluate_runs_our_task(tiny_model):
    """A Python caller gets our task too, with the dataset recorded."""
    done = subprocess.run(
        [sys.executable, "-c", SIMPLE_EVALUATE, model_args(tiny_model("qwen2_5_vl"))],
        env={**os.environ, "SIGHTLINE_TASKS": "only"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=1800,
        check=False,
    )
    assert "METADATA ['dataset', 'version']" in done.stdout, done.stdout


def test_a_missing_clip_is_an_error_of_its_sample(dataset, tiny_model, tmp_path, monkeypatch):
    """One file gone: its question counts as an error, with the reason, and the run goes on."""
    broken = tmp_path / "dataset"
    shutil.copytree(dataset, broken)
    monkeypatch.setenv("MMSI_VIDEO_DATASET", str(broken))
    import pyarrow.parquet as pq

    (table,) = (pq.read_table(path) for path in broken.glob("questions/*.parquet"))
    first, second = table.select(["id", "clips"]).slice(0, 2).to_pylist()
    gone = {clip["video_path"] for clip in first["clips"]}
    assert not gone & {clip["video_path"] for clip in second["clips"]}
    for path in gone:
        (broken / path).unlink()
    arguments = {
        "tasks": ["mmsi_video_native"],
        "model_args": model_args(tiny_model("qwen2_5_vl"), max_frames=4),
    }
    done = evaluate.evaluate(output=tmp_path / "two", limit=2, **arguments)
    assert done.failed == 1
    found = {score.question_id: score for score in scores(done.samples["mmsi_video_native"])}
    assert found[first["id"]].outcome is Outcome.ERROR
    assert "has no file media/videos/" in found[first["id"]].error
    assert found[second["id"]].outcome in {Outcome.RIGHT, Outcome.WRONG}
    with pytest.raises(EvaluationError, match="every one of the 1 samples failed"):
        evaluate.evaluate(output=tmp_path / "one", limit=1, **arguments)
