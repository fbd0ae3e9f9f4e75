"""What the sample release is drawn from: makers, cameras, and answers true in the pixels."""

from __future__ import annotations

import io
import math
import re
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mmsi_video.rendering import (
    ask_camera_motion,
    ask_future,
    ask_motion,
    ask_people,
    ask_room,
    ask_twice,
)
from mmsi_video.rendering.clip import RATES, Clip, time_label
from mmsi_video.rendering.draft import Draft, chance
from mmsi_video.rendering.furniture import COLOURS
from mmsi_video.rendering.media import mp4
from mmsi_video.rendering.painter import render, with_label
from mmsi_video.rendering.places import HOUSES, TOURS, house, tour
from mmsi_video.rendering.questions import MAKERS
from mmsi_video.rendering.world import Pose, Room, Thing, World, bearing, eight_way, turned

ALL_MAKERS = [pytest.param(make, id=make.__name__) for makers in MAKERS.values() for make in makers]


# --- the makers -----------------------------------------------------------------------------


@pytest.mark.parametrize("make", ALL_MAKERS)
@settings(max_examples=25)
@given(seed=st.integers(0, 2**32))
def test_every_seed_gives_a_question(make, seed):
    """No seed leaves a maker without a clear answer, and the draft repeats itself exactly."""
    first, second = make(seed), make(seed)
    assert (first.text, first.answer, first.wrong) == (second.text, second.answer, second.wrong)
    assert first.answer not in first.wrong


@pytest.mark.parametrize("make", ALL_MAKERS)
def test_answers_vary_with_the_seed(make):
    """The answer is not baked into the question."""
    assert len({(make(seed).text, make(seed).answer) for seed in range(12)}) > 1


def test_draft_needs_four_to_six_options():
    """Too few options are refused, and so are two alike."""
    with pytest.raises(ValueError, match="must be 4 to 6 different ones"):
        Draft((), "Which?", "a", ("b", "c"), "because")
    with pytest.raises(ValueError, match="must be 4 to 6 different ones"):
        Draft((), "Which?", "a", ("b", "c", "c", "d"), "because")


def test_draft_needs_a_mark_per_image():
    """A forgotten mark is refused."""
    with pytest.raises(ValueError, match="must number 0"):
        Draft((), "<image>?", "a", ("b", "c", "d"), "because")


# --- truth in the pixels --------------------------------------------------------------------


def _where(picture, colour):
    """Middle (x, y) in pixels and number of the pixels that have the hue of a vivid colour."""
    wanted = np.array(COLOURS[colour], float)
    pixels = np.asarray(picture, float)[20:]
    bright = pixels.max(axis=2, keepdims=True)
    near = np.abs(pixels / np.maximum(bright, 1) - wanted / wanted.max()).max(axis=2) < 0.16
    found = np.argwhere(near & (bright[..., 0] > 60))
    if not len(found):
        return None
    return found[:, 1].mean(), found[:, 0].mean() + 20, len(found)


def _track(clip, colour):
    """Where a colour is in every base-rate frame that shows it."""
    places = [_where(clip.picture(i * clip.video_factor), colour) for i in range(clip.count)]
    return [place for place in places if place]


def _drafts(make, suits, count=4):
    """The first drafts of a maker that can be checked: with hues to look for, say."""
    return [draft for draft in map(make, range(60)) if suits(draft)][:count]


def _hued(draft):
    told = " ".join((draft.text, draft.answer, *draft.wrong)).split()
    return not {"white", "black"} & set(told)


ROLLING = _drafts(ask_motion.rolling_ball, _hued, 6)
AIMED = _drafts(ask_future.ball_will_hit, _hued)
TURNED = _drafts(ask_camera_motion.basic_move, lambda draft: "turns" in draft.answer)


@pytest.mark.parametrize("draft", ROLLING, ids=lambda draft: draft.answer)
def test_rolling_ball_is_seen_to_roll_as_answered(draft):
    """The coloured spot moves left, right, or grows or shrinks, as the answer says."""
    colour = re.search(r"the (\w+) ball", draft.text)[1]
    track = _track(draft.clips[0], colour)
    (x0, _, n0), (x1, _, n1) = track[0], track[-1]
    if abs(x1 - x0) > 80:
        seen = "from left to right" if x1 > x0 else "from right to left"
    else:
        seen = "towards the camera" if n1 > 2 * n0 else "away from the camera"
    assert seen == draft.answer


@pytest.mark.parametrize("seed", range(4))
def test_fastest_ball_has_the_longest_way_on_the_floor(seed):
    """Pixels moved times distance (from the ball's height in the picture) is largest for it."""
    draft = ask_motion.fastest_ball(seed)
    way = {}
    for option in (draft.answer, *draft.wrong):
        colour = option.split()[1]
        track = [place for place in _track(draft.clips[0], colour) if place[2] > 8]
        # A ball of fixed size: its distance goes with one over its diameter in pixels.
        size = math.sqrt(np.median([n for _, _, n in track]))
        way[option] = abs(track[-1][0] - track[0][0]) / size
    assert max(way, key=way.get) == draft.answer


@pytest.mark.parametrize("draft", TURNED, ids=lambda draft: draft.answer)
def test_camera_turn_is_seen_as_answered(draft):
    """A turn to the right carries things to the left, and the other way round."""
    clip = draft.clips[0]
    shifts = []
    for i in range(6, 14):
        one, two = (
            np.asarray(clip.picture(clip.video_factor * k).convert("L"), float)[60:180]
            for k in (i, i + 1)
        )
        error = {
            s: np.abs(one[:, 60:260] - two[:, 60 + s : 260 + s]).mean() for s in range(-50, 51, 2)
        }
        shifts.append(min(error, key=error.get))
    seen = "right" if np.median(shifts) < 0 else "left"
    assert seen in draft.answer


@pytest.mark.parametrize("seed", range(5))
def test_stack_is_seen_in_the_order_of_the_answer(seed):
    """From the top of the picture down: the two blocks to lift, then the wanted one."""
    draft = ask_future.stacked_blocks(seed)
    picture = draft.clips[0].picture(0)
    wanted = re.search(r"wants the (\w+) block", draft.text)[1]
    order = re.fullmatch(r"first the (\w+) block, then the (\w+) one", draft.answer)
    heights = [_where(picture, colour)[1] for colour in (*order.groups(), wanted)]
    assert heights == sorted(heights)


@pytest.mark.parametrize("seed", range(3))
def test_blocks_are_seen_as_often_as_counted(seed):
    """The colours that either camera sees are as many as the answer says."""
    draft = ask_twice.blocks_in_all(seed)
    seen = set()
    for clip in draft.clips:
        picture = np.asarray(clip.picture(clip.video_count // 2), int)[60:190]
        for colour in ("red", "yellow", "green", "blue", "purple", "white", "black"):
            # The lit top of a block keeps the block's own colour, lightened by its shade.
            if _saturated(picture, colour) > 25:
                seen.add(colour)
    assert len(seen) == int(draft.answer)


def _saturated(picture, colour):
    """Number of pixels that are a shade of exactly this colour, as the painter shades boxes."""
    wanted = np.array(COLOURS[colour], float)
    factors = np.linspace(0.7, 0.97, 20)
    shades = (wanted * factors[:, None]).round()
    close = np.abs(picture[:, :, None, :] - shades[None, None]).max(axis=3).min(axis=2) <= 6
    return int(close.sum())


@pytest.mark.parametrize("draft", AIMED, ids=lambda draft: draft.answer)
def test_ball_is_seen_on_the_line_to_the_answer(draft):
    """The spot's path, drawn on, comes closest to the thing that the answer names."""
    colour = re.search(r"If the (\w+) ball", draft.text)[1]
    options = {
        option: re.search(r"(\w+) (?:pot|\w+$)", option)[1]
        for option in (draft.answer, *draft.wrong)
    }
    clip = draft.clips[0]
    track = _track(clip, colour)
    (x0, y0, _), (x1, y1, _) = track[0], track[-1]
    turn = {}
    for option, tint in options.items():
        x, y, _ = _where(clip.picture(0), tint)
        turn[option] = abs(
            turned(math.degrees(math.atan2(x - x0, y0 - y) - math.atan2(x1 - x0, y0 - y1)))
        )
    assert min(turn, key=turn.get) == draft.answer


def test_label_is_drawn_top_left():
    """The time stands in white on black in the top left corner, and nothing else changes."""
    room = Room("room", -3, -3, 3, 3, ("pink",) * 4)
    plain = render(World((room,)), Pose(0, 0, 0), (320, 240))
    labelled = with_label(plain.copy(), time_label(600))
    changed = np.argwhere((np.asarray(plain) != np.asarray(labelled)).any(axis=2))
    bottom, right = changed.max(axis=0)
    assert changed.min(axis=0).tolist() == [0, 0]
    assert bottom < 24
    assert right < 110
    corner = np.asarray(labelled)[: bottom + 1, : right + 1]
    assert corner.min() == 0
    assert corner.max() == 255


def test_frames_of_one_clip_carry_different_labels():
    """Two frames of a camera that stands still differ in the label alone."""
    room = Room("room", -3, -3, 3, 3, ("pink",) * 4)
    world = World((room,))
    clip = Clip("still", 3, RATES[2.0], 7, lambda _: world, lambda _: Pose(0, 0, 0))
    first, last = (np.asarray(clip.picture(i)) for i in (0, clip.video_count - 1))
    changed = np.argwhere((first != last).any(axis=2))
    assert changed.max(axis=0)[0] < 24
    assert (clip.label(0), clip.label(2)) == ("00m 03.50s", "00m 04.50s")


# --- the world model ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "y", "name"),
    [(0, 1, "in front"), (1, 1, "front-right"), (1, 0, "to the right"), (-1, -1, "back-left")],
)
def test_bearing_follows_the_picture(x, y, name):
    """What the world model calls right is on the right half of the picture."""
    pose = Pose(0, 0, 0, view=120)
    assert eight_way(bearing(pose, x, y)) == name
    if y > 0:
        room = Room("room", -6, -6, 6, 6, ("pale blue",) * 4)
        place = _where(
            render(World((room,), things=(Thing("box", "red", 3 * x, 3 * y),)), pose, (320, 240)),
            "red",
        )
        assert (place[0] > 170) == (x > 0)


@given(st.floats(-1e4, 1e4))
def test_turned_stays_in_its_range(angle):
    """An angle is brought into (-180, 180] and keeps its direction."""
    small = turned(angle)
    assert -180 < small <= 180 + 1e-9
    assert math.cos(math.radians(small)) == pytest.approx(math.cos(math.radians(angle)), abs=1e-6)


@pytest.mark.parametrize("number", range(len(TOURS)))
def test_tour_shows_every_named_thing(number):
    """Over a tour, each thing that a question can name comes well into view."""
    place = tour(5, number)
    for thing in ask_room.named(place.world):
        closest = min(abs(place.bearing(i, thing)) for i in range(place.clip.count))
        assert closest < 20


@pytest.mark.parametrize("number", range(len(HOUSES)))
def test_house_walk_stays_inside_and_visits_all_rooms(number):
    """The camera goes through doorways only, and through all four rooms in order."""
    place = house(3, number)
    world = place.clip.world(0.0)
    visited = []
    for i in range(place.clip.count):
        pose = place.clip.pose(place.clip.progress(i))
        assert any(room.contains(pose.x, pose.y) for room in world.rooms)
        visited.append(world.room_at(pose.x, pose.y).name)
    assert tuple(dict.fromkeys(visited)) == place.names


def test_two_people_never_share_a_place():
    """People keep at least half a metre apart, so that their order is seen."""
    for seed in range(8):
        clip = ask_people.two_people(seed).clips[0]
        for i in range(clip.count):
            one, two = [t for t in clip.world(clip.progress(i)).things if t.kind == "person"]
            assert math.hypot(one.x - two.x, one.y - two.y) > 0.5


def test_nearer_room_hides_the_farther_one():
    """A wall between two rooms covers what is behind it, its doorway does not."""
    room = Room("near", 0, 0, 4, 4, ("pale blue",) * 4)
    far = Room("far", 0, 4, 4, 8, ("pink",) * 4)
    from mmsi_video.rendering.world import Opening

    box = Thing("box", "red", 3.4, 6)
    door = Opening(("near", "far"), 2, 4)
    hidden = render(World((room, far), (door,), things=(box,)), Pose(3.4, 1, 0), (320, 240))
    shown = render(World((room, far), (door,), things=(box.at(2, 6),)), Pose(2, 1, 0), (320, 240))
    assert _where(hidden, "red") is None
    assert _where(shown, "red") is not None


def test_chance_depends_on_seed_and_place():
    """The same place gives the same numbers, another seed or place others."""
    assert chance(1, "a").random() == chance(1, "a").random()
    assert len({chance(1, "a").random(), chance(2, "a").random(), chance(1, "b").random()}) == 3


def test_mp4_repeats_itself_and_starts_at_zero():
    """Equal pictures give equal bytes; the first frame's time is 0."""
    import av

    pictures = [Image.new("RGB", (32, 32), (10 * i, 0, 90)) for i in range(9)]
    first, second = (mp4(pictures, size=(32, 32), fps=Fraction(2, 3)) for _ in range(2))
    assert first == second
    with av.open(io.BytesIO(first)) as container:
        times = [frame.time for frame in container.decode(video=0)]
    assert times == pytest.approx([1.5 * i for i in range(9)])
