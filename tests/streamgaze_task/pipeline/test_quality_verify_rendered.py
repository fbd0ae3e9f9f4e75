"""The verifier with the reader of rendered pictures: right keys pass, wrong ones do not."""

import runpy
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from streamgaze_task.cameras import Camera
from streamgaze_task.gaze import GazeTable
from streamgaze_task.pipeline.labelling.log import AnswerLog
from streamgaze_task.pipeline.quality.settings import QualitySettings
from streamgaze_task.pipeline.quality.verify import CONFIRMED, verify_questions
from streamgaze_task.pipeline.records import Question
from streamgaze_task.rendering.kinds import COLOURS, KINDS
from streamgaze_task.rendering.media import mp4
from streamgaze_task.rendering.painter import Painter
from streamgaze_task.rendering.reading_labeller import RenderedLabeller
from streamgaze_task.rendering.videos import VIDEOS

_CLIP = runpy.run_path(str(Path(__file__).with_name("rendered_clip.py")))
_VIDEO, _SCRIPT = _CLIP["PLACES"][VIDEOS[1].video_id]
_FPS, _STILL = 2, 3
"""A clip shows every moment for some seconds."""


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """A video of still moments, its gaze, and what is looked at in each of them."""
    path, painter = tmp_path_factory.mktemp("clip") / "clip.mp4", Painter(_SCRIPT)
    places, looks = [], []
    with mp4(path, size=(_VIDEO.width, _VIDEO.height), fps=Fraction(_FPS)) as add:
        for at in _CLIP["calm_times"](_VIDEO.video_id, 8):
            gaze = _CLIP["gaze_at"](_VIDEO.video_id, at)
            look = next(look for look in _SCRIPT.looks if look.start <= at < look.end)
            if gaze is None:
                continue
            things = _CLIP["clear_things"](_VIDEO.video_id, at)
            looks.append((look.thing, things[look.thing][0]))
            for _ in range(_FPS * _STILL):
                add(painter.frame(at))
                places.append((gaze[0] / _VIDEO.width, gaze[1] / _VIDEO.height))
    seconds, (x, y) = np.arange(len(places)) / _FPS, np.array(places).T
    gaze = GazeTable(seconds, np.full(len(x), 1 / _FPS), x, y, np.ones(len(x), bool), "samples")
    return path, gaze, looks


def _right(task, thing, colour):
    """The answer, or None where this kind of thing leaves its colour open."""
    if task != "oar":
        return thing
    return colour if KINDS[thing].plain else None


def _questions(task, looks, *, turned):
    """One a moment, asked at its end; `turned` gives the right words to a wrong option."""
    words = sorted(COLOURS if task == "oar" else KINDS)
    for k, (thing, colour) in enumerate(looks):
        right = _right(task, thing, colour)
        if right is None:
            continue
        first, *wrong = (right, *[word for word in words if word != right][:3])
        if turned:
            first, wrong[0] = wrong[0], first
        asked = (k + 1) * _STILL
        span = (float(asked - _STILL), float(asked))
        name = f"v/{task}/{k}"
        yield Question(name, task, "v", asked, "What? {options}", first, tuple(wrong), span)


def _objections(clip, questions, log):
    path, gaze, _ = clip
    found = verify_questions(
        questions,
        path,
        Camera(90.0),
        gaze,
        RenderedLabeller(),
        log=AnswerLog(log),
        settings=QualitySettings(frames=2),
    )
    return {name: why for name, why in found.items() if not why.startswith(CONFIRMED)}


@pytest.mark.parametrize("task", ["oie", "oih", "oar"])
def test_right_keys_are_confirmed_and_wrong_ones_refused(clip, tmp_path, task):
    """Some moments are unreadable, where the marker hides a thin thing; no answer is wrong."""
    right = list(_questions(task, clip[2], turned=False))
    said = _objections(clip, right, tmp_path / "right")
    assert len(right) - len(said) >= max(2, len(right) / 2)
    assert all(why.startswith("not verified: no picture has a thing") for why in said.values())
    wrong = list(_questions(task, clip[2], turned=True))
    refused = _objections(clip, wrong, tmp_path / "wrong")
    assert refused.keys() == {one.id for one in wrong}
    chosen = {name for name, why in refused.items() if "was chosen" in why}
    assert chosen == refused.keys() - said.keys()
