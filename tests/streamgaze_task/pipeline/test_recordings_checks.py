"""Whether gaze and video belong together; numpy files; videos."""

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sightline.errors import DatasetError
from streamgaze_task.cameras import camera_of
from streamgaze_task.pipeline.gaze_samples import GazeSamples, codes_of
from streamgaze_task.pipeline.recordings import npy
from streamgaze_task.pipeline.recordings.checks import check_actions, check_against, within
from streamgaze_task.pipeline.recordings.read import video_facts
from streamgaze_task.pipeline.recordings.source import Source
from streamgaze_task.pipeline.recordings.spec import TableColumns
from streamgaze_task.pipeline.records import GAZE_TYPES, Action, VideoFacts

VIDEO = VideoFacts(seconds=20.0, frames=600, fps=30.0, width=640, height=480)


def samples(start=0.0, end=20.0, rate=30.0, **columns):
    """Regular samples with the same values throughout."""
    seconds = np.arange(start, end, 1 / rate)
    count = len(seconds)
    filled = {"x": 0.6, "y": 0.6, "valid": True, "codes": GAZE_TYPES.index("unknown")} | columns
    return GazeSamples(seconds, **{name: np.full(count, value) for name, value in filled.items()})


def at_times(*seconds):
    """Valid samples at these times."""
    place, yes = np.full(len(seconds), 0.6), np.ones(len(seconds), np.bool_)
    kinds = np.full(len(seconds), GAZE_TYPES.index("unknown"), np.int8)
    return GazeSamples(np.array(seconds), place, place, yes, kinds)


def source(name="table", tmp_path=None, **table):
    """A recording of which only the description matters."""
    about = TableColumns(**table) if name == "table" else None
    video = Path("v.mkv") if tmp_path is None else tmp_path / "v.mkv"
    return Source("r1", "r1", name, "c", None, camera_of(None), video, (), (), None, about)


def test_what_fits_has_no_notes():
    """With and without a description."""
    assert check_against(samples(), VIDEO) == ()
    assert check_against(samples(), VIDEO, source(rate=30.0, size=(1280.0, 960.0))) == ()


@pytest.mark.parametrize(
    ("gaze", "words"),
    [
        (samples(end=22.5), "ends 2.5 s after the video"),
        (samples(end=10.03), "ends 10.0 s before the video"),
        (samples(start=3), "starts 3.0 s after the video"),
        (samples(start=-3), "starts 3.0 s before the video"),
        (samples(x=0.2, y=0.5), "upper left quarter"),
    ],
)
def test_what_does_not_quite_fit_is_told(gaze, words):
    """In words, with numbers."""
    assert any(words in note for note in check_against(gaze, VIDEO))


def test_shares_of_invalid_and_outside_samples_are_told():
    """A third of each."""
    seconds = np.arange(600) / 30
    types = np.array(["unknown", "untracked", "outside"])[np.arange(600) % 3]
    place = np.full(600, 0.6)
    gaze = GazeSamples(seconds, place, place, types == "unknown", codes_of(types))
    notes = check_against(gaze, VIDEO)
    assert "only 33% of the samples are valid" in notes
    assert "33% of the samples lie outside the frame" in notes


def test_stated_rate_size_and_frames_are_compared():
    """What the description says against what is there."""
    notes = check_against(samples(rate=25.0), VIDEO, source(rate=30.0, size=(1088.0, 1080.0)))
    assert any("25 samples a second, not 30" in note for note in notes)
    assert any("1088 x 1080" in note for note in notes)
    gone = samples(rate=25.0)
    gaps = GazeSamples(
        gone.seconds + (gone.seconds > 9) * 3, gone.x, gone.y, gone.valid, gone.codes
    )
    assert not any("a second" in note for note in check_against(gaps, VIDEO, source(rate=25.0)))
    egtea = check_against(samples(), VIDEO, source("egtea"))
    assert any("not 24 as its gaze assumes" in note for note in egtea)


@pytest.mark.parametrize(
    ("gaze", "words"),
    [
        (samples(start=100, end=110), "100 to"),
        (samples(start=0, end=0), "has none"),
        (samples(valid=False), "all 600 are invalid"),
        (samples(x=320.0, y=200.0), "pixels"),
        (samples(end=20_000, rate=0.03), "0.03 samples a second.*unit"),
        (samples(end=0.02, rate=30_000), "3e.04 samples a second.*unit"),
        (at_times(0.5), "one sample, 0.5 s.*column holds the times"),
        (at_times(*[1.0] * 600), "all 600 at one time, 1 s"),
        (samples(end=0.6, rate=1000), "tenth.*0.599 of 20 s.*unit"),
        (at_times(*np.arange(0, 1.2, 0.1), *np.arange(19, 19.9, 0.1)), "tenth.*1.9 of 20 s"),
    ],
)
def test_what_cannot_be_is_refused(gaze, words):
    """Nothing could be asked about such a recording."""
    with pytest.raises(DatasetError, match=f"(?s){words}"):
        check_against(gaze, VIDEO)


@pytest.mark.parametrize("rate", [10.0, 24.0, 120.0, 2000.0])
def test_every_trackers_rate_is_taken(rate):
    """The slowest glasses, a film's frames, and the fastest on a desk."""
    assert check_against(samples(rate=rate), VIDEO) == ()


def test_two_eyes_at_one_time_are_one_moment():
    """Their rate is that of the times, with or without gaps."""
    twice = np.repeat(np.arange(0, 20, 1 / 30), 2)
    assert check_against(at_times(*twice), VIDEO, source(rate=30.0)) == ()


def actions(*starts, seconds=2.0):
    """Actions that begin at these times."""
    return [Action(start, start + seconds, "cut") for start in starts]


def test_actions_are_compared_with_the_video():
    """Some beyond its end are told, all are refused."""
    assert check_actions([], VIDEO, "r1") == ()
    assert check_actions(actions(0, 18.5), VIDEO, "r1") == ()
    (note,) = check_actions(actions(0, 19.5, 21), VIDEO, "r1")
    assert "2 of 3 actions end after the video, 1 of them start after it; check the unit" in note
    assert "1 of 1 actions end" in check_actions(actions(0, seconds=1500), VIDEO, "r1")[0]
    with pytest.raises(DatasetError, match=r"(?s)of r1 .* all 2 start at 500 to 900 s.*unit"):
        check_actions(actions(900, 500), VIDEO, "r1")


def test_only_what_lies_inside_the_video_is_kept():
    """From 0 to its end, exclusive."""
    inside = within(samples(start=-1, end=21), VIDEO)
    assert inside.seconds[0] >= 0
    assert inside.seconds[-1] < 20


def test_numpy_rows_are_frames_at_30_a_second(tmp_path):
    """Invalid rows have no place."""
    path = tmp_path / "a.npy"
    np.save(path, np.array([[0.5, 0.25, 1], [0, 0, 0], [1.5, 0.5, 1], [np.nan, 0.5, 1]]))
    made = npy.read_samples(path).samples
    assert made.seconds.tolist() == [0, 1 / 30, 2 / 30, 3 / 30]
    assert made.types.tolist() == ["unknown", "untracked", "outside", "untracked"]
    assert np.isnan(made.x[1])


def test_the_published_rows_by_hand(tmp_path):
    """Clipped, and places of invalid rows kept."""
    # Valid and inside: fixation. Valid and outside: truncated, clipped. Not valid: untracked.
    path = tmp_path / "a.npy"
    np.save(path, np.array([[0.1, 0.25, 1], [1.5, -1, 1], [0.5, 0.5, 0], [0.5, 0.5, 2]]))
    made = npy.read_published(path)
    assert made.x.tolist() == [float(np.float32(0.1)), 1.0, 0.5, 0.5]
    assert made.y.tolist() == [0.25, 0.0, 0.5, 0.5]
    assert made.types.tolist() == ["fixation", "outside", "untracked", "untracked"]


class Harm:
    """Would run when it is unpickled."""

    def __reduce__(self):
        return (pytest.fail, ("code of a stranger ran",))


def test_nothing_is_unpickled(tmp_path):
    """Neither as an array of objects nor as a plain pickle."""
    path = tmp_path / "a.npy"
    np.save(path, np.array([[Harm()] * 3], dtype=object), allow_pickle=True)
    with pytest.raises(DatasetError, match="plain numbers"):
        npy.read_samples(path)
    path.write_bytes(pickle.dumps(Harm()))
    with pytest.raises(DatasetError, match="plain numbers"):
        npy.read_samples(path)


@pytest.mark.parametrize(
    "array", [np.zeros(3), np.zeros((4, 2)), np.zeros((0, 3)), np.full((2, 3), "a"),
              np.zeros((2, 3), np.complex128)],
)  # fmt: skip
def test_other_arrays_are_refused(tmp_path, array):
    """Only rows of three numbers."""
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(DatasetError):
        npy.read_samples(tmp_path / "a.npy")


@pytest.mark.parametrize("cut", [0, 5, 60, 130])
def test_a_file_that_is_cut_short_is_refused(tmp_path, cut):
    """In the magic, the header and the data."""
    np.save(tmp_path / "a.npy", np.zeros((9, 3)))
    whole = (tmp_path / "a.npy").read_bytes()
    (tmp_path / "a.npy").write_bytes(whole[:cut])
    with pytest.raises(DatasetError, match="numpy file"):
        npy.read_samples(tmp_path / "a.npy")


@pytest.mark.parametrize("header", [b"(", b"{'descr': '<f8'", b"9" * 99, b"\xff", b"[" * 400])
def test_a_numpy_header_that_is_no_python_is_refused(tmp_path, header):
    """Whatever Python's parser says of it."""
    path = tmp_path / "a.npy"
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    with pytest.raises(DatasetError, match="numpy file"):
        npy.read_samples(path)


def test_huge_numbers_are_outside(tmp_path):
    """Beyond float32, which the published table has."""
    np.save(tmp_path / "a.npy", np.array([[1e308, 0.5, 1], [0.5, 0.5, 1]]))
    assert npy.read_samples(tmp_path / "a.npy").samples.types.tolist() == ["outside", "unknown"]
    assert npy.read_published(tmp_path / "a.npy").x.tolist() == [1.0, 0.5]


def test_a_video_that_is_no_mp4_says_how_to_make_one(tmp_path):
    """Cameras make others."""
    (tmp_path / "v.mkv").write_bytes(b"\x1aE\xdf\xa3")
    with pytest.raises(DatasetError, match=r"ffmpeg -i v\.mkv -c copy v\.mp4"):
        video_facts(source(tmp_path=tmp_path))


def test_a_broken_video_of_ones_own_is_not_compared_with_a_release(tmp_path):
    """There is none."""
    (tmp_path / "v.mp4").write_bytes(b"hello")
    own = replace(source(), video=tmp_path / "v.mp4")
    with pytest.raises(DatasetError, match="player shows it to its end") as caught:
        video_facts(own)
    assert "release" not in str(caught.value)
