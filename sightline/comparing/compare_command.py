"""`sightline compare A B`: what differs between two runs on the same questions."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.errors import UsageError

if TYPE_CHECKING:
    from sightline.comparing.pairs import Pairs
    from sightline.comparing.records import Comparison
    from sightline.comparing.sides import Side
    from sightline.leaderboard.board import QuestionText

_TWO = 2


def add(subparsers: Any) -> None:
    """Add ``compare`` to the command line.

    Args:
        subparsers: what ``ArgumentParser.add_subparsers`` returns.
    """
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "compare",
        help="compare two runs on the same questions: differences, intervals, tests",
        description="Compare two runs on the same questions, overall and by every slice: paired "
        "differences with intervals that know the videos, tests corrected for many slices, and the "
        "answers that changed.",
        epilog="example:\n  sightline compare runs/small runs/large --dataset mmsi-video --html "
        "compare.html",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for name in "AB":
        parser.add_argument(
            f"run_{name.lower()}",
            type=Path,
            metavar=f"RUN_{name}",
            help="folder of a run, package (folder or zip), or JSONL of samples or responses",
        )
    add_reading(parser)
    parser.add_argument(
        "--across-settings",
        action="store_true",
        help="allow two settings: the same questions shown in two ways",
    )
    parser.add_argument(
        "--flips",
        type=int,
        default=0,
        metavar="N",
        help="list the first N questions that only one run has right (0)",
    )
    add_writing(parser)
    parser.set_defaults(run=_run)


def add_reading(parser: argparse.ArgumentParser) -> None:
    """Add the flags that say how runs are read."""
    parser.add_argument(
        "--dataset",
        type=Path,
        metavar="FOLDER",
        help="the built dataset: its questions are the denominator, every response is scored again",
    )
    parser.add_argument("--benchmark", default="", help="when a file does not tell it")
    parser.add_argument(
        "--setting", default="", help="which one, when there are several; A,B for two"
    )


def add_writing(parser: argparse.ArgumentParser) -> None:
    """Add the flags that name files to write."""
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there, too")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write one self-contained page")
    parser.add_argument(
        "--png", type=Path, metavar="FILE", help="write the plot; needs sightline[publish]"
    )


def _run(arguments: argparse.Namespace) -> int:
    from sightline.comparing.pairs import pair_up  # noqa: PLC0415 (only this command)
    from sightline.comparing.slices import compare  # noqa: PLC0415 (numpy is heavy)
    from sightline.comparing.tables import comparison_blocks  # noqa: PLC0415 (as above)
    from sightline.tables import render  # noqa: PLC0415 (as above)

    if arguments.flips < 0:
        raise UsageError(f"--flips ({arguments.flips}) must be at least 0")
    first, second = _sides(arguments)
    pairs = pair_up(first, second, across_settings=arguments.across_settings)
    comparison = compare(first, second, pairs)
    sys.stdout.write(render(comparison_blocks(comparison, flips=arguments.flips)))
    _write(arguments, comparison, first, pairs)
    return 0


def _sides(arguments: argparse.Namespace) -> tuple[Side, Side]:
    from sightline.comparing.sides import read_side  # noqa: PLC0415 (only this command)

    settings = arguments.setting.split(",")
    if len(settings) > _TWO:
        raise UsageError(f"--setting ({arguments.setting!r}) must name one setting, or two")
    paths = (arguments.run_a, arguments.run_b)
    first, second = (
        read_side(path, dataset=arguments.dataset, benchmark=arguments.benchmark, setting=setting)
        for path, setting in zip(paths, (settings * _TWO)[:_TWO], strict=True)
    )
    return first, second


def _write(arguments: argparse.Namespace, comparison: Comparison, side: Side, pairs: Pairs) -> None:
    from sightline.comparing.files import as_json, write  # noqa: PLC0415 (only this command)

    if arguments.json is not None:
        write(arguments.json, as_json(comparison.as_dict()))
    if arguments.html is not None:
        from sightline.comparing.pages import comparison_page  # noqa: PLC0415 (jinja2)

        asked = {one.question_id for one in pairs.first}
        texts = question_texts(side, arguments.dataset, asked)
        write(arguments.html, comparison_page(comparison, side.board, texts).encode())
    if arguments.png is not None:
        from sightline.comparing.charts import comparison_png  # noqa: PLC0415 (matplotlib)

        write(arguments.png, comparison_png(comparison))
    tell(arguments)


def question_texts(side: Side, dataset: Path | None, asked: set[str]) -> dict[str, QuestionText]:
    """Id -> the question's text; empty without a dataset."""
    if dataset is None:
        return {}
    every = side.board.questions(dataset)
    return {one.question_id: one for one in every if one.question_id in asked}


def tell(arguments: argparse.Namespace) -> None:
    """Say which files were written."""
    for path in (arguments.json, arguments.html, arguments.png):
        if path is not None:
            sys.stdout.write(f"written: {path}\n")
