"""`sightline submit`: a finished run to a package for a leaderboard."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sightline.leaderboard.submission.packing import Packed
    from sightline.leaderboard.submission.submitting import Wanted

_DESCRIPTION = """\
Make the package of a finished run: every response, what is known of how it came about, and the
scores, which are computed again. It says what is missing before it packs. No secret and no local
path goes into a package; responses are packed as they are, or not at all."""

_EXAMPLE = """\
examples:
  sightline submit results --model org/model-7b --revision COMMIT --access open-weights --dry-run
  sightline submit results --model org/model-7b --revision COMMIT --access open-weights \\
      --push org/mmsi-video-results --create-pr"""


def add(subparsers: Any) -> None:
    """Add ``submit`` to the command line.

    Args:
        subparsers: what ``ArgumentParser.add_subparsers`` returns.
    """
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "submit",
        help="make the package of a finished run for a leaderboard, and send it",
        description=_DESCRIPTION,
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "folder", type=Path, metavar="RUN", help="--output of `sightline eval`, or of lmms-eval"
    )
    _add_model(parser)
    _add_run(parser)
    _add_package(parser)
    parser.set_defaults(run=_run)


def _add_model(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("the model")
    group.add_argument("--model", required=True, metavar="ORG/NAME", help="as on the Hub")
    group.add_argument(
        "--revision", metavar="SHA", help="commit of the weights, or the dated version of an API"
    )
    group.add_argument("--access", choices=("open-weights", "api"), help="who can run it")
    group.add_argument("--url", help="where to read about it")
    group.add_argument("--base-model", metavar="ORG/NAME", help="what it was made from")
    group.add_argument("--precision", help="bfloat16, ... (the run's dtype)")
    group.add_argument("--notes", default="", metavar="TEXT", help="what else a reader must know")


def _add_run(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("the run")
    group.add_argument(
        "--run", dest="date", metavar="DATE", help="20261121_233055 (the newest that is complete)"
    )
    group.add_argument("--setting", metavar="NAME", help="which, when the run has several")
    group.add_argument(
        "--dataset",
        metavar="DATASET",
        help="a folder or org/name@revision to score it on (the one of the run)",
    )
    group.add_argument(
        "--allow-partial", action="store_true", help="questions not asked count as missing"
    )


def _add_package(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("the package")
    group.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="folder to make, with a zip beside it (submissions/MODEL-SETTING-RUN)",
    )
    group.add_argument("--push", metavar="REPO", help="send it to a results repository on the Hub")
    group.add_argument("--create-pr", action="store_true", help="as a pull request")
    group.add_argument("--dry-run", action="store_true", help="say what is missing; write nothing")


def _run(arguments: argparse.Namespace) -> int:
    from sightline.errors import UsageError  # noqa: PLC0415 (beside the next)
    from sightline.leaderboard.submission.submitting import submit  # noqa: PLC0415 (heavy)

    if arguments.create_pr and not arguments.push:
        raise UsageError("--create-pr needs --push REPO", next_step="add --push, or leave it out")
    packed = submit(_wanted(arguments), _tell)
    if packed is None:
        return 0
    _tell(f"package: {packed.folder}")
    _tell(f"zip:     {packed.zip} ({packed.zip.stat().st_size:,} bytes)")
    if arguments.push:
        _push(packed, arguments)
    else:
        _tell(f"next: sightline leaderboard check {packed.zip} --dataset DATASET")
        _tell("then: the same command with --push REPO --create-pr, or hand in the zip")
    return 0


def _push(packed: Packed, arguments: argparse.Namespace) -> None:
    from sightline.leaderboard.results.pushing import push  # noqa: PLC0415 (the Hub's client is heavy)
    from sightline.progress import progress_bar  # noqa: PLC0415 (only here)

    with progress_bar() as bar:
        push(
            packed.folder,
            arguments.push,
            create_pr=arguments.create_pr,
            dry_run=False,
            progress=bar,
            tell=_tell,
            dataset=arguments.dataset,
        )


def _wanted(arguments: argparse.Namespace) -> Wanted:
    from sightline.leaderboard.submission.manifest import Declaration  # noqa: PLC0415 (heavy)
    from sightline.leaderboard.submission.submitting import Wanted  # noqa: PLC0415 (heavy)

    return Wanted(
        run=arguments.folder,
        declaration=Declaration(
            name=arguments.model,
            revision=arguments.revision,
            access=arguments.access,
            url=arguments.url,
            base_model=arguments.base_model,
            precision=arguments.precision,
            notes=arguments.notes,
        ),
        date=arguments.date,
        setting=arguments.setting,
        dataset=arguments.dataset,
        out=arguments.out,
        allow_partial=arguments.allow_partial,
        dry_run=arguments.dry_run,
    )


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
