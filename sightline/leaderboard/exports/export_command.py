"""`sightline export`: a run's row in the form that others read."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.leaderboard.exports.sources import Source

FORMATS = ("markdown", "latex", "csv", "json", "eval_results", "easi")

_DESCRIPTION = """\
Write rows of a leaderboard in the form that others read: Markdown, LaTeX, CSV, JSON, the YAML of
the Hub's model pages (eval_results), or EASI's payload with its zip (easi). Nothing is sent
anywhere, except by --create-pr, which opens a pull request on the model's repository."""

_EXAMPLE = """\
examples:
  sightline export results/tq --format markdown
  sightline export submission.zip --dataset mmsi-video --format latex --out table.tex
  sightline export submission.zip --dataset mmsi-video --format eval_results --create-pr --dry-run
  sightline export submission.zip --dataset mmsi-video --format easi --out easi_results.json"""


def add(subparsers: Any) -> None:
    """Add ``export`` to the command line.

    Args:
        subparsers: what ``ArgumentParser.add_subparsers`` returns.
    """
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "export",
        help="write a run's row as Markdown, LaTeX, CSV, JSON, .eval_results or EASI's payload",
        description=_DESCRIPTION,
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "sources",
        nargs="+",
        type=Path,
        metavar="RUN|PACKAGE|ENTRY.json",
        help="what `sightline eval` or `sightline submit` wrote, or a file of a results repository",
    )
    parser.add_argument("--format", required=True, choices=FORMATS, help="who is to read it")
    parser.add_argument("--out", default="-", metavar="FILE", help="where to; - prints it (-)")
    parser.add_argument(
        "--dataset",
        action="append",
        default=[],
        metavar="FOLDER|ORG/NAME@REVISION",
        help="the dataset to score with, once for each benchmark; packages need it",
    )
    parser.add_argument("--model", metavar="ORG/NAME", help="what to call the model of a run")
    parser.add_argument("--setting", help="only this setting of a run that has several")
    _add_eval_results(parser)
    _add_easi(parser)
    parser.set_defaults(run=_run)


def _add_eval_results(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("--format eval_results")
    group.add_argument(
        "--dataset-id",
        metavar="ORG/NAME",
        help="the benchmark's dataset on the Hub; by default the run's",
    )
    group.add_argument("--source-url", metavar="URL", help="where the responses can be seen")
    group.add_argument(
        "--create-pr",
        action="store_true",
        help="open a pull request on the model's repository; results that are there stay",
    )
    group.add_argument(
        "--dry-run", action="store_true", help="with --create-pr: show the file, send nothing"
    )


def _add_easi(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("--format easi")
    group.add_argument("--model-type", default="instruction", help="(instruction)")
    group.add_argument("--precision", default="bfloat16", help="(bfloat16)")
    group.add_argument("--revision", default="main", help="of the model's repository (main)")
    group.add_argument("--weight-type", default="Original", help="(Original)")
    group.add_argument(
        "--base-model", default="", metavar="ORG/NAME", help="of Delta and Adapter weights"
    )
    group.add_argument("--backend", default="lmmseval", help="what ran the model (lmmseval)")
    group.add_argument("--remarks", default="", help="for the people of EASI")
    group.add_argument(
        "--no-zip", action="store_true", help="write the payload without the per-question results"
    )


def _run(arguments: argparse.Namespace) -> int:
    from sightline.leaderboard.checks.sources import own_datasets  # noqa: PLC0415 (pyarrow)
    from sightline.leaderboard.exports.sources import read_sources  # noqa: PLC0415 (as above)

    _check(arguments)
    datasets = own_datasets(arguments.dataset)
    rows = [
        row
        for path in arguments.sources
        for row in read_sources(path, datasets, model=arguments.model, setting=arguments.setting)
    ]
    if arguments.format == "eval_results":
        return _eval_results(arguments, rows)
    if arguments.format == "easi":
        return _easi(arguments, rows)
    _write(arguments.out, _table(arguments.format, rows))
    return 0


def _check(arguments: argparse.Namespace) -> None:
    from sightline.errors import UsageError  # noqa: PLC0415 (only this command)

    if arguments.create_pr and arguments.format != "eval_results":
        raise UsageError("--create-pr goes with --format eval_results only")
    if arguments.dry_run and not arguments.create_pr:
        raise UsageError("--dry-run goes with --create-pr; without it nothing is sent anyway")


def _table(form: str, rows: Sequence[Source]) -> str:
    from sightline.leaderboard.exports.csv_text import csv_table  # noqa: PLC0415 (this command)
    from sightline.leaderboard.exports.grid import grid_of  # noqa: PLC0415 (as above)
    from sightline.leaderboard.exports.json_text import json_text  # noqa: PLC0415 (as above)
    from sightline.leaderboard.exports.latex import latex  # noqa: PLC0415 (as above)
    from sightline.leaderboard.exports.markdown import markdown  # noqa: PLC0415 (as above)

    board, entries = rows[0].board, [row.entry for row in rows]
    if form == "json":
        return json_text(entries)
    _same(rows, "benchmark", [row.entry.benchmark for row in rows])
    return {"markdown": markdown, "latex": latex, "csv": csv_table}[form](grid_of(board, entries))


def _same(rows: Sequence[Source], what: str, names: Sequence[str]) -> None:
    from sightline.errors import UsageError  # noqa: PLC0415 (only this command)
    from sightline.wording import short  # noqa: PLC0415 (as above)

    if len(set(names)) > 1:
        there = short(sorted(set(names)))
        raise UsageError(
            f"{len(rows)} rows of one {what} are expected, but there are {there}",
            next_step="export them one by one",
        )


def _eval_results(arguments: argparse.Namespace, rows: Sequence[Source]) -> int:
    from sightline.benchmarks import benchmark  # noqa: PLC0415 (only this command)
    from sightline.leaderboard.exports.eval_results import (  # noqa: PLC0415 (as above)
        as_yaml,
        eval_results,
        path_of,
    )

    for what in ("benchmark", "model"):
        _same(rows, what, [getattr(row.entry, what) for row in rows])
    _check_settings(rows)
    board, model = rows[0].board, rows[0].entry.model
    tasks = [task.id for task in benchmark(board.benchmark).call("dataset_rules").board]
    results = [
        result
        for row in rows
        for result in eval_results(
            board,
            row.entry,
            tasks,
            dataset=arguments.dataset_id,
            source_url=arguments.source_url,
        )
    ]
    if not arguments.create_pr:
        _write(arguments.out, as_yaml(results))
        return 0
    from sightline.leaderboard.exports.pull_request import (  # noqa: PLC0415 (huggingface_hub)
        open_pull_request,
    )
    from sightline.publishing.hub import Hub  # noqa: PLC0415 (as above)

    text, url = open_pull_request(
        Hub(),
        model,
        path_of(board),
        results,
        benchmark=board.title,
        dry_run=arguments.dry_run,
    )
    _write(arguments.out, text)
    nothing = "nothing was sent" if arguments.dry_run else "the file says this already"
    sys.stderr.write(f"{path_of(board)} of {model}: {url or nothing}\n")
    return 0


def _check_settings(rows: Sequence[Source]) -> None:
    from sightline.errors import UsageError  # noqa: PLC0415 (only this command)

    settings = [row.entry.setting for row in rows]
    if len(set(settings)) < len(settings):
        raise UsageError(
            f"one run of a setting is expected, but there are several: {', '.join(settings)}",
            next_step="a model's page has one number for each; name the run that stands for it",
        )


def _easi(arguments: argparse.Namespace, rows: Sequence[Source]) -> int:
    from sightline.leaderboard.exports import easi  # noqa: PLC0415 (only this command)

    _same(rows, "run", [f"{row.entry.model} {row.entry.run}" for row in rows])
    board, entry = rows[0].board, rows[0].entry
    model = easi.EasiModel(
        model_type=arguments.model_type,
        precision=arguments.precision,
        revision=arguments.revision,
        weight_type=arguments.weight_type,
        base_model=arguments.base_model,
        backend=arguments.backend,
        remarks=arguments.remarks,
    )
    text = easi.as_json(easi.payload(board, entry, model))
    if arguments.out != "-" and not arguments.no_zip:
        content = easi.results_zip(board, entry, rows[0].scores)
        _save(Path(arguments.out).with_name(easi.RESULTS), content)
    _write(arguments.out, text)
    return 0


def _write(out: str, text: str) -> None:
    if out == "-":
        sys.stdout.write(text)
    else:
        _save(Path(out), text.encode())


def _save(path: Path, content: bytes) -> None:
    """A file that appears whole."""
    from sightline.errors import UsageError  # noqa: PLC0415 (only this command)

    unfinished = path.with_name(f"{path.name}.unfinished")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
