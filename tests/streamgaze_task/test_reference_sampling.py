import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamgaze_task.reference_sampling import RULES, linspace, reference_indices

CASES = json.loads(
    (Path(__file__).parents[1] / "conformance" / "streamgaze_frame_indices.json").read_text()
)["cases"]


def name(case):
    """Names a recorded case."""
    over, under = case["fps"]
    return f"{case['rule']} {over}/{under} [{case['start']}, {case['end']})"


def at_rate(rule, fps, frame_count, start, end):
    """The rule on a video of a constant rate."""
    times = [k / fps for k in range(frame_count)]
    return reference_indices(
        rule, fps=fps, frame_count=frame_count, pts_seconds=times, start=start, end=end
    )


@pytest.mark.parametrize("case", CASES, ids=name)
def test_recorded_indices(case):
    """A rule gives the recorded positions of its wrapper, less a frame at or after the end."""
    fps, recorded = case["fps"][0] / case["fps"][1], case["indices"]
    if isinstance(recorded, dict):
        step, count = recorded["step"], recorded["count"]
        recorded = [recorded["first"] + k * step for k in range(count)]
    past = [index for index in recorded if index / fps < case["end"]]
    assert len(recorded) - len(past) <= 1
    window = case["start"], case["end"]
    assert at_rate(case["rule"], fps, case["frame_count"], *window) == past


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(2, 64))
def test_linspace_is_numpy(start, length, count):
    """Even spacing equals numpy's, bit for bit."""
    expected = np.linspace(start, start + length, count, dtype=int).tolist()
    assert linspace(start, start + length, count) == expected


steps = st.lists(st.sampled_from([0.01, 1 / 30, 0.04, 0.5, 3.0]), max_size=200)
moments = st.one_of(st.integers(0, 200), st.floats(0, 200))


@given(st.sampled_from(RULES), steps, moments, moments, st.sampled_from([0.3, 10, 29.97, 60]))
def test_never_the_future(rule, gaps, start, end, fps):
    """Whatever the rate, positions ascend, lie inside the video and before the window's end."""
    times = np.cumsum(gaps).tolist()
    chosen = reference_indices(
        rule, fps=fps, frame_count=len(times), pts_seconds=times, start=start, end=end
    )
    assert chosen == sorted(set(chosen))
    assert all(0 <= index < len(times) and times[index] < end for index in chosen)
    most = {"16_uniform": 16, "qwen": 768, "internvl": 64, "1fps": len(times)}
    assert len(chosen) <= most[rule]


@given(st.sampled_from(RULES), st.sampled_from([10, 24, 30]), st.integers(0, 90), st.integers(1, 9))
def test_inside_the_window_at_a_constant_rate(rule, fps, start, length):
    """At a constant rate every position lies in the window, and there is one."""
    chosen = at_rate(rule, fps, 100 * fps, start, start + length)
    assert chosen
    assert all(start <= index / fps < start + length for index in chosen)


@pytest.mark.parametrize("rule", RULES)
def test_window_that_runs_past_the_video(rule):
    """Positions are clamped to the video, where the wrappers fail."""
    chosen = at_rate(rule, 10, 100, 5, 65)
    assert chosen
    assert all(50 <= index < 100 for index in chosen)


@pytest.mark.parametrize(
    ("rule", "shown"), [("16_uniform", [99]), ("1fps", [99]), ("qwen", []), ("internvl", [])]
)
def test_window_after_the_video(rule, shown):
    """After the video, rules that count frames show the last one; a clip would be empty."""
    assert at_rate(rule, 10, 100, 70, 130) == shown


def test_last_frame_is_never_one_of_one_a_second():
    """The rule of one frame a second leaves out the last frame, as its wrapper does."""
    assert at_rate("1fps", 10, 101, 0, 20) == list(range(0, 100, 10))


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(("frame_count", "end"), [(0, 5), (100, 0), (100, -1)])
def test_nothing_to_show(rule, frame_count, end):
    """A video without frames, and a window that is empty, show nothing."""
    assert at_rate(rule, 10, frame_count, 0, end) == []


@pytest.mark.parametrize("rule", RULES)
def test_start_before_the_video(rule):
    """A window cannot start before time 0."""
    assert at_rate(rule, 10, 100, -7, 5)[0] >= 0


def test_clip_of_one_frame():
    """A clip too short for an even number of frames shows what there is."""
    assert at_rate("qwen", 10, 100, 0, 0.1) == [0]
    assert at_rate("internvl", 10, 100, 0, 0.1) == [0]


def test_variable_rate_shows_no_future():
    """Counting frames of a slow start would run ahead: what lies after the end is dropped."""
    times = [float(k) for k in range(10)] + [10 + k / 60 for k in range(600)]
    shown = reference_indices(
        "16_uniform", fps=30.5, frame_count=610, pts_seconds=times, start=0, end=10
    )
    assert shown == [0]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rule": "2fps"}, r"rule \('2fps'\) must be one of: 16_uniform, qwen, internvl, 1fps"),
        ({"fps": 0.0}, r"fps \(0\.0\) must be > 0"),
        ({"frame_count": 2}, r"pts_seconds has 1 times, frame_count is 2"),
    ],
)
def test_bad_arguments(changes, message):
    """An argument out of range is named, with what came."""
    good = {"fps": 1.0, "frame_count": 1, "pts_seconds": [0.0], "start": 0, "end": 1}
    arguments = {"rule": "qwen", **good, **changes}
    with pytest.raises(ValueError, match=message):
        reference_indices(arguments.pop("rule"), **arguments)
