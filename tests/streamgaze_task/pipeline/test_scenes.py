"""Scenes: pictures during a fixation are alike, or it is known why it is not used."""

from __future__ import annotations

import math
import weakref
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from sightline.errors import DatasetError
from sightline.progress import Silent
from sightline.video import scan
from streamgaze_task.pipeline.fixating import pictures as measuring
from streamgaze_task.pipeline.fixating.scenes import judge_scenes
from streamgaze_task.pipeline.fixating.settings import SceneSettings
from streamgaze_task.pipeline.records import FoundFixation
from streamgaze_task.rendering.media import mp4

SIZE = (128, 96)
FPS = 10


def scene(number):
    """A picture of 96 x 128 pixels; each number has colours of its own, 0 is black.

    Soft, as photographs are: one flat colour may jump from bin to bin when it is compressed.
    """
    if number == 0:
        return np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    rng = np.random.default_rng(number)
    colours = rng.integers(30, 90, (3, 4, 3)) + rng.permutation([0, 60, 150])
    return np.asarray(
        Image.fromarray(colours.astype(np.uint8)).resize(SIZE, Image.Resampling.BICUBIC)
    )


def video(path, *parts, fps=FPS):
    """A clip that shows scene `number` for `frames` frames, for each (number, frames)."""
    with mp4(path, size=SIZE, fps=Fraction(fps)) as add:
        for number, frames in parts:
            for _ in range(frames):
                add(scene(number))
    return path


def look(start, end, number=0, dropped=""):
    """A fixation."""
    return FoundFixation(number, start, end, 0.5, 0.5, dropped=dropped)


def judged(path, *looks, **chosen):
    """What becomes of these fixations."""
    return judge_scenes(path, looks, SceneSettings(**chosen), Silent())


def test_a_steady_scene_stays_and_is_told(tmp_path):
    """Only the correlation is new."""
    clip = video(tmp_path / "a.mp4", (1, 30))
    (fixation,) = judged(clip, look(0.5, 2.5))
    assert fixation.scene_correlation > 0.9
    assert replace(fixation, scene_correlation=None) == look(0.5, 2.5)


def test_a_change_in_the_middle_drops_it_with_its_number(tmp_path):
    """Two scenes, two seconds each."""
    clip = video(tmp_path / "a.mp4", (1, 20), (2, 20))
    before, during, after = judged(clip, look(0, 2, 0), look(1, 3, 1), look(2, 4, 2))
    assert [before.dropped, during.dropped, after.dropped] == ["", "scene changes", ""]
    assert during.scene_correlation < 0.5
    assert (during.number, during.start_seconds, during.end_seconds) == (1, 1, 3)


def test_the_end_is_exclusive(tmp_path):
    """The frame at 2.0 s is the first of another scene."""
    clip = video(tmp_path / "a.mp4", (1, 20), (2, 20))
    assert judged(clip, look(0.0, 2.0))[0].dropped == ""
    assert judged(clip, look(2.0, 3.0))[0].dropped == ""


def test_a_turn_at_an_edge_is_cut_off(tmp_path):
    """0.3 s of another scene at the start, or at the end."""
    clip = video(tmp_path / "a.mp4", (1, 10), (2, 20), (3, 10))
    late, early = judged(clip, look(0.7, 2.9), look(1.1, 3.3))
    assert late.dropped == ""
    assert 1.0 <= late.start_seconds <= 1.2
    assert late.end_seconds == 2.9
    assert late.scene_correlation > 0.9
    assert early.dropped == ""
    assert early.start_seconds == 1.1
    assert 2.6 <= early.end_seconds <= 3.0


def test_cutting_is_bounded(tmp_path):
    """Nothing more than the edge, nothing that leaves too little, nothing when it is turned off."""
    clip = video(tmp_path / "a.mp4", (1, 10), (2, 30))
    assert judged(clip, look(0.1, 4.0))[0].dropped == "scene changes"
    assert judged(clip, look(0.7, 1.8))[0].dropped == "scene changes"
    assert judged(clip, look(0.7, 1.8), min_seconds=0.4)[0].dropped == ""
    assert judged(clip, look(0.7, 3.0), edge_seconds=0.0)[0].dropped == "scene changes"


def test_black_pictures_drop_it(tmp_path):
    """Black is as alike as can be, and nothing to see."""
    clip = video(tmp_path / "a.mp4", (0, 30), (1, 30))
    black, seen = judged(clip, look(0, 2.5), look(3.0, 6.0))
    assert (black.dropped, black.scene_correlation) == ("black pictures", 1.0)
    assert seen.dropped == ""


def test_the_threshold_is_the_settings(tmp_path):
    """Anything passes -1."""
    clip = video(tmp_path / "a.mp4", (1, 20), (2, 20))
    assert judged(clip, look(1, 3), min_correlation=-1.0)[0].dropped == ""


def test_pictures_are_taken_often_enough(tmp_path):
    """Half a second of another scene in the middle of four is seen with two a second."""
    clip = video(tmp_path / "a.mp4", (1, 18), (2, 5), (1, 17))
    assert judged(clip, look(0.0, 4.0))[0].dropped == "scene changes"


@pytest.mark.parametrize("span", [(2.0, 5.0), (-2.0, 1.0), (10.0, 12.0)])
def test_what_leaves_the_video_is_dropped(tmp_path, span):
    """Three seconds of video."""
    clip = video(tmp_path / "a.mp4", (1, 30))
    (fixation,) = judged(clip, look(*span))
    assert fixation.dropped == "outside the video"
    assert fixation.scene_correlation is None


def test_too_few_pictures_are_no_proof(tmp_path):
    """One frame in two seconds of fixation."""
    clip = video(tmp_path / "a.mp4", (1, 5), fps=Fraction(1, 3))
    (fixation,) = judged(clip, look(3.5, 5.5))
    assert (fixation.dropped, fixation.scene_correlation) == ("pictures cannot be read", None)


def test_unreadable_pictures_are_told_and_the_others_still_judged(tmp_path, monkeypatch):
    """The decoder gives up at 6 s: what lies before, and behind the next key frame, is judged."""
    clip = video(tmp_path / "a.mp4", (1, 160))
    assert scan(clip).key_frames == (0, 50, 100, 150)
    whole = measuring.ForwardPass.natives

    def natives(self, indices):
        for index, native in whole(self, indices):
            if 60 <= index < 100:
                raise DatasetError("broken")
            yield index, native

    monkeypatch.setattr(measuring.ForwardPass, "natives", natives)
    looks = [look(start, start + 2.0, n) for n, start in enumerate((0, 3.5, 5, 7, 9, 11, 13))]
    reasons = [fixation.dropped for fixation in judged(clip, *looks)]
    assert reasons == ["", "", *["pictures cannot be read"] * 3, "", ""]


class Guessed:
    """A frame of which the decoder had to guess parts."""

    def __init__(self, native):
        self.native = native
        self.is_corrupt = True

    def to_ndarray(self, **asked):
        """The picture, as far as it is known."""
        return self.native.to_ndarray(**asked)


def test_guessed_pictures_are_not_read(tmp_path, monkeypatch):
    """One of them is enough."""
    clip = video(tmp_path / "a.mp4", (1, 40))
    whole = measuring.ForwardPass.natives

    def natives(self, indices):
        for index, native in whole(self, indices):
            yield index, Guessed(native) if index == 10 else native

    monkeypatch.setattr(measuring.ForwardPass, "natives", natives)
    reasons = [fixation.dropped for fixation in judged(clip, look(0, 2), look(2, 4, 1))]
    assert reasons == ["pictures cannot be read", ""]


def test_a_file_with_a_hole_is_told(tmp_path):
    """Real damage: a stretch of zeros where pictures were. Something is dropped, nothing raised."""
    clip = video(tmp_path / "a.mp4", *[(1 + n, 5) for n in range(40)])
    whole = [f.dropped for f in judged(clip, *looks_of(20), min_correlation=-1.0)]
    data = bytearray(clip.read_bytes())
    begin = data.index(b"mdat") + len(data) // 3
    data[begin : begin + len(data) // 5] = bytes(len(data) // 5)
    clip.write_bytes(data)
    holed = [f.dropped for f in judged(clip, *looks_of(20), min_correlation=-1.0)]
    assert set(whole) == {""}
    assert holed[0] == ""
    assert "pictures cannot be read" in holed


def looks_of(seconds):
    """One fixation a second and a half."""
    starts = np.arange(0, seconds - 1.5, 1.5)
    return [look(float(start), float(start) + 1.5, n) for n, start in enumerate(starts)]


def test_a_video_that_is_none_is_refused(tmp_path):
    """It is the recording that is at fault, not each fixation."""
    (tmp_path / "a.mp4").write_bytes(b"no video")
    for name in ("a.mp4", "b.mp4"):
        with pytest.raises(DatasetError):
            judged(tmp_path / name, look(0, 2))


def test_what_is_dropped_already_stays_and_costs_nothing(tmp_path):
    """Order and count too; no picture is asked for."""
    clip = video(tmp_path / "a.mp4", (1, 30))
    gone = look(0, 2, 0, "short")
    told = Told()
    assert judge_scenes(clip, [gone], SceneSettings(), told) == (gone,)
    assert told.total == 0
    assert judge_scenes(clip, [], SceneSettings(), told) == ()


class Told:
    """A progress that remembers."""

    total = done = 0

    def start(self, _what, total):
        """A step begins."""
        self.total += total

    def advance(self, done):
        """Some of it is done."""
        self.done += done


def test_progress_counts_every_picture_once(tmp_path):
    """Two fixations that share frames."""
    clip = video(tmp_path / "a.mp4", (1, 60))
    told = Told()
    judge_scenes(clip, [look(0, 3), look(0, 3, 1), look(3, 5, 2)], SceneSettings(), told)
    assert told.done == told.total == 7 + 5


def test_no_more_than_two_pictures_are_ever_held(tmp_path, monkeypatch):
    """However long the video and the fixation."""
    alive: weakref.WeakSet[object] = weakref.WeakSet()
    most = []
    measured = measuring.measured

    class Watched(measuring.Picture):
        """A picture that can be counted."""

    def spy(bgr):
        picture = measured(bgr)
        watched = Watched(picture.histogram, picture.grey)
        alive.add(watched)
        most.append(len(alive))
        return watched

    monkeypatch.setattr(measuring, "measured", spy)
    clip = video(tmp_path / "a.mp4", (1, 300))
    judged(clip, *looks_of(20), look(20.0, 30.0, 20))
    assert len(most) > 60
    assert max(most) <= 3
    assert not alive


def test_fixations_need_not_be_apart(tmp_path):
    """Each is judged as if it were alone."""
    clip = video(tmp_path / "a.mp4", (1, 30), (2, 30))
    looks = [look(0, 2.9, 0), look(1, 4, 1), look(2, 5, 2), look(3.0, 6, 3)]
    together = judged(clip, *looks)
    assert together == tuple(judged(clip, one)[0] for one in looks)
    assert [f.dropped for f in together] == ["", "scene changes", "scene changes", ""]


def test_correlations_are_pearsons_of_the_histograms():
    """By hand, of two random pictures."""
    rng = np.random.default_rng(0)
    one, other = (
        measuring.measured(rng.integers(0, 255, (48, 64, 3), dtype=np.uint8)) for _ in "ab"
    )
    by_hand = np.corrcoef(one.histogram.ravel(), other.histogram.ravel())[0, 1]
    assert measuring.correlation(one, other) == pytest.approx(by_hand, abs=1e-6)
    assert measuring.correlation(one, one) == pytest.approx(1.0)
    assert one.histogram.shape == (50, 60)
    assert math.isclose(one.histogram.max(), 1.0)
