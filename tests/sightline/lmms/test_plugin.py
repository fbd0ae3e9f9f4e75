"""Our tasks inside lmms-eval, on every path that evaluates."""

from __future__ import annotations

import inspect
import sys
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest

from sightline.benchmarks import Benchmark, all_benchmarks
from sightline.lmms import plugin, source

if find_spec("lmms_eval") is None:
    pytest.skip("needs sightline[eval]", allow_module_level=True)

OURS = "mmsi_video_native"
"""A task that upstream does not have: where it is listed, our folder is indexed."""
SHARED = "mmsi_video"
"""A task that upstream has too."""


class Manager:
    """As much of lmms-eval's TaskManager as the plugin touches."""

    def __init__(self, *args, **options):
        self.index = self.initialize_tasks(*args, **options)

    def initialize_tasks(self, include_path=None, include_defaults=True):  # noqa: FBT002 (theirs)
        """Name -> entry."""
        found = {"theirs": {"type": "task", "yaml_path": "/upstream/theirs.yaml"}}
        found[SHARED] = {"type": "task", "yaml_path": "/upstream/mmsi_video.yaml"}
        extra = {"extra": {"type": "task", "yaml_path": f"{include_path}/extra.yaml"}}
        return {**(found if include_defaults else {}), **(extra if include_path else {})}

    @property
    def task_index(self):
        """Name -> entry."""
        return self.index

    def _get_config(self, name):
        path = self.task_index[name]["yaml_path"]
        return {} if path == -1 else {"output_type": "generate_until", "metadata": path}

    def _get_task_and_group(self, folder):
        names = (path.stem for path in Path(folder).glob("*.yaml"))
        return {n: {"type": "task", "yaml_path": f"{folder}/{n}.yaml"} for n in names}

    def load_task_or_group(self, task_list=None, task_type="simple"):
        """Name -> task object."""
        del task_type
        return {name: task(name, {"version": 1.0}) for name in task_list}


def task(name, metadata):
    """A task object, as far as the plugin looks into it."""
    return SimpleNamespace(config=SimpleNamespace(task=name, metadata=metadata))


@pytest.fixture
def manager(monkeypatch):
    """A TaskManager class of its own, wrapped."""
    monkeypatch.delenv("SIGHTLINE_TASKS", raising=False)
    plugin._say_once.cache_clear()
    fresh = type("TaskManager", (Manager,), dict(vars(Manager)))
    plugin.wrap(fresh)
    return fresh


@pytest.fixture
def log(monkeypatch):
    """What lmms-eval's log was told."""
    import loguru

    lines = []
    monkeypatch.setattr(loguru.logger, "info", lines.append)
    return lines


def test_our_names_win(manager, log):
    """Ours stand in the index in place of upstream's, the others stay."""
    index = manager().index
    folder = Path(next(iter(all_benchmarks().values())).package, "tasks")
    assert str(folder / "mmsi_video.yaml") in index[SHARED]["yaml_path"]
    assert index["theirs"]["yaml_path"] == "/upstream/theirs.yaml"
    assert OURS in index
    assert len(log) == 1


def test_what_is_hidden_is_said_once(manager, log):
    """One line for a process, however many managers it makes; only upstream's names are in it."""
    manager()
    manager()
    expected = "mmsi_video run Sightline's tasks instead of lmms-eval's own (SIGHTLINE_TASKS=0 "
    assert log == [f"sightline: {expected}gives those back)"]


def test_only_the_first_rank_says_it(manager, log, monkeypatch):
    """Eight ranks need not say eight times the same."""
    monkeypatch.setenv("RANK", "3")
    manager()
    assert log == []


@pytest.mark.parametrize("value", ["0", "off", "False"])
def test_the_switch_gives_upstream_back(manager, log, monkeypatch, value):
    """Off means that nothing is changed and nothing said."""
    monkeypatch.setenv("SIGHTLINE_TASKS", value)
    assert manager().index == Manager().index
    assert log == []


@pytest.mark.parametrize(("args", "options"), [((), {}), ((None, True), {}), (("x",), {})])
def test_only_ours_can_be_indexed(manager, monkeypatch, args, options):
    """`only` leaves upstream's thousands of files unread, and keeps --include_path."""
    monkeypatch.setenv("SIGHTLINE_TASKS", "only")
    index = manager(*args, **options).index
    assert "theirs" not in index
    assert OURS in index
    assert ("extra" in index) == (args == ("x",))


def test_wrapping_twice_changes_nothing(manager):
    """Every import of lmms_eval.models asks for it."""
    before = manager.initialize_tasks
    plugin.wrap(manager)
    assert manager.initialize_tasks is before


def test_the_dataset_is_recorded_with_the_task(manager, monkeypatch):
    """Origin, revision and checksums stand in the metadata, which results.json repeats."""
    found = source.DatasetSource(Path("d"), "org/name@abc", "abc", {"questions/x.parquet": "12"})
    monkeypatch.setattr(source, "resolve", lambda _: found)
    loaded = manager().load_task_or_group([SHARED, "theirs"])
    assert loaded[SHARED].config.metadata == {
        "version": 1.0,
        "dataset": {
            "origin": "org/name@abc",
            "revision": "abc",
            "checksums": {"questions/x.parquet": "12"},
        },
    }
    assert loaded["theirs"].config.metadata == {"version": 1.0}


def test_tasks_inside_groups_are_found():
    """lmms-eval nests the tasks of a group in a dictionary of their own."""
    inner, outer = task("a", None), task("b", None)
    assert list(plugin._tasks([{"group": {"a": inner}}, outer])) == [inner, outer]


def test_a_dataset_that_is_not_there_breaks_nothing(manager, monkeypatch, caplog):
    """Loading goes on: the task itself says what is missing, when it needs it."""

    def resolve(_):
        raise OSError("no disk")

    monkeypatch.setattr(source, "resolve", resolve)
    loaded = manager().load_task_or_group([SHARED])
    assert loaded[SHARED].config.metadata == {"version": 1.0}
    assert "the dataset is not recorded in the results: OSError('no disk')" in caplog.text


def test_a_broken_benchmark_breaks_nothing(manager, monkeypatch, caplog):
    """Upstream's index comes out as it was, with a warning."""

    def broken():
        raise ImportError("half an install")

    monkeypatch.setattr(plugin, "all_benchmarks", broken)
    assert manager().index == Manager().index
    assert "our tasks are not in the index: ImportError('half an install')" in caplog.text


def test_a_task_folder_is_found_without_its_package():
    """A package that does not exist, or has no tasks, is passed over."""
    one = all_benchmarks()["mmsi-video"]
    fields = dict(vars(one))
    absent = Benchmark(**{**fields, "package": "no_such_package"})
    bare = Benchmark(**{**fields, "package": "streamgaze_task"})
    folders = plugin.task_folders([absent, bare, one])
    assert [folder.parent.name for folder in folders if (folder / "mmsi_video.yaml").is_file()] == [
        "mmsi_video"
    ]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--tasks", SHARED], ["--tasks", f"{SHARED},{SHARED}"]),
        ([f"--tasks={SHARED}", "--limit", "3"], [f"--tasks={SHARED},{SHARED}", "--limit", "3"]),
        (["--tasks", f"{SHARED},x"], ["--tasks", f"{SHARED},x"]),
        (["--tasks", "folder"], ["--tasks", "folder"]),
        (["--model", SHARED, "--tasks"], ["--model", SHARED, "--tasks"]),
    ],
    ids=["two words", "one word", "a list", "another folder", "elsewhere"],
)
def test_a_task_is_not_taken_for_a_folder(arguments, expected):
    """A name that is written twice cannot be a folder, and is still one task."""
    assert plugin.tasks_not_folders(arguments, [SHARED]) == expected


@pytest.mark.parametrize(
    ("place", "changed"),
    [
        (("/x/lmms_eval/__main__.py", "1", SHARED), True),
        (("/bin/lmms-eval", "1", SHARED), True),
        (("/bin/lmms-eval", "0", SHARED), False),
        (("/bin/lmms-eval", "1", "other"), False),
        (("/bin/pytest", "1", SHARED), False),
    ],
    ids=["python -m", "command", "switched off", "no such folder", "another program"],
)
def test_when_arguments_are_read_past_folders(tmp_path, monkeypatch, log, place, changed):
    """Only in lmms-eval's own command, and only where a folder is in the way."""
    program, switch, folder = place
    plugin._say_once.cache_clear()
    (tmp_path / folder).mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SIGHTLINE_TASKS", switch)
    monkeypatch.setattr(sys, "argv", [program, "--tasks", SHARED])
    plugin._look_past_folders()
    assert sys.argv[2] == (f"{SHARED},{SHARED}" if changed else SHARED)
    assert len(log) == changed


# Tasks that are written as a table


@pytest.fixture
def table(manager, monkeypatch):
    """A manager that sees one benchmark, whose tasks are a table: a group of a group and a task."""
    one = all_benchmarks()["mmsi-video"]
    fields = {**vars(one), "tasks": {"all": "both"}, "task_entries": f"{__name__}:entries"}
    module = type(sys)(__name__)
    module.entries = lambda: {
        "all": {"group": "all", "task": ["some", "first"], "aggregate_metric_list": []},
        "some": {"group": "some", "task": ["second"]},
        "first": {"task": "first", "metadata": {"version": 2.0}},
        "second": {"task": "second"},
    }
    monkeypatch.setitem(sys.modules, __name__, module)
    benchmark = Benchmark(**fields)
    monkeypatch.setattr(plugin, "all_benchmarks", lambda: {"one": benchmark})
    return manager()


def test_a_table_is_in_the_index(table):
    """A group is looked up by name, a task has the path of the template."""
    assert table.index["all"] | {"sightline_config": 0} == {
        "type": "group",
        "task": -1,
        "yaml_path": -1,
        "sightline_config": 0,
    }
    assert table.index["first"]["type"] == "task"
    assert table.index["first"]["yaml_path"].endswith("tasks/_default_template_yaml")
    assert OURS in table.index


def test_a_task_of_a_table_is_the_template_and_its_own_values(table):
    """What the table says of a task wins over the template; a group has no template."""
    config = table._get_config("first")
    assert config == {
        "output_type": "generate_until",
        "task": "first",
        "metadata": {"version": 2.0},
    }
    assert table._get_config("some") == {"group": "some", "task": ["second"]}
    assert table._get_config("theirs")["metadata"] == "/upstream/theirs.yaml"


def test_a_configuration_is_a_fresh_one_each_time(table):
    """lmms-eval takes configurations apart; that must not reach the table."""
    table._get_config("first")["metadata"].clear()
    assert table._get_config("first")["metadata"] == {"version": 2.0}


@pytest.mark.parametrize(
    ("asked", "left"),
    [
        (["all", "some", "first", "second"], ["all"]),
        (["first", "some"], ["first", "some"]),
        (["some", "second", "theirs"], ["some", "theirs"]),
        (["second", "second"], ["second", "second"]),
        ([{"task": "first"}, "all"], [{"task": "first"}, "all"]),
    ],
    ids=["wildcard", "no overlap", "group and member", "twice", "a configuration"],
)
def test_what_a_group_runs_is_not_run_again(table, asked, left):
    """A wildcard finds groups and their members; lmms-eval would refuse to run both."""
    assert plugin.without_members(asked, table.index) == left


def test_loading_leaves_members_out(table, monkeypatch):
    """The wrapper hands the shorter list on, however it is called."""
    monkeypatch.setattr(plugin, "_record_datasets", lambda _: None)
    assert list(table.load_task_or_group(["all", "first"])) == ["all"]
    assert list(table.load_task_or_group(task_list=["some", "second"])) == ["some"]
    monkeypatch.setenv("SIGHTLINE_TASKS", "0")
    assert list(table.load_task_or_group(["all", "first"])) == ["all", "first"]


def test_the_stand_in_has_upstreams_parameters():
    """The fake manager of this file has the signature that the canary asserts of the real one."""
    parameters = inspect.signature(Manager.initialize_tasks).parameters
    assert list(parameters) == ["self", "include_path", "include_defaults"]
