"""The labeller of the rendered world answers from pictures and facts alone."""

import json
import runpy
from pathlib import Path

import pytest
from PIL import Image

from streamgaze_task.overlay import OverlayStyle, draw_overlay
from streamgaze_task.pipeline.labelling.answers import read_gazed, read_outside, read_view
from streamgaze_task.pipeline.labelling.labeller import Query
from streamgaze_task.pipeline.labelling.pictures import circle_at, shown_crop, shown_mask
from streamgaze_task.rendering.kinds import KINDS
from streamgaze_task.rendering.reading_labeller import RenderedLabeller
from streamgaze_task.rendering.videos import VIDEOS

_CLIP = runpy.run_path(str(Path(__file__).with_name("rendered_clip.py")))
_VIDEO = VIDEOS[1]
_WIDTH, _HEIGHT = _VIDEO.width, _VIDEO.height
_RADIUS = 0.156 * _WIDTH


@pytest.fixture(scope="module")
def moments():
    """(frame, what is clear, gaze, what is looked at) of some calm looks."""
    script = _CLIP["PLACES"][_VIDEO.video_id][1]
    times = _CLIP["calm_times"](_VIDEO.video_id, 8)
    images = _CLIP["frames"](_VIDEO.video_id, times)
    found = []
    for at, image in zip(times, images, strict=True):
        gaze = _CLIP["gaze_at"](_VIDEO.video_id, at)
        look = next(look for look in script.looks if look.start <= at < look.end)
        if gaze is not None:
            found.append((image, _CLIP["clear_things"](_VIDEO.video_id, at), gaze, look.thing))
    return found


def _one(query):
    return next(iter(RenderedLabeller().ask([query])))


def _gazed(images, gaze, side=0):
    circle = circle_at((gaze[0] / _WIDTH, gaze[1] / _HEIGHT), _RADIUS, (_WIDTH, _HEIGHT))
    shown = [shown_crop(image, circle, side) for image in images]
    scale = shown[0].radius / circle.radius
    facts = {"centre": list(shown[0].centre), "radius": shown[0].radius}
    facts["frame_width"] = _WIDTH * scale
    return _one(Query("gazed/0", "gazed", "", tuple(one.image for one in shown), facts))


@pytest.mark.parametrize("side", [0, 448])
def test_gazed_names_what_the_point_is_on(moments, side):
    """With its colour and shape where they are beyond doubt; in small and in large crops."""
    right = 0
    for image, things, gaze, name in moments:
        answer = read_gazed(_gazed([image, image], gaze, side).text)
        right += answer.gazed is not None and answer.gazed.name == name and answer.sure
        if answer.gazed is not None:
            kind = KINDS[answer.gazed.name]
            colour = {"color": things[name][0]} if kind.plain else {}
            shape = {"shape": kind.shape} if kind.shape else {}
            assert answer.gazed.attributes == {**colour, **shape}
    assert right >= len(moments) - 1 >= 5


def test_gazed_is_unsure_when_pictures_disagree(moments):
    """Two pictures, each with another thing under the point."""
    first, other = moments[0], next(one for one in moments if one[3] != moments[0][3])
    images = []
    for image, _, gaze, _ in (first, other):
        circle = circle_at((gaze[0] / _WIDTH, gaze[1] / _HEIGHT), _RADIUS, (_WIDTH, _HEIGHT))
        images.append(shown_crop(image, circle, 0))
    facts = {"centre": list(images[0].centre), "radius": _RADIUS, "frame_width": _WIDTH}
    query = Query("gazed/0", "gazed", "", tuple(one.image for one in images), facts)
    assert not read_gazed(_one(query).text).sure


def test_gazed_on_the_wall_is_nothing(moments):
    """Far from all things."""
    image = moments[0][0]
    answer = read_gazed(_gazed([image], (2.0, 2.0)).text)
    assert answer.gazed is None
    assert not answer.sure


def test_gazed_behind_something_is_unsure(moments):
    """A bar over half of the thing."""
    image, _, (x, y), name = moments[0]
    covered = image.copy()
    covered[int(y) - 30 : int(y) + 30, int(x) + 3 : int(x) + 30] = (222, 168, 132)
    answer = read_gazed(_gazed([covered], (x, y)).text)
    assert not (answer.sure and answer.gazed is not None and answer.gazed.name == name)


def test_a_crop_of_unknown_scale_is_no_guess(moments):
    """Without frame_width, and without the circle's part of the width."""
    image, _, gaze, _ = moments[0]
    query = Query("gazed/0", "gazed", "", (Image.fromarray(image),), {"centre": gaze, "radius": 50})
    answer = _one(query)
    assert not answer.text
    assert "frame_width" in answer.error


def test_outside_names_what_the_circle_does_not_touch(moments):
    """Nothing that the circle or the frame's edge cuts."""
    for image, things, gaze, name in moments:
        circle = circle_at((gaze[0] / _WIDTH, gaze[1] / _HEIGHT), _RADIUS, (_WIDTH, _HEIGHT))
        shown = shown_mask(image, circle, 1024)
        facts = {"centre": list(shown.centre), "radius": shown.radius}
        answer = _one(Query("outside/0", "outside", "", (shown.image,) * 2, facts))
        named = {thing.name for thing in read_outside(answer.text).outside}
        far = {
            other
            for other, (_, x, y) in things.items()
            if ((x - gaze[0]) ** 2 + (y - gaze[1]) ** 2) ** 0.5 > _RADIUS + 0.11 * _WIDTH
        }
        assert name not in named
        assert far <= named <= set(things)


def test_view_names_what_is_clear(moments):
    """And apart from it what is cut."""
    for image, things, _, _ in moments:
        answer = read_view(_one(Query("view/0", "view", "", (Image.fromarray(image),))).text)
        assert set(answer.seen) == set(things)
        assert not set(answer.partly) & set(things)


def test_verify_reads_the_thing_under_the_marker(moments):
    """The right letter or an error, because the marker may hide a thin thing; never a wrong one."""
    answered = 0
    for image, _, gaze, name in moments:
        point = (gaze[0] / _WIDTH, gaze[1] / _HEIGHT)
        marked = draw_overlay(Image.fromarray(image), point, OverlayStyle(50))
        for options, letter in ((["x", name, "y", "z"], "B"), (["x", "y", "z", "w"], None)):
            query = Query("verify/0", "verify", "", (marked,), {"task": "oie", "options": options})
            answer = _one(query)
            if answer.error:
                continue
            found = json.loads(answer.text)
            answered += 1
            assert found["option"] == letter
            assert found["valid"] == (letter is not None)
    assert answered >= len(moments)


@pytest.mark.parametrize(
    ("kind", "images", "facts", "part"),
    [
        ("text", 1, {}, "reads pictures"),
        ("view", 0, {}, "no picture"),
        ("outside", 1, {"radius": 5}, "centre"),
        ("outside", 1, {"centre": [1, float("nan")], "radius": 5}, "number"),
        ("outside", 1, {"centre": [1, 2], "radius": "5"}, "number"),
        ("verify", 1, {"task": "nfi", "options": ["a"]}, "do not tell"),
        ("verify", 1, {"task": "oie", "options": ["a"]}, "marker"),
    ],
)
def test_what_it_cannot_answer_is_an_error(kind, images, facts, part):
    """Never an exception, never an invented answer."""
    pictures = (Image.new("RGB", (320, 240), (222, 214, 196)),) * images
    answer = _one(Query("k/0", kind, "", pictures, facts))
    assert answer.key == "k/0"
    assert not answer.text
    assert part in answer.error
