"""Which frames are decoded together: those of every request on a video, whoever is asked."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

from sightline.errors import DatasetError
from sightline.frame_store import FrameStore
from streamgaze_task.tasks import hooks, runs, table

hand = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "hand_streamgaze.py")))
TASKS = table.entries()
VIDEOS = ("a-video", "b-video")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two videos; on both every task is asked at three times."""
    streams = {
        "a-video": hand.Stream(overlay={"fps": 5, "seconds": 12}),
        "b-video": hand.Stream({"fps": 10, "seconds": 11.7}),
    }
    rows = [
        {**row, "id": f"{row['id']}{name[0]}"}
        for name in streams
        for row in hand.questions(name, [8.0, 2.0, 11.5])
    ]
    return hand.make(tmp_path_factory.mktemp("announced"), streams, rows)


@pytest.fixture(autouse=True)
def store(folder, monkeypatch):
    """The store of the process, in a process that has loaded nothing before."""
    monkeypatch.setenv("STREAMGAZE_DATASET", str(folder))
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    monkeypatch.setattr(runs, "_runs", {})
    monkeypatch.setattr(hooks, "_announced", {})
    found = FrameStore(None)
    monkeypatch.setattr(hooks, "default_store", lambda: found)
    return found


def block(task):
    """The settings of a task."""
    return TASKS[task]["lmms_eval_specific_kwargs"]["default"]


def load(task, rank=0, ranks=1, limit=None):
    """All documents of a task; lmms-eval builds the requests of one rank, dealt out one by one."""
    docs = list(hooks.process_docs(SimpleNamespace(split=TASKS[task]["test_split"])))
    for doc in docs[rank:limit:ranks]:
        hooks.doc_to_text(doc, block(task))
    return docs


def ask(task, docs):
    """Ask for the messages of documents."""
    for doc in docs:
        assert hooks.doc_to_messages(doc, block(task))


def test_each_video_is_decoded_once(store):
    """The requests of all tasks on a video are answered out of one pass through it."""
    tasks = ("streamgaze_nogaze_nfi", "streamgaze_nogaze_oie", "streamgaze_nogaze_gta")
    loaded = [(task, load(task)) for task in tasks]
    for task, docs in loaded:  # the longest windows last: nothing is there by chance
        ask(task, docs)
    assert store.passes == 2
    assert store.decoded_frames <= 2 * 120


@pytest.mark.parametrize("rank", [0, 1])
@pytest.mark.parametrize("limit", [None, 5, 4, 1])
def test_what_other_ranks_are_asked_is_announced(store, monkeypatch, rank, limit):
    """The rank that asks first has the frames of all ranks decoded, and hardly any others."""
    monkeypatch.setenv("WORLD_SIZE", "2")
    task = "streamgaze_nogaze_nfi"
    docs = load(task, rank, 2, limit)
    asked = docs[:limit]
    if not (mine := asked[rank::2]):
        return  # nothing is asked of this rank
    ask(task, mine)
    passes = store.passes
    ask(task, asked)
    videos_of_mine = {doc["video_id"] for doc in mine}
    videos_of_all = {doc["video_id"] for doc in asked}
    assert passes == len(videos_of_mine)
    assert store.passes == len(videos_of_all)
    run = runs.asked(docs[0])[0]
    announced = [request.id for video in VIDEOS for request in run.asked_of(video, 2)]
    expected = [request.id for request in run.expected]
    assert announced[: len(asked)] == expected[: len(asked)]
    assert len(announced) <= len(asked) + 1


def test_a_limit_alone_decodes_no_more(store):
    """Without other ranks, what a limit leaves out is not decoded."""
    task = "streamgaze_nogaze_nfi"
    ask(task, load(task, limit=1)[:1])
    assert store.decoded_frames <= 22  # the window ends at 2 s of 10 frames each


def test_a_task_that_is_loaded_later(store):
    """What is known of a video is announced anew when there is more of it."""
    first = load("streamgaze_nogaze_oie")
    ask("streamgaze_nogaze_oie", first[:1])
    ask("streamgaze_nogaze_nfi", load("streamgaze_nogaze_nfi"))
    ask("streamgaze_nogaze_oie", first)
    assert store.passes <= 3


def test_a_video_that_is_not_the_datasets(tmp_path, monkeypatch):
    """A file that was exchanged after the build is refused, not shown."""
    out = hand.make(tmp_path, {"v": hand.Stream()}, hand.questions("v", [3.0], ["oie"]))
    monkeypatch.setenv("STREAMGAZE_DATASET", str(out))
    docs = load("streamgaze_nogaze_oie")
    hand.stamped.write_stamped(out / "media/videos/original/v.mp4", size=hand.SIZE, seconds=11)
    with pytest.raises(
        DatasetError, match=r"v\.mp4 must have the SHA-256 [0-9a-f]{12}\.\.\., as the"
    ):
        hooks.doc_to_messages(docs[0], block("streamgaze_nogaze_oie"))
