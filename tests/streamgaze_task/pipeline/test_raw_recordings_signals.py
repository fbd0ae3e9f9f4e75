"""Gaze signals: contradictions are refused, and known fixations are what they are said to be."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamgaze_task.cameras import Camera, camera_of
from streamgaze_task.rendering import signals
from streamgaze_task.rendering.signals import Signal, known_fixations

GOOD = {
    "seconds": [0.0, 0.1, 0.2],
    "x": [0.5, np.nan, 1.5],
    "y": [0.5, np.nan, 0.5],
    "valid": [True, False, False],
    "types": ["fixation", "blink", "outside"],
}
CAMERA = camera_of("egtea")


def test_a_signal_cannot_be_changed():
    """Its arrays are copies that cannot be written to."""
    x = np.array(GOOD["x"])
    signal = Signal(**{**GOOD, "x": x})
    x[0] = 0.9
    assert signal.x[0] == 0.5
    assert len(signal) == 3
    with pytest.raises(ValueError, match="read-only"):
        signal.x[0] = 0.1


@pytest.mark.parametrize(
    ("column", "values", "match"),
    [
        ("seconds", [0.0, 0.2, 0.1], "ascend"),
        ("seconds", [0.0, 0.1, 0.1], "ascend"),
        ("seconds", [-0.1, 0.1, 0.2], "not negative"),
        ("seconds", [0.0, np.nan, 0.2], "finite"),
        ("seconds", [0.0, 0.1, np.inf], "finite"),
        ("seconds", [0.0, 0.1], "one shape"),
        ("x", [np.nan, np.nan, 1.5], "position"),
        ("y", [0.5, 0.5, 0.5], "position"),
        ("x", [0.5, np.inf, 1.5], "position"),
        ("y", [0.5, np.nan, -np.inf], "position"),
        ("x", [1.5, np.nan, 1.5], r"\[0, 1\]"),
        ("x", [0.5, np.nan, 1.0], r"\[0, 1\]"),
        ("valid", [False, False, False], "valid"),
        ("valid", [True, True, False], "valid"),
        ("types", ["fixation", "blink", "wink"], "wink"),
    ],
)
def test_contradictions_are_refused(column, values, match):
    """Unsorted times, positions where there are none, types and validity that do not fit."""
    with pytest.raises(ValueError, match=match):
        Signal(**{**GOOD, column: values})


def test_two_dimensions_are_refused():
    """A signal is one row of samples."""
    with pytest.raises(ValueError, match="one shape"):
        Signal(**{name: [values] for name, values in GOOD.items()})


def _degrees(signal, known, camera=CAMERA):
    """How far each sample is from a fixation's middle."""
    right, down = camera.angles(signal.x, signal.y)
    middle = camera.angles(np.array([known.x]), np.array([known.y]))
    return np.hypot(right - middle[0], down - middle[1])


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    seconds=st.floats(0.05, 60),
    rate=st.sampled_from([10.0, 24.46, 30.0, 120.0]),
    drift=st.floats(0, 10),
)
def test_fixations_fill_the_time(seed, seconds, rate, drift):
    """In order, of the promised lengths, with saccades of plausible length between, to the end."""
    signal, known = known_fixations(seed, seconds, rate, drift_degrees_per_second=drift)
    assert known[0].start == 0
    assert known[-1].end == seconds
    for one in known:
        assert one.end - one.start <= signals.LONGEST + 1e-9
        assert one.end - one.start >= min(signals.SHORTEST, seconds) - 1e-9
    for one, following in pairwise(known):
        assert 0.021 + 4 * 0.0022 - 1e-9 <= following.start - one.end < 0.3
    assert len(signal) == np.ceil(seconds * rate - 1e-9)
    fixating = np.zeros(len(signal), bool)
    for one in known:
        fixating |= (signal.seconds >= one.start) & (signal.seconds < one.end)
    assert not (signal.types[fixating] == "saccade").any()
    assert not (signal.types[~fixating] == "fixation").any()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), source=st.sampled_from(["egtea", "egoexolearn", "holoassist"]))
def test_without_noise_the_eye_is_where_it_is_said_to_be(seed, source):
    """Every sample of a fixation is its middle; the next one is 4 degrees away or more."""
    camera = camera_of(source)
    signal, known = known_fixations(seed, 20.0, 60.0, camera=camera)
    for one in known:
        inside = (signal.seconds >= one.start) & (signal.seconds < one.end)
        assert _degrees(signal, one, camera)[inside].max(initial=0) < 1e-5
    for one, following in pairwise(known):
        middle = Signal([0.0], [following.x], [following.y], [True], ["fixation"])
        assert _degrees(middle, one, camera)[0] > signals.SMALLEST_JUMP - 1e-5


def test_a_saccade_passes_from_one_place_to_the_next():
    """Samples between two fixations are between their places, nearer and nearer the second."""
    signal, known = known_fixations(1, 10.0, 1000.0)
    for one, following in pairwise(known):
        moving = (signal.seconds >= one.end) & (signal.seconds < following.start)
        assert moving.sum() >= 29
        assert (np.diff(_degrees(signal, following)[moving]) < 1e-6).all()


def test_noise_has_the_size_that_was_asked_for():
    """Standard deviation along each axis; the fixations stay as they were."""
    clean, known = known_fixations(2, 60.0, 120.0)
    noisy, same = known_fixations(2, 60.0, 120.0, noise_degrees=0.4)
    assert known == same
    both = clean.valid & noisy.valid
    for axis in (0, 1):
        off = CAMERA.angles(noisy.x, noisy.y)[axis] - CAMERA.angles(clean.x, clean.y)[axis]
        assert np.std(off[both]) == pytest.approx(0.4, rel=0.05)


def test_drift_moves_the_eye_around_its_middle():
    """At half of a fixation's time it is where the truth says, at its ends half the way off."""
    signal, known = known_fixations(3, 60.0, 120.0, drift_degrees_per_second=0.5)
    for one in known:
        inside = (signal.seconds >= one.start) & (signal.seconds < one.end)
        off = np.abs(signal.seconds - (one.start + one.end) / 2)
        assert _degrees(signal, one)[inside] == pytest.approx(0.5 * off[inside], abs=1e-5)


def test_blinks_lie_inside_fixations():
    """100 to 300 ms each, and the gaze is back before the fixation ends."""
    signal, known = known_fixations(4, 120.0, 250.0, blinks_per_minute=12)
    blinking = np.flatnonzero(np.diff(signal.types == "blink"))
    starts, ends = signal.seconds[blinking[::2]], signal.seconds[blinking[1::2]]
    assert len(starts) == 24
    assert ((ends - starts > 0.09) & (ends - starts < 0.31)).all()
    for start, end in zip(starts, ends, strict=True):
        assert any(one.start < start and end < one.end for one in known)


def test_outliers_are_single_samples_that_look_valid():
    """As many as asked for, 5 to 20 degrees off, the samples beside them untouched."""
    clean, _ = known_fixations(5, 60.0, 100.0)
    signal, _ = known_fixations(5, 60.0, 100.0, outliers_per_minute=10)
    changed = np.flatnonzero((signal.x != clean.x) | (signal.y != clean.y))
    assert len(changed) == 10
    assert (np.diff(changed) > 1).all()
    assert set(signal.types[changed]) <= {"fixation", "outside"}


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_dropouts_take_their_share(share):
    """About that part of the samples is untracked, wherever the eye is."""
    signal, _ = known_fixations(6, 600.0, 30.0, dropout_share=share)
    assert np.mean(signal.types == "untracked") == pytest.approx(share, abs=0.05)


def test_a_seed_gives_one_signal():
    """The same twice, another one for another seed."""
    given_ = {"noise_degrees": 0.3, "dropout_share": 0.1, "blinks_per_minute": 10}
    first, again, other = (known_fixations(seed, 20.0, 60.0, **given_) for seed in (7, 7, 8))
    assert first[1] == again[1] != other[1]
    for name in GOOD:
        one, two = getattr(first[0], name), getattr(again[0], name)
        assert one.tobytes() == two.tobytes()


def test_gaze_that_noise_takes_out_of_the_frame_is_outside():
    """Not valid, and still with its position."""
    signal, _ = known_fixations(9, 30.0, 60.0, noise_degrees=15)
    outside = signal.types == "outside"
    assert outside.any()
    assert not signal.valid[outside].any()
    assert np.isfinite(signal.x[outside]).all()


@pytest.mark.parametrize(
    "wrong",
    [
        {"seconds": 0.0},
        {"seconds": float("inf")},
        {"rate_hz": 0.0},
        {"rate_hz": float("nan")},
        {"noise_degrees": -1.0},
        {"noise_degrees": float("nan")},
        {"blinks_per_minute": float("inf")},
        {"drift_degrees_per_second": 11.0},
        {"dropout_share": 0.95},
        {"dropout_share": -0.1},
        {"camera": Camera(hfov_degrees=10)},
    ],
)
def test_impossible_signals_are_refused(wrong):
    """Instead of an endless search for a place."""
    with pytest.raises(ValueError, match="must"):
        known_fixations(**{"seed": 0, "seconds": 5.0, "rate_hz": 30.0, **wrong})
