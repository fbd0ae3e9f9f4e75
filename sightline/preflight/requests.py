"""What a run is going to ask: the tasks' documents, described without lmms-eval and without media.

The tasks' own functions are called, as lmms-eval would call them. Videos of streams have to be
walked through once before their frames can be counted, so only as many requests are described as
the time allows, spread evenly over the task; a finding says how many.
"""

from __future__ import annotations

import importlib
import time
from dataclasses import dataclass, field
from importlib.resources import files
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from sightline.errors import SightlineError
from sightline.findings import Finding
from sightline.lmms.task_table import TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sightline.benchmarks import Benchmark
    from sightline.engine.jobs import Asked

FAILURES = (SightlineError, OSError, ValueError, LookupError, TypeError, AttributeError)
"""What a broken dataset may raise."""

_STEP = 0.6180339887498949
"""Multiples of the golden ratio, modulo 1, are spread evenly however many of them are taken."""


@dataclass(frozen=True)
class Asking:
    """One task of a run."""

    task: str
    """Its name."""
    count: int
    """Requests in all."""
    described: tuple[Asked, ...]
    """Those that were looked at."""
    generation: Mapping[str, Any]
    """Its ``generation_kwargs``."""
    messages: Sequence[Mapping[str, Any]] | None = field(default=None)
    """The chat messages of the request with the earliest window, media decoded; None where there
    was no time for that."""
    shown: Asked | None = field(default=None)
    """What that request is."""

    @property
    def longest(self) -> tuple[Asked, ...]:
        """One of them has the longest prompt: that with the most pixels, images, or text."""
        keys = (
            lambda one: (one.pixels, one.characters),
            lambda one: (one.frames, one.characters),
            lambda one: one.characters,
        )
        return tuple(dict.fromkeys(max(self.described, key=key) for key in keys))


def look(
    benchmark: Benchmark, task: str, *, model: str, seconds: float | None, decode: bool = True
) -> Iterator[Finding | Asking]:
    """Describe a task's requests, and decode the frames of one.

    Args:
        benchmark: of the task.
        task: its name.
        model: lmms-eval's model id, whose block of settings is taken.
        seconds: for describing, about; None describes all.
        decode: whether the frames of a request are decoded.

    Yields:
        Findings, and one Asking where there is something to ask.
    """
    config = configuration(benchmark, task)
    blocks = config.get("lmms_eval_specific_kwargs", {})
    block = blocks.get(model, {})
    if block.get("refuse"):
        yield Finding(
            "error", f"{task} cannot run on {model}: {block['refuse']}", "use another task or model"
        )
        return
    if model != "sightline" or not block:
        block = blocks.get("default", {})  # a block of another backend may need its process
    try:
        split = SimpleNamespace(split=config.get("test_split", "test"))
        documents = _function(config["process_docs"])(split)
        found = _described(benchmark, config, documents, block, seconds)
    except FAILURES as error:
        yield Finding("error", f"{task}: {_words(error)}", getattr(error, "next_step", ""))
        return
    described = {place: asked for place, asked in found.items() if asked is not None}
    broken = [place for place, asked in found.items() if asked is None]
    if broken:
        reason, mend = _reason(config, documents[broken[0]], block)
        yield Finding(
            "warning",
            f"{task}: {len(broken)} of {len(found)} requests looked at are broken: {reason}",
            mend,
        )
    if not described:
        return
    # The earliest window: a stream is decoded up to its end.
    first = min(described, key=lambda place: (described[place].position, place))
    messages, seen = None, "none decoded"
    try:
        if decode:
            messages = _function(config["doc_to_messages"])(documents[first], block)
            count = load_images(messages)
            seen = f"{count} of one decoded" if count else "which the model decodes itself"
    except FAILURES as error:
        name = described[first].question_id
        yield Finding("error", f"{task} {name}: {_words(error)}", getattr(error, "next_step", ""))
        return
    looked = "" if len(found) == len(documents) else f", {len(found):,} of them looked at"
    most = max(asked.frames for asked in described.values())
    yield Finding(
        "ok", f"{task}: {len(documents):,} requests{looked}; at most {most} images, {seen}"
    )
    asked, options = tuple(described.values()), config.get("generation_kwargs", {})
    yield Asking(task, len(documents), asked, options, messages, described[first])


def configuration(benchmark: Benchmark, task: str) -> dict[str, Any]:
    """A task's configuration: its own over that of the template; functions are dotted names."""
    folder = files(benchmark.package) / "tasks"
    own = benchmark.entries().get(task)
    if own is None:
        own = _yaml((folder / f"{task}.yaml").read_text(encoding="utf-8"))
    template = folder / TEMPLATE
    shared = _yaml(template.read_text(encoding="utf-8")) if template.is_file() else {}
    return {**shared, **own}


def load_images(messages: Sequence[Mapping[str, Any]]) -> int:
    """Decode every image of chat messages, those in lists of frames included; how many."""
    count = 0
    for message in messages:
        for item in message["content"]:
            media = item.get("url")
            for image in media if isinstance(media, list) else [media]:
                if hasattr(image, "load"):
                    image.load()
                    count += 1
    return count


def _described(
    benchmark: Benchmark,
    config: Mapping[str, Any],
    documents: Any,
    block: Mapping[str, Any],
    seconds: float | None,
) -> dict[int, Asked | None]:
    text_of = _function(config["doc_to_text"])
    until = None if seconds is None else time.monotonic() + seconds
    found: dict[int, Asked | None] = {}
    for place in sorted(range(len(documents)), key=lambda number: (number * _STEP) % 1):
        if found and until is not None and time.monotonic() > until:
            break
        document = documents[place]
        text_of(document, block)
        found[place] = benchmark.call("describe", document) if benchmark.describe else None
    return found


def _reason(config: Mapping[str, Any], document: Any, block: Mapping[str, Any]) -> tuple[str, str]:
    """What is wrong with a request that cannot be described, by showing it; and the mend."""
    try:
        _function(config["doc_to_messages"])(document, block)
    except FAILURES as error:
        return _words(error), getattr(error, "next_step", "") or "build the dataset again"
    return "it can be shown all the same", "its answers will not be used again"


def _words(error: Exception) -> str:
    return (
        error.message if isinstance(error, SightlineError) else f"{type(error).__name__}: {error}"
    )


def _function(name: str) -> Any:
    module, _, function = name.rpartition(".")
    return getattr(importlib.import_module(module), function)


def _yaml(text: str) -> dict[str, Any]:
    import yaml  # noqa: PLC0415 (the command line answers --help without it)

    class Loader(yaml.SafeLoader):
        """Reads `!function module.name` as the name."""

    Loader.add_constructor("!function", lambda _, node: node.value)
    content: dict[str, Any] = yaml.load(text, Loader)  # noqa: S506 (a safe loader)
    return content
