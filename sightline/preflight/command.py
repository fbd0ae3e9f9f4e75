"""`sightline doctor`: what can be known before a run, with a mend for each fault."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sightline.findings import Finding


def add(subparsers: Any) -> None:
    """Add ``doctor`` to the command line.

    Args:
        subparsers: what ``ArgumentParser.add_subparsers`` returns.
    """
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "doctor",
        help="check the installation, the data and a run that is to come",
        description="Check the installation, the data and a run that is to come; load no weights.",
        epilog="example:\n  sightline doctor --tasks mmsi_video_sc \\\n"
        "      --model-args pretrained=Qwen/Qwen2.5-VL-7B-Instruct --ranks 8",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--tasks", default="", help="names, separated by commas; none is all data")
    parser.add_argument("--model", default="sightline", help="lmms-eval model id (sightline)")
    parser.add_argument("--model-args", default="", metavar="KEY=VALUE,...")
    parser.add_argument("--ranks", type=int, default=1, help="processes on this machine (1)")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="of the results to come")
    parser.add_argument(
        "--thorough", action="store_true", help="every checksum and every request; may take long"
    )
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from sightline import findings  # noqa: PLC0415 (only this command)
    from sightline.preflight import run, subject  # noqa: PLC0415 (only this command)

    about = subject.Subject(
        tasks=tuple(name for name in arguments.tasks.split(",") if name),
        model=arguments.model,
        model_args=arguments.model_args,
        ranks=arguments.ranks,
        output=arguments.output,
        thorough=arguments.thorough,
    )
    made = run.doctor(about)
    if arguments.json:
        found = list(made)
        report = json.dumps(findings.as_report(found), indent=1, ensure_ascii=False)
        sys.stdout.write(f"{report}\n")
    else:
        found = list(_told(made))
        sys.stdout.write(findings.summary(found) + "\n")
    return 1 if findings.failed(found) else 0


def _told(made: Iterable[Finding]) -> Iterator[Finding]:
    """The findings, each printed as soon as it is made: some take a while."""
    for finding in made:
        sys.stdout.write(finding.line() + "\n")
        sys.stdout.flush()
        yield finding
