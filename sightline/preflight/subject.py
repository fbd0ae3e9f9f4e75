"""What a preflight is about: the run that is to come, or an installation without one."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sightline.benchmarks import Benchmark, all_benchmarks
from sightline.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

OURS = "sightline"
"""The model id whose checkpoint can be looked at beforehand."""


@dataclass(frozen=True)
class Subject:
    """A run, as far as it is named."""

    tasks: tuple[str, ...] = ()
    """Names of tasks and groups; empty looks at every benchmark's dataset and no task."""
    model: str = OURS
    """lmms-eval's model id."""
    model_args: str = ""
    """``key=value,...`` for it; without ``pretrained`` no checkpoint is looked at."""
    ranks: int = 1
    """Processes on this machine."""
    output: Path | None = None
    """Where results go; None when nobody said so."""
    thorough: bool = False
    """Look at everything: every checksum, every request, however long that takes."""

    @cached_property
    def names(self) -> list[str]:
        """The tasks, with each pattern (``streamgaze_o*``) as the names of ours that fit it."""
        known = [name for found in all_benchmarks().values() for name in found.task_names()]
        return [fit for task in self.tasks for fit in fnmatch.filter(known, task) or [task]]

    @cached_property
    def benchmarks(self) -> list[Benchmark]:
        """Those of the tasks; all of them without any."""
        found = all_benchmarks().values()
        if not self.tasks:
            return list(found)
        return [benchmark for benchmark in found if set(self.names) & set(benchmark.task_names())]

    @cached_property
    def leaves(self) -> list[tuple[Benchmark, str]]:
        """The tasks behind the names, each with its benchmark."""
        return [
            (benchmark, leaf)
            for benchmark in self.benchmarks
            for leaf in dict.fromkeys(
                leaf
                for name in self.names
                if name in benchmark.task_names()
                for leaf in benchmark.leaves(name)
            )
        ]

    @cached_property
    def arguments(self) -> dict[str, Any]:
        """The model's arguments, read as lmms-eval reads them.

        Raises:
            UsageError: a word has no value.
        """
        return dict(_pair(word) for word in _words(self.model_args) if word.strip())


def _words(text: str) -> list[str]:
    """The text cut at its commas; those in quotes and brackets are none of its own."""
    words, depth, quote = [""], 0, ""
    for letter in text:
        if letter in ("'", '"') and quote in ("", letter):
            quote = "" if quote else letter
        elif not quote:
            depth += (letter in "{[") - (letter in "}]")
            if letter == "," and depth == 0:
                words.append("")
                continue
        words[-1] += letter
    return words


def _pair(word: str) -> tuple[str, Any]:
    name, separator, text = word.strip().partition("=")
    if not separator:
        raise UsageError(f"--model-args ({word!r}) must be key=value,...")
    return name, _value(text)


def _value(text: str) -> Any:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if text.isnumeric():
        return int(text)
    try:
        return float(text)
    except ValueError:
        return text
