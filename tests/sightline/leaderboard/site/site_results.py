"""A small results repository of the toy benchmark, and a reader of the pages built from it.

Load with ``runpy.run_path``.
"""

from __future__ import annotations

import runpy
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.leaderboard.results import entries, sample_rows
from sightline.leaderboard.results.entry_names import entry_path, samples_path
from sightline.records import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sightline.leaderboard.board import Board
    from sightline.leaderboard.records import Entry

FIXTURES = runpy.run_path(str(Path(__file__).parents[3] / "leaderboard_fixtures.py"))
_VOID = frozenset(("meta", "link", "input", "br", "img", "line", "circle", "path", "rect"))


def run(model: str, value: float, **changes: Any) -> Entry:
    """A whole run of the toy with an interval of two points to each side."""
    run_id = changes.pop("run", "20261121-233055-1a2b3c4d")
    made = FIXTURES["entry"](
        model=model,
        run=run_id,
        samples=f"{run_id}.parquet",
        value=value,
        low=max(0.0, value - 2),
        high=min(100.0, value + 2),
        counts={"right": 2, "wrong": 4, "unparsed": 0, "missing": 0, "error": 0},
    )
    facts = FIXTURES["manifest"](
        model={**FIXTURES["manifest"]()["model"], "name": model},
        run={
            **FIXTURES["manifest"]()["run"],
            "id": run_id,
            "date": f"{run_id[:4]}-{run_id[4:6]}-{run_id[6:8]}T00:00:00+00:00",
        },
    )
    return replace(made, **{"facts": facts, **changes})


def printed(name: str, value: float, **changes: Any) -> Entry:
    """A printed row of the toy; ``kind`` may make it people or chance."""
    fields: dict[str, Any] = {
        "kind": "published",
        "benchmark": "toy",
        "setting": "toy_plain",
        "model": name,
        "run": "toy_plain",
        "value": value,
        "low": None,
        "high": None,
        "cells": {},
        "parsers": {},
        "counts": {},
        "faults": (),
        "notes": (),
        "facts": {"source": "a paper", "questions": None, "access": "proprietary", "frames": ""},
        "samples": None,
    }
    return entries.Entry(**(fields | changes))


def results(folder: Path, board: Board, made: Iterable[Entry]) -> Path:
    """Write entries, and a sample for each question of a run, as a results repository."""
    for entry in made:
        path = folder / entry_path(entry)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(entries.to_json(entry), encoding="utf-8")
        if entry.samples:
            samples = [_sample(board, number) for number in range(6)]
            sample_rows.write_samples(
                folder / samples_path(entry_path(entry)), entry, board, samples
            )
    return folder


def _sample(board: Board, number: int) -> sample_rows.Sample:
    return sample_rows.Sample(
        question_id=f"q-{number}",
        response="A",
        error=None,
        outcome=Outcome.RIGHT if number % 3 == 0 else Outcome.WRONG,
        predictions=dict.fromkeys(board.parsers, "A"),
        message_hash=None,
        frames=2,
        input_tokens=10,
        output_tokens=1,
        slices={axis.name: axis.members[0] for axis in board.axes},
    )


@dataclass
class Element:
    """One element of a page."""

    tag: str
    """Its name."""
    attributes: dict[str, str]
    """Its attributes; empty texts for those without value."""
    children: list[Element] = field(default_factory=list)
    """Elements directly inside."""
    text: str = ""
    """All text inside, its children's too."""

    def all(self, tag: str = "", **wanted: str) -> list[Element]:
        """Elements inside with this tag and these attributes (``class_`` for a class it has)."""
        found = []
        for child in self.children:
            if child.fits(tag, wanted):
                found.append(child)
            found += child.all(tag, **wanted)
        return found

    def fits(self, tag: str, wanted: dict[str, str]) -> bool:
        """Whether it is such an element."""
        wanted = dict(wanted)
        kind = wanted.pop("class_", None)
        has = kind is None or kind in self.attributes.get("class", "").split()
        same = all(self.attributes.get(key.replace("_", "-")) == v for key, v in wanted.items())
        return has and same and tag in {"", self.tag}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), f"{tag} has an attribute twice"
        made = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(made)
        if tag not in _VOID:
            self.open.append(made)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        assert self.open[-1].tag == tag, f"</{tag}> ends <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        for one in self.open:
            one.text += data


def read(path: Path) -> Element:
    """A page as its elements; fails where tags do not end in their order."""
    reader = _Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    reader.close()
    assert reader.open == [reader.root], "an element does not end"
    return reader.root


def rows(page: Element, body: str = "models") -> dict[str, Element]:
    """Model -> its row in a table's body."""
    (found,) = page.all("tbody", class_=body)
    return {row.all("th")[0].all("", class_="name")[0].text: row for row in found.all("tr")}
