"""What all ranks together are to ask: decided by each of them alike, from the same facts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sightline.engine.balance import divide
from sightline.engine.costs import Costs
from sightline.errors import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sightline.engine.jobs import Job, Reply


@dataclass(frozen=True)
class Plan:
    """The same on every rank."""

    identity: Mapping[str, Any]
    """Of the backend that all ranks have."""
    work: Mapping[str, Job]
    """Every job once, by its name."""
    names: Sequence[Sequence[str]]
    """Per rank the names of its jobs, in its order."""

    @property
    def keys(self) -> list[str]:
        """The names under which answers may be on disk."""
        return [name for name, job in self.work.items() if job.asked is not None]


def make_plan(wishes: Sequence[tuple[Mapping[str, Any], Sequence[Job]]]) -> Plan:
    """All ranks' jobs as one list without repetitions.

    Args:
        wishes: per rank its backend's identity and its jobs.

    Raises:
        EvaluationError: the ranks do not ask the same model.
    """
    identity = wishes[0][0]
    for rank, (other, _) in enumerate(wishes):
        if other != identity:
            raise EvaluationError(
                f"all ranks must ask the same model, but rank 0 has {dict(identity)} and rank "
                f"{rank} {dict(other)}",
                next_step="give all machines the same checkpoint, settings and versions",
            )
    names = [[name_of(job, identity) for job in jobs] for _, jobs in wishes]
    work: dict[str, Job] = {}
    for ours, (_, jobs) in zip(names, wishes, strict=True):
        for name, job in zip(ours, jobs, strict=True):
            work.setdefault(name, job)
    return Plan(identity, work, names)


def name_of(job: Job, identity: Mapping[str, Any]) -> str:
    """Its key where it has one; else all that tells it from other jobs of the run."""
    key = job.key(identity)
    if key is not None:
        return key
    told = [job.task, job.split, job.doc_id, job.repeat, job.order, dict(job.generation)]
    return json.dumps(told, sort_keys=True, default=str)


def shares(
    missing: Sequence[Job], known: Iterable[tuple[Job, Reply]], ranks: int
) -> list[list[Job]]:
    """What each rank asks, of equal cost as far as known answers tell what jobs cost.

    Args:
        missing: what is to be asked.
        known: jobs of this run that were answered before.
        ranks: how many there are.
    """
    costs = Costs.learn(
        {
            "task": job.task,
            "frames": job.asked.frames,
            "pixels": job.asked.pixels,
            "characters": job.asked.characters,
            **reply.as_dict(),
        }
        for job, reply in known
        if job.asked is not None
    )
    division = divide(missing, ranks, costs)
    return [[missing[position] for position in share] for share in division]


def offered(
    mine: Mapping[str, Reply], found: Sequence[frozenset[str]], plan: Plan, rank: int
) -> dict[str, Reply]:
    """Answers on this rank's disk that are wanted by a rank that does not see them on its own.

    Args:
        mine: what this rank found on disk, by name.
        found: per rank the names that it found; of several, the first rank offers.
        plan: who wants what.
        rank: this one.
    """
    wanted = {
        name for names, there in zip(plan.names, found, strict=True) for name in {*names} - there
    }
    earlier = frozenset[str]().union(*found[:rank])
    return {name: mine[name] for name in sorted((wanted & mine.keys()) - earlier)}
