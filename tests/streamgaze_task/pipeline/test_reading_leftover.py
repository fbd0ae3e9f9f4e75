"""What cannot be named for sure in a rendered picture is doubtful; what is alone is named."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from streamgaze_task.rendering.kinds import KINDS
from streamgaze_task.rendering.painter import SKIN, SLEEVE, sprite
from streamgaze_task.rendering.reading import read_frame, read_scene

_WALL = (222, 214, 196)
_PIXELS = 45
_ALL = [(name, colour) for name, kind in KINDS.items() for colour in kind.colours]


def _picture(*placed, arm=()):
    """A plain wall with things on it, each (name, colour, left, top[, angle])."""
    image = Image.new("RGB", (320, 240), _WALL)
    draw = ImageDraw.Draw(image)
    if arm:
        draw.line(arm, fill=SLEEVE, width=26)
        draw.line((*arm[:2], arm[0], arm[1] - 30), fill=SKIN, width=18)
    for name, colour, left, top, *angle in placed:
        drawn = sprite(name, colour, _PIXELS, *angle)
        image.paste(drawn, (left, top), drawn)
    return np.asarray(image)


@pytest.mark.parametrize("shift", range(2))
def test_every_thing_is_told_from_all_others(shift):
    """In each of its colours, wherever it stands between the small picture's pixels."""
    unlike = []
    for first in range(0, len(_ALL), 5):
        some = _ALL[first : first + 5]
        placed = [
            (name, colour, 5 + 63 * k + 3 * shift, 60 + 2 * shift + k)
            for k, (name, colour) in enumerate(some)
        ]
        named = [(one.name, one.colour) for one in read_frame(_picture(*placed)) if one.clear]
        unlike += sorted(set(some) - set(named))
        assert {name for name, _ in named} <= {name for name, _ in some}
    assert unlike == []


@pytest.mark.parametrize(("left", "top"), [(100, 230), (100, -37), (313, 100), (-38, 100)])
@pytest.mark.parametrize("thing", [("box", "blue"), ("ball", "red"), ("plate", "green")])
def test_a_tip_at_the_edge_is_doubtful(thing, left, top):
    """A fifth of a thing is not clear, and not passed over."""
    scene = read_scene(_picture((*thing, left, top)))
    assert thing[0] not in {one.name for one in scene.readings if one.clear}
    assert thing[0] in scene.doubtful | {one.name for one in scene.readings}


def test_a_tip_may_not_be_what_has_another_colour_or_outline():
    """A red ball's side is no banana's, and no book's, which is straight."""
    scene = read_scene(_picture(("ball", "red", 313, 100)))
    assert {"banana", "cheese", "basket", "book"}.isdisjoint(scene.doubtful)


@pytest.mark.parametrize("angle", [60, 110, 165])
def test_what_a_hand_holds_tilted_is_doubtful(angle):
    """Only beside an arm: alone on a wall the same patch is told to be nothing."""
    held = ("spoon", "red", 140, 80, angle)
    beside = read_scene(_picture(held, arm=(165, 150, 240, 239)))
    assert "spoon" in beside.doubtful | {one.name for one in beside.readings}
    assert "spoon" not in {one.name for one in beside.readings if one.clear}
    assert "spoon" not in read_scene(_picture(held)).doubtful


def test_what_is_named_is_not_doubtful_and_walls_are_nothing():
    """Nothing is left where everything is explained."""
    assert read_scene(_picture()).doubtful == frozenset()
    whole = read_scene(_picture(("ball", "red", 100, 100), ("box", "blue", 200, 100)))
    assert [one.name for one in whole.readings] == ["ball", "box"]
    assert whole.doubtful == frozenset()


def test_thin_lines_are_no_things():
    """The edges of boards and doors, also where the picture cuts them."""
    image = _picture().copy()
    image[200:202], image[238:, :300], image[100:, 150] = 40, (125, 78, 42), (205, 40, 40)
    assert read_scene(image).doubtful == frozenset()
