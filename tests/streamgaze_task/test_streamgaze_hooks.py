"""What lmms-eval gets from the hooks of StreamGaze's tasks."""

from __future__ import annotations

import argparse
import json
import re
import runpy
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest

import streamgaze_task.tasks
from sightline.errors import DatasetError, EvaluationError, UsageError
from sightline.records import ERROR_MARK, Score
from streamgaze_task.tasks import hooks, runs, table
from streamgaze_task.tasks.report import whole_groups

needs_eval = pytest.mark.skipif(find_spec("lmms_eval") is None, reason="needs sightline[eval]")
"""Reports ask lmms-eval where its results lie."""

hand = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "hand_streamgaze.py")))
ENTRIES = table.entries()
TASKS = {name: config for name, config in ENTRIES.items() if isinstance(config["task"], str)}


def block(task, model="default"):
    """The settings that a task gives to a model."""
    return TASKS[task]["lmms_eval_specific_kwargs"][model]


# The documents


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two videos; on both every task is asked at three times."""
    streams = {
        "b-video": hand.Stream(gaze=hand.resting(12), source="egtea"),
        "a-video": hand.Stream(overlay={"fps": 5, "seconds": 12}, source="holoassist"),
    }
    rows = [
        {**row, "id": f"{row['id']}{name[0]}"}
        for name in streams
        for row in hand.questions(name, [8.0, 2.0, 11.5])
    ]
    return hand.make(tmp_path_factory.mktemp("tasks"), streams, rows)


@pytest.fixture(autouse=True)
def _dataset(folder, monkeypatch):
    """Every task reads the dataset, in a process that has loaded nothing before."""
    monkeypatch.setenv("STREAMGAZE_DATASET", str(folder))
    monkeypatch.setattr(runs, "_runs", {})
    monkeypatch.setattr(hooks, "_announced", {})


def load(task):
    """A task's documents, as lmms-eval loads them: it builds the requests after that."""
    docs = list(hooks.process_docs(SimpleNamespace(split=TASKS[task]["test_split"])))
    for doc in docs:
        hooks.doc_to_text(doc, block(task))
    return docs


def test_documents_are_sorted_by_video_and_time():
    """Backends that keep the order look forward only."""
    docs = load("streamgaze_oie")
    places = [(doc["video_id"], doc["end_seconds"]) for doc in docs]
    assert places == [(v, t) for v in ("a-video", "b-video") for t in (2.0, 8.0, 11.5)]


def test_a_proactive_question_is_one_document_per_test_point():
    """Each with its own window and its own gold."""
    docs = load("streamgaze_gta")
    assert len(docs) == 2 * 3 * 3
    of_one = [doc for doc in docs if doc["id"].startswith("gta-0000a@")]
    assert [doc["id"] for doc in of_one] == ["gta-0000a@0", "gta-0000a@1", "gta-0000a@2"]
    assert [(doc["start_seconds"], doc["end_seconds"]) for doc in of_one] == [
        (0.0, 0.0),
        (0.0, 4.0),
        (0.0, 8.0),
    ]
    assert [hooks.doc_to_target(doc) for doc in of_one] == ["NO", "YES", "NO"]


def test_windows_of_the_families():
    """Past from the beginning, present the last minute."""
    assert load("streamgaze_nfi")[0]["start_seconds"] == 0.0
    request = runs.asked(load("streamgaze_oie")[0])[1]
    assert request.sample.name.family == "present"


def test_the_order_of_work_goes_through_each_video_once():
    """Sorted by text, the requests of all tasks together follow video and time."""
    texts = [
        hooks.doc_to_text(doc, block(task))
        for task in ("streamgaze_oie", "streamgaze_gta", "streamgaze_nogaze_sr")
        for doc in load(task)
    ]
    assert len(set(texts)) == len(texts)
    heads = [re.match(r"\[([ab]-video)\] \[(\d\d:\d\d)\] \[\w+-\d+[ab](?:@\d)?\]\n", t).groups()
             for t in sorted(texts)]  # fmt: skip
    assert heads == sorted(heads)


def test_the_input_is_the_published_text():
    """What samples files show as input is the evaluator's own prompt, mark included."""
    (doc, *_) = load("streamgaze_reference_gta")
    text = hooks.doc_to_text(doc, block("streamgaze_reference_gta"))
    assert "\nIn this video, the green dot" in text
    assert "question.\n<video>\n\nQuestion:" in text
    plain = hooks.doc_to_text(doc, block("streamgaze_nogaze_gta"))
    assert "green dot" not in plain


def test_a_split_that_is_no_task():
    """A task file of one's own must say which of the ten it is."""
    with pytest.raises(UsageError, match=r"test_split \('test'\) must be one of: nfi, otp"):
        hooks.process_docs(SimpleNamespace(split="test"))


def test_a_dataset_without_the_task(tmp_path, monkeypatch):
    """It is refused, not run over nothing."""
    out = hand.make(tmp_path, {"v": hand.Stream()}, [hand.question("sr", 0, "v", 3.0)])
    monkeypatch.setenv("STREAMGAZE_DATASET", str(out))
    with pytest.raises(UsageError, match="has no questions of task oie"):
        hooks.process_docs(SimpleNamespace(split="oie"))


def test_no_dataset(tmp_path, monkeypatch):
    """A folder that is none is refused with what to do."""
    monkeypatch.setenv("STREAMGAZE_DATASET", str(tmp_path))
    with pytest.raises(DatasetError, match="must be a built dataset"):
        hooks.process_docs(SimpleNamespace(split="oie"))


def test_simple_models_are_refused():
    """They would get text and images apart, which is another prompt."""
    with pytest.raises(UsageError, match="simple models cannot keep frames and text"):
        hooks.doc_to_visual(load("streamgaze_oie")[0], block("streamgaze_oie"))


# The frames


def test_a_request_that_nobody_announced(monkeypatch):
    """A backend that asks without a text before gets its frames, too."""
    docs = list(hooks.process_docs(SimpleNamespace(split="oie")))
    monkeypatch.setattr(hooks, "_announced", {})
    (message,) = hooks.doc_to_messages(docs[1], block("streamgaze_oie"))
    assert sum(item["type"] == "image" for item in message["content"]) == 8


# The results


def answered(docs, responses):
    """The records of the first responses, scored in threads as lmms-eval does."""
    with ThreadPoolExecutor(4) as threads:
        pairs = [(doc, [text]) for doc, text in zip(docs, responses, strict=False)]
        return list(threads.map(lambda pair: hooks.process_results(*pair)[hooks.METRIC], pairs))


def test_score_record():
    """A record tells how the request was shown, what was said and what became of it."""
    docs = load("streamgaze_oie")
    record = answered(docs, ["B", "C"])[0]
    score = Score.from_dict(json.loads(json.dumps(record)))
    assert (score.question_id, score.answer, score.outcome.value) == ("oie-0001a", "B", "right")
    assert (record["score"], score.cluster) == (100.0, "a-video")
    details = score.details
    assert details["response"] == "B"
    assert details["task"] == "streamgaze_oie"
    assert (details["gaze_prompt"], details["sampling"]) == ("visual", "grid")
    assert (details["max_frames"], details["labels"]) == (32, "published")
    assert (details["window"], details["frame_indices"]) == ([0.0, 2.0], [0, 10])
    assert (details["overlay"], details["overlay_indices"]) == ("released", [0, 5])
    assert (details["expected"], details["frames"]) == (6, 2)
    assert re.fullmatch("[0-9a-f]{64}", details["message_hash"])
    assert set(details["dataset_checksums"]) == {
        "questions/test-00000-of-00001.parquet",
        "build.json",
    }


def test_test_points_are_scored_by_the_published_label():
    """Yes is right where the release says that one should alert."""
    docs = load("streamgaze_gta")
    found = {record["question_id"]: record for record in answered(docs, ["Yes"] * len(docs))}
    assert [found[f"gta-0000a@{i}"]["score"] for i in range(3)] == [0.0, 100.0, 0.0]


def test_failed_sample_is_an_error():
    """A text that starts with the mark is no answer, and its reason is kept."""
    record = answered(load("streamgaze_oie"), [f"{ERROR_MARK}OutOfMemory: frame 3"])[0]
    assert (record["outcome"], record["error"]) == ("error", "OutOfMemory: frame 3")


def test_a_video_that_is_gone_does_not_break_scoring(tmp_path, monkeypatch):
    """The record then has no frames and no hash; the response says why."""
    out = hand.make(tmp_path, {"v": hand.Stream()}, hand.questions("v", [3.0], ["oie"]))
    monkeypatch.setenv("STREAMGAZE_DATASET", str(out))
    docs = load("streamgaze_nogaze_oie")
    (out / "media/videos/original/v.mp4").unlink()
    with pytest.raises(DatasetError, match=r"has no file media/videos/original/v\.mp4"):
        hooks.doc_to_messages(docs[0], block("streamgaze_nogaze_oie"))
    record = answered(docs, [f"{ERROR_MARK}DatasetError: no file"])[0]
    assert record["outcome"] == "error"
    assert (record["details"]["frame_indices"], record["details"]["message_hash"]) == (None, None)


def test_a_video_that_is_gone_does_not_break_the_others(tmp_path, monkeypatch):
    """Announcing frames passes over what cannot be read."""
    streams = {"v": hand.Stream(overlay={"fps": 5, "seconds": 12})}
    out = hand.make(tmp_path, streams, hand.questions("v", [3.0], ["oie"]))
    monkeypatch.setenv("STREAMGAZE_DATASET", str(out))
    docs = load("streamgaze_nogaze_oie")
    load("streamgaze_oie")
    (out / "media/videos/overlay/v.mp4").unlink()
    assert hooks.doc_to_messages(docs[0], block("streamgaze_nogaze_oie"))


def run_task(task, text=None, args=None, limit=None):
    """Load, answer and aggregate a task; by default every answer is right."""
    docs = load(task)[:limit]
    records = answered(docs, [text or hooks.doc_to_target(doc) for doc in docs])
    return hooks.aggregate(records, args), records


@needs_eval
def test_accuracy_is_over_the_whole_split():
    """What was not asked counts, and a partial run has no standard error."""
    value, records = run_task("streamgaze_oie", limit=3)
    assert value == 50.0
    assert not any("score" in record for record in records)
    value, records = run_task("streamgaze_oie")
    assert value == 100.0
    assert all("score" in record for record in records)


def test_scores_of_an_unknown_task():
    """Scores of a task that was not loaded here cannot be aggregated."""
    (record,) = answered(load("streamgaze_oie"), ["A"])
    record["details"]["task"] = "elsewhere"
    with pytest.raises(EvaluationError, match=r"task \('elsewhere'\) was not loaded"):
        hooks.aggregate([record])


def test_groups_that_tasks_make_up():
    """The widest one alone: its families are lines of its report."""
    ten = table.members()["streamgaze"]
    assert list(whole_groups(ten)) == ["streamgaze"]
    assert list(whole_groups([*ten[:4], *ten[8:]])) == ["streamgaze_past", "streamgaze_proactive"]
    assert whole_groups(ten[:3]) == {}
    assert list(whole_groups(["streamgaze_nogaze_gta", "streamgaze_nogaze_oaa"])) == [
        "streamgaze_nogaze_proactive"
    ]


@pytest.fixture
def args(tmp_path):
    """lmms-eval's command line, with an output path."""
    return argparse.Namespace(output_path=str(tmp_path / "out"), model_args="pretrained=org/model")


def reports(args):
    """Name -> report that was saved."""
    found = Path(args.output_path).glob("*/*_report.json")
    return {path.name.removesuffix("_report.json"): json.loads(path.read_text()) for path in found}


@needs_eval
def test_a_group_is_reported_once_and_after_its_last_task(args, capsys):
    """Tables of the single tasks would only repeat it; their reports are saved."""
    tasks = table.members()["streamgaze_proactive"]
    loaded = {task: load(task) for task in tasks}
    outputs = []
    for docs in loaded.values():
        hooks.aggregate(answered(docs, ["Yes"] * len(docs)), args)
        outputs.append(capsys.readouterr().out)
    assert "mean of the tasks" not in outputs[0]
    assert outputs[1].count("> mean of the tasks") == 1
    found = reports(args)
    assert set(found) == {*tasks, "streamgaze_proactive"}
    assert found["streamgaze_proactive"]["protocol"] == "visual/grid-32"
    assert set(found["streamgaze_proactive"]["tasks"]) == {"gta", "oaa"}


@needs_eval
def test_a_task_alone_has_its_own_table(args, capsys):
    """And no group is claimed."""
    run_task("streamgaze_salience_oie", "A", args)
    assert "> mean of the tasks" in capsys.readouterr().out
    assert set(reports(args)) == {"streamgaze_salience_oie"}


@needs_eval
def test_a_second_evaluation_does_not_borrow_from_the_first(args):
    """In one Python process, tasks of an earlier evaluation are no part of a later group."""
    gta, oaa = (load(task) for task in table.members()["streamgaze_proactive"])
    hooks.aggregate(answered(gta, ["Yes"] * len(gta)), args)
    hooks.aggregate(answered(oaa, ["Yes"] * len(oaa)), args)
    (Path(args.output_path) / "org__model" / "streamgaze_proactive_report.json").unlink()
    again = load("streamgaze_gta")
    hooks.aggregate(answered(again, ["No"] * len(again)), args)
    assert "streamgaze_proactive" not in reports(args)


@needs_eval
def test_an_output_folder_that_cannot_be_written(args, tmp_path, capsys):
    """The scores are not lost with the report."""
    (tmp_path / "out").write_text("a file")
    assert run_task("streamgaze_oie", None, args)[0] == 100.0
    assert "the report could not be saved" in capsys.readouterr().out


# A task file of one's own

FOLDER = Path(streamgaze_task.tasks.__path__[0])
VARIANT = """
include: {template}
task: streamgaze_oie_3
test_split: oie
lmms_eval_specific_kwargs:
  default: {{task: streamgaze_oie_3, gaze_prompt: visual, sampling: grid, max_frames: 3}}
"""


@pytest.mark.slow
def test_a_variant_of_ones_own(tmp_path):
    """A file as the README has it is loaded by lmms-eval and shows what it says."""
    pytest.importorskip("lmms_eval", reason="needs sightline[eval]")
    from lmms_eval.utils import load_yaml_config

    path = tmp_path / "variant.yaml"
    path.write_text(VARIANT.format(template=FOLDER / "_default_template_yaml"))
    config = load_yaml_config(str(path), mode="full")
    assert Path(config["dataset_kwargs"]["data_files"]["oie"]).is_file()
    docs = config["process_docs"](SimpleNamespace(split=config["test_split"]))
    settings = config["lmms_eval_specific_kwargs"]["default"]
    (message,) = config["doc_to_messages"](docs[2], settings)
    assert sum(item["type"] == "image" for item in message["content"]) == 3
