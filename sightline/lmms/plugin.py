"""What lmms-eval calls while it builds its model registry: our models and, through it, our tasks.

lmms-eval 0.7 has an entry point for models only. Entry points are loaded while
``lmms_eval.models`` is imported, and every path that evaluates imports that before it makes a
``TaskManager``, so this is where the task index can be completed: by wrappers around three of
``TaskManager``'s methods, put on as soon as ``lmms_eval.tasks`` has been imported.

A benchmark's tasks are YAML files, or a table over one template, see
:mod:`sightline.lmms.task_table`.

Deliberate: nothing here raises into lmms-eval (one bad entry point would hide all others), nothing
heavy is imported, and the environment is read when tasks are looked up, not on import.
"""

from __future__ import annotations

import functools
import importlib.abc
import importlib.util
import inspect
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.benchmarks import Benchmark, all_benchmarks
from sightline.lmms.secrets import hide_tokens
from sightline.lmms.task_table import own_config, table_entries, without_members

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

SWITCH = "SIGHTLINE_TASKS"
"""Environment variable: ``0`` leaves lmms-eval's own tasks alone, ``only`` indexes nothing but
ours (and --include_path), which saves reading upstream's thousands of YAML files."""

HOST_MODULE = "lmms_eval.tasks"
MODELS = {
    "sightline": "sightline.lmms.model.SightlineModel",
    "sightline_openai": "sightline.lmms.openai_model.SightlineOpenAI",
}
"""Our ``--model`` ids -> their chat classes, imported by lmms-eval when one is chosen."""

_OFF = ("0", "false", "off", "no")
_MARK = "_sightline_wrapped"
_log = logging.getLogger(__name__)


def register() -> list[Any]:
    """The payload of the entry point: our model manifests.

    Also makes our tasks visible, see the module's docstring, and hides tokens from the log.
    """
    try:
        hide_tokens()
        install()
        _look_past_folders()
    except Exception as error:  # noqa: BLE001 (a plugin must never break `import lmms_eval.models`)
        _warn(f"our tasks are not registered: {error!r}")
    from lmms_eval.models.registry_v2 import ModelManifest  # noqa: PLC0415 (being imported by it)

    return [ModelManifest(model_id=name, chat_class_path=place) for name, place in MODELS.items()]


def install() -> None:
    """Wrap TaskManager now, or as soon as its module has been imported."""
    module = sys.modules.get(HOST_MODULE)
    if module is not None and hasattr(module, "TaskManager"):
        wrap(module.TaskManager)
    elif not any(isinstance(finder, _AfterImport) for finder in sys.meta_path):
        sys.meta_path.insert(0, _AfterImport())


def wrap(manager: type[Any]) -> None:
    """Let our task folders win in the task index, and record the dataset with each of our tasks.

    Relies on three methods of lmms-eval's TaskManager: ``initialize_tasks`` (returns the index:
    task name -> ``{"type", "yaml_path", ...}``), ``_get_config`` (name -> the configuration in
    its file, nothing where the path is -1) and ``load_task_or_group`` (list of names -> the task
    objects, nested by group).

    Args:
        manager: the TaskManager class; a second call on it does nothing.
    """
    if getattr(manager, _MARK, False):
        return
    index_tasks, load_tasks = manager.initialize_tasks, manager.load_task_or_group
    read_config = manager._get_config  # noqa: SLF001 (one of the three)

    @functools.wraps(index_tasks)
    def initialize_tasks(self: Any, *args: Any, **options: Any) -> dict[str, Any]:
        switch = _switch()
        call = inspect.signature(index_tasks).bind(self, *args, **options)
        if switch == "only":
            call.arguments["include_defaults"] = False
        index: dict[str, Any] = index_tasks(*call.args, **call.kwargs)
        return index if switch in _OFF else _with_ours(self, index)

    @functools.wraps(read_config)
    def _get_config(self: Any, name: str) -> dict[str, Any]:
        config: dict[str, Any] = read_config(self, name)
        return {**config, **own_config(self.task_index[name])}

    @functools.wraps(load_tasks)
    def load_task_or_group(self: Any, *args: Any, **options: Any) -> dict[Any, Any]:
        if _switch() in _OFF:
            return dict(load_tasks(self, *args, **options))
        call = inspect.signature(load_tasks).bind(self, *args, **options)
        names = call.arguments.get("task_list")
        if isinstance(names, list):
            call.arguments["task_list"] = without_members(names, self.task_index)
        loaded: dict[Any, Any] = load_tasks(*call.args, **call.kwargs)
        _record_datasets(loaded)
        return loaded

    manager.initialize_tasks = initialize_tasks
    manager._get_config = _get_config  # noqa: SLF001
    manager.load_task_or_group = load_task_or_group
    setattr(manager, _MARK, True)


def task_folders(benchmarks: Iterable[Benchmark]) -> list[Path]:
    """The task folder of each benchmark that has one, found without importing its package."""
    found = []
    for benchmark in benchmarks:
        spec = importlib.util.find_spec(benchmark.package)
        for location in (spec.submodule_search_locations or ()) if spec else ():
            folder = Path(location) / "tasks"
            if folder.is_dir():
                found.append(folder)
    return found


def tasks_not_folders(arguments: Sequence[str], names: Collection[str]) -> list[str]:
    """lmms-eval's arguments with ``--tasks NAME`` as ``NAME,NAME``, for the names given.

    lmms-eval takes ``--tasks mmsi_video`` for a folder of YAML files when there is a folder of
    that name, as there is in a clone of this project, and then finds no task. A list of names is
    never a folder, and a name that stands twice is run once.
    """
    changed = list(arguments)
    for place, word in enumerate(changed):
        flag, separator, value = word.partition("=")
        if separator and flag == "--tasks" and value in names:
            changed[place] = f"{word},{value}"
        elif place and changed[place - 1] == "--tasks" and word in names:
            changed[place] = f"{word},{word}"
    return changed


def _look_past_folders() -> None:
    """Apply :func:`tasks_not_folders` where it matters: lmms-eval has yet to read sys.argv."""
    program = Path(sys.argv[0]) if sys.argv else Path()
    is_host = program.name.startswith("lmms-eval") or program.parent.name == "lmms_eval"
    if not is_host or _switch() in _OFF:
        return
    ours = [name for benchmark in all_benchmarks().values() for name in benchmark.task_names()]
    changed = tasks_not_folders(sys.argv, [name for name in ours if Path(name).is_dir()])
    if changed != sys.argv:
        sys.argv[:] = changed
        _say_once("sightline: --tasks names the task, not the folder of that name here")


def _switch() -> str:
    return os.environ.get(SWITCH, "1").lower()


def _with_ours(manager: Any, index: dict[str, Any]) -> dict[str, Any]:
    """The index with our tasks on top. On any trouble: the index as it was, and a warning."""
    try:
        ours: dict[str, Any] = {}
        for benchmark in all_benchmarks().values():
            for folder in task_folders([benchmark]):
                ours.update(manager._get_task_and_group(str(folder)))  # noqa: SLF001 (upstream's)
                ours.update(table_entries(benchmark, folder))
    except Exception as error:  # noqa: BLE001 (a plugin must never break lmms-eval)
        _warn(f"our tasks are not in the index: {error!r}")
        return index
    hidden = sorted(
        name for name in ours if name in index and _place(index[name]) != _place(ours[name])
    )
    if hidden:
        _say_once(
            f"sightline: {', '.join(hidden)} run Sightline's tasks instead of lmms-eval's own "
            f"({SWITCH}=0 gives those back)"
        )
    return {**index, **ours}


def _place(entry: Mapping[str, Any]) -> str:
    return str(entry.get("yaml_path"))


def _record_datasets(loaded: Mapping[Any, Any]) -> None:
    """Put which dataset a task reads into its metadata, and so into results.json."""
    try:
        benchmarks = list(all_benchmarks().values())
        for task in _tasks(loaded.values()):
            _record_dataset(task, benchmarks)
    except Exception as error:  # noqa: BLE001 (a plugin must never break lmms-eval)
        _warn(f"the dataset is not recorded in the results: {error!r}")


def _record_dataset(task: Any, benchmarks: Sequence[Benchmark]) -> None:
    from sightline.lmms import source  # noqa: PLC0415 (only when tasks are loaded)

    for benchmark in benchmarks:
        if task.config.task in benchmark.task_names():
            metadata = task.config.metadata if isinstance(task.config.metadata, dict) else {}
            task.config.metadata = {**metadata, "dataset": source.resolve(benchmark).as_dict()}


def _tasks(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, dict):
            yield from _tasks(value.values())
        elif hasattr(value, "config"):
            yield value


def _is_main_rank() -> bool:
    return os.environ.get("RANK", "0") == "0"


@functools.cache
def _say_once(message: str) -> None:
    if _is_main_rank():
        from loguru import logger  # noqa: PLC0415 (lmms-eval's own log; it is there by now)

        logger.info(message)


def _warn(message: str) -> None:
    _log.warning("sightline: %s", message)


class _AfterImport(importlib.abc.MetaPathFinder):
    """Wraps TaskManager right after ``lmms_eval.tasks`` was imported, then is gone."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        if fullname != HOST_MODULE:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            try:
                wrap(module.TaskManager)
            except Exception as error:  # noqa: BLE001 (must never break lmms-eval's import)
                _warn(f"our tasks are not registered: {error!r}")

        spec.loader.exec_module = exec_module  # type: ignore[method-assign] # this one spec only
        return spec
