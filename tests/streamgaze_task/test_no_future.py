"""No frame and no gaze from a question's time on ever reaches a model.

Every frame of these videos shows its own number, and the gaze is somewhere else from a moment on.
Read off is what a backend gets: the images of ``--model sightline``
(:mod:`sightline.models.inputs`) and the messages that lmms-eval's own chat models make of ours.
"""

from __future__ import annotations

import itertools
import runpy
from bisect import bisect_left
from pathlib import Path
from types import SimpleNamespace

import pytest

from sightline import video
from sightline.models.inputs import read_prompt
from streamgaze_task.frames import SAMPLINGS
from streamgaze_task.prompts import GAZE_PROMPTS
from streamgaze_task.task_names import CODES
from streamgaze_task.tasks import hooks

_TESTS = Path(__file__).parents[1]
hand = SimpleNamespace(**runpy.run_path(str(_TESTS / "hand_streamgaze.py")))
index_of = hand.stamped.index_of

LENGTH = 12.0
ENDS = (0.0, 0.05, 4.0, 7.03, 11.95, 80.0)
"""When questions are asked, seconds: at the beginning, between frames, exactly at a frame (4.0, in
every video), near the end, and long after it."""

VARIABLE = [0.0, 0.4, 0.5, 0.9, 1.0, 2.7, 3.0, 3.999, 4.0, 4.001, 5.9997, 6.0, 7.0, 7.03]
VARIABLE += [7.031, 9.5]
"""Presentation times of a video without a constant rate; frames lie at and just beside ends. One is
so near before END that its gaze row could be taken for the next one."""

STREAMS = {
    "constant": hand.Stream(gaze=hand.resting(LENGTH)),
    "variable": hand.Stream(clean={"pts": VARIABLE}, gaze=hand.resting(LENGTH)),
    "late": hand.Stream(clean={"fps": 10, "seconds": 6, "start": 5.0}, gaze=hand.resting(LENGTH)),
    "faster-overlay": hand.Stream(overlay={"fps": 24, "seconds": LENGTH}),
    "slower-overlay": hand.Stream(overlay={"fps": 3, "seconds": LENGTH}),
    "shorter-overlay": hand.Stream(overlay={"fps": 10, "seconds": 5}),
    "stretched-overlay": hand.Stream(overlay={"fps": 8, "seconds": 15}),
    "squeezed-overlay": hand.Stream(overlay={"fps": 12, "seconds": 10}),
    "variable-overlay": hand.Stream(overlay={"pts": VARIABLE}),
    "late-overlay": hand.Stream(overlay={"fps": 10, "seconds": 6, "start": 5.0}),
}
"""Name -> a video with all that a release may bring along; stretched and squeezed are drawn frame
by frame and written at another rate."""

CASES = [
    (stream, gaze_prompt, sampling)
    for stream, gaze_prompt, sampling in itertools.product(STREAMS, GAZE_PROMPTS, SAMPLINGS)
    if gaze_prompt == "visual" or STREAMS[stream].gaze is not None
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The dataset: on every stream all ten tasks, and at every end one task of each family."""
    rows = [
        {**row, "id": f"{row['id']}-{name}"}
        for name in STREAMS
        for row in [
            *hand.questions(name, ENDS, ["otp", "oih", "oaa"]),
            *hand.questions(name, ENDS[2:3], ["nfi", "sr", "gsm", "oie", "oar", "fap", "gta"]),
        ]
    ]
    return hand.make(tmp_path_factory.mktemp("no-future"), STREAMS, rows)


@pytest.fixture(scope="module")
def documents(folder):
    """The documents of all ten tasks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STREAMGAZE_DATASET", str(folder))
        return [doc for code in CODES for doc in hooks.process_docs(SimpleNamespace(split=code))]


def settings(gaze_prompt, sampling):
    """A task's settings."""
    return {
        "task": "streamgaze_x",
        "gaze_prompt": gaze_prompt,
        "sampling": sampling,
        "max_frames": 5 if sampling == "grid" else None,
    }


def times(folder, stream, kind):
    """Presentation times of a video, seconds."""
    path = folder / "media" / "videos" / kind / f"{stream}.mp4"
    return video.scan(path).pts_seconds


def through_sightline(messages):
    """The images that `--model sightline` hands to its processor, in order."""
    return read_prompt(messages, max_frames=64).images


def through_lmms_eval(messages):
    """The images that lmms-eval's own chat models take out of a task's messages, in order."""
    protocol = pytest.importorskip("lmms_eval.protocol", reason="needs sightline[eval]")
    images, videos, audios = protocol.ChatMessages(messages=messages).extract_media()
    assert (videos, audios) == ([], [])
    return images


@pytest.mark.parametrize("case", CASES, ids="-".join)
def test_no_frame_of_the_future(folder, documents, case):
    """Every frame shown starts before the question, by its own clock and by the clean video's."""
    stream, gaze_prompt, sampling = case
    released = gaze_prompt == "visual" and STREAMS[stream].overlay is not None
    own = times(folder, stream, "overlay" if released else "original")
    clean = times(folder, stream, "original")
    asked = [doc for doc in documents if doc["video_id"] == stream]
    assert {doc["task"] for doc in asked} == set(CODES)
    seen = 0
    for doc, way in itertools.product(asked, (through_sightline, through_lmms_eval)):
        images = way(hooks.doc_to_messages(doc, settings(gaze_prompt, sampling)))
        if gaze_prompt == "salience":
            images = images[:-1]
        shown = [index_of(image) for image in images]
        assert shown == sorted(shown)
        start, end = doc["start_seconds"], doc["end_seconds"]
        assert all(own[index] < end for index in shown), doc["id"]
        # None is older than the window, but for the one on screen when no other is in it.
        inside = bisect_left(own, start)
        assert all(index >= inside for index in shown) or len(set(shown)) == 1
        if len(own) == len(clean):
            assert all(clean[index] < end for index in shown), doc["id"]
        seen += len(shown)
    assert seen > 0


def told(folder, monkeypatch, doc_id, gaze_prompt, sampling):
    """A document's message, every byte of it, from another dataset."""
    monkeypatch.setenv("STREAMGAZE_DATASET", str(folder))
    code = doc_id.partition("-")[0]
    docs = hooks.process_docs(SimpleNamespace(split=code))
    (doc,) = [doc for doc in docs if doc["id"] == doc_id]
    (message,) = hooks.doc_to_messages(doc, settings(gaze_prompt, sampling))
    return [
        item["text"] if item["type"] == "text" else (item["url"].size, item["url"].tobytes())
        for item in message["content"]
    ]


END = 6.0
"""After this the two worlds differ."""


@pytest.fixture(scope="module")
def worlds(tmp_path_factory):
    """The same dataset twice, up to END; then video, overlay and gaze go on, or stop."""
    made = []
    for name, poison, length in (("stops", None, 6.0), ("goes-on", END, 11.0)):
        streams = {
            "drawn": hand.Stream(
                clean={"fps": 10, "seconds": length}, gaze=hand.resting(length, poison_from=poison)
            ),
            "released": hand.Stream(
                clean={"fps": 10, "seconds": length}, overlay={"fps": 20, "seconds": length}
            ),
            "variable": hand.Stream(
                clean={"pts": [at for at in VARIABLE if at < END or poison is not None]},
                gaze=hand.resting(length, poison_from=poison),
            ),
        }
        rows = [
            {**row, "id": f"{row['id']}-{stream}"}
            for stream in streams
            for row in hand.questions(stream, [END])
        ]
        made.append(hand.make(tmp_path_factory.mktemp(name), streams, rows))
    return made


WORLD_CASES = [
    (stream, gaze_prompt, sampling)
    for stream, gaze_prompt, sampling in itertools.product(
        ("drawn", "released", "variable"), GAZE_PROMPTS, SAMPLINGS
    )
    # The published rules count frames by the average rate of the whole file, future included.
    if (stream != "variable" or sampling == "grid")
    and (stream != "released" or gaze_prompt == "visual")
]


@pytest.mark.parametrize("asked_id", ["nfi-0000", "oie-0000", "gta-0000"])
@pytest.mark.parametrize("case", WORLD_CASES, ids="-".join)
def test_the_future_changes_nothing(worlds, monkeypatch, asked_id, case):
    """However video and gaze go on, the message is the same to the last byte."""
    stream, gaze_prompt, sampling = case
    doc_id = f"{asked_id}-{stream}" + ("@2" if asked_id.startswith("gta") else "")
    stops, goes_on = (told(w, monkeypatch, doc_id, gaze_prompt, sampling) for w in worlds)
    assert stops == goes_on
    assert any(isinstance(item, tuple) for item in stops)


@pytest.mark.parametrize("gaze_prompt", ["visual", "text", "salience"])
def test_the_gaze_of_the_present_does_change_the_message(tmp_path, monkeypatch, gaze_prompt):
    """The check above can fail: a gaze that moves before the question is seen."""
    messages = []
    for name, poison in (("still", None), ("moved", 2.0)):
        streams = {"v": hand.Stream(gaze=hand.resting(LENGTH, poison_from=poison))}
        out = hand.make(tmp_path / name, streams, hand.questions("v", [END], ["oie"]))
        messages.append(told(out, monkeypatch, "oie-0000", gaze_prompt, "grid"))
    assert messages[0] != messages[1]
