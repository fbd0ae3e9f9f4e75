"""Which rank asks what: shares of equal cost, each over few videos.

All jobs are put into one row, in which the jobs of a group (a video, a set of clips) stand together
whatever their task, in the order of time. The row is cut into one piece per rank, so that the
dearest piece is as cheap as a cut can make it; at most one group is shared by two neighbours. Where
single jobs are so dear that no cut comes near the mean, single jobs then move from the dearest
share to the cheapest one.

Every rank computes this for itself. Costs therefore become whole numbers first, and every tie is
broken by the jobs themselves: equal jobs and equal costs give equal shares everywhere.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate, pairwise
from math import isfinite
from typing import TYPE_CHECKING

from sightline.engine.costs import Costs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.engine.jobs import Job

TOLERANCE = 0.005
"""A share that is dearer than the mean by less than this needs no mending."""

_WHOLE = 1 << 40
"""What all costs add up to, about, as whole numbers."""


def divide(jobs: Sequence[Job], ranks: int, costs: Costs | None = None) -> list[list[int]]:
    """The jobs that each rank asks.

    Args:
        jobs: all that is to be asked, of all tasks, in an order that all ranks know.
        ranks: how many there are, at least 1.
        costs: what jobs are expected to cost, the same on all ranks; None takes the estimates of
            :class:`sightline.engine.costs.Costs`.

    Returns:
        Per rank the positions of its jobs in `jobs`, in the order in which it asks them: by group
        and time. Every position stands in one list. A list may be empty.

    Raises:
        ValueError: `ranks` is below 1.
    """
    if ranks < 1:
        raise ValueError(f"ranks ({ranks}) must be >= 1")
    known = costs or Costs()
    row = sorted(range(len(jobs)), key=lambda position: (*order(jobs[position]), position))
    weights = _whole([known.cost(jobs[position]) for position in row])
    shares = _moved(_cut(weights, ranks), row, jobs, weights)
    return [[row[place] for place in share] for share in shares]


def order(job: Job) -> tuple[bool, str, float, str, str, int, int]:
    """Where a job stands in the row: described jobs by group and time, others by their text."""
    if job.asked is None:
        return True, job.order, 0.0, job.task, "", job.doc_id, job.repeat
    asked = job.asked
    return False, asked.group, asked.position, job.task, asked.question_id, job.doc_id, job.repeat


def _whole(costs: Sequence[float]) -> list[int]:
    """Costs as whole numbers; all equal where none says anything."""
    sound = [cost if isfinite(cost) and cost > 0 else 0.0 for cost in costs]
    largest = max(sound, default=0.0)
    if largest == 0:
        return [1] * len(sound)
    return [round(cost / largest * (_WHOLE / len(sound))) for cost in sound]


def _cut(weights: Sequence[int], ranks: int) -> list[list[int]]:
    """The row in pieces of which the dearest is as cheap as possible, each near the mean."""
    sums = [0, *accumulate(weights)]
    limit = _least_limit(sums, ranks)
    # Counted from the right: where a piece must end at the earliest for the rest to fit.
    earliest = [len(weights)]
    for _ in range(ranks - 1):
        earliest.append(bisect_left(sums, sums[earliest[-1]] - limit))
    pieces, start = [], 0
    for rank in range(ranks):
        left = ranks - rank
        first = max(start, earliest[left - 1])
        last = bisect_right(sums, sums[start] + limit) - 1
        end = _nearest(sums, sums[start] + (sums[-1] - sums[start]) / left, first, last)
        pieces.append(list(range(start, end)))
        start = end
    return pieces


def _least_limit(sums: Sequence[int], ranks: int) -> int:
    """The smallest size of the dearest piece, found by halving."""
    heaviest = max((b - a for a, b in pairwise(sums)), default=0)
    low, high = max(heaviest, -(-sums[-1] // ranks)), sums[-1]
    while low < high:
        middle = (low + high) // 2
        if _fits(sums, ranks, middle):
            high = middle
        else:
            low = middle + 1
    return low


def _fits(sums: Sequence[int], ranks: int, limit: int) -> bool:
    """Whether that many pieces of at most `limit` hold the row; no single job is above it."""
    end = 0
    for _ in range(ranks):
        end = bisect_right(sums, sums[end] + limit) - 1
    return end == len(sums) - 1


def _nearest(sums: Sequence[int], target: float, first: int, last: int) -> int:
    """The place in [first, last] whose sum is nearest to the target; of two, the earlier."""
    after = bisect_left(sums, target, first, last)
    return min(max(first, after - 1), after, key=lambda place: abs(sums[place] - target))


def _moved(
    pieces: list[list[int]], row: Sequence[int], jobs: Sequence[Job], weights: Sequence[int]
) -> list[list[int]]:
    """The pieces after single jobs have moved from the dearest to the cheapest.

    A job that takes off a quarter to three quarters of the gap between the two is good; of several
    the one whose group the cheapest has already, so that few more videos are opened.
    """
    loads = [sum(weights[place] for place in piece) for piece in pieces]
    enough = sum(loads) / len(loads) * (1 + TOLERANCE)
    for _ in range(len(row)):
        heavy, light = loads.index(max(loads)), loads.index(min(loads))
        gap = loads[heavy] - loads[light]
        movable = [place for place in pieces[heavy] if 0 < weights[place] < gap]
        if loads[heavy] <= enough or not movable:
            break
        at_home = {_group(jobs[row[place]]) for place in pieces[light]}
        moving = min(
            movable,
            key=lambda place: (
                2 * abs(gap - 2 * weights[place]) > gap,
                _group(jobs[row[place]]) not in at_home,
                abs(gap - 2 * weights[place]),
                place,
            ),
        )
        pieces[heavy].remove(moving)
        pieces[light].append(moving)
        loads[heavy] -= weights[moving]
        loads[light] += weights[moving]
    return [sorted(piece) for piece in pieces]


def _group(job: Job) -> str:
    return job.asked.group if job.asked else job.order
