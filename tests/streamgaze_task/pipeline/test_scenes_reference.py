"""The published scene filter, against OpenCV's own numbers on the same frames."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import cv2
import numpy as np
import pytest
from PIL import Image

from sightline.progress import Silent
from streamgaze_task.pipeline.fixating.reference_scenes import reference_scenes
from streamgaze_task.pipeline.records import FoundFixation
from streamgaze_task.rendering.media import mp4

FPS = 10


def video(path, shades):
    """A clip of soft pictures, each of one main colour, given by (red, green, blue)."""
    rng = np.random.default_rng(1)
    soft = Image.fromarray(rng.integers(0, 50, (3, 4, 3), dtype=np.uint8)).resize((128, 96))
    with mp4(path, size=(128, 96), fps=Fraction(FPS)) as add:
        for shade in shades:
            add((np.asarray(soft) * (max(shade) > 0) + np.array(shade)).astype(np.uint8))
    return path


RED, ORANGE, BLUE, BLACK = (200, 60, 40), (200, 90, 40), (40, 60, 200), (0, 0, 0)


def look(start, end, number=0):
    """A fixation."""
    return FoundFixation(number, start, end, 0.5, 0.5)


def reference(path, *looks, fmt="egtea"):
    """What the published filter makes of these fixations."""
    return reference_scenes(path, looks, fmt, Silent())


def by_opencv(path, start, end):
    """The published score, with OpenCV for everything, the video's frames included."""
    capture = cv2.VideoCapture(str(path))
    fps = capture.get(cv2.CAP_PROP_FPS)
    histograms = []
    for at in np.linspace(start, end, max(5, int(2 * (end - start)))):
        capture.set(cv2.CAP_PROP_POS_FRAMES, int(at * fps))
        read, frame = capture.read()
        if read:
            hsv = cv2.cvtColor(frame, cv2.COLOR_BGR2HSV)
            histogram = cv2.calcHist([hsv], [0, 1], None, [50, 60], [0, 180, 0, 256])
            cv2.normalize(histogram, histogram, 0, 1, cv2.NORM_MINMAX)
            histograms.append(histogram)
    capture.release()
    pairs = pairwise(histograms)
    return min(cv2.compareHist(one, other, cv2.HISTCMP_CORREL) for one, other in pairs)


@pytest.mark.parametrize("span", [(0.0, 3.0), (1.2, 4.6), (0.5, 7.9), (6.0, 9.5)])
def test_the_score_is_opencvs(tmp_path, span):
    """To the last bit, on the frames that OpenCV reads at the same places."""
    clip = video(tmp_path / "a.mp4", [RED] * 30 + [ORANGE] * 30 + [BLUE] * 40)
    (fixation,) = reference(clip, look(*span))
    score = by_opencv(clip, *span)
    assert fixation.scene_correlation == score
    assert fixation.dropped == ("" if score >= 0.9 else "scene changes")


def test_the_threshold_of_each_format(tmp_path):
    """A change that HoloAssist's 0.5 lets pass and 0.9 does not."""
    shades = [(200, 60 + frame, 40) for frame in range(60)]
    clip = video(tmp_path / "a.mp4", shades)
    score = by_opencv(clip, 0.0, 5.5)
    assert 0.5 <= score < 0.9
    for fmt, dropped in (
        ("egtea", "scene changes"),
        ("plain", "scene changes"),
        ("holoassist", ""),
    ):
        assert reference(clip, look(0.0, 5.5), fmt=fmt)[0].dropped == dropped


def test_shorter_than_two_and_a_half_seconds(tmp_path):
    """The last rule; whole otherwise."""
    clip = video(tmp_path / "a.mp4", [RED] * 60)
    short, kept = reference(clip, look(0.0, 2.4), look(3.0, 5.5, 1))
    assert (short.dropped, kept.dropped) == ("short", "")
    assert (kept.start_seconds, kept.end_seconds) == (3.0, 5.5)


@pytest.mark.parametrize(("black", "dropped"), [(12, "scene changes"), (21, "black pictures")])
def test_three_black_frames_of_five(tmp_path, black, dropped):
    """At 0, 0.9, 1.8, 2.7 and 3.6 s: 12 black frames hold two of them, 21 three."""
    clip = video(tmp_path / "a.mp4", [BLACK] * black + [RED] * 30)
    assert reference(clip, look(0.0, 3.6))[0].dropped == dropped


def test_a_change_at_an_edge_drops_all(tmp_path):
    """Nothing is cut off."""
    clip = video(tmp_path / "a.mp4", [BLUE] * 3 + [RED] * 60)
    assert reference(clip, look(0.1, 5.0))[0].dropped == "scene changes"


def test_what_cannot_be_read_passes(tmp_path):
    """A fault of theirs: no video, a broken one, and a fixation behind the video's end."""
    clip = video(tmp_path / "a.mp4", [RED] * 30)
    (tmp_path / "b.mp4").write_bytes(b"no video")
    looks = (look(10.0, 13.0), look(20.0, 22.0, 1))
    for path in (clip, tmp_path / "b.mp4", tmp_path / "c.mp4"):
        passed, short = reference(path, *looks)
        assert (passed.dropped, passed.scene_correlation) == ("", None)
        assert short.dropped == "short"


def test_frames_behind_the_end_are_passed_over(tmp_path):
    """Only the readable ones of a fixation that lasts longer than the video count."""
    clip = video(tmp_path / "a.mp4", [RED] * 40)
    (fixation,) = reference(clip, look(2.0, 6.0))
    assert fixation.dropped == ""
    assert fixation.scene_correlation == by_opencv(clip, 2.0, 6.0)
