"""The samples of one run in a browser: a compact index first, then 250 samples a file on demand.

Without JavaScript the page is a table of the first samples and names the file that holds all of
them. Static pages of every chunk would double the site (35 more pages for each run of StreamGaze)
for a reader who is better served by the Parquet file.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sightline.leaderboard.results.entry_names import entry_path
from sightline.leaderboard.site import addresses, render, texts
from sightline.leaderboard.site.sample_data import Asked, detail, media_base
from sightline.leaderboard.site.scripts import call
from sightline.records import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from sightline.leaderboard.board import Board, QuestionText
    from sightline.leaderboard.records import Entry
    from sightline.leaderboard.results.sample_rows import Sample

CHUNK = 250
"""Samples a file: a few hundred kilobytes."""

STATIC = 100
"""Samples of the table that stands in for the browser without JavaScript."""

SHORT = 120
"""Characters of a question in the index, which search looks at."""

OUTCOMES = tuple(one.value for one in Outcome)
"""In the order of the filter."""


@dataclass(frozen=True)
class Browser:
    """What is known of one run when its pages are written."""

    board: Board
    """Of its benchmark."""
    entry: Entry
    """The run."""
    download: str | None = None
    """Address of the file with every sample in full; None where it is not on the web or beside
    the page. Relative addresses are taken from the page."""
    model_page: str | None = None
    """The way from the page to that of its model; None for none."""


def address(browser: Browser) -> str:
    """The page's place, relative to the folder of ``index.html``."""
    return f"{_folder(browser.entry)}.html"


def write(
    browser: Browser,
    rows: Iterable[Sample],
    questions: Mapping[str, QuestionText],
    out: Path,
    *,
    site: render.Site,
) -> str:
    """Write the page of one run, its index and its chunks.

    Args:
        browser: the run.
        rows: its samples, in the order of the dataset.
        questions: by id; a sample whose question is not there is shown without its text.
        out: the site's folder.
        site: what ``base.html`` prints of the whole site.

    Returns:
        The page's place, relative to `out`.

    Raises:
        SubmissionError: a name in the entry could lead elsewhere.
    """
    folder = out / _folder(browser.entry)
    shown: list[Asked] = []
    index = _Index(browser.board)
    for number, chunk in enumerate(_chunks(rows)):
        samples = [Asked(row, questions.get(row.question_id)) for row in chunk]
        index.add(samples)
        shown += samples[: max(0, STATIC - len(shown))]
        details = [detail(one) for one in samples]
        render.write(folder / f"data-{number}.js", call("sightlineSamples", number, details))
    render.write(folder / "index.js", call("sightlineIndex", index.content(browser.entry)))
    render.write(out / address(browser), _page(browser, index, shown, site))
    return address(browser)


def _page(browser: Browser, index: _Index, shown: Sequence[Asked], site: render.Site) -> str:
    return render.page(
        "samples.html",
        root="../../../",
        site=site,
        here="",
        board=browser.board,
        setting=browser.board.setting(browser.entry.setting),
        entry=browser.entry,
        browser=browser,
        shown=shown,
        total=len(index.ids),
        outcomes=[(one, index.letters.count(_letter(one))) for one in OUTCOMES],
        run=browser.entry.run,
    )


def _folder(entry: Entry) -> str:
    """Where a run's files lie, beside its page; names that could lead elsewhere are refused."""
    entry_path(entry)
    return f"{entry.benchmark}/runs/{addresses.slug(entry)}/{entry.run}"


def _chunks(rows: Iterable[Sample]) -> Iterator[list[Sample]]:
    chunk: list[Sample] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _letter(outcome: str) -> str:
    """One letter an outcome: its first, in capitals."""
    return outcome[0].upper()


@lru_cache(maxsize=1 << 14)
def _beginning(text: str) -> str:
    """How a question starts; every run of a benchmark asks for the same ones."""
    return texts.shown(text[: 4 * SHORT])[:SHORT]


class _Index:
    """What the list, its filters and its search need of every sample."""

    def __init__(self, board: Board) -> None:
        self._axes = board.axes
        self._numbers = [
            {member: number for number, member in enumerate(axis.members)} for axis in board.axes
        ]
        self._members: list[list[int]] = [[] for _ in board.axes]
        self._words: list[str] = []
        self.ids: list[str] = []
        self.letters = ""

    def add(self, samples: Sequence[Asked]) -> None:
        """Take the next samples."""
        self.ids += [one.sample.question_id for one in samples]
        self.letters += "".join(_letter(one.sample.outcome.value) for one in samples)
        self._words += [_beginning(one.text) for one in samples]
        for axis, numbers, of in zip(self._axes, self._numbers, self._members, strict=True):
            of += [numbers.get(one.sample.slices.get(axis.name) or "", -1) for one in samples]

    def content(self, entry: Entry) -> dict[str, Any]:
        """As the page's script reads it."""
        axes = [
            {"name": axis.name, "title": axis.title, "members": list(axis.members), "of": of}
            for axis, of in zip(self._axes, self._members, strict=True)
        ]
        return {
            "chunk": CHUNK,
            "folder": entry.run,
            "media": media_base(entry.facts),
            "ids": self.ids,
            "outcomes": self.letters,
            "words": self._words,
            "axes": axes,
        }
