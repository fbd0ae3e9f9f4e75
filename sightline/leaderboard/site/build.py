"""A results repository -> the site: every page, its scripts, the card of a static Space."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.errors import SubmissionError
from sightline.leaderboard.board import all_boards
from sightline.leaderboard.results import entries as entry_files
from sightline.leaderboard.site import (
    addresses,
    model_pages,
    pages,
    ranking,
    render,
    replacing,
    rows,
    run_pages,
)
from sightline.leaderboard.site.texts import shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sightline.leaderboard.board import Board, Setting
    from sightline.leaderboard.records import Entry
    from sightline.leaderboard.site.run_pages import RunPages

TITLE = "Video question answering leaderboards"
"""The site's name, where none is given."""

_SHOWN = 20


@dataclass(frozen=True)
class Request:
    """What to build a site from."""

    results: Path
    """Folder of the results repository."""
    title: str = TITLE
    """The site's name."""
    datasets: Mapping[str, Path] = field(default_factory=dict)
    """Benchmark -> its built dataset: lends the sample browser its questions."""


@dataclass(frozen=True)
class Built:
    """What a site holds."""

    tables: int
    """Pages with a table."""
    models: int
    """Pages of a model."""
    browsers: int
    """Pages with the samples of a run."""


def build(request: Request, out: Path) -> Built:
    """Build a site; an older one of ours is replaced, at once and only when all went well.

    Raises:
        SubmissionError: the results repository has a fault.
        UsageError: `out` cannot be replaced or written.
    """
    boards, entries = _read(request)
    with replacing.site_folder(out) as folder:
        return _write(request, boards, entries, folder)


def outdated(request: Request, out: Path) -> list[str]:
    """Files in which a site differs from what would be built now, sorted; empty when none does.

    Raises:
        SubmissionError: the results repository has a fault.
    """
    boards, entries = _read(request)
    with tempfile.TemporaryDirectory(prefix="sightline-site-") as made:
        _write(request, boards, entries, Path(made))
        return replacing.differences(out, Path(made))


def _read(request: Request) -> tuple[tuple[Board, ...], tuple[Entry, ...]]:
    """The installed boards, and every entry, each of a known table."""
    found = entry_files.read_entries(request.results)
    if found.problems:
        lines = [f"  - {one.line()}" for one in found.problems[:_SHOWN]]
        raise SubmissionError(
            "\n".join([f"the results have {len(found.problems)} problem(s):", *lines]),
            next_step="mend these files; a page leaves nothing out in silence",
        )
    boards = all_boards()
    known = {(one.benchmark, setting.name) for one in boards for setting in one.settings}
    strange = sorted({(one.benchmark, one.setting) for one in found.entries} - known)
    if strange:
        told = ", ".join("/".join(map(shown, one)) for one in strange[:_SHOWN])
        raise SubmissionError(
            f"no installed benchmark has these tables: {told}",
            next_step="install the benchmark that the results are of, or a newer sightline",
        )
    return boards, found.entries


def _write(request: Request, boards: Sequence[Board], entries: Sequence[Entry], out: Path) -> Built:
    tables = {
        board.benchmark: _tables(board, [e for e in entries if e.benchmark == board.benchmark])
        for board in boards
    }
    site = _site(request.title, boards, tables, entries)
    _write_shared(site, boards, tables, out)
    browsers = models = 0
    for board in boards:
        own = [one for one in entries if one.benchmark == board.benchmark]
        places = run_pages.Places(request.results, request.datasets.get(board.benchmark), out)
        extra = run_pages.write(board, own, places, site)
        browsers += len(extra.samples)
        _write_tables(site, tables[board.benchmark], extra, out)
        models += _write_models(site, tables[board.benchmark], own, extra, out)
    return Built(sum(map(len, tables.values())), models, browsers)


def _tables(board: Board, entries: Sequence[Entry]) -> tuple[pages.SettingPage, ...]:
    """Tables with a model in them; the first one also without."""
    there = {one.setting for one in entries if one.kind in {"run", "published"}}
    settings: list[Setting] = [one for one in board.settings if one.name in there]
    chosen = settings or list(board.settings[:1])
    return tuple(pages.setting_page(board, one, entries) for one in chosen)


def _site(
    title: str,
    boards: Sequence[Board],
    tables: Mapping[str, Sequence[pages.SettingPage]],
    entries: Sequence[Entry],
) -> render.Site:
    groups = tuple(
        render.Group(
            board.title,
            tuple(render.Place(one.setting.title, one.href) for one in tables[board.benchmark]),
        )
        for board in boards
    )
    runs = [one for one in entries if one.kind == "run"]
    return render.Site(
        title=title,
        boards=groups,
        runs=len(runs),
        printed=sum(one.kind == "published" for one in entries),
        newest=max(map(rows.date_of, runs), default=""),
    )


def _write_shared(
    site: render.Site,
    boards: Sequence[Board],
    tables: Mapping[str, Sequence[pages.SettingPage]],
    out: Path,
) -> None:
    """What belongs to no benchmark: index, how to read it, scripts, the Space's card."""
    found = [(board, tables[board.benchmark]) for board in boards]
    index = render.page(
        "index.html", site=site, root="", here="index", heading="Overview", boards=found
    )
    render.write(out / "index.html", index)
    how = render.page(
        "how_to_read.html",
        site=site,
        root="",
        here="how",
        heading="How to read this",
        outcomes=list(model_pages.OUTCOMES.items()),
        rule=ranking.RULE,
    )
    render.write(out / "how-to-read.html", how)
    for name, content in render.assets().items():
        (out / "assets").mkdir(exist_ok=True)
        (out / "assets" / name).write_bytes(content)
    # JSON strings are YAML's too; the Hub reads the front matter as YAML.
    head = f"---\ntitle: {json.dumps(shown(site.title))}\nsdk: static\napp_file: index.html\n---\n"
    render.write(out / "README.md", f"{head}\nA site built by `sightline leaderboard build`.\n")


def _write_tables(
    site: render.Site, tables: Sequence[pages.SettingPage], extra: RunPages, out: Path
) -> None:
    for one in tables:
        compare = extra.compare.get(one.setting.name)
        page = replace(one, frames=extra.frames)
        text = render.page(
            "table.html",
            site=site,
            root="../",
            here=one.href,
            page=page,
            frames_chart=pages.frames_chart(page),
            compare_href=compare and compare.removeprefix(f"{one.board.benchmark}/"),
        )
        render.write(out / one.href, text)


def _write_models(
    site: render.Site,
    tables: Sequence[pages.SettingPage],
    entries: Sequence[Entry],
    extra: RunPages,
    out: Path,
) -> int:
    """The page of each model, and the JSON of each entry; how many pages there are."""
    models: dict[str, list[Entry]] = {}
    for one in entries:
        if one.kind in {"run", "published"}:
            models.setdefault(addresses.model(one), []).append(one)
            render.write(out / addresses.entry_file(one), entry_files.to_json(one))
    for place, of_model in models.items():
        text = render.page(
            "model.html",
            site=site,
            root="../../",
            heading=of_model[0].model,
            board=tables[0].board,
            **model_pages.model_context(tables, of_model, extra.samples, extra.compare),
        )
        render.write(out / place, text)
    return len(models)
