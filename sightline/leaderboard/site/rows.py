"""Entries -> the rows of a table: which run stands for a model, who is ranked, what cells say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sightline.leaderboard.site import texts
from sightline.leaderboard.site.ranking import Standing, ranks

if TYPE_CHECKING:
    from sightline.leaderboard.board import Board, Setting
    from sightline.leaderboard.records import Entry

BADGES = {
    "run": "run",
    "published": "published, not re-run",
    "people": "people",
    "chance": "chance",
}
"""Kind of an entry -> what its badge says."""

OPEN = frozenset(("open", "open-weights", "open-source"))
CLOSED = frozenset(("api", "proprietary", "closed"))


@dataclass(frozen=True)
class Cell:
    """One number of a row."""

    value: float | None
    """Percent; None where there is none."""
    tint: str
    """Class of its background, by `texts.tint`; empty for none."""


@dataclass(frozen=True)
class Row:
    """One row of a table, as the template prints it."""

    entry: Entry
    """What it shows."""
    badge: str
    """Of BADGES."""
    access: str
    """``open``, ``proprietary``, or empty where not said."""
    rank: int | None
    """From 1; None when it is not ranked."""
    unranked: str
    """Why it has no rank; empty when it has one, and for people and chance."""
    axes: tuple[tuple[Cell, ...], ...]
    """One tuple an axis, one cell a member."""
    parsers: tuple[float | None, ...]
    """Accuracy by the parsers behind the headline's, percent."""
    disagreement: float | None
    """Percent of responses that any two parsers read differently."""
    failures: float | None
    """Percent of samples that are unparsed, missing or error."""
    frames: str
    """Which frames the model was shown."""
    date: str
    """Day of the run; empty for printed rows."""
    runs: int
    """How many runs of the setting the model has; the newest whole one is shown."""


def model_rows(board: Board, setting: Setting, entries: Sequence[Entry]) -> tuple[Row, ...]:
    """The models of one setting: ranked ones by rank and headline, then those without rank.

    Args:
        board: of the benchmark.
        setting: the table.
        entries: all of the benchmark's, of any setting and kind.
    """
    here = of_setting(entries, setting)
    models = [one for one in here if one.kind in {"run", "published"}]
    total = split_size(here)
    runs: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for one in models:
        runs[one.kind, one.model].append(one)
    shown = [standing_run(of_model, total) for of_model in runs.values()]
    chance = next((one for one in here if one.kind == "chance"), None)
    reasons = [why_unranked(one, total) for one in shown]
    known = [one for one, reason in zip(shown, reasons, strict=True) if not reason]
    places = dict(zip(map(id, known), ranks([_standing(one) for one in known]), strict=True))
    rows = [
        _row(
            board,
            setting,
            one,
            chance,
            rank=places.get(id(one)),
            unranked=reason,
            runs=len(runs[one.kind, one.model]),
        )
        for one, reason in zip(shown, reasons, strict=True)
    ]
    return tuple(sorted(rows, key=_order))


def reference_rows(board: Board, setting: Setting, entries: Sequence[Entry]) -> tuple[Row, ...]:
    """People and chance of one setting, people first."""
    here = of_setting(entries, setting)
    chance = next((one for one in here if one.kind == "chance"), None)
    found = [one for kind in ("people", "chance") for one in here if one.kind == kind]
    return tuple(_row(board, setting, one, chance) for one in found)


def of_setting(entries: Iterable[Entry], setting: Setting) -> list[Entry]:
    """The entries of one table; people and chance without a setting stand in every one."""
    return [
        one
        for one in entries
        if one.setting == setting.name or (not one.setting and one.kind in {"people", "chance"})
    ]


def single_row(board: Board, setting: Setting, entry: Entry, chance: Entry | None) -> Row:
    """A run that the table does not show: an older one of its model, and so without rank."""
    reason = why_unranked(entry, None) or "another run of this model stands in the table"
    return _row(board, setting, entry, chance, unranked=reason)


def split_size(entries: Sequence[Entry]) -> int | None:
    """Questions of the split: the most that any entry was scored on; None where none says."""
    return max((questions(one) or 0 for one in entries), default=0) or None


def questions(entry: Entry) -> int | None:
    """Questions that an entry was scored on or says it should be; None where not known."""
    if entry.counts:
        return sum(entry.counts.values())
    said = entry.facts.get("questions")
    return said if isinstance(said, int) and not isinstance(said, bool) and said > 0 else None


def standing_run(runs: Sequence[Entry], total: int | None) -> Entry:
    """The run that stands for a model: the newest whole one, else the newest.

    The newest and not the best: the best of many runs is better than the model.
    """
    newest = sorted(runs, key=lambda one: (date_of(one), one.run), reverse=True)
    return next((one for one in newest if not why_unranked(one, total)), newest[0])


def why_unranked(entry: Entry, total: int | None) -> str:
    """Why an entry has no rank, in a few words; empty when it is whole."""
    missing = entry.counts.get("missing", 0)
    if missing:
        return f"partial run: {missing:,} of {sum(entry.counts.values()):,} questions missing"
    scored = questions(entry)
    if total is None:
        return ""
    if scored is None:
        return "on how many questions it was scored is not known"
    return f"scored on {scored:,} of {total:,} questions" if scored < total else ""


def failures(counts: Mapping[str, int]) -> float | None:
    """Percent of samples that are unparsed, missing or error; None without samples."""
    total = sum(counts.values())
    if not total:
        return None
    return 100 * sum(counts.get(one, 0) for one in ("unparsed", "missing", "error")) / total


def disagreement(entry: Entry) -> float | None:
    """Percent of responses that any two parsers read differently; None where not known."""
    return texts.number(_inside(entry.facts, "scores", "disagreement", "share"))


def date_of(entry: Entry) -> str:
    """The day of a run, ``2026-11-21``; empty for printed rows."""
    return texts.date(_inside(entry.facts, "run", "date")) or texts.date(entry.run)


def access_of(entry: Entry) -> str:
    """``open``, ``proprietary``, or empty where it is not said."""
    said = _inside(entry.facts, "model", "access") or entry.facts.get("access")
    if not isinstance(said, str):
        return ""
    return "open" if said in OPEN else "proprietary" if said in CLOSED else ""


def url_of(entry: Entry) -> str | None:
    """Where the submitter says that the model lies; anything, also no address."""
    said = _inside(entry.facts, "model", "url")
    return said if isinstance(said, str) and said else None


def frames_of(entry: Entry, setting: Setting) -> str:
    """Which frames the model was shown: as printed, or those of the setting."""
    if entry.kind == "run":
        return setting.frames
    said = entry.facts.get("frames")
    return said if isinstance(said, str) else ""


def cell(entry: Entry | None, axis: str, member: str) -> Mapping[str, Any]:
    """What an entry has for one slice; empty where it has nothing."""
    if entry is None:
        return {}
    return entry.cells.get(axis, {}).get(member, {})


def _inside(value: object, *keys: str) -> object:
    for key in keys:
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def _standing(entry: Entry) -> Standing:
    return Standing(entry.value, entry.low, entry.high, questions(entry))


def _order(row: Row) -> tuple[bool, int, float, str]:
    rank = row.rank or 0
    return (row.rank is None, rank, -row.entry.value, row.entry.model)


def _row(
    board: Board,
    setting: Setting,
    entry: Entry,
    chance: Entry | None,
    *,
    rank: int | None = None,
    unranked: str = "",
    runs: int = 1,
) -> Row:
    return Row(
        entry=entry,
        badge=BADGES[entry.kind],
        access=access_of(entry),
        rank=rank,
        unranked=unranked,
        axes=tuple(_cells(entry, chance, axis.name, axis.members) for axis in board.axes),
        parsers=tuple(texts.number(entry.parsers.get(one)) for one in board.parsers[1:]),
        disagreement=disagreement(entry),
        failures=failures(entry.counts),
        frames=frames_of(entry, setting),
        date=date_of(entry),
        runs=runs,
    )


def _cells(
    entry: Entry, chance: Entry | None, axis: str, members: Sequence[str]
) -> tuple[Cell, ...]:
    found = []
    for member in members:
        value = texts.number(cell(entry, axis, member).get("value"))
        base = cell(chance, axis, member).get("value")
        marked = entry.kind in {"run", "published"}
        found.append(Cell(value, texts.tint(value, base) if marked else ""))
    return tuple(found)
