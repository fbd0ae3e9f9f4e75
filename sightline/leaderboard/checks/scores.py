"""Whether the declared numbers follow from the responses: all are made again and compared."""

from __future__ import annotations

from collections import defaultdict
from itertools import islice
from typing import TYPE_CHECKING, Any

from sightline.findings import Finding
from sightline.leaderboard.checks.subject import Rescored, number, said, some
from sightline.records import Response
from sightline.wording import short, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sightline.leaderboard.checks.subject import OwnDataset, Subject
    from sightline.leaderboard.records import SubmittedResponse
    from sightline.records import Score

TOLERANCE = 1e-6
"""By how much a number may differ: reports are rounded to four decimals."""

_FREE = frozenset(("model", "source", "notes", "profile"))
"""Texts of a report that say where it came from and not what came out."""

_MOST_SHOWN = 20
_AGAIN = "pack the run again: sightline submit; its numbers must be those of its responses"


def rescore(
    subject: Subject, responses: Sequence[SubmittedResponse], dataset: OwnDataset
) -> Rescored:
    """Score the responses again; nothing but their texts and errors is looked at.

    Args:
        subject: whose board scores.
        responses: at most one a question, all of the split.
        dataset: the checker's.

    Raises:
        DatasetError: the dataset cannot be read.
    """
    board, setting = subject.board, subject.setting
    plain = [Response(one.question_id, one.response, one.error) for one in responses]
    scores = tuple(board.rescore(dataset.folder, setting, plain))
    model = said(subject.package.manifest, "model", "name")
    report = board.summarise(scores, setting, model if isinstance(model, str) else "")
    return Rescored(scores, report)


def check(manifest: Mapping[str, Any], ours: Mapping[str, Any]) -> Iterator[Finding]:
    """Every number and text of the declared report that differs from ours."""
    declared = said(manifest, "scores")
    if not isinstance(declared, dict):
        yield _error("", f"must be a report, but is {short(declared)}")
        return
    theirs = {key: value for key, value in declared.items() if key not in _FREE}
    wanted = {key: value for key, value in ours.items() if key not in _FREE}
    different = _differences(theirs, wanted, "")
    yield from islice(different, _MOST_SHOWN)
    more = sum(1 for _ in different)
    if more:
        yield _error("", f"and {more:,} more numbers do not follow")


def check_declared(
    responses: Sequence[SubmittedResponse], scores: Sequence[Score]
) -> Iterator[Finding]:
    """Predictions, outcomes and keys that the responses' details declare, where they do."""
    by_id = {one.question_id: one.as_dict() for one in scores}
    differing: defaultdict[str, list[str]] = defaultdict(list)
    for one in responses:
        ours = by_id[one.question_id]
        for key in ("answer", "option_count", "outcome", "outcomes", "predictions", "slices"):
            if key in one.details and one.details[key] != ours[key]:
                differing[key].append(shown(one.question_id, 60))
    for key, names in differing.items():
        yield Finding(
            "error",
            f"details.{key} of {len(names):,} responses do not follow from them: {some(names)}",
            _AGAIN,
            "responses.jsonl",
        )


def _differences(theirs: Any, ours: Any, place: str) -> Iterator[Finding]:
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key in [*ours, *(key for key in theirs if key not in ours)]:
            below = f"{place}.{shown(str(key), 80)}"
            if key not in ours:
                yield _error(below, "must not be there: it does not follow from the responses")
            elif key not in theirs:
                yield _error(below, f"must be {short(ours[key])}, but is missing")
            else:
                yield from _differences(theirs[key], ours[key], below)
    elif isinstance(theirs, list) and isinstance(ours, (list, tuple)) and len(theirs) == len(ours):
        for at, (one, other) in enumerate(zip(theirs, ours, strict=True)):
            yield from _differences(one, other, f"{place}[{at}]")
    elif not _same(theirs, ours):
        yield _error(
            place,
            f"must be {short(ours)}, which follows from the responses, but the package says "
            f"{short(theirs)}",
        )


def _same(theirs: Any, ours: Any) -> bool:
    first, second = number(theirs), number(ours)
    if first is not None and second is not None:
        return abs(first - second) <= TOLERANCE
    return type(theirs) is type(ours) and bool(theirs == ours)


def _error(place: str, what: str) -> Finding:
    return Finding("error", what, _AGAIN, f"submission.json: scores{place}")
