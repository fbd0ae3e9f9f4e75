"""What stands on a run's samples: its browser, and the outcomes that two runs are compared by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.leaderboard.results import sample_rows
from sightline.leaderboard.results.entry_names import entry_path, samples_path
from sightline.leaderboard.site import addresses, comparing, samples

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from sightline.leaderboard.board import Board
    from sightline.leaderboard.records import Entry
    from sightline.leaderboard.results.sample_rows import Sample
    from sightline.leaderboard.site import render


@dataclass(frozen=True)
class RunPages:
    """Pages that tables and models link to, relative to the folder of ``index.html``."""

    samples: Mapping[str, str]
    """`comparing.key` of a run -> its sample browser."""
    compare: Mapping[str, str]
    """Setting -> its comparison of two models."""
    frames: Mapping[str, float]
    """`comparing.key` of a run -> frames that its model was shown for a question, on average."""


@dataclass(frozen=True)
class Places:
    """Where files come from and go to."""

    results: Path
    """Folder of the results repository."""
    dataset: Path | None
    """The benchmark's built dataset; without it browsers show no text of questions."""
    out: Path
    """The site's folder."""


def write(board: Board, entries: Sequence[Entry], places: Places, site: render.Site) -> RunPages:
    """Write them for one benchmark.

    Args:
        board: of the benchmark.
        entries: of that benchmark alone.
        places: its files.
        site: what all pages share.

    Raises:
        SubmissionError: a file of samples cannot be read.
        DatasetError: the dataset cannot be read.
    """
    texts = (
        {one.question_id: one for one in board.questions(places.dataset)} if places.dataset else {}
    )
    browsers: dict[str, str] = {}
    outcomes: dict[str, comparing.RunOutcomes] = {}
    frames: dict[str, float] = {}
    for entry in entries:
        if entry.samples is not None:
            found = sample_rows.samples(places.results / samples_path(entry_path(entry)))
            browser = samples.Browser(
                board, entry, model_page=f"../../models/{addresses.slug(entry)}.html"
            )
            browsers[comparing.key(entry)] = samples.write(
                browser, found, texts, places.out, site=site
            )
            outcomes[comparing.key(entry)] = comparing.RunOutcomes.of(found)
            if (shown := mean_frames(found)) is not None:
                frames[comparing.key(entry)] = shown
    compare = {}
    for setting in board.settings:
        own = [one for one in entries if one.setting == setting.name]
        if sum(one.kind in {"run", "published"} for one in own) > 1:
            known = {
                name: outcomes[name] for one in own if (name := comparing.key(one)) in outcomes
            }
            compare[setting.name] = comparing.write(
                board, setting, own, known, places.out, site=site
            )
    return RunPages(browsers, compare, frames)


def mean_frames(found: Sequence[Sample]) -> float | None:
    """How many frames the model was shown for a question, on average; None where not known."""
    counts = [one.frames for one in found if one.frames]
    return sum(counts) / len(counts) if counts else None
