"""Several people's decisions together, and how far they agree."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from itertools import combinations
from typing import TYPE_CHECKING

from sightline import wording
from sightline.errors import UsageError
from streamgaze_task.pipeline.review.verdicts import VERDICTS, Agreement, Conflict, Decisions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from streamgaze_task.pipeline.review.verdicts import Decision, Key


def merge(many: Sequence[Decisions]) -> Decisions:
    """One decision a record: the latest. The order of the files does not matter.

    A reviewer's own earlier decisions are simply outdated; where the last words of two reviewers
    differ, that is a conflict. Nameless files count as one reviewer's.

    Raises:
        UsageError: there are none, or they are about benchmarks of different names.
    """
    names = sorted({one.name for one in many})
    if len(names) != 1:
        found = ", ".join(map(wording.short, names)) or "nothing"
        raise UsageError(f"decisions must be of one benchmark, but are of {found}")
    last = _last_words(many)
    ordered = {key: sorted(said.values(), key=_rank) for key, said in sorted(last.items())}
    digests = {one.data for one in many}
    return Decisions(
        name=names[0],
        data=digests.pop() if len(digests) == 1 else "",
        reviewer=", ".join(sorted({who for said in last.values() for who in said if who})),
        decisions=tuple(said[-1] for said in ordered.values()),
        conflicts=tuple(_conflicts(ordered.values())),
        agreements=_agreements(last),
    )


def kappa(pairs: Iterable[tuple[str, str]]) -> float | None:
    """Cohen's kappa of two people's verdicts on the same records; see :class:`Agreement`."""
    counted = Counter(pairs)
    total = sum(counted.values())
    if not total:
        return None
    firsts: Counter[str] = Counter()
    seconds: Counter[str] = Counter()
    for (first, second), count in counted.items():
        firsts[first] += count
        seconds[second] += count
    by_chance = sum(firsts[one] * seconds[one] for one in VERDICTS)
    if by_chance == total * total:
        return None
    same = sum(counted[one, one] for one in VERDICTS)
    return (same * total - by_chance) / (total * total - by_chance)


def _last_words(many: Sequence[Decisions]) -> dict[Key, dict[str, Decision]]:
    """Of each record what each reviewer said last."""
    found: dict[Key, dict[str, Decision]] = defaultdict(dict)
    for file in many:
        for one in file.decisions:
            before = found[one.key].get(one.reviewer)
            if before is None or _rank(one) > _rank(before):
                found[one.key][one.reviewer] = one
    return found


def _rank(one: Decision) -> tuple[Any, ...]:
    """Later is more; equal times are told apart by what is said, so that order never matters."""
    return one.moment, one.at, one.reviewer, one.verdict, _edits(one), one.note


def _edits(one: Decision) -> str:
    return json.dumps(dict(one.edits), sort_keys=True)


def _conflicts(ordered: Iterable[Sequence[Decision]]) -> Iterable[Conflict]:
    for said in ordered:
        kept = said[-1]
        others = tuple(
            one
            for one in reversed(said[:-1])
            if (one.verdict, _edits(one)) != (kept.verdict, _edits(kept))
        )
        if others:
            yield Conflict(kept, others)


def _agreements(last: Mapping[Key, Mapping[str, Decision]]) -> tuple[Agreement, ...]:
    pairs: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for said in last.values():
        for first, second in combinations(sorted(said), 2):
            pairs[first, second].append((said[first].verdict, said[second].verdict))
    return tuple(
        Agreement(first, second, len(both), sum(a == b for a, b in both), kappa(both))
        for (first, second), both in sorted(pairs.items())
    )
