"""What a release's files and videos are, by their names and questions: which task, which source."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

from streamgaze_task.release.check import check_documents
from streamgaze_task.release.layout import kind_of_video, source_by_file, source_by_pattern
from streamgaze_task.release.records import video_id_of
from streamgaze_task.task_names import CODES

tiny = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "tiny_streamgaze.py")))

OIE = "present_object_identification_easy"


def test_the_ten_files_hold_the_ten_tasks():
    """Numbered within the task, in the order of files, entries and questions."""
    documents = {f"{name}.json": document for name, document in tiny.qa().items()}
    checked = check_documents(documents)
    assert checked.problems == []
    assert {record.task.code for record in checked.records} == set(CODES)
    ids = [record.id for record in checked.records if record.task.code == "oaa"]
    assert ids == ["oaa-0001", "oaa-0002"]
    assert [record.file for record in checked.records] == sorted(
        record.file for record in checked.records
    )


@pytest.mark.parametrize(
    ("field", "path", "name"),
    [
        ("video_path", "a.mp4", "a"),
        ("video", "a.mp4", "a"),
        ("video_path", "/home/authors/videos/a.mp4", "a"),
        ("video_path", "C:\\videos\\a.MP4", "a"),
        ("video_path", "OP03-R01.PastaSalad.mp4", "OP03-R01.PastaSalad"),
        ("video", "z001.x", "z001.x"),
    ],
)
def test_a_video_is_known_by_its_base_name(field, path, name):
    """Under either field, with any folder in front."""
    entry = tiny.entry("a", tiny.question(OIE))
    del entry["video_path"]
    checked = check_documents({f"{OIE}.json": [{**entry, field: path}]})
    assert [(r.video_id, r.video_field) for r in checked.records] == [(name, field)]


def test_an_unknown_file_is_read_where_its_questions_say_their_task():
    """By their words, by test points, or by the pipeline's task_type."""
    questions = [
        tiny.question("past_scene_recall"),
        tiny.question(OIE, question="Hm?", task_type="Object_Attribute"),
    ]
    document = [tiny.entry("a", *questions), tiny.entry("a", tiny.alert())]
    checked = check_documents({"new.json": document})
    assert [(r.task.code, r.told_by) for r in checked.records] == [
        ("sr", "text"), ("oar", "task_type"), ("gta", "text"),
    ]  # fmt: skip
    assert checked.problems == []


def test_an_unknown_file_that_tells_nothing_is_one_problem():
    """With the names that are known; it can be skipped as a whole."""
    document = [tiny.entry("a", tiny.question(OIE)) for _ in range(3)]
    (problem,) = check_documents({"new.json": document}).problems
    assert problem.where == problem.sample == "new.json"
    assert "must be one of the task files (past_non_fixated_object_identification," in str(problem)
    assert "but none of its 3 questions does" in str(problem)


def test_single_questions_of_an_unknown_file_that_tell_nothing_are_told_alone():
    """The others are used."""
    document = [tiny.entry("a", tiny.question("past_scene_recall"), tiny.question(OIE))]
    checked = check_documents({"new.json": document})
    assert [record.id for record in checked.records] == ["sr-0001"]
    (problem,) = checked.problems
    assert problem.sample == problem.where == "new.json[0].questions[1]"
    assert "must be a question whose words tell the task" in str(problem)


@pytest.mark.parametrize(
    ("archive", "member", "kind"),
    [
        ("videos/videos_egtea_original.tar.gz", "a.mp4", "original"),
        ("videos/videos_egtea_viz.tar.gz", "a.mp4", "overlay"),
        ("videos/videos_egtea.tar.gz", "gaze_viz_video/a.mp4", "overlay"),
        ("videos/videos_viz.tar.gz", "x/original_video/a.mp4", "original"),
        ("", "dataset/videos/gaze_viz_video/a.mp4", "overlay"),
        ("", "videos/original_video/viz.mp4", "original"),
        ("videos/all.tar", "a.mp4", "original"),
    ],
)
def test_folder_or_archive_tell_what_a_video_is(archive, member, kind):
    """The folder first; without a word it is a clean one."""
    assert kind_of_video(archive, member) == kind


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("OP03-R01-PastaSalad", "egtea"),
        ("P10-R01-Pizza", "egtea"),
        ("0b5e9a04-7d4e-4b57-9c7c-2f2f4b1f7a10", "egoexolearn"),
        ("z143-june-21-22-trebuchet", "holoassist"),
        ("R007-7July-DSLR", "holoassist"),
        ("kitchen", None),
        ("Pizza", None),
    ],
)
def test_a_name_tells_where_a_video_comes_from(name, source):
    """As the three sources call their recordings."""
    assert source_by_pattern(name) == source


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("videos/videos_egtea_viz.tar.gz", "egtea"),
        ("metadata/egoexo.csv", "egoexolearn"),
        ("metadata/egoexolearn.csv", "egoexolearn"),
        ("videos_HoloAssist_original.tar", "holoassist"),
        ("metadata/total.csv", None),
    ],
)
def test_archives_and_tables_tell_it_too(name, source):
    """The pipeline says egoexo, the release egoexolearn."""
    assert source_by_file(name) == source


def test_the_name_of_a_video_has_no_folder_and_no_suffix():
    """Only the mp4's own suffix goes."""
    assert video_id_of("x/y.z/a.b.mp4") == "a.b"
