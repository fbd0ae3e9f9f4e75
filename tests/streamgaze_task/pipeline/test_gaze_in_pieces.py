"""Hours of gaze: found in pieces as in the whole, in memory that hardly grows with the length."""

import tracemalloc
from functools import partialmethod
from itertools import pairwise
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.errors import DatasetError
from streamgaze_task.cameras import camera_of
from streamgaze_task.pipeline import gaze_store
from streamgaze_task.pipeline.fixating.find import find_fixations
from streamgaze_task.pipeline.fixating.settings import FixationSettings
from streamgaze_task.pipeline.gaze_samples import GazeSamples, codes_of
from streamgaze_task.pipeline.known import losses_in
from streamgaze_task.pipeline.records import GAZE_TYPES, VideoFacts
from streamgaze_task.pipeline.scanpath import losses_of
from streamgaze_task.rendering.signals import known_fixations

VIDEO = VideoFacts(seconds=60.0, frames=1800, fps=30.0, width=640, height=480)
CAMERA = camera_of("egtea")
FAULTS = {"noise_degrees": 0.5, "blinks_per_minute": 20, "outliers_per_minute": 10}


def messy(seed, seconds, lost, rate=30.0):
    """Gaze with noise, blinks, outliers and losses; some samples were not even written."""
    signal, _ = known_fixations(seed, seconds, rate, dropout_share=lost, **FAULTS)
    kept = np.random.default_rng(seed).random(len(signal.seconds)) < 0.97
    columns = (signal.seconds, signal.x, signal.y, signal.valid, codes_of(signal.types))
    return GazeSamples(*(column[kept] for column in columns))


def whole(samples):
    """Not in pieces."""
    return mock.patch.object(GazeSamples, "pieces", return_value=[samples])


def in_pieces(rows):
    """In as short ones as can be from so many samples on."""
    short = partialmethod(GazeSamples.pieces, rows=rows)
    return mock.patch.object(GazeSamples, "pieces", short)


@given(
    seed=st.integers(0, 1000),
    lost=st.sampled_from([0.0, 0.1, 0.3]),
    rows=st.integers(1, 200),
    rule=st.sampled_from(["dispersion", "velocity"]),
)
@settings(max_examples=25, deadline=None)
def test_pieces_give_the_fixations_and_losses_of_the_whole(seed, lost, rows, rule):
    """To the last bit, wherever pieces are cut."""
    samples, chosen = messy(seed, 40, lost), FixationSettings(rule=rule)
    with whole(samples):
        expected = find_fixations(samples, CAMERA, VIDEO, chosen)
    for end in (60.0, float(samples.seconds[-1]) - 3):
        with in_pieces(rows):
            assert find_fixations(samples, CAMERA, VIDEO, chosen) == expected
            assert losses_in(samples, end) == losses_of(samples.table(), end)


@given(seed=st.integers(0, 1000), rows=st.integers(1, 100), gap=st.floats(0.13, 2))
@settings(max_examples=25, deadline=None)
def test_pieces_hold_every_valid_sample_once_and_are_far_apart(seed, rows, gap):
    """Each is longer than asked for, but perhaps the last, and begins after a gap."""
    samples = messy(seed, 30, 0.2)
    pieces = [piece.seconds[piece.valid] for piece in samples.pieces(gap, rows=rows)]
    assert np.array_equal(np.concatenate(pieces), samples.seconds[samples.valid])
    for before, after in pairwise(pieces):
        assert after[0] - before[-1] > gap
    longest = np.diff(samples.seconds[samples.valid]).max()
    assert (len(pieces) == 1) or longest > gap


def test_gaze_without_a_gap_is_one_piece():
    """However long; so is gaze that was never seen, and none at all."""
    seconds, half = np.arange(1000) / 30, np.full(1000, 0.5)
    for valid in (True, False):
        columns = (seconds, half, half, np.full(1000, valid), codes_of(["unknown"] * 1000))
        assert [len(p) for p in GazeSamples(*columns).pieces(0.5, rows=10)] == [1000]
        assert [len(p) for p in GazeSamples(*(c[:0] for c in columns)).pieces(0.5)] == [0]


@pytest.mark.parametrize("count", [0, 1, 40_000])
def test_what_is_written_is_read(tmp_path, count):
    """All types, places that are missing, over several row groups; equal bytes twice."""
    draw = np.random.default_rng(1)
    x = np.where(draw.random(count) < 0.2, np.nan, draw.random(count))
    codes = draw.integers(0, len(GAZE_TYPES), count).astype(np.int8)
    samples = GazeSamples(np.arange(count) / 60, x, x - 0.0, np.ones(count, np.bool_), codes)
    paths = tmp_path / "a" / "one.parquet", tmp_path / "two.parquet"
    for path in paths:
        gaze_store.write(path, samples)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    read = gaze_store.read(paths[0])
    for name in ("seconds", "x", "y", "valid", "codes"):
        assert np.array_equal(*(getattr(s, name) for s in (samples, read)), equal_nan=True)
    assert read.types.tolist() == samples.types.tolist()


def test_types_that_nobody_knows_are_refused(tmp_path):
    """In words or numbers, and in a file."""
    nothing = np.zeros(1)
    with pytest.raises(ValueError, match="napping"):
        codes_of(["napping"])
    for code in (-1, len(GAZE_TYPES)):
        with pytest.raises(ValueError, match="codes"):
            GazeSamples(nothing, nothing, nothing, nothing, np.array([code]))
    path = tmp_path / "a.parquet"
    gaze_store.write(path, GazeSamples(nothing, nothing, nothing, nothing, np.zeros(1)))
    path.write_bytes(path.read_bytes().replace(b"fixation", b"fixatiom"))
    with pytest.raises(DatasetError, match=r"a\.parquet"):
        gaze_store.read(path)


@pytest.mark.slow
def test_memory_hardly_grows_with_the_length(tmp_path):
    """42 bytes a sample are held; beside them there is a piece and what becomes of it."""
    minute = messy(3, 60, 0.1)
    peaks = []
    for minutes in (15, 120):
        path = tmp_path / f"{minutes}.parquet"
        gaze_store.write(path, again(minute, minutes))
        tracemalloc.start()
        try:
            samples = gaze_store.read(path)
            losses_in(samples, minutes * 60.0)
            found = find_fixations(samples, CAMERA, VIDEO, FixationSettings())
            peaks.append((len(samples), tracemalloc.get_traced_memory()[1]))
        finally:
            tracemalloc.stop()
        assert len(found) > 10 * minutes
    (few, low), (many, high) = peaks
    assert (high - low) / (many - few) < 80


def again(samples, copies):
    """The same gaze over and over."""
    starts = np.repeat(np.arange(copies) * 60.0, len(samples))
    columns = (samples.x, samples.y, samples.valid, samples.codes)
    seconds = np.tile(samples.seconds, copies) + starts
    return GazeSamples(seconds, *(np.tile(column, copies) for column in columns))
