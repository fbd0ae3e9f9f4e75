"""The numbers of tasks, families and whole runs, by every parser: the parts of the report."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sightline.accuracy import accuracy, percent
from sightline.records import Outcome
from streamgaze_task.aggregates import Stratum, mean_of_means, unweighted_mean
from streamgaze_task.items import Item
from streamgaze_task.scoring import HEADLINE, PARSERS
from streamgaze_task.task_names import FAMILIES, TASKS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sightline.records import Score

AGGREGATES: Mapping[str, str] = {
    "mean_of_tasks": "unweighted mean of the tasks: the headline, and the paper's overall",
    "mean_of_choice_tasks": "unweighted mean of the tasks with options, whose published numbers "
    "have the same metric",
    "mean_of_families": "unweighted mean of past, present and proactive, each the mean of its "
    "tasks",
    "micro": "right answers by requests, whatever the task",
}
"""Every number that stands for a whole run, and what it is."""

_COUNTS = ("right", "wrong", "unparsed", "missing", "error")
_FAMILY = {task.code: task.family for task in TASKS}


@dataclass(frozen=True)
class TaskScores:
    """The scores of one task, or of several together."""

    scores: Sequence[Score]
    """One per request that is listed, missing ones included."""
    expected: int
    """The denominator: requests of the split."""

    @property
    def unlisted(self) -> int:
        """Requests of the split that no dataset lists: only their number is known."""
        return self.expected - len(self.scores)

    def stratum(self, parser: str) -> Stratum:
        """What the means need of it."""
        hits = defaultdict(list)
        for one in self.scores:
            hits[one.cluster].append(one.outcomes[parser] is Outcome.RIGHT)
        return Stratum(hits, self.unlisted)


def counts(scores: Sequence[Score], expected: int, parser: str) -> dict[str, int]:
    """Outcomes by one parser, what was expected, and what was answered at all."""
    found = Counter(one.outcomes[parser].value for one in scores)
    each = {name: found[name] for name in _COUNTS}
    each["missing"] += expected - len(scores)
    answered = each["right"] + each["wrong"] + each["unparsed"]
    return {"expected": expected, "answered": answered, **each}


def _part(task: TaskScores, parser: str) -> dict[str, Any]:
    found = accuracy(task.scores, parser=parser, expected=task.expected)
    plain = found.as_percent()
    return {
        **counts(task.scores, task.expected, parser),
        **{name: plain[name] for name in ("failure_rate", "accuracy", "interval", "bounds")},
    }


def task_report(task: TaskScores, code: str) -> dict[str, Any]:
    """One task: the headline parser's numbers, every parser's, chance and majority."""
    parsers = {parser: _part(task, parser) for parser in PARSERS}
    chance = accuracy(task.scores, expected=task.expected).chance
    return {
        **parsers[HEADLINE],
        "family": _FAMILY[code],
        "questions": len({Item.of_score(one).question_id for one in task.scores}),
        "chance": percent(chance),
        "majority": _majority(task),
        "parsers": parsers,
    }


def _majority(task: TaskScores) -> dict[str, Any] | None:
    """What always giving the most frequent answer would score; None without any question."""
    answers = Counter(one.answer for one in task.scores)
    if not answers:
        return None
    most = max(answers.values())
    answer = min(answer for answer, number in answers.items() if number == most)
    return {"answer": answer, "accuracy": percent(most / len(task.scores))}


def family_reports(tasks: Mapping[str, TaskScores]) -> dict[str, Any]:
    """Each family: the mean of its tasks, as the paper has it, and right answers by requests."""
    found: dict[str, Any] = {}
    for family in FAMILIES:
        own = {code: task for code, task in tasks.items() if _FAMILY[code] == family}
        if own:
            found[family] = {"tasks": list(own), **_whole(own, means=[list(own.values())])}
    return found


def aggregate_reports(tasks: Mapping[str, TaskScores]) -> dict[str, Any]:
    """Every number of AGGREGATES, with the counts of the requests in it."""
    groups = {f: [t for code, t in tasks.items() if _FAMILY[code] == f] for f in FAMILIES}
    choice = {code: task for code, task in tasks.items() if _FAMILY[code] != "proactive"}
    every = list(tasks.values())
    return {
        "mean_of_tasks": _whole(tasks, means=[every]),
        "mean_of_choice_tasks": _whole(choice, means=[list(choice.values())]),
        "mean_of_families": _whole(tasks, means=list(groups.values())),
        "micro": _whole(tasks, means=None),
    }


def _whole(
    tasks: Mapping[str, TaskScores], means: Sequence[Sequence[TaskScores]] | None
) -> dict[str, Any]:
    """Several tasks as one number, by every parser.

    Args:
        tasks: all of them.
        means: the groups whose means are averaged; None takes right answers by requests.
    """
    scores = [one for task in tasks.values() for one in task.scores]
    expected = sum(task.expected for task in tasks.values())
    whole = TaskScores(scores, expected)
    parsers = {}
    for parser in PARSERS:
        micro = _part(whole, parser)
        value = dict(micro)
        if means is not None:
            value |= _mean([[t.stratum(parser) for t in group] for group in means])
            del value["bounds"]
            value["micro"] = micro["accuracy"]
        parsers[parser] = value
    return {**parsers[HEADLINE], "chance": _chance(tasks, means), "parsers": parsers}


def _mean(groups: Sequence[Sequence[Stratum]]) -> dict[str, Any]:
    found = unweighted_mean(groups[0]) if len(groups) == 1 else mean_of_means(groups)
    ends = [percent(end) for end in found.interval]
    return {"accuracy": percent(found.share), "interval": ends}


def _chance(
    tasks: Mapping[str, TaskScores], means: Sequence[Sequence[TaskScores]] | None
) -> float | None:
    def of(group: Sequence[TaskScores]) -> list[float]:
        return [accuracy(task.scores).chance for task in group if task.scores]

    if means is None:
        scores = [one for task in tasks.values() for one in task.scores]
        return percent(accuracy(scores).chance)
    inner = [sum(chances) / len(chances) for group in means if (chances := of(group))]
    return percent(sum(inner) / len(inner)) if inner else None


def as_published_script(tasks: Mapping[str, TaskScores]) -> dict[str, Any]:
    """What ``evaluate_results.py`` would print for the same responses.

    It leaves unanswered questions of past and present tasks out of their denominator (unanswered
    test points stay in theirs), and tasks without a file out of the mean; a task without a single
    answer is taken for one without a file.
    """
    values = {}
    for code, task in tasks.items():
        found = counts(task.scores, task.expected, HEADLINE)
        seen = found["expected"] - found["missing"]
        if seen:
            total = found["expected"] if _FAMILY[code] == "proactive" else seen
            values[code] = percent(found["right"] / total)
    shares = [value for value in values.values() if value is not None]
    mean = round(sum(shares) / len(shares), 4) if shares else None
    return {"accuracy": mean, "tasks": values}
