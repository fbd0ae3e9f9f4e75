"""`sightline report RUN`: one run looked at from all sides."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.comparing.compare_command import add_reading, add_writing, question_texts, tell

if TYPE_CHECKING:
    from sightline.comparing.report_facts import RunReport
    from sightline.comparing.sides import Side


def add(subparsers: Any) -> None:
    """Add ``report`` to the command line.

    Args:
        subparsers: what ``ArgumentParser.add_subparsers`` returns.
    """
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "report",
        help="show one run from all sides: slices beside people and chance, failures, letters",
        description="Show one run from all sides: headline and slices beside people, chance and "
        "printed rows; parsers, failures, letters, accuracy by frames and options.",
        epilog="example:\n  sightline report runs/small --dataset mmsi-video --html report.html",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "responses",
        type=Path,
        metavar="RUN",
        help="folder of a run, package (folder or zip), or JSONL of samples or responses",
    )
    add_reading(parser)
    add_writing(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from sightline.comparing.report_facts import run_report  # noqa: PLC0415 (only this command)
    from sightline.comparing.report_tables import report_blocks  # noqa: PLC0415 (jinja2)
    from sightline.comparing.sides import read_side  # noqa: PLC0415 (only this command)
    from sightline.tables import render  # noqa: PLC0415 (only this command)

    side = read_side(
        arguments.responses,
        dataset=arguments.dataset,
        benchmark=arguments.benchmark,
        setting=arguments.setting,
    )
    report = run_report(side)
    sys.stdout.write(render(report_blocks(report, side.board)))
    _write(arguments, report, side)
    return 0


def _write(arguments: argparse.Namespace, report: RunReport, side: Side) -> None:
    from sightline.comparing.files import as_json, write  # noqa: PLC0415 (only this command)
    from sightline.comparing.pages import report_page, report_rows  # noqa: PLC0415 (jinja2)

    if arguments.json is not None:
        write(arguments.json, as_json(asdict(report)))
    if arguments.html is not None:
        shown = {one.question_id for one in (*report.examples, *report.longest)}
        texts = question_texts(side, arguments.dataset, shown)
        write(arguments.html, report_page(report, side.board, texts).encode())
    if arguments.png is not None:
        from sightline.comparing.charts import report_png  # noqa: PLC0415 (matplotlib)

        rows = [
            row for group in report_rows(report, side.board, short=True).values() for row in group
        ]
        write(arguments.png, report_png(report, rows))
    tell(arguments)
