"""`sightline leaderboard build`: a results repository becomes a static site."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

_SHOWN = 20


def add(subparsers: Any) -> None:
    """Add ``build`` to ``sightline leaderboard``.

    Args:
        subparsers: what ``ArgumentParser.add_subparsers`` returns.
    """
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "build",
        help="build the static site of a results repository",
        description="Build the static site of a results repository: tables, models, comparisons, "
        "samples. Any web server serves it, a static Space of the Hub too, and it opens from the "
        "folder. An older site at OUT is replaced; anything else there is left alone and refused.",
        epilog="example:\n  sightline leaderboard build results site --dataset mmsi-video",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("results", type=Path, metavar="RESULTS", help="the repository's folder")
    parser.add_argument("out", type=Path, metavar="OUT", help="the site's folder")
    parser.add_argument(
        "--dataset",
        action="append",
        default=[],
        metavar="FOLDER|ORG/NAME@REVISION",
        help="a built dataset: the sample browser shows its questions; once for each benchmark",
    )
    parser.add_argument("--title", metavar="T", help="the site's name")
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; exit status 1 when OUT is not what would be built",
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from sightline.leaderboard.checks.sources import own_datasets  # noqa: PLC0415 (as below)
    from sightline.leaderboard.site import build  # noqa: PLC0415 (jinja2 and pyarrow are heavy)

    datasets = {name: own.folder for name, own in own_datasets(arguments.dataset).items()}
    title = build.TITLE if arguments.title is None else arguments.title
    request = build.Request(arguments.results, title, datasets)
    if arguments.check:
        return _tell(build.outdated(request, arguments.out), arguments.out)
    built = build.build(request, arguments.out)
    sys.stdout.write(
        f"{arguments.out}: {built.tables} tables, {built.models} models, {built.browsers} runs "
        "with their samples\n"
    )
    return 0


def _tell(differing: list[str], out: Path) -> int:
    for name in differing[:_SHOWN]:
        sys.stdout.write(f"differs: {name}\n")
    if differing:
        sys.stdout.write(f"{out}: {len(differing)} files differ; build it again\n")
        return 1
    sys.stdout.write(f"{out}: is what would be built\n")
    return 0
