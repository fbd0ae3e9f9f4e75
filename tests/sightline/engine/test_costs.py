"""What jobs are expected to cost, with and without earlier answers."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.engine.costs import Costs
from sightline.engine.jobs import Asked, Job


def job(task="t", *, frames=10, pixels=10 * 307_200, characters=400):
    """A described job."""
    asked = Asked("q", "v", 0.0, "h", "p", frames, pixels, characters)
    return Job(task, "test", 0, 0, {}, "", asked)


def record(frames=10, **changes):
    """A line of the answers: 400 tokens an image, 100 of text, 1 s per 1,000 prompt tokens."""
    tokens = 100 + 400 * frames
    return {
        "task": "t",
        "frames": frames,
        "pixels": frames * 307_200,
        "characters": 400,
        "input_tokens": tokens,
        "output_tokens": 5,
        "seconds": tokens / 1000,
        **changes,
    }


def test_without_answers_more_frames_pixels_and_text_cost_more():
    """Estimates order jobs rightly; seconds are not claimed."""
    costs = Costs()
    assert costs.cost(job()) < costs.cost(job(frames=20, pixels=20 * 307_200))
    assert costs.cost(job()) < costs.cost(job(characters=40_000))
    assert not costs.timed


def test_the_estimate_of_tokens_is_that_of_qwen_vl():
    """50 frames of 640x480 are 19,600 tokens beside their marks."""
    text, images = Costs().prompt_tokens(job(frames=50, pixels=50 * 640 * 480))
    assert (text, images) == (100, pytest.approx(19_592, abs=1))


def test_long_prompts_cost_more_than_in_proportion():
    """Attention is quadratic: 300 frames cost more than six times 50."""
    few, many = (Costs().cost(job(frames=n, pixels=n * 307_200)) for n in (50, 300))
    assert many > 6 * few


def test_frames_of_unknown_size_count_as_usual_ones():
    """No pixels is not no images."""
    assert Costs().cost(job(pixels=0)) == pytest.approx(Costs().cost(job()), rel=0.01)


def test_a_job_of_somebody_else_costs_by_its_text():
    """Nothing is known of its images."""
    short, long = (Costs().cost(Job("t", "test", 0, 0, {}, "x" * n)) for n in (10, 10_000))
    assert 0 < short < long


def test_answers_teach_tokens_by_pixels():
    """A model that resizes nothing: tokens follow the pixels, not the number of images."""
    records = [
        record(frames=n, pixels=n * size, input_tokens=100 + n * size / 1000)
        for n in (1, 5, 9)
        for size in (100_000, 300_000)
    ]
    learned = Costs.learn(records)
    assert learned.prompt_tokens(job(frames=7, pixels=7_000_000))[1] == pytest.approx(7000)


def test_answers_teach_tokens_by_images():
    """A model of one tile per image: tokens follow the number of images, whatever their size."""
    records = [
        record(frames=n, pixels=n * size, input_tokens=100 + n * 256)
        for n in (1, 5, 9)
        for size in (100_000, 300_000)
    ]
    learned = Costs.learn(records)
    assert learned.prompt_tokens(job(frames=7, pixels=7_000_000))[1] == pytest.approx(7 * 256)
    other = job(task="never seen", frames=7, pixels=7_000_000)
    assert learned.prompt_tokens(other)[1] == pytest.approx(7 * 256)


def test_answers_without_sizes_teach_tokens_by_images():
    """An answer with images of unknown size tells nothing about pixels."""
    learned = Costs.learn([record(pixels=0), record(frames=20)])
    assert learned.prompt_tokens(job(frames=3, pixels=1))[1] == pytest.approx(1200)


def test_answers_without_images_leave_the_estimate_of_images():
    """A task of text tells nothing about tokens per image."""
    learned = Costs.learn([record(frames=0)])
    assert learned.prompt_tokens(job()) == Costs().prompt_tokens(job())


def test_each_task_has_its_own_length_of_answers():
    """A task that asks for reasons costs more; a task without answers takes the mean of all."""
    learned = Costs.learn([record(output_tokens=1), record(task="long", output_tokens=999)])
    short, mean, long = (learned.cost(job(task=task)) for task in ("t", "unknown", "long"))
    assert short < mean < long


def test_seconds_are_learned_apart_for_reading_and_writing():
    """Times made of both parts are told again, for prompts and answers of other lengths."""
    slow = Costs(prefill_scale=50.0, output_seconds=0.5)
    records = []
    for frames in (1, 10, 50):
        for output in (1, 30, 300):
            line = record(frames=frames, output_tokens=output, input_tokens=100 + frames * 400)
            exact = Costs.learn([{**line, "seconds": None}])
            one = job(frames=frames, pixels=frames * 307_200)
            timed = Costs(exact.tasks, exact.every, slow.prefill_scale, slow.output_seconds)
            records.append({**line, "seconds": timed.cost(one)})
    learned = Costs.learn(records)
    assert learned.timed
    assert learned.prefill_scale == pytest.approx(50, rel=1e-3)
    assert learned.output_seconds == pytest.approx(0.5, rel=1e-3)


def test_answers_all_alike_teach_one_speed_for_both():
    """Reading and writing cannot be told apart, yet the whole time is right."""
    learned = Costs.learn([record(seconds=7.0)] * 20)
    assert learned.timed
    assert learned.cost(job()) == pytest.approx(7.0, rel=0.01)


def test_times_that_make_no_sense_apart_teach_one_speed_for_both():
    """Longer answers in less time: noise, not a negative cost of a token."""
    records = [
        record(frames=f, output_tokens=o, seconds=s)
        for f, o, s in [(10, 1, 9.0), (11, 50, 5.0), (10, 90, 1.0), (12, 2, 9.5)] * 3
    ]
    learned = Costs.learn(records)
    assert learned.timed
    assert learned.output_seconds > 0
    assert learned.prefill_scale > 0


def test_a_few_times_are_too_few():
    """Seven answers do not tell the speed."""
    assert not Costs.learn([record()] * 7).timed


def test_answers_of_nothing_teach_no_speed():
    """No token read or written: no speed, and no division by zero."""
    empty = record(frames=0, characters=0, input_tokens=0, output_tokens=0, seconds=1.0)
    assert not Costs.learn([empty] * 9).timed


BROKEN = [
    {},
    {"task": 3},
    {**record(), "frames": None},
    record(input_tokens=None),
    record(output_tokens="5"),
    record(pixels=math.nan),
    record(characters=-1),
    {**record(), "frames": True},
]


@pytest.mark.parametrize("line", BROKEN)
def test_lines_that_do_not_tell_enough_are_passed_over(line):
    """An error, a damaged line, a line of another version."""
    assert Costs.learn([line]) == Costs()
    assert Costs.learn([line, record()]) == Costs.learn([record()])


NUMBERS = st.one_of(st.none(), st.integers(0, 10**7), st.floats(0, 1e7))


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "task": st.sampled_from(["t", "u"]),
                **dict.fromkeys(
                    ("frames", "pixels", "characters", "input_tokens", "output_tokens", "seconds"),
                    NUMBERS,
                ),
            }
        ),
        max_size=20,
    )
)
def test_whatever_was_learned_a_cost_is_a_positive_number(records):
    """No answers make a job free, endless, or cheaper than nothing."""
    cost = Costs.learn(records).cost(job())
    assert cost >= 0
    assert math.isfinite(cost)
