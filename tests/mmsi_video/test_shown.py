"""What a run must have shown is made again from the dataset, and equals what our tasks showed."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

from mmsi_video import leaderboard, prompts
from mmsi_video.builder import build
from mmsi_video.profiles import profiles
from mmsi_video.questions import read_questions
from mmsi_video.shown import shown

tiny = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "tiny_release.py")))


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """A built dataset of tiny clips."""
    folder = tmp_path_factory.mktemp("shown")
    build(tiny.make_release(folder / "release"), folder / "dataset", progress=False)
    return folder / "dataset"


def test_frames_and_hash_follow_from_setting_and_profile(dataset):
    """As the prompts' plan gives them."""
    (first, *_) = read_questions(dataset)
    board = leaderboard.board()
    said = {first.id: {"profile": "frames"}}
    fifty = shown(dataset, board.setting("mmsi_video_u50"), said)[first.id]
    assert fifty["frame_indices"] == [list(range(clip.frame_count)) for clip in first.clips]
    form = profiles()["frames"]
    plan = prompts.plan(first, fifty["frame_indices"], form)
    assert fifty["message_hash"] == prompts.message_hash(plan, first, form, max_frames=50)


@pytest.mark.parametrize("profile", ["no profile of ours", None, 7])
def test_an_unknown_form_has_frames_and_no_hash(dataset, profile):
    """The setting fixes the frames; a hash that cannot be made again is not claimed."""
    (first, *_) = read_questions(dataset)
    setting = leaderboard.board().setting("mmsi_video_u50")
    found = shown(dataset, setting, {first.id: {"profile": profile}, "question_9999": {}})
    assert found.keys() == {first.id}
    assert found[first.id].keys() == {"frame_indices"}


def test_native_videos_have_no_frames(dataset):
    """The model takes them itself; a form of single frames is none of that setting."""
    (first, *_) = read_questions(dataset)
    setting = leaderboard.board().setting("mmsi_video_native")
    assert shown(dataset, setting, {first.id: {"profile": "frames"}}) == {first.id: {}}
