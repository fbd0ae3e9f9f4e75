"""What a report says in words: the headline, the warnings, the footnotes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mmsi_video import categories, published
from sightline.reports import number
from sightline.tables import Note

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def head(report: Mapping[str, Any]) -> Iterator[Note]:
    """What was read, the headline and the outcomes."""
    overall = report["overall"]
    low, high = overall["interval"]
    yield Note(f"{report['benchmark']}, setting {report['protocol']}: {report['model']}")
    if report["source"]:
        yield Note(f"Read from {report['source']}.")
    yield Note(
        f"{number(overall['accuracy'], 2)} % right ({overall['right']:,} of "
        f"{overall['expected']:,}), 95 % interval {number(low)} to {number(high)}, chance "
        f"{number(overall['chance'], 2)} %. Parser: {report['headline_parser']}."
    )
    yield Note(
        "Outcomes: "
        + ", ".join(
            f"{overall[name]:,} {name}"
            for name in ("right", "wrong", "unparsed", "missing", "error")
        )
        + f". Failure rate {number(overall['failure_rate'])} %."
    )


def warnings(report: Mapping[str, Any]) -> Iterator[Note]:
    """What must be known before the numbers are believed or compared."""
    overall, setting = report["overall"], report["protocol"]
    for note in report["notes"]:
        yield Note(note, warning=True)
    if report["partial"]:
        low, high = overall["bounds"]
        yield Note(
            f"PARTIAL RUN: {overall['missing']:,} of {overall['expected']:,} questions were never "
            f"answered and count as not right. The whole run would be between {number(low)} % and "
            f"{number(high)} %. Do not compare it.",
            warning=True,
        )
    yield from _against_chance(overall)
    if overall["error"]:
        yield Note(
            f"The run failed on {overall['error']:,} question(s); the reasons are in the samples.",
            warning=True,
        )
    if not report["slice_sizes_known"]:
        yield Note(
            "How many questions each slice should have is not known: slices count only the "
            "questions in the file.",
            warning=True,
        )
    if not published.rows(setting):
        yield Note(
            f"No published row is comparable: the paper has no setting {setting!r}, only "
            f"{' and '.join(published.SETTINGS)}.",
            warning=True,
        )
    elif not report["published_questions"]:
        yield Note(
            f"NOT THE PUBLISHED QUESTIONS: this run is on {overall['expected']:,} other questions "
            f"than the published {categories.PUBLISHED_QUESTIONS:,}. The published rows show what "
            "a real table looks like; comparing with them is meaningless.",
            warning=True,
        )


def _against_chance(overall: Mapping[str, Any]) -> Iterator[Note]:
    """Whether the result says more than guessing would."""
    chance, (low, high) = overall["chance"], overall["interval"]
    if chance is None or low > chance:
        return
    if high >= chance:
        yield Note("The interval reaches down to chance: this could be guessing.")
    else:
        yield Note(
            f"Worse than guessing. {number(overall['failure_rate'])} % of the questions have no "
            "letter: see what the other parsers read, and whether responses are cut short.",
            warning=True,
        )


def footnotes(report: Mapping[str, Any]) -> Iterator[Note]:
    """Where the published numbers come from, and their faults."""
    models = published.rows(report["protocol"])
    if models:
        yield Note(
            "Published models: setting "
            f"{report['protocol']} only, paper Tables 2 to 6 and README; counts recovered from "
            "the percentages. The authors' own tolerance is 1 to 3 points."
        )
    yield Note("Human and random: the columns are means of their published types.")
    for row in models:
        if row.fault:
            yield Note(f"* {row.model}: {row.fault}")


def disagreement(found: Mapping[str, Any]) -> str:
    """How often the parsers read another letter."""
    if not found["responses"]:
        return "No response to read."
    pairs = ", ".join(f"{names} {number(share)} %" for names, share in found["pairs"].items())
    return (
        f"The parsers disagree on {number(found['share'])} % of {found['responses']:,} responses "
        f"({pairs}). Above chance: 0 is guessing, 100 is all right."
    )
