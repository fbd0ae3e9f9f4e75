"""Every task and group of StreamGaze, as one table over one template.

A task is a gaze prompt, a sampling and one of the ten task codes. Of the first two only the pairs
that somebody wants are offered (:data:`VARIANTS`); each gives ten tasks, a group per family and a
group of all of them. lmms-eval gets them from :func:`entries`, through
:class:`sightline.benchmarks.Benchmark`, and fills in the rest from ``_default_template_yaml``.

Light: the command line imports this to list the tasks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from streamgaze_task.frames import GRID, PREFIX, STREAM
from streamgaze_task.task_names import FAMILIES, TASKS, Family

METRIC = "streamgaze_accuracy"
"""The one metric: accuracy in percent by the published parser, over all requests of a task."""

MAX_FRAMES = 32
"""Frames per request of our own protocol, at most."""

VERSION = 1.0
"""Of the tasks; it changes when what a model is shown or how it is scored does."""

_MARKS_ARE_MEDIA = {
    "internvl_hf": "its processor takes the published prompt's <video> for a video",
    "llava_hf": "its processor takes the published prompt's <video> for a video",
}
"""lmms-eval model -> why it cannot be sent the published text of proactive questions."""


@dataclass(frozen=True)
class Variant:
    """One way to show all ten tasks."""

    name: str
    """The group of all ten tasks; theirs are ``<name>_<code>``."""
    gaze_prompt: str
    """How the gaze is shown, one of :data:`streamgaze_task.prompts.GAZE_PROMPTS`."""
    sampling: str
    """Which frames are shown, one of :data:`streamgaze_task.frames.SAMPLINGS`."""
    about: str
    """In one line."""

    def task(self, code: str) -> str:
        """Name of one of its ten tasks."""
        return f"{self.name}_{code}"

    def family(self, family: Family) -> str:
        """Name of its group of one family's tasks."""
        return f"{self.name}_{family}"

    @property
    def max_frames(self) -> int | None:
        """Frames per request, at most; None where the sampling decides."""
        return MAX_FRAMES if self.sampling == GRID else None


VARIANTS: tuple[Variant, ...] = (
    Variant("streamgaze", "visual", GRID, "the gaze drawn into the frames"),
    Variant("streamgaze_nogaze", "nogaze", GRID, "without any gaze"),
    Variant("streamgaze_text", "text", GRID, "the gaze told in words"),
    Variant("streamgaze_salience", "salience", GRID, "the gaze as a heat map"),
    Variant("streamgaze_stream", "visual", STREAM, "a frame every 2 s for a server's prefix cache"),
    Variant("streamgaze_stream_nogaze", "nogaze", STREAM, "the same without any gaze"),
    Variant(
        "streamgaze_reference",
        "visual",
        "reference_16_uniform",
        "published texts, 16 frames",
    ),
    Variant(
        "streamgaze_reference_qwen",
        "visual",
        "reference_qwen",
        "published texts and Qwen2.5-VL's frames",
    ),
    Variant(
        "streamgaze_reference_internvl",
        "visual",
        "reference_internvl",
        "published texts and InternVL3.5's frames",
    ),
    Variant(
        "streamgaze_reference_1fps",
        "visual",
        "reference_1fps",
        "published texts, 1 frame per second",
    ),
)
"""Every way to show the tasks; the first is the headline."""


def task_lines() -> dict[str, str]:
    """The names worth listing, with one line each: tasks of the other variants are told by rule."""
    headline, *others = VARIANTS
    lines = {headline.name: f"all ten tasks, {headline.about}: score = mean of the ten"}
    for family in FAMILIES:
        lines[headline.family(family)] = f"the {family} tasks of them"
    for task in TASKS:
        lines[headline.task(task.code)] = f"{task.paper}: {task.title} ({task.family})"
    for variant in others:
        lines[variant.name] = f"all ten, {variant.about}; alone: {variant.task('CODE')}"
    return lines


def entries() -> dict[str, dict[str, Any]]:
    """Name -> configuration, as lmms-eval reads it from a YAML file; fresh ones.

    A group's ``task`` is a list: the group of a variant has its families, and each of these its
    tasks, so that the scores of both levels stand in the results. Both are unweighted means of
    tasks, as the paper's Overall is of the ten.
    """
    found: dict[str, dict[str, Any]] = {}
    for variant in VARIANTS:
        found[variant.name] = _group(variant.name, [variant.family(f) for f in FAMILIES])
        for family in FAMILIES:
            names = [variant.task(task.code) for task in TASKS if task.family == family]
            found[variant.family(family)] = _group(variant.family(family), names)
        for task in TASKS:
            found[variant.task(task.code)] = _task(variant, task.code, task.family)
    return found


def members() -> dict[str, tuple[str, ...]]:
    """Group -> the names of all its tasks, in the order of the paper's table."""
    found = {}
    for variant in VARIANTS:
        found[variant.name] = tuple(variant.task(task.code) for task in TASKS)
        for family in FAMILIES:
            found[variant.family(family)] = tuple(
                variant.task(task.code) for task in TASKS if task.family == family
            )
    return found


def _group(name: str, names: list[str]) -> dict[str, Any]:
    mean = {"metric": METRIC, "aggregation": "mean", "weight_by_size": False}
    return {
        "group": name,
        "task": names,
        "aggregate_metric_list": [mean],
        "metadata": {"version": VERSION},
    }


def _task(variant: Variant, code: str, family: Family) -> dict[str, Any]:
    name = variant.task(code)
    block = {
        "task": name,
        "gaze_prompt": variant.gaze_prompt,
        "sampling": variant.sampling,
        "max_frames": variant.max_frames,
    }
    blocks = {"default": block}
    if variant.sampling.startswith(PREFIX) and family == "proactive":
        for model, reason in _MARKS_ARE_MEDIA.items():
            blocks[model] = {**block, "refuse": reason}
    # The split is how process_docs learns which of the ten it is: it is told nothing else.
    return {
        "task": name,
        "test_split": code,
        "lmms_eval_specific_kwargs": blocks,
        "metadata": {"version": VERSION},
    }
