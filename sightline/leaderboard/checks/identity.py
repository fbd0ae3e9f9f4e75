"""Which board and setting a package is for, and whether this Sightline can score it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sightline.benchmarks import all_benchmarks
from sightline.findings import Finding
from sightline.leaderboard.board import board_of
from sightline.leaderboard.checks.subject import Subject, said
from sightline.wording import short

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sightline.leaderboard.board import Board, Setting
    from sightline.leaderboard.records import Package


def subject_of(package: Package, found: list[Finding]) -> Subject | None:
    """The package with its board and setting; None where one of them is unknown.

    Args:
        package: as read.
        found: gets what is wrong.
    """
    manifest = package.manifest
    name = said(manifest, "benchmark")
    known = [one.name for one in all_benchmarks().values() if one.leaderboard]
    if name not in known:
        found.append(_error(f"benchmark ({short(name)}) must be one of: {', '.join(known)}"))
        return None
    board = board_of(name)
    named = said(manifest, "setting")
    setting = next((one for one in board.settings if one.name == named), None)
    if setting is None:
        settings = ", ".join(one.name for one in board.settings)
        found.append(
            _error(f"setting ({short(named)}) of {board.title} must be one of: {settings}")
        )
        return None
    found += _protocol_faults(board, setting, manifest)
    return Subject(package, board, setting)


def _protocol_faults(
    board: Board, setting: Setting, manifest: Mapping[str, Any]
) -> Iterator[Finding]:
    version = said(manifest, "protocol", "version")
    if version != board.protocol_version or isinstance(version, bool):
        yield _error(
            f"protocol.version ({short(version)}) must be {board.protocol_version}: another one "
            "gives the same responses other scores",
            f"a Sightline whose protocol of {board.title} is version {short(version)} reads it; or "
            "pack the run again with this one",
        )
    wanted = (
        ("name", setting.protocol or setting.name),
        ("parser", board.headline_parser),
        ("parsers", list(board.parsers)),
    )
    for key, value in wanted:
        came = said(manifest, "protocol", key)
        if value and came != value:
            yield _error(f"protocol.{key} ({short(came)}) must be {short(value)}")


def _error(what: str, mend: str = "") -> Finding:
    return Finding("error", what, mend, "submission.json")
