"""Scores -> the report of MMSI-Video-Bench: every published slice, every parser, in one pass.

The report is plain JSON; all shares in it are percent. :func:`render` shows it as a table.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from mmsi_video import categories, published, responses
from mmsi_video.scoring import HEADLINE, PARSERS, score
from mmsi_video.summary_table import render
from sightline import reports
from sightline.accuracy import accuracy, complete, grouped, percent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from mmsi_video.scoring import Scorable
    from sightline.accuracy import Accuracy
    from sightline.records import Score

__all__ = ["AXES", "disagreement", "render", "score_file", "summarise"]

TITLE = "MMSI-Video-Bench"
REPORT_VERSION = 1
"""Raised when a key of the report changes its meaning."""

_COLUMN_OF = {name: key for key, names in published.COLUMNS.items() for name in names}
AXES: Mapping[str, tuple[str, ...]] = {**categories.AXES, "column": tuple(published.COLUMNS)}
"""Every axis of the report; `column` is the paper's Table 3, which merges two categories."""


def summarise(
    scores: Sequence[Score],
    expected: int | Sequence[Scorable],
    *,
    protocol: str | None = None,
    model: str | None = None,
    source: str = "",
    notes: Sequence[str] = (),
) -> dict[str, Any]:
    """The whole report of a run.

    Args:
        scores: what the run left behind, at most one per question.
        expected: the denominator: every question of the split, or how many there are. Where only
            the number is known and it is the published 1,106, the published sizes are the slices'
            denominators; for another number slices count the questions at hand, and say so.
        protocol: the setting, as in mmsi_video.published.SETTINGS or any other name; None takes
            what the scores' details say.
        model: the model's name; None takes what the scores' details say.
        source: what was read, in words.
        notes: what else the reader of the table must know.

    Returns:
        JSON types. ``overall`` is the headline (official parser), ``parsers`` the same by every
        parser, ``slices`` axis -> member -> headline with each parser's accuracy.

    Raises:
        ResponsesError: a question was scored twice, or is not in the split.
        ValueError: fewer questions are expected than there are scores.
    """
    if isinstance(expected, int):
        listed, total = complete(scores, scores), expected
    else:
        listed = complete(scores, [score(sample, None) for sample in expected])
        total = len(listed)
    sizes, known = _sizes(listed, total)
    every = [_with_column(one) for one in listed]
    parsers = {p: accuracy(every, parser=p, expected=total).as_percent() for p in PARSERS}
    headline = parsers[HEADLINE]
    is_published = sizes == _published_sizes() and total == categories.PUBLISHED_QUESTIONS
    setting = protocol or reports.common_detail(listed, "protocol") or "not stated"
    return {
        "benchmark": TITLE,
        "report_version": REPORT_VERSION,
        "unit": "percent",
        "model": model or reports.common_detail(listed, "model") or "this run",
        "protocol": setting,
        "profile": reports.common_detail(listed, "profile"),
        "source": source,
        "notes": list(notes),
        "headline_parser": HEADLINE,
        "expected": total,
        "partial": headline["missing"] > 0,
        "published_questions": is_published,
        "comparable": is_published and not headline["missing"] and bool(published.rows(setting)),
        "slice_sizes_known": known,
        "overall": headline,
        "parsers": parsers,
        "slices": {axis: _slice(every, axis, sizes if known else {}) for axis in AXES},
        "sub_benchmarks": {
            axis: _whole_axis(every, axis, sizes if known else {})
            for axis in categories.SUB_BENCHMARKS
        },
        "disagreement": disagreement(listed),
    }


def _with_column(one: Score) -> Score:
    category = one.slices.get("category", "")
    if category not in _COLUMN_OF:
        return one
    return replace(one, slices={**one.slices, "column": _COLUMN_OF[category]})


def _sizes(scores: Sequence[Score], total: int) -> tuple[dict[tuple[str, str], int], bool]:
    """Questions per axis and member, and whether these are the split's and not just the file's."""
    found = _counted([_with_column(one).slices for one in scores])
    if total == len(scores):
        return found, True
    sizes = _published_sizes()
    fits = all(number <= sizes.get(place, 0) for place, number in found.items())
    if total == categories.PUBLISHED_QUESTIONS and fits:
        return sizes, True
    return found, False


def _counted(slices: Sequence[Mapping[str, str]]) -> dict[tuple[str, str], int]:
    return dict(Counter(place for one in slices for place in one.items()))


@cache
def _published_sizes() -> dict[tuple[str, str], int]:
    sizes: Counter[tuple[str, str]] = Counter()
    for kind in categories.TYPES:
        for axis, member in (
            ("type", kind.name),
            ("category", kind.category),
            ("level", kind.level),
            ("column", _COLUMN_OF[kind.category]),
        ):
            sizes[axis, member] += kind.count
    for number in range(categories.PUBLISHED_QUESTIONS):
        sizes.update(categories.sub_benchmarks(f"question_{number:04d}").items())
    return dict(sizes)


def _slice(
    scores: Sequence[Score], axis: str, sizes: Mapping[tuple[str, str], int]
) -> dict[str, Any]:
    members = AXES[axis]
    expected = {member: sizes[axis, member] for member in members if (axis, member) in sizes}
    by_parser = {
        parser: grouped(scores, axis, members, parser=parser, expected=expected)
        for parser in PARSERS
    }
    return {
        member: _with_parsers({parser: by_parser[parser][member] for parser in PARSERS})
        for member in members
    }


def _whole_axis(
    scores: Sequence[Score], axis: str, sizes: Mapping[tuple[str, str], int]
) -> dict[str, Any]:
    """All questions of a sub-benchmark, whatever their sub-type."""
    inside = [one for one in scores if axis in one.slices]
    total = sum(number for (name, _), number in sizes.items() if name == axis)
    return _with_parsers(
        {p: accuracy(inside, parser=p, expected=max(total, len(inside))) for p in PARSERS}
    )


def _with_parsers(by_parser: Mapping[str, Accuracy]) -> dict[str, Any]:
    return {
        **by_parser[HEADLINE].as_percent(),
        "parsers": {
            parser: {"accuracy": percent(a.accuracy), "failure_rate": percent(a.failure_rate)}
            for parser, a in by_parser.items()
        },
    }


def disagreement(scores: Sequence[Score]) -> dict[str, Any]:
    """How often the parsers differ: :func:`sightline.reports.disagreement` for all three."""
    return reports.disagreement(scores, PARSERS)


def score_file(
    path: Path,
    *,
    dataset: Path | None = None,
    protocol: str | None = None,
    model: str | None = None,
) -> dict[str, Any]:
    """Score what a run left behind, without its model, and report.

    Args:
        path: our responses JSONL, an lmms-eval samples JSONL (ours or upstream's), the official
            folder of one JSON a question, or a folder that holds exactly one of these.
        dataset: the built dataset: its questions are the denominator. Without it the denominator
            is what the samples say, else the published 1,106.
        protocol: the setting, when the file does not tell it.
        model: the model's name, when the file does not tell it.

    Raises:
        ResponsesError: the file cannot be read, or does not belong to the questions.
        DatasetError: the dataset cannot be read.
    """
    run = responses.read_run(path, dataset)
    return summarise(
        run.scores,
        run.expected,
        protocol=protocol or run.protocol,
        model=model or run.model,
        source=run.source,
        notes=run.notes,
    )
