"""StreamGaze as the command line and the lmms-eval plugin see it."""

from __future__ import annotations

from sightline.benchmarks import Benchmark
from streamgaze_task.task_names import TASKS
from streamgaze_task.tasks.table import task_lines

BENCHMARK = Benchmark(
    name="streamgaze",
    title="StreamGaze",
    package="streamgaze_task",
    dataset_variable="STREAMGAZE_DATASET",
    release="danaleee/StreamGaze",
    tasks=task_lines(),
    task_entries="streamgaze_task.tasks.table:entries",
    make_sample="streamgaze_task.sample_release:make_sample",
    sample_variants=("official", "unpacked"),
    check="streamgaze_task.builder:check",
    build="streamgaze_task.builder:build",
    build_flags={
        "no_gaze_recovery": "do not read the gaze from the overlay videos where the release has no "
        "gaze table: a much faster build, without text and salience prompts",
    },
    score="streamgaze_task.summary:score_file",
    render="streamgaze_task.summary:render",
    describe="streamgaze_task.tasks.hooks:describe",
    prepare="streamgaze_task.prepare:prepare",
    dataset_rules="streamgaze_task.dataset_rules:rules",
    leaderboard="streamgaze_task.leaderboard:board",
    commands={"gaze": "streamgaze_task.gaze_command:add"},
    marks=tuple(task.file for task in TASKS),
)
