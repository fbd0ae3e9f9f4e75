"""Whose recording a clip is, by its path, and the table of sources."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmsi_video.sources import source_of_path, sources
from sightline.dataset_rules import UNKNOWN_SOURCE


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("media/videos/scannet/scene0000_00.mp4", "scannet"),
        ("scannet_scene0000_00", "scannet"),
        ("media/videos/ScanNetV2/scene.mp4", "scannet"),
        ("media/videos/scannetpp/0a5c013435.mp4", "scannet++"),
        ("media/videos/ScanNet++/0a5c013435.mp4", "scannet++"),
        ("media/videos/scannet_pp/0a5c.mp4", "scannet++"),
        ("media/videos/EPIC_KITCHENS/P01_01.mp4", "epic-kitchens"),
        ("media/videos/epic-kitchens-100/P01_101.mp4", "epic-kitchens"),
        ("media/videos/nuScenes/scene-0061.mp4", "nuscenes"),
        ("media/videos/droid/AUTOLab.mp4", "droid"),
        ("media/videos/DL3DV-10K/1K/abc.mp4", "dl3dv"),
        ("media/videos/egoexolearn/a.mp4", "egoexolearn"),
        ("media/videos/real_world/room.mp4", "realworld"),
    ],
)
def test_a_path_tells_its_source(path, source):
    """By whole words, in any case and with any separator."""
    assert source_of_path(path) == source


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "media/videos/rooms/tour_00.mp4",
        "media/videos/scannet200/scene.mp4",
        "media/videos/myscannet/scene.mp4",
        "media/videos/java/clip.mp4",
        "media/videos/androids/clip.mp4",
        "media/videos/scannet/3rscan/clip.mp4",
        "media/videos/ego4d_egoexolearn/clip.mp4",
        "media/videos/scannet/scannetpp/clip.mp4",
        "media/videos/epic/kitchens.mp4",
    ],
)
def test_a_path_that_does_not_tell_is_of_an_unknown_source(path):
    """Parts of words tell nothing, and two sources are none."""
    assert source_of_path(path) == UNKNOWN_SOURCE


def test_no_world_of_the_sample_release_is_taken_for_a_real_source(sample_paths):
    """They are drawn by us, which nothing in a dataset tells."""
    assert {source_of_path(path) for path in sample_paths} == {UNKNOWN_SOURCE}


@pytest.fixture
def sample_paths():
    """The paths of all clips of the sample release."""
    from mmsi_video.rendering.records import questions

    return [clip.key for question in questions(0) for clip in question.draft.clips]


@given(st.text(max_size=80))
def test_any_path_has_an_answer(path):
    """Whatever the release calls its files."""
    names = {source.name for source in sources()} | {UNKNOWN_SOURCE}
    assert source_of_path(path) in names


def test_every_source_is_found_by_each_of_its_words():
    """So no word belongs to two sources, and none is hidden by another."""
    entries = json.loads((files("mmsi_video") / "data" / "sources.json").read_text("utf-8"))
    for entry in entries["sources"]:
        for word in entry["words"]:
            assert source_of_path(f"media/videos/{word}/a.mp4") == entry["name"]
            assert source_of_path(f"{word}_0001_part") == entry["name"]


def test_the_table_says_where_it_was_read():
    """The paper's 26, each with terms; what may be passed on was read at an address."""
    entries = json.loads((files("mmsi_video") / "data" / "sources.json").read_text("utf-8"))
    assert [entry["name"] for entry in entries["sources"]] == [one.name for one in sources()]
    assert len({one.name for one in sources()}) == len(sources()) == 26
    for entry in entries["sources"]:
        assert entry["redistribution"] in ("allowed", "agreement", "not known")
        assert entry["origin"]
        assert entry["terms"]
        if entry["redistribution"] != "not known":
            assert entry["checked"]
            assert entry["url"].startswith("https://")


def test_nothing_is_allowed_that_people_must_sign_for():
    """The sources of which it is known that their owners hand them out themselves."""
    held = {one.name: one.redistribution for one in sources()}
    for name in ("scannet", "scannet++", "waymo", "nuscenes", "ego4d"):
        assert held[name] == "agreement"
