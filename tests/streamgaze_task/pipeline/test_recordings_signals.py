"""What a writer of raw files was given comes back from the reader of the same format."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamgaze_task.pipeline.recordings.find import find
from streamgaze_task.pipeline.recordings.read import read_actions, read_gaze, reading_of
from streamgaze_task.pipeline.recordings.spec import RecordingsSettings
from streamgaze_task.pipeline.records import Action, VideoFacts
from streamgaze_task.rendering.raw import video_path, write_actions, write_gaze
from streamgaze_task.rendering.signals import Signal, known_fixations

VIDEO = VideoFacts(seconds=20.0, frames=600, fps=30.0, width=640, height=360)
FORMATS = ("egtea:v1", "egtea:v2", "ego4d", "egoexolearn", "holoassist", "table", "table:parquet")
ALL_TYPES = ("fixation", "saccade", "unknown", "blink", "untracked", "outside")


@st.composite
def signals(draw):
    """Samples at 30 a second from the start, of every type, anywhere in and around the frame."""
    count = draw(st.integers(2, 60))
    kinds = draw(st.lists(st.sampled_from(ALL_TYPES), min_size=count, max_size=count))
    kinds[0] = "fixation"
    inside = st.floats(0.002, 0.998)
    places = draw(st.lists(st.tuples(inside, inside), min_size=count, max_size=count))
    x, y = np.array(places).T.copy()
    x[np.array(kinds) == "outside"] += 1.01
    gone = np.isin(kinds, ("blink", "untracked"))
    x[gone] = y[gone] = np.nan
    valid = ~np.isin(kinds, ("blink", "untracked", "outside"))
    return Signal(np.arange(count) / 30, x, y, valid, np.array(kinds))


def written(folder, name, signal, *, actions=()):
    """The source that the reader finds after the signal was written."""
    write_gaze(
        name, folder, "rec-1", signal,
        width=VIDEO.width, height=VIDEO.height, fps=VIDEO.fps, seconds=VIDEO.seconds,
    )  # fmt: skip
    video = video_path(name, folder, "rec-1")
    video.parent.mkdir(parents=True, exist_ok=True)
    video.touch()
    if actions:
        write_actions(name, folder, "rec-1", actions)
    (source,) = find(RecordingsSettings(name.partition(":")[0], str(folder)), folder)
    return source


@settings(max_examples=25, deadline=None)
@given(signal=signals())
@pytest.mark.parametrize("name", FORMATS)
def test_the_signal_comes_back(name, signal):
    """Places within the format's rounding, validity and times."""
    with TemporaryDirectory() as made:
        samples = read_gaze(written(Path(made), name, signal), VIDEO)
    if name.startswith("egtea"):  # has no rows for untracked samples
        kept = signal.types != "untracked"
        tolerance = 0.0051 / 960
    else:
        kept = np.full(len(signal), fill_value=True)
        tolerance = 1e-6
    expected = signal.valid[kept].copy()
    if name == "ego4d":  # writes a low confidence for unknown samples
        expected &= signal.types[kept] != "unknown"
    seen = slice(0, int(kept.sum()))
    assert np.array_equal(samples.valid[seen], expected)
    # EgoExoLearn has a row for every frame; its writer gives the last sample one row more.
    assert not samples.valid[seen.stop + 1 :].any()
    for ours, theirs in ((samples.x, signal.x[kept]), (samples.y, signal.y[kept])):
        assert ours[seen][expected] == pytest.approx(theirs[expected], abs=tolerance)
    times = samples.seconds[seen] - signal.seconds[kept]
    if name.startswith("egtea"):
        assert np.abs(times).max() < 1 / 24 + 1e-9  # a row knows only its frame
    else:
        assert times == pytest.approx(0, abs=1.1e-7)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("egtea:v1", {"fixation", "saccade", "unknown", "blink", "outside"}),
        ("egtea:v2", {"fixation", "saccade", "unknown", "blink", "outside"}),
        ("ego4d", {"unknown", "untracked", "outside"}),
        ("egoexolearn", {"unknown", "untracked", "outside"}),
        ("holoassist", {"unknown", "untracked", "outside"}),
        ("table", {"unknown", "untracked", "outside"}),
    ],
)
def test_types_are_those_that_the_format_can_tell(tmp_path, name, told):
    """What a format cannot say is unknown, not made up."""
    x = np.array([0.5, 0.5, 0.5, np.nan, np.nan, 1.5])
    valid = np.array([True, True, True, False, False, False])
    signal = Signal(np.arange(6) / 30, x, x, valid, np.array(ALL_TYPES))
    assert set(read_gaze(written(tmp_path, name, signal), VIDEO).types.tolist()) == told


@pytest.mark.parametrize("name", FORMATS)
def test_a_whole_recording_fits_its_video_without_a_note(tmp_path, name):
    """No false alarm on what is right."""
    signal, _ = known_fixations(3, VIDEO.seconds, 30.0, noise_degrees=0.2)
    egtea = VideoFacts(seconds=20.0, frames=480, fps=24.0, width=640, height=480)
    read = reading_of(written(tmp_path, name, signal), egtea if name.startswith("egtea") else VIDEO)
    assert read.notes == ()
    assert read.samples.valid.mean() > 0.9


@pytest.mark.parametrize("name", FORMATS)
def test_actions_come_back_in_order(tmp_path, name):
    """Whatever the order in which they were annotated."""
    signal, _ = known_fixations(3, 5.0, 30.0)
    given_actions = [(2.5, 4.0, "open jar"), (0.5, 2.25, "take knife")]
    source = written(tmp_path, name, signal, actions=given_actions)
    assert read_actions(source) == (
        Action(0.5, 2.25, "take knife"),
        Action(2.5, 4.0, "open jar"),
    )
