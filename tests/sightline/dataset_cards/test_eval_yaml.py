"""``eval.yaml`` names tasks that lmms-eval has and configs that the dataset has."""

from __future__ import annotations

import pytest
import yaml

from sightline.benchmarks import benchmark
from sightline.dataset_cards.board import eval_yaml


@pytest.fixture(params=["mmsi-video", "streamgaze"])
def rules(request):
    """The rules of either benchmark."""
    return benchmark(request.param).call("dataset_rules")


class _Strings(yaml.BaseLoader):
    """Tags such as lmms-eval's `!function` are left alone."""


def _tasks(name):
    """Every task and group that lmms-eval knows of a benchmark."""
    from importlib.resources import files

    found = benchmark(name)
    names = {
        yaml.load(file.read_text(), _Strings)["task"]  # noqa: S506 (runs no tag)
        for file in (files(found.package) / "tasks").iterdir()
        if file.name.endswith(".yaml")
    }
    return names | set(found.call("task_entries") if found.task_entries else ())


def test_its_tasks_are_there(rules):
    """Each with its config and its split; no two are the same."""
    found = yaml.safe_load(eval_yaml(rules))
    assert list(found) == ["name", "description", "evaluation_framework", "tasks"]
    ids = [task["id"] for task in found["tasks"]]
    assert ids == [task.id for task in rules.board]
    assert len(set(ids)) == len(ids) > 0
    assert set(ids) <= _tasks(rules.benchmark)
    configs = {config.name for config in rules.configs}
    for task in found["tasks"]:
        assert list(task) == ["id", "config", "split"]
        assert (task["config"] in configs, task["split"]) == (True, "test")


def test_the_framework_is_a_choice(rules):
    """The Hub lists only those that it knows; ours may be added one day."""
    assert yaml.safe_load(eval_yaml(rules))["evaluation_framework"] == "lmms-eval"
    other = yaml.safe_load(eval_yaml(rules, framework="inspect-ai"))
    assert other["evaluation_framework"] == "inspect-ai"


def test_it_says_what_the_numbers_are(rules):
    """One number a task, in percent."""
    description = yaml.safe_load(eval_yaml(rules))["description"]
    assert all(f"{task.id}: {task.what}" in description for task in rules.board)
    assert "percent" in description
