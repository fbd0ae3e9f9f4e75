"""Time stamps as the release writes them, and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamgaze_task import timestamps


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("00:00", 0.0),
        ("04:36", 276.0),
        ("13:20", 800.0),
        ("75:10", 4510.0),
        ("1:5", 65.0),
        ("01:02:03", 3723.0),
        (" 02:22 ", 142.0),
        ("03:36.5", 216.5),
        ("42", 42.0),
        ("42.25", 42.25),
    ],
)
def test_a_stamp_is_seconds(text, expected):
    """Minutes may exceed 59, hours and fractions may be there."""
    assert timestamps.seconds(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", ":", "a:b", "1:2:3:4", "-1:00", "00:-5", "1e3", "nan", "inf", "02:22s", "\u0661:00"],
)
def test_anything_else_is_refused(text):
    """The message says what a stamp looks like."""
    with pytest.raises(ValueError, match=r"must be MM:SS or HH:MM:SS"):
        timestamps.seconds(text)


@given(st.integers(0, 99_999))
def test_stamp_and_seconds_are_inverse(whole):
    """Whole seconds survive the way there and back."""
    assert timestamps.seconds(timestamps.stamp(whole)) == whole


def test_a_stamp_is_rounded_down():
    """As the authors' generator does."""
    assert timestamps.stamp(275.958) == "04:35"


def test_there_is_no_time_before_the_start():
    """A negative time has no stamp."""
    with pytest.raises(ValueError, match=r"time_seconds \(-1\) must be >= 0"):
        timestamps.stamp(-1)


@pytest.mark.parametrize(
    "text", ["[03:36 - 04:36]", "(03:36, 04:36)", "03:36-04:36", " [03:36 \u2013 04:36] "]
)
def test_a_span_is_two_times(text):
    """The released form and the pipeline's."""
    assert timestamps.span(text) == (216.0, 276.0)


@pytest.mark.parametrize("text", ["", "[03:36]", "[03:36 - ]", "[a - b]"])
def test_half_a_span_is_refused(text):
    """Two stamps are needed."""
    with pytest.raises(ValueError, match="must be"):
        timestamps.span(text)
