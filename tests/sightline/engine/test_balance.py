"""Who asks what: everything once, equal shares, few videos per rank, the same on every rank."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.engine.balance import divide, order
from sightline.engine.costs import Costs
from sightline.engine.jobs import Asked, Job


class Given(Costs):
    """Costs that stand in the jobs: pixels are the cost."""

    def cost(self, job):
        """The number."""
        return float(job.asked.pixels) if job.asked else 1.0


def job(group="v", *, position=0.0, cost=1.0, task="t", number=0, order=""):
    """A job of a cost; without a group one of somebody else."""
    asked = None
    if group is not None:
        name = f"{task}-{group}-{number}"
        asked = Asked(name, group, position, "h", "p", 1, cost, 10)
    return Job(task, "test", number, 0, {}, order, asked)


JOBS = st.lists(
    st.builds(
        job,
        group=st.one_of(st.none(), st.sampled_from("abcde")),
        position=st.floats(0, 100),
        cost=st.one_of(st.integers(0, 9), st.floats(0, 1e12), st.just(float("nan"))),
        task=st.sampled_from("tu"),
        number=st.integers(0, 99),
        order=st.sampled_from(["x", "y", ""]),
    ),
    max_size=40,
)


def loads(jobs, shares):
    """What each share costs."""
    return [sum(Given().cost(jobs[i]) for i in share) for share in shares]


def imbalance(jobs, shares):
    """Dearest share / mean."""
    each = loads(jobs, shares)
    return max(each) * len(each) / sum(each)


@given(jobs=JOBS, ranks=st.integers(1, 9))
def test_every_job_is_asked_once_and_in_order(jobs, ranks):
    """Whatever the costs, the descriptions and the number of ranks."""
    shares = divide(jobs, ranks, Given())
    assert len(shares) == ranks
    assert sorted(i for share in shares for i in share) == list(range(len(jobs)))
    for share in shares:
        keys = [order(jobs[i]) for i in share]
        assert keys == sorted(keys)


@given(jobs=JOBS, ranks=st.integers(1, 9))
def test_no_other_cut_is_better(jobs, ranks):
    """The dearest share is at most the best cut of the row into contiguous pieces."""
    costs = [c if (c := Given().cost(j)) == c else 0.0 for j in jobs]
    row = sorted(range(len(jobs)), key=lambda i: (*order(jobs[i]), i))
    best = _best_cut([costs[i] for i in row], ranks)
    found = max(sum(costs[i] for i in share) for share in divide(jobs, ranks, Given()))
    assert found <= best * (1 + 1e-6) + 1e-9


def _best_cut(costs, ranks):
    """By trying all last pieces, the plain way."""
    sums = [0.0]
    for cost in costs:
        sums.append(sums[-1] + cost)
    best = list(sums)
    for _ in range(ranks - 1):
        best = [
            min(max(best[cut], sums[end] - sums[cut]) for cut in range(end + 1))
            for end in range(len(sums))
        ]
    return best[-1]


@given(jobs=JOBS, ranks=st.integers(1, 6), seed=st.integers(0, 99))
def test_the_order_of_the_jobs_does_not_matter(jobs, ranks, seed):
    """Ranks may know the jobs in any order: the shares hold the same jobs."""
    named = [
        job(str(i % 5), position=i / 7, cost=(i * 37) % 11, number=i) for i in range(len(jobs) + 5)
    ]
    mixed = list(named)
    random.Random(seed).shuffle(mixed)  # noqa: S311 (no secret)
    one = [[named[i] for i in share] for share in divide(named, ranks, Given())]
    other = [[mixed[i] for i in share] for share in divide(mixed, ranks, Given())]
    assert one == other


def test_questions_on_a_video_stay_together_whatever_their_task():
    """Few videos are opened by two ranks: fewer than there are borders."""
    jobs = [
        job(f"v{video:02d}", position=at, task=task, number=at)
        for task in ("past", "present")
        for video in range(40)
        for at in range(5)
    ]
    shares = divide(jobs, 8, Given())
    opened = [{jobs[i].asked.group for i in share} for share in shares]
    assert sum(map(len, opened)) <= 40 + 7
    assert imbalance(jobs, shares) == pytest.approx(1.0)
    for share in shares:
        places = [(jobs[i].asked.group, jobs[i].asked.position) for i in share]
        assert all(a <= b for a, b in pairwise(places))


def test_dear_jobs_among_cheap_ones_are_spread():
    """No cut of the row comes near the mean; single jobs move, and the shares are equal."""
    draw = random.Random(0)  # noqa: S311 (no secret)
    costs = [draw.choice([1, 2, 5, 60]) for _ in range(200)]
    jobs = [job(f"v{i:03d}", cost=cost, number=i) for i, cost in enumerate(costs)]
    assert _best_cut(costs, 16) * 16 / sum(costs) > 1.05
    assert imbalance(jobs, divide(jobs, 16, Given())) < 1.03


def test_of_equal_jobs_one_moves_whose_video_is_open_there_anyway():
    """Both cheap jobs would even the shares out; the one on video b opens no further video."""
    jobs = [job("a", cost=3), *(job("b", position=i, cost=c) for i, c in enumerate([3, 10, 10]))]
    assert divide(jobs, 2, Given()) == [[0, 2], [1, 3]]


def test_more_ranks_than_jobs_leave_ranks_without_work():
    """And nobody gets two."""
    shares = divide([job(str(i)) for i in range(3)], 5, Given())
    assert sorted(map(len, shares)) == [0, 0, 1, 1, 1]


def test_no_jobs_are_divided_too():
    """A rerun may find that everything was answered."""
    assert divide([], 3) == [[], [], []]


def test_jobs_without_any_cost_are_divided_by_number():
    """Zero costs say nothing."""
    shares = divide([job(str(i), cost=0) for i in range(9)], 3, Given())
    assert [len(share) for share in shares] == [3, 3, 3]


@pytest.mark.parametrize("cost", [5e-324, 1e-308, 1e308])
def test_costs_at_the_ends_of_floats_are_divided(cost):
    """Neither the tiniest nor the largest overflows."""
    shares = divide([job(str(i), cost=cost) for i in range(4)], 2, Given())
    assert [len(share) for share in shares] == [2, 2]


def test_jobs_of_others_are_asked_in_the_order_of_their_text():
    """The text is what lmms-eval's own backends sort by."""
    jobs = [job(None, order=text, number=i) for i, text in enumerate(["c", "a", "b"])]
    assert divide(jobs, 1) == [[1, 2, 0]]


def test_without_costs_the_estimates_decide():
    """300 frames weigh more than ten."""
    jobs = [
        Job("t", "test", i, 0, {}, "", Asked(str(i), str(i), 0, "h", "p", n, n * 307_200, 400))
        for i, n in enumerate([300, 10, 10, 10])
    ]
    assert divide(jobs, 2) == [[0], [1, 2, 3]]


def test_no_ranks_are_refused():
    """A mistake of the caller is named."""
    with pytest.raises(ValueError, match="ranks"):
        divide([], 0)
