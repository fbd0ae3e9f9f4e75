"""The task files of MMSI-Video-Bench as lmms-eval reads them."""

from pathlib import Path

import yaml

import mmsi_video.tasks

FOLDER = Path(mmsi_video.tasks.__path__[0])


class Loader(yaml.SafeLoader):
    """Reads task files; `!function` gives its name."""


Loader.add_constructor("!function", lambda loader, node: f"!{loader.construct_scalar(node)}")


def read(path):
    """A task file with what it includes."""
    content = yaml.load(path.read_text(encoding="utf-8"), Loader)  # noqa: S506 (a SafeLoader)
    if "include" in content:
        return {**read(path.parent / content.pop("include")), **content}
    return content


TASKS = {path.stem: read(path) for path in sorted(FOLDER.glob("*.yaml"))}


def block(task, model="default"):
    """The settings that a task gives to a model."""
    return TASKS[task]["lmms_eval_specific_kwargs"][model]
