"""Differences, intervals and tests of two runs: exact small cases, laws, and how often they err."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.comparing.statistics import Quantity, benjamini_hochberg, holm, paired
from sightline.intervals import sign_test

P_VALUES = st.lists(st.floats(min_value=1e-6, max_value=1.0), min_size=1, max_size=30)


def whole(number):
    """All questions as one slice."""
    return Quantity((tuple(range(number)),))


def one(changes, videos, **options):
    """The result of all questions."""
    (found,) = paired(changes, videos, [whole(len(changes))], **options)
    return found


def test_a_mean_over_tasks_counts_each_task_alike():
    """One of one, none of three: half by tasks, a quarter by questions; empty ones not at all."""
    values = [1, 0, 0, 0]
    assert Quantity(((0,), (1, 2, 3))).of(values) == 0.5
    assert Quantity(((0,), (), (1, 2, 3))).of(values) == 0.5
    assert whole(4).of(values) == 0.25
    assert math.isnan(Quantity(()).of(values))


def test_with_one_question_a_video_the_test_is_mcnemars():
    """9 against 2 on videos of their own: the drawn p value is near the exact 0.0654."""
    changes = [1] * 9 + [-1] * 2 + [0] * 30
    found = one(changes, [f"v{i}" for i in range(len(changes))])
    assert sign_test(9, 2) == pytest.approx(0.0654296875)
    assert found.p_value == pytest.approx(sign_test(9, 2), abs=0.01)
    assert found.difference == pytest.approx(7 / 41)


def test_questions_on_one_video_are_not_taken_as_independent():
    """Twelve gains on one video prove nothing: p is 1; on twelve videos they prove much."""
    changes = [1] * 12 + [0] * 12
    same = one(changes, ["v"] * 12 + [f"w{i}" for i in range(12)])
    apart = one(changes, [f"v{i}" for i in range(24)])
    assert same.p_value == 1.0
    assert apart.p_value < 0.002
    assert same.high - same.low > apart.high - apart.low


def test_three_videos_have_the_p_value_that_one_counts_by_hand():
    """Sums 2, 1, 1: two of the eight ways to turn signs are as far from zero, so p is 1/4."""
    found = one([1, 1, 1, 1], ["a", "a", "b", "c"])
    assert found.p_value == pytest.approx(0.25, abs=0.02)


def test_the_interval_of_two_videos_is_that_of_their_four_draws():
    """Videos with shares 1 and 0, drawn twice: 0, 1/2, 1/2, 1; its ends are the extremes."""
    found = one([1, 1, 0, 0], ["a", "a", "b", "b"])
    assert (found.low, found.difference, found.high) == (0.0, 0.5, 1.0)


def test_a_mean_of_tasks_is_drawn_with_its_videos():
    """A task on one video that is always right, one that never is: 1/2, or what a draw has left."""
    quantity = Quantity(((0,), (1,)))
    (found,) = paired([1, 0], ["a", "b"], [quantity])
    assert found.difference == 0.5
    assert (found.low, found.high) == (0.0, 1.0)


def test_no_quantity_is_no_work():
    """A comparison without a slice to test asks for nothing."""
    assert paired([1], ["v"], []) == []


def drawn(seed, questions=200, videos=40):
    """Changes of some clustered questions."""
    chance = random.Random(seed)  # noqa: S311 (no secret)
    lean = [chance.random() for _ in range(videos)]
    places = [chance.randrange(videos) for _ in range(questions)]
    changes = [(chance.random() < lean[v]) * (1 if chance.random() < 0.6 else -1) for v in places]
    return changes, [f"v{v}" for v in places]


def test_the_same_seed_gives_the_same_numbers_and_another_one_others():
    """A comparison that is made again says the same."""
    changes, videos = drawn(1)
    assert one(changes, videos) == one(changes, videos)
    assert one(changes, videos) != one(changes, videos, seed=1)
    recorded = one(changes, videos)
    assert (recorded.difference, recorded.low, recorded.high) == pytest.approx(RECORDED, abs=1e-12)


RECORDED = (0.055, -0.041479454685099844, 0.15464819587628853)
"""As first computed: the stream of random numbers is the same everywhere."""


@given(st.integers(0, 10_000))
def test_swapped_runs_give_the_opposite(seed):
    """A - B is -(B - A), interval and all; the p value is the same."""
    changes, videos = drawn(seed, 60, 15)
    there = one(changes, videos, draws=300)
    back = one([-change for change in changes], videos, draws=300)
    assert back.difference == pytest.approx(-there.difference)
    assert (back.low, back.high) == pytest.approx((-there.high, -there.low))
    assert back.p_value == there.p_value


@given(P_VALUES)
def test_corrections_keep_the_order_and_never_lower_a_p_value(p_values):
    """Monotone, at least the plain value, at most 1; Benjamini-Hochberg is never above Holm."""
    strict, mild = holm(p_values), benjamini_hochberg(p_values)
    for found in (strict, mild):
        assert all(p <= q <= 1 for p, q in zip(p_values, found, strict=True))
        ranks = sorted(range(len(p_values)), key=lambda i: p_values[i])
        assert [found[i] for i in ranks] == sorted(found)
    assert all(b <= a + 1e-12 for a, b in zip(strict, mild, strict=True))


def test_corrections_of_the_textbook_case():
    """0.01, 0.04, 0.03, 0.005 by hand."""
    p_values = [0.01, 0.04, 0.03, 0.005]
    assert holm(p_values) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert benjamini_hochberg(p_values) == pytest.approx([0.02, 0.04, 0.04, 0.02])
    assert holm([]) == benjamini_hochberg([]) == []


def simulated(seed, effect, *, runs=300, videos=60):
    """Many pairs of runs that differ by `effect`: (false or true alarms, intervals that hold it).

    Which run is right is decided video by video as much as question by question.
    """
    chance = random.Random(seed)  # noqa: S311 (no secret)
    alarms = naive = covered = 0
    for _ in range(runs):
        changes, names = [], []
        for video in range(videos):
            lean = min(1.0, max(0.0, chance.gauss(0.5, 0.35))) - 0.5
            for _ in range(chance.choice((1, 2, 4, 9))):
                if chance.random() < 0.5:
                    ahead = chance.random() < 0.5 + lean + effect
                    changes.append(1 if ahead else -1)
                else:
                    changes.append(0)
                names.append(f"v{video}")
        found = one(changes, names, draws=400, seed=chance.randrange(10**6))
        alarms += found.p_value < 0.05
        naive += sign_test(changes.count(1), changes.count(-1)) < 0.05
        covered += found.low <= effect <= found.high
    return alarms / runs, naive / runs, covered / runs


def test_runs_that_do_not_differ_are_told_apart_as_rarely_as_promised():
    """Clustered null data, 300 pairs: 5 % alarms within three standard errors.

    A test that takes questions as independent has far more; the interval holds zero in nearly 95 %.
    """
    alarms, naive, covered = simulated(3, 0.0)
    assert alarms <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 300)
    assert naive > 0.10
    assert 0.90 <= covered <= 0.99


def test_larger_differences_are_found_more_often():
    """Power grows with the effect, from hardly any to nearly all."""
    powers = [simulated(4, effect, runs=80)[0] for effect in (0.0, 0.1, 0.3)]
    assert powers[0] < powers[1] < powers[2]
    assert powers[0] < 0.15
    assert powers[2] > 0.9
