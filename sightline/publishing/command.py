"""`sightline publish`: a built dataset to a repository on the Hub."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sightline.publishing.records import Wish

_DESCRIPTION = """\
Take a built dataset to a repository on the Hub: check it, show what would change, send it in one
commit, read it back by load_dataset and compare row by row.

Without --include-media only annotations go: questions, tables, checksums. The token is the one of
`hf auth login`, or HF_TOKEN. After a broken upload give the same command again."""

_EXAMPLE = """\
examples:
  sightline publish mmsi-video org/mmsi-video --dry-run
  sightline publish mmsi-video org/mmsi-video-full --include-media --sources charades,droid"""


def add(subparsers: Any) -> None:
    """Add ``publish`` to the command line.

    Args:
        subparsers: what ``ArgumentParser.add_subparsers`` returns.
    """
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "publish",
        help="take a built dataset to the Hub: check, show the changes, one commit, read it back",
        description=_DESCRIPTION,
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="what `sightline build` made")
    parser.add_argument("repository", metavar="ORG/NAME", help="a dataset on the Hub, or a new one")
    parser.add_argument(
        "--dry-run", action="store_true", help="show what would change; touch nothing"
    )
    parser.add_argument("--benchmark", help="refuse a dataset of another benchmark than this")
    _add_media(parser)
    _add_commit(parser)
    parser.set_defaults(run=_run)


def _add_media(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("recordings, which belong to others")
    group.add_argument(
        "--include-media",
        action="store_true",
        help="send frames and videos, too; a new repository is then private",
    )
    group.add_argument(
        "--sources",
        metavar="NAME,...",
        help="only the recordings of these sources; every other one stays here",
    )
    visible = group.add_mutually_exclusive_group()
    visible.add_argument("--private", action="store_true", help="only a private repository will do")
    visible.add_argument(
        "--public",
        action="store_true",
        help="you may show what you send to everyone; recordings need --sources as well",
    )


def _add_commit(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("the commit")
    group.add_argument("--create-pr", action="store_true", help="open a pull request instead")
    group.add_argument("--revision", default="main", metavar="BRANCH", help="branch (main)")
    group.add_argument("--tag", help="name the new commit; a tag that is there is never moved")
    group.add_argument("--changes", default="", metavar="TEXT", help="a line for the card: why")
    group.add_argument(
        "--overwrite",
        action="store_true",
        help="replace files of ours that somebody else changed on the Hub",
    )
    group.add_argument(
        "--framework",
        default="lmms-eval",
        help="evaluation_framework in eval.yaml: one that the Hub knows, to be listed (lmms-eval)",
    )
    group.add_argument(
        "--verify",
        choices=("rows", "files"),
        default="rows",
        help="afterwards compare every row by load_dataset, which reads all tables back, or tables "
        "with pictures by their checksums only (rows)",
    )


def _run(arguments: argparse.Namespace) -> int:
    from sightline.progress import progress_bar  # noqa: PLC0415 (only this command)
    from sightline.publishing import run  # noqa: PLC0415 (pyarrow and the Hub's client are heavy)
    from sightline.publishing.hub import Hub  # noqa: PLC0415 (as above)

    wish = _wish(arguments)
    with progress_bar() as bar:
        run.publish(
            wish,
            Hub(),
            benchmark=arguments.benchmark,
            dry_run=arguments.dry_run,
            verify=arguments.verify,
            progress=bar,
            tell=_tell,
        )
    return 0


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _wish(arguments: argparse.Namespace) -> Wish:
    from sightline.errors import UsageError  # noqa: PLC0415 (beside the two below)
    from sightline.media_choice import MediaChoice  # noqa: PLC0415 (only this command)
    from sightline.publishing.records import Wish  # noqa: PLC0415 (only this command)

    owner, _, name = arguments.repository.partition("/")
    if not owner or not name or "/" in name:
        raise UsageError(
            f"the repository ({arguments.repository!r}) must be ORG/NAME",
            next_step="give it as org/name: an account and the dataset's name",
        )
    names = None
    if arguments.sources is not None:
        if not arguments.include_media:
            raise UsageError(
                "--sources names recordings, but without --include-media none are sent",
                next_step="add --include-media, or leave --sources out",
            )
        names = frozenset(filter(None, map(str.strip, arguments.sources.split(","))))
        if not names:
            raise UsageError(
                "--sources names no source",
                next_step="give the names with commas between them, or leave --include-media out",
            )
    return Wish(
        folder=arguments.folder,
        repository=arguments.repository,
        media=MediaChoice(arguments.include_media, names),
        revision=arguments.revision,
        tag=arguments.tag,
        create_pr=arguments.create_pr,
        private=True if arguments.private else False if arguments.public else None,
        overwrite=arguments.overwrite,
        framework=arguments.framework,
        changes=arguments.changes,
    )
