"""A run and its manifest -> a package: a folder and the same as a zip. Equal input, equal bytes."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path  # noqa: TC003 (dataclasses resolve it)
from typing import TYPE_CHECKING, Any

from sightline.errors import SubmissionError, UsageError
from sightline.findings import Finding, failed
from sightline.leaderboard.records import MANIFEST, RESPONSES
from sightline.leaderboard.submission.lines import as_json, encoded, submitted
from sightline.leaderboard.submission.manifest import missing
from sightline.leaderboard.submission.scrubbing import Machine, leaks_inside
from sightline.leaderboard.submission.submission_schema import validate, validate_line
from sightline.staging import new_folder, room

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sightline.errors import Problem
    from sightline.leaderboard.board import Board
    from sightline.leaderboard.records import FinishedRun, SubmittedResponse

_NO_DATE = (1980, 1, 1, 0, 0, 0)
_MODE = 0o644 << 16
_UNIX = 3
_SHOWN = 20


@dataclass(frozen=True)
class Packed:
    """A package on disk."""

    folder: Path
    """With ``submission.json`` and ``responses.jsonl``, and nothing else."""
    zip: Path
    """The same two files, beside the folder."""
    findings: tuple[Finding, ...]
    """What a verifier will miss, errors that were allowed included."""


def pack(
    run: FinishedRun,
    board: Board,
    manifest: Mapping[str, Any],
    out: Path,
    *,
    machine: Machine | None = None,
    allow_partial: bool = False,
) -> Packed:
    """Write the package of a run, whole or not at all.

    Args:
        run: the one that the manifest was made of, its scores in the same order.
        board: of its benchmark.
        manifest: as `sightline.leaderboard.submission.manifest.manifest` makes it.
        out: folder to make; the zip lies beside it, as ``<out>.zip``. When this very package is
            there already, nothing is written.
        machine: what must not be in the package; None: nothing is private.
        allow_partial: pack a run that did not ask all questions, too.

    Raises:
        SubmissionError: the manifest wants something, does not belong to the run, breaks the
            schema, or a response holds a secret or a path of this machine.
        UsageError: another package is in the way, or the folder cannot be written.
    """
    here = machine or Machine()
    lines = submitted(run, here)
    findings = tuple(missing(manifest))
    refuse(findings, allow_partial=allow_partial)
    _check(manifest, lines, run, board, here)
    files = {
        RESPONSES: encoded(lines),
        MANIFEST: (_text(manifest) + "\n").encode(),
    }
    archive = out.with_name(f"{out.name}.zip")
    _write(files, out, archive)
    return Packed(out, archive, findings)


def refuse(findings: Sequence[Finding], *, allow_partial: bool) -> None:
    """See that nothing is missing that a package cannot do without.

    Raises:
        SubmissionError: something is; the message lists it.
    """
    allowed = {"responses.count"} if allow_partial else set()
    errors = [one for one in findings if failed([one]) and one.where not in allowed]
    if errors:
        raise SubmissionError(
            "the run cannot be submitted:"
            + "".join(f"\n  - {one.what}\n    mend: {one.mend}" for one in errors),
            next_step="mend these, then give the same command again",
        )


def _check(
    manifest: Mapping[str, Any],
    lines: Sequence[SubmittedResponse],
    run: FinishedRun,
    board: Board,
    machine: Machine,
) -> None:
    said = manifest["benchmark"], manifest["setting"], manifest["responses"]["sha256"]
    came = board.benchmark, run.setting, hashlib.sha256(encoded(lines)).hexdigest()
    if said != came:
        raise SubmissionError(f"the manifest is of {said}, but the run of {came}")
    _raise("holds what must not leave this machine", _private(manifest, lines, machine))
    _raise("breaks the schema of submissions", _broken(manifest, lines))


def _private(
    manifest: Mapping[str, Any], lines: Sequence[SubmittedResponse], machine: Machine
) -> Iterator[str]:
    yield from leaks_inside(dict(manifest), machine, MANIFEST)
    for one in lines:
        yield from leaks_inside(as_json(one), machine, one.question_id)


def _broken(manifest: Mapping[str, Any], lines: Sequence[SubmittedResponse]) -> Iterator[str]:
    yield from map(str, validate(manifest))
    for number, one in enumerate(lines, 1):
        found: list[Problem] = validate_line(as_json(one))
        yield from (f"{RESPONSES}, line {number}, {problem}" for problem in found)


def _raise(what: str, places: Iterator[str]) -> None:
    found = list(places)
    if not found:
        return
    shown = [f"\n  - {one}" for one in found[:_SHOWN]]
    more = f"\n  - and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    raise SubmissionError(
        f"the package {what}, and is not written:" + "".join(shown) + more,
        next_step="a response is never changed: look at the places, and run again where the model "
        "was shown something private",
    )


def _text(manifest: Mapping[str, Any]) -> str:
    return json.dumps(manifest, ensure_ascii=False, allow_nan=False, sort_keys=True, indent=1)


def _write(files: Mapping[str, bytes], out: Path, archive: Path) -> None:
    there = out.exists() and (not out.is_dir() or any(out.iterdir()))
    if there and not _is(files, out):
        raise UsageError(
            f"{out} exists and is another package", next_step="name another --out, or move it away"
        )
    if archive.exists() and not there:
        raise UsageError(
            f"{archive} exists, without its folder", next_step="name another --out, or move it away"
        )
    if not there:
        with new_folder(out) as folder:
            for name, data in files.items():
                (folder / name).write_bytes(data)
    _zip(files, archive)


def _is(files: Mapping[str, bytes], out: Path) -> bool:
    names = {path.name for path in out.iterdir()} if out.is_dir() else set()
    return names == set(files) and all((out / n).read_bytes() == d for n, d in files.items())


def _zip(files: Mapping[str, bytes], archive: Path) -> None:
    """The files in their order, with no date and no owner."""
    temporary = archive.with_name(f".{archive.name}.{os.getpid()}")
    try:
        with room(archive.parent), zipfile.ZipFile(temporary, "w") as target:
            for name in sorted(files):
                entry = zipfile.ZipInfo(name, _NO_DATE)
                entry.create_system, entry.external_attr = _UNIX, _MODE
                target.writestr(entry, files[name], zipfile.ZIP_DEFLATED, 6)
        temporary.replace(archive)
    finally:
        temporary.unlink(missing_ok=True)
