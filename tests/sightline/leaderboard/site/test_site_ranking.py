"""Ranks tie where the intervals say so, and only there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.intervals import wilson
from sightline.leaderboard.site.ranking import Standing, ranks, reach

percents = st.floats(0, 100)


@st.composite
def standings(draw):
    """Rows with an interval around their number, or printed ones without."""
    value = draw(percents)
    if draw(st.booleans()):
        return Standing(value, questions=draw(st.none() | st.integers(1, 2000)))
    return Standing(value, draw(st.floats(0, value)), draw(st.floats(value, 100)))


def test_overlapping_intervals_tie():
    """Two that overlap share a rank; the next one counts both."""
    found = ranks([Standing(40, 37, 43), Standing(38, 35, 41), Standing(30, 27, 33)])
    assert found == [1, 1, 3]


def test_a_tie_is_not_handed_on():
    """The second overlaps both others, which do not overlap each other."""
    found = ranks([Standing(40, 38, 42), Standing(37, 35, 39), Standing(34, 32, 36)])
    assert found == [1, 1, 2]


def test_intervals_that_touch_tie():
    """Wholly above means above, not at the same place."""
    assert ranks([Standing(40, 38, 42), Standing(36, 34, 38)]) == [1, 1]


def test_a_printed_row_is_ranked_by_the_narrowest_interval_of_its_questions():
    """Wilson, as if its questions were independent."""
    low, high = wilson(0.38, 1106)
    assert reach(Standing(38, questions=1106)) == pytest.approx((100 * low, 100 * high))
    assert ranks([Standing(38, questions=1106), Standing(35.2, questions=1106)]) == [1, 1]
    assert ranks([Standing(38, questions=1106), Standing(30, questions=1106)]) == [1, 2]


def test_a_printed_row_of_unknown_questions_is_ranked_by_its_number():
    """Alone among such rows, the number decides; an interval that reaches it ties."""
    assert ranks([Standing(38), Standing(37.9), Standing(37.9)]) == [1, 2, 2]
    assert ranks([Standing(38, 35, 41), Standing(34.9)]) == [1, 2]
    assert ranks([Standing(38, 35, 41), Standing(35)]) == [1, 1]


def test_half_an_interval_is_none():
    """One end alone says nothing."""
    assert reach(Standing(38, low=30)) == (38, 38)


def test_no_rows_have_no_ranks():
    """An empty table has nothing to rank."""
    assert ranks([]) == []


@given(st.lists(standings(), min_size=1, max_size=12))
def test_a_rank_is_one_more_than_the_rows_wholly_above(rows):
    """The rule as it is told to readers, computed the slow way."""
    reaches = [reach(one) for one in rows]
    for own, rank in zip(reaches, ranks(rows), strict=True):
        assert rank == 1 + sum(other.low > own.high for other in reaches)


@given(st.lists(standings(), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows, chance):
    """Rows may come in any order."""
    places = list(range(len(rows)))
    chance.shuffle(places)
    shuffled = ranks([rows[place] for place in places])
    assert [ranks(rows)[place] for place in places] == shuffled


@given(st.lists(standings(), min_size=1, max_size=12))
def test_somebody_is_first_and_the_highest_number_too(rows):
    """Ranks lie between 1 and the number of rows."""
    found = ranks(rows)
    best = max(range(len(rows)), key=lambda i: reach(rows[i]).high)
    assert found[best] == 1
    assert all(1 <= one <= len(rows) for one in found)
