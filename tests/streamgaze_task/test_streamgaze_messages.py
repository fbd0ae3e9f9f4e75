"""Which frames of which file a request is shown, and what is drawn into them."""

from __future__ import annotations

import runpy
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.errors import DatasetError
from sightline.frame_store import FrameStore
from streamgaze_task import messages
from streamgaze_task.cameras import camera_of
from streamgaze_task.gaze import GazeTable
from streamgaze_task.gaze_text import describe_gaze
from streamgaze_task.messages import Media, chat_messages, details, look, overlay_indices
from streamgaze_task.overlay import draw_overlay, published_style
from streamgaze_task.prompts import GAZE_PROMPTS
from streamgaze_task.questions import read_gaze, read_samples
from streamgaze_task.salience import salience_map
from streamgaze_task.tasks.settings import Settings

hand = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "hand_streamgaze.py")))
index_of = hand.stamped.index_of

GREEN = (0, 255, 0)
STREAMS = {
    "gaze": hand.Stream(gaze=hand.resting(12), source="egtea"),
    "released": hand.Stream(
        gaze=hand.resting(12), overlay={"fps": 5, "seconds": 12}, source="holoassist"
    ),
    "bare": hand.Stream(),
    "fixations": hand.Stream(
        gaze=GazeTable.from_columns(
            {
                "seconds": [0.0, 6.5],
                "duration_seconds": [6.2, 4.0],
                "x": [0.4, 0.8],
                "y": [0.5, 0.2],
                "kind": ["fixations"] * 2,
            }
        )
    ),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A question of every family on every video, asked at 0 and at 6.25 seconds."""
    rows = [
        {**row, "id": f"{row['id']}-{name}"}
        for name in STREAMS
        for row in hand.questions(name, [6.25, 0.0], ["nfi", "oie", "gta"])
    ]
    return hand.make(tmp_path_factory.mktemp("messages"), STREAMS, rows)


@pytest.fixture(scope="module")
def requests(folder):
    """Id -> request."""
    return {r.id: r for sample in read_samples(folder) for r in sample.requests()}


@pytest.fixture
def media(folder):
    """The media of the dataset."""
    return Media(
        frames=FrameStore(None),
        path=lambda relative: folder / relative,
        gaze=lambda video_id: read_gaze(folder, video_id),
    )


def settings(gaze_prompt="visual", sampling="grid", max_frames=32):
    """How a task shows its requests."""
    return Settings("streamgaze_x", gaze_prompt, sampling, max_frames)


def shown(request, media, **how):
    """The items of a request's message."""
    (message,) = chat_messages(look(request, settings(**how), media), media)
    assert message["role"] == "user"
    return message["content"]


def images(content):
    """The images among items."""
    return [item["url"] for item in content if item["type"] == "image"]


def texts(content):
    """The texts among items, joined."""
    return "\n".join(item["text"] for item in content if item["type"] == "text")


# Which frames


def test_the_released_overlay_is_shown(requests, media):
    """Its frames are those nearest in time to the clean frames of the grid."""
    view = look(requests["oie-0000-released"], settings(), media)
    assert view.origin == "released"
    assert view.file.parent.name == "overlay"
    assert view.clean_indices == (0, 10, 20, 30, 40, 50, 60)
    assert view.indices == (0, 5, 10, 15, 20, 25, 30)
    pictures = images(shown(requests["oie-0000-released"], media))
    assert [index_of(picture) for picture in pictures] == list(view.indices)


@pytest.mark.parametrize("gaze_prompt", ["nogaze", "text", "salience"])
def test_other_prompts_show_clean_frames(requests, media, gaze_prompt):
    """Only the visual prompt looks at the overlay video."""
    view = look(requests["oie-0000-released"], settings(gaze_prompt), media)
    assert (view.origin, view.file.parent.name) == (None, "original")
    assert view.indices == view.clean_indices


def test_without_a_released_overlay_it_is_drawn(requests, media, folder):
    """Clean frames with the gaze of their time, as our overlay draws it."""
    request = requests["oie-0000-gaze"]
    view = look(request, settings(), media)
    assert view.origin == "drawn"
    pictures = images(shown(request, media))
    clean = media.frames.frames(view.file, view.indices)
    gaze, style = read_gaze(folder, "gaze"), published_style("egtea", hand.SIZE[0])
    expected = [draw_overlay(f.image, gaze.at(f.pts_seconds), style) for f in clean]
    assert [p.tobytes() for p in pictures] == [p.tobytes() for p in expected]
    assert pictures[0].getpixel((int(0.4 * hand.SIZE[0]), int(0.5 * hand.SIZE[1]))) == GREEN


def test_drawing_leaves_the_clean_frames_alone(requests, media):
    """The same cache then serves the clean frames to another task."""
    request = requests["oie-0000-gaze"]
    drawn = images(shown(request, media))
    clean = images(shown(request, media, gaze_prompt="nogaze"))
    assert [p.tobytes() for p in drawn] != [p.tobytes() for p in clean]
    assert [index_of(p) for p in clean] == [0, 10, 20, 30, 40, 50, 60]


def test_at_most_so_many_frames(requests, media):
    """The cap thins the grid, its first and last frame included."""
    view = look(requests["nfi-0000-gaze"], settings(max_frames=3), media)
    assert view.indices == (0, 30, 60)


def test_a_reference_rule_has_its_own_number(requests, media):
    """Sixteen, whatever the task's cap."""
    view = look(requests["nfi-0000-gaze"], settings("nogaze", "reference_16_uniform", None), media)
    assert len(view.indices) == 16


@pytest.mark.parametrize("gaze_prompt", GAZE_PROMPTS)
@pytest.mark.parametrize("code", ["nfi", "oie", "gta"])
def test_a_question_at_the_very_beginning(requests, media, code, gaze_prompt):
    """No frame, no crash: the text alone, and the record says that nothing was shown."""
    request = requests[f"{code}-0001-gaze" + ("@2" if code == "gta" else "")]
    content = shown(request, media, gaze_prompt=gaze_prompt)
    assert len(images(content)) == (gaze_prompt == "salience")
    assert "Question 1 of" in texts(content)
    assert ("green dot" in texts(content)) == (gaze_prompt == "visual")
    said = details(look(request, settings(gaze_prompt), media), media)
    assert (said["frames"], said["frame_indices"], said["window"]) == (0, [], [0.0, 0.0])


# What is said and drawn


def test_the_words_are_those_of_the_window(requests, media, folder):
    """The text prompt tells the frames' times and the gaze, between the frames and the question."""
    request = requests["oie-0000-gaze"]
    aspect = hand.SIZE[0] / hand.SIZE[1]
    gaze = read_gaze(folder, "gaze")
    words = describe_gaze(gaze, 0.0, 6.25, camera_of("egtea"), aspect=aspect)
    told = texts(shown(request, media, gaze_prompt="text"))
    times = ", ".join(f"00:0{second}.0" for second in range(7))
    assert told.startswith(f"The frames shown were taken at {times}.\n{words}\n\nQuestion:")


def test_the_map_is_that_of_the_window(requests, media, folder):
    """The heat map is the last image."""
    picture = images(shown(requests["oie-0000-gaze"], media, gaze_prompt="salience"))[-1]
    gaze = read_gaze(folder, "gaze")
    expected = salience_map(gaze, 0.0, 6.25, hand.SIZE, camera_of("egtea"))
    assert picture.tobytes() == expected.tobytes()


def test_a_fixation_is_drawn_while_it_lasts(requests, media):
    """Where a release has fixations alone, the dot is there during them and only then."""
    pictures = images(shown(requests["oie-0000-fixations"], media))
    place = int(0.4 * hand.SIZE[0]), int(0.5 * hand.SIZE[1])
    assert [picture.getpixel(place) == GREEN for picture in pictures] == [True] * 7


@pytest.mark.parametrize("gaze_prompt", ["visual", "text", "salience"])
def test_without_any_gaze_it_is_an_error(requests, media, gaze_prompt):
    """Clean frames are never shown in the place of a gaze prompt."""
    with pytest.raises(DatasetError, match="needs the gaze of video bare, but the dataset has non"):
        look(requests["oie-0000-bare"], settings(gaze_prompt), media)
    assert images(shown(requests["oie-0000-bare"], media, gaze_prompt="nogaze"))


def test_a_missing_video_is_an_error(requests, media, tmp_path):
    """Nothing is shown of a video that is not there."""
    elsewhere = replace(media, path=lambda relative: tmp_path / relative)
    with pytest.raises(DatasetError):
        look(requests["oie-0000-gaze"], settings(), elsewhere)


# The record


def hashed(request, media, **how):
    """The message's hash."""
    return details(look(request, settings(**how), media), media)["message_hash"]


def test_hashes_tell_all_messages_apart(requests, media):
    """Every request under every prompt and sampling has a hash of its own, the same each time."""
    ways = [{"gaze_prompt": name} for name in GAZE_PROMPTS]
    ways += [{"max_frames": 3}, {"sampling": "reference_16_uniform", "max_frames": None}]
    found = [
        hashed(requests[name], media, **way)
        for name in ("nfi-0000-gaze", "oie-0000-released", "gta-0000-gaze@1", "gta-0000-gaze@2")
        for way in ways
    ]
    assert len(set(found)) == len(found)
    assert hashed(requests["nfi-0000-gaze"], media) == found[0]


@pytest.mark.parametrize(
    ("changed", "gaze_prompt", "differs"),
    [
        ({"sha256": "f" * 64}, "nogaze", True),
        ({"sha256": "f" * 64}, "visual", True),
        ({"gaze_sha256": "f" * 64}, "visual", True),
        ({"gaze_sha256": "f" * 64}, "salience", True),
        ({"gaze_sha256": "f" * 64}, "text", True),
        ({"gaze_sha256": "f" * 64}, "nogaze", False),
        ({"width": 400}, "visual", True),
        ({"source": "holoassist"}, "salience", True),
        ({"source": "holoassist"}, "nogaze", False),
    ],
)
def test_the_hash_covers_what_pictures_are_made_of(requests, media, changed, gaze_prompt, differs):
    """Another video, gaze, style or camera is another hash, where it is shown."""
    request = requests["oie-0000-gaze"]
    other = replace(request.sample, video=replace(request.sample.video, **changed))
    before = hashed(request, media, gaze_prompt=gaze_prompt)
    after = hashed(replace(request, sample=other), media, gaze_prompt=gaze_prompt)
    assert (before != after) == differs


def test_details_say_where_the_overlay_comes_from(requests, media):
    """Released or drawn, and which frames of the overlay video stood for the clean ones."""
    released = details(look(requests["oie-0000-released"], settings(), media), media)
    assert (released["overlay"], released["overlay_indices"]) == ("released", list(range(0, 31, 5)))
    assert released["frame_indices"] == list(range(0, 61, 10))
    drawn = details(look(requests["oie-0000-gaze"], settings(), media), media)
    assert (drawn["overlay"], drawn["overlay_indices"], drawn["frames"]) == ("drawn", None, 7)
    assert messages.RELEASED != messages.DRAWN


# Overlay and clean frames


def even(rate, count):
    """Times of a constant rate."""
    return [k / rate for k in range(count)]


@pytest.mark.parametrize(
    ("clean", "overlay", "chosen", "window", "expected"),
    [
        (even(10, 50), even(10, 50), [0, 10, 20], (0, 3), [0, 10, 20]),
        (even(10, 50), even(30, 150), [0, 10, 20], (0, 3), [0, 30, 60]),
        (even(30, 150), even(10, 50), [29, 59], (0, 2), [10, 19]),
        (even(10, 50), even(20, 50), [0, 10, 20], (0, 3), [0, 10, 20]),
        (even(20, 50), even(10, 50), [0, 10, 30], (0, 2), [0, 10, 19]),
        (even(10, 50), even(10, 20), [0, 10, 40], (0, 5), [0, 10, 19]),
        (even(10, 50), [5.0, 6.0], [0, 10], (0, 3), []),
        (even(10, 50), [0.0, 2.0, 4.0], [25], (2.5, 3.0), [1]),
    ],
    ids=[
        "same rate",
        "faster",
        "slower, never the end's own frame",
        "drawn frame by frame, written faster",
        "drawn frame by frame, written slower",
        "shorter",
        "begins after the window",
        "none in the window",
    ],
)
def test_overlay_frames(clean, overlay, chosen, window, expected):
    """The nearest in time; by position where both have equally many; never from the end on."""
    assert overlay_indices(clean, overlay, chosen, window) == expected


times = st.lists(st.integers(0, 400), min_size=1, max_size=40, unique=True).map(
    lambda ticks: [tick / 10 for tick in sorted(ticks)]
)


@given(times, times, st.integers(0, 400), st.integers(0, 100))
def test_no_overlay_frame_is_of_the_future(clean, overlay, end, length):
    """Whatever the two clocks do: before the end, rising, one per chosen frame or none at all."""
    window = max(0, end - length) / 10, end / 10
    chosen = [i for i, at in enumerate(clean) if window[0] <= at < window[1]]
    found = overlay_indices(clean, overlay, chosen, window)
    assert all(overlay[index] < window[1] for index in found)
    assert found == sorted(found)
    assert len(found) == (len(chosen) if overlay[0] < window[1] else 0)
