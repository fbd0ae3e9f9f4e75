"""Whatever strangers write, a reader gives gaze or one sentence, never a traceback."""

import io
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.errors import DatasetError
from streamgaze_task.pipeline.gaze_samples import GazeSamples
from streamgaze_task.pipeline.recordings.find import find
from streamgaze_task.pipeline.recordings.read import (
    read_actions,
    read_gaze,
    read_reference_gaze,
    reading_of,
)
from streamgaze_task.pipeline.recordings.spec import RecordingsSettings
from streamgaze_task.pipeline.records import VideoFacts

VIDEO = VideoFacts(seconds=4.0, frames=40, fps=10.0, width=200, height=100)
EXPORT_ROW = "0\tSMP\t1\t640.0\t480.0\t5\tFixation\n"
POSE = "\t".join(["0.0", "100", *"1000010000100001"])
RAY = "0.0\t100\t0\t0\t0\t1\t0\t0\t1"


def npy():
    """A good numpy file."""
    made = io.BytesIO()
    np.save(made, np.full((5, 3), 0.5))
    return made.getvalue()


HEADER = "x\n" * 9 + "## Number of Samples: 9\n" + "x\n" * 24
GOOD = {
    "egtea": {"gaze_data/v.txt": (HEADER + EXPORT_ROW * 9).encode()},
    "ego4d": {
        "v2/gaze/v.csv": b"canonical_timestamp_s,norm_pos_x,norm_pos_y,confidence\n"
        + b"0.5,0.5,0.5,1\n" * 9
    },
    "egoexolearn": {"full/gazes_30fps_npy/v.npy": npy()},
    "table": {"gaze/v.csv": b"seconds,x,y,valid,type\n" + b"0.5,0.5,0.5,1,fixation\n" * 9},
    "holoassist": {
        "full/v/Export_py/Eyes/Eyes_sync.txt": f"{RAY}\n".encode() * 9,
        "full/v/Export_py/Video/Pose_sync.txt": f"{POSE}\n".encode() * 9,
        "full/v/Export_py/Video/Intrinsics.txt": b"9\t0\t9\t0\t9\t9\t0\t0\t1\t200\t100\n",
        "full/v/Export_py/Video/VideoMp4Timing.txt": b"100\n200\n",
    },
}
VIDEOS = {
    "egtea": "videos/v.mp4",
    "ego4d": "v2/full_scale/v.mp4",
    "egoexolearn": "full/v.mp4",
    "table": "videos/v.mp4",
    "holoassist": "full/v/Export_py/Video.mp4",
}
ACTIONS = {
    "egtea": "raw_annotations/action_labels.csv",
    "ego4d": "actions/v.csv",
    "egoexolearn": "annotations/v.json",
    "table": "actions/v.csv",
    "holoassist": "full/data-annnotation-trainval-v1_1.json",
}
CASES = [(name, file) for name, files in GOOD.items() for file in files]

SNIPPETS = st.sampled_from(
    [b"", b"\0", b"\n", b"\n\n", b"\t", b",", b'"', b"nan", b"inf", b"-1", b"1e308", b"9" * 25,
     b"1_0", b"0,5", b"-", b"\xff\xfe", b"[]", b":", b"None"]
)  # fmt: skip


@st.composite
def spoilt(draw, good):
    """A good file with some pieces replaced, or bytes of any kind."""
    if draw(st.booleans()):
        return draw(st.binary(max_size=200))
    content = good
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        end = start + draw(st.integers(0, 12))
        content = content[:start] + draw(SNIPPETS | st.binary(max_size=6)) + content[end:]
    return content


def laid_out(folder, name, changed):
    """A recording of the format with some files' content replaced."""
    for path, content in {**GOOD[name], VIDEOS[name]: b"", **changed}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    (source,) = find(RecordingsSettings(name, str(folder)), folder)
    return source


@pytest.mark.parametrize(("name", "file"), CASES)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_spoilt_gaze_is_read_or_refused(name, file, data):
    """Gaze that keeps its promises, or a DatasetError."""
    content = data.draw(spoilt(GOOD[name][file]))
    with TemporaryDirectory() as made:
        source = laid_out(Path(made), name, {file: content})
        for read in (read_gaze, read_reference_gaze, lambda s, v: reading_of(s, v).samples):
            check(read, source)


def check(read, source):
    """It reads, or refuses in not too many words."""
    try:
        samples = read(source, VIDEO)
    except DatasetError as error:
        words = str(error)
    else:
        words = ""
        assert isinstance(samples, GazeSamples)
        assert len(samples) <= 24 * 3600 * 30
    assert len(words) < 1500


@pytest.mark.parametrize("name", GOOD)
def test_the_good_files_are_read(name, tmp_path):
    """So that the test above spoils something."""
    assert len(read_gaze(laid_out(tmp_path, name, {}), VIDEO)) > 0


ENTRIES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["start", "end", "textAttribute_en", "events", "label", "attributes", "Verb", "Noun",
             "video_name"]
        ),
        inner | st.just("Fine grained action"),
        max_size=5,
    ),
    max_leaves=12,
)  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_spoilt_actions_are_read_or_refused(name, data):
    """Actions in order that end after they start, or a DatasetError."""
    if ACTIONS[name].endswith(".json"):
        given_entries = st.lists(ENTRIES, max_size=4) | ENTRIES
        content = json.dumps(data.draw(given_entries)).encode()
    else:
        content = data.draw(spoilt(b"start,end,text\n" + b"1,2,open the jar\n" * 9))
    with TemporaryDirectory() as made:
        source = laid_out(Path(made), name, {ACTIONS[name]: content})
        try:
            actions = read_actions(source)
        except DatasetError:
            return
    assert list(actions) == sorted(actions, key=lambda one: (one.start_seconds, one.end_seconds))
    assert all(0 <= one.start_seconds <= one.end_seconds for one in actions)
