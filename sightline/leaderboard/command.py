"""`sightline leaderboard ...`: for maintainers of a results repository and its page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sightline.leaderboard.checks import check_command
from sightline.leaderboard.results import results_commands
from sightline.leaderboard.site import build_command

if TYPE_CHECKING:
    import argparse


def add(subparsers: Any) -> None:
    """Add ``leaderboard`` and its own commands to the command line.

    Args:
        subparsers: what ``ArgumentParser.add_subparsers`` returns.
    """
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "leaderboard",
        help="check submissions, keep a results repository, build its page",
        description="Check submissions, keep a results repository, build its page.",
        epilog="example: sightline leaderboard check submission.zip",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in (check_command, results_commands, build_command):
        module.add(commands)
