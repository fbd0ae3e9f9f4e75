"""What a benchmark offers to the tools, and how the tools find it.

`sightline` knows no benchmark: each one declares an entry point in the group
``sightline.benchmarks`` that names a :class:`Benchmark`. Everything in it that is heavy is named
as ``"package.module:function"`` and imported only when it is called.
"""

from __future__ import annotations

import importlib
import json
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from itertools import islice
from typing import TYPE_CHECKING, Any

from sightline.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

GROUP = "sightline.benchmarks"
_FIRST_CHARACTERS = 65_536
_FIRST_FILES = 1_000


@dataclass(frozen=True)
class Benchmark:
    """One benchmark, as the command line and the plugin see it."""

    name: str
    """What users type after a command: ``mmsi-video``."""
    title: str
    """The name in tables: ``MMSI-Video-Bench``."""
    package: str
    """Import name; ``<package>/tasks`` holds its lmms-eval tasks."""
    dataset_variable: str
    """Environment variable that says where the built dataset is."""
    release: str
    """The authors' release on the Hub, ``org/name`` or ``org/name@revision``."""
    tasks: Mapping[str, str]
    """Task name -> one line that says what it measures."""
    make_sample: str
    """``module:function(out: Path, *, seed: int, variant: str) -> None``."""
    sample_variants: tuple[str, ...]
    """Names that make_sample takes; the first is the default."""
    check: str
    """``module:function(release: str) -> report``: verify a release and write nothing."""
    build: str
    """``module:function(release: str, out: Path, *, skip_broken: bool) -> report``."""
    score: str
    """``module:function(responses: Path, *, dataset: Path | None) -> report``, plain JSON types."""
    render: str
    """``module:function(report) -> str``: the terminal table of a report."""
    task_entries: str = ""
    """``module:function() -> {name: configuration}``: tasks and groups that are written as a table
    and not as one YAML file each; empty when ``<package>/tasks/*.yaml`` are all."""
    describe: str = ""
    """``module:function(doc: Mapping) -> sightline.engine.jobs.Asked | None``: what a document of
    its tasks asks, cheaply; None for a broken one. Empty: its answers are never used again."""
    prepare: str = ""
    """``module:function(tasks: Sequence[str], store: FrameStore, *, workers: int, dry_run: bool,
    progress: Progress) -> sightline.preparing.PrepareReport``: get the media of its tasks ready,
    none of them groups. Empty: there is nothing to do ahead."""
    dataset_rules: str = ""
    """``module:function() -> sightline.dataset_rules.DatasetRules``: what its datasets must be, and
    what their cards say. Empty: its datasets can be neither checked nor published."""
    leaderboard: str = ""
    """``module:function() -> sightline.leaderboard.board.Board``: what its leaderboard must know.
    Empty: runs of it can be neither submitted nor compared."""
    build_flags: Mapping[str, str] = field(default_factory=dict)
    """Further switches of check and build, keyword -> help: ``--no-gaze-recovery`` and so on."""
    commands: Mapping[str, str] = field(default_factory=dict)
    """Commands of its own, name -> ``module:function(subparsers) -> None``; light to import."""
    marks: tuple[str, ...] = ()
    """Words by which its responses are told, beside its name: those of the authors' files."""

    def entries(self) -> dict[str, dict[str, Any]]:
        """The tasks and groups that are written as a table, name -> configuration; fresh ones.

        A group's configuration has a list under ``task``, as in lmms-eval's files.
        """
        return self.call("task_entries") if self.task_entries else {}

    def task_names(self) -> tuple[str, ...]:
        """The names of all its tasks and groups: those it lists, then the others."""
        return tuple(dict.fromkeys([*self.tasks, *self.entries()]))

    def leaves(self, name: str) -> tuple[str, ...]:
        """The tasks behind a name that may be a group's, in order."""
        entries = self.entries()
        members = entries.get(name, {}).get("task", name)
        if isinstance(members, str):
            return (name,)
        return tuple(leaf for member in members for leaf in self.leaves(member))

    def call(self, role: str, *args: Any, **options: Any) -> Any:
        """Import and call one of the functions above: ``call("build", ...)``."""
        module, _, function = getattr(self, role).partition(":")
        return getattr(importlib.import_module(module), function)(*args, **options)

    def add_commands(self, subparsers: Any) -> None:
        """Let the benchmark add its own commands to the command line."""
        for target in self.commands.values():
            module, _, function = target.partition(":")
            getattr(importlib.import_module(module), function)(subparsers)


def all_benchmarks() -> dict[str, Benchmark]:
    """Every installed benchmark by name, in alphabetical order."""
    found = {entry.name: entry.load() for entry in entry_points(group=GROUP)}
    return dict(sorted(found.items()))


def benchmark_of(responses: Path, dataset: Path | None = None) -> Benchmark:
    """The benchmark that a responses file or folder belongs to, told by the names in it.

    The file's name (lmms-eval puts the task into it) or its first lines name a task or a metric
    of the benchmark, which start with the benchmark's name; of a folder the names of the files in
    it. Where nothing in the responses tells, the dataset does that they are to be scored with.

    Args:
        responses: a file or folder.
        dataset: the built dataset that the user named; None without one.

    Raises:
        UsageError: nothing tells, and there are several benchmarks.
    """
    known = all_benchmarks()
    told = responses.name
    if responses.is_file():
        with responses.open(encoding="utf-8", errors="replace") as lines:
            told += lines.read(_FIRST_CHARACTERS)
    elif responses.is_dir():
        told += "\n".join(path.name for path in islice(responses.rglob("*"), _FIRST_FILES))
    found = [b for b in known.values() if any(mark in told for mark in _marks(b))]
    built = _built_for(dataset)
    if len(found) != 1 and built in known:
        return known[built]
    found = found or list(known.values())
    if len(found) == 1:
        return found[0]
    raise UsageError(
        f"{responses} does not tell which benchmark it belongs to",
        next_step=f"add --benchmark with one of: {', '.join(known)}",
    )


def _built_for(dataset: Path | None) -> str | None:
    """The benchmark that a dataset's build.json names; None when there is none to read."""
    if dataset is None:
        return None
    try:
        record = json.loads((dataset / "build.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):  # the scorer says what is wrong with the dataset
        return None
    name = record.get("benchmark") if isinstance(record, dict) else None
    return name if isinstance(name, str) else None


def _marks(benchmark: Benchmark) -> tuple[str, ...]:
    return benchmark.name.replace("-", "_"), *benchmark.marks


def benchmark(name: str) -> Benchmark:
    """The benchmark of that name; ``mmsi_video`` means ``mmsi-video``.

    Raises:
        UsageError: there is none; the message lists those there are.
    """
    known = all_benchmarks()
    try:
        return known[name.replace("_", "-")]
    except KeyError:
        raise UsageError(
            f"benchmark ({name!r}) must be one of: {', '.join(known) or 'none is installed'}",
            next_step="check the spelling, or reinstall with `pip install -e .`",
        ) from None
