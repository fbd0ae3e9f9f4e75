"""The table of tasks, and the settings of each."""

from __future__ import annotations

import importlib
import json
import re
from pathlib import Path

import pytest
import yaml

import streamgaze_task.tasks
from sightline.errors import UsageError
from streamgaze_task.benchmark import BENCHMARK
from streamgaze_task.frames import SAMPLINGS
from streamgaze_task.prompts import GAZE_PROMPTS
from streamgaze_task.task_names import CODES, FAMILIES
from streamgaze_task.tasks import hooks, table
from streamgaze_task.tasks.settings import read_settings

FOLDER = Path(streamgaze_task.tasks.__path__[0])
ENTRIES = table.entries()
TASKS = {name: config for name, config in ENTRIES.items() if isinstance(config["task"], str)}
GROUPS = {name: config for name, config in ENTRIES.items() if isinstance(config["task"], list)}


def block(task, model="default"):
    """The settings that a task gives to a model."""
    return TASKS[task]["lmms_eval_specific_kwargs"][model]


class Loader(yaml.SafeLoader):
    """Reads the template; `!function` gives its name."""


Loader.add_constructor("!function", lambda loader, node: f"!{loader.construct_scalar(node)}")
TEXT = (FOLDER / "_default_template_yaml").read_text(encoding="utf-8")
TEMPLATE = yaml.load(TEXT, Loader)  # noqa: S506 (a SafeLoader)


# The table


def test_the_table_has_every_variant_of_every_task():
    """Ten tasks, three families and one group per variant; no YAML file beside the template."""
    assert len(TASKS) == 10 * len(table.VARIANTS)
    assert len(GROUPS) == 4 * len(table.VARIANTS)
    assert not list(FOLDER.glob("*.yaml"))


@pytest.mark.parametrize(
    "name",
    [
        "streamgaze",
        "streamgaze_past",
        "streamgaze_proactive",
        "streamgaze_nogaze",
        "streamgaze_text",
        "streamgaze_salience",
        "streamgaze_stream",
        "streamgaze_stream_nogaze",
        "streamgaze_reference",
        "streamgaze_reference_qwen",
        "streamgaze_reference_internvl",
        "streamgaze_reference_1fps",
    ],
)
def test_groups_go_by_their_names(name):
    """The names that the documentation promises."""
    assert name in GROUPS


@pytest.mark.parametrize("name", list(GROUPS))
def test_a_group_is_the_unweighted_mean_of_its_tasks(name):
    """As the paper's Overall: big tasks do not count more."""
    (mean,) = GROUPS[name]["aggregate_metric_list"]
    assert mean == {"metric": hooks.METRIC, "aggregation": "mean", "weight_by_size": False}
    assert set(GROUPS[name]["task"]) <= set(ENTRIES)
    assert GROUPS[name]["group"] == name


def test_the_headline_has_ten_tasks():
    """Through its families, each once, in the order of the paper's table."""
    assert BENCHMARK.leaves("streamgaze") == tuple(f"streamgaze_{code}" for code in CODES)
    assert table.members()["streamgaze"] == BENCHMARK.leaves("streamgaze")
    assert table.members()["streamgaze_text_past"] == BENCHMARK.leaves("streamgaze_text_past")


def test_every_gaze_prompt_and_sampling_has_a_variant():
    """And the first one is the published headline: visual, our sampling, 32 frames."""
    assert {variant.gaze_prompt for variant in table.VARIANTS} == set(GAZE_PROMPTS)
    assert {variant.sampling for variant in table.VARIANTS} == set(SAMPLINGS)
    assert read_settings(block("streamgaze_oie")).protocol == "visual/grid-32"
    assert read_settings(block("streamgaze_reference_qwen_oie")).protocol == "visual/reference_qwen"


def test_stream_has_our_own_texts():
    """The frames stand in the mark's place, so every model takes its proactive questions."""
    settings = read_settings(block("streamgaze_stream_gta"))
    assert settings.protocol == "visual/stream_2s"
    assert (settings.max_frames, settings.published_text) == (None, False)
    assert list(TASKS["streamgaze_stream_gta"]["lmms_eval_specific_kwargs"]) == ["default"]
    assert "internvl_hf" in TASKS["streamgaze_reference_gta"]["lmms_eval_specific_kwargs"]


@pytest.mark.parametrize("name", list(TASKS))
def test_every_task_is_whole(name):
    """Its blocks have all keys and its own name, and it says which of the ten it is."""
    config = TASKS[name]
    assert config["task"] == name
    assert name.endswith(f"_{config['test_split']}")
    assert config["test_split"] in TEMPLATE["dataset_kwargs"]["data_files"]
    for content in config["lmms_eval_specific_kwargs"].values():
        assert content["task"] == name
        if "refuse" not in content:
            assert read_settings(content).task == name


def test_entries_are_fresh():
    """lmms-eval takes configurations apart."""
    table.entries()["streamgaze_oie"].clear()
    assert table.entries()["streamgaze_oie"] == ENTRIES["streamgaze_oie"]


def test_the_list_is_short_and_true():
    """The command line lists groups and the headline's tasks; all are in the table."""
    lines = table.task_lines()
    assert set(lines) <= set(ENTRIES)
    assert {variant.name for variant in table.VARIANTS} <= set(lines)
    assert {f"streamgaze_{code}" for code in (*CODES, *FAMILIES)} <= set(lines)
    assert len(lines) < 30
    assert "streamgaze_nogaze_CODE" in lines["streamgaze_nogaze"]
    assert all("\n" not in line and len(line) < 100 for line in lines.values())


def test_functions_are_absolute_and_resolve():
    """Each `!function` names a module by its full path, so lmms-eval imports it once."""
    found = re.findall(r"'!([\w.]+)'", str(TEMPLATE))
    assert len(found) == 7
    for dotted in found:
        module, _, function = dotted.rpartition(".")
        assert module == "streamgaze_task.tasks.hooks"
        assert callable(getattr(importlib.import_module(module), function))


def test_pointer_is_packaged():
    """lmms-eval loads the pointer file by itself, under every code."""
    files = TEMPLATE["dataset_kwargs"]["data_files"]
    assert files == dict.fromkeys(CODES, "pointer.json")
    rows = json.loads((FOLDER / "pointer.json").read_text(encoding="utf-8"))
    assert [row["id"] for row in rows] == ["pointer"]


def test_answers_are_greedy_and_never_cut():
    """Two runs give the same answers; a blank line does not end one."""
    assert TEMPLATE["generation_kwargs"] == {
        "max_new_tokens": 2048,
        "temperature": 0,
        "do_sample": False,
        "until": [],
    }
    assert [metric["metric"] for metric in TEMPLATE["metric_list"]] == [hooks.METRIC]
    assert (TEMPLATE["score_key"], TEMPLATE["cluster_key"]) == ("score", "cluster")


# The settings


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"max_frame": 50}, "missing: none; unknown: max_frame"),
        ({"gaze_prompt": "gaze"}, r"gaze_prompt \('gaze'\) must be one of: visual, nogaze, text"),
        ({"sampling": "uniform"}, r"sampling \('uniform'\) must be one of: grid, stream_2s"),
        ({"max_frames": 0}, r"max_frames \(0\) must be a whole number >= 1"),
        ({"max_frames": True}, r"max_frames \(True\) must be a whole number"),
        ({"max_frames": None}, r"max_frames \(None\) must be a whole number"),
        ({"sampling": "reference_qwen"}, r"decides how many .* max_frames \(32\) must be null"),
    ],
)
def test_bad_settings(changes, message):
    """A wrong value or key is refused, with what was expected."""
    with pytest.raises(UsageError, match=message):
        read_settings({**block("streamgaze_oie"), **changes})


def test_block_that_replaced_the_default():
    """An incomplete block is refused with the reason."""
    with pytest.raises(UsageError, match="missing: task, gaze_prompt, sampling") as caught:
        read_settings({"max_frames": 16})
    assert "replaces `default` as a whole" in str(caught.value)
    with pytest.raises(UsageError, match="missing: task"):
        read_settings(None)


def test_other_models_blocks_are_ignored():
    """lmms-eval leaves all blocks in the merged settings; only plain values count."""
    merged = {**TASKS["streamgaze_reference_gta"]["lmms_eval_specific_kwargs"]}
    assert read_settings({**merged, **merged["default"]}).published_text


@pytest.mark.parametrize("model", ["internvl_hf", "llava_hf"])
def test_models_that_choke_on_the_published_text_are_refused(model):
    """The literal <video> is a media mark for them; other tasks run there."""
    with pytest.raises(UsageError, match="streamgaze_reference_oaa cannot run on this model"):
        read_settings(block("streamgaze_reference_oaa", model))
    assert model not in TASKS["streamgaze_reference_oie"]["lmms_eval_specific_kwargs"]
    assert model not in TASKS["streamgaze_oaa"]["lmms_eval_specific_kwargs"]
