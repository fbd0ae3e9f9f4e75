"""What the engine is told of StreamGaze's requests before anything is decoded."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from streamgaze_task.benchmark import BENCHMARK
from streamgaze_task.tasks import describing, hooks, runs, table

hand = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "hand_streamgaze.py")))
ENTRIES = table.entries()
TASKS = [f"{v.name}_{code}" for v in table.VARIANTS for code in ("oie", "gta")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One video with gaze and overlay; every task is asked at two times."""
    streams = {
        "a-video": hand.Stream(
            gaze=hand.resting(12), overlay={"fps": 5, "seconds": 12}, source="egtea"
        )
    }
    rows = hand.questions("a-video", [8.0, 2.0])
    return hand.make(tmp_path_factory.mktemp("describing"), streams, rows)


@pytest.fixture(autouse=True)
def _dataset(folder, monkeypatch):
    monkeypatch.setenv("STREAMGAZE_DATASET", str(folder))
    monkeypatch.setattr(runs, "_runs", {})
    monkeypatch.setattr(hooks, "_announced", {})


def block(task):
    """The settings of a task."""
    return ENTRIES[task]["lmms_eval_specific_kwargs"]["default"]


def load(task):
    """The documents, after lmms-eval has built their requests."""
    docs = list(hooks.process_docs(SimpleNamespace(split=ENTRIES[task]["test_split"])))
    for doc in docs:
        hooks.doc_to_text(doc, block(task))
    return docs


def test_the_benchmark_names_the_function():
    """The engine finds it through the record."""
    doc = load("streamgaze_oie")[0]
    assert BENCHMARK.call("describe", doc) == hooks.describe(doc)


@pytest.mark.parametrize("task", TASKS)
def test_a_request_is_described_as_it_is_shown(task):
    """Images, pixels, text and hash are those of the message and of the record."""
    for doc in load(task):
        asked = hooks.describe(doc)
        [message] = hooks.doc_to_messages(doc, block(task))
        images = [item["url"] for item in message["content"] if item["type"] == "image"]
        texts = [item["text"] for item in message["content"] if item["type"] == "text"]
        record = hooks.process_results(doc, ["A"])[hooks.METRIC]
        assert asked.question_id == doc["id"]
        assert (asked.group, asked.position) == ("a-video", doc["end_seconds"])
        assert asked.frames == len(images)
        assert asked.pixels == sum(image.width * image.height for image in images)
        assert asked.characters == sum(map(len, texts))
        assert asked.message_hash == record["details"]["message_hash"]


def test_requests_differ_and_so_do_the_ways_to_show_them():
    """No two requests of all variants have task, question and hash in common."""
    told = [hooks.describe(doc) for task in TASKS for doc in load(task)]
    assert len({(asked.protocol, asked.question_id) for asked in told}) == len(told)
    shown = {asked.message_hash for asked in told if asked.frames}
    assert len(shown) > len(told) / 2


def test_the_protocol_has_the_version_of_the_tasks():
    """The one that lmms-eval records, in the table and in the template."""
    template = Path(hooks.__file__).with_name("_default_template_yaml").read_text(encoding="utf-8")
    plain = yaml.safe_load(template.replace("!function", ""))
    told = json.loads(hooks.describe(load("streamgaze_oie")[0]).protocol)
    assert told["version"] == plain["metadata"]["version"]
    assert told["version"] == ENTRIES["streamgaze_oie"]["metadata"]["version"]
    assert told["protocol"] == "visual/grid-32"


def test_a_request_whose_video_is_gone_is_not_described(tmp_path, monkeypatch):
    """None, so nothing of it is ever used again; what is wrong is said when it is asked."""
    out = hand.make(tmp_path, {"v": hand.Stream()}, hand.questions("v", [3.0], ["oie"]))
    monkeypatch.setenv("STREAMGAZE_DATASET", str(out))
    [doc] = load("streamgaze_nogaze_oie")
    (out / "media/videos/original/v.mp4").unlink()
    assert hooks.describe(doc) is None


def test_a_request_without_gaze_is_not_described(tmp_path, monkeypatch):
    """A prompt in words needs what the dataset does not have."""
    out = hand.make(tmp_path, {"v": hand.Stream()}, hand.questions("v", [3.0], ["oie"]))
    monkeypatch.setenv("STREAMGAZE_DATASET", str(out))
    assert [hooks.describe(doc) for doc in load("streamgaze_text_oie")] == [None]


@pytest.mark.parametrize("change", [{"sightline_run": "other"}, {"sightline_place": 99}])
def test_a_strange_document_is_not_described(change):
    """Of another process, or no document of the run."""
    assert hooks.describe({**load("streamgaze_oie")[0], **change}) is None


def test_a_document_whose_settings_nobody_told_is_not_described():
    """Describing comes after lmms-eval has built the requests."""
    [doc, *_] = hooks.process_docs(SimpleNamespace(split="oie"))
    assert hooks.describe(doc) is None


def test_nothing_is_decoded(monkeypatch):
    """Thousands of requests are described before the first is asked."""
    docs = load("streamgaze_oie")
    monkeypatch.setattr(describing.messages, "chat_messages", lambda *_: pytest.fail("decoded"))
    decoded = hooks.default_store().decoded_frames
    assert all(hooks.describe(doc) for doc in docs)
    assert hooks.default_store().decoded_frames == decoded
