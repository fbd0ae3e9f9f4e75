"""The page with two models of one setting side by side, and the data that its script reads.

The page's own data hold what tables show. Which questions a run got right is a letter a question
in a file of its own, loaded when that run is chosen: 200 runs of 8,521 questions would be 1.7 MB.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sightline.leaderboard.site import render, texts
from sightline.leaderboard.site.scripts import call
from sightline.records import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from sightline.leaderboard.board import Board, Setting
    from sightline.leaderboard.records import Entry
    from sightline.leaderboard.results.sample_rows import Sample

PAIRED_NOTE = (
    "Right or not right (wrong, unparsed, missing, error) on every question, by the published "
    "parser. The test is McNemar's exact one on the questions that only one of the two got right; "
    "p values of several members are corrected within their table by Holm's method. It takes "
    "questions for independent, but those about one video are not: where p is near 0.05, "
    "the command sightline compare gives an interval clustered by video."
)
"""What a reader must know of the paired numbers."""

_LETTERS = {
    Outcome.RIGHT.value: "R",
    Outcome.WRONG.value: "W",
    Outcome.UNPARSED.value: "U",
    Outcome.MISSING.value: "M",
    Outcome.ERROR.value: "E",
}
_ABSENT = "-"


@dataclass(frozen=True)
class RunOutcomes:
    """What became of the questions in one run."""

    outcomes: Mapping[str, str]
    """Question id -> outcome, in the order of the dataset."""
    slices: Mapping[str, Mapping[str, str]]
    """Question id -> axis -> member."""

    @classmethod
    def of(cls, samples: Iterable[Sample]) -> RunOutcomes:
        """What the page needs of a run's samples; responses are not kept."""
        outcomes, slices = {}, {}
        for one in samples:
            outcomes[one.question_id] = one.outcome.value
            slices[one.question_id] = {
                axis: member for axis, member in one.slices.items() if member is not None
            }
        return cls(outcomes, slices)


def key(entry: Entry) -> str:
    """Names an entry in the page's address: ``org/name@20261121-233055-1a2b3c4d``."""
    return f"{entry.model}@{entry.run}"


def _shown_key(entry: Entry) -> str:
    """The key as the page has it: templates make invisible characters visible."""
    return texts.shown(key(entry))


def address(board: Board, setting: Setting) -> str:
    """The page's place, relative to the folder of ``index.html``."""
    return f"{board.benchmark}/{setting.name}-compare.html"


def write(
    board: Board,
    setting: Setting,
    entries: Sequence[Entry],
    outcomes: Mapping[str, RunOutcomes],
    out: Path,
    *,
    site: render.Site,
) -> str:
    """Write the page of one setting and its data.

    Args:
        board: of the benchmark.
        setting: the only one of which entries are shown.
        entries: in the order of the choice; people and chance may be among them.
        outcomes: by `key`, of the runs whose samples are known.
        out: the site's folder.
        site: what ``base.html`` prints of the whole site.

    Returns:
        The page's place, relative to `out`.
    """
    here = [one for one in entries if one.setting == setting.name]
    place = address(board, setting)
    order = _questions(outcomes)
    data = _data(board, here, outcomes, order)
    folder = out / board.benchmark
    render.write(folder / f"{setting.name}-compare.js", call("sightlineCompare", data))
    for one in here:
        if key(one) in outcomes:
            letters = _letters(outcomes[key(one)], order)
            render.write(folder / _file(one), call("sightlineOutcomes", _shown_key(one), letters))
    page = render.page(
        "compare.html",
        root="../",
        site=site,
        here="",
        board=board,
        setting=setting,
        entries=here,
        keys=[_shown_key(one) for one in here],
        labels=[label(one) for one in here],
        first=_first(here, 0),
        second=_first(here, 1),
    )
    render.write(out / place, page)
    return place


def label(entry: Entry) -> str:
    """An entry in the choice, told from other runs of its model."""
    if entry.kind == "run":
        return f"{texts.shown(entry.model)} ({texts.shown(entry.run)})"
    words = {"published": "published, not re-run", "people": "people", "chance": "chance"}
    return f"{texts.shown(entry.model)} ({words[entry.kind]})"


def _first(entries: Sequence[Entry], number: int) -> str:
    """The key that is chosen first or second: runs before printed rows."""
    ordered = sorted(entries, key=lambda one: one.kind != "run")
    return _shown_key(ordered[min(number, len(ordered) - 1)]) if ordered else ""


def _file(entry: Entry) -> str:
    """Where a run's outcomes lie, beside the page; a digest, since keys come from strangers."""
    digest = hashlib.sha256(key(entry).encode("utf-8", "surrogatepass")).hexdigest()
    return f"outcomes/{digest[:16]}.js"


def _questions(outcomes: Mapping[str, RunOutcomes]) -> dict[str, Mapping[str, str]]:
    """Every question that a run knows, with its slices, in the order of the first run."""
    found: dict[str, Mapping[str, str]] = {}
    for run in outcomes.values():
        for question in run.outcomes:
            if question not in found:
                found[question] = run.slices.get(question, {})
    return found


def _letters(run: RunOutcomes, order: Mapping[str, Mapping[str, str]]) -> str:
    """One letter a question; a dash where the run does not know it."""
    return "".join(_LETTERS.get(run.outcomes.get(one, ""), _ABSENT) for one in order)


def _data(
    board: Board,
    entries: Sequence[Entry],
    outcomes: Mapping[str, RunOutcomes],
    order: Mapping[str, Mapping[str, str]],
) -> dict[str, Any]:
    axes = []
    for axis in board.axes:
        numbers = {member: number for number, member in enumerate(axis.members)}
        of = [numbers.get(slices.get(axis.name, ""), -1) for slices in order.values()]
        axes.append({"title": axis.title, "members": list(axis.members), "of": of})
    rows = [_entry(board, one, key(one) in outcomes) for one in entries]
    return {"metric": board.metric, "pairedNote": PAIRED_NOTE, "axes": axes, "entries": rows}


def _entry(board: Board, entry: Entry, paired: bool) -> dict[str, Any]:  # noqa: FBT001 (one fact)
    cells = [
        _rounded(entry.cells.get(axis.name, {}).get(member, {}).get("value"))
        for axis in board.axes
        for member in axis.members
    ]
    return {
        "key": _shown_key(entry),
        "label": label(entry),
        "kind": "published, not re-run" if entry.kind == "published" else entry.kind,
        "value": _rounded(entry.value),
        "low": _rounded(entry.low),
        "high": _rounded(entry.high),
        "cells": cells,
        "file": _file(entry) if paired else None,
    }


def _rounded(value: object) -> float | None:
    found = texts.number(value)
    return None if found is None else round(found, 3)
