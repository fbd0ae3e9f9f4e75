"""Importing is free: no file opened, nothing logged, no environment read, no heavy library."""

from __future__ import annotations

import subprocess
import sys

import pytest

LIGHT = (
    "sightline",
    "sightline.cli",
    "sightline.benchmarks",
    "sightline.errors",
    "sightline.records",
    "sightline.choices",
    "sightline.sampling",
    "sightline.accuracy",
    "sightline.lmms",
    "sightline.lmms.plugin",
    "sightline.lmms.source",
    "mmsi_video",
    "mmsi_video.benchmark",
    "mmsi_video.categories",
    "mmsi_video.schema",
    "mmsi_video.prompts",
    "mmsi_video.scoring",
    "sightline.building",
    "sightline.fields",
    "streamgaze_task",
    "streamgaze_task.benchmark",
    "streamgaze_task.tasks.table",
    "streamgaze_task.task_names",
    "streamgaze_task.timestamps",
    "streamgaze_task.schema",
    "streamgaze_task.prompts",
    "streamgaze_task.scoring",
    "streamgaze_task.summary",
    "streamgaze_task.gaze",
    "streamgaze_task.gaze_command",
    "sightline.findings",
    "sightline.wording",
    "sightline.media_choice",
    "sightline.dataset_rules",
    "sightline.checking.command",
    "sightline.publishing.command",
    "sightline.publishing.plan",
    "sightline.leaderboard.board",
    "sightline.leaderboard.records",
    "sightline.leaderboard.command",
    "sightline.leaderboard.submission.submit_command",
    "sightline.leaderboard.exports.export_command",
    "sightline.leaderboard.site.ranking",
    "sightline.comparing.compare_command",
    "sightline.comparing.report_command",
)
HEAVY = ("torch", "datasets", "transformers", "accelerate", "lmms_eval", "pyarrow", "av", "PIL")

WATCH = """
import importlib, os, sys

OURS = ("sightline", "mmsi_video", "streamgaze_task")
CODE = (".py", ".pyc", ".so", ".pth")
opened, read = [], []

def watch_open(event, args):
    if event == "open" and isinstance(args[0], str) and not args[0].endswith(CODE):
        if "__pycache__" not in args[0]:
            opened.append(args[0])

class Watched(type(os.environ)):
    def __getitem__(self, key):
        frame = sys._getframe(1)
        while frame.f_globals.get("__name__") in ("os", "_collections_abc"):
            frame = frame.f_back
        if frame.f_globals.get("__name__", "").startswith(OURS):
            read.append(key)
        return super().__getitem__(key)

sys.addaudithook(watch_open)
os.environ.__class__ = Watched
importlib.import_module(sys.argv[1])
print("opened", opened)
print("read", read)
print("heavy", sorted({name.split(".")[0] for name in sys.modules} & set(sys.argv[2].split(","))))
"""


@pytest.mark.parametrize("module", LIGHT)
def test_importing_a_module_opens_reads_and_logs_nothing(module):
    """A fresh interpreter that imports the module does nothing else that one could see."""
    command = [sys.executable, "-c", WATCH, module, ",".join(HEAVY)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["opened []", "read []", "heavy []"]
    assert done.stderr == ""
