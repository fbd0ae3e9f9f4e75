"""`sightline check`: every problem of a dataset, each with its place and mend."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any


def add(subparsers: Any) -> None:
    """Add ``check`` to the command line.

    Args:
        subparsers: what ``ArgumentParser.add_subparsers`` returns.
    """
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "check",
        help="look at a built dataset before it is published: every problem at once",
        description="Look at a built dataset before it is published: card, tables, media and "
        "licences, every problem at once. Exit status 1 when there is an error.",
        epilog="example:\n  sightline check mmsi-video",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="what `sightline build` made")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from sightline import findings  # noqa: PLC0415 (only this command)
    from sightline.checking.run import check_dataset  # noqa: PLC0415 (pyarrow is heavy)
    from sightline.progress import progress_bar  # noqa: PLC0415 (as above)

    with progress_bar() as bar:
        found = check_dataset(arguments.folder, bar)
    if arguments.json:
        report = json.dumps(findings.as_report(found), indent=1, ensure_ascii=False)
        sys.stdout.write(f"{report}\n")
    else:
        for finding in found:
            sys.stdout.write(finding.line() + "\n")
        sys.stdout.write(f"{arguments.folder}: {findings.summary(found)}\n")
    return 1 if findings.failed(found) else 0
