import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamgaze_task.frames import SAMPLINGS, choose
from streamgaze_task.reference_sampling import RULES, reference_indices

TIMES = [k / 30 for k in range(30 * 200)]
"""200 seconds of 30 frames a second."""


def test_grid_is_one_frame_a_second():
    """The default shows the first frame of every second of the window."""
    chosen = choose(TIMES, 30, (10, 20), sampling="grid", max_frames=32)
    assert chosen == list(range(300, 600, 30))


def test_grid_is_capped():
    """A long window shows at most so many of its seconds, the first and the last among them."""
    chosen = choose(TIMES, 30, (0, 150), sampling="grid", max_frames=32)
    assert len(chosen) == 32
    assert (chosen[0], chosen[-1]) == (0, 149 * 30)
    assert all(index % 30 == 0 for index in chosen)


def test_windows_share_their_frames():
    """All windows of a video together need one frame a second."""
    needed = set()
    for end in range(1, 200, 7):
        needed.update(choose(TIMES, 30, (max(0, end - 60), end), sampling="grid", max_frames=32))
    assert len(needed) <= 200


def test_stream_is_one_frame_every_two_seconds():
    """All of them from the beginning on, however many, whatever cap a caller names."""
    chosen = choose(TIMES, 30, (0, 199), sampling="stream_2s", max_frames=1)
    assert chosen == list(range(0, 199 * 30, 60))
    assert len(choose(TIMES, 30, (120, 180), sampling="stream_2s", max_frames=1)) == 30


VIDEOS = st.lists(st.floats(0, 100), max_size=100, unique=True).map(sorted)


@given(VIDEOS, st.floats(0, 120), st.floats(0, 120))
def test_a_later_question_sees_all_that_an_earlier_one_saw_first(times, one, other):
    """What makes a prefix: from the beginning, the frames of the earlier come first."""
    early, late = (
        choose(times, 30, (0.0, end), sampling="stream_2s", max_frames=1)
        for end in sorted((one, other))
    )
    assert late[: len(early)] == early


@given(VIDEOS, st.floats(0, 120))
def test_a_stream_window_shows_frames_of_the_whole_stream(times, end):
    """A sliding window adds at most the one frame that it falls back to when it has none."""
    whole = choose(times, 30, (0.0, end), sampling="stream_2s", max_frames=1)
    window = choose(times, 30, (max(0.0, end - 60), end), sampling="stream_2s", max_frames=1)
    assert set(window) <= set(whole) or len(window) == 1


def test_thinning_has_no_prefix():
    """Why the grid is not for prefix caches: another question's frames are others."""
    early = choose(TIMES, 30, (0, 100), sampling="grid", max_frames=32)
    late = choose(TIMES, 30, (0, 150), sampling="grid", max_frames=32)
    assert late[:2] != early[:2]


@pytest.mark.parametrize("rule", RULES)
def test_reference_sampling(rule):
    """A named reference sampling is the rule of that name, with its own number of frames."""
    expected = reference_indices(
        rule, fps=30, frame_count=len(TIMES), pts_seconds=TIMES, start=0, end=100
    )
    assert choose(TIMES, 30, (0, 100), sampling=f"reference_{rule}", max_frames=1) == expected


@given(
    st.sampled_from(SAMPLINGS),
    st.lists(st.floats(0, 100), max_size=100, unique=True).map(sorted),
    st.floats(0, 120),
    st.booleans(),
    st.integers(1, 40),
)
def test_no_sampling_shows_the_future(sampling, times, end, recent, cap):
    """Whatever the sampling, video and window: nothing at or after the end is chosen."""
    window = (max(0.0, end - 60) if recent else 0.0, end)
    chosen = choose(times, 30, window, sampling=sampling, max_frames=cap)
    assert chosen == sorted(set(chosen))
    assert all(times[index] < end for index in chosen)
    if sampling == "grid":
        assert len(chosen) <= cap


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_question_at_time_zero(sampling):
    """A question asked at time 0 is shown nothing."""
    assert choose(TIMES, 30, (0, 0), sampling=sampling, max_frames=32) == []


def test_unknown_sampling():
    """An unknown sampling is answered with the known ones."""
    with pytest.raises(
        ValueError, match=r"\('qwen'\) must be one of: grid, stream_2s, reference_16"
    ):
        choose(TIMES, 30, (0, 1), sampling="qwen", max_frames=32)
