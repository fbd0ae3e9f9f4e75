"""The proactive tasks beyond accuracy: what kind of alarm a model is.

A question is asked at each of its test points; "yes" is an alert, "no" is silence. The labels have
two readings, and both are reported under their names:

- ``published``: the release's own label, whether the object is fixated (GTA) or visible (OAA) at
  this instant. The authors' scorer uses it.
- ``already_seen``: 1 from the object's first appearance on. It is what the prompt's words ask
  ("If you have already seen the requested object/event"), so a model that follows the prompt is
  wrong by the published label wherever the object has left again.

A point that is unparsed, missing or failed is no right answer and neither alert nor silence. By the
`reference` parser a response with both words counts as whatever the label wants, as in the authors'
scorer; where no label is asked (when the first alert comes) its "yes" is an alert. The paper's own
proactive metric (it penalises several alerts) is in no published code, and is not here.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from sightline.accuracy import percent
from sightline.intervals import effective_size, wilson
from streamgaze_task.items import Item
from streamgaze_task.parsers.reference import BOTH
from streamgaze_task.schema import ALERT_ANSWERS
from streamgaze_task.scoring import PARSERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sightline.records import Score

READINGS = ("published", "already_seen")
"""The two readings of a label."""

TASKS = ("gta", "oaa")
"""The proactive tasks; together they are the group `together`."""

BASELINES = {"always_yes": "YES", "always_no": "NO"}
"""Constant answers: what no video at all scores."""

_NO, _YES = ALERT_ANSWERS


@dataclass(frozen=True)
class Point:
    """One test point and what was read in its response."""

    question: str
    """Id of its question."""
    task: str
    """``gta`` or ``oaa``."""
    cluster: str
    """Names the video."""
    seconds: float
    """When it is asked."""
    first_appearance: float | None
    """When the object first appears, seconds; None unknown."""
    labels: Mapping[str, int | None]
    """Reading -> 1 should alert, 0 should not, None unknown."""
    said: Mapping[str, str | None]
    """Parser or baseline -> ``YES``, ``NO``, both, or None for no answer."""

    @classmethod
    def of(cls, score: Score) -> Point:
        """The point inside a score of a proactive request."""
        item = Item.of_score(score)
        return cls(
            question=item.question_id,
            task=item.task,
            cluster=item.cluster,
            seconds=float(item.point_seconds or 0.0),
            first_appearance=item.first_appearance_seconds,
            labels={
                "published": ALERT_ANSWERS.index(item.answer),
                "already_seen": item.already_seen,
            },
            said={**{parser: score.predictions[parser] for parser in PARSERS}, **BASELINES},
        )


def report(scores: Sequence[Score]) -> dict[str, Any]:
    """Everything about the proactive requests among the scores.

    Args:
        scores: one per request; those of other tasks are left.

    Returns:
        ``gta``, ``oaa`` and ``together`` -> for each reading ``points``, ``due`` (how many should
        alert), ``unlabelled`` (points whose label is not known) and ``by`` parser or baseline the
        :func:`judged` numbers; and ``timing`` -> by parser or baseline the :func:`timed` numbers.
    """
    points = [Point.of(one) for one in scores if one.slices.get("task") in TASKS]
    groups = {task: [point for point in points if point.task == task] for task in TASKS}
    return {name: _group(group) for name, group in {**groups, "together": points}.items()}


def _group(points: Sequence[Point]) -> dict[str, Any]:
    voices = (*PARSERS, *BASELINES)
    found: dict[str, Any] = {}
    for reading in READINGS:
        labelled = [point for point in points if point.labels[reading] is not None]
        found[reading] = {
            "points": len(labelled),
            "due": sum(point.labels[reading] == 1 for point in labelled),
            "unlabelled": len(points) - len(labelled),
            "by": {voice: judged(labelled, reading, voice) for voice in voices},
        }
    found["timing"] = {voice: timed(points, voice) for voice in voices}
    return found


def judged(points: Sequence[Point], reading: str, voice: str) -> dict[str, Any]:
    """How alerts and silences agree with the labels; shares in percent, None where undefined.

    Args:
        points: points whose label is known by this reading.
        reading: one of READINGS.
        voice: a parser or a baseline.

    Returns:
        ``accuracy`` and its ``interval`` (95 %, clustered by video); ``balanced_accuracy``, the
        mean of the shares of right points among those that should alert and those that should not;
        ``precision``, ``recall`` and ``f1`` of alerts; ``over_triggering``, the share of points
        that should not alert with an alert; ``every_point_right``, the share of questions.
    """
    right: dict[int, int] = {0: 0, 1: 0}
    total: dict[int, int] = {0: 0, 1: 0}
    false_alerts = 0
    videos, questions = defaultdict(list), defaultdict(list)
    for point in points:
        label, said = int(point.labels[reading] or 0), point.said[voice]
        hit = said in (ALERT_ANSWERS[label], BOTH)
        total[label] += 1
        right[label] += hit
        false_alerts += label == 0 and said == _YES
        videos[point.cluster].append(hit)
        questions[point.question].append(hit)
    share = _share(right[0] + right[1], len(points))
    interval = wilson(share if points else 0.0, effective_size(list(videos.values())))
    whole = sum(all(hits) for hits in questions.values())
    values = {
        "accuracy": share,
        "balanced_accuracy": (_share(right[0], total[0]) + _share(right[1], total[1])) / 2,
        "precision": _share(right[1], right[1] + false_alerts),
        "recall": _share(right[1], total[1]),
        "f1": _share(2 * right[1], right[1] + false_alerts + total[1]),
        "over_triggering": _share(false_alerts, total[0]),
        "every_point_right": _share(whole, len(questions)),
    }
    return {
        **{name: percent(value) for name, value in values.items()},
        "interval": [percent(end) for end in interval],
        "right": right[0] + right[1],
        "questions": len(questions),
    }


def timed(points: Sequence[Point], voice: str) -> dict[str, Any]:
    """When alerts come, whatever the labels say.

    Of the points with a known first appearance: the delay of a question is the time from the first
    appearance to its first test point at or after it with an alert, so it comes in steps of the
    test points; earlier points with an alert are early.

    Returns:
        ``questions``; ``alerts_per_question`` over all of them; ``can_be_timed``, the questions
        with a test point at or after the first appearance; ``median_delay_seconds`` of those that
        alerted then, ``never_alerted`` the percent that did not; ``early_points``, the percent of
        points before the first appearance with an alert, and ``early_questions``, the percent of
        questions with such points that alerted at one.
    """
    questions: defaultdict[str, list[Point]] = defaultdict(list)
    for point in points:
        questions[point.question].append(point)
    alerts = sum(_alerted(point, voice) for point in points)
    after = _each(questions.values(), lambda point, first: point.seconds >= first)
    before = _each(questions.values(), lambda point, first: point.seconds < first)
    delays = [
        min(point.seconds for point in alerted) - float(alerted[0].first_appearance or 0.0)
        for group in after
        if (alerted := [point for point in group if _alerted(point, voice)])
    ]
    early = [sum(_alerted(point, voice) for point in group) for group in before]
    return {
        "questions": len(questions),
        "alerts_per_question": round(alerts / len(questions), 4) if questions else None,
        "can_be_timed": len(after),
        "median_delay_seconds": round(median(delays), 3) if delays else None,
        "never_alerted": percent(_share(len(after) - len(delays), len(after))),
        "early_points": percent(_share(sum(early), sum(map(len, before)))),
        "early_questions": percent(_share(sum(map(bool, early)), len(before))),
    }


def _each(
    questions: Iterable[list[Point]], fits: Callable[[Point, float], bool]
) -> list[list[Point]]:
    """The fitting points of every question that has any."""
    groups = (
        [p for p in group if p.first_appearance is not None and fits(p, p.first_appearance)]
        for group in questions
    )
    return [group for group in groups if group]


def _alerted(point: Point, voice: str) -> bool:
    return point.said[voice] in (_YES, BOTH)


def _share(part: float, whole: int) -> float:
    return part / whole if whole else math.nan
