"""What benchmarks declare, and how a run's benchmark is told."""

from __future__ import annotations

import pytest

from sightline.benchmarks import all_benchmarks, benchmark, benchmark_of
from sightline.errors import UsageError


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("20260101_samples_mmsi_video.jsonl", "", "mmsi-video"),
        ("20260101_samples_streamgaze_text_oie.jsonl", "", "streamgaze"),
        ("answers.jsonl", '{"mmsi_video_accuracy": {}}', "mmsi-video"),
        ("answers.jsonl", '{"streamgaze_accuracy": {}}', "streamgaze"),
        ("past_scene_recall_output.json", "[]", "streamgaze"),
    ],
)
def test_a_file_tells_its_benchmark(tmp_path, name, text, expected):
    """By its name, which has the task, or by the metric in its first lines."""
    path = tmp_path / name
    path.write_text(text)
    assert benchmark_of(path).name == expected


def test_a_folder_tells_its_benchmark(tmp_path):
    """By the names of the files in it."""
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "proactive_gaze_triggered_alert_output.json").write_text("[]")
    assert benchmark_of(tmp_path).name == "streamgaze"


def test_nothing_tells(tmp_path):
    """Then the user must."""
    path = tmp_path / "answers.jsonl"
    path.write_text("{}\n")
    with pytest.raises(UsageError, match="does not tell which benchmark") as caught:
        benchmark_of(path)
    assert "add --benchmark with one of: mmsi-video, streamgaze" in str(caught.value)


@pytest.mark.parametrize("name", ["mmsi-video", "streamgaze"])
def test_the_dataset_tells(tmp_path, name):
    """Bare answers are of the benchmark whose dataset they are scored with."""
    path = tmp_path / "answers.jsonl"
    path.write_text("{}\n")
    (tmp_path / "build.json").write_text(f'{{"benchmark": "{name}"}}')
    assert benchmark_of(path, tmp_path).name == name


@pytest.mark.parametrize("record", ["[]", "{", '{"benchmark": 3}', '{"benchmark": "other"}', None])
def test_a_dataset_that_tells_nothing(tmp_path, record):
    """Whatever is wrong with it, the user is asked."""
    path = tmp_path / "answers.jsonl"
    path.write_text("{}\n")
    if record is not None:
        (tmp_path / "build.json").write_text(record)
    with pytest.raises(UsageError, match="add --benchmark"):
        benchmark_of(path, tmp_path)


def test_task_names_of_a_benchmark():
    """Those it lists come first; a benchmark without a table has no others."""
    plain, table = benchmark("mmsi-video"), benchmark("streamgaze")
    assert plain.task_names() == tuple(plain.tasks)
    assert plain.entries() == {}
    assert table.task_names()[: len(table.tasks)] == tuple(table.tasks)
    assert set(table.task_names()) == set(table.entries())


def test_tasks_behind_a_name():
    """Groups are followed down; a task is its own."""
    table = benchmark("streamgaze")
    assert len(table.leaves("streamgaze")) == 10
    assert table.leaves("streamgaze_proactive") == ("streamgaze_gta", "streamgaze_oaa")
    assert table.leaves("streamgaze_oie") == ("streamgaze_oie",)
    assert benchmark("mmsi-video").leaves("mmsi_video") == ("mmsi_video",)


def test_no_two_benchmarks_share_a_name():
    """A task is told by its name alone."""
    names = [name for found in all_benchmarks().values() for name in found.task_names()]
    assert len(set(names)) == len(names)
