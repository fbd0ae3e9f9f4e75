"""`sightline leaderboard seed`, `add`, `list` and `verify`: a results repository and its runs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sightline.findings import Finding
    from sightline.leaderboard.records import Entry


def add(subparsers: Any) -> None:
    """Add the four commands to those of ``leaderboard``.

    Args:
        subparsers: what ``ArgumentParser.add_subparsers`` returns.
    """
    seed = _command(
        subparsers,
        "seed",
        "put every printed number into a results repository, or bring them up to date",
        "sightline leaderboard seed results-repository",
    )
    seed.add_argument("folder", type=Path, metavar="FOLDER", help="made where it is not there")
    seed.set_defaults(run=_seed)
    added = _command(
        subparsers,
        "add",
        "check submissions and put them into a results repository",
        "sightline leaderboard add results-repository submission.zip --dataset mmsi-video",
    )
    added.add_argument("folder", type=Path, metavar="FOLDER", help="made where it is not there")
    added.add_argument(
        "packages", nargs="+", type=Path, metavar="PACKAGE", help="a folder or a zip file"
    )
    _add_dataset(added)
    added.set_defaults(run=_add)
    listed = _command(
        subparsers,
        "list",
        "show what a results repository holds, best first",
        "sightline leaderboard list results-repository",
    )
    listed.add_argument("folder", type=Path, metavar="FOLDER", help="a results repository")
    listed.set_defaults(run=_list)
    verified = _command(
        subparsers,
        "verify",
        "score every run of a results repository, or of a pull request, again",
        "sightline leaderboard verify org/results@refs/pr/3 --dataset mmsi-video",
    )
    verified.add_argument(
        "place", metavar="FOLDER|ORG/NAME[@refs/pr/N]", help="a folder, or a dataset on the Hub"
    )
    _add_dataset(verified)
    verified.set_defaults(run=_verify)


def _command(subparsers: Any, name: str, what: str, example: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = subparsers.add_parser(
        name,
        help=what,
        description=f"{what[0].upper()}{what[1:]}.",
        epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return parser


def _add_dataset(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--dataset",
        action="append",
        default=[],
        metavar="FOLDER|ORG/NAME@REVISION",
        help="your own dataset to score with; once for each benchmark",
    )


def _seed(arguments: argparse.Namespace) -> int:
    from sightline.leaderboard.board import all_boards  # noqa: PLC0415 (benchmarks are imported)
    from sightline.leaderboard.results.seeding import seed  # noqa: PLC0415 (only this command)

    done = seed(arguments.folder, all_boards())
    for path in done.removed:
        _tell(f"removed {path}")
    written, same = len(done.written), len(done.same)
    _tell(f"{arguments.folder}: {written:,} printed rows written, {same:,} as they were")
    return 0


def _add(arguments: argparse.Namespace) -> int:
    from sightline.errors import SubmissionError  # noqa: PLC0415 (only this command)
    from sightline.leaderboard.checks.run import check_packages  # noqa: PLC0415 (pyarrow is heavy)
    from sightline.leaderboard.checks.sources import own_datasets  # noqa: PLC0415 (as above)
    from sightline.leaderboard.results.repository import add as add_checked  # noqa: PLC0415 (as above)

    refused = 0
    for report in check_packages(arguments.packages, own_datasets(arguments.dataset)):
        _tell_findings(report.findings)
        try:
            written = add_checked(arguments.folder, report)
        except SubmissionError as error:
            refused += 1
            sys.stderr.write(f"sightline: {error}\n")
            continue
        for path in written:
            _tell(f"wrote {path}")
        if not written:
            _tell(f"{report.path}: this very run is there already")
    return 1 if refused else 0


def _list(arguments: argparse.Namespace) -> int:
    from sightline.leaderboard.results.entries import read_entries  # noqa: PLC0415 (only this command)
    from sightline.tables import render  # noqa: PLC0415 (only this command)

    found = read_entries(arguments.folder)
    sys.stdout.write(render(_tables(found.entries)))
    _tell_findings(found.problems)
    return 1 if found.problems else 0


def _tables(entries: Iterable[Entry]) -> list[Any]:
    """A table for each benchmark and setting, best first."""
    from sightline.reports import number  # noqa: PLC0415 (only this command)
    from sightline.tables import Column, Table  # noqa: PLC0415 (as above)

    columns = (
        Column("model", text=True),
        Column("%"),
        Column("95 % interval", drop=1),
        Column("kind", text=True),
        Column("run", text=True, drop=3),
        Column("faults", drop=2),
    )
    tables: dict[tuple[str, str], list[tuple[str, ...]]] = {}
    for one in sorted(entries, key=lambda one: -one.value):
        between = "-" if one.low is None else f"{number(one.low)} to {number(one.high)}"
        row = (one.model, number(one.value), between, one.kind, one.run, str(len(one.faults)))
        tables.setdefault((one.benchmark, one.setting), []).append(row)
    return [
        Table(f"{benchmark}, {setting}", columns, tuple(rows))
        for (benchmark, setting), rows in sorted(tables.items())
    ]


def _verify(arguments: argparse.Namespace) -> int:
    from sightline.findings import failed, summary  # noqa: PLC0415 (only this command)
    from sightline.leaderboard.checks.sources import own_datasets  # noqa: PLC0415 (pyarrow is heavy)
    from sightline.leaderboard.results.on_hub import verify_on_hub  # noqa: PLC0415 (as above)
    from sightline.leaderboard.results.verifying import verify_entries  # noqa: PLC0415 (as above)
    from sightline.progress import progress_bar  # noqa: PLC0415 (only this command)

    datasets = own_datasets(arguments.dataset)
    folder = Path(arguments.place).expanduser()
    if folder.is_dir():
        found = verify_entries(folder, datasets)
    else:
        with progress_bar() as bar:
            found = verify_on_hub(arguments.place, datasets, progress=bar)
    _tell_findings(found)
    _tell(f"{arguments.place}: {summary(found)}")
    return 1 if failed(found) else 0


def _tell_findings(found: Iterable[Finding]) -> None:
    for finding in found:
        _tell(finding.line())


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
