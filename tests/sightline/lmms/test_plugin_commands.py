"""Our tasks on every path that starts lmms-eval, each in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

if find_spec("lmms_eval") is None:
    pytest.skip("needs sightline[eval]", allow_module_level=True)


OURS = "mmsi_video_native"
"""A task that upstream does not have: where it is listed, our folder is indexed."""
SHARED = "mmsi_video"
"""A task that upstream has too."""


def test_finding_the_tasks_imports_nothing_heavy():
    """What runs inside `import lmms_eval.models` stays light, tables included."""
    code = (
        "import sys; from sightline.lmms import plugin; plugin.install();"
        "from sightline.benchmarks import all_benchmarks; found = all_benchmarks().values();"
        "print(len(plugin.task_folders(found)) == len(found));"
        "[plugin.table_entries(one, plugin.task_folders([one])[0]) for one in found];"
        "heavy = {'torch', 'datasets', 'transformers', 'lmms_eval', 'pyarrow', 'av', 'numpy'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    assert run([sys.executable, "-c", code]).splitlines() == ["True", "[]"]


def run(command, **environment):
    """Output of a command, both streams; it must end with status 0."""
    done = subprocess.run(
        command,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=1800,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def script(name):
    """A command that pip installed beside this Python."""
    return str(Path(sys.executable).with_name(name))


ACCELERATE = ["launch", "--multi_gpu", "--num_processes", "2", "--num_machines", "1"]
ACCELERATE += ["--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", "0"]
COMMANDS = {
    "python -m lmms_eval": [sys.executable, "-m", "lmms_eval"],
    "lmms-eval": [script("lmms-eval")],
    "lmms-eval eval": [script("lmms-eval"), "eval"],
    "accelerate launch": [script("accelerate"), *ACCELERATE, "-m", "lmms_eval"],
    "torchrun": [script("torchrun"), "--nproc_per_node", "2", "-m", "lmms_eval"],
}


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_sees_our_tasks(name):
    """The task index of each command that evaluates holds our folder, in every rank."""
    pytest.importorskip("lmms_eval", reason="needs sightline[eval]")
    several = name in ("accelerate launch", "torchrun")
    # Two ranks that read thousands of files each would only take time.
    switch = {"SIGHTLINE_TASKS": "only"} if several else {}
    output = run([*COMMANDS[name], "--tasks", "list"], ACCELERATE_USE_CPU="true", **switch)
    assert output.count(f"- {OURS}\n") == (2 if several else 1)
    said = output.count("run Sightline's tasks instead of lmms-eval's own")
    assert said == (0 if several else 1)


@pytest.mark.slow
def test_the_switch_gives_upstreams_tasks_back():
    """With SIGHTLINE_TASKS=0 our own names are gone, and nothing is said."""
    pytest.importorskip("lmms_eval", reason="needs sightline[eval]")
    output = run([*COMMANDS["python -m lmms_eval"], "--tasks", "list"], SIGHTLINE_TASKS="0")
    assert f"- {OURS}\n" not in output
    assert f"- {SHARED}\n" in output
    assert "Sightline" not in output


INDEX = """
import os, sys
{first}
from lmms_eval.evaluator import TaskManager, simple_evaluate
for switch in ("only", "0"):
    os.environ["SIGHTLINE_TASKS"] = switch
    print("PLACE", TaskManager().task_index["mmsi_video"]["yaml_path"])
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "first", ["", "import lmms_eval.tasks"], ids=["simple_evaluate", "tasks imported first"]
)
def test_python_callers_see_our_tasks(first):
    """simple_evaluate's own TaskManager reads our file; switched off, upstream's."""
    pytest.importorskip("lmms_eval", reason="needs sightline[eval]")
    output = run([sys.executable, "-c", INDEX.format(first=first)])
    ours, theirs = (line for line in output.splitlines() if line.startswith("PLACE"))
    assert "lmms_eval" not in ours
    assert ours.endswith("mmsi_video/tasks/mmsi_video.yaml")
    assert "lmms_eval/tasks/" in theirs


@pytest.mark.slow
def test_what_we_rely_on_in_lmms_eval_is_still_there():
    """Canary: the names and forms inside lmms-eval that the plugin and the model build on."""
    pytest.importorskip("lmms_eval", reason="needs sightline[eval]")
    code = (
        "import inspect, lmms_eval.models as models, lmms_eval.tasks as tasks;"
        "from lmms_eval.api.model import lmms;"
        "from lmms_eval.api.instance import GenerationResult, Instance, TokenCounts;"
        "from lmms_eval.models.registry_v2 import ModelManifest, ModelRegistryV2;"
        "manager = tasks.TaskManager;"
        "print(list(inspect.signature(inspect.unwrap(manager.initialize_tasks)).parameters));"
        "print(list(inspect.signature(manager._get_task_and_group).parameters));"
        "print(list(inspect.signature(inspect.unwrap(manager.load_task_or_group)).parameters));"
        "print(list(inspect.signature(inspect.unwrap(manager._get_config)).parameters));"
        "lines = inspect.getsource(manager._load_individual_task_or_group);"
        "print([lines.count(line) for line in ('if subtask_list == -1:',"
        " 'group_config = self._get_config(name_or_config)',"
        " 'task_config = self._get_config(name_or_config)')]);"
        "load = inspect.signature(ModelRegistryV2.load_entrypoint_manifests);"
        "print(load.parameters['group'].default);"
        "print(list(inspect.signature(ModelManifest).parameters));"
        "print(models.get_model('sightline_openai').__name__);"
        "print(models.get_model('sightline').__name__, lmms.is_simple)"
    )
    lines = run([sys.executable, "-W", "ignore", "-c", code]).splitlines()[-9:]
    assert lines == [
        "['self', 'include_path', 'include_defaults']",
        "['self', 'task_dir']",
        "['self', 'task_list', 'task_type']",
        "['self', 'name']",
        "[1, 1, 1]",
        "lmms_eval.models",
        "['model_id', 'simple_class_path', 'chat_class_path', 'aliases']",
        "SightlineOpenAI",
        "SightlineModel True",
    ]
