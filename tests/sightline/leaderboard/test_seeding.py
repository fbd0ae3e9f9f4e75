"""Printed rows in a results repository: all of them, with faults, and nothing else touched."""

from __future__ import annotations

import runpy
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from sightline.errors import SubmissionError, UsageError
from sightline.leaderboard.board import PublishedRow, all_boards
from sightline.leaderboard.results.entries import read_entries, to_json
from sightline.leaderboard.results.entry_names import entry_path
from sightline.leaderboard.results.seeding import NOT_RERUN, printed_entries, seed

_ROOT = Path(__file__).parents[2]
toys = SimpleNamespace(**runpy.run_path(str(_ROOT / "leaderboard_fixtures.py")))


def with_rows(*rows):
    """The toy's board with other printed rows."""
    return toys.toy_board(published=lambda: rows)


def files(folder):
    """Path -> content and time of every file."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in found}


def test_every_printed_row_of_every_benchmark_is_there(tmp_path):
    """With value, faults and source as the boards have them, marked as not re-run."""
    boards = all_boards()
    done = seed(tmp_path, boards)
    found = read_entries(tmp_path)
    assert found.problems == ()
    rows = [(board, row) for board in boards for row in board.published()]
    assert len(rows) == len(found.entries) == len(done.written) > 60
    there = {(one.benchmark, one.setting, one.model): one for one in found.entries}
    for board, row in rows:
        one = there[board.benchmark, row.setting, row.name]
        assert (one.value, one.faults, one.facts["source"]) == (row.value, row.faults, row.source)
        assert one.kind == {"model": "published"}.get(row.kind, row.kind)
        assert (one.notes[0], one.low, one.counts, one.samples) == (NOT_RERUN, None, {}, None)
        assert {axis: set(cells) for axis, cells in one.cells.items()} == {
            axis: set(members) for axis, members in row.slices.items()
        }


def test_faulty_rows_say_so(tmp_path):
    """The rows of 714 questions are known."""
    seed(tmp_path, all_boards())
    told = {one.model: one.faults for one in read_entries(tmp_path).entries}
    assert any("714" in fault for name in told if name.startswith("Doubao") for fault in told[name])


def test_again_is_nothing_to_do(tmp_path):
    """Not even a new time."""
    seed(tmp_path, [toys.toy_board()])
    before = files(tmp_path)
    again = seed(tmp_path, [toys.toy_board()])
    assert (again.written, again.removed, len(again.same)) == ((), (), 6)
    assert files(tmp_path) == before


def test_changed_numbers_are_written_and_others_removed(tmp_path):
    """A run of a model of the same name, and the rows of another benchmark, stay as they are."""
    seed(tmp_path, [toys.toy_board(benchmark="other"), toys.toy_board()])
    run = toys.entry()
    target = tmp_path / entry_path(run)
    target.parent.mkdir(parents=True)
    target.write_text(to_json(run))
    target.with_suffix(".parquet").write_bytes(b"")
    kept = {path: told for path, told in files(tmp_path).items() if "/toy/published/" not in path}
    old = PublishedRow("Old-7B", "model", "toy_plain", 41.0, {}, 6, (), "erratum")
    done = seed(tmp_path, [with_rows(old)])
    assert (len(done.written), len(done.removed), done.same) == (1, 5, ())
    found = [one for one in read_entries(tmp_path).entries if one.benchmark == "toy"]
    assert {(one.kind, one.value) for one in found} == {("published", 41.0), ("run", run.value)}
    after = files(tmp_path)
    card = str(tmp_path / "README.md")
    assert {path: after[path] for path in kept if path != card} == {
        path: told for path, told in kept.items() if path != card
    }


def test_a_row_that_somebody_changed_is_mended(tmp_path):
    """The numbers are those that are printed."""
    seed(tmp_path, [toys.toy_board()])
    one = next(tmp_path.glob("results/toy/published/old-7b-*.json"))
    before = one.read_text()
    one.write_text(before.replace("40.0", "99.0"))
    assert len(seed(tmp_path, [toys.toy_board()]).written) == 1
    assert one.read_text() == before


def test_rows_that_cannot_be_told_apart_are_refused(tmp_path):
    """Two numbers under one name and setting: one of them would be lost."""
    old = PublishedRow("Old-7B", "model", "toy_plain", 41.0, {}, 6, (), "paper")
    with pytest.raises(SubmissionError, match="printed twice"):
        seed(tmp_path, [with_rows(old, replace(old, value=42.0))])
    with pytest.raises(UsageError, match="setting"):
        printed_entries(with_rows(replace(old, setting="none")))
    assert len(seed(tmp_path, [with_rows(old, replace(old, name="old-7b"))]).written) == 2


def test_nothing_is_written_through_a_link(tmp_path):
    """Nor removed."""
    (tmp_path / "else").mkdir()
    (tmp_path / "repository/results/toy").mkdir(parents=True)
    (tmp_path / "repository/results/toy/published").symlink_to(tmp_path / "else")
    with pytest.raises(SubmissionError, match="is a link"):
        seed(tmp_path / "repository", [toys.toy_board()])
    assert list((tmp_path / "else").iterdir()) == []
