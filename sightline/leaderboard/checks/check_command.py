"""`sightline leaderboard check`: packages from strangers, every problem of each."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.leaderboard.checks.run import CheckReport


def add(subparsers: Any) -> None:
    """Add ``check`` to the commands of ``leaderboard``.

    Args:
        subparsers: what ``ArgumentParser.add_subparsers`` returns.
    """
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "check",
        help="read submissions safely, score them again, compare: every problem at once",
        description="Read submissions safely, score their responses again on your own dataset and "
        "compare every number. Exit status 1 when one of them has an error.",
        epilog="example:\n  sightline leaderboard check submission.zip --dataset mmsi-video",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "packages", nargs="+", type=Path, metavar="PACKAGE", help="a folder or a zip file"
    )
    parser.add_argument(
        "--dataset",
        action="append",
        default=[],
        metavar="FOLDER|ORG/NAME@REVISION",
        help="your own dataset to score with; once for each benchmark",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the findings there, too")
    parser.add_argument("--strict", action="store_true", help="fail with warnings, too")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from sightline.leaderboard.checks.run import check_packages  # noqa: PLC0415 (pyarrow is heavy)
    from sightline.leaderboard.checks.sources import own_datasets  # noqa: PLC0415 (as above)

    told, failed = [], False
    datasets = own_datasets(arguments.dataset)
    for report in check_packages(arguments.packages, datasets):
        _print(report)
        told.append(report.as_dict())
        failed |= _fails(report, strict=arguments.strict)
    if arguments.json:
        _write(arguments.json, told)
    return 1 if failed else 0


def _fails(report: CheckReport, *, strict: bool) -> bool:
    severe = {"error", "warning"} if strict else {"error"}
    return any(finding.severity in severe for finding in report.findings)


def _print(report: CheckReport) -> None:
    from sightline.findings import summary  # noqa: PLC0415 (only this command)
    from sightline.wording import on_screen  # noqa: PLC0415 (as above)

    for finding in report.findings:
        sys.stdout.write(f"{finding.line()}\n")
    ready = "may become an entry" if report.entry_ready else "refused"
    sys.stdout.write(f"{on_screen(str(report.path))}: {ready}; {summary(report.findings)}\n")


def _write(path: Path, told: Sequence[dict[str, Any]]) -> None:
    from sightline.errors import UsageError  # noqa: PLC0415 (only this command)

    unfinished = path.with_name(f"{path.name}.unfinished")
    text = json.dumps({"packages": told}, indent=1, ensure_ascii=True, allow_nan=False)
    try:
        unfinished.write_text(f"{text}\n", encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        raise UsageError(f"--json {path} cannot be written: {error.strerror}") from error
