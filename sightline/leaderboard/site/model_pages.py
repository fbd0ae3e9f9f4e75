"""What the page of one model shows, as plain records for its template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from sightline.leaderboard.board import Axis
from sightline.leaderboard.site import addresses, charts, comparing, rows, texts
from sightline.records import Outcome

if TYPE_CHECKING:
    from markupsafe import Markup

    from sightline.leaderboard.board import Board, Setting
    from sightline.leaderboard.records import Entry
    from sightline.leaderboard.site.pages import SettingPage
    from sightline.leaderboard.site.rows import Row

OUTCOMES: Mapping[str, str] = {
    Outcome.RIGHT.value: "the answer was given",
    Outcome.WRONG.value: "another option was given",
    Outcome.UNPARSED.value: "there is a response, but no option is read in it",
    Outcome.MISSING.value: "the question was never answered",
    Outcome.ERROR.value: "the run failed on it",
}
"""Outcome -> what it means."""


@dataclass(frozen=True)
class Slice:
    """One member of an axis on a model's page; all in percent."""

    name: str
    """The member."""
    cell: Mapping[str, Any]
    """As `Board.cells`."""
    people: float | None
    """What people reach."""
    chance: float | None
    """What guessing reaches."""

    @property
    def gap(self) -> float | None:
        """Points to people; below zero where the model is behind."""
        value = texts.number(self.cell.get("value"))
        return None if value is None or self.people is None else value - self.people


@dataclass(frozen=True)
class RunView:
    """One run on a model's page."""

    row: Row
    """Its numbers; ranked only where it stands for the model in the table."""
    setting: Setting
    """Which table it belongs to."""
    outcomes: tuple[tuple[str, str, int, float], ...]
    """Name, meaning, samples, percent."""
    parsers: tuple[tuple[str, float | None], ...]
    """Name and accuracy, percent."""
    pairs: tuple[tuple[str, float | None], ...]
    """Two parsers and the percent of responses that they read differently."""
    axes: tuple[tuple[Axis, tuple[Slice, ...]], ...]
    """The slices, by axis; axes without any number are left out."""
    facts: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    """Groups of the manifest: title, and pairs of name and text."""
    chart: Markup
    """The first axis as bars."""
    entry_href: str
    """Its JSON file, from the model's page."""
    samples_href: str | None
    """Its sample browser, from the model's page; None without one."""
    compare_href: str | None
    """Its comparison with others; None where there is nothing to compare with."""


_FACTS = {
    "model": "Model",
    "run": "Run",
    "dataset": "Dataset",
    "protocol": "Protocol",
    "responses": "Responses",
}
"""Groups of a manifest that the page shows; scores stand in its tables."""


def run_view(
    page: SettingPage,
    entry: Entry,
    *,
    samples: str | None,
    compare: str | None,
) -> RunView:
    """One run as its model's page shows it."""
    board, setting = page.board, page.setting
    shown = next((row for row in page.models if row.entry is entry), None)
    people = next((row.entry for row in page.references if row.entry.kind == "people"), None)
    chance = next((row.entry for row in page.references if row.entry.kind == "chance"), None)
    shown_axes = [*board.axes, *_further_axes(board, entry)]
    axes = tuple((axis, _slices(entry, axis, people, chance)) for axis in shown_axes)
    return RunView(
        row=shown or rows.single_row(board, setting, entry, chance),
        setting=setting,
        outcomes=_outcomes(entry.counts),
        parsers=tuple((one, texts.number(entry.parsers.get(one))) for one in board.parsers),
        pairs=_pairs(entry),
        axes=tuple(one for one in axes if any(part.cell for part in one[1])),
        facts=_facts(entry),
        chart=_chart(*axes[0]),
        entry_href=f"../{_below(addresses.entry_file(entry))}",
        samples_href=samples,
        compare_href=compare,
    )


def _further_axes(board: Board, entry: Entry) -> list[Axis]:
    """What an entry has beside the axes of tables: whole sub-benchmarks, families."""
    known = {axis.name for axis in board.axes}
    return [
        Axis(name, name.replace("_", " ").capitalize(), tuple(members), {})
        for name, members in entry.cells.items()
        if name not in known
    ]


def _below(address: str) -> str:
    """An address without its first folder, the benchmark's."""
    return address.partition("/")[2]


def _slices(
    entry: Entry, axis: Axis, people: Entry | None, chance: Entry | None
) -> tuple[Slice, ...]:
    return tuple(
        Slice(
            name=member,
            cell=rows.cell(entry, axis.name, member),
            people=texts.number(rows.cell(people, axis.name, member).get("value")),
            chance=texts.number(rows.cell(chance, axis.name, member).get("value")),
        )
        for member in axis.members
    )


def _chart(axis: Axis, slices: Sequence[Slice]) -> Markup:
    bars = [
        charts.ChartRow(
            label=axis.short.get(one.name, one.name),
            value=texts.number(one.cell.get("value")),
            low=texts.number(one.cell.get("low")),
            high=texts.number(one.cell.get("high")),
            people=one.people,
            chance=one.chance,
        )
        for one in slices
    ]
    made = charts.bars(bars, title=f"Accuracy by {axis.title.lower()}")
    if any(bar.people is not None for bar in bars):
        made += charts.gaps(bars, title=f"Gap to people by {axis.title.lower()}")
    return made


def _outcomes(counts: Mapping[str, int]) -> tuple[tuple[str, str, int, float], ...]:
    total = sum(counts.values())
    return tuple(
        (name, meaning, counts.get(name, 0), 100 * counts.get(name, 0) / total)
        for name, meaning in OUTCOMES.items()
        if total
    )


def _pairs(entry: Entry) -> tuple[tuple[str, float | None], ...]:
    scores = entry.facts.get("scores")
    said = scores.get("disagreement") if isinstance(scores, Mapping) else None
    pairs = said.get("pairs") if isinstance(said, Mapping) else None
    if not isinstance(pairs, Mapping):
        return ()
    return tuple((str(name), texts.number(value)) for name, value in pairs.items())


def _facts(entry: Entry) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    if entry.kind != "run":
        plain = {key: value for key, value in entry.facts.items() if key != "scores"}
        return (("As printed", tuple(texts.flat(plain))),) if plain else ()
    found = []
    for key, title in _FACTS.items():
        group = entry.facts.get(key)
        if isinstance(group, Mapping) and group:
            found.append((title, tuple(texts.flat(group))))
    return tuple(found)


def model_context(
    tables: Sequence[SettingPage],
    entries: Sequence[Entry],
    samples: Mapping[str, str],
    compare: Mapping[str, str],
) -> dict[str, Any]:
    """What the page of one model prints.

    Args:
        tables: all of the benchmark's, in their order.
        entries: all of one model.
        samples: `comparing.key` of a run -> its sample browser.
        compare: setting -> its comparison.
    """
    runs = []
    for page in tables:
        own = [one for one in entries if one.setting == page.setting.name]
        for entry in sorted(own, key=lambda one: (rows.date_of(one), one.run), reverse=True):
            name = comparing.key(entry)
            paired = compare.get(page.setting.name)
            query = urlencode({"a": name})
            runs.append(
                run_view(
                    page,
                    entry,
                    samples=f"../{_below(samples[name])}" if name in samples else None,
                    compare=f"../{_below(paired)}?{query}" if paired else None,
                )
            )
    newest = max(entries, key=lambda one: (rows.date_of(one), one.run))
    return {
        "kind": newest.kind,
        "badge": rows.BADGES[newest.kind],
        "access": rows.access_of(newest),
        "url": rows.url_of(newest),
        "runs": runs,
    }
