"""What a report says in words: the headline, the warnings, the footnotes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sightline.reports import number
from sightline.tables import Note
from streamgaze_task import published
from streamgaze_task.task_names import BY_CODE, CODES, PUBLISHED_QUESTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_OUTCOMES = ("right", "wrong", "unparsed", "missing", "error")


def head(report: Mapping[str, Any]) -> Iterator[Note]:
    """What was read, the headline and the outcomes."""
    overall = report["overall"]
    low, high = overall["interval"]
    count = len(report["tasks"])
    yield Note(
        f"{report['benchmark']}: {report['model']}. Gaze prompt: {report['gaze_prompt']}; "
        f"sampling: {report['sampling']}."
    )
    if report["source"]:
        yield Note(f"Read from {report['source']}.")
    yield Note(
        f"{number(overall['accuracy'], 2)} % is the unweighted mean of {count} task(s), 95 % "
        f"interval {number(low)} to {number(high)}, chance "
        f"{number(report['aggregates']['mean_of_tasks']['chance'], 2)} %. Parser: "
        f"{report['headline_parser']}."
    )
    yield Note(
        f"{overall['expected']:,} requests: "
        + ", ".join(f"{overall[name]:,} {name}" for name in _OUTCOMES)
        + f". Failure rate {number(overall['failure_rate'])} %."
    )


def warnings(report: Mapping[str, Any]) -> Iterator[Note]:
    """What must be known before the numbers are believed or compared."""
    overall = report["overall"]
    for note in report["notes"]:
        yield Note(note, warning=True)
    if report["tasks_absent"]:
        absent = ", ".join(BY_CODE[code].paper for code in report["tasks_absent"])
        yield Note(
            f"NOT ALL TASKS: {absent} are not in this run; the means are over the other "
            f"{len(report['tasks'])} of {len(CODES)}. Do not compare them with any other mean.",
            warning=True,
        )
    yield from _partial(report)
    yield from _against_chance(report)
    if overall["error"]:
        yield Note(
            f"The run failed on {overall['error']:,} request(s); the reasons are in the samples.",
            warning=True,
        )
    if report["unlisted"]:
        yield Note(
            f"{report['unlisted']:,} requests are known by their number only: chance, majority and "
            "the alerts leave them out. --dataset FOLDER lists them.",
            warning=True,
        )
    yield from _comparable(report)


def _partial(report: Mapping[str, Any]) -> Iterator[Note]:
    overall = report["overall"]
    if not report["partial"]:
        return
    low, high = report["aggregates"]["micro"]["bounds"]
    script = number(report["as_published_script"]["accuracy"])
    yield Note(
        f"PARTIAL RUN: {overall['missing']:,} of {overall['expected']:,} requests were never "
        f"answered and count as not right. The whole run would have between {number(low)} % and "
        f"{number(high)} % of its requests right. Do not compare it. The authors' "
        f"evaluate_results.py leaves unanswered questions out and would print {script} %.",
        warning=True,
    )


def _against_chance(report: Mapping[str, Any]) -> Iterator[Note]:
    """Whether the headline says more than guessing would."""
    overall = report["overall"]
    chance, (low, high) = report["aggregates"]["mean_of_tasks"]["chance"], overall["interval"]
    if chance is None or low > chance:
        return
    if high >= chance:
        yield Note("The interval reaches down to chance: this could be guessing.")
    else:
        yield Note(
            f"Worse than guessing. {number(overall['failure_rate'])} % of the requests have no "
            "readable answer: see what the other parser reads, and whether responses are cut "
            "short.",
            warning=True,
        )


def _comparable(report: Mapping[str, Any]) -> Iterator[Note]:
    if not report["published_questions"]:
        yield Note(
            f"NOT THE PUBLISHED QUESTIONS: this run is on {report['questions']:,} listed questions "
            f"and not on the published {PUBLISHED_QUESTIONS:,}. The published rows show what a "
            "real table looks like; comparing with them is meaningless.",
            warning=True,
        )
    if report["gaze_prompt"] not in {published.GAZE_PROMPT, "not stated"}:
        yield Note(
            f"The published models were run with the gaze prompt {published.GAZE_PROMPT!r}, this "
            f"run with {report['gaze_prompt']!r}.",
            warning=True,
        )
    yield Note(
        "GTA and OAA of the published rows are not comparable with any run: they are the paper's "
        "own proactive metric, which is in no published code. Compare the mean of the tasks with "
        "options (MC).",
        warning=True,
    )


def footnotes() -> Iterator[Note]:
    """Where the published numbers come from, and their faults."""
    yield Note(f"Published: {published.sources()['table']}. A family is the mean of its tasks.")
    ahead = [row.model for row in published.rows() if row.sees_future]
    yield Note(
        f"^ {', '.join(ahead)}: the published wrapper ignores the window, so the model saw the "
        "video after the question too."
    )
    for row in (published.people(), *published.rows()):
        if row.fault:
            yield Note(f"* {row.model}: {row.fault}")


def disagreement(found: Mapping[str, Any]) -> str:
    """How often the parsers read another answer."""
    if not found["responses"]:
        return "No response to read."
    return (
        f"The parsers disagree on {number(found['share'])} % of {found['responses']:,} responses."
    )
