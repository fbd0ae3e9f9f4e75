import importlib
import json
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

from mmsi_video.benchmark import BENCHMARK
from mmsi_video.tasks import hooks
from mmsi_video.tasks.settings import read_settings
from sightline.errors import UsageError

task_files = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("task_files.py"))))
FOLDER, TASKS, block = task_files.FOLDER, task_files.TASKS, task_files.block


def functions(value):
    """Every `!function` in a task file."""
    if isinstance(value, dict):
        return [name for item in value.values() for name in functions(item)]
    if isinstance(value, list):
        return [name for item in value for name in functions(item)]
    return [value[1:]] if isinstance(value, str) and value.startswith("!") else []


# The YAML files


def test_tasks_are_those_of_the_benchmark():
    """There is one file per task that the benchmark announces, named like it."""
    assert sorted(TASKS) == sorted(BENCHMARK.tasks)
    assert [content["task"] for content in TASKS.values()] == list(TASKS)


@pytest.mark.parametrize("name", TASKS)
def test_functions_are_absolute_and_resolve(name):
    """Each `!function` names a module by its full path, so lmms-eval imports it once."""
    found = functions(TASKS[name])
    assert len(found) >= 7
    for dotted in found:
        module, _, function = dotted.rpartition(".")
        assert module == "mmsi_video.tasks.hooks"
        assert callable(getattr(importlib.import_module(module), function))


@pytest.mark.parametrize("name", TASKS)
def test_every_block_is_complete(name):
    """A block named after a model replaces the default, so each one has every key and our name."""
    for model, content in TASKS[name]["lmms_eval_specific_kwargs"].items():
        assert content["task"] == name, model
        assert {"profile", "max_frames", "rule", "task_specific"} <= set(content), model


@pytest.mark.parametrize(
    ("name", "protocol", "max_frames"),
    [
        ("mmsi_video", "Uniform-50", 50),
        ("mmsi_video_u50", "Uniform-50", 50),
        ("mmsi_video_sc", "Sufficient-Coverage", 300),
        ("mmsi_video_native", "native", None),
        ("mmsi_video_single_input", "native", None),
    ],
)
def test_protocols(name, protocol, max_frames):
    """Each task runs the setting that it is named after."""
    settings = read_settings(block(name))
    assert (settings.protocol, settings.max_frames) == (protocol, max_frames)


def test_pointer_is_packaged():
    """lmms-eval loads the pointer file by itself, relative to the YAML."""
    data_files = TASKS["mmsi_video"]["dataset_kwargs"]["data_files"]
    rows = json.loads((FOLDER / data_files["test"]).read_text(encoding="utf-8"))
    assert [row["id"] for row in rows] == ["pointer"]


def test_one_metric_in_percent():
    """There is one metric, and its standard error is of 0 or 100, clustered by clip."""
    task = TASKS["mmsi_video"]
    assert [metric["metric"] for metric in task["metric_list"]] == [hooks.METRIC]
    assert (task["score_key"], task["cluster_key"]) == ("score", "cluster")


# The settings


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"max_frame": 50}, "missing: none; unknown: max_frame"),
        ({"profile": "fraems"}, "must be one of: frames"),
        ({"profile": "qwen3_video"}, "cannot be honoured"),
        ({"max_frames": 0}, r"max_frames \(0\) must be a whole number >= 1"),
        ({"max_frames": None}, r"max_frames \(None\) must be a whole number"),
        ({"rule": "uniform"}, r"rule \('uniform'\) must be one of: official, linspace"),
        ({"task_specific": "no"}, r"task_specific \('no'\) must be true or false"),
        ({"profile": "native"}, r"max_frames \(50\) and rule \('official'\) must be null"),
    ],
)
def test_bad_settings(changes, message):
    """A wrong value or key is refused, with what was expected."""
    with pytest.raises(UsageError, match=message):
        read_settings({**block("mmsi_video"), **changes})


def test_block_that_replaced_the_default():
    """An incomplete block is refused with the reason; upstream would run with another cap."""
    with pytest.raises(UsageError, match="missing: task, profile, rule, task_specific") as caught:
        read_settings({"max_frames": 300})
    assert "replaces `default` as a whole" in str(caught.value)
    with pytest.raises(UsageError, match="missing: task"):
        read_settings(None)


def test_other_models_blocks_are_ignored():
    """lmms-eval leaves all blocks in the merged settings; only plain values count."""
    merged = {**TASKS["mmsi_video_native"]["lmms_eval_specific_kwargs"]}
    assert read_settings({**merged, **merged["default"]}).protocol == "native"


@pytest.mark.parametrize("model", ["huggingface", "async_hf_model"])
def test_native_refuses_backends_that_crash(model):
    """A backend that cannot open a video file is refused before it starts."""
    with pytest.raises(UsageError, match="mmsi_video_native cannot run on this model"):
        read_settings(block("mmsi_video_native", model))


@pytest.mark.parametrize("model", ["internvl_hf", "llava_hf"])
def test_native_asks_for_the_decoder(model, monkeypatch):
    """A backend that needs torchcodec says so before it starts."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(UsageError, match="needs the package torchcodec on this model"):
        read_settings(block("mmsi_video_native", model))


def test_custom_protocol():
    """Another rule or cap, or a missing task prompt, is no published setting."""
    for changes in ({"rule": "linspace"}, {"max_frames": 64}, {"task_specific": False}):
        assert read_settings({**block("mmsi_video"), **changes}).protocol == "custom"
