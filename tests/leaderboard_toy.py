"""A made-up benchmark with its board: six questions, two axes, two settings, two parsers.

It needs no dataset. Others load it through ``leaderboard_fixtures.py``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from sightline.accuracy import accuracy, complete, grouped
from sightline.errors import ResponsesError
from sightline.leaderboard.board import (
    Axis,
    Board,
    Headline,
    PublishedRow,
    QuestionText,
    Setting,
)
from sightline.records import Outcome, Response, Score

METRIC = "toy_accuracy"
PARSERS = ("first", "alone")
OPTIONS = ("A. left", "B. right", "C. up", "D. down")
AXES = (
    Axis("kind", "Kind", ("moving", "still"), {"moving": "Mov", "still": "Still"}),
    Axis("size", "Size", ("small", "large"), {"small": "S", "large": "L"}),
)
SETTINGS = (
    Setting("toy_plain", "Plain", ("toy_plain",), ("toy",), "plain", "2 frames"),
    Setting("toy_wide", "Wide", ("toy_wide_moving", "toy_wide_still"), (), "wide", "9 frames"),
)
"""The first is one task with an alias, the second a group of two tasks."""

QUESTIONS = tuple(
    QuestionText(
        question_id=f"q-{number}",
        text=f"Where does thing {number} go?",
        options=OPTIONS,
        answer="ABCDAB"[number],
        slices={
            "kind": "moving" if number < 3 else "still",
            # The last question has no size, as questions outside of a sub-benchmark.
            **({"size": ("small", "large")[number % 2]} if number < 5 else {}),
        },
        media=(f"media/videos/v-{number // 2}.mp4",),
    )
    for number in range(6)
)
"""Six questions on three videos."""


def toy_board(**changes: Any) -> Board:
    """The board of the made-up benchmark ``toy``; `changes` are other fields."""
    fields: dict[str, Any] = {
        "benchmark": "toy",
        "title": "Toy",
        "protocol_version": 1,
        "metric": "accuracy over all questions",
        "metric_key": METRIC,
        "headline_parser": "first",
        "parsers": PARSERS,
        "settings": SETTINGS,
        "axes": AXES,
        "expected": lambda _dataset, _setting: [_score(one, None) for one in QUESTIONS],
        "rescore": _rescore,
        "summarise": _summarise,
        "headline": lambda report: Headline(
            report["overall"]["accuracy"], *report["overall"]["interval"]
        ),
        "cells": _cells,
        "questions": lambda _dataset: QUESTIONS,
        "published": lambda: PUBLISHED,
        "easi": lambda report: {
            "scores": {"toy": report["overall"]["accuracy"]},
            "subScores": {
                "toy": {"moving_accuracy": report["slices"]["kind"]["moving"]["accuracy"]}
            },
        },
    }
    return Board(**(fields | changes))


PUBLISHED = (
    *(
        PublishedRow(
            name=name,
            kind=kind,
            setting=setting.name,
            value=value,
            slices={"kind": {"moving": value, "still": value - 1}},
            questions=6,
            faults=faults,
            source="the toy paper, Table 1",
        )
        for setting in SETTINGS
        for name, kind, value, faults in (
            ("Human", "people", 95.0, ("its types come to 94.5",)),
            ("Random guessing", "chance", 25.0, ()),
        )
    ),
    PublishedRow("Old-7B", "model", "toy_plain", 40.0, {}, 6, (), "the toy paper, Table 1"),
    PublishedRow(
        "Partial-8B",
        "model",
        "toy_plain",
        50.0,
        {"kind": {"moving": 66.7}},
        None,
        ("scored on fewer questions",),
        "the toy paper, Table 1",
        frames="9 frames",
        access="proprietary",
    ),
)


def _read(text: str, parser: str) -> str | None:
    """`first`: the first lone capital A to D; `alone`: the response is that letter and no more."""
    found = re.search(r"\b[A-D]\b", text)
    if found is None or (parser == "alone" and text.strip() != found[0]):
        return None
    return found[0]


def _score(question: QuestionText, response: Response | None, **details: Any) -> Score:
    predictions: dict[str, str | None] = {}
    outcomes: dict[str, Outcome] = {}
    for parser in PARSERS:
        letter = None
        if response is None:
            outcome = Outcome.MISSING
        elif response.text is None or response.error is not None:
            outcome = Outcome.ERROR
        else:
            letter = _read(response.text, parser)
            right = Outcome.RIGHT if letter == question.answer else Outcome.WRONG
            outcome = Outcome.UNPARSED if letter is None else right
        predictions[parser], outcomes[parser] = letter, outcome
    return Score(
        question_id=question.question_id,
        answer=question.answer,
        option_count=len(question.options),
        outcome=outcomes["first"],
        predictions=predictions,
        outcomes=outcomes,
        slices=dict(question.slices),
        cluster=Path(question.media[0]).stem,
        error=response.reason if response else None,
        details={
            **details,
            "options": list(question.options),
            "response": response.text if response else None,
        },
    )


def _rescore(_dataset: Path, _setting: Setting, responses: Any) -> list[Score]:
    by_id = {one.question_id: one for one in QUESTIONS}
    found: dict[str, Score] = {}
    for response in responses:
        if response.question_id not in by_id:
            raise ResponsesError(f"unknown question {response.question_id!r}")
        if response.question_id in found:
            raise ResponsesError(f"question {response.question_id!r} twice")
        found[response.question_id] = _score(by_id[response.question_id], response)
    return [found.get(one.question_id, _score(one, None)) for one in QUESTIONS]


def _summarise(scores: Any, setting: Setting, model: str) -> dict[str, Any]:
    whole = complete(scores, [_score(one, None) for one in QUESTIONS])
    parsers = {p: accuracy(whole, parser=p).as_percent() for p in PARSERS}
    return {
        "benchmark": "Toy",
        "unit": "percent",
        "model": model,
        "protocol": setting.protocol,
        "headline_parser": "first",
        "expected": len(whole),
        "partial": parsers["first"]["missing"] > 0,
        "overall": parsers["first"],
        "parsers": parsers,
        "slices": {
            axis.name: {
                member: {
                    **one.as_percent(),
                    "parsers": {
                        p: grouped(whole, axis.name, axis.members, parser=p)[member].as_percent()
                        for p in PARSERS
                    },
                }
                for member, one in grouped(whole, axis.name, axis.members, parser="first").items()
            }
            for axis in AXES
        },
    }


def _cells(report: Any) -> dict[str, dict[str, dict[str, Any]]]:
    return {
        axis: {
            member: {
                "value": part["accuracy"],
                "low": part["interval"][0],
                "high": part["interval"][1],
                "expected": part["expected"],
                "failure_rate": part["failure_rate"],
            }
            for member, part in members.items()
        }
        for axis, members in report["slices"].items()
    }


def toy_scores(
    texts: str | list[str | None] = "Answer: A", setting: str = "toy_plain", **details: Any
) -> list[Score]:
    """The scores of a run of the toy.

    Args:
        texts: what the model said, to all questions or one by one; None: the run failed on it.
            Fewer than six: the rest was not asked.
        setting: name of the setting, which the details tell.
        details: what else the details tell.
    """
    said = [texts] * len(QUESTIONS) if isinstance(texts, str) else texts
    protocol = toy_board().setting(setting).protocol
    return [
        _score(
            question,
            Response(question.question_id, text, None if text is not None else "out of memory"),
            **{
                "task": _task(setting, question),
                "protocol": protocol,
                "expected": len(QUESTIONS) if setting == "toy_plain" else len(QUESTIONS) // 2,
                "max_frames": 2,
                "frame_indices": [[0, 1]],
                "message_hash": f"{number:064x}",
                "model": "org/toy-1b",
                **details,
            },
        )
        for number, (question, text) in enumerate(zip(QUESTIONS, said, strict=False))
    ]


def _task(setting: str, question: QuestionText) -> str:
    return setting if setting == "toy_plain" else f"{setting}_{question.slices['kind']}"
